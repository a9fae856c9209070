"""The data folder in memory: its tables, as known at a day, and who has read which of them."""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, lru_cache, wraps
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, overload

import numpy as np
import numpy.typing as npt
import pandas as pd

from r57lib.data.codes import Finding
from r57lib.data.corrections import replaced_by
from r57lib.data.periods import Month, parse_month
from r57lib.data.rows import Fact, Programme, Source
from r57lib.data.schema import FACT_TABLES
from r57lib.disk import digest
from r57lib.errors import did_you_mean

if TYPE_CHECKING:
    from markupsafe import Markup


R = TypeVar("R")
T = TypeVar("T")

INGESTED = ("tasks", "ingested")
"""Frames of what was taken in from ministries' files: every version of every task, and the files."""


@dataclass(frozen=True, eq=False)
class Tables:
    """The data folder in memory: one frame a table, what is wrong with its files, and the hash of their bytes.

    A frame has the columns of its schema, for each period column `<name>_start` and `<name>_end`, and `line`, the line
    of the file that the row came from. Numbers are float64, integers Int64, dates datetime64, text str; what is empty
    in the file is missing in the frame. Beside the tables of the schema there are `INGESTED`, from ministries' files.
    `digests` holds the SHA-256 of what each frame was read from, `files` that of each file by its path. `replaced` are
    the rows that corrections took the place of, by table and with their `replaced_by`; it is None for tables as loaded,
    whose frames hold all rows.
    """

    folder: Path
    frames: Mapping[str, pd.DataFrame]
    findings: tuple[Finding, ...] = ()
    version: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    replaced: Mapping[str, pd.DataFrame] | None = None
    at: str = ""

    def __getitem__(self, table: str) -> pd.DataFrame:
        if table not in self.frames:
            raise KeyError(f"no table is called '{table}'{did_you_mean(table, self.frames)}")
        saw({(str(self.folder), self.version, table + self.at if table in _CUT else table)})
        return self.frames[table]

    def __getattr__(self, table: str) -> pd.DataFrame:
        """A table by its name, as a notebook completes it: `view.tables.targets`."""
        if table.startswith("_") or table in self.__match_args__:  # a protocol's, or ours before it is made
            raise AttributeError(table)
        if table not in self.frames:
            raise AttributeError(f"no table is called '{table}'{did_you_mean(table, self.frames)}")
        return self[table]

    def __dir__(self) -> list[str]:
        return sorted(self.frames)

    def __repr__(self) -> str:
        return f"<Tables: {', '.join(f'{name} ({len(frame)})' for name, frame in self.frames.items())}>"

    def _repr_html_(self) -> Markup:
        return self.contents("vi", "en")

    def contents(self, *languages: str) -> Markup:
        """Each table with the number of its rows and what it holds, as HTML."""
        from markupsafe import Markup  # the engines of transactions count without it

        words = self["labels"].set_index("key")[list(languages)].agg(" · ".join, axis=1)
        row = Markup("<tr><td><code>{}</code></td><td class=n>{}</td><td>{}</td></tr>")
        rows = (row.format(name, len(self[name]), words.get(f"table.{name}", "")) for name in sorted(self.frames))
        head = Markup("<th>{}</th><th class=n>{}</th><th>{}</th>").format(
            *(words[f"column.{each}"] for each in ("table", "rows", "holds"))
        )
        return Markup("<table class=r57-table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(
            head, Markup("").join(rows)
        )

    @property
    def newest_reported_on(self) -> date:
        """The newest day on which a fact became public, or a file was sent."""
        return _newest_day(self, None)

    def newest_about(self, month: Month) -> date:
        """The same of what is about no later day than the end of a month: its default cut-off of knowledge.

        What becomes public about a later month is no news of this one.
        """
        return _newest_day(self, month)

    @property
    def newest_month(self) -> Month:
        """The newest month that a reported result speaks of, or a file that a ministry sent."""
        return _reach(self)[1]

    @property
    def oldest_month(self) -> Month:
        """The month of the oldest reported count of tasks or value of an indicator."""
        return _reach(self)[0]

    def rows(self, name: str, kind: type[R]) -> tuple[R, ...]:
        """The rows of a table as `records` makes them of a `kind`, once for all that ask."""
        self[name]  # it is read
        return _rows(self, name, kind)  # type: ignore[arg-type]  # a class can be hashed

    @property
    def first_month(self) -> Month:
        """The first month with a report: that in which the programme was founded, or the oldest reported one after."""
        instruments = self["instruments"].set_index("instrument_id")["issued_on_start"]
        issued = instruments[programme(self).instrument_id]
        return max(Month(issued.year, issued.month), self.oldest_month)

    @lru_cache(maxsize=32)  # noqa: B019  # so many cuts at most are kept, and their tables with them
    def known(self, as_of: date, *, month: Month | None = None) -> Tables:
        """The tables as loaded, as they stood on `as_of`, with what is about no later day than the end of `month`.

        A fact exists when `reported_on <= as_of`; it belongs to the month when its `time_period` ends by the month's
        last day, a ministry's file when it speaks of a day up to then. A correction takes the place of what it
        corrects. Tables without facts stay whole.
        """
        cut = self.cut(as_of, month=month)
        frames, gone = dict(cut.frames), {}
        for name in FACT_TABLES:
            if after := replaced_by(name, frames[name]):
                by = frames[name]["fact_id"].map(after)
                gone[name] = frames[name].assign(replaced_by=by)[by.notna()]
                frames[name] = frames[name][by.isna()].reset_index(drop=True)
        return replace(cut, frames=MappingProxyType(frames), replaced=MappingProxyType(gone))

    @lru_cache(maxsize=32)  # noqa: B019  # as above
    def cut(self, as_of: date, *, month: Month | None = None) -> Tables:
        """The rows that `known` goes by, those that corrections took the place of among them."""
        kept = _kept(self, as_of, month)
        frames = dict(self.frames) | {
            name: self.frames[name][rows].reset_index(drop=True) for name, rows in kept.items()
        }
        at = f"{self.at}@{as_of}" + (f" {month}" if month else "")
        return replace(self, frames=MappingProxyType(frames), at=at)

    def digest_of(self, read: str) -> str:
        """What stands for the content of a table as it was read, of tables as loaded: `targets`, or of a cut of it.

        It is the SHA-256 of the file, or of the rows of the cut, whatever their lines; empty where there is no table.
        """
        name, *cuts = read.split("@")
        if not cuts:
            return self.digests.get(name, "")
        marks = _row_marks(self, name)
        kept = np.ones(len(marks), dtype=bool)
        for day, _, month in (cut.partition(" ") for cut in cuts):
            kept &= _kept(self, date.fromisoformat(day), parse_month(month) if month else None)[name]
        if name == "usage" and kept.all():  # one set, which is there or not
            return self.digests.get(name, "")
        return digest(marks[kept].tobytes().hex())

    def hold_marks(self) -> None:
        """Have what `digest_of` makes of all rows: what is forked afterwards need not."""
        for name in _CUT:
            _row_marks(self, name)

    def facts(self) -> pd.DataFrame:
        """All facts of all tables with their provenance, one row a fact, and the `table` that holds it."""
        return _facts(self)


