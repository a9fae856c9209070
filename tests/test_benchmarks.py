"""The benchmarks call what is there: a side that cannot run is found out here, and not when it is to be measured."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path

from r57lib import figures, open_view
from tests.conftest import ROOT


def test_the_limit_of_the_batch_makes_a_page(tmp_path: Path) -> None:
    script: dict[str, object] = {"__name__": "limit"}
    exec(run_path(str(ROOT / "benchmarks" / "batch.py"))["LIMIT"], script)
    report = script["report"]
    assert callable(report)
    report((tmp_path, 0, ("data_quality", "vi", "2025-12")))
    shown = (tmp_path / "0.html").read_text(encoding="utf-8")
    assert figures.conflicts(open_view(month="2025-12")).title in shown and "<h1>" in shown
