"""The figures of the notebook `province_profile`, of one province or of all.

The values of the 34 units, and 1 July 2025: what each was formed from, and what is carried across.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pandas as pd

from r57lib.charts.bars import bars
from r57lib.charts.base import Chart, Texts
from r57lib.charts.tilemap import tile_map
from r57lib.data.rows import ProvinceTile
from r57lib.data.tables import records
from r57lib.figures.cells import publisher, shown
from r57lib.figures.compose import compose
from r57lib.figures.registry import figure
from r57lib.measures import provinces
from r57lib.measures.indicators import Observed
from r57lib.measures.provinces import Placed
from r57lib.page.columns import Cell, Column, amount, figures, periods, tabulate
from r57lib.page.figure import Figure
from r57lib.page.parts import Nothing
from r57lib.view.view import View
from r57lib.view.words import MISSING, sort_key

NOTEBOOK = "province_profile"
_Before = Mapping[str, tuple[str, ...]]
_Classes = list[tuple[tuple[float, float], str]]
_NAMED_VALUES = 2


def name_of(view: View, code: str | None) -> str:
    """The name of a province."""
    return view.words(f"province.{code}")


def in_order(view: View) -> list[str]:
    """The codes of the 34 units, by their names in the order of a Vietnamese dictionary."""
    return sorted(view.tables["provinces"]["province_code"], key=lambda code: sort_key(name_of(view, code)))


def former_names(view: View, before: tuple[str, ...]) -> str:
    """The names of units before the merger, in the order of a dictionary."""
    words = view.words
    return words.join(words.sorted([words(f"predecessor.{unit}") for unit in before]))


@figure(NOTEBOOK, headline=True)
def province_values(view: View) -> Figure:
    """The newest figure of each indicator for the province, beside the block of localities where a source gives it.

    `.data`: province, indicator, value (in value_unit), time_period, basis, units_basis, localities (in
    localities_unit), publisher, facts.
    """
    words = view.words
    found = provinces.values_of_provinces(view.tables, province=view.choice("province"))
    rows = sorted(
        records(found, Placed), key=lambda row: (sort_key(name_of(view, row.province_code)), row.indicator_id)
    )
    facts = [  # that of the province, and that of the localities beside it
        (*row.fact_ids, *(row.localities_facts if isinstance(row.localities_facts, tuple) else ())) for row in rows
    ]
    localities = [amount(words, row.localities_value, row.unit, row.localities_qualifier) for row in rows]
    columns: dict[str, Column | list[str]] = {
        "province": [name_of(view, row.province_code) for row in rows],
        "indicator": [words(f"indicator.{row.indicator_id}") for row in rows],
        "value": figures("number", [_value(view, row) for row in rows]),
        "time_period": periods(words, [row.time_period for row in rows]),
        "basis": [words(f"basis.{row.basis}") for row in rows],
        "units_basis": [words(f"units_basis.{row.units_basis}") for row in rows],
        "localities": figures("number", localities),
        "publisher": [publisher(view, row.source_id) for row in rows],
    }
    title, values = _values_finding(view, rows)
    if view.choice("province"):
        columns.pop("province")
    table, said = tabulate(view, columns, facts), [words(f"figure.province_values.{'note' if rows else 'fill'}")]
    notes, method = ([], said) if rows else (said, [])
    return compose(view, "province_values", table, facts=facts, values=values, title=title, notes=notes, method=method)


def _value(view: View, row: Placed) -> Cell:
    """The value; a rank with the number ranked, where the source gives it."""
    value, ranked = shown(view, row), view.words.number(row.rank_of)
    if pd.isna(row.rank_of):
        return value
    return value.within(lambda text: view.words("rank.of", rank=text, count=ranked))


def _values_finding(view: View, rows: list[Placed]) -> tuple[str, dict[str, str]]:
    words = view.words
    own = view.choice("province")
    values = {"month": words.month(view.month), "province": name_of(view, own) if own else ""}
    if not own:
        counts = {row.province_code for row in rows}
        values |= {"provinces": words.number(len(counts)), "indicators": str(len({row.indicator_id for row in rows}))}
        return ("all" if rows else "none_at_all"), values
    said = [
        words("point.named", name=words(f"indicator.{row.indicator_id}"), value=_value(view, row),
              period=words.period(row.time_period))
        for row in rows[:_NAMED_VALUES]
    ]  # fmt: skip
    return ("title" if rows else "none"), values | {"values": "; ".join(said)}


@figure(NOTEBOOK)
def province_map(view: View, *, indicator: str = "") -> Figure:
    """One indicator on the map of tiles: the one asked for, or the one that most provinces have a value of.

    `.data`: province, value (in value_unit), facts.
    """
    words = view.words
    chosen = indicator or provinces.widest_indicator(view.tables)
    found = provinces.across(view.tables, indicator=chosen)
    by_code = {str(row.province_code): row for row in records(found, Placed)}
    facts = list(found["fact_ids"])
    if found.empty:
        return compose(view, "province_map", (), facts=[], title="none", values={"month": words.month(view.month)})
    codes = [code for code in in_order(view) if code in by_code]  # the others are named by `provinces_without`
    table = tabulate(
        view,
        {
            "province": [name_of(view, code) for code in codes],
            "value": figures("number", [_value(view, by_code[code]) for code in codes]),
        },
        [by_code[code].fact_ids for code in codes],
    )
    classes, own = _classes(view, found), view.choice("province")
    if len(found) < _MAPPED and found["unit"].iloc[0] != "rank":  # a bar as long as a rank tells nothing
        return _bars(view, table, chosen, by_code)
    return compose(
        view,
        "province_map",
        table,
        facts=facts,
        values=_map_values(view, chosen, by_code),
        title="all" if not own else "title" if own in by_code else "absent",
        draw=lambda texts: tile_map(
            tiles(view, {code: _tile(view, row, classes) for code, row in by_code.items()}),
            texts,
            classes=[text for _, text in classes],
            no_data=words("tile.no_data"),
        ),
        notes=[words("figure.province_map.note")],
    )


_MAPPED = 20
"""Provinces with a value from which a map shows more than bars do."""


def _bars(view: View, table: tuple[Column, ...], indicator: str, by_code: Mapping[str, Placed]) -> Figure:
    """The values of few provinces as bars, the greatest first, with a mark for the value of the whole country."""
    words, own = view.words, view.choice("province")
    rows = sorted(by_code.values(), key=lambda row: row.obs_value, reverse=True)
    country = next(records(provinces.of_the_country(view.tables, indicator=indicator, period=rows[0].time_period),
                           Observed), None)  # fmt: skip
    drawn = pd.DataFrame(
        {
            "row": name_of(view, row.province_code),
            "value": row.obs_value,
            "text": str(_value(view, row)),
            "part": "own" if row.province_code == own or not own else "other",
            "facts": " ".join(row.fact_ids),
        }
        for row in rows
    )
    facts, values = [row.fact_ids for row in rows], _map_values(view, indicator, by_code)
    title = "all" if not own else "title" if own in by_code else "absent"
    if country is not None:
        drawn["tick"] = country.obs_value
        above = sum(row.obs_value > country.obs_value for row in rows)
        values |= {"above": words.number(above), "country": shown(view, country)}
        values["national"] = words(f"indicator.{country.indicator_id}")
        facts.append(country.fact_ids)
        title = title if own else "bars"
    return compose(
        view,
        "province_map",
        table,
        facts=facts,
        values=values,
        title=title,
        subtitle="subtitle" if country is None else "against",
        draw=lambda texts: bars(drawn, texts, colours={"own": "series_1", "other": "in_progress"}),
        method=[words("figure.province_map.named")],
    )


@figure(NOTEBOOK)
def provinces_without(view: View) -> Figure | Nothing:
    """The provinces that no figure is published about, by name; nothing where the page is about one.

    `.data`: province.
    """
    if view.choice("province"):
        return Nothing()
    known = set(provinces.values_of_provinces(view.tables)["province_code"])
    names = [name_of(view, code) for code in in_order(view) if code not in known]
    values = {"count": view.words.number(len(names)), "names": " · ".join(names)}
    table = tabulate(view, {"province": names})
    title = "title" if names else "none"
    return compose(view, "provinces_without", table, facts=[], values=values, title=title, closed=True)


def _classes(view: View, found: pd.DataFrame) -> _Classes:
    """The classes of the values with the words for their bounds, from least to greatest."""
    unit, values = str(found["unit"].iloc[0]), found["obs_value"]
    whole = unit not in ("share", "index", "ratio") and bool((values % 1 == 0).all())
    words, said = view.words, "tile.whole" if whole else "tile.class"
    return [
        (
            (low, high),
            words.value(low, unit)
            if whole and low == high
            else words(said, low=words.value(low, unit), high=words.value(high, unit)),
        )
        for low, high in provinces.value_classes(values, whole=whole)
    ]


def _tile(view: View, row: Placed, classes: _Classes) -> dict[str, str]:
    """What a tile of a province with a value says."""
    words = view.words
    place = provinces.class_number(row.obs_value, [bounds for bounds, _ in classes])
    brief = words.percent(row.obs_value, 1) if row.unit == "share" else words.plain(row.obs_value)
    return {"part": classes[place][1], "text": brief, "said": str(_value(view, row)), "facts": " ".join(row.fact_ids)}


def tiles(view: View, filled: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    """The tiles of the map as `tile_map` draws them; `filled` holds part, text, said and facts by province code."""
    words = view.words
    nothing = {"part": words("tile.no_data"), "text": MISSING, "said": words("tile.no_data"), "facts": ""}
    rows = []
    for tile in view.tables.rows("province_tiles", ProvinceTile):
        said, name = filled.get(tile.province_code, nothing), name_of(view, tile.province_code)
        island = tile.tile_id != tile.province_code
        short = f"province_short.{tile.tile_id}"
        label = words(short) if words.has(short) else name
        whole = words("tile.part_of", name=label, province=name) if island else name
        rows.append(
            {
                "row": int(tile.tile_row),
                "column": int(tile.tile_column),
                "name": "\n".join(label.rsplit(" ", 1)),
                "text": "" if island else said["text"],
                "part": said["part"],
                "own": tile.province_code == view.choice("province"),
                "of": words("tile.of", province=name).replace(" ", "\n", 1) if island else "",
                "detail": words("tile.detail", name=whole, value=said["said"]),
                "facts": said["facts"],
            }
        )
    return pd.DataFrame(rows)


def _map_values(view: View, indicator: str, by_code: Mapping[str, Placed]) -> dict[str, object]:
    words, rows = view.words, list(by_code.values())
    ordered = sorted(rows, key=lambda row: row.obs_value)
    chosen = view.choice("province")
    own = by_code.get(chosen)
    return {
        "indicator": words(f"indicator.{indicator}"),
        "definition": words(f"indicator.{indicator}.definition"),
        "period": words.period(rows[0].time_period),
        "count": words.number(len(rows)),
        "units": words.number(len(view.tables["provinces"])),
        "low": shown(view, ordered[0]),
        "high": shown(view, ordered[-1]),
        "province": name_of(view, chosen) if chosen else "",
        "value": "" if own is None else _value(view, own),
    }


@figure(NOTEBOOK)
def province_units(view: View) -> Figure:
    """Each of the 34 units, or the one, and those of the 63 that it was formed from; on the map of tiles.

    `.data`: province, province_kind, predecessors.
    """
    words, before = view.words, provinces.predecessors(view.tables)
    kinds, (title, values) = _kinds(view), _units_found(view, before)
    # a page of one province has one map: that of an indicator, which frames its tile, where there is one
    mapped = not view.choice("province") or not provinces.widest_indicator(view.tables)
    # a month, or a cut-off, that lies before the merger looks at units that were not yet there
    early = min(view.month.last_day, view.as_of) < provinces.MERGED_ON
    codes = in_order(view) if mapped else [view.choice("province")]
    table = tabulate(
        view,
        {
            "province": [name_of(view, code) for code in codes],
            "province_kind": [words(f"province_kind.{kinds[code]}") for code in codes],
            "predecessors": [former_names(view, before[code]) for code in codes],
        },
    )
    return compose(
        view,
        "province_units",
        table,
        facts=[],
        values=values,
        title=title,
        draw=partial(_unit_map, view, before) if mapped else None,
        notes=[words("figure.province_units.not_yet", day=words.date(provinces.MERGED_ON))] if early else [],
        # where the units were read, as far as it was public
        documents=set(view.tables["provinces"]["source_id"]) & set(view.tables["sources"]["source_id"]),
    )


def _unit_map(view: View, before: _Before, texts: Texts) -> Chart:
    words = view.words
    counts = sorted({len(units) for units in before.values()})
    return tile_map(
        tiles(view, {code: _unit_tile(view, units) for code, units in before.items()}),
        texts,
        classes=[words("tile.former", count=count) for count in counts],
        no_data=words("tile.no_data"),
    )


def _kinds(view: View) -> dict[str, str]:
    units = view.tables["provinces"]
    return dict(zip(units["province_code"], units["province_kind"], strict=True))


def _units_found(view: View, before: _Before) -> tuple[str, dict[str, str]]:
    """Which title the merger has, of one unit or of all, and the values that fill it."""
    words, own = view.words, view.choice("province")
    kept = sum(len(units) == 1 for units in before.values())
    values = {
        "day": words.date(provinces.MERGED_ON),
        "units": words.number(len(before)),
        "former": words.number(sum(map(len, before.values()))),
        "kept": words.number(kept),
        "merged": words.number(len(before) - kept),
    }
    if not own:
        return "all", values
    values |= {"province": name_of(view, own), "kind": words(f"province_kind.{_kinds(view)[own]}")}
    return "title" if len(before[own]) > 1 else "kept", values | {"before": former_names(view, before[own])}


def _unit_tile(view: View, before: tuple[str, ...]) -> dict[str, str]:
    text = view.words("tile.former", count=len(before))
    said = view.words("tile.formed", before=former_names(view, before))
    return {"part": text, "text": str(len(before)), "said": said, "facts": ""}


@figure(NOTEBOOK)
def province_merger(view: View) -> Figure:
    """For each kind of value: whether that of the units before can be carried to the unit of today, and by what.

    `.data`: measure, carried, needed.
    """
    words, before = view.words, provinces.predecessors(view.tables)
    columns = {name: [words(f"{name}.{measure}") for measure in provinces.MEASURES] for name in ("measure", "carried")}
    if own := view.choice("province"):
        columns["needed"] = [_needed(view, before[own], measure) for measure in provinces.MEASURES]
    title, values = _units_found(view, before)
    return compose(view, "province_merger", tabulate(view, columns), facts=[], values=values, title=title,
                   notes=[words("figure.province_merger.note")])  # fmt: skip


def _needed(view: View, before: tuple[str, ...], measure: provinces.Measure) -> str:
    """What the rule says of the province while nothing is known of the units before, and then of their values alone."""
    words = view.words
    without = provinces.carried_across({}, before, measure=measure)
    if without.refusal != "missing":
        return words(f"needed.{without.refusal}")
    bare = provinces.carried_across(dict.fromkeys(before, 0.0), before, measure=measure)
    needed = "denominator" if bare.refusal == "denominator" else "values"
    return words(f"needed.{needed}", before=former_names(view, without.missing))