_ABOUT = dict.fromkeys(FACT_TABLES, "time_period_end") | dict.fromkeys(INGESTED, "reported_on")
"""The last day that a row of each table speaks of."""
_CUT = (*_ABOUT, "sources", "usage", "quotations")
"""The tables whose rows became public on a day."""


@lru_cache(maxsize=32)
def _kept(tables: Tables, as_of: date, month: Month | None) -> dict[str, npt.NDArray[np.bool_]]:
    """Which rows of `_CUT` a cut keeps: those that were public, and the quotations of those."""
    kept: dict[str, npt.NDArray[np.bool_]] = {}
    for name in (each for each in _CUT if each != "quotations"):
        frame = tables.frames[name]
        keep = frame["reported_on"] <= pd.Timestamp(as_of)
        if month is not None and name in _ABOUT:
            keep &= frame[_ABOUT[name]] <= pd.Timestamp(month.last_day)
        kept[name] = keep.to_numpy(dtype=bool)
    left_out = [tables.frames[name]["fact_id"][~kept[name]] for name in FACT_TABLES]
    quoted = tables.frames["quotations"]["quotation_of"]
    kept["quotations"] = ~quoted.isin(pd.concat(left_out)).to_numpy(dtype=bool)
    return kept


@lru_cache(maxsize=32)
def _row_marks(tables: Tables, name: str) -> npt.NDArray[Any]:
    """A mark of the content of each row, wherever in its file it stands."""
    rows = tables.frames[name].drop(columns=["line"], errors="ignore")
    return pd.util.hash_pandas_object(rows, index=False).to_numpy()


