from __future__ import annotations

import dataclasses
from datetime import date
from typing import NamedTuple

import pandas as pd
import pytest

from r57lib.data import rows
from r57lib.data.rows import FACT_ROWS, Observation, Row
from r57lib.data.schema import FACT_TABLES, resources
from r57lib.data.tables import Tables, by_number, records

OTHERS = {
    "sources": rows.Source,
    "indicators": rows.Indicator,
    "instruments": rows.Instrument,
    "instrument_states": rows.InstrumentState,
    "systems": rows.System,
    "system_claims": rows.SystemClaim,
    "provinces": rows.Province,
    "province_tiles": rows.ProvinceTile,
    "known_findings": rows.KnownFinding,
}
TAKEN = {"tasks": rows.Task, "ingested": rows.TakenFile, "usage": rows.UsageSet}
TYPES = {"number": "float", "integer": "int", "date": "pd.Timestamp"}


def fields(kind: type) -> dict[str, str]:
    return {field.name: str(field.type) for field in dataclasses.fields(kind)}


@pytest.mark.parametrize(("table", "kind"), [*FACT_ROWS.items(), *OTHERS.items()], ids=lambda each: str(each))
def test_a_row_has_the_columns_of_its_table_and_says_which_may_be_empty(table: str, kind: type[Row]) -> None:
    wanted = {"line": "int"}
    for column in resources()[table].fields:
        told = TYPES.get(column.kind, "str")
        wanted[column.name] = told if column.required or told in ("float", "pd.Timestamp") else f"{told} | None"
        if column.kind == "period":
            wanted |= dict.fromkeys((f"{column.name}_start", f"{column.name}_end"), "pd.Timestamp")
    assert fields(kind) == wanted


@pytest.mark.parametrize(("table", "kind"), TAKEN.items(), ids=lambda each: str(each))
def test_a_row_of_what_was_taken_in_has_the_columns_of_its_frame(
    real_tables: Tables, table: str, kind: type[Row]
) -> None:
    assert list(fields(kind)) == list(real_tables[table].columns)


def test_every_table_of_facts_has_its_rows() -> None:
    assert set(FACT_ROWS) == set(FACT_TABLES)


def test_rows_hold_values_of_the_types_that_they_name(real_tables: Tables) -> None:
    kinds = {"str": str, "int": int, "float": float, "pd.Timestamp": (pd.Timestamp, type(pd.NaT)), "None": type(None)}
    for table, kind in (FACT_ROWS | OTHERS).items():
        found = list(records(real_tables[table], kind))
        assert len(found) == len(real_tables[table])
        for row in found:
            for name, told in fields(kind).items():
                assert isinstance(getattr(row, name), tuple(kinds[each] for each in told.split(" | "))), (table, name)


def test_what_is_empty_is_none_nan_or_no_day() -> None:
    class Cells(NamedTuple):
        text: str | None
        whole: int | None
        number: float
        day: pd.Timestamp

    frame = pd.DataFrame(
        {
            "day": pd.to_datetime(["2025-11-30", None]),
            "text": pd.Series(["a", None], dtype="str"),
            "beside": [1, 2],
            "number": [0.5, float("nan")],
            "whole": pd.Series([7, None], dtype="Int64"),
        }
    )
    full, empty = records(frame, Cells)
    assert full == ("a", 7, 0.5, pd.Timestamp(2025, 11, 30))
    assert empty[:2] == (None, None)
    assert all(pd.isna(cell) for cell in empty)


def test_a_column_that_is_not_there_is_named_with_its_like(real_tables: Tables) -> None:
    frame = real_tables["observations"].rename(columns={"obs_value": "obs_values"})
    with pytest.raises(KeyError, match="Observation: the frame has no column 'obs_value'; did you mean 'obs_values'"):
        records(frame, Observation)


def test_facts_by_number_say_which_document_prints_them(real_tables: Tables) -> None:
    facts = by_number(real_tables)
    assert set(facts) == set(real_tables.facts()["fact_id"])
    assert facts["F001"].reported_on.date() >= date(2024, 12, 22)
