"""Sets of transactions on the disk, in partitioned Parquet files, and DuckDB over them.

    SET/set.json                        the receipt, written last: every file with its bytes (or Spark's `_SUCCESS`)
    SET/services.parquet                the catalogue: every service that exists
    SET/year=2025/month=01/*.parquet    the lines of a month

A set may lie in a folder, or at an address that fsspec knows, such as `s3://bucket/SET`: DuckDB then asks the store
for the parts of the objects that it needs. Nothing is computed from a set that is not whole: what is missing, cut
short, of another type or in the wrong folder is one error that names the file. A connection is closed when its work is
done, and its threads with it: a warm process may fork afterwards.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn, cast
from urllib.parse import unquote

from r57lib.data.periods import Month
from r57lib.disk import read_json, sha256
from r57lib.errors import BadData, FailedRun, R57Error, WrongCall, did_you_mean

if TYPE_CHECKING:  # at work where they are needed: few processes open a set, and all read the tables
    import duckdb
    import narwhals as nw

SET_RECEIPT, SPARK_RECEIPT, CATALOGUE = "set.json", "_SUCCESS", "services.parquet"
MARK_KEY = "r57_synthetic"
"""The key in the metadata of a Parquet file whose lines are made up."""

_MAGIC = b"PAR1"
_PARTITION = re.compile(r"year=(?P<year>[0-9]{4})/month=(?P<month>0?[1-9]|1[0-2])")
_HIVE = ("year", "month")
_KINDS = {
    "integer": re.compile(r"U?(TINY|SMALL|BIG)?INT(EGER)?"),
    "text": re.compile(r"VARCHAR|ENUM\(.*\)"),
    "digits": re.compile(r"VARCHAR|ENUM\(.*\)"),
    "date": re.compile("DATE"),
}


@dataclass(frozen=True)
class LineSet:
    """A set that is whole: its files by month, its catalogue, and what its receipt says, if it is one of ours."""

    folder: Path
    months: Mapping[Month, tuple[Path, ...]]
    receipt: Mapping[str, Any] = field(default_factory=dict)
    communes: bool = False
    """Whether its lines name communes."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of all months, the oldest first."""
        return tuple(path for month in sorted(self.months) for path in self.months[month])

    @property
    def catalogue(self) -> Path:
        """The file of the services."""
        return self.folder / CATALOGUE

    @property
    def address(self) -> str:
        """Where it is, for all to read: the name of its folder, or the address in a store."""
        return self.folder.name if is_here(self.folder) else str(self.folder)

    def digests(self) -> dict[str, str]:
        """The SHA-256 of every file, by its path in the set; in a store, which may be far, its own checksum."""
        return {path.relative_to(self.folder).as_posix(): self.digest(path) for path in (self.catalogue, *self.files)}

    def digest(self, path: Path) -> str:
        """That of one file."""
        return sha256(path) if is_here(path) else _checksum(path)


@dataclass(frozen=True)
class Opened:
    """The lines and the services of a set as lazy frames of one DuckDB connection."""

    lines: Frame
    services: Frame
    connection: duckdb.DuckDBPyConnection


def set_at(address: str) -> Path:
    """The folder of a set: a path, or the address of one that fsspec knows: `s3://bucket/SET`, `file:///SET`.

    A store's own settings count, as its tools know them (`AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, ...). Raises
    `WrongCall` for a kind of address that is not known, or whose package is not installed.
    """
    kind, _, place = address.partition("://")
    if not place or kind == "file":
        return Path(unquote(place) or address)
    try:
        from upath import UPath
    except ImportError:
        raise WrongCall(f"'{address}': a store needs more packages: pip install 'r57[stores]'") from None
    # What is kept of a listing would hide an object that has come since; reading ahead fetches what nobody asks for.
    options: dict[str, Any] = {"use_listings_cache": False, "default_cache_type": "none", "skip_instance_cache": True}
    if kind == "s3":
        options["config_kwargs"] = {"connect_timeout": 5, "read_timeout": 60, "retries": {"max_attempts": 2}}
    try:
        folder = UPath(address, protocol=kind, **options)
        _ = folder.fs
    except ImportError as error:
        raise WrongCall(f"'{address}': {error}") from None
    except ValueError:
        raise WrongCall(
            f"'{address}': no store is called '{kind}'{did_you_mean(kind, ('s3', 'file', 'hdfs'))}"
        ) from None
    return cast(Path, folder)


