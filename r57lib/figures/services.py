"""The figures of the notebook `services_usage` about services: offered against used, and those that nobody uses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from r57lib.charts import bars
from r57lib.data.tables import records
from r57lib.figures.compose import dated, figure, readable
from r57lib.figures.usage import DECIMALS, NOTEBOOK, chosen, count, level_name, nothing, scope, share, told
from r57lib.measures import usage
from r57lib.measures.usage import long_tail
from r57lib.page.parts import Figure
from r57lib.view.view import View

CARRIED = 0.8
"""The share of dossiers whose fewest services are counted."""
_LISTED = 100


@figure(NOTEBOOK)
def services_offered_and_used(view: View) -> Figure:
    """Services offered online against dossiers done online, by level, of the year so far."""
    words = view.words
    found = usage.offered_and_used(view.tables, month=view.month, **chosen(view))
    if found.empty:
        return nothing(view, "services_offered_and_used")
    rows: list[Any] = list(records(found))
    table = readable(
        view,
        {
            "service_level": [level_name(view, row.level) for row in rows],
            "end_to_end_services": [count(view, row.end_to_end_services) for row in rows],
            "services": [count(view, row.services) for row in rows],
            "supply_rate": [words.percent(row.supply_rate, DECIMALS) for row in rows],
            "online_dossiers": [count(view, row.online_dossiers) for row in rows],
            "dossiers": [count(view, row.dossiers) for row in rows],
            "usage_rate": [share(view, row) for row in rows],
        },
    )
    both = [row for row in rows if pd.notna(row.usage_rate)]
    widest = max(both, key=lambda row: row.supply_rate - row.usage_rate)
    return told(
        view,
        "services_offered_and_used",
        table,
        values={
            "level": level_name(view, widest.level),
            "supply": words.percent(widest.supply_rate, DECIMALS),
            "usage": words.percent(widest.usage_rate, DECIMALS),
            "scope": scope(view, "province", "level", "channel"),
        },
        draw=lambda texts: bars.dumbbells(
            _ends(view, both), texts, colours={words("part.offered"): "series_1", words("part.used"): "series_4"}
        ),
        notes=[words("figure.services_offered_and_used.note")],
    )


def _ends(view: View, rows: list[Any]) -> pd.DataFrame:
    words = view.words
    return pd.DataFrame(
        {
            "row": level_name(view, row.level),
            "part": words(f"part.{part}"),
            "value": value,
            "low": min(row.supply_rate, row.usage_rate),
            "high": max(row.supply_rate, row.usage_rate),
            "text": words("supply_usage.text", supply=words.percent(row.supply_rate, DECIMALS),
                          usage=words.percent(row.usage_rate, DECIMALS)),
        }
        for row in rows
        for part, value in (("offered", row.supply_rate), ("used", row.usage_rate))
    )  # fmt: skip


def _counted(view: View) -> pd.DataFrame:
    """Every service with its dossiers of the year so far, of whatever channel."""
    return usage.services(view.tables, month=view.month, level=view.service_level, province=view.province)


@figure(NOTEBOOK)
def service_long_tail(view: View) -> Figure:
    """Services that exist and that nobody has used this year, by level, and how few carry most dossiers."""
    words = view.words
    found = _counted(view)
    if found.empty:
        return nothing(view, "service_long_tail")
    tail: list[Any] = list(records(long_tail(found, share=CARRIED)))
    whole, levels = tail[0], tail[1:]
    table = readable(
        view,
        {
            "service_level": [level_name(view, row.level) for row in [*levels, whole]],
            "services": [count(view, row.services) for row in [*levels, whole]],
            "unused": [count(view, row.unused) for row in [*levels, whole]],
            "end_to_end_unused": [count(view, row.end_to_end_unused) for row in [*levels, whole]],
            "carrying": [count(view, row.carrying) for row in [*levels, whole]],
            "dossiers": [count(view, row.dossiers) for row in [*levels, whole]],
        },
    )
    colours = {"used": "series_1", "unused_online": "overdue", "unused_other": "in_progress"}
    return told(
        view,
        "service_long_tail",
        table,
        values={
            "unused": words.number(whole.unused),
            "services": words.number(whole.services),
            "carrying": words.number(whole.carrying),
            "share": words.percent(CARRIED),
            "scope": scope(view, "province", "level"),
        },
        draw=lambda texts: bars.stacked_bars(
            pd.DataFrame(part for row in levels for part in _use(view, row)),
            texts,
            colours={words(f"services.{name}"): shade for name, shade in colours.items()},
        ),
        notes=[words("figure.service_long_tail.note")],
    )


def _use(view: View, row: Any) -> Iterable[dict[str, Any]]:
    """The services of a level: used, not used though they could be online, and not used otherwise."""
    words, start = view.words, 0.0
    counts = {"used": row.services - row.unused, "unused_online": row.end_to_end_unused,
              "unused_other": row.unused - row.end_to_end_unused}  # fmt: skip
    for name, number in counts.items():
        part = number / row.services
        yield {
            "row": words("services.level_of", level=level_name(view, row.level), count=words.number(row.services)),
            "part": words(f"services.{name}"),
            "share": part,
            "text": words.number(number) if part >= 0.07 else "",
            "start": start,
            "middle": start + part / 2,
            "end": start + part,
            "detail": words("services.of", count=words.number(number), share=words.percent(part, DECIMALS)),
        }
        start += part


@figure(NOTEBOOK)
def unused_online_services(view: View) -> Figure:
    """The services that could be done online from end to end and that nobody has used this year."""
    words = view.words
    found = _counted(view)
    if found.empty:
        return nothing(view, "unused_online_services")
    unused = found[(found["dossiers"] == 0) & (found["end_to_end"] == 1)].sort_values(["online_since", "service_id"])
    rows: list[Any] = list(records(unused.head(_LISTED)))
    table = readable(
        view,
        {
            "service": [getattr(row, f"name_{words.language}") for row in rows],
            "service_id": [row.service_id for row in rows],
            "service_level": [level_name(view, row.level) for row in rows],
            "online_since": [dated(words, row.online_since.date()) for row in rows],
        },
    )
    more = [words("services.more", count=words.number(len(unused) - _LISTED))] if len(unused) > _LISTED else []
    return told(
        view,
        "unused_online_services",
        table,
        values={"unused": words.number(len(unused)), "scope": scope(view, "province", "level")},
        title="title" if rows else "all_used",
        notes=more,
    )
