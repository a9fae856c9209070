"""The figures of the notebook `digital_adoption` about what is offered and used: services online, 5G coverage."""

from __future__ import annotations

import pandas as pd

from r57lib.charts import bars, lines
from r57lib.charts.base import Chart, Texts
from r57lib.data.codes import Qualifier
from r57lib.data.rows import Target
from r57lib.data.tables import records, rows_where, shown_in
from r57lib.figures.cells import aim, due_reason, in_column, level, mark, points_of, sentence, shown, target_mark
from r57lib.figures.change import mark_of, observed
from r57lib.figures.compose import compose
from r57lib.figures.registry import figure
from r57lib.measures import indicators
from r57lib.measures.indicators import Observed, SupplyLevel, SupplyUsage, TargetGap
from r57lib.measures.outcomes import DueTarget, due_targets
from r57lib.measures.progress import DAYS_PER_MONTH, reaches
from r57lib.page.columns import Cell, amount, counts, figures, number, periods, points, share, tabulate
from r57lib.page.figure import Figure
from r57lib.view.view import View

NOTEBOOK = "digital_adoption"
LEVEL_COLOURS = {"national": "series_1", "ministries": "series_2", "localities": "series_3"}
_PLACES = {"national": "below", "ministries": "above", "localities": "below"}


