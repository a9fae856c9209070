"""Which month and which day a view is of, where a table holds nothing yet."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from r57lib.data.periods import Month
from r57lib.errors import WrongCall
from r57lib.view.view import choose_day, choose_month
from tests.builders import build, row

ONE = {
    "observations": row("observations", time_period="2025-11", reported_on="2025-12-05"),
    "task_snapshots": row("task_snapshots", time_period="2025-11-30", reported_on="2025-12-05"),
}


@pytest.mark.parametrize("table", ONE)
def test_one_of_the_tables_of_results_may_be_empty(tmp_path: Path, table: str) -> None:
    tables = build(tmp_path, **{name: [ONE[name]] if name == table else [] for name in ONE}, commitment_updates=[])
    assert str(tables.oldest_month) == str(tables.newest_month) == str(choose_month(tables, "")) == "2025-11"
    assert choose_day(tables, "2025-12-06", Month(2025, 12)) == date(2025, 12, 6)
    with pytest.raises(WrongCall, match="the first fact became public on 2025-12-05"):
        choose_day(tables, "2025-12-04", Month(2025, 12))