def is_here(path: Path) -> bool:
    """Whether a path is one of this machine, and none in a store."""
    return isinstance(path, Path)


def _checksum(path: Any) -> str:
    """The checksum that a store keeps of an object; raises `BadData` where it keeps none."""
    told = path.fs.info(path.path)
    found = next((str(told[name]).strip('"') for name in ("ETag", "etag", "md5Hash", "checksum") if told.get(name)), "")
    if not found:
        raise BadData(f"{path}: its store keeps no checksum; copy the set to a folder, and aggregate that")
    return f"{path.protocol}:{found}"


@contextmanager
def reached(folder: Path) -> Iterator[None]:
    """What the driver of a store raises, of whatever kind, becomes a `FailedRun` that names the address."""
    try:
        yield
    except R57Error:
        raise
    except Exception as error:
        if is_here(folder):
            raise
        said = str(error).splitlines()
        raise FailedRun(
            f"{folder}: the store does not answer as it should: {said[0] if said else type(error).__name__}"
        ) from None


def check_set(folder: Path) -> LineSet:
    """The set in a folder, its structure and the head of every file checked.

    Raises `WrongCall` where there is no folder, and `BadData` with the file and what would have been right.
    """
    with reached(folder):
        found = _found(folder)
        with connected(folder) as connection:
            return replace(found, communes=_require_heads(connection, found))


@contextmanager
def opened_set(folder: Path) -> Iterator[Opened]:
    """The set in a folder, checked as by `check_set` and opened as by `opened`: the head of a file is read once."""
    found = _found(folder)
    with connected(folder) as connection:
        _require_heads(connection, found)
        with _frames(connection, found.files, found.catalogue, partitioned=True) as there:
            yield there


def _found(folder: Path) -> LineSet:
    if not folder.is_dir():
        raise WrongCall(f"no set of transactions: folder '{folder}' does not exist")
    receipt = _receipt(folder)
    found = LineSet(folder, _months(folder), receipt)
    _as_received(found)
    return found


def _require_heads(connection: duckdb.DuckDBPyConnection, found: LineSet) -> bool:
    """Every file is a Parquet file with the columns that it must have; whether it names communes is one for all."""
    for path in filter(is_here, (found.catalogue, *found.files)):  # a store is asked once: DuckDB looks at it, too
        _require_parquet(path)
    _require_columns(connection, found.catalogue, SERVICE)
    columns = {name: kind for name, kind in LINE.items() if name not in _HIVE}
    may = {COMMUNE: "digits"}
    naming = {path: COMMUNE in _require_columns(connection, path, columns, may) for path in found.files}
    silent = next((path for path, named in naming.items() if not named), None)
    if silent is not None and any(naming.values()):
        raise BadData(
            f"{silent}: column '{COMMUNE}' is missing, and other files of the set have it; a line without one "
            "has an empty code"
        )
    return silent is None


def _receipt(folder: Path) -> Mapping[str, Any]:
    path = folder / SET_RECEIPT
    if path.is_file():
        receipt = read_json(path)
        if not isinstance(receipt, dict) or not isinstance(receipt.get("files"), dict):
            raise BadData(f"{path}: is no receipt of a set; write the set again")
        return receipt
    if (folder / SPARK_RECEIPT).is_file():
        return {}
    raise BadData(
        f"{folder}: neither {SET_RECEIPT} nor {SPARK_RECEIPT} is there, so the set was not written to its end; "
        "write or copy it again"
    )


def _months(folder: Path) -> dict[Month, tuple[Path, ...]]:
    """The files of each month; a partition without a file, or a month that is left out, is an error."""
    months: dict[Month, tuple[Path, ...]] = {}
    for path in sorted(each for each in folder.glob("*/*") if each.is_dir()):
        place = path.relative_to(folder).as_posix()
        match = _PARTITION.fullmatch(place)
        if match is None:
            raise BadData(f"{path}: is no partition; a month is a folder such as year=2025/month=01")
        files = tuple(sorted(path.glob("*.parquet")))
        if not files:
            raise BadData(f"{path}: holds no Parquet file; a partition has at least one")
        months[Month(int(match["year"]), int(match["month"]))] = files
    if not months:
        raise BadData(f"{folder}: holds no partition; a month is a folder such as year=2025/month=01")
    for month, following in pairwise(sorted(months)):
        if following.previous != month:
            raise BadData(f"{folder}: {following.previous} is left out between {month} and {following}")
    return months


