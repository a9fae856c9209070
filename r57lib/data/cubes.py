"""The tables of values as statistical cubes: what names a value, the value itself, and what is said of it.

A cube follows from what its table declares: the fields `about` and the source name a value, so that two sources that
differ stand beside each other; every other field is an attribute, and none is lost. Exports write cubes and
`r57 ingest` reads them, both by the names that stand here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, Literal

from r57lib.data.periods import Precision, parse_period
from r57lib.data.schema import Field, resources
from r57lib.data.tables import Tables
from r57lib.data.texts import cell_text
from r57lib.errors import BadData

CUBE_AGENCY, CUBE_VERSION = "R57", "1.0.0"
"""Who maintains the structures, and their version: another set of components is another version."""

_Part = Literal["dimension", "measure", "attribute"]


@dataclass(frozen=True)
class Component:
    """A column of a cube: its name there, the `field` of the table that it is (empty where it is made of others).

    `of` is where the field is declared; `codes` names its code list, empty for words, numbers and days.
    """

    id: str
    part: _Part
    field: str = ""
    of: Field | None = None
    codes: str = ""


@dataclass(frozen=True)
class Cube:
    """A cube: its name, its table, the components in their order with the time last of the dimensions."""

    name: str
    table: str
    components: tuple[Component, ...]

    @property
    def dimensions(self) -> list[Component]:
        """What names a value."""
        return [each for each in self.components if each.part == "dimension"]

    @property
    def attributes(self) -> list[Component]:
        """What is said of a value."""
        return [each for each in self.components if each.part == "attribute"]

    @property
    def structure_id(self) -> str:
        """Agency, name and version, as SDMX-CSV writes them: `R57:OBSERVATIONS(1.0.0)`."""
        return f"{CUBE_AGENCY}:{self.name}({CUBE_VERSION})"


_VALUES = {"observations": "obs_value", "targets": "target_value", "task_snapshots": "task_count"}
_TIMES = {"targets": "target_period"}
_IDS = {"indicator_id": "INDICATOR", "scope": "COVERAGE", "province_code": "REF_AREA", "source_id": "SOURCE",
        "instrument_id": "INSTRUMENT", "responsible_id": "RESPONSIBLE", "agency_id": "AGENCY", "scope_id": "TASK_SET",
        "status": "TASK_STATUS", "note": "COMMENT_OBS"}  # fmt: skip
_LISTS = {"agencies": "AGENCY", "indicators": "INDICATOR", "instruments": "INSTRUMENT", "provinces": "REF_AREA",
          "sources": "SOURCE", "task_scopes": "TASK_SET"}  # fmt: skip
_COUNTED = "count"
"""The unit of tasks."""


@cache
def cubes() -> tuple[Cube, ...]:
    """Values of indicators, targets, and counts of tasks."""
    return tuple(_cube(table) for table in _VALUES)


def _cube(table: str) -> Cube:
    fields = {each.name: each for each in resources()[table].fields}
    time, value = _TIMES.get(table, "time_period"), _VALUES[table]
    named = [name for name in (*resources()[table].about, "source_id") if name != time]
    rest = [name for name in fields if name not in (*named, time, value)]
    return Cube(
        table.upper(),
        table,
        (
            Component("FREQ", "dimension", codes="FREQ"),
            *(_component(fields[name], "dimension") for name in named),
            Component("TIME_PERIOD", "dimension", time, fields[time]),
            Component("OBS_VALUE", "measure", value, fields[value]),
            Component("OBS_STATUS", "attribute", codes="OBS_STATUS"),
            Component("UNIT_MEASURE", "attribute", codes="UNIT_MEASURE"),
            Component("PERIOD_TEXT", "attribute", time, fields[time]),
            *(_component(fields[name], "attribute") for name in rest),
        ),
    )


def _component(field: Field, part: _Part) -> Component:
    name = "SAID_PERIOD" if field.name == "time_period" else _IDS.get(field.name, field.name.upper())
    target = field.references.partition(".")[0]
    return Component(name, part, field.name, field, _LISTS.get(target, name if field.codes else ""))


# --- rows ------------------------------------------------------------------------------------------------------------


def cube_rows(cube: Cube, tables: Tables) -> list[dict[str, str]]:
    """The rows of a cube as texts by component, in the order of their key; of tables as known at a day.

    Codes are written as `code_id` does, numbers with all their digits and without an exponent. Raises `BadData` where
    two rows have one key.
    """
    units = dict(zip(tables["indicators"]["indicator_id"], tables["indicators"]["unit"], strict=True))
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for _, row in tables[cube.table].iterrows():
        texts = {each.id: _text(each, row) for each in cube.components if each.field}
        texts["FREQ"], texts["TIME_PERIOD"] = sdmx_period(texts["PERIOD_TEXT"])
        texts["OBS_STATUS"] = _status(row, texts["OBS_VALUE"])
        texts["UNIT_MEASURE"] = units.get(row.get("indicator_id"), _COUNTED)
        key = tuple(texts[each.id] for each in cube.dimensions)
        if key in found:
            facts = f"{found[key]['FACT_ID']} and {texts['FACT_ID']}"
            periods = f"{found[key]['PERIOD_TEXT']} and {texts['PERIOD_TEXT']}"
            raise BadData(f"{cube.table}.csv: {facts} are two values of one thing in one source, for {periods}")
        found[key] = {each.id: texts[each.id] for each in cube.components}
    return [found[key] for key in sorted(found)]


def _text(component: Component, row: Any) -> str:
    assert component.of is not None
    text = cell_text(component.of, row[component.field])
    return code_id(text, component.codes) if component.codes and (text or component.part == "dimension") else text


def _status(row: Any, value: str) -> str:
    """The code of SDMX: missing, a break in the series, a forecast, or a value like any other."""
    if not value:
        return "O"
    if row.get("series_break") == "yes":
        return "B"
    return "F" if row["kind"] == "projected" else "A"


# --- codes and periods -----------------------------------------------------------------------------------------------

_EMPTY, _NO_PROVINCE = "_Z", {"REF_AREA": "VN"}
"""What stands for an empty field among the dimensions, none of which may be empty: for no province the country."""


def code_id(text: str, codes: str = "") -> str:
    """A code as SDMX allows it: other signs than letters, digits, `_`, `@` and `-` as `$` and their number.

    >>> code_id("57-NQ/TW:2024-12-22"), code_id(""), of_code("57-NQ$2FTW$3A2024-12-22")
    ('57-NQ$2FTW$3A2024-12-22', '_Z', '57-NQ/TW:2024-12-22')
    """
    written = re.sub(r"[^A-Za-z0-9_@-]", lambda sign: "".join(f"${byte:02X}" for byte in sign[0].encode()), text)
    return written or _NO_PROVINCE.get(codes, _EMPTY)


def of_code(code: str, codes: str = "") -> str:
    """What `code_id` wrote; a code that it did not write stays as it is."""
    if code in (_EMPTY, _NO_PROVINCE.get(codes)):
        return ""
    meant = re.sub(r"(?:\$[0-9A-F]{2})+", lambda signs: _text_of(signs[0]), code)
    return meant if code_id(meant) == code else code


def _text_of(signs: str) -> str:
    return bytes.fromhex(signs.replace("$", "")).decode(errors="replace")


_FREQUENCIES = {Precision.DAY: "D", Precision.MONTH: "M", Precision.QUARTER: "Q", Precision.HALF: "S",
                Precision.YEAR: "A"}  # fmt: skip
OTHER_FREQUENCY = "_O"


def sdmx_period(text: str) -> tuple[str, str]:
    """The frequency and the period of SDMX that come nearest to one of ours.

    Ours that SDMX lacks have the frequency `_O`: the time from their first to their last day, and the beginning of what
    has no end.

    >>> sdmx_period("2025-H1"), sdmx_period("2025-end"), sdmx_period("2020/..")
    (('S', '2025-S1'), ('_O', '2025-12-01/P31D'), ('_O', '2020'))
    """
    period = parse_period(text)
    if period.precision in _FREQUENCIES:
        return _FREQUENCIES[period.precision], text.replace("-H", "-S")
    if period.precision is Precision.SINCE:
        return OTHER_FREQUENCY, sdmx_period(text.partition("/")[0])[1]
    return OTHER_FREQUENCY, f"{period.start.isoformat()}/P{(period.end - period.start).days + 1}D"


_TIMED = re.compile(r"(\d{4}-\d{2}-\d{2})T00:00:00(?:Z|[+-]\d{2}:\d{2})?", re.ASCII)
_SPAN = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T00:00:00)?/P(\d{1,5})D", re.ASCII)
_REPORTING = ((re.compile(r"(\d{4})-S([12])", re.ASCII), r"\1-H\2"), (re.compile(r"(\d{4})-A1", re.ASCII), r"\1"),
              (re.compile(r"(\d{4})-M(\d{2})", re.ASCII), r"\1-\2"), (_TIMED, r"\1"))  # fmt: skip


def of_sdmx_period(time: str, said: str = "") -> str:
    """The period of ours that one of SDMX is; `said` is what stands beside it in our own words, where anything does.

    Raises `ValueError` for a period that is none of ours, such as a week, and where the two do not say the same.

    >>> of_sdmx_period("2025-S1"), of_sdmx_period("2025-12-01/P31D", "2025-end")
    ('2025-H1', '2025-end')
    """
    if said:
        if sdmx_period(said)[1] != time:
            raise ValueError(f"'{time}' and '{said}' are two periods")
        return said
    if span := _SPAN.fullmatch(time):
        first = date.fromisoformat(span[1])
        try:
            return parse_period(f"{first}/{first + timedelta(days=int(span[2]) - 1)}").text
        except OverflowError:
            raise ValueError(f"'{time}' reaches beyond the calendar") from None
    for form, ours in _REPORTING:
        if form.fullmatch(time):
            time = form.sub(ours, time)
    parse_period(time)
    return time


def cube_of(structure_id: str) -> Cube | None:
    """The cube that `R57:OBSERVATIONS(1.0.0)` names, whatever its version; nothing for one of another agency."""
    agency, _, rest = structure_id.partition(":")
    name = rest.partition("(")[0]
    return next((each for each in cubes() if agency == CUBE_AGENCY and each.name == name), None)


def code_lists(tables: Tables) -> Iterator[tuple[str, list[str]]]:
    """The code lists of all cubes, each once and in the order of their use, with their codes as tables hold them.

    An empty code is among them where a dimension may be empty.
    """
    parts = [part for cube in cubes() for part in cube.components if part.codes]
    for name in dict.fromkeys(part.codes for part in parts):
        fields = [part.of for part in parts if part.codes == name and part.of]
        empty = [""] * any(part.of and not part.of.required for part in parts if part.codes == name)
        if not fields:
            yield name, {"FREQ": [*_FREQUENCIES.values(), OTHER_FREQUENCY], "OBS_STATUS": ["A", "B", "F", "O"],
                         "UNIT_MEASURE": list(_units())}[name]  # fmt: skip
        elif fields[0].codes:  # two tables may close the same list differently
            yield name, [*empty, *dict.fromkeys(code for each in fields for code in each.codes)]
        else:
            table, _, column = fields[0].references.partition(".")
            yield name, [*empty, *tables[table][column]]


def _units() -> tuple[str, ...]:
    return next(each for each in resources()["indicators"].fields if each.name == "unit").codes
