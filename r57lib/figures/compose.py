"""How a figure is put together, and the list of all figures with the notebook that shows each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from r57lib.charts.base import Chart, Texts, unchecked, with_stamp
from r57lib.page.columns import Column
from r57lib.page.figure import Figure
from r57lib.view.citations import citations, document_lines
from r57lib.view.view import View

_LINE = 80
"""Letters of a note that is one line on a page."""


def compose(
    view: View,
    name: str,
    columns: tuple[Column, ...],
    *,
    facts: Iterable[Iterable[str]],
    values: Mapping[str, Any] | None = None,
    title: str = "title",
    subtitle: str = "subtitle",
    draw: Callable[[Texts], Chart] | None = None,
    notes: Iterable[str] = (),
    method: Iterable[str] = (),
    closed: bool = False,
    documents: Iterable[str] = (),
    synthetic: bool = False,
) -> Figure:
    """A figure from its columns, its labels `figure.<name>.*` filled with `values`, and the function that draws it.

    `title` and `subtitle` name the labels of the finding and of the measure, where they are not the usual ones (`none`:
    the facts do not allow the figure); `facts` are the fact_ids of the rows, `documents` the source_ids of what is no
    fact. `notes` warn of something, `method` tells how it is counted: of both a page shows the first note where it is
    one line, and folds the rest. Without `draw` the figure is a sentence and its table, which is `closed` where the
    sentence says it all. What is `synthetic`, or rests on a made-up fact, says so on the figure and across its chart.
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
    warnings, counted = tuple(notes), tuple(method)
    short = warnings[:1] if len("".join(warnings[:1])) <= _LINE else ()
    ids = tuple(dict.fromkeys(fact for row in facts for fact in row))
    made_up = synthetic or view.rests_on_made_up(ids)

    def drawn() -> Chart:
        assert draw
        return with_stamp(draw(texts), words("synthetic.mark")) if made_up else draw(texts)

    return Figure(
        figure_id=name.replace("_", "-"),
        heading=text("heading"),
        question=text("question"),
        title=texts.title,
        subtitle=texts.subtitle,
        columns=columns,
        fact_ids=ids,
        sources=document_lines(view, [*(view.facts[fact].source_id for fact in ids), *documents]),
        words=words,
        draw=partial(unchecked, drawn) if draw else None,
        synthetic=made_up,
        notes=(*warnings, *counted, *view.annotations(name, ids)),
        method=(*warnings[len(short) :], *counted),
        closed=closed,
        cited=citations(view, ids),
    )