@lru_cache(maxsize=128)
def _rows(tables: Tables, name: str, kind: type[R]) -> tuple[R, ...]:
    return tuple(records(tables.frames[name], kind))


@overload
def records(frame: pd.DataFrame) -> Iterator[Any]: ...
@overload
def records(frame: pd.DataFrame, kind: type[R]) -> Iterator[R]: ...
def records(frame: pd.DataFrame, kind: Any = None) -> Iterator[Any]:
    """The rows of a frame one after the other, their cells read by name: `row.obs_value`.

    With a `kind`, a dataclass or a `NamedTuple`, each row is one of it, made of the columns of its fields' names (see
    `data.rows`; text and integers that are missing are `None`). Raises `KeyError` where the frame lacks one of them.
    """
    if kind is None:
        row = _row_of(tuple(frame.columns))
        return map(row._make, zip(*(column for _, column in frame.items()), strict=True))
    lacking = [name for name in kind.__match_args__ if name not in frame]
    if lacking:
        raise KeyError(
            f"{kind.__name__}: the frame has no column '{lacking[0]}'{did_you_mean(lacking[0], map(str, frame))}"
        )
    return map(kind, *(_cells(frame[name]) for name in kind.__match_args__))


def _cells(column: pd.Series[Any]) -> list[Any]:
    cells = column.tolist()
    if isinstance(column.dtype, np.dtype):
        return cells
    # What is missing is nan in a text and NA elsewhere; asking the column for it takes longer than making the rows.
    return [None if cell is pd.NA or cell != cell else cell for cell in cells]


@cache
def _row_of(columns: tuple[str, ...]) -> Any:
    """The type of a row: `itertuples` makes a new one each time, which takes longer than the rows of a small table."""
    return namedtuple("Row", columns, rename=True)


def rows_where(frame: pd.DataFrame, **wanted: Any) -> pd.DataFrame:
    """The rows whose columns hold these values: `rows_where(frame, scope="national")`; `query` takes much longer."""
    kept = np.ones(len(frame), dtype=bool)
    for name, value in wanted.items():
        kept &= (frame[name] == value).to_numpy(dtype=bool, na_value=False)
    return frame[kept]


Reads = set[tuple[str, str, str]]
"""Tables that were read, each after the folder and the version of the data that it belongs to."""

_of_process: list[Callable[[Reads], object]] = []
_watching: ContextVar[Sequence[Callable[[Reads], object]]] = ContextVar("watching", default=_of_process)
"""Who watches what is read here; a thread that a cell starts has no context yet, and tells those of the process."""


def saw(reads: Reads) -> None:
    """Tell all who watch that tables are read."""
    for tell in _watching.get():
        tell(reads)


def write_reads(file: str) -> None:
    """Write down each read of this process once, as soon as it happens: it may be killed later."""
    told: Reads = set()

    def tell(reads: Reads) -> None:
        new = reads - told
        told.update(new)
        with Path(file).open("a", encoding="utf-8") as out:
            out.writelines(f"{json.dumps(each)}\n" for each in new)

    _of_process.append(tell)


