"""The files beside a figure of a published month: what others compute with, draw again and cite.

They are named `<page>.<figure>.<language>`, the figure as its section of the page is. In both languages they write
decimal points and ISO days; only words differ. `figure.schema.json` says what the JSON holds.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, cached_property
from importlib.metadata import version
from itertools import chain, count
from math import isinf
from pathlib import Path
from typing import Any

from markupsafe import escape

from r57lib.charts.theme import NUMBER_LOCALES
from r57lib.data.schema import licence
from r57lib.disk import digest
from r57lib.page.columns import NUMBERS, Column, ColumnKind, TidyColumn, tidy_columns
from r57lib.page.figure import Figure
from r57lib.page.frames import OwnTable
from r57lib.page.navigation import page_word, titled_here, unit_name
from r57lib.page.published import FIGURE_SCHEMA, SHORT
from r57lib.page.sheets import inert
from r57lib.view.view import View, open_view
from r57lib.view.words import Words

_TYPES: dict[ColumnKind, str] = {
    "count": "integer", "number": "number", "share": "number", "money": "number", "day": "date", "facts": "array",
}  # fmt: skip
"""What a column's values are in the terms of JSON, where they are no texts."""
_SYNTHETIC = "synthetic"
_BETWEEN = " "  # the fact_ids of a cell in CSV
_NO_TEXTS = frozenset((
    " ", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null",
))  # fmt: skip
"""What pandas takes for a missing value unless it is told otherwise."""
_VARIABLE = re.compile(r"var\(--r57-[\w-]+, (#\w+)\)")
_BLENDED = re.compile(r"calc\(([\d.]+) [^)]*\)\)")


def _rights() -> int:
    os.umask(mask := os.umask(0o077))
    return mask


@dataclass(frozen=True)
class Home:
    """A page of a published month: its name, its notebook's, and by axis the place that it is about.

    `folder` is that of the month's figures; month, day and data are those that its view is opened with. Files have the
    rights of when it was made, whatever the cells make of that.
    """

    folder: str
    page: str
    stem: str
    place: Mapping[str, str]
    language: str
    month: str
    as_of: str
    data: str
    rights: int = field(default_factory=_rights, compare=False)
    taken: set[str] = field(default_factory=set, compare=False, repr=False)

    @cached_property
    def view(self) -> View:
        """The view of the page."""
        asked = {"month": self.month, "as_of": self.as_of, "language": self.language, "data": self.data}
        return titled_here(open_view(**asked), self.stem)

    def named(self, figure: Figure) -> Figure:
        """The figure under a name that no other of the page has; one without a name gets a number."""
        name = figure.figure_id or "figure"
        more = (f"{name}-{number}" for number in count(2 if figure.figure_id else 1))
        own = next(each for each in chain([figure.figure_id], more) if each and each not in self.taken)
        return figure if own == figure.figure_id else replace(figure, figure_id=own)

    def write(self, figure: Figure | OwnTable) -> dict[str, Any]:
        """Write the files of a figure; gives what its page, and the index of all, say of them.

        Whoever publishes the page sees them onto the disk, all at once.
        """
        self.taken.add(figure.figure_id)
        name, files = f"{self.page}.{figure.figure_id}.{self.language}", figure_files(figure, self)
        folder, theirs = Path(self.folder), os.umask(self.rights)
        try:
            folder.mkdir(exist_ok=True)
            for form, content in files.items():
                path = folder / f"{name}.{form}"
                path.unlink(missing_ok=True)  # it may be another name of a published file
                path.write_bytes(content)
        finally:
            os.umask(theirs)
        line = pandas_line(name, read_csv_options(tidy_columns(figure.columns))) if "csv" in files else ""
        told = {"name": name, "figure": figure.figure_id, "title": _title(figure), "synthetic": figure.synthetic}
        return told | {"forms": list(files), "line": line}


