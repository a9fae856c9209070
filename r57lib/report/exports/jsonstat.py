"""JSON-stat 2.0: a collection a cube and language, with a data set for each indicator or set of tasks.

One data set of all would have a cell for each of some million combinations; readers spread them out.
"""

from __future__ import annotations

from itertools import groupby
from math import prod
from typing import Any

from r57lib.data.cubes import Cube, cubes, of_code
from r57lib.data.schema import licence
from r57lib.disk import as_json
from r57lib.report.exports.edition import Edition, Export, Limit, concept_key
from r57lib.view.words import LANGUAGES, Language

_ROLES = {"TIME_PERIOD": "time", "REF_AREA": "geo"}
_BESIDE = ("OBS_STATUS",)
"""Attributes that a data set has a place of its own for."""


def json_stat(edition: Edition) -> Export:
    """A file a cube and language."""
    files = {
        f"{cube.table}.{language}.json": as_json(_collection(cube, edition, language)).encode()
        for cube in cubes()
        for language in LANGUAGES
    }
    return Export(files, [*edition.cube_limits, Limit("json_stat"), Limit("qualifier"), Limit("printed")])


def _collection(cube: Cube, edition: Edition, language: Language) -> dict[str, Any]:
    words, of = edition.words[language], cube.dimensions[1]
    groups = groupby(sorted(edition.rows[cube.name], key=lambda row: row[of.id]), key=lambda row: row[of.id])
    return {
        "version": "2.0",
        "class": "collection",
        "label": f"{words(f'table.{cube.table}')}. {edition.title(language)}",
        "updated": edition.view.as_of.isoformat(),
        "link": {"item": [_data_set(cube, edition, language, list(rows)) for _, rows in groups]},
        "extension": {
            "structure": cube.structure_id,
            "version": edition.version,
            "license": licence()["path"],
            "attributes": {each.id: words(concept_key(each)) for each in cube.attributes},
        },
    }


def _data_set(cube: Cube, edition: Edition, language: Language, rows: list[dict[str, str]]) -> dict[str, Any]:
    words, of = edition.words[language], cube.dimensions[1]
    codes = {each.id: sorted({row[each.id] for row in rows}) for each in cube.dimensions}
    places = {name: {code: place for place, code in enumerate(found)} for name, found in codes.items()}
    sizes = [len(found) for found in codes.values()]
    steps = [prod(sizes[place + 1 :]) for place in range(len(sizes))]

    def cell(row: dict[str, str]) -> str:
        return str(sum(step * places[name][row[name]] for step, name in zip(steps, codes, strict=True)))

    attributes = [each.id for each in cube.attributes if each.id not in _BESIDE]
    return {
        "version": "2.0",
        "class": "dataset",
        "label": edition.code_name(of.codes, of_code(rows[0][of.id]), language),
        "updated": edition.view.as_of.isoformat(),
        "id": list(codes),
        "size": sizes,
        "role": {role: [name] for name, role in _ROLES.items() if name in codes},
        "dimension": {
            each.id: {
                "label": words(concept_key(each)),
                "category": {
                    "index": places[each.id],
                    "label": {
                        code: edition.code_name(each.codes, of_code(code, each.codes), language) if each.codes else code
                        for code in codes[each.id]
                    },
                },
            }
            for each in cube.dimensions
        },
        "value": {cell(row): _number(row["OBS_VALUE"]) for row in rows},
        "status": {cell(row): row["OBS_STATUS"] for row in rows},
        "extension": {"attributes": {cell(row): {name: row[name] for name in attributes if row[name]} for row in rows}},
    }


def _number(text: str) -> float | int | None:
    """A number with the digits of its text: JSON knows no others than those of a float."""
    if not text:
        return None
    return float(text) if "." in text else int(text)
