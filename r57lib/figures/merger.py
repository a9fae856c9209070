"""The figures of the notebook `province_profile` about 1 July 2025: what was formed from what, and what is carried."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from r57lib.charts.base import Chart, Texts
from r57lib.charts.tilemap import tile_map
from r57lib.data.tables import records
from r57lib.figures.compose import compose, figure, readable
from r57lib.figures.provinces import NOTEBOOK, former_names, in_order, name_of, tiles
from r57lib.measures import provinces
from r57lib.page.parts import Figure
from r57lib.view.view import View

_Before = Mapping[str, tuple[str, ...]]


@figure(NOTEBOOK)
def province_units(view: View) -> Figure:
    """Each of the 34 units, or the one, and those of the 63 that it was formed from; on the map of tiles."""
    words, before = view.words, provinces.predecessors(view.tables)
    kinds, mapped = _kinds(view), _is_mapped(view)
    codes = in_order(view) if mapped else [view.province]
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
    return not view.province or not provinces.widest_indicator(view.tables)


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
    if not view.province:
        return "all"
    return "title" if len(before[view.province]) > 1 else "kept"


def _unit_values(view: View, before: _Before, kinds: Mapping[str, str]) -> dict[str, str]:
    words, own = view.words, view.province
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
    table = table if view.province else table.drop(columns=words("column.needed"))
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
    if not view.province:
        return ""
    units = before[view.province]
    without = provinces.carried_across({}, units, measure=measure)
    if without.refusal != "missing":
        return words(f"needed.{without.refusal}")
    bare = provinces.carried_across(dict.fromkeys(units, 0.0), units, measure=measure)
    needed = "denominator" if bare.refusal == "denominator" else "values"
    return words(f"needed.{needed}", before=former_names(view, without.missing))