@figure(NOTEBOOK, headline=True)
def usage_against_target(view: View) -> Figure:
    """Dossiers handled end to end online over all dossiers, by level, against the target (question 13).

    `.data`: time_period, level, value (in value_unit), basis, publisher, facts.
    """
    words = view.words
    history = indicators.series(view.tables, indicators=shown_in(view.tables, "usage_against_target"))
    history = history[history["scope"].isin(LEVEL_COLOURS)].sort_values(["time_period_end", "scope"])
    table = observed(view, history)
    national = list(records(history[history["scope"] == "national"], Observed))
    facts = list(history["fact_ids"])
    if not national:
        return compose(view, "usage_against_target", table, facts=facts, title="none")
    day = pd.Timestamp(view.day)
    target = indicators.next_target(view.tables, indicator=national[-1].indicator_id, scope="national", day=day)
    title, values = _usage_finding(view, national[-1], target)
    broken = history[history["series_break"] == "yes"]
    return compose(
        view,
        "usage_against_target",
        table,
        facts=facts if target is None else [*facts, target.told_in],
        values=values,
        title=title,
        draw=lambda texts: lines.time_series(
            points_of(view, history, [level(view, scope) for scope in history["scope"]], said="point.basis").assign(
                place=list(history["scope"].map(_PLACES)),
                column=[in_column(view, period) for period in history["time_period"]],
            ),
            texts,
            colours={
                level(view, scope): name for scope, name in LEVEL_COLOURS.items() if scope in set(history["scope"])
            },
            percent=True,
            ticks=[0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
            targets=_in_columns(view, target, history),
            breaks=pd.DataFrame(
                {
                    "column": [in_column(view, each) for each in broken["time_period"].unique()[:1]],
                    "text": words("series.break"),
                }
            ),
            then=mark_of(view),
        ),
        notes=[words("figure.usage_against_target.break_note")] * (len(broken) > 0),
        method=[words("figure.usage_against_target.note")],
    )


def _in_columns(view: View, target: Target | None, history: pd.DataFrame) -> pd.DataFrame | None:
    """The target in the column of its deadline, which says where no value of it is published though it has passed."""
    marked = target_mark(view, target)
    if target is None or marked is None:
        return None
    last = target.target_period_end
    missing = last <= pd.Timestamp(view.day) and history["time_period_end"].max() < last
    return marked.assign(
        column=in_column(view, target.target_period),
        missing=view.words("target.missing").replace(" ", "\n", 1) if missing else "",
    )


def _usage_finding(view: View, newest: Observed, target: Target | None) -> tuple[str, dict[str, object]]:
    """Which title the data carry, and the values that fill it."""
    words = view.words
    values: dict[str, object] = {"newest": shown(view, newest), "indicator": words(f"indicator.{newest.indicator_id}")}
    values |= {"period": words.period(newest.time_period), "basis": words(f"basis.{newest.basis}")}
    if target is None:
        return "alone", values
    missing = target.target_value - newest.obs_value
    days = (target.target_period_end.date() - view.day).days
    values |= {
        "target": aim(view, target),
        "deadline": words.date(target.target_period_end),
        "gap": words.number(100 * missing, 2),
        "days": words.number(days),
    }
    if days <= 0:
        due = due_targets(view.tables, view.day)
        due = due[[target.fact_id in facts for facts in due["fact_ids"]]]
        return f"due_{due['outcome'].iloc[0]}" if len(due) else "due", values
    beyond = target.qualifier == Qualifier.MORE_THAN
    if reaches(newest.obs_value, newest.qualifier, target.target_value, direction=newest.direction, beyond=beyond):
        return "reached", values
    if missing <= 0:
        return "qualified", values
    return ("title" if newest.qualifier == "exact" else "qualified"), values


@figure(NOTEBOOK)
def usage_gaps(view: View) -> Figure:
    """Each value of usage against each target that is still open: gap, days left, pace needed (question 13).

    `.data`: time_period, level, value (0-1), target (0-1), target_period, gap_points (percentage points), days_left,
    required_per_month (percentage points a month), facts.
    """
    words = view.words
    used = shown_in(view.tables, "usage_against_target")
    gaps = indicators.target_gaps(view.tables, indicators=used, day=view.day).sort_values(
        ["time_period_end", "scope", "target_period_end"], ascending=[False, False, True]
    )
    rows = list(records(gaps, TargetGap))
    missing = [_missing(view, number(words, round(100 * row.gap, 4)), row) for row in rows]
    pace = [_missing(view, number(words, 100 * row.required_run_rate * DAYS_PER_MONTH, 2), row) for row in rows]
    table = tabulate(
        view,
        {
            "time_period": periods(words, gaps["time_period"]),
            "level": [level(view, row.scope) for row in rows],
            "value": figures("share", [shown(view, row) for row in rows]),
            "target": figures(
                "share", [amount(words, row.target_value, "share", row.qualifier_target) for row in rows]
            ),
            "target_period": periods(words, gaps["target_period"]),
            "gap_points": figures("number", missing),
            "days_left": counts(words, gaps["days_left"]),
            "required_per_month": figures("number", pace),
        },
        gaps["fact_ids"],
    )
    national = next((place for place, row in enumerate(rows) if row.scope == "national"), None)
    if national is None:
        day = words.date(view.day)
        return compose(view, "usage_gaps", table, facts=gaps["fact_ids"], title="none", values={"day": day})
    values = {
        "day": words.date(view.day),
        "period": sentence(words.period(rows[national].time_period)),
        "gap": missing[national],
        "days": words.number(rows[national].days_left),
        "pace": pace[national],
    }
    return compose(view, "usage_gaps", table, facts=gaps["fact_ids"], values=values, closed=True)


_OF_THE_REST = {Qualifier.MORE_THAN: "less_than", Qualifier.NEARLY: "more_than", Qualifier.UP_TO: "at_least"}
"""How exactly what is missing is known, where the value is qualified; of a value that is about right it is about so."""


def _missing(view: View, points: Cell, row: TargetGap) -> Cell:
    """What is missing, in points; of a value that is "more than" something it is less than the difference."""
    said = "" if row.qualifier == Qualifier.EXACT else _OF_THE_REST.get(Qualifier(row.qualifier), row.qualifier)
    return points.within(lambda text: view.words(f"missing.{row.qualifier}", value=text), qualifier=said)


@figure(NOTEBOOK)
def supply_and_usage(view: View) -> Figure:
    """Procedures offered end to end against dossiers handled end to end, by level (question 16).

    `.data`: level, offered (in offered_unit), offered_period, used (in used_unit), used_period, supply_usage_gap (in
    supply_usage_gap_unit), facts.
    """
    words = view.words
    gaps = indicators.supply_usage_gap(view.tables)
    rows = list(records(gaps, SupplyUsage))
    offered = [amount(words, row.supply, "share", row.supply_qualifier) for row in rows]
    used = [amount(words, row.usage, "share", row.usage_qualifier) for row in rows]
    table = tabulate(
        view,
        {
            "level": [level(view, row.scope) for row in rows],
            "offered": figures("share", offered),
            "offered_period": periods(words, gaps["supply_period"]),
            "used": figures("share", used),
            "used_period": periods(words, gaps["usage_period"]),
            "supply_usage_gap": figures("number", [points(words, gap) for gap in gaps["supply_usage_gap"]]),
        },
        gaps["fact_ids"],
    )
    if not rows:
        return compose(view, "supply_and_usage", table, facts=[], title="none")
    each = [
        words("supply_usage.level", level=words(f"scope_of.{row.scope}"), supply=supply, usage=usage)
        for row, supply, usage in zip(rows, offered, used, strict=True)
    ]
    values = {"each": sentence("; ".join(each))}
    for name, column in (("offered", "supply_period"), ("used", "usage_period")):
        values[name] = words.join(sorted({words.period(period) for period in gaps[column]}))
    return compose(
        view,
        "supply_and_usage",
        table,
        facts=gaps["fact_ids"],
        values=values,
        draw=lambda texts: pairs(
            view,
            [level(view, row.scope) for row in rows],
            list(zip(offered, used, strict=True)),
            texts,
            facts=[" ".join(row.fact_ids) for row in rows],
        ),
        method=[words("figure.supply_and_usage.note")],
    )


def pairs(
    view: View, rows: list[str], ends: list[tuple[Cell, Cell]], texts: Texts, *, facts: list[str] | None = None
) -> Chart:
    """The chart of what is offered beside what is used, a pair a row."""
    words = view.words
    drawn = pd.DataFrame(
        {
            "row": row,
            "part": words(f"part.{part}"),
            "value": end.value,
            "low": min(offered.value, used.value),
            "high": max(offered.value, used.value),
            "text": words("supply_usage.text", supply=offered, usage=used),
        }
        for row, (offered, used) in zip(rows, ends, strict=True)
        for part, end in (("offered", offered), ("used", used))
    )
    drawn = drawn if facts is None else drawn.assign(facts=[fact for fact in facts for _ in range(2)])
    return bars.dumbbells(drawn, texts, colours={words("part.offered"): "series_1", words("part.used"): "series_2"})


@figure(NOTEBOOK)
def supply(view: View) -> Figure:
    """The share of procedures offered online, end to end and in part, by level: supply, not usage.

    `.data`: level, time_period, online (0-1), end_to_end (0-1), in_part (0-1), facts.
    """
    words = view.words
    levels = indicators.supply_levels(view.tables)
    rows = list(records(levels, SupplyLevel))
    table = tabulate(
        view,
        {
            "level": [level(view, row.scope) for row in rows],
            "time_period": periods(words, levels["time_period"]),
            **{
                name: figures("share", [_supplied(view, row, name) for row in rows])
                for name in ("online", "end_to_end", "in_part")
            },
        },
        levels["fact_ids"],
    )
    if not rows:
        return compose(view, "supply", table, facts=[], title="none")
    told = [
        {"online": words.percent(row.online), "end_to_end": words.percent(row.end_to_end)}
        | {"level": level(view, row.scope), "scope": row.scope, "period": words.period(row.time_period)}
        for row in rows
    ]
    values = next((each for each in told if each["scope"] == "localities"), told[0])
    notes = [words("figure.supply.national", **each) for each in told if each["scope"] == "printed_national"][:1]
    return compose(
        view,
        "supply",
        table,
        facts=levels["fact_ids"],
        values=values,
        draw=lambda texts: bars.stacked_bars(
            pd.DataFrame(
                {
                    "row": _supply_row(view, row),
                    "part": words(f"part.{part}"),
                    "share": held,
                    "text": words.percent(held) if held > 0.1 else "",
                    "key": f"{words(f'part.{part}')} {words.percent(held)}",
                    "detail": words.percent(held),
                    "facts": " ".join(row.fact_ids),
                }
                for row in rows
                for part, held in zip(_SUPPLY_COLOURS, (row.end_to_end, row.in_part, 1 - row.online), strict=True)
            ),
            texts,
            colours={words(f"part.{part}"): name for part, name in _SUPPLY_COLOURS.items()},
        ),
        notes=[words("figure.supply.note"), *notes],
    )


_SUPPLY_COLOURS = {"end_to_end": "series_1", "in_part": "series_2", "not_online": "in_progress"}


def _supply_row(view: View, row: SupplyLevel) -> str:
    """Whom a bar is about; what is printed as national is so by its source alone, as the notes tell."""
    printed = "supply.printed" if row.scope == "printed_national" else "supply.row"
    return view.words(printed, level=level(view, row.scope), period=view.words.period(row.time_period))


def _supplied(view: View, row: SupplyLevel, name: str) -> Cell:
    """A share of procedures, marked where it is computed from the two others."""
    said = share(view.words, getattr(row, name))
    return said.within(lambda text: view.words("derived", value=text)) if row.derived == name else said


@figure(NOTEBOOK)
def five_g_coverage(view: View) -> Figure:
    """5G coverage of the population by date and source, against its targets; rival values are not joined.

    `.data`: time_period, level, value (in value_unit), basis, publisher, facts.
    """
    words = view.words
    covered = shown_in(view.tables, "five_g_coverage", "coverage")
    history = rows_where(indicators.series(view.tables, indicators=covered), scope="national")
    clashes = {fact for row in view.findings if row.rule == "observation_conflict" for fact in row.fact_ids}
    rival = clashes & set(history["fact_id"])
    history = indicators.apart(history.sort_values(["time_period_end", "obs_value"]), rival)
    table = observed(view, history)
    facts = list(history["fact_ids"])
    if history.empty:
        return compose(view, "five_g_coverage", table, facts=facts, title="none")
    targets = _coverage_targets(view, history)
    rows = list(records(history, Observed))
    newest, clash = rows[-1], [row for row in rows if row.fact_id in rival]
    values = {
        "newest": shown(view, newest),
        "value": sentence(shown(view, newest)),
        "period": words.period(newest.time_period),
        "values": words.join([str(shown(view, row)) for row in clash]),
        "span": words("span", start=words.period(clash[0].time_period), end=words.period(clash[-1].time_period))
        if clash
        else "",
    }
    notes, station_facts = _stations(view)
    return compose(
        view,
        "five_g_coverage",
        table,
        facts=[*facts, *((row.fact_id,) for row in targets), *station_facts],
        values=values,
        title="title" if clash else "single",
        draw=lambda texts: lines.time_series(
            points_of(view, history, words("part.covered")).assign(place=_sides(history, rival)),
            texts,
            colours={words("part.covered"): "series_1"},
            percent=True,
            targets=pd.DataFrame(
                {"value": row.target_value, "text": mark(view, row), "edge": "left", "facts": row.fact_id}
                for row in targets
            ),
            then=mark_of(view),
        ),
        notes=[*notes, *_coverage_due(view, history), *([words("figure.five_g_coverage.conflict")] if rival else [])],
    )


def _sides(history: pd.DataFrame, rival: set[str]) -> list[str]:
    """Where the words of each point stand: those of rivals above it, but below it where they would meet another's."""
    sides: list[str] = []
    before: Observed | None = None
    for row in records(history, Observed):
        near = before is not None and abs(row.obs_value - before.obs_value) < 0.06
        close = near and before is not None and (row.time_period_end - before.time_period_end).days < 60
        side = "below" if close and sides[-1] == "above" else "above"
        sides.append(side if row.fact_id in rival else "below_right")
        before = row
    return sides


def _coverage_targets(view: View, history: pd.DataFrame) -> list[Target]:
    """The targets of the coverage indicators, each value and deadline once."""
    targets = view.tables["targets"]
    own = targets[targets["indicator_id"].isin(set(history["indicator_id"])) & (targets["scope"] == "national")]
    once = own.drop_duplicates(["target_value", "target_period"]).sort_values("target_period_end")
    return list(records(once, Target))


def _coverage_due(view: View, history: pd.DataFrame) -> list[str]:
    """What came of the targets of coverage that fell due."""
    words, due = view.words, rows_where(due_targets(view.tables, view.day), scope="national")
    due = due[due["family"].isin(set(history["family"]))]
    return [
        words("figure.five_g_coverage.due" + "_unknown" * pd.notna(row.reason), target=aim(view, row),
              deadline=words.date(row.target_period_end), outcome=words(f"due.{row.outcome}"),
              reason=due_reason(view, row))
        for row in records(due, DueTarget)
    ]  # fmt: skip


def _stations(view: View) -> tuple[list[str], list[tuple[str, ...]]]:
    """The newest number of stations beside its target, as a sentence, and the facts behind it."""
    words = view.words
    day = pd.Timestamp(view.day)
    counted = shown_in(view.tables, "five_g_coverage", "stations")
    newest = rows_where(indicators.latest_observations(view.tables, indicators=counted), scope="national")
    row = next(records(newest, Observed), None)
    if row is None:
        return [], []
    target = indicators.next_target(view.tables, indicator=row.indicator_id, scope="national", day=day)
    if target is None:
        return [], []
    due = rows_where(due_targets(view.tables, view.day), fact_id=target.fact_id)
    text = words(
        "figure.five_g_coverage.stations" + "_due" * len(due),
        outcome="".join(words(f"due.{outcome}") for outcome in due["outcome"]),
        actual=shown(view, row),
        period=words.period(row.time_period),
        target=aim(view, target, row.unit),
        deadline=words.period(target.target_period),
    )
    return [text], [(row.fact_id, *target.told_in)]