def _as_received(found: LineSet) -> None:
    """Every file that the receipt names lies there with its bytes, and no other."""
    sizes = found.receipt.get("files", {})
    there = {path.relative_to(found.folder).as_posix(): path for path in (found.catalogue, *found.files)}
    for name, told in sizes.items():
        path, size = found.folder / name, told["bytes"]
        if not path.is_file():
            raise BadData(f"{path}: is missing; {SET_RECEIPT} names it with {size:,} bytes")
        if path.stat().st_size != size:
            raise BadData(
                f"{path}: has {path.stat().st_size:,} bytes where {SET_RECEIPT} names {size:,}; copy it again"
            )
    strange = sorted(there.keys() - sizes.keys()) if sizes else []
    if strange:
        raise BadData(f"{there[strange[0]]}: {SET_RECEIPT} does not name it; remove it, or write the set again")


def _require_parquet(path: Path) -> None:
    """A Parquet file begins and ends with the same four bytes; one that was cut short lacks the last."""
    if not path.is_file():
        raise BadData(f"{path}: is missing; a set has a catalogue of its services")
    with path.open("rb") as file:
        first = file.read(4)
        file.seek(-min(4, path.stat().st_size), 2)
        last = file.read()
    if first != _MAGIC:
        raise BadData(f"{path}: is no Parquet file: it does not begin with {_MAGIC.decode()}")
    if last != _MAGIC or path.stat().st_size < 12:
        raise BadData(f"{path}: was cut short: a Parquet file ends with {_MAGIC.decode()}; copy it again")


