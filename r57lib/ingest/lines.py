"""Takes in a set of transactions: checked line by line, added up once, and put in place whole as `data/usage/`.

The lines themselves stay where they are: a set may weigh gigabytes, and pages need sums of it alone. What is wrong with
one line is wrong with the set, since nobody would see in a sum which line was left out.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from r57lib.data.aggregates import (
    AGGREGATES,
    BY_COMMUNE,
    USAGE_FOLDER,
    USAGE_RECEIPT,
    is_usage_receipt,
    spoilt_aggregate,
)
from r57lib.data.lines import (
    CHANNELS,
    COMMUNE,
    KEYS,
    LEVELS,
    MARK_KEY,
    SERVICE,
    LineSet,
    Opened,
    check_set,
    connected,
    counts_written,
    is_here,
    lazy,
    opened,
    quoted,
    reached,
    scan,
)
from r57lib.data.periods import Month, parse_day
from r57lib.disk import alone, as_json, put_in_place, read_json, settle, sha256, write
from r57lib.errors import BadData, Busy, did_you_mean
from r57lib.ingest.communes import CELL, cells_by_month, cells_of, write_communes
from r57lib.measures.usage import totals

FINEST = ("year", "month", *KEYS)
"""What aggregates are made from: sums of sums are sums."""
_COUNTS = ("dossiers", "online_dossiers")
_AS_COUNTS = tuple(f"{name}::BIGINT AS {name}" for name in _COUNTS)
_POSSIBLE = {
    "dossiers": ("dossiers >= 1", "1 or more"),
    "online_dossiers": ("online_dossiers BETWEEN 0 AND dossiers", "0 or more, and no more than dossiers"),
    "day": ("year(day) = year AND month(day) = month", "within the month of its folder"),
    **{name: (f"{name} <> ''", "there") for name in ("level", "province_code", "service_id", "channel")},
}
"""What every line holds to: the condition, and its words."""


@dataclass(frozen=True)
class Counts:
    """Dossiers of a set by year, month, level, province, service and channel, in the columns of these names.

    `rows` are its lines, `first_day` and `last_day` the days that they run from and to; `by` says who has counted, and
    `place` where the lines are. `communes` are the cells of each month, as files of Parquet, where lines name communes.
    """

    frame: pd.DataFrame
    rows: int
    first_day: str
    last_day: str
    by: str
    place: str
    communes: tuple[bytes, ...] = ()


def take_lines(
    folder: Path, data: Path, provinces: Collection[str], count: Callable[[LineSet], Counts] | None = None
) -> tuple[dict[str, Any], bool]:
    """Aggregate the set in a folder into `data/usage/`; the receipt, and whether anything had to be done.

    With `count` somebody else counts its lines. Raises `BadData` for a set that is not whole, for a line whose counts
    or day cannot be, and for a code that is not known; what was there before then stays as it was.
    """
    found = check_set(folder)
    with reached(folder):
        digests = found.digests()
    _require_sealed(found, digests)
    named = {"files": digests, "aggregates": _columns(communes=found.communes)}
    set_id = hashlib.sha256(as_json(named).encode()).hexdigest()
    if _is_there(data, set_id):
        return read_json(data / USAGE_FOLDER / USAGE_RECEIPT), False

    def build(building: Path) -> dict[str, Any]:
        with reached(folder):
            receipt = _aggregate(found, building, provinces, count)
            if not is_here(folder) and found.digests() != digests:
                raise BadData(f"{folder}: the set was changed while it was counted; run it again when it is whole")
        return receipt | {"set_id": set_id, "law": found.receipt.get("law", "")}

    return _placed(data, build), True


def _columns(*, communes: bool) -> dict[str, list[str]]:
    """The columns of what is written."""
    return {name: list(keys) for name, keys in {**AGGREGATES, **(BY_COMMUNE if communes else {})}.items()}


def take_aggregates(
    frame: pd.DataFrame,
    services: pd.DataFrame,
    told: Mapping[str, Any],
    data: Path,
    provinces: Collection[str],
    *,
    communes: pd.DataFrame | None = None,
) -> tuple[dict[str, Any], bool]:
    """As `take_lines`, for who has counted already: `data/usage/` gets the bytes that the lines themselves would give.

    `frame` has a row for each year, month, level, province_code, service_id and channel with its dossiers and
    online_dossiers; `services` the columns of a set's catalogue. `told` names `rows` (of the lines), `first_day`,
    `last_day`, `synthetic` (the mark of made-up lines, or an empty text), `by` (who has counted), and may name `law`.
    `communes`, where lines name them, has a row for each year, month, province_code, commune_code (empty where none is
    named) and service_id, with the same counts.

    Raises `BadData` for what cannot be the counts of lines, naming the column or the row.
    """
    lacking = [name for name in ("rows", "first_day", "last_day", "synthetic", "by") if name not in told]
    if lacking:
        raise BadData(f"counts: '{lacking[0]}' is not told; an empty text for 'synthetic' says that nothing is made up")
    counts = Counts(frame, int(told["rows"]), str(told["first_day"]), str(told["last_day"]), str(told["by"]), "")
    _require_columns("services", services, SERVICE)
    _require_counts(counts)
    law, synthetic = str(told.get("law", "")), str(told["synthetic"])
    hashes = [sorted(map(str, pd.util.hash_pandas_object(one[columns], index=False)))
              for one, columns in ((frame, [*FINEST, *_COUNTS]), (services, list(SERVICE)))]  # fmt: skip
    aggregates = _columns(communes=communes is not None)
    named = [hashes, counts.rows, counts.first_day, counts.last_day, counts.by, synthetic, law, aggregates]
    if communes is not None:
        _require_sums("counts of communes", communes, CELL, ("province_code", "service_id"))
        if pd.api.types.is_numeric_dtype(communes[COMMUNE]):
            raise BadData(f"counts of communes: {COMMUNE} must be text, since its zeros belong to it: '00123'")
        cells = pd.util.hash_pandas_object(communes[[*CELL, *_COUNTS]], index=False).sort_values()
        named.append(hashlib.sha256(cells.to_numpy().tobytes()).hexdigest())
    set_id = hashlib.sha256(as_json(named).encode()).hexdigest()
    if _is_there(data, set_id):
        return read_json(data / USAGE_FOLDER / USAGE_RECEIPT), False

    def build(building: Path) -> dict[str, Any]:
        extra: dict[str, Any] = {}
        with connected() as connection:
            connection.register("told", services)
            columns = ", ".join(
                f"{name}::{'DATE' if kind == 'date' else 'VARCHAR'} AS {name}" for name, kind in SERVICE.items()
            )
            there = Opened(
                _lines_of(connection, counts), lazy(connection.sql(f"SELECT {columns} FROM told")), connection
            )
            _write_aggregates(there, building, provinces, "services", lambda column, code: "counts")
            if communes is not None:
                with TemporaryDirectory(dir=building) as scratch:
                    paths = []
                    for number, (_, month) in enumerate(communes.groupby(["year", "month"])):  # as of a set's months
                        own = replace(there, lines=lazy(connection.from_df(month)))
                        paths.append(cells_of(own, Path(scratch), str(number)))
                    extra["communes"] = write_communes(paths, building, lambda column, code: "counts")
        return _said(counts, synthetic) | {"set_id": set_id, "law": law} | extra

    return _placed(data, build), True


def _is_there(data: Path, set_id: str) -> bool:
    there = read_json(data / USAGE_FOLDER / USAGE_RECEIPT)
    known = is_usage_receipt(there) and there["set_id"] == set_id
    return known and not spoilt_aggregate(data / USAGE_FOLDER, there["files"])


def _placed(data: Path, build: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """What `build` writes and says takes the place of `data/usage/`; what a killed process left there is removed.

    Raises `FailedRun` where it cannot be written.
    """
    what, building = "counts are being made", data / f".{USAGE_FOLDER}.{secrets.token_hex(6)}.new"
    for lock in data.glob(f".{USAGE_FOLDER}.*.lock"):
        with suppress(Busy), alone(lock, what):
            settle(lock.with_suffix(".new"), data / USAGE_FOLDER)
            shutil.rmtree(lock.with_suffix(".new"), ignore_errors=True)
            lock.unlink(missing_ok=True)
    lock = building.with_suffix(".lock")
    try:
        with alone(lock, what), counts_written(data / USAGE_FOLDER):
            building.mkdir()
            receipt = build(building)
            receipt["files"] = {path.name: sha256(path) for path in sorted(building.glob("*.parquet"))}
            write(building / USAGE_RECEIPT, as_json(receipt))
            put_in_place(building, data / USAGE_FOLDER)
    finally:
        shutil.rmtree(building, ignore_errors=True)
        lock.unlink(missing_ok=True)
    return receipt


def _require_columns(name: str, frame: pd.DataFrame, wanted: Iterable[str]) -> None:
    missing = [column for column in wanted if column not in frame]
    if missing:
        raise BadData(f"{name}: column '{missing[0]}' is missing{did_you_mean(missing[0], map(str, frame))}")


def _require_sums(what: str, frame: pd.DataFrame, keys: Sequence[str], codes: Sequence[str]) -> None:
    """A frame has a row for each of its keys, which has a code for each of `codes`, with counts that can be."""
    _require_columns(what, frame, [*keys, *_COUNTS])
    if not len(frame):
        raise BadData(f"{what}: there is no row")
    if any(not pd.api.types.is_integer_dtype(frame[name]) for name in ("year", "month", *_COUNTS)):
        raise BadData(f"{what}: year, month, dossiers and online_dossiers must be whole numbers")
    wrong = {
        "dossiers is not 1 or more": frame["dossiers"] < 1,
        "online_dossiers is not 0 or more, and no more than dossiers": ~frame["online_dossiers"].between(
            0, frame["dossiers"]
        ),
        "the row is there twice": frame.duplicated(list(keys)),
        "a code is missing": frame[list(codes)].isna().any(axis=1) | (frame[list(codes)] == "").any(axis=1),
    }
    for why, rows in wrong.items():
        if rows.any():
            row = frame[rows].iloc[0]
            raise BadData(f"{what} of {', '.join(str(row[key]) for key in keys)}: {why}")


def _require_counts(counts: Counts) -> None:
    """What comes back from another engine, or from who has counted, can be counts of lines."""
    frame = counts.frame
    _require_sums("counts", frame, FINEST, KEYS)
    if not 0 < counts.rows <= int(frame["dossiers"].sum()):
        raise BadData(
            f"counts: {counts.rows:,} lines hold {int(frame['dossiers'].sum()):,} dossiers; a line has one at least"
        )
    months = sorted({Month(int(year), int(month)) for year, month in zip(frame["year"], frame["month"], strict=True)})
    for month, following in pairwise(months):
        if following.previous != month:
            raise BadData(f"counts: {following.previous} is left out between {month} and {following}")
    for name, day, month in (("first_day", counts.first_day, months[0]), ("last_day", counts.last_day, months[-1])):
        try:
            read = parse_day(day)
        except ValueError as error:
            raise BadData(f"counts: {name} {error}") from None
        if (read.year, read.month) != (month.year, month.month):
            raise BadData(f"counts: {name} {day} is not in {month}, the {name.partition('_')[0]} month of the counts")


def _require_sealed(found: LineSet, digests: Mapping[str, str]) -> None:
    """Every file has the bytes that the receipt of the set names, where it names any; of a store the sizes do."""
    if not is_here(found.folder):
        return
    for name, told in found.receipt.get("files", {}).items():
        if told.get("sha256", digests[name]) != digests[name]:
            raise BadData(f"{found.folder / name}: its bytes are not those that set.json names; copy it again")


def _aggregate(
    found: LineSet, building: Path, provinces: Collection[str], count: Callable[[LineSet], Counts] | None
) -> dict[str, Any]:
    """Write the three files; what the receipt says of the lines."""
    if count:
        counts = count(found)
        _require_counts(counts)
        with connected(found.folder) as connection:
            services = lazy(connection.sql(scan([found.catalogue])))
            there = Opened(_lines_of(connection, counts), services, connection)
            _write_aggregates(there, building, provinces, str(found.catalogue), lambda column, code: found.address)
            return _said(counts, _made_up(there, found)) | _by_commune(found, building, counts)
    with opened(found.files, found.catalogue) as there:
        sums, rows, first, last = counted(there, found, () if is_here(found.folder) else FINEST)
        _write_aggregates(sums, building, provinces, str(found.catalogue), partial(_file_with, there, found))
        counts = Counts(pd.DataFrame(), rows, first, last, "duckdb", found.address)
        told = _said(counts, _made_up(there, found))
        return told | _by_commune(found, building, place=partial(_file_with, there, found))


def _by_commune(
    found: LineSet, building: Path, counts: Counts | None = None, place: Callable[[str, str], str] | None = None
) -> dict[str, Any]:
    """Write the counts by commune of a set that names them, of its lines or of what was counted; what is said of it."""
    if not found.communes:
        return {}
    with TemporaryDirectory(dir=building) as scratch:
        anywhere = place or (lambda column, code: found.address)
        if counts is None:
            cells = cells_by_month(found, Path(scratch))
        else:
            cells = [Path(scratch, f"{number}.parquet") for number, _ in enumerate(counts.communes)]
            for path, content in zip(cells, counts.communes, strict=True):
                path.write_bytes(content)
        return {"communes": write_communes(cells, building, anywhere)}


def _lines_of(connection: Any, counts: Counts) -> Any:
    connection.register("counted", counts.frame)
    return lazy(connection.sql("FROM counted"))


def _said(counts: Counts, synthetic: str) -> dict[str, Any]:
    counted = {"by": counts.by} | ({"from": counts.place} if counts.place else {})
    days = {"first_day": counts.first_day, "last_day": counts.last_day}
    return {"rows": counts.rows, **days, "synthetic": synthetic, "counted": counted}


def counted(there: Opened, found: LineSet, by: Sequence[str] = ()) -> tuple[Opened, int, str, str]:
    """How many lines there are, and from which day to which; raises `BadData` where one cannot be a line.

    With `by` their sums by these columns stand in their place: what lies far away is read once, checks included.
    """
    wrong = {name: f"count_if(NOT coalesce({test}, false))" for name, (test, _) in _POSSIBLE.items()}
    told = [f"sum({name}::BIGINT) AS {name}" for name in _COUNTS]
    told += ["count(*) AS lines", "min(day) AS first_day", "max(day) AS last_day"]
    told += [f"{count} AS wrong_{name}" for name, count in wrong.items()]
    there.lines.to_native().aggregate(", ".join([*by, *told]), ", ".join(by)).create("counted")
    days = "min(first_day)::VARCHAR, max(last_day)::VARCHAR"
    sums = ", ".join(f"sum({name})::BIGINT" for name in ("lines", *(f"wrong_{name}" for name in wrong)))
    first, last, rows, *counts = _one(there, f"SELECT {days}, {sums} FROM counted")
    if any(counts):
        for name, count in wrong.items():
            sql = (
                f"SELECT filename, {count} AS wrong {_lines(found, named=True)} GROUP BY 1 HAVING wrong > 0 ORDER BY 1"
            )
            if row := _one(there, sql):
                raise BadData(f"{row[0]}: in {row[1]:,} lines '{name}' is not {_POSSIBLE[name][1]}")
    if by:
        there = replace(there, lines=lazy(there.connection.sql(f"SELECT {', '.join([*by, *_AS_COUNTS])} FROM counted")))
    return there, rows or 0, first, last


def _write_aggregates(
    there: Opened, building: Path, provinces: Collection[str], catalogue: str, place: Callable[[str, str], str]
) -> None:
    """Write the aggregates and the catalogue; `place` says where the lines with a code in a column are."""
    for name, keys in AGGREGATES.items():
        totals(there.lines, keys).to_native().create(name)
    there.services.to_native().project(", ".join(SERVICE)).create("catalogue")
    known = {"level": LEVELS, "channel": CHANNELS, "province_code": provinces}
    for column, codes in (known | {"service_id": _services(there, catalogue)}).items():
        _require_known(there, column, codes, place)
    there.connection.execute("SET threads = 1")  # one thread writes the same bytes each time
    for name in (*AGGREGATES, "catalogue"):
        target = quoted(building / f"{name}.parquet")
        there.connection.execute(f"COPY (FROM {name} ORDER BY ALL) TO {target} (FORMAT parquet, COMPRESSION zstd)")


def _made_up(there: Opened, found: LineSet) -> str:
    """The mark of made-up lines that one of its files bears."""
    return next(filter(None, (_mark(there, path) for path in (found.catalogue, *found.files))), "")


def _lines(found: LineSet, *, named: bool = False) -> str:
    return scan(found.files, partitioned=True, named=named)


def _one(there: Opened, sql: str) -> tuple[Any, ...]:
    return next(iter(there.connection.execute(sql).fetchall()), ())


def _mark(there: Opened, path: Path) -> str:
    """What the metadata of a file say of its lines being made up, or nothing."""
    sql = "SELECT value FROM parquet_kv_metadata($1) WHERE key = $2::BLOB"
    rows = there.connection.execute(sql, [str(path), MARK_KEY]).fetchall()
    return bytes(rows[0][0]).decode("utf-8") if rows else ""


def _services(there: Opened, catalogue: str) -> list[str]:
    """The services of the catalogue, each of which stands there once, with a level that there is."""
    rows = there.connection.execute("SELECT service_id, level FROM catalogue ORDER BY ALL").fetchall()
    ids = [row[0] for row in rows]
    twice = next((one for one, two in pairwise(ids) if one == two), None)
    if twice is not None:
        raise BadData(f"{catalogue}: service '{twice}' stands twice")
    strange = next((level for _, level in rows if level not in LEVELS), None)
    if strange is not None:
        raise BadData(f"{catalogue}: unknown level '{strange}' (known: {', '.join(LEVELS)})")
    return ids


def _require_known(there: Opened, column: str, codes: Collection[str], place: Callable[[str, str], str]) -> None:
    """Every code of a column is known; the first that is not is told with where it is."""
    table = next(name for name, keys in AGGREGATES.items() if column in keys)
    rows = there.connection.execute(f"SELECT DISTINCT {column} FROM {table} ORDER BY 1").fetchall()
    for (code,) in rows:
        if code not in codes:
            few = f" (known: {', '.join(codes)})" if len(codes) < 10 else ""
            raise BadData(f"{place(column, code)}: unknown {column} '{code}'{did_you_mean(code, codes)}{few}")


def _file_with(there: Opened, found: LineSet, column: str, code: str) -> str:
    """The first file with a code in a column."""
    where = f"{column} = {quoted(code)}"
    return str(_one(there, f"SELECT min(filename) {_lines(found, named=True)} WHERE {where}")[0])
