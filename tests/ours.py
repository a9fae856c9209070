"""The notebooks that the project ships: an analyst's own, beside them, is held to nothing."""

from __future__ import annotations

from r57lib.figures.registry import all_figures
from r57lib.page.navigation import find_notebooks
from tests.conftest import ROOT

_SHOWING = {notebook for notebook, _ in all_figures().values()}
OURS = [each for each in find_notebooks(ROOT / "notebooks", ROOT / "reports" / "monthly.yaml") if each.name in _SHOWING]
MONTHLY = [each.name for each in OURS if not each.needs]
"""Those that every month has a page of, in the order of the plan."""
