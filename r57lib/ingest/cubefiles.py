"""SDMX-CSV and JSON-stat become sheets of our headings, so that each of their rows ends in a bin like any other.

What these formats say for certain (the decimal point, the unit, the period, the code) is handed on as a value; what
they say otherwise than we can take it costs its row, with the reason.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from r57lib.data.cubes import cube_of, of_code, of_sdmx_period
from r57lib.ingest.kinds import headings
from r57lib.ingest.rows import Broken, Rejected, Share, Sheet, SheetRow, kept_in_memory

LIMIT_JSON, LIMIT_VALUES, LIMIT_NAMES = 8 << 20, 200_000, 200
"""How many bytes a JSON file may have, each of which costs up to forty in memory; how many values, and columns."""

_FIELDS = {"INDICATOR": "indicator_id", "COVERAGE": "scope", "REF_AREA": "province_code", "TIME_PERIOD": "time_period",
           "OBS_VALUE": "obs_value", "UNIT_MEASURE": "unit", "QUALIFIER": "qualifier", "BASIS": "basis",
           "COMMENT_OBS": "note"}  # fmt: skip
"""The components that are fields of ours."""

_CODED = {*_FIELDS, "KIND", "SOURCE", "OBS_STATUS", "FREQ", "UNIT_MULT", "SERIES_BREAK"} - {"TIME_PERIOD", "OBS_VALUE",
          "COMMENT_OBS"}  # fmt: skip
"""The components whose cells are codes, with a name behind where the file writes both; a text may hold a colon."""

_WORDS = {"share": "", "PT": "", "count": "number", "ratio": "times", "person": "people", "station": "stations",
          "drone": "drones", "enterprise": "enterprises"}  # fmt: skip
"""Units of cubes in words that senders use; a share says by its cell that it is one. `PT` is the percent of SDMX."""

_COUNTRY = ("VN", "VNM")
_NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_MARKS = ("STRUCTURE", "STRUCTURE_ID")
_REPORTED = ("", "reported")
_MISSING = frozenset("HKLMOQ")
"""The codes of SDMX for a value that is not there, whatever the reason."""
_NEEDED = ("INDICATOR", "TIME_PERIOD", "OBS_VALUE")


def is_sdmx_csv(sheet: Sheet) -> bool:
    """Whether a CSV file is one of SDMX, by the columns that each of them begins with."""
    first = next(islice(sheet.rows(), 1), None)
    names = [_bare(str(cell)) for cell in first.cells] if first else []
    return tuple(names[:2]) == _MARKS or names[:1] == ["DATAFLOW"]


def read_sdmx_csv(sheet: Sheet) -> Sheet:
    """The rows of an SDMX-CSV file (1.0, 2.0 or 2.1) under our headings, each under its own number."""
    first = next(iter(sheet.rows()))
    heads = [str(cell) for cell in first.cells]
    names = [_bare(head) for head in heads]
    labelled = [": " in head and name in _CODED for name, head in zip(names, heads, strict=True)]
    columns = _columns(names)
    if len(columns) > LIMIT_NAMES:
        raise Rejected("E-LIMIT", what=f"> {LIMIT_NAMES}")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Rejected("E-DUPHDR", columns=", ".join(twice))
    if lacking := [name for name in _NEEDED if name not in names]:
        raise Rejected("E-COLUMNS", columns=", ".join(lacking), row=str(first.number))

    def rows() -> Iterator[SheetRow]:
        for row in sheet.rows():
            if row.number == first.number:
                yield row._replace(cells=_titles(columns))
            elif row.wrong or len(row.cells) != len(names):
                yield row
            else:
                cells = [_bare(cell) if both else cell for both, cell in zip(labelled, row.cells, strict=True)]
                yield _converted(row.number, columns, dict(zip(names, cells, strict=True)))

    return replace(sheet, rows=kept_in_memory(rows))


def refusing(sheet: Sheet) -> Sheet:
    """A workbook that one of these files went back as: a forecast is still none to be taken when it comes again."""

    def rows() -> Iterator[SheetRow]:
        heads: list[str] = []
        for row in sheet.rows():
            told = dict(zip(heads, ("" if cell is None else str(cell) for cell in row.cells), strict=False))
            yield row._replace(wrong=row.wrong or _refused(told)) if heads else row
            heads = heads or [str(cell) for cell in row.cells]

    return replace(sheet, rows=rows)


def _bare(text: str) -> str:
    """The code of `INDICATOR: what is measured`."""
    return text.partition(": ")[0].strip()


def _columns(names: Sequence[str]) -> list[str]:
    """The columns of a sheet: a file that says by its areas alone that a value is of the country gets one that does."""
    return [*names, *(["COVERAGE"] if "COVERAGE" not in names else [])]


def _titles(names: Sequence[str]) -> list[str]:
    return [headings(_FIELDS[name])[0] if name in _FIELDS else name for name in names]


def _converted(number: int, names: Sequence[str], row: Mapping[str, str]) -> SheetRow:
    """A row with what its cells mean in place of how the format writes them; `wrong` where it is none to be taken."""
    cells: dict[str, Any] = {name: text.strip() for name, text in row.items()}
    for name in ("INDICATOR", "COVERAGE", "REF_AREA", "BASIS", "KIND", "QUALIFIER"):
        cells[name] = of_code(cells.get(name, ""))
    if cells["REF_AREA"] in _COUNTRY:
        cells |= {"REF_AREA": "", "COVERAGE": cells["COVERAGE"] or "national"}
    if cells.get("TIME_PERIOD"):
        try:
            cells["TIME_PERIOD"] = of_sdmx_period(cells["TIME_PERIOD"], cells.get("PERIOD_TEXT", ""))
        except ValueError:
            cells["TIME_PERIOD"] = Broken("E-SDMX-PERIOD", cells["TIME_PERIOD"])
    unit = cells.get("UNIT_MEASURE", "")
    cells["OBS_VALUE"] = _value(cells.get("OBS_VALUE", ""), unit, cells.get("UNIT_MULT", ""))
    cells["UNIT_MEASURE"] = _WORDS.get(unit, unit)
    return SheetRow(number, [cells[name] for name in names], _refused(cells))


def _refused(cells: Mapping[str, Any]) -> str:
    """Why a row is not one that can be taken in, whatever its cells hold."""
    cube = cube_of(cells.get("STRUCTURE_ID", "") or cells.get("DATAFLOW", ""))
    if cube is not None and cube.table != "observations":
        return "E-SDMX-FLOW"
    if cells.get("ACTION", "").upper() == "D":
        return "E-SDMX-DELETE"
    if cells.get("OBS_VALUE") == "" and cells.get("OBS_STATUS") in _MISSING:
        return "N-MISSING"
    forecast = cells.get("OBS_STATUS") == "F"
    return "E-SDMX-KIND" if forecast or cells.get("KIND", "") not in _REPORTED else ""


def _value(text: str, unit: str, power: str) -> Any:
    """A number with a decimal point, whatever the language of its sender; empty for a missing one."""
    if text in ("", "NaN"):
        return ""
    if not _NUMBER.fullmatch(text) or not re.fullmatch(r"(?:-?\d{1,2})?", power, re.ASCII):
        return Broken("E-SDMX-NUMBER", text)
    exact = Decimal(text).scaleb(int(power or 0) - 2 * (unit == "PT"))
    number = float(exact)
    if not math.isfinite(number) or Decimal(f"{number:.15g}") != exact:  # more digits than are kept
        return Broken("E-SDMX-NUMBER", text)
    return Share(number) if unit in ("share", "PT") else number


# --- JSON-stat -------------------------------------------------------------------------------------------------------


def read_json_stat(path: Path) -> Sheet:
    """The values of a JSON-stat 2.0 data set, or of all that a collection holds, a row each below our headings.

    Raises `Rejected` for what is no such file, and where it contradicts itself.
    """
    if path.stat().st_size > LIMIT_JSON:
        raise Rejected("E-LIMIT", what=f"{LIMIT_JSON >> 20} MiB")
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_once, parse_float=Decimal)
        sets = list(_data_sets(found))
        records = [record for each in sets for record in _records(each)]
    except Rejected:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Rejected("E-JSON-STAT", what=" ".join(str(error).split())[:80]) from None
    if len(records) > LIMIT_VALUES:
        raise Rejected("E-LIMIT", what=f"> {LIMIT_VALUES}")
    names = _columns(list(dict.fromkeys(name for record in records for name in record)))
    if len(names) > LIMIT_NAMES:
        raise Rejected("E-LIMIT", what=f"> {LIMIT_NAMES}")
    rows = [SheetRow(1, _titles(names))]
    rows += [
        _converted(number, names, {name: record.get(name, "") for name in names})
        for number, record in enumerate(records, 2)
    ]
    return Sheet("JSON-stat", lambda: iter(rows))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _data_sets(found: Any) -> Iterator[dict[str, Any]]:
    kind = found.get("class")
    if kind == "collection":
        for item in found["link"]["item"]:
            if item.get("class") != "dataset" or "value" not in item:
                raise ValueError("class, value")
            structure = found.get("extension", {}).get("structure", "")
            yield {"structure": structure, **item}
    elif kind == "dataset":
        yield {"structure": found.get("extension", {}).get("structure", ""), **found}
    else:
        raise ValueError("class")


def _records(data: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """The values of a data set with their codes and attributes, by component."""
    names, sizes = data["id"], data["size"]
    if len(names) > LIMIT_NAMES:
        raise Rejected("E-LIMIT", what=f"> {LIMIT_NAMES}")
    codes = [_codes(data["dimension"][name]["category"]) for name in names]
    if [len(each) for each in codes] != sizes or len(set(names)) != len(names):
        raise ValueError("id, size, dimension")
    count = math.prod(sizes)
    values, status = _by_cell(data["value"], count), data.get("status") or {}
    if len(values) > LIMIT_VALUES:
        raise Rejected("E-LIMIT", what=f"> {LIMIT_VALUES}")
    said = status if isinstance(status, str) else _by_cell(status, count)
    more = _by_cell(data.get("extension", {}).get("attributes", {}), count)
    known = _components(names, data.get("role") or {})
    for cell, value in sorted(values.items()):
        record, rest = {"STRUCTURE_ID": str(data["structure"])}, cell
        for name, found in zip(reversed(names), reversed(codes), strict=True):
            rest, place = divmod(rest, len(found))
            record[known[name]] = found[place]
            record |= _unit(data["dimension"][name]["category"].get("unit", {}).get(found[place], {}))
        record["OBS_VALUE"] = "" if value is None else str(value)
        record["OBS_STATUS"] = (said if isinstance(said, str) else str(said.get(cell) or "")) or "O" * (value is None)
        for name, text in more.get(cell, {}).items():
            if record.setdefault(name, str(text)) != str(text):
                raise ValueError(str(name))
        yield record


def _codes(category: Mapping[str, Any]) -> list[str]:
    index = category.get("index")
    if index is None:
        index = list(category["label"])
    if isinstance(index, dict):
        places = sorted(index, key=index.__getitem__)
        if [index[code] for code in places] != list(range(len(places))):
            raise ValueError("index")
        return places
    if len(set(index)) != len(index):
        raise ValueError("index")
    return [str(code) for code in index]


def _by_cell(found: Any, count: int) -> dict[int, Any]:
    """What a list or an object says of cells; a list has one for each, and null where there is no value."""
    if isinstance(found, list):
        if len(found) != count:
            raise ValueError("value, size")
        return {cell: each for cell, each in enumerate(found) if each is not None}
    cells = {int(cell): each for cell, each in found.items()}
    if len(cells) != len(found) or any(not 0 <= cell < count for cell in cells):
        raise ValueError("value, size")
    return cells


def _components(names: Sequence[str], role: Mapping[str, Any]) -> dict[str, str]:
    """The component that each dimension is: by its name, or by its role where there is one of it."""
    known = {name: name.upper() if name.upper() in _FIELDS else name for name in names}
    for each, component in (("time", "TIME_PERIOD"), ("geo", "REF_AREA")):
        if len(role.get(each, [])) == 1 and component not in known.values():
            known[role[each][0]] = component
    if len(set(known.values())) != len(known):
        raise ValueError("id")
    return known


def _unit(unit: Mapping[str, Any]) -> dict[str, str]:
    said = {
        "UNIT_MEASURE": unit.get("base") or unit.get("label") or unit.get("symbol"),
        "UNIT_MULT": unit.get("multiplier"),
    }
    return {name: str(text) for name, text in said.items() if text}
