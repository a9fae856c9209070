"""Takes in a set of transactions: checked line by line, added up once, and put in place whole as `data/usage/`.

The lines themselves stay where they are: a set may weigh gigabytes, and pages need sums of it alone. What is wrong with
one line is wrong with the set, since nobody would see in a sum which line was left out.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from r57lib.data.aggregates import AGGREGATES, USAGE_FOLDER, USAGE_RECEIPT, is_usage_receipt, spoilt_aggregate
from r57lib.data.lines import CHANNELS, LEVELS, MARK_KEY, SERVICE, LineSet, Opened, check_set, opened, quoted, scan
from r57lib.disk import as_json, put_in_place, read_json, sha256, write
from r57lib.errors import BadData, did_you_mean
from r57lib.measures.usage import totals

_POSSIBLE = {
    "dossiers": ("dossiers >= 1", "1 or more"),
    "online_dossiers": ("online_dossiers BETWEEN 0 AND dossiers", "0 or more, and no more than dossiers"),
    "day": ("year(day) = year AND month(day) = month", "within the month of its folder"),
    **{name: (f"{name} <> ''", "there") for name in ("level", "province_code", "service_id", "channel")},
}
"""What every line holds to: the condition, and its words."""


def take_lines(folder: Path, data: Path, provinces: Collection[str]) -> tuple[dict[str, Any], bool]:
    """Aggregate the set in a folder into `data/usage/`; the receipt, and whether anything had to be done.

    Raises `BadData` for a set that is not whole, for a line whose counts or day cannot be, and for a code that is not
    known; what was there before then stays as it was.
    """
    found = check_set(folder)
    digests = found.digests()
    _require_sealed(found, digests)
    named = {"files": digests, "aggregates": {name: list(keys) for name, keys in AGGREGATES.items()}}
    set_id = hashlib.sha256(as_json(named).encode()).hexdigest()
    there = read_json(data / USAGE_FOLDER / USAGE_RECEIPT)
    known = is_usage_receipt(there) and there["set_id"] == set_id
    if known and not spoilt_aggregate(data / USAGE_FOLDER, there["files"]):
        return there, False
    building = data / f".{USAGE_FOLDER}.{os.getpid()}.new"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    try:
        receipt = _aggregate(found, building, provinces) | {"set_id": set_id, "law": found.receipt.get("law", "")}
        receipt["files"] = {path.name: sha256(path) for path in sorted(building.glob("*.parquet"))}
        write(building / USAGE_RECEIPT, as_json(receipt))
        put_in_place(building, data / USAGE_FOLDER)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return receipt, True


def _require_sealed(found: LineSet, digests: Mapping[str, str]) -> None:
    """Every file has the bytes that the receipt of the set names, where it names any."""
    for name, told in found.receipt.get("files", {}).items():
        if told.get("sha256", digests[name]) != digests[name]:
            raise BadData(f"{found.folder / name}: its bytes are not those that set.json names; copy it again")


def _aggregate(found: LineSet, building: Path, provinces: Collection[str]) -> dict[str, Any]:
    """Write the three files; what the receipt says of the lines."""
    with opened(found.files, found.catalogue) as there:
        _require_possible(there, found)
        for name, keys in AGGREGATES.items():
            totals(there.lines, keys).to_native().create(name)
        there.services.to_native().project(", ".join(SERVICE)).create("catalogue")
        known = {"level": LEVELS, "channel": CHANNELS, "province_code": provinces}
        for column, codes in (known | {"service_id": _services(there, found)}).items():
            _require_known(there, found, column, codes)
        there.connection.execute("SET threads = 1")  # one thread writes the same bytes each time
        for name in (*AGGREGATES, "catalogue"):
            target = quoted(building / f"{name}.parquet")
            there.connection.execute(f"COPY (FROM {name} ORDER BY ALL) TO {target} (FORMAT parquet, COMPRESSION zstd)")
        rows, first, last = _one(there, f"SELECT count(*), min(day)::VARCHAR, max(day)::VARCHAR {_lines(found)}")
        marks = [_mark(there, path) for path in (found.catalogue, *found.files)]
    return {"rows": rows, "first_day": first, "last_day": last, "synthetic": next(filter(None, marks), "")}


def _lines(found: LineSet, *, named: bool = False) -> str:
    return scan(found.files, partitioned=True, named=named)


def _one(there: Opened, sql: str) -> tuple[Any, ...]:
    return next(iter(there.connection.execute(sql).fetchall()), ())


def _mark(there: Opened, path: Path) -> str:
    """What the metadata of a file say of its lines being made up, or nothing."""
    sql = "SELECT value FROM parquet_kv_metadata($1) WHERE key = $2::BLOB"
    rows = there.connection.execute(sql, [str(path), MARK_KEY]).fetchall()
    return bytes(rows[0][0]).decode("utf-8") if rows else ""


def _require_possible(there: Opened, found: LineSet) -> None:
    """Every line holds to what a line is; the first file that has another is named, with how many."""
    wrong = {name: f"count_if(NOT coalesce({test}, false))" for name, (test, _) in _POSSIBLE.items()}
    if not sum(_one(there, f"SELECT {', '.join(wrong.values())} {_lines(found)}")):
        return
    for name, count in wrong.items():
        sql = f"SELECT filename, {count} AS wrong {_lines(found, named=True)} GROUP BY 1 HAVING wrong > 0 ORDER BY 1"
        if row := _one(there, sql):
            raise BadData(f"{row[0]}: in {row[1]:,} lines '{name}' is not {_POSSIBLE[name][1]}")


def _services(there: Opened, found: LineSet) -> list[str]:
    """The services of the catalogue, each of which stands there once, with a level that there is."""
    rows = there.connection.execute("SELECT service_id, level FROM catalogue ORDER BY ALL").fetchall()
    ids = [row[0] for row in rows]
    twice = next((one for one, two in pairwise(ids) if one == two), None)
    if twice is not None:
        raise BadData(f"{found.catalogue}: service '{twice}' stands twice")
    strange = next((level for _, level in rows if level not in LEVELS), None)
    if strange is not None:
        raise BadData(f"{found.catalogue}: unknown level '{strange}' (known: {', '.join(LEVELS)})")
    return ids


def _require_known(there: Opened, found: LineSet, column: str, codes: Collection[str]) -> None:
    """Every code of a column is known; the first that is not is told with the file that holds it."""
    table = next(name for name, keys in AGGREGATES.items() if column in keys)
    rows = there.connection.execute(f"SELECT DISTINCT {column} FROM {table} ORDER BY 1").fetchall()
    for (code,) in rows:
        if code not in codes:
            where = f"{column} = {quoted(code)}"
            path = _one(there, f"SELECT min(filename) {_lines(found, named=True)} WHERE {where}")[0]
            few = f" (known: {', '.join(codes)})" if len(codes) < 10 else ""
            raise BadData(f"{path}: unknown {column} '{code}'{did_you_mean(code, codes)}{few}")