def figure_files(figure: Figure | OwnTable, home: Home) -> dict[str, bytes]:
    """The content of each file by the end of its name: `csv` where there is a table, `svg` and `vl.json` of a chart.

    `json` is always there. Nothing is drawn that the page has not drawn already.
    """
    columns = tuple(tidy_columns(figure.columns))
    rows: list[tuple[Any, ...]] = list(zip(*map(_plain, columns), strict=True))
    described = [_column(each, figure.words) for each in columns]
    if figure.synthetic and rows:  # a CSV goes its way alone
        described.append(_mark([each["name"] for each in described], figure.words))
        rows = [(*row, True) for row in rows]
    files = {"csv": _csv([each["name"] for each in described], rows)} if rows else {}
    told = _told(figure, home) | {
        "columns": described,
        "rows": [[*map(_in_json, row)] for row in rows],
        "read_csv": read_csv_options(columns) if rows else {},
    }
    content = digest(json.dumps([told[name] for name in ("columns", "rows", "facts", "sources")], ensure_ascii=False))
    told["version"] = {"r57": _version(), "content": content[:SHORT]}
    files["json"] = _json(told)
    if isinstance(figure, Figure) and figure.spec:
        files |= {"svg": _svg(figure).encode(), "vl.json": _json(_spec(figure, told))}
    return files


def pandas_line(name: str, told: Mapping[str, Any]) -> str:
    """The line of Python that reads a figure's CSV from the folder of its month; `told` is its `read_csv_options`.

    >>> pandas_line("overview.aims.en", {"parse_dates": ["due"], "keep_default_na": False})
    'pd.read_csv("figures/overview.aims.en.csv", parse_dates=["due"], keep_default_na=False)'
    """
    more = (f", {key}={each if isinstance(each, bool) else json.dumps(each, ensure_ascii=False)}"
            for key, each in told.items())  # fmt: skip
    return f"pd.read_csv({json.dumps(f'figures/{name}.csv', ensure_ascii=False)}{''.join(more)})"


def read_csv_options(columns: Iterable[TidyColumn]) -> dict[str, Any]:
    """What `pandas.read_csv` must be told to find the values of a table again, where it would guess otherwise.

    Days are days, texts that look like numbers are texts, and so are those that look like a missing value; whole
    numbers stay whole where some are unknown. Lists of facts are texts with a space between two.
    """
    types, days, unlike = dict[str, str](), list[str](), dict[str, Any]()
    for column in columns:
        name = inert(column.name)
        known = [each for each in column.values if each is not None]
        if column.kind == "day":
            days.append(name)
        elif column.kind == "count" and len(known) < len(column.values):
            types[name] = "Int64"
        elif _TYPES.get(column.kind, "string") == "string":
            if not known or any(map(_like_a_number, known)):
                types[name] = "str"
            if not _NO_TEXTS.isdisjoint(known):
                unlike = {"keep_default_na": False, "na_values": [""]}
    return ({"dtype": types} if types else {}) | ({"parse_dates": days} if days else {}) | unlike


def _like_a_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text.strip().casefold() in ("true", "false")
    return True


