"""What the pages know of transactions: small aggregates of a set, in `data/usage/`, and large ones by commune.

    places.parquet       by month, level, province and channel
    services.parquet     by month, level, province and service
    catalogue.parquet    the services that exist
    receipt.json         of which set, how many lines, which days, whether made up; the SHA-256 of the files

    communes.parquet             by month, province and commune; and by month, province, commune and service, twice:
    commune_services.parquet     sorted by commune, for what one commune does,
    service_communes.parquet     and sorted by service, for where a service is used

They are computed once for a set, which its bytes name. The measures run over them as over the lines themselves, since
sums of sums are sums; a page asks for the one that holds the columns that it needs, and has it in memory. Those by
commune have tens of millions of rows: they stay on the disk, and DuckDB reads the few blocks that a question is about.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from r57lib.data.lines import CHANNELS, COMMUNE, LEVELS, Opened, opened, quoted, scan
from r57lib.disk import sha256
from r57lib.errors import BadData

USAGE_FOLDER, USAGE_RECEIPT, SERVICES = "usage", "receipt.json", "catalogue.parquet"
AGGREGATES: Mapping[str, tuple[str, ...]] = {
    "places": ("year", "month", "level", "province_code", "channel"),
    "services": ("year", "month", "level", "province_code", "service_id"),
}
"""Each aggregate and its columns beside the counts."""
BY_COMMUNE: Mapping[str, tuple[str, ...]] = {
    "communes": ("year", "month", "province_code", COMMUNE),
    "commune_services": (COMMUNE, "service_id", "year", "month", "province_code"),
    "service_communes": ("service_id", COMMUNE, "year", "month", "province_code"),
}
"""Those of communes and the columns beside the counts, by which they are sorted; an empty code names no commune."""
_COUNTS = ("dossiers", "online_dossiers")
_TOLD = ("set_id", "rows", "first_day", "last_day", "synthetic", "law", "files")


def is_usage_receipt(found: Any) -> bool:
    """Whether something that was read is a receipt of aggregates."""
    return isinstance(found, dict) and set(_TOLD) <= found.keys()


def usage_frame(content: bytes) -> pd.DataFrame:
    """The table `usage` from the bytes of its receipt: one row where a set was taken, none where there is no receipt.

    Columns: set_id, rows, first_day, reported_on (the last day of the lines), synthetic (the mark, or empty), law (the
    day from which a made-up law holds, or missing), files (name and SHA-256). Raises `ValueError` for anything else.
    """
    told = json.loads(content) if content else None
    if told is not None and not is_usage_receipt(told):
        raise ValueError("is no receipt of `r57 aggregate`; run it again")
    rows = [] if told is None else [told]
    return pd.DataFrame(
        {
            "set_id": pd.Series([row["set_id"] for row in rows], dtype="str"),
            "rows": pd.Series([row["rows"] for row in rows], dtype="int64"),
            "first_day": pd.Series([pd.Timestamp(row["first_day"]) for row in rows], dtype="datetime64[us]"),
            "reported_on": pd.Series([pd.Timestamp(row["last_day"]) for row in rows], dtype="datetime64[us]"),
            "synthetic": pd.Series([row["synthetic"] for row in rows], dtype="str"),
            "law": pd.Series([pd.Timestamp(row["law"] or "NaT") for row in rows], dtype="datetime64[us]"),
            "files": pd.Series([tuple(sorted(row["files"].items())) for row in rows], dtype="object"),
        }
    )


@lru_cache(maxsize=2)
def aggregates(data: Path, files: tuple[tuple[str, str], ...]) -> Mapping[str, pd.DataFrame]:
    """Both aggregates and the catalogue of `data/usage/` in memory; `files` are those that the receipt names.

    Their codes are categories and their numbers as small as can be: 50 million lines are some 20 MB here. They are read
    once a process, and may be there before it forks. Raises `BadData` for a file that is not as it was written.
    """
    folder = data / USAGE_FOLDER
    spoilt = spoilt_aggregate(folder, {name: digest for name, digest in files if name not in _of_communes()})
    if spoilt:
        raise BadData(f"{folder / spoilt}: is missing or was changed; run `r57 aggregate` again")
    with opened([folder / SERVICES], folder / SERVICES, partitioned=False) as there:
        rows = there.connection.execute(f"SELECT service_id {scan([folder / SERVICES])} ORDER BY 1").fetchall()
        kinds = {"year": "SMALLINT", "month": "TINYINT", "dossiers": "INTEGER", "online_dossiers": "INTEGER"}
        kinds |= {"level": _enum(LEVELS), "channel": _enum(CHANNELS), "service_id": _enum(row[0] for row in rows)}
        found = {SERVICES: there.services.to_native().df()}
        for name, keys in AGGREGATES.items():
            source = scan([folder / f"{name}.parquet"])
            provinces = there.connection.execute(f"SELECT DISTINCT province_code {source} ORDER BY 1").fetchall()
            kinds["province_code"] = _enum(row[0] for row in provinces)
            columns = ", ".join(f"{column}::{kinds[column]} AS {column}" for column in (*keys, *_COUNTS))
            found[name] = there.connection.sql(f"SELECT {columns} {source}").df()
    return found


def names_communes(files: Iterable[tuple[str, str]]) -> bool:
    """Whether those by commune are among the files that a receipt names."""
    return _of_communes() <= dict(files).keys()


def _of_communes() -> set[str]:
    return {f"{name}.parquet" for name in BY_COMMUNE}


@contextmanager
def asked(data: Path, files: tuple[tuple[str, str], ...], name: str) -> Iterator[Opened]:
    """A file of `BY_COMMUNE` as lazy frames, for as long as the block lasts: nothing of it is in memory afterwards.

    Raises `BadData` where it is not as it was written; its bytes are looked at once, until it is another file.
    """
    path = require_as_written(data, files, name)
    with opened([path], path.with_name(SERVICES), partitioned=False, brief=True) as there:
        yield there


def require_as_written(data: Path, files: tuple[tuple[str, str], ...], name: str) -> Path:
    """The path of a file of `BY_COMMUNE`; raises `BadData` as `asked` does."""
    path = data / USAGE_FOLDER / f"{name}.parquet"
    now = path.stat() if path.is_file() else None
    if now is None or _digest(path, now.st_ino, now.st_size, now.st_mtime_ns) != dict(files).get(path.name):
        raise BadData(f"{path}: is missing or was changed; run `r57 aggregate` again")
    return path


@lru_cache(maxsize=2 * len(BY_COMMUNE))
def _digest(path: Path, *identity: int) -> str:
    """The SHA-256 of a file that is still the same one."""
    del identity
    return sha256(path)


def _enum(codes: Iterable[str]) -> str:
    return f"ENUM({', '.join(quoted(code) for code in codes)})"


def spoilt_aggregate(folder: Path, files: Mapping[str, str]) -> str:
    """The first file that is not there with its bytes, or nothing."""
    wanted = {*(f"{name}.parquet" for name in AGGREGATES), SERVICES}
    for name in sorted(wanted | files.keys()):
        path = folder / name
        if not path.is_file() or sha256(path) != files.get(name):
            return name
    return ""
