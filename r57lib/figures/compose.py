"""How a figure is put together, and the list of all figures with the notebook that shows each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial, wraps
from typing import Any

import pandas as pd

from r57lib.charts import Chart, Texts
from r57lib.display import Figure, Tiles, citations, planned, source_lines
from r57lib.view import View

FigureFunction = Callable[..., Figure | Tiles]
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


def compose(
    view: View,
    name: str,
    table: pd.DataFrame,
    *,
    facts: Iterable[Iterable[str]],
    values: Mapping[str, Any] | None = None,
    title: str = "title",
    draw: Callable[[Texts], Chart] | None = None,
    notes: Iterable[str] = (),
) -> Figure:
    """A figure from its table, its labels `figure.<name>.*` filled with `values`, and the function that draws it.

    `title` names the label of the finding, where it is not the usual one (`none`: the facts do not allow the figure);
    `facts` are the fact_ids of the rows. Without `draw` the figure is a sentence and its table.
    """
    words, filled = view.words, dict(values or {})

    def text(part: str) -> str:
        return words(f"figure.{name}.{part}", **filled)

    finding = text(title)
    texts = Texts(
        finding[:1].upper() + finding[1:],
        "" if title == "none" else text("subtitle"),
        text("description") if draw else "",
    )
    ids = tuple(dict.fromkeys(fact for row in facts for fact in row))
    return Figure(
        figure_id=name.replace("_", "-"),
        heading=text("heading"),
        question=text("question"),
        title=texts.title,
        subtitle=texts.subtitle,
        table=table,
        fact_ids=ids,
        sources=source_lines(view, ids),
        words=words,
        chart=draw(texts) if draw else None,
        notes=tuple(notes),
        cited=citations(view, ids),
    )


def readable(view: View, columns: Mapping[str, Iterable[Any]], fact_ids: Iterable[Iterable[str]]) -> pd.DataFrame:
    """A table for the eye: columns named by their labels `column.<name>`, and the facts of each row last."""
    words = view.words
    named = {words(f"column.{name}"): list(cells) for name, cells in columns.items()}
    return pd.DataFrame(named | {words("column.facts"): [", ".join(ids) for ids in fact_ids]}, dtype="str")
