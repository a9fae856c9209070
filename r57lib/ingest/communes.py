"""The counts of a set whose lines name communes, by month, commune and service, of which a page asks for a part.

A month is counted at a time, here or by a worker, and its counts are a small file; what all months come to is then
sorted on the disk where it does not fit into memory. Nothing of it is written that differs from the other aggregates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import narwhals as nw

from r57lib.data.aggregates import BY_COMMUNE
from r57lib.data.lines import COMMUNE, LineSet, Opened, connected, opened, quoted, scan
from r57lib.errors import BadData
from r57lib.measures.usage import totals

CELL = ("year", "month", "province_code", COMMUNE, "service_id")
"""What the counts are made from."""
_MEMORY = "2GB"
_BLOCK = 300_000  # rows: with more, a question reads too much beside its own; with fewer, too many heads
_CODE = "[0-9]{5}"


def cells_of(there: Opened, folder: Path, name: str = "cells") -> Path:
    """Write the dossiers of lines by `CELL` into a file of a folder; a code that is missing is an empty one."""
    _bounded(there.connection, folder)
    path = folder / f"{name}.parquet"
    named = there.lines.with_columns(nw.col(COMMUNE).cast(nw.String).fill_null(""))
    totals(named, CELL).to_native().write_parquet(str(path), compression="zstd")
    return path


def cells_by_month(found: LineSet, folder: Path) -> list[Path]:
    """Those of each month of a set."""
    paths = []
    for month, files in sorted(found.months.items()):
        with opened(files, found.catalogue) as there:
            paths.append(cells_of(there, folder, str(month)))
    return paths


def write_communes(cells: Iterable[Path], building: Path, place: Callable[[str, str], str]) -> dict[str, int]:
    """Write the files of `BY_COMMUNE` beside the others; `place` says where the lines with a code are.

    No cell is there twice among `cells`.

    What the receipt tells: `communes`, and the `dossiers` that name none. Raises `BadData` for a code that is none, for
    a commune in two provinces, and where communes and services do not add up to the same.
    """
    with TemporaryDirectory(dir=building) as scratch, connected() as connection:
        _bounded(connection, Path(scratch))
        connection.execute(f"CREATE VIEW cells AS {scan(cells)}")
        _write(connection, "communes", building, "GROUP BY ALL")
        connection.execute(f"CREATE VIEW communes AS {scan([building / 'communes.parquet'])}")
        _require_codes(connection, place)
        _require_one_sum(connection, building / "services.parquet")
        for name in BY_COMMUNE:
            if name != "communes":
                _write(connection, name, building)
        named = f"count(DISTINCT {COMMUNE}) FILTER ({COMMUNE} <> '')"
        without = f"coalesce(sum(dossiers) FILTER ({COMMUNE} = ''), 0)"
        ((communes, without),) = connection.execute(f"SELECT {named}, {without} FROM communes").fetchall()
    return {"communes": int(communes), "dossiers": int(without)}


def _bounded(connection: Any, folder: Path) -> None:
    """Beyond a bound of memory a connection works with files in a folder."""
    connection.execute(f"SET memory_limit = '{_MEMORY}'")
    connection.execute(f"SET temp_directory = {quoted(folder / 'spill')}")


def _write(connection: Any, name: str, building: Path, grouped: str = "") -> None:
    sums = ("dossiers", "online_dossiers")
    counts = ", ".join(f"sum({each})::BIGINT AS {each}" if grouped else each for each in sums)
    sql = f"SELECT {', '.join(BY_COMMUNE[name])}, {counts} FROM cells {grouped} ORDER BY ALL"
    target = quoted(building / f"{name}.parquet")
    connection.execute("SET threads = 1")  # one thread writes the same bytes each time
    connection.execute(f"COPY ({sql}) TO {target} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_BLOCK})")
    connection.execute("RESET threads")


def _require_codes(connection: Any, place: Callable[[str, str], str]) -> None:
    """Each code is one, and lies in one province."""
    wrong = f"{COMMUNE} <> '' AND NOT regexp_full_match({COMMUNE}, '{_CODE}')"
    told = f"SELECT min({COMMUNE}), count(DISTINCT {COMMUNE}), sum(dossiers) FROM communes WHERE {wrong}"
    ((code, codes, dossiers),) = connection.execute(told).fetchall()
    if codes:
        raise BadData(
            f"{place(COMMUNE, code)}: {COMMUNE} {code[:40]!r} is not five digits, such as '00123', nor empty (codes "
            f"like this: {codes:,}, their dossiers: {dossiers:,})"
        )
    two = (
        f"SELECT {COMMUNE}, min(province_code), max(province_code) FROM communes WHERE {COMMUNE} <> '' GROUP BY 1 "
        "HAVING min(province_code) <> max(province_code) ORDER BY 1 LIMIT 1"
    )
    for code, first, last in connection.execute(two).fetchall():
        raise BadData(
            f"{place(COMMUNE, code)}: {COMMUNE} '{code}' is in the provinces {first} and {last}; a commune lies in one"
        )


def _require_one_sum(connection: Any, services: Path) -> None:
    """Communes, with what names none, come to the dossiers of each month, province and service that are there."""
    keys = "year, month, province_code, service_id"
    sums = "sum(dossiers) AS dossiers, sum(online_dossiers) AS online"
    sql = f"""
        WITH ours AS (SELECT {keys}, {sums} FROM cells GROUP BY ALL),
             theirs AS (SELECT {keys}, {sums} {scan([services])} GROUP BY ALL)
        SELECT {keys}, coalesce(ours.dossiers, 0), coalesce(ours.online, 0), coalesce(theirs.dossiers, 0),
               coalesce(theirs.online, 0)
        FROM ours FULL JOIN theirs USING ({keys})
        WHERE ours.dossiers IS DISTINCT FROM theirs.dossiers OR ours.online IS DISTINCT FROM theirs.online
        ORDER BY ALL LIMIT 1"""
    for year, month, province, service, dossiers, online, whole, whole_online in connection.execute(sql).fetchall():
        raise BadData(
            f"counts of communes: in {year}-{month:02}, province {province}, service {service} they come to "
            f"{dossiers:,} dossiers, {online:,} of them online; the services have {whole:,} and {whole_online:,}"
        )
