"""Who draws the charts of a run: a process beside it, forked from the same warm one."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path

import pytest

from r57lib.report.pool import Pool
from r57lib.warm.process import ColdStart, Forked
from tests.conftest import ROOT

pytestmark = pytest.mark.server


def test_one_is_hired_again_where_hiring_failed_and_where_one_has_died() -> None:
    with Pool(ROOT, Path("data"), 1) as pool:
        pool.expect(["none"], [("2025-12", "")], sure=True)
        pool._artists[0].result().kill()
        pool._artists[0].result().wait()
        second = pool._artist(0) and pool._artists[0].result()
        assert second.poll() is None
        failed: Future[Forked] = Future()
        failed.set_exception(ColdStart("there was no room for one more process"))
        pool._artists[0] = failed
        third = pool._artist(0) and pool._artists[0].result()
        assert third.poll() is None and third.pid != second.pid
