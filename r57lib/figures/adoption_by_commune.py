"""The figure of the notebook `digital_adoption` about communes, where transactions name them."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from r57lib.charts import bars
from r57lib.data.tables import records
from r57lib.figures.registry import figure
from r57lib.figures.services_usage import DECIMALS, done_online, level_name, told
from r57lib.measures.communes import CommuneRate, ServiceRate, commune_usage, services_of, taken_by_commune
from r57lib.measures.usage import Rate, Span
from r57lib.page.columns import tabulate
from r57lib.page.figure import Figure
from r57lib.page.parts import Nothing
from r57lib.view.filters import FILTERS
from r57lib.view.view import View

NOTEBOOK = "digital_adoption"
_DRAWN, _LISTED = 12, 100


@figure(NOTEBOOK, needs="usage")
def usage_by_commune(view: View) -> Figure | Nothing:
    """The communes with the most dossiers in the month and the share done online; or the services of one commune.

    `.data`: commune_code, province, service, service_id, service_level, online_dossiers, dossiers, usage_rate (0-1).
    """
    if taken_by_commune(view.tables) is None:
        return Nothing()
    return _services(view, view.choice("commune")) if view.choice("commune") else _communes(view)


def _communes(view: View) -> Figure:
    words = view.words
    found = commune_usage(view.tables, span=Span.MONTH, month=view.month)
    every = list(records(found, CommuneRate)) if len(found) else []
    rows, whole = [row for row in every if row.commune_code], sum(row.dossiers for row in every)
    if not rows:
        return _none(view, words("services.no_line", month=words.month(view.month)))
    listed, first = rows[:_LISTED], rows[0]
    table = tabulate(
        view,
        {
            "commune_code": [row.commune_code for row in listed],
            "province": [words(f"province.{row.province_code}") for row in listed],
            **done_online(view, listed),
        },
    )
    without = sum(row.dossiers for row in every if not row.commune_code)
    share = words.percent(without / whole, DECIMALS)
    notes = [words("communes.without", count=words.number(without), share=share)] if without else []
    more = len(rows) - len(listed)
    names = [FILTERS["commune"].say(view, row.commune_code) for row in rows[:_DRAWN]]
    tied = sum(row.dossiers == first.dossiers for row in rows)
    return told(
        view,
        "usage_by_commune",
        table,
        values=_values(view, first) | {
            "name": names[0],
            "communes": words.number(len(rows)),
            "drawn": words.number(len(names)),
            "tied": words.number(tied),
        },
        title="tied" if tied > 1 else "title",
        draw=lambda texts: bars.bars(_drawn(view, names, rows), texts),
        notes=[*notes, *([words("communes.more", count=words.number(more))] if more else [])],
    )  # fmt: skip


def _services(view: View, commune: str) -> Figure:
    words, name = view.words, FILTERS["commune"].say(view, commune)
    found = services_of(view.tables, span=Span.MONTH, month=view.month, commune=commune)
    if found.empty:
        return _none(view, words("communes.no_line", name=name, month=words.month(view.month)))
    rows = list(records(found, ServiceRate))
    listed = rows[:_LISTED]
    titles = [row.name_vi if words.language == "vi" else row.name_en for row in rows]
    table = tabulate(
        view,
        {
            "service": titles[:_LISTED],
            "service_id": [row.service_id for row in listed],
            "service_level": [level_name(view, row.level) for row in listed],
            **done_online(view, listed),
        },
    )
    dossiers, online = (int(found[each].sum()) for each in ("dossiers", "online_dossiers"))
    more, often = len(rows) - len(listed), Counter(titles[:_DRAWN])
    named = zip(titles, rows[:_DRAWN], strict=False)
    names = [f"{title} ({row.service_id})" if often[title] > 1 else title for title, row in named]
    return told(
        view,
        "usage_by_commune",
        table,
        values=_values(view, Rate(dossiers, online, online / dossiers)) | {
            "name": name,
            "services": words.number(len(rows)),
            "drawn": words.number(len(names)),
        },
        title="one",
        subtitle="one_subtitle" if len(names) < len(rows) else "one_whole",
        draw=lambda texts: bars.bars(_drawn(view, names, rows), texts),
        notes=[words("communes.more_services", count=words.number(more))] if more else [],
    )  # fmt: skip


def _none(view: View, reason: str) -> Figure:
    return told(view, "usage_by_commune", (), values={"reason": reason}, title="none")


def _values(view: View, rate: Rate) -> dict[str, str]:
    words = view.words
    return {"dossiers": words.number(rate.dossiers), "rate": words.percent(rate.usage_rate, DECIMALS)}


def _drawn(view: View, names: list[str], rows: list[CommuneRate] | list[ServiceRate]) -> pd.DataFrame:
    """The bars: dossiers, with the share of them that was done online."""
    words = view.words
    said = [{"count": words.number(row.dossiers), "share": words.percent(row.usage_rate, DECIMALS)} for row in rows]
    return pd.DataFrame(
        {"row": name, "value": row.dossiers, "text": words("services.of", **each)}
        for name, row, each in zip(names, rows, said, strict=False)
    )
