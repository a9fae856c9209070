from __future__ import annotations

from dataclasses import replace

import pytest

from r57lib.data.cubes import code_id, cube_rows, cubes, of_code, of_sdmx_period, sdmx_period
from r57lib.data.schema import resources
from r57lib.data.tables import Tables
from r57lib.errors import BadData


def test_a_cube_has_every_field_of_its_table_once_and_the_time_last() -> None:
    for cube in cubes():
        assert {each.field for each in cube.components} - {""} == set(resources()[cube.table].field_names)
        assert cube.dimensions[-1].id == "TIME_PERIOD"
        assert len({each.id for each in cube.components}) == len(cube.components)


def test_periods_and_codes_come_back(real_tables: Tables) -> None:
    periods = {*real_tables["observations"]["time_period"], *real_tables["targets"]["target_period"],
               *real_tables["task_snapshots"]["time_period"], "2025-H1", "2025-Q3", "2025-mid", "2020/.."}  # fmt: skip
    for text in periods:
        assert of_sdmx_period(sdmx_period(text)[1], text) == text
        if sdmx_period(text)[0] != "_O":
            assert of_sdmx_period(sdmx_period(text)[1]) == text
    for name in [*real_tables["instruments"]["instrument_id"], ">=", "", "province:15/Sở Y tế", "a$b"]:
        assert of_code(code_id(name)) == name
    assert of_code("A$ZZ$FF") == "A$ZZ$FF" and of_code(code_id("", "REF_AREA"), "REF_AREA") == ""


@pytest.mark.parametrize("time", ["2025-W07", "2025-13", "9990-01-01/P99999D", "2025-01-01/P0D", "soon"])
def test_a_period_that_is_none_of_ours_is_refused(time: str) -> None:
    with pytest.raises(ValueError, match=time[:10]):
        of_sdmx_period(time)
    with pytest.raises(ValueError, match="two periods"):
        of_sdmx_period("2025", "2025-end")


def test_two_values_of_one_thing_in_one_source_are_refused(real_tables: Tables) -> None:
    twice = real_tables["observations"].iloc[[0, 0]]
    with pytest.raises(BadData, match="two values"):
        cube_rows(cubes()[0], replace(real_tables, frames={**real_tables.frames, "observations": twice}))
