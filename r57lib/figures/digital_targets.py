"""The figures of the notebook `digital_adoption` about judging: paths to targets, ratings by several methods, ranks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pandas as pd

from r57lib.charts import lines
from r57lib.charts.base import Chart, Slider, Texts
from r57lib.data.rows import Target
from r57lib.data.tables import records, rows_where, shown_in
from r57lib.figures.cells import (
    aim,
    aimed,
    indicator_name,
    level,
    mark,
    points_of,
    publisher,
    shown,
    stands,
)
from r57lib.figures.change import beside, mark_of, observed, observed_then
from r57lib.figures.compose import compose
from r57lib.figures.digital_adoption import NOTEBOOK
from r57lib.figures.registry import figure
from r57lib.measures import indicators
from r57lib.measures.indicators import Judged, Observed, Ranked
from r57lib.measures.progress import (
    DAYS_PER_MONTH,
    PATHS,
    Path,
    closed_by_deadline,
    expected,
    ratio,
    share_closed,
    years_between,
)
from r57lib.page.columns import (
    Cell,
    amount,
    counts,
    figures,
    number,
    numbers,
    periods,
    points,
    shares,
    signed_counts,
    tabulate,
)
from r57lib.page.figure import Figure
from r57lib.view.view import View
from r57lib.view.words import MISSING

_COLOURS = {"actual": "series_1", "linear": "reference", "geometric": "series_2", "logistic": "series_3"}
_STEPS = 24
_DECIMALS = {"share": 4, "index": 3, "ratio": 3}
"""Decimals of a value on a path; what is counted has none."""


@figure(NOTEBOOK)
def trajectories(view: View) -> Figure:
    """Each indicator with two comparable values against three paths to its next target (questions 13, 14).

    `.data`: indicator, baseline (in baseline_unit), actual (in actual_unit), expected_linear (in expected_linear_unit),
    expected_geometric (in expected_geometric_unit), expected_logistic (in expected_logistic_unit), target (in
    target_unit), required_pace (in required_pace_unit), years_line (years), years_curve (years), facts.
    """
    words = view.words
    judged = indicators.verdicts(view.tables, day=view.day)
    judged = judged[judged["pace_ratio"].notna()].sort_values(["target_period_end", "indicator_id"])
    rows = list(records(judged.drop_duplicates(["indicator_id", "scope"]), Judged))
    facts = [row.fact_ids for row in rows]
    table = tabulate(
        view,
        {
            "indicator": [words(f"indicator.{row.indicator_id}") for row in rows],
            "baseline": figures("number", [_started(view, row) for row in rows]),
            "actual": figures("number", [_reached(view, row) for row in rows]),
            **{f"expected_{path}": figures("number", [_on_path(view, row, path) for row in rows]) for path in PATHS},
            "target": figures("number", [_aimed(view, row) for row in rows]),
            "required_pace": figures("number", [_per_month(view, row) for row in rows]),
            "years_line": figures("number", [_years(view, row.years_to_target) for row in rows]),
            "years_curve": figures(
                "number",
                [  # none where the indicator has no ceiling
                    Cell(None, MISSING) if pd.isna(row.expected_logistic) else _years(view, row.years_logistic)
                    for row in rows
                ],
            ),
        },
        facts,
    )
    if not rows:
        return compose(view, "trajectories", table, facts=facts, title="none")
    below = {
        family: all(_below(row) for row in rows if row.family == family) for family in {row.family for row in rows}
    }
    named = [words(f"indicator.{family}") for family, low in below.items() if low]
    values = {
        "count": words.number(len(below)),
        "below": words.number(len(named)),
        "named": words.join(words.sorted(named)),
    }
    said = {path: words.join([words(f"part.{each}") for each in on]) for path, on in _told_apart(rows).items()}
    return compose(
        view,
        "trajectories",
        table,
        facts=facts,
        values=values,
        title="title" if named else "above",
        draw=lambda texts: lines.path_panels(
            pd.DataFrame([point for row in rows for point in _path(view, row, said)]),
            texts,
            colours={words("part.actual"): _COLOURS["actual"]}
            | {named: _COLOURS[path] for path, named in said.items()},
            points=pd.DataFrame([point for row in rows for point in _points(view, row, said["linear"])]),
            tried=pd.DataFrame([point for row in rows for point in _carried_on(view, row)]),
            slider=Slider("tried", words("slider.percent"), 0, _FASTEST, _FASTER, 100),
        ),
        method=[words("figure.trajectories.note")],
    )


def _on_path(view: View, row: Judged, path: str) -> Cell:
    value = getattr(row, f"expected_{path}")
    return amount(view.words, value if pd.isna(value) else round(value, _DECIMALS.get(row.unit, 0)), row.unit)


def _dated(view: View, value: float, unit: str, period: str, qualifier: str = "exact") -> Cell:
    """`16.5% (2023)`; a year is its number alone, as a chart has little room."""
    when = period if period.isdigit() else view.words.period(period)
    return amount(view.words, value, unit, qualifier).within(lambda text: view.words("dated", value=text, period=when))


def _started(view: View, row: Judged) -> Cell:
    return _dated(view, row.baseline_value, row.unit, row.baseline_period)


def _reached(view: View, row: Judged) -> Cell:
    return _dated(view, row.actual_value, row.unit, row.actual_period, row.actual_qualifier)


def _aimed(view: View, row: Judged) -> Cell:
    when = view.words.period(row.target_period)
    return aim(view, row, row.unit).within(lambda text: view.words("dated", value=text, period=when))


def _per_month(view: View, row: Judged) -> Cell:
    """What is needed a month from the newest value on: points of a share, or units."""
    words = view.words
    if pd.isna(row.required_run_rate):
        return Cell(None, MISSING)
    monthly, unit = row.required_run_rate * DAYS_PER_MONTH, "points" if row.unit == "share" else "units"
    bare = number(words, 100 * monthly, 2) if unit == "points" else number(words, monthly, _DECIMALS.get(row.unit, 0))
    said = bare.within(lambda text: words(f"per_month.{unit}", value=text))
    return replace(said, unit="points" if unit == "points" else row.unit)


def _years(view: View, years: float) -> Cell:
    """Years to the target; none when the way leads away from it."""
    return Cell(None, view.words("years.never")) if pd.isna(years) else number(view.words, years, 1)


def _below(row: Judged) -> bool:
    """Whether the newest value is on the worse side of every path."""
    sign = 1 if row.direction == "up" else -1
    paths = [getattr(row, f"expected_{path}") for path in PATHS]
    return all(sign * row.actual_value < sign * value for value in paths if pd.notna(value))


_SAME = 0.05
"""Of the gap: paths that lie closer than so much to each other are one line."""


def _told_apart(rows: list[Judged]) -> dict[Path, list[Path]]:
    """The paths that are drawn, each with those that lie on it in every panel."""
    drawn: dict[Path, list[Path]] = {}
    for path in PATHS:
        ways = [_way(row, path) for row in rows]
        if not any(ways):
            continue
        same = next((each for each in drawn if all(_close(_way(row, each), way)
                                                   for row, way in zip(rows, ways, strict=True))), path)  # fmt: skip
        drawn.setdefault(same, []).append(path)
    return drawn


def _close(one: list[float], other: list[float]) -> bool:
    return not other or (bool(one) and max(abs(a - b) for a, b in zip(one, other, strict=True)) < _SAME)


def _way(row: Judged, path: Path) -> list[float]:
    """How much of the gap a path has closed, step by step; nothing where it is undefined."""
    ceiling = None if pd.isna(row.upper_bound) else float(row.upper_bound)
    values = [
        expected(path, row.baseline_value, row.target_value, step / _STEPS, ceiling=ceiling)
        for step in range(_STEPS + 1)
    ]
    heights = [_height(row, value) for value in values if value is not None]
    return [height for height in heights if height is not None]


def _path(view: View, row: Judged, named: Mapping[Path, str]) -> list[dict[str, object]]:
    """The points of each path in shares of the time and of the gap, with the words of the panel."""
    words, linear = view.words, _on_path(view, row, "linear")
    head: dict[str, object] = {
        "row": f"{row.indicator_id}/{row.scope}",
        "name": words(f"indicator.{row.indicator_id}"),
        "headline": "",
        "detail": words("trajectory.due", linear=linear)
        if pd.isna(row.required_run_rate)
        else words("trajectory.detail", linear=linear, pace=_per_month(view, row)),
        "facts": " ".join(row.fact_ids),
    }
    return [
        head | {"part": said, "at": step / _STEPS, "height": height}
        for path, said in named.items()
        for step, height in enumerate(_way(row, path))
    ]


def _height(row: Judged, value: float) -> float | None:
    return share_closed(row.baseline_value, value, row.target_value)


def _points(view: View, row: Judged, linear: str) -> list[dict[str, object]]:
    """What was observed, and the target; under the pointer, and read aloud, each with its indicator and qualifier."""
    words, start, end = view.words, row.baseline_day.date(), row.target_period_end.date()
    history = rows_where(indicators.series(view.tables, indicators=[row.indicator_id]), scope=row.scope)
    seen_on = {(each.time_period_end, each.obs_value): each for each in records(history, Observed)}
    named = indicator_name(view, row)
    first, newest = row.points[0][0], row.points[-1][0]
    said = {first: (_started(view, row).text, "start"), newest: (_reached(view, row).text, _place(row))}
    head: dict[str, object] = {"row": f"{row.indicator_id}/{row.scope}", "facts": " ".join(row.fact_ids)}
    seen = [
        head
        | dict(zip(("text", "place"), said.get(day, ("", "below")), strict=True))
        | {
            "part": words("part.actual"),
            "seen": True,
            "at": ratio(years_between(start, day.date()), years_between(start, end)),
            "height": _height(row, value),
            "tip": words("trajectory.point", indicator=named, value=shown(view, seen_on[day, value]),
                         period=words.period(seen_on[day, value].time_period)),
        }
        for day, value in row.points
    ]  # fmt: skip
    target = {"part": linear, "seen": False, "at": 1.0, "height": 1.0, "place": "left"}
    asked = words(
        "trajectory.target", indicator=named, target=aimed(view, row), deadline=words.period(row.target_period)
    )
    return [*seen, head | target | {"text": str(_aimed(view, row)), "tip": asked}]


_FASTER, _FASTEST = 10, 300
"""Percentages of the pace so far that a reader may try: at which step, and up to which."""


def _carried_on(view: View, row: Judged) -> Iterator[dict[str, object]]:
    """From the newest value to the deadline, at each pace that a reader may try."""
    at, closed = row.expected, row.share_closed
    for step in range(0, _FASTEST + 1, _FASTER):
        reached = closed_by_deadline(closed, at, step / 100)
        told = {"pace": view.words.percent(step / 100), "share": view.words.percent(reached, 1)}
        text = view.words("trajectory.tried", **told, deadline=view.words.period(row.target_period))
        head = {
            "row": f"{row.indicator_id}/{row.scope}",
            "part": "tried",
            "step": step,
            "facts": " ".join(row.fact_ids),
        }
        yield head | {"at": at, "height": closed, "text": ""}
        yield head | {"at": 1.0, "height": reached, "text": text}


def _place(row: Judged) -> str:
    """On which side of the newest point its text meets neither a path nor the edge."""
    if row.pace_ratio >= 1:
        return "left"
    if row.expected < 0.6:
        return "right"
    return "above" if row.pace_ratio < 0.5 else "end"


@figure(NOTEBOOK)
def rating_methods(view: View) -> Figure:
    """Every target with an observation by three ratings side by side, and where they disagree (question 15).

    `.data`: indicator, target (in target_unit), open_sdg_verdict, linear_verdict, rating, agree, facts.
    """
    words = view.words
    judged = indicators.verdicts(view.tables, day=view.day)
    judged = judged[judged["refusal"] != "no_observation"]
    rows = list(records(judged.sort_values(["target_period_end", "indicator_id", "scope"]), Judged))
    facts = [row.fact_ids for row in rows]
    table = tabulate(
        view,
        {
            "indicator": [indicator_name(view, row) for row in rows],
            "target": figures("number", [_aimed(view, row) for row in rows]),
            "open_sdg_verdict": [_told(view, row.open_sdg_verdict, row.open_sdg_ratio) for row in rows],
            "linear_verdict": [_told(view, row.linear_verdict, row.linear_ratio) for row in rows],
            "rating": [
                words(f"rating.{row.rating}" if pd.isna(row.refusal) else f"unrated.{row.refusal}") for row in rows
            ],
            "agree": [
                MISSING if pd.isna(row.agree) else words("methods.agree" if row.agree else "methods.disagree")
                for row in rows
            ],
        },
        facts,
    )
    rated = [row for row in rows if pd.notna(row.agree)]
    if not rated:
        return compose(view, "rating_methods", table, facts=facts, title="none", notes=_reasons(view, rows))
    agreed: dict[object, bool] = {}  # a target is one, whoever produces its number
    for row in rated:
        one = (row.family, row.scope, row.target_value, row.target_period_end)
        agreed[one] = agreed.get(one, True) and bool(row.agree)
    split = sum(not same for same in agreed.values())
    values: dict[str, object] = {"count": words.number(len(agreed)), "split": words.number(split)}
    rivals = _rivals(rated)
    if rivals:
        told = [
            words("open_sdg.by", verdict=words(f"open_sdg.{row.open_sdg_verdict}"),
                  producer=_producer(view, row))
            for row in rivals
        ]  # fmt: skip
        values |= {
            "indicator": words(f"indicator.{rivals[0].family}"),
            "target": aim(view, rivals[0], rivals[0].unit),
            "deadline": words.period(rivals[0].target_period),
            "told": ", ".join(told),
        }
    return compose(
        view,
        "rating_methods",
        table,
        facts=facts,
        values=values,
        title="producers" if rivals else "title" if split else "same",
        closed=True,
        method=[*_reasons(view, rows), words("figure.rating_methods.note")],
    )


def _told(view: View, verdict: str | None, value: float | None) -> str:
    """A verdict with its ratio; none where the method says nothing."""
    words = view.words
    if pd.isna(verdict):
        return MISSING
    name = words(f"open_sdg.{verdict}")
    return name if pd.isna(value) else words("rated", verdict=name, ratio=words.number(value, 3))


def _reasons(view: View, rows: list[Judged]) -> list[str]:
    """Which indicators have no rating as their way of counting changed, and which as they are ranks."""
    words = view.words
    notes = []
    for refusal, note in (("series_break", "note_break"), ("rank", "note_rank")):
        named = list(dict.fromkeys(indicator_name(view, row) for row in rows if row.refusal == refusal))
        if named:
            notes.append(words(f"figure.rating_methods.{note}", named="; ".join(named)))
    return notes


def _rivals(rated: list[Judged]) -> list[Judged]:
    """The rows of the first target that two producers of one family judge differently by the Open SDG ratio."""
    for row in rated:
        same = [
            other for other in rated
            if (other.family, other.scope, other.target_period) == (row.family, row.scope, row.target_period)
        ]  # fmt: skip
        if len({other.open_sdg_verdict for other in same if pd.notna(other.open_sdg_verdict)}) > 1:
            return same
    return []


@figure(NOTEBOOK)
def digital_economy_methods(view: View) -> Figure:
    """The digital economy's share of GDP by two official methods, and three readings of its pace (questions 14, 15).

    `.data`: method, baseline (in baseline_unit), actual (in actual_unit), target (in target_unit), share_closed (0-1),
    change_per_year (in change_per_year_unit), linear_ratio (ratio), open_sdg_ratio (ratio), years_to_target (years),
    years_step (years), rating, facts.
    """
    words = view.words
    methods = shown_in(view.tables, "digital_economy_methods")
    history = rows_where(indicators.series(view.tables, indicators=methods), scope="national")
    paces = indicators.pace_methods(view.tables, day=view.day)
    paces = paces[paces["indicator_id"].isin(set(history["indicator_id"]))].sort_values("target_period_end")
    paces = paces.drop_duplicates(["indicator_id", "scope"]).sort_values("years_to_target", ignore_index=True)
    rows = list(records(paces, Judged))
    newest = {row.indicator_id: row for row in records(history, Observed)}
    table = beside(
        view,
        {
            "method": [words(f"indicator.{row.indicator_id}") for row in rows],
            "baseline": figures("share", [_started(view, row) for row in rows]),
            "actual": figures("share", [_reached(view, row) for row in rows]),
            "target": figures("share", [_aimed(view, row) for row in rows]),
            "share_closed": shares(words, paces["share_closed"], 1),
            "change_per_year": figures("number", [points(words, change) for change in paces["change_per_year"]]),
            "linear_ratio": numbers(words, paces["linear_ratio"], 3),
            "open_sdg_ratio": numbers(words, paces["open_sdg_ratio"], 3),
            "years_to_target": figures("number", [_years(view, years) for years in paces["years_to_target"]]),
            "years_step": figures("number", [_step(view, row) for row in rows]),
            "rating": [words(f"rating.{row.rating}") for row in rows],
        },
        paces["fact_ids"],
        (observed_then(view, history, newest[row.indicator_id]) for row in rows),
    )
    if not rows:
        facts = list(history["fact_ids"])
        return compose(view, "digital_economy_methods", observed(view, history), facts=facts, title="none")
    first, last = rows[0], rows[-1]
    away = [words(f"indicator.{row.indicator_id}") for row in rows if pd.isna(row.years_to_target)]
    values = {
        "indicator": words(f"indicator.{first.family}"),
        "target": aim(view, first),
        "deadline": words.period(first.target_period),
        "few": _years(view, first.years_to_target),
        "many": _years(view, last.years_to_target),
        "few_span": _span(view, first),
        "many_span": _span(view, last),
        "few_producer": _producer(view, first),
        "many_producer": _producer(view, last),
        "away": words.join(away),
    }
    aimed = {"day": stands(first.target_period), "value": first.target_value, "text": mark(view, first)}
    methods = sorted(set(history["indicator_id"]))
    return compose(
        view,
        "digital_economy_methods",
        table,
        facts=[*paces["fact_ids"], *history["fact_ids"]],
        values=values,
        title="away" if away else "title" if len(rows) > 1 else "single",
        draw=lambda texts: lines.time_series(
            _by_year(view, history).assign(place=lambda drawn: _beside(drawn)),
            texts,
            colours={_producer(view, newest[name]): f"series_{place}" for place, name in enumerate(methods, 1)},
            percent=True,
            targets=pd.DataFrame([aimed | {"facts": " ".join(first.fact_ids)}]),
            then=_then_of_years(view),
        ),
        method=[words("figure.digital_economy_methods.note"), words("figure.digital_economy_methods.line")],
    )


def _producer(view: View, row: Judged | Observed) -> str:
    """Who produces a number, in short where that is usual, or else the indicator."""
    short = f"agency_short.{row.producer_id}"
    if row.producer_id and view.words.has(short):
        return view.words(short)
    return view.words(f"agency.{row.producer_id}" if row.producer_id else f"indicator.{row.indicator_id}")


def _step(view: View, row: Judged) -> Cell:
    """Years to the target by the last step; a dash where two values have but one."""
    return _years(view, row.years_step) if len(row.points) > 2 else Cell(None, MISSING)


def _span(view: View, row: Judged) -> str:
    """The two values that a line leads through, by their periods."""
    words = view.words
    return words("span", start=words.period(row.baseline_period), end=words.period(row.actual_period))


def _by_year(view: View, history: pd.DataFrame) -> pd.DataFrame:
    """The points of yearly values, each series named after who counts; the higher one has its words above it."""
    names = {row.indicator_id: _producer(view, row) for row in records(history, Observed)}
    drawn = points_of(view, history, [names[name] for name in history["indicator_id"]])
    ends = ~(history.duplicated("indicator_id") & history.duplicated("indicator_id", keep="last"))
    top = history.sort_values("obs_value")["indicator_id"].iloc[-1]
    place = ["above" if name == top else "below" for name in history["indicator_id"]]
    return drawn.assign(name=drawn["name"].where(ends.reset_index(drop=True), ""), place=place)


def _beside(drawn: pd.DataFrame) -> list[str]:
    """Where the words of the first and of the newest value stand: at the ends of their lines."""
    first, last = (~drawn.duplicated("series", keep=keep) for keep in ("first", "last"))
    room = (drawn["place"] == "above") & (drawn["day"] > drawn["day"].min())
    return [
        "right" if newest and not oldest else "left" if oldest and free else place
        for oldest, newest, free, place in zip(first, last, room, drawn["place"], strict=True)
    ]


def _then_of_years(view: View) -> pd.DataFrame | None:
    """The end of the second month on an axis of years: behind the last year that was over."""
    mark, month = mark_of(view), view.earlier.month
    return mark if mark is None else mark.assign(day=pd.Timestamp(month.year - (month.month < 12), 7, 1))


@figure(NOTEBOOK)
def gii_rank(view: View) -> Figure:
    """The rank in the Global Innovation Index, year by year.

    `.data`: time_period, rank (in rank_unit), rank_of, gained, publisher, facts.
    """
    return _ranks(view, "gii_rank")


@figure(NOTEBOOK)
def egdi_rank(view: View) -> Figure:
    """The rank in the United Nations E-Government Development Index, survey by survey.

    `.data`: time_period, rank (in rank_unit), rank_of, gained, publisher, facts.
    """
    return _ranks(view, "egdi_rank")


def _ranks(view: View, name: str) -> Figure:
    """Ranks over years with 1 on top; changes in places, never rates."""
    words = view.words
    history = indicators.ranks(view.tables, indicators=shown_in(view.tables, name))
    rows = list(records(history, Ranked))
    places = [amount(words, row.obs_value, "place", row.qualifier) for row in rows]
    table = tabulate(
        view,
        {
            "time_period": periods(words, history["time_period"]),
            "rank": figures("count", places),
            "rank_of": counts(words, history["rank_of"]),
            "gained": signed_counts(words, history["gained"]),
            "publisher": [publisher(view, row.source_id) for row in rows],
        },
        history["fact_ids"],
    )
    facts = list(history["fact_ids"])
    if not rows:
        return compose(view, name, table, facts=facts, title="none")
    newest, before = rows[-1], rows[max(0, len(rows) - 2)]
    ranked, day = newest.indicator_id, pd.Timestamp(view.day)
    target = indicators.next_target(view.tables, indicator=ranked, scope="national", day=day)
    values = {
        "indicator": words(f"indicator.{ranked}"),
        "rank": places[-1]
        if pd.isna(newest.rank_of)
        else words("rank.of", rank=places[-1], count=words.number(newest.rank_of)),
        "period": words.period(newest.time_period),
        "before": words.period(before.time_period),
        "places": words.number(abs(newest.gained)),
        "first": words.period(rows[0].time_period),
    }

    def draw(texts: Texts) -> Chart:
        worst = max([row.obs_value for row in rows] + ([] if target is None else [target.target_value]))
        return lines.time_series(
            _by_year(view, history).assign(name=[str(place) for place in places], place="above"),
            texts,
            colours={_producer(view, newest): "series_1"},
            reverse=True,
            ticks=[1.0, *(float(place) for place in range(20, int(worst) + 20, 20))],
            targets=_rank_target(view, target),
        )

    return compose(
        view,
        name,
        table,
        facts=facts if target is None else [*facts, target.told_in],
        values=values,
        title=_rank_title(rows),
        draw=draw if len(rows) > 1 else None,
    )


def _rank_title(rows: list[Ranked]) -> str:
    """Whether the newest rank is the first one known, or better, worse or the same as the one before."""
    gained = rows[-1].gained
    if pd.isna(gained):
        return "first"
    return "same" if gained == 0 else "title" if gained > 0 else "worse"


def _rank_target(view: View, target: Target | None) -> pd.DataFrame | None:
    """The target as a line without a date: its year lies beyond the axis."""
    if target is None:
        return None
    words = view.words
    text = words("target.rank", target=words.number(target.target_value), deadline=words.period(target.target_period))
    return pd.DataFrame([{"value": target.target_value, "text": text, "edge": "left", "facts": target.fact_id}])


@figure(NOTEBOOK)
def other_indicators(view: View) -> Figure:
    """The newest value of every indicator that has no chart of its own.

    `.data`: indicator, level, value (in value_unit), time_period, producer, publisher, confidence, facts.
    """
    words = view.words
    newest = indicators.latest_observations(view.tables)
    known = view.tables["indicators"]
    newest = newest[newest["indicator_id"].isin(known.loc[known["figure"].isna(), "indicator_id"])]
    rows = list(records(newest, Observed))
    confidence = view.tables["sources"].set_index("source_id")["confidence"]
    table = tabulate(
        view,
        {
            "indicator": [words(f"indicator.{row.indicator_id}") for row in rows],
            "level": [
                level(view, row.scope) if pd.isna(row.province_code) else words(f"province.{row.province_code}")
                for row in rows
            ],
            "value": figures("number", [shown(view, row) for row in rows]),
            "time_period": periods(words, newest["time_period"]),
            "producer": [MISSING if pd.isna(row.producer_id) else words(f"agency.{row.producer_id}") for row in rows],
            "publisher": [publisher(view, row.source_id) for row in rows],
            "confidence": [words(f"confidence.{confidence[row.source_id]}") for row in rows],
        },
        newest["fact_ids"],
    )
    values = {"count": words.number(len(rows))}
    title = "title" if rows else "none"
    return compose(view, "other_indicators", table, facts=newest["fact_ids"], values=values, title=title)