def _require_columns(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    columns: Mapping[str, str],
    optional: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """The types of all columns of a file: each that it must have, or may, is of its kind."""
    import duckdb

    try:
        described = connection.execute(
            "DESCRIBE SELECT * FROM read_parquet($1, hive_partitioning = false)", [str(path)]
        )
        types = {str(name): str(kind) for name, kind, *_ in described.fetchall()}
    except duckdb.Error as error:
        raise unreadable(path, error) from None
    for name, kind in {**optional, **columns}.items():
        other = next((each for each in types if each.strip().casefold() == name), name)
        if name not in types and other != name:
            raise BadData(f"{path}: column '{other}' must be written '{name}'")
        if name not in types and name in columns:
            raise BadData(f"{path}: column '{name}' is missing{did_you_mean(name, types)}")
        if name in types and not _KINDS[kind].fullmatch(types[name]):
            raise BadData(f"{path}: column '{name}' is {types[name]}, and must be {_SAID[kind]}")
    return types


_SAID = {"integer": "a whole number", "text": "text", "date": "a date",
         "digits": "text, since the zeros that a code begins with belong to it: '00123'"}  # fmt: skip


def unreadable(path: Path, error: Exception) -> BadData:
    """The error for a file whose bytes are not what its head promises."""
    said = str(error).splitlines()[0].removesuffix(".")
    return BadData(f"{path}: cannot be read as Parquet, copy it again ({said})")


@contextmanager
def counts_written(target: Path) -> Iterator[None]:
    """What DuckDB cannot write within the block is `FailedRun`; of a file of the set it is `BadData` before."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        number = re.search(r'"errno":"(\d+)"', str(error))
        said = os.strerror(int(number[1])) if number else str(error).splitlines()[0]
        raise FailedRun(f"{target}: the counts cannot be written: {said}; what was there stays") from None


@contextmanager
def connected(*places: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a database in memory that reads in the stores of `places`; it and its threads are gone then."""
    import duckdb

    connection = duckdb.connect(":memory:")
    try:
        connection.execute("SET enable_progress_bar = false")
        for place in places:
            if not is_here(place):
                connection.register_filesystem(cast(Any, place).fs)
                connection.execute(
                    "SET enable_external_file_cache = false"
                )  # else whole objects are fetched for a count
        yield connection
    finally:
        connection.close()


def quoted(text: object) -> str:
    """A text as SQL has it."""
    return "'" + str(text).replace("'", "''") + "'"


def scan(paths: Iterable[Path], *, partitioned: bool = False, named: bool = False) -> str:
    """The SQL that reads Parquet files; `partitioned` ones have year and month in the names of their folders.

    A folder `month=01` would be the text '01', were the types not said. `named` adds the column `filename`.
    """
    listed = ", ".join(quoted(path) for path in paths)
    hive = "hive_partitioning = true, hive_types = {year: BIGINT, month: BIGINT}"
    how = hive if partitioned else "hive_partitioning = false"
    return f"FROM read_parquet([{listed}], {how}, filename = {str(named).lower()})"


@contextmanager
def opened(
    files: Iterable[Path], catalogue: Path, *, partitioned: bool = True, brief: bool = False
) -> Iterator[Opened]:
    """Lines and services as lazy frames, for as long as the block lasts.

    `partitioned` files have their year and month in the names of their folders, others in columns. A `brief` question
    to files of this machine goes to a database that is there already. What DuckDB cannot read of them, within the
    block, is `BadData` that names the file.
    """
    with (
        closing(_lasting(os.getpid()).cursor()) if brief else connected(catalogue) as connection,
        _frames(connection, tuple(files), catalogue, partitioned=partitioned) as there,
    ):
        yield there


@lru_cache(maxsize=1)
def _lasting(process: int) -> duckdb.DuckDBPyConnection:
    """The database of a process: to make one takes longer than a small question; of one thread, so that it can fork."""
    del process
    import duckdb

    connection = duckdb.connect(":memory:", config={"threads": 1, "async_threads": 0})
    connection.execute("SET enable_progress_bar = false")
    return connection


@contextmanager
def _frames(
    connection: duckdb.DuckDBPyConnection, paths: tuple[Path, ...], catalogue: Path, *, partitioned: bool
) -> Iterator[Opened]:
    import duckdb
    from narwhals.exceptions import NarwhalsError

    try:
        lines = connection.sql(scan(paths, partitioned=partitioned))
        yield Opened(lazy(lines), lazy(connection.sql(scan([catalogue]))), connection)
    except (duckdb.Error, NarwhalsError) as error:
        _name_the_culprit([*paths, catalogue], error)


def _name_the_culprit(paths: Iterable[Path], error: Exception) -> NoReturn:
    """Read the files one by one, to the last byte, and tell of the first that fails."""
    import duckdb

    wanted = list(paths)
    with connected(wanted[-1]) as connection:
        for path in wanted:
            path.stat()  # a store that does not answer is no fault of the file
            try:
                connection.execute(f"SELECT bit_xor(hash(COLUMNS(*))) {scan([path])}").fetchall()
            except duckdb.Error as wrong:
                raise unreadable(path, wrong) from None
    raise error


if TYPE_CHECKING:
    Frame = nw.LazyFrame[Any]
else:
    Frame = Any

LEVELS = ("ministry", "province", "commune")
"""Who decides a dossier."""
CHANNELS = ("counter", "post", "portal", "app")
"""How a dossier comes in: over the counter, by post, through a web portal, through an app."""
KEYS = ("level", "province_code", "service_id", "channel")
"""What a measure can be taken by, beside its period."""

COMMUNE = "commune_code"
"""The column of lines that may be there: five digits as text, or empty where no commune is named."""

LINE: Mapping[str, str] = {
    "year": "integer", "month": "integer", "day": "date", **dict.fromkeys(KEYS, "text"),
    "dossiers": "integer", "online_dossiers": "integer",
}  # fmt: skip
"""The columns of lines and their kinds. `year` and `month` are those of `day`, as folders `year=2025/month=01` give."""
SERVICE: Mapping[str, str] = {
    "service_id": "text", "level": "text", "name_vi": "text", "name_en": "text", "offered_since": "date",
    "online_since": "date",
}  # fmt: skip
"""The columns of the catalogue: `online_since` is the day from which a service can be done online from end to end."""


def lazy(native: Any) -> Frame:
    """The lazy frame of whatever engine a caller brings: a DuckDB relation, or a frame of pandas, Polars, Dask, Spark.

    Raises `WrongCall` where narwhals does not know it.
    """
    import narwhals as nw

    try:
        frame: Frame = nw.from_native(native).lazy()
    except TypeError:
        raise WrongCall(f"no frame of lines: narwhals knows no {type(native).__name__}") from None
    return frame