def reads_in(file: Path) -> Reads:
    """What another process wrote down."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return {tuple(json.loads(line)) for line in lines}


@contextmanager
def reading(*, threads: bool = False) -> Iterator[Reads]:
    """The tables that are read meanwhile, with folder and version of their data; with `threads` in any thread."""
    seen: Reads = set()
    tell = seen.update
    token = _watching.set((*_watching.get(), tell))
    if threads:
        _of_process.append(tell)
    try:
        yield seen
    finally:
        _watching.reset(token)
        if threads:
            _of_process.remove(tell)


@contextmanager
def unseen() -> Iterator[None]:
    """What is read meanwhile does not count: it decides whether there is a page, and not what is on it."""
    token = _watching.set(())
    try:
        yield
    finally:
        _watching.reset(token)


P = ParamSpec("P")


def remembered(make: Callable[Concatenate[Tables, P], T]) -> Callable[Concatenate[Tables, P], T]:
    """A frame or a list that is made once from the same tables; who asks gets a copy, and has read those tables."""

    @lru_cache(maxsize=32)
    def made(tables: Tables, *arguments: P.args, **named: P.kwargs) -> tuple[T, Reads]:
        with reading() as seen:
            return make(tables, *arguments, **named), seen

    @wraps(make)
    def copied(tables: Tables, /, *arguments: P.args, **named: P.kwargs) -> T:
        value, seen = made(tables, *arguments, **named)  # type: ignore[arg-type]  # who cannot be hashed says so
        saw(seen)
        return copy(value)

    return copied


@remembered
def _facts(tables: Tables) -> pd.DataFrame:
    shared = list(Fact.__match_args__)
    parts = [tables[name][shared].assign(table=name) for name in FACT_TABLES]
    return pd.concat(parts, ignore_index=True).sort_values("fact_id", ignore_index=True)


@remembered
def _newest_day(tables: Tables, month: Month | None) -> date:
    newest: list[date] = []
    for name in (*FACT_TABLES, "ingested"):
        rows = tables[name]
        if month is not None:
            rows = rows[rows[_ABOUT[name]] <= pd.Timestamp(month.last_day)]
        newest += [rows["reported_on"].max().date()] if len(rows) else []
    return max(newest)


@remembered
def _reach(tables: Tables) -> tuple[Month, Month]:
    """The oldest and the newest month that is reported on."""
    observed, counted, updated = (
        frame.loc[frame["kind"] == "reported", "time_period_end"]
        for frame in (tables["observations"], tables["task_snapshots"], tables["commitment_updates"])
    )
    ends = (observed.max(), counted.max(), updated.max(), tables["tasks"]["reported_on"].max())
    begun = (each.min() for each in (observed, counted))
    oldest, newest = (pick(each for each in some if pd.notna(each)) for pick, some in ((min, begun), (max, ends)))
    return Month(oldest.year, oldest.month), Month(newest.year, newest.month)


@remembered
def programme(tables: Tables) -> Programme:
    """The programme that the pages follow; raises `ValueError` where the table does not hold one row."""
    (row,) = tables.rows("programmes", Programme)
    return row


def shown_in(tables: Tables, figure: str, part: str = "") -> list[str]:
    """The indicators that a figure shows: all of them, or those that play one part in it."""
    rows = tables["indicators"]
    own = rows[(rows["figure"] == figure) & ((rows["part"] == part) if part else True)]
    return list(own["indicator_id"])


def well_known_provinces(tables: Tables) -> list[str]:
    """The provinces of which enough is known for a page: two periods of an indicator, or three indicators."""
    rows = tables["observations"].dropna(subset=["province_code"])
    kinds = rows.groupby("province_code")["indicator_id"].nunique()
    periods = rows.groupby(["province_code", "indicator_id"])["time_period"].nunique().groupby("province_code").max()
    return sorted(str(code) for code in kinds.index if kinds[code] >= 3 or periods[code] >= 2)


@remembered
def by_number(tables: Tables) -> dict[str, Fact]:
    """All facts by number, whatever their table."""
    return {row.fact_id: row for row in records(tables.facts(), Fact)}


@remembered
def documents(tables: Tables) -> dict[str, Source]:
    """All documents by number."""
    return {row.source_id: row for row in tables.rows("sources", Source)}
