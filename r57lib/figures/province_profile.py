"""The figures of the notebook `province_profile` about units and their values: of one province, or of all."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

from r57lib.charts.base import Chart, Texts
from r57lib.charts.tilemap import tile_map
from r57lib.data.tables import records
from r57lib.figures.cells import dated, measured, publisher, readable, shown
from r57lib.figures.compose import compose
from r57lib.figures.registry import figure
from r57lib.measures import provinces
from r57lib.page.parts import Figure
from r57lib.view.view import View
from r57lib.view.words import MISSING, sort_key

NOTEBOOK = "province_profile"
_NAMED_VALUES = 2


def name_of(view: View, code: str) -> str:
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
    """The newest figure of each indicator for the province, beside the block of localities where a source gives it."""
    words = view.words
    found = provinces.values_of_provinces(view.tables, province=view.choice("province"))
    listed: list[Any] = list(records(found))
    rows = sorted(listed, key=lambda row: (sort_key(name_of(view, row.province_code)), row.indicator_id))
    facts = [_facts(row) for row in rows]
    columns = {
        "province": [name_of(view, row.province_code) for row in rows],
        "indicator": [words(f"indicator.{row.indicator_id}") for row in rows],
        "value": [_value(view, row) for row in rows],
        "time_period": [dated(words, row.time_period) for row in rows],
        "basis": [words(f"basis.{row.basis}") for row in rows],
        "units_basis": [words(f"units_basis.{row.units_basis}") for row in rows],
        "localities": [measured(words, row.localities_value, row.unit, row.localities_qualifier) for row in rows],
        "publisher": [publisher(view, row.source_id) for row in rows],
    }
    title, values = _values_finding(view, rows)
    kept = {name: cells for name, cells in columns.items() if name != "province" or not view.choice("province")}
    notes = [words("figure.province_values.note")] if rows else [words("figure.province_values.fill")]
    return compose(
        view, "province_values", readable(view, kept, facts), facts=facts, values=values, title=title, notes=notes
    )


def _facts(row: Any) -> tuple[str, ...]:
    """The fact of a province, and the one of the localities beside it."""
    return (*row.fact_ids, *(row.localities_facts if isinstance(row.localities_facts, tuple) else ()))


def _value(view: View, row: Any) -> str:
    """The value; a rank with the number ranked, where the source gives it."""
    text = shown(view, row)
    return text if pd.isna(row.rank_of) else view.words("rank.of", rank=text, count=view.words.number(row.rank_of))


def _values_finding(view: View, rows: list[Any]) -> tuple[str, dict[str, str]]:
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
    """One indicator on the map of tiles: the one asked for, or the one that most provinces have a value of."""
    words = view.words
    chosen = indicator or provinces.widest_indicator(view.tables)
    found = provinces.across(view.tables, indicator=chosen)
    by_code: dict[str, Any] = {str(row.province_code): row for row in records(found)}
    facts = list(found["fact_ids"])
    if found.empty:
        return compose(view, "province_map", pd.DataFrame(), facts=[], title="none",
                       values={"month": words.month(view.month)})  # fmt: skip
    codes = in_order(view)
    table = readable(
        view,
        {
            "province": [name_of(view, code) for code in codes],
            "value": [_value(view, by_code[code]) if code in by_code else MISSING for code in codes],
        },
        [by_code[code].fact_ids if code in by_code else () for code in codes],
    )
    classes = _classes(view, found)
    return compose(
        view,
        "province_map",
        table,
        facts=facts,
        values=_map_values(view, chosen, by_code),
        title=_map_title(view, by_code),
        draw=lambda texts: tile_map(
            tiles(view, {code: _tile(view, row, classes) for code, row in by_code.items()}),
            texts,
            classes=[text for _, text in classes],
            no_data=words("tile.no_data"),
        ),
        notes=[words("figure.province_map.note")],
    )


_Classes = list[tuple[tuple[float, float], str]]


def _classes(view: View, found: pd.DataFrame) -> _Classes:
    """The classes of the values with the words for their bounds, from least to greatest."""
    unit, values = str(found["unit"].iloc[0]), found["obs_value"]
    whole = unit not in ("share", "index", "ratio") and bool((values % 1 == 0).all())
    return [(bounds, _bounds(view, bounds, unit, whole)) for bounds in provinces.value_classes(values, whole=whole)]


def _bounds(view: View, bounds: tuple[float, float], unit: str, whole: bool) -> str:
    words = view.words
    low, high = (words.value(bound, unit) for bound in bounds)
    if whole:
        return low if bounds[0] == bounds[1] else words("tile.whole", low=low, high=high)
    return words("tile.class", low=low, high=high)


def _tile(view: View, row: Any, classes: _Classes) -> dict[str, str]:
    """What a tile of a province with a value says."""
    words = view.words
    place = provinces.class_number(row.obs_value, [bounds for bounds, _ in classes])
    brief = words.percent(row.obs_value, 1) if row.unit == "share" else words.plain(row.obs_value)
    return {"part": classes[place][1], "text": brief, "said": _value(view, row), "facts": " ".join(row.fact_ids)}


def tiles(view: View, filled: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    """The tiles of the map as `tile_map` draws them; `filled` holds part, text, said and facts by province code."""
    words = view.words
    nothing = {"part": words("tile.no_data"), "text": MISSING, "said": words("tile.no_data"), "facts": ""}
    rows = []
    for tile in records(view.tables["province_tiles"]):
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
                "of": words("tile.of", province=name) if island else "",
                "detail": words("tile.detail", name=whole, value=said["said"]),
                "facts": said["facts"],
            }
        )
    return pd.DataFrame(rows)


def _map_title(view: View, by_code: Mapping[str, Any]) -> str:
    own = view.choice("province")
    return "all" if not own else "title" if own in by_code else "absent"


def _map_values(view: View, indicator: str, by_code: Mapping[str, Any]) -> dict[str, str]:
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


# --- 1 July 2025: what was formed from what, and what is carried across ---


_Before = Mapping[str, tuple[str, ...]]


@figure(NOTEBOOK)
def province_units(view: View) -> Figure:
    """Each of the 34 units, or the one, and those of the 63 that it was formed from; on the map of tiles."""
    words, before = view.words, provinces.predecessors(view.tables)
    kinds, mapped = _kinds(view), _is_mapped(view)
    codes = in_order(view) if mapped else [view.choice("province")]
    table = readable(
        view,
        {
            "province": [name_of(view, code) for code in codes],
            "province_kind": [words(f"province_kind.{kinds[code]}") for code in codes],
            "predecessors": [former_names(view, before[code]) for code in codes],
        },
        [()] * len(codes),
    ).drop(columns=words("column.facts"))
    return compose(
        view,
        "province_units",
        table,
        facts=[],
        values=_unit_values(view, before, kinds),
        title=_unit_title(view, before),
        draw=partial(_unit_map, view, before) if mapped else None,
        notes=_not_yet(view),
        documents=_documents(view),
    )


def _is_mapped(view: View) -> bool:
    """A page of one province has one map: that of an indicator, which frames its tile, where there is one."""
    return not view.choice("province") or not provinces.widest_indicator(view.tables)


def _unit_map(view: View, before: _Before, texts: Texts) -> Chart:
    words = view.words
    counts = sorted({len(units) for units in before.values()})
    return tile_map(
        tiles(view, {code: _unit_tile(view, units) for code, units in before.items()}),
        texts,
        classes=[words("tile.former", count=count) for count in counts],
        no_data=words("tile.no_data"),
    )


def _documents(view: View) -> set[str]:
    """Where the units were read, as far as it was public."""
    return set(view.tables["provinces"]["source_id"]) & set(view.tables["sources"]["source_id"])


def _unit_title(view: View, before: _Before) -> str:
    own = view.choice("province")
    return "all" if not own else "title" if len(before[own]) > 1 else "kept"


def _unit_values(view: View, before: _Before, kinds: Mapping[str, str]) -> dict[str, str]:
    words, own = view.words, view.choice("province")
    kept = [code for code, units in before.items() if len(units) == 1]
    values = {
        "day": words.date(provinces.MERGED_ON),
        "units": words.number(len(before)),
        "former": words.number(sum(map(len, before.values()))),
        "kept": words.number(len(kept)),
        "merged": words.number(len(before) - len(kept)),
    }
    if own:
        values |= {"province": name_of(view, own), "kind": words(f"province_kind.{kinds[own]}")}
        values |= {"before": former_names(view, before[own])}
    return values


def _unit_tile(view: View, before: tuple[str, ...]) -> dict[str, str]:
    text = view.words("tile.former", count=len(before))
    said = view.words("tile.formed", before=former_names(view, before))
    return {"part": text, "text": str(len(before)), "said": said, "facts": ""}


def _not_yet(view: View) -> list[str]:
    """A month, or a cut-off, that lies before the merger looks at units that were not yet there."""
    if min(view.month.last_day, view.as_of) >= provinces.MERGED_ON:
        return []
    return [view.words("figure.province_units.not_yet", day=view.words.date(provinces.MERGED_ON))]


@figure(NOTEBOOK)
def province_merger(view: View) -> Figure:
    """For each kind of value: whether that of the units before can be carried to the unit of today, and by what."""
    words, before = view.words, provinces.predecessors(view.tables)
    rows = [(measure, _verdict(view, before, measure)) for measure in provinces.MEASURES]
    table = readable(
        view,
        {
            "measure": [words(f"measure.{measure}") for measure, _ in rows],
            "carried": [words(f"carried.{measure}") for measure, _ in rows],
            "needed": [verdict for _, verdict in rows],
        },
        [()] * len(rows),
    ).drop(columns=words("column.facts"))
    table = table if view.choice("province") else table.drop(columns=words("column.needed"))
    values = _unit_values(view, before, _kinds(view))
    title = _unit_title(view, before)
    return compose(view, "province_merger", table, facts=[], values=values, title=title,
                   notes=[words("figure.province_merger.note")])  # fmt: skip


def _kinds(view: View) -> dict[str, str]:
    rows: Any = records(view.tables["provinces"])
    return {row.province_code: row.province_kind for row in rows}


def _verdict(view: View, before: _Before, measure: provinces.Measure) -> str:
    """What the rule says of the province while nothing is known of the units before, and then of their values alone."""
    words = view.words
    if not view.choice("province"):
        return ""
    units = before[view.choice("province")]
    without = provinces.carried_across({}, units, measure=measure)
    if without.refusal != "missing":
        return words(f"needed.{without.refusal}")
    bare = provinces.carried_across(dict.fromkeys(units, 0.0), units, measure=measure)
    needed = "denominator" if bare.refusal == "denominator" else "values"
    return words(f"needed.{needed}", before=former_names(view, without.missing))
