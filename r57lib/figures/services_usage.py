"""The figures of the notebook `services_usage`, from aggregated transactions: dossiers, and services that nobody uses.

A month's flow and a year's stock have figures of their own; no chart and no table holds both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import pandas as pd

from r57lib.charts import bars, lines
from r57lib.charts.base import Chart, Texts
from r57lib.charts.tilemap import tile_map
from r57lib.data.lines import CHANNELS, LEVELS
from r57lib.data.periods import Month
from r57lib.data.tables import records
from r57lib.figures.cells import stands
from r57lib.figures.compose import compose
from r57lib.figures.digital_adoption import pairs
from r57lib.figures.province_profile import in_order, name_of, tiles
from r57lib.figures.registry import figure
from r57lib.measures import usage
from r57lib.measures.provinces import class_number, value_classes
from r57lib.measures.usage import (
    ChannelRate,
    LevelRate,
    MonthRate,
    OfferedAndUsed,
    ProvinceRate,
    Rate,
    Service,
    Span,
    Tail,
    YearRate,
    long_tail,
)
from r57lib.page.columns import Cell, Column, counts, days, figures, periods, share, shares, tabulate
from r57lib.page.figure import Figure
from r57lib.view.view import View

NOTEBOOK = "services_usage"
GOVERNMENT_COLOURS = {"": "series_1", "ministry": "series_2", "province": "series_1", "commune": "series_4"}
CHANNEL_COLOURS = {"counter": "in_progress", "post": "completed_late", "portal": "series_1", "app": "series_2"}
DECIMALS = 1
_OfMonth = TypeVar("_OfMonth", bound=MonthRate)
CARRIED = 0.8
"""The share of dossiers whose fewest services are counted."""
_LISTED = 100


def chosen(view: View) -> dict[str, str]:
    """What the page is narrowed to."""
    names = {"level": "service_level", "province": "province", "channel": "channel"}
    return {name: view.choice(each) for name, each in names.items()}


def scope(view: View, *names: str) -> str:
    """What is counted, in words: all, or what of `names` the page is narrowed to."""
    words, narrowed = view.words, chosen(view)
    labels = {"province": "province", "level": "service_level", "channel": "channel"}
    said = [words(f"{labels[name]}.{narrowed[name]}") for name in names if narrowed[name]]
    return words("services.scope", scope=", ".join(said)) if said else words("services.everywhere")


def told(
    view: View,
    name: str,
    table: tuple[Column, ...],
    *,
    values: dict[str, Any] | None = None,
    title: str = "title",
    subtitle: str = "subtitle",
    draw: Callable[[Texts], Chart] | None = None,
    notes: Iterable[str] = (),
    method: Iterable[str] = (),
) -> Figure:
    """A figure that says which set it rests on, and that it is made up where it is."""
    words, about = view.words, usage.taken(view.tables)
    of_set = () if about is None else (
        words("services.set", id=about.set_id[:12], rows=words.number(about.rows), first=words.date(about.first_day),
              last=words.date(about.reported_on)),
    )  # fmt: skip
    filled = {"month": words.month(view.month), "year": str(view.month.year)} | (values or {})
    return compose(view, name, table, facts=[], values=filled, title=title, subtitle=subtitle, draw=draw, notes=notes,
                   method=[*method, *of_set], synthetic=about is not None and bool(about.synthetic))  # fmt: skip


def nothing(view: View, name: str) -> Figure:
    """The figure without a line to rest on: it says so, and how to get one."""
    words = view.words
    there = usage.taken(view.tables) is not None
    reason = words("services.no_line", month=words.month(view.month)) if there else words("services.no_set")
    return told(view, name, (), values={"reason": reason}, title="none")


def done_online(view: View, rows: Iterable[Rate]) -> dict[str, Column]:
    """The columns of dossiers: those done online, all, and the rate."""
    words, held = view.words, list(rows)
    names = ("online_dossiers", "dossiers")
    return {
        **{name: counts(words, [getattr(row, name) for row in held]) for name in names},
        "usage_rate": shares(words, [row.usage_rate for row in held], DECIMALS),
    }


@figure(NOTEBOOK, headline=True, needs="usage")
def usage_flow(view: View) -> Figure:
    """The share of each month's dossiers that was done online, by level.

    `.data`: time_period, service_level, online_dossiers, dossiers, usage_rate (0-1).
    """
    whole = usage.usage(view.tables, span=Span.MONTH, month=view.month, by=(), **chosen(view))
    own = next(_of_month(whole, view.month, MonthRate), None)
    if own is None:
        return nothing(view, "usage_flow")
    split = usage.usage(view.tables, span=Span.MONTH, month=view.month, by=("level",), **chosen(view))
    before = next(_of_month(whole, Month(view.month.year - 1, view.month.month), MonthRate), None)
    both = split if view.choice("service_level") else pd.concat([whole.assign(level=""), split])
    rows = list(records(both, LevelRate))
    rows.sort(key=lambda row: (-row.year, -row.month, ("", *LEVELS).index(row.level)))
    table = tabulate(
        view,
        {
            "time_period": periods(view.words, [f"{row.year}-{row.month:02}" for row in rows]),
            "service_level": [level_name(view, row.level) for row in rows],
            **done_online(view, rows),
        },
    )
    return told(
        view,
        "usage_flow",
        table,
        values=_flow_values(view, own, before),
        title="title" if before is None else "since",
        draw=lambda texts: lines.time_series(
            _flow_points(view, split), texts, percent=True, breaks=_law(view),
            colours={
                level_name(view, level): GOVERNMENT_COLOURS[level] for level in LEVELS if level in set(split["level"])
            },
        ),
        notes=[view.words("figure.usage_flow.note")],
    )  # fmt: skip


def _of_month(found: pd.DataFrame, month: Month, kind: type[_OfMonth]) -> Iterator[_OfMonth]:
    """The rows of one month."""
    if found.empty:
        return iter(())
    return records(found[(found["year"] == month.year) & (found["month"] == month.month)], kind)


def level_name(view: View, level: str) -> str:
    """The name of a level, or of all."""
    return view.words(f"service_level.{level}" if level else "services.all_levels")


def _flow_values(view: View, own: Rate, before: MonthRate | None) -> dict[str, str]:
    words = view.words
    values = {
        "rate": words.percent(own.usage_rate, DECIMALS),
        "online": words.number(own.online_dossiers),
        "dossiers": words.number(own.dossiers),
        "scope": scope(view, "province", "level", "channel"),
    }
    if before is not None:
        values["before"] = words.percent(before.usage_rate, DECIMALS)
        values["then"] = words.month(Month(before.year, before.month))
    return values


def _flow_points(view: View, rows: pd.DataFrame) -> pd.DataFrame:
    words, points = view.words, []
    for row in records(rows, LevelRate):
        month = Month(row.year, row.month)
        rate = words.percent(row.usage_rate, DECIMALS)
        points.append(
            {
                "day": stands(f"{row.year}-{row.month:02}"),
                "value": row.usage_rate,
                "series": level_name(view, row.level),
                "segment": row.level,
                "name": rate if month == view.month else "",
                "text": words("services.point", period=words.month(month), rate=rate,
                              online=words.number(row.online_dossiers), dossiers=words.number(row.dossiers)),
            }
        )  # fmt: skip
    return pd.DataFrame(points)


def _law(view: View) -> pd.DataFrame | None:
    """The day from which the law of a made-up set holds, where it has come."""
    about = usage.taken(view.tables)
    if about is None or pd.isna(about.law) or about.law.date() > view.month.last_day:
        return None
    return pd.DataFrame({"day": [about.law], "text": [view.words("services.law")]})


@figure(NOTEBOOK, needs="usage")
def usage_stock(view: View) -> Figure:
    """The share of each year's dossiers that was done online, the year of the page up to its month.

    `.data`: year, months, online_dossiers, dossiers, usage_rate (0-1).
    """
    words = view.words
    stock = usage.usage(view.tables, span=Span.YEAR, month=view.month, by=(), **chosen(view))
    if stock.empty or stock["year"].max() != view.month.year:
        return nothing(view, "usage_stock")
    months = usage.usage(view.tables, span=Span.MONTH, month=view.month)
    rows = list(records(stock.sort_values("year", ascending=False), YearRate))
    reach = [_reach(view, months[months["year"] == row.year]) for row in rows]
    table = tabulate(
        view,
        {
            "year": figures("count", [Cell(int(row.year), str(row.year), "0") for row in rows]),
            "months": reach,
            **done_online(view, rows),
        },
    )
    drawn = pd.DataFrame(
        {"row": f"{row.year}, {months}", "value": row.usage_rate, "text": words.percent(row.usage_rate, DECIMALS)}
        for row, months in zip(rows, reach, strict=True)
    )
    return told(
        view,
        "usage_stock",
        table,
        values=_flow_values(view, rows[0], None) | {"months": reach[0]},
        draw=lambda texts: bars.bars(drawn, texts, domain=1.0),
        notes=[words("figure.usage_stock.note")],
    )


def _reach(view: View, months: pd.DataFrame) -> str:
    """Which months of a year the lines reach."""
    first, last = int(months["month"].min()), int(months["month"].max())
    if (first, last) == (1, 12):
        return view.words("services.whole_year")
    ends = {"first": view.words.month_number(first), "last": view.words.month_number(last)}
    return view.words("services.one_month" if first == last else "services.months", **ends)


@figure(NOTEBOOK, needs="usage")
def usage_by_channel(view: View) -> Figure:
    """How the month's dossiers came in, beside the same month a year before.

    `.data`: time_period, channel, dossiers, online_dossiers, usage_rate (0-1).
    """
    words = view.words
    found = usage.usage(
        view.tables, span=Span.MONTH, month=view.month, by=("channel",), **(chosen(view) | {"channel": ""})
    )
    months = [view.month, Month(view.month.year - 1, view.month.month)]
    parts = {
        month: sorted(_of_month(found, month, ChannelRate), key=lambda row: CHANNELS.index(row.channel))
        for month in months
    }
    if not parts[view.month]:
        return nothing(view, "usage_by_channel")
    rows = [(month, row) for month in months for row in parts[month]]
    done = done_online(view, [row for _, row in rows])
    table = tabulate(
        view,
        {
            "time_period": periods(words, [str(month) for month, _ in rows]),
            "channel": [words(f"channel.{row.channel}") for _, row in rows],
            "dossiers": done["dossiers"],
            **done,
        },
    )
    whole = sum(row.dossiers for row in parts[view.month])
    online = sum(row.dossiers for row in parts[view.month] if row.channel in ("portal", "app"))
    return told(
        view,
        "usage_by_channel",
        table,
        values={"share": words.percent(online / whole, DECIMALS), "scope": scope(view, "province", "level")},
        draw=lambda texts: bars.stacked_bars(
            pd.DataFrame(part for month in months for part in _stack(view, month, parts[month])),
            texts,
            colours={words(f"channel.{name}"): CHANNEL_COLOURS[name] for name in CHANNELS},
        ),
        method=[words("figure.usage_by_channel.note")],
    )


def _stack(view: View, month: Month, rows: list[ChannelRate]) -> Iterable[dict[str, Any]]:
    """The parts of one bar."""
    words = view.words
    whole = sum(row.dossiers for row in rows)
    for row in rows:
        part = row.dossiers / whole
        said = words.percent(part, DECIMALS)
        yield {
            "row": words.month(month)[:1].upper() + words.month(month)[1:],
            "part": words(f"channel.{row.channel}"),
            "share": part,
            "text": said if part >= 0.09 else "",
            "key": f"{words(f'channel.{row.channel}')} {said}",
            "detail": words("services.of", count=words.number(row.dossiers), share=said),
        }


@figure(NOTEBOOK, needs="usage")
def usage_map(view: View) -> Figure:
    """The share of the month's dossiers that was done online, by province, on the map of tiles.

    `.data`: province, online_dossiers, dossiers, usage_rate (0-1).
    """
    words = view.words
    found = usage.usage(
        view.tables, span=Span.MONTH, month=view.month, by=("province_code",), **(chosen(view) | {"province": ""})
    )
    by_code = {row.province_code: row for row in _of_month(found, view.month, ProvinceRate)}
    if not by_code:
        return nothing(view, "usage_map")
    codes = [code for code in in_order(view) if code in by_code]
    table = tabulate(
        view,
        {
            "province": [name_of(view, code) for code in codes],
            **done_online(view, [by_code[code] for code in codes]),
        },
    )
    bounds = value_classes([row.usage_rate for row in by_code.values()])
    names = [words("tile.class", low=words.percent(low), high=words.percent(high)) for low, high in bounds]
    filled = {code: _tile(view, row, names[class_number(row.usage_rate, bounds)]) for code, row in by_code.items()}
    return told(
        view,
        "usage_map",
        table,
        values=_map_values(view, list(by_code.values())),
        draw=lambda texts: tile_map(tiles(view, filled), texts, classes=names, no_data=words("tile.no_data")),
        method=[words("figure.usage_map.note")],
    )


def _tile(view: View, row: ProvinceRate, part: str) -> dict[str, str]:
    words = view.words
    rate = words.percent(row.usage_rate, DECIMALS)
    said = words("services.rate_of", rate=rate, online=words.number(row.online_dossiers),
                 dossiers=words.number(row.dossiers))  # fmt: skip
    return {"part": part, "text": rate, "said": said, "facts": ""}


def _map_values(view: View, rows: list[ProvinceRate]) -> dict[str, str]:
    words = view.words
    ordered = sorted(rows, key=lambda row: row.usage_rate)
    least, most = ordered[0], ordered[-1]
    return {
        "low": words.percent(least.usage_rate, DECIMALS),
        "low_name": name_of(view, least.province_code),
        "high": words.percent(most.usage_rate, DECIMALS),
        "high_name": name_of(view, most.province_code),
        "scope": scope(view, "level", "channel"),
    }


@figure(NOTEBOOK, needs="usage")
def services_offered_and_used(view: View) -> Figure:
    """Services offered online against dossiers done online, by level, of the year so far.

    `.data`: service_level, end_to_end_services, services, supply_rate (0-1), online_dossiers, dossiers, usage_rate
    (0-1).
    """
    words = view.words
    found = usage.offered_and_used(view.tables, month=view.month, **chosen(view))
    if found.empty:
        return nothing(view, "services_offered_and_used")
    rows = list(records(found, OfferedAndUsed))
    table = tabulate(
        view,
        {
            "service_level": [level_name(view, row.level) for row in rows],
            "end_to_end_services": counts(words, found["end_to_end_services"]),
            "services": counts(words, found["services"]),
            "supply_rate": shares(words, found["supply_rate"], DECIMALS),
            **done_online(view, rows),
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
        draw=lambda texts: pairs(
            view,
            [level_name(view, row.level) for row in both],
            [(share(words, row.supply_rate, DECIMALS), share(words, row.usage_rate, DECIMALS)) for row in both],
            texts,
        ),
        method=[words("figure.services_offered_and_used.note")],
    )


def _counted(view: View) -> pd.DataFrame:
    """Every service with its dossiers of the year so far, of whatever channel."""
    narrowed = chosen(view)
    return usage.services(view.tables, month=view.month, level=narrowed["level"], province=narrowed["province"])


@figure(NOTEBOOK, needs="usage")
def service_long_tail(view: View) -> Figure:
    """Services that exist and that nobody has used this year, by level, and how few carry most dossiers.

    `.data`: service_level, services, unused, end_to_end_unused, carrying, dossiers.
    """
    words = view.words
    found = _counted(view)
    if found.empty:
        return nothing(view, "service_long_tail")
    tail = list(records(long_tail(found, share=CARRIED), Tail))
    whole, levels = tail[0], tail[1:]
    names = ("services", "unused", "end_to_end_unused", "carrying", "dossiers")
    table = tabulate(
        view,
        {
            "service_level": [level_name(view, row.level) for row in [*levels, whole]],
            **{name: counts(words, [getattr(row, name) for row in [*levels, whole]]) for name in names},
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
        method=[words("figure.service_long_tail.note")],
    )


def _use(view: View, row: Tail) -> Iterable[dict[str, Any]]:
    """The services of a level: used, not used though they could be online, and not used otherwise."""
    words = view.words
    counts = {"used": row.services - row.unused, "unused_online": row.end_to_end_unused,
              "unused_other": row.unused - row.end_to_end_unused}  # fmt: skip
    for name, number in counts.items():
        part = number / row.services
        yield {
            "row": words("services.level_of", level=level_name(view, row.level), count=words.number(row.services)),
            "part": words(f"services.{name}"),
            "share": part,
            "text": words.number(number) if part >= 0.07 else "",
            "key": f"{words(f'services.short.{name}')} {words.number(number)}",
            "detail": words("services.of", count=words.number(number), share=words.percent(part, DECIMALS)),
        }


@figure(NOTEBOOK, needs="usage")
def unused_online_services(view: View) -> Figure:
    """The services that could be done online from end to end and that nobody has used this year.

    `.data`: service, service_id, service_level, online_since.
    """
    words = view.words
    found = _counted(view)
    if found.empty:
        return nothing(view, "unused_online_services")
    unused = found[(found["dossiers"] == 0) & (found["end_to_end"] == 1)].sort_values(["online_since", "service_id"])
    rows = list(records(unused.head(_LISTED), Service))
    table = tabulate(
        view,
        {
            "service": [row.name_vi if words.language == "vi" else row.name_en for row in rows],
            "service_id": [row.service_id for row in rows],
            "service_level": [level_name(view, row.level) for row in rows],
            "online_since": days(words, [row.online_since.date() for row in rows]),
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
