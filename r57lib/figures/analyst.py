"""What an analyst makes a figure of their own with: a table whose rows name their facts, and a chart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from r57lib.errors import WrongCall, did_you_mean
from r57lib.page.bilingual import said_in
from r57lib.page.figure import Figure
from r57lib.page.frames import columns_of, fact_ids_in
from r57lib.page.renderer import own_figure
from r57lib.view.citations import citations, document_lines
from r57lib.view.view import View

Said = str | Mapping[str, str]


def own(
    view: View,
    frame: pd.DataFrame,
    *,
    title: Said,
    heading: Said = "",
    question: Said = "",
    subtitle: Said = "",
    chart: Any = None,
    notes: Iterable[Said] = (),
) -> Figure:
    """A figure from a table and, if there is one, an altair `chart`: as ours, with sources, facts and table.

    A text is said in both languages as `tiếng Việt · English` or `{"vi": ..., "en": ...}`; `title` is the finding,
    `subtitle` the measure. A column `fact_id` (or `fact_ids`, with lists) names the facts that a row rests on: they
    give the figure its sources, and the mark of made-up figures where one is; a figure that names no fact bears it
    wherever the data hold any. Raises `WrongCall` for an unknown fact.
    """
    words = view.words

    def said(text: Said) -> str:
        return text.get(words.language, "") if isinstance(text, Mapping) else said_in(text, words.language)

    ids = tuple(fact_ids_in(frame))
    for fact in ids:
        if fact not in view.facts:
            raise WrongCall(f"figures.own: there is no fact '{fact}'{did_you_mean(fact, view.facts)}")
    if frame.index.name is None:
        frame = frame.reset_index(drop=True)  # the places of rows that were picked say nothing
    made_up, finding = view.rests_on_made_up(ids) if ids else view.made_up, said(title)
    made = Figure("", said(heading), said(question), finding, said(subtitle), (), (), (), words)
    if chart is not None:
        named = chart if isinstance(chart.description, str) else chart.properties(description=finding)
        made = replace(made, draw=own_figure(named, words, "", synthetic=made_up).draw)
    return replace(
        made,
        columns=tuple(columns_of(words, frame)),
        fact_ids=ids,
        sources=document_lines(view, [view.facts[fact].source_id for fact in ids]),
        cited=citations(view, ids),
        notes=tuple(map(said, notes)),
        synthetic=made_up,
    )
