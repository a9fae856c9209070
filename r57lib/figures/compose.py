"""How a figure is put together, and the list of all figures with the notebook that shows each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from datetime import date
from functools import partial, wraps
from typing import Any

import pandas as pd

from r57lib.charts.base import Chart, Texts, unchecked, with_words_across
from r57lib.data.periods import parse_period
from r57lib.page.parts import Figure, Nothing, Sentences, Tiles, planned
from r57lib.view.citations import citations, document_lines
from r57lib.view.view import View
from r57lib.view.words import Words

FigureFunction = Callable[..., Figure | Tiles | Sentences | Nothing]
FIGURES: dict[str, tuple[str, FigureFunction]] = {}
"""Name of the figure -> the notebook that shows it, and the function that makes it from a view."""
HEADLINES: dict[str, FigureFunction] = {}
"""Notebook -> the figure whose finding stands for it."""


def figure(notebook: str, *, headline: bool = False) -> Callable[[FigureFunction], FigureFunction]:
    """Enter a figure function into the list under its own name; `headline` if its finding stands for the notebook."""

    def enter(function: FigureFunction) -> FigureFunction:
        name = function.__name__

        @wraps(function)
        def made(view: View, **arguments: Any) -> Any:
            return planned(view, name, partial(function, **arguments))

        FIGURES[name] = (notebook, made)
        if headline:
            HEADLINES[notebook] = made
        return made

    return enter


def rehearse(view: View, notebooks: Collection[str]) -> None:
    """Make every figure of some notebooks and draw none: the code of a process that is forked later is then ready."""
    for notebook, make in FIGURES.values():
        if notebook in notebooks:
            with suppress(Exception):  # whoever shows it will say so
                part = make(view)
                part.html(still=False) if isinstance(part, Figure) else part._repr_html_()


def compose(
    view: View,
    name: str,
    table: pd.DataFrame,
    *,
    facts: Iterable[Iterable[str]],
    values: Mapping[str, Any] | None = None,
    title: str = "title",
    subtitle: str = "subtitle",
    draw: Callable[[Texts], Chart] | None = None,
    notes: Iterable[str] = (),
    documents: Iterable[str] = (),
    synthetic: bool = False,
) -> Figure:
    """A figure from its table, its labels `figure.<name>.*` filled with `values`, and the function that draws it.

    `title` and `subtitle` name the labels of the finding and of the measure, where they are not the usual ones (`none`:
    the facts do not allow the figure); `facts` are the fact_ids of the rows, `documents` the source_ids of what is no
    fact. Without `draw` the figure is a sentence and its table. What is `synthetic` says so on the figure and across
    its chart.
    """
    words, filled = view.words, dict(values or {})

    def text(part: str) -> str:
        return words(f"figure.{name}.{part}", **filled)

    finding = text(title)
    texts = Texts(
        finding[:1].upper() + finding[1:],
        "" if title == "none" else text(subtitle),
        text("description") if draw else "",
    )
    ids = tuple(dict.fromkeys(fact for row in facts for fact in row))

    def drawn() -> Chart:
        assert draw
        return with_words_across(draw(texts), words("synthetic.mark")) if synthetic else draw(texts)

    return Figure(
        figure_id=name.replace("_", "-"),
        heading=text("heading"),
        question=text("question"),
        title=texts.title,
        subtitle=texts.subtitle,
        table=table,
        fact_ids=ids,
        sources=document_lines(view, [*(view.facts[fact].source_id for fact in ids), *documents]),
        words=words,
        draw=partial(unchecked, drawn) if draw else None,
        synthetic=synthetic,
        notes=tuple(notes),
        cited=citations(view, ids),
    )


def readable(
    view: View, columns: Mapping[str, Iterable[Any]], fact_ids: Iterable[Iterable[str]] | None = None
) -> pd.DataFrame:
    """A table for the eye: columns named by their labels `column.<name>`, and the facts of each row, if any, last.

    Its attribute `sort` holds, for columns with keyed cells, the key of each cell (empty where it has none).
    """
    words = view.words
    named = {words(f"column.{name}"): list(cells) for name, cells in columns.items()}
    last = {} if fact_ids is None else {words("column.facts"): [", ".join(ids) for ids in fact_ids]}
    table = pd.DataFrame(named | last, dtype="str")
    keys = {name: [getattr(cell, "key", "") for cell in cells] for name, cells in named.items()}
    table.attrs["sort"] = {name: column for name, column in keys.items() if any(column)}
    return table


class Keyed(str):
    """A text for the eye with the key by which its column is sorted."""

    key: str

    def __new__(cls, text: str, key: str) -> Keyed:
        """A text with its key."""
        made = super().__new__(cls, text)
        made.key = key
        return made


def dated(words: Words, period: Any) -> str:
    """A period or a day as its reader sees it, sorted by its last day."""
    if pd.isna(period):
        return words.period(period)
    if isinstance(period, date):
        return Keyed(words.date(period), f"{period:%Y-%m-%d}")
    return Keyed(words.period(period), parse_period(str(period)).end.isoformat())


def measured(words: Words, value: Any, unit: str, qualifier: Any = "exact") -> str:
    """A value with its unit and its qualifier, sorted by the bare value."""
    text = words.value(value, unit, qualifier)
    return text if pd.isna(value) else Keyed(text, f"{float(value):.12g}")


def keyed(text: str, like: str) -> str:
    """A text that is sorted like the one within it."""
    return Keyed(text, like.key) if isinstance(like, Keyed) else text