def _csv(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """With keys for heads, so that one program reads both languages; a spreadsheet would run none of its texts."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(map(_in_csv, row) for row in rows)
    return text.getvalue().encode(errors="replace")


def _in_csv(value: Any) -> Any:
    if isinstance(value, list):
        return _BETWEEN.join(value)
    return inert(value) if isinstance(value, str) else "true" if value is True else value


def _in_json(value: Any) -> Any:
    """JSON has no infinite number; what reads a number from a text finds this one, in Python as in JavaScript."""
    return str(value).replace("inf", "Infinity") if isinstance(value, float) and isinf(value) else value


def _plain(column: TidyColumn) -> list[Any]:
    """Values as JSON has them: ISO days, lists of facts, null for what is not known."""
    kind = _TYPES.get(column.kind, "string")
    write = _WRITTEN.get(kind, str)
    return [None if each is None else write(each) for each in column.values]


def _iso(day: date) -> str:
    return day.isoformat()[:10]


_WRITTEN: dict[str, Callable[[Any], Any]] = {"integer": int, "number": float, "array": list, "date": _iso}


def _column(column: TidyColumn, words: Words) -> dict[str, Any]:
    """What a column of the files holds; those beside a value say `of` which it is."""
    heading, kind = column.of.heading, _TYPES.get(column.kind, "string")
    if column.part:
        title = words(f"files.{column.part}", column=heading)
        return {"name": inert(column.name), "title": title, "type": kind, "kind": column.part, "of": column.of.key}
    told = {"name": inert(column.name), "title": heading, "type": kind, "kind": column.kind}
    return told | ({"unit": unit} if (unit := _unit([column.of])) else {})


def _mark(taken: Collection[str], words: Words) -> dict[str, Any]:
    """The column that says of each row that it rests on made-up figures; the table of the page has none."""
    names = chain([_SYNTHETIC], (f"{_SYNTHETIC}.{number}" for number in count(1)))
    name = next(each for each in names if each not in taken)
    return {"name": name, "title": words("synthetic.mark"), "type": "boolean", "kind": _SYNTHETIC}


def _unit(columns: Iterable[Column]) -> str:
    """The one unit of the numbers of some columns; empty where they differ, or where none is named."""
    numbers = [(column, cell) for column in columns if column.kind in NUMBERS for cell in column.cells]
    units = {"share" if column.kind == "share" else cell.unit for column, cell in numbers if cell.value is not None}
    return units.pop() if len(units) == 1 else ""


def _title(figure: Figure | OwnTable) -> str:
    """The finding, or what it is; with the mark, where it rests on made-up figures: it is what is cited."""
    title = (figure.title if isinstance(figure, Figure) else "") or figure.heading or figure.figure_id
    return f"{title} ({figure.words('synthetic.mark')})" if figure.synthetic else title


@cache
def _version() -> str:
    return version("r57")


def _told(figure: Figure | OwnTable, home: Home) -> dict[str, Any]:
    """What a figure says, what it rests on, and how it is cited."""
    view, words, title = home.view, home.view.words, _title(figure)
    texts = (figure.heading, figure.question, figure.subtitle) if isinstance(figure, Figure) else (title, "", "")
    notes = list(figure.notes) if isinstance(figure, Figure) else [figure.note] if figure.note else []
    report = {"report": words("page.index.title"), "month": words.month(view.month), "day": words.date(view.as_of)}
    named = [page_word(home.stem, "title", words), *(unit_name(axis, code, words) for axis, code in home.place.items())]
    return {
        "$schema": FIGURE_SCHEMA.name,
        "page": home.page,
        "figure": figure.figure_id,
        "language": home.language,
        "place": dict(home.place),
        "month": str(view.month),
        "as_of": view.as_of.isoformat(),
        **dict(zip(("heading", "question", "subtitle"), texts, strict=True)),
        "title": title,
        "unit": _unit(figure.columns),
        "notes": notes,
        "synthetic": figure.synthetic,
        "fact_ids": list(figure.fact_ids),
        "facts": dict(_quoted(figure, view)),
        "sources": [
            {"source_id": each.source_id, "publisher": each.publisher, "title": each.title, "url": each.url,
             "reported_on": each.reported_on, "reported": each.reported} for each in figure.sources
        ],
        "licence": licence(),
        "citation": words("files.cite", title=title, page=" – ".join(named), licence=licence()["title"], **report),
    }  # fmt: skip


def _quoted(figure: Figure | OwnTable, view: View) -> Iterator[tuple[str, dict[str, str]]]:
    """What the source of each fact says, where the page knows it."""
    for fact_id in figure.fact_ids:
        if fact := view.facts.get(fact_id):
            yield (
                fact_id,
                {
                    "quotation": fact.evidence,
                    "printed": fact.printed_value or "",
                    "period": fact.time_period,
                    "source_id": fact.source_id,
                    "section": fact.section,
                    "reported_on": f"{fact.reported_on:%Y-%m-%d}",
                },
            )


def _svg(figure: Figure) -> str:
    """The picture as a file of its own: with a size and a name, and in colours that every program knows."""
    blended = _BLENDED.sub(lambda at: f"{float(at[1]):.0f}", figure.still)
    picture = _VARIABLE.sub(r"\1", blended)
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', picture).groups()  # type: ignore[union-attr]
    named = f"<title>{escape(figure.headline)}</title>"
    head = f'width="{width}" height="{height}">{named}'  # whose text may hold a backslash
    return re.sub(r"<svg ([^>]*)>", lambda at: f"<svg {at[1]} {head}", picture, count=1) + "\n"


def _spec(figure: Figure, told: Mapping[str, Any]) -> dict[str, Any]:
    """The chart with its data, our theme and its finding; whoever embeds it writes numbers as the page does."""
    about = {name: told[name] for name in ("page", "figure", "month", "as_of", "synthetic", "citation")}
    locale = {"embedOptions": {"formatLocale": NUMBER_LOCALES[figure.words.language]}}
    return figure.spec | {"title": {"text": figure.headline, "subtitle": figure.subtitle}, "usermeta": about | locale}


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n").encode(errors="replace")
