"""The reports on time: the units of deploy/, and the command as cron runs it."""

from __future__ import annotations

import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

from tests.conftest import DATA, R57, ROOT, with_bundle

DEPLOY = ROOT / "deploy"
UNITS = ("r57-report.service", "r57-report.timer")
CRONTAB = (DEPLOY / "r57-report.crontab").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", UNITS)
def test_each_line_of_a_unit_has_its_reason(name: str) -> None:
    lines = (DEPLOY / name).read_text(encoding="utf-8").splitlines()
    for before, line in pairwise(lines):
        if "=" in line and not line.startswith("#"):
            assert before.startswith("# "), line


def test_timer_and_crontab_start_the_same_command() -> None:
    unit = (DEPLOY / UNITS[0]).read_text(encoding="utf-8")
    command = re.search(r"^ExecStart=(.+)$", unit, flags=re.M)
    assert command and command[1] in CRONTAB
    assert "Persistent=true" in (DEPLOY / UNITS[1]).read_text(encoding="utf-8")


def as_cron(line: str, home: Path) -> subprocess.CompletedProcess[str]:
    """A line of a crontab as cron runs it: /bin/sh, four variables, the user's home, no terminal, no input."""
    return subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=home,
        env={"HOME": str(home), "LOGNAME": "r57", "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        start_new_session=True,
    )


@pytest.mark.server
def test_the_line_of_the_crontab_publishes_and_then_does_nothing(tmp_path: Path) -> None:
    """The real line, with the folders of this test in the place of those that it names."""
    app, data, outbox, home = (tmp_path / name for name in ("app", "data", "outbox", "home"))
    (app / "notebooks").mkdir(parents=True)
    (app / "reports" / "2025-11").mkdir(parents=True)  # with a month before it, only two are due
    (app / "reports" / "2025-11" / "manifest.json").write_text("{}", encoding="utf-8")
    with_bundle(app / "reports")
    outbox.mkdir()
    home.mkdir()
    shutil.copytree(DATA, data)
    notebook = nbformat.read(ROOT / "notebooks" / "data_quality.ipynb", as_version=4)
    nbformat.write(notebook, app / "notebooks" / "data_quality.ipynb")
    (app / "reports" / "monthly.yaml").write_text(
        "languages: [vi]\nruns:\n  - notebook: data_quality\n", encoding="utf-8"
    )
    line = CRONTAB.strip().splitlines()[-1].split(maxsplit=6)[6]
    line = line.replace("/srv/r57/app/.venv/bin/r57", str(R57)).replace("/srv/r57/data", str(data))
    line = line.replace("/srv/r57/outbox", str(outbox))
    line += f" --output {app}/reports --notebooks {app}/notebooks --plan {app}/reports/monthly.yaml"

    done = as_cron(line, home)
    assert done.returncode == 0, done.stderr
    months = sorted(path.name for path in (app / "reports").glob("2*"))
    assert months == ["2025-11", "2025-12", "2026-01"]
    for month in months:
        assert (app / "reports" / month / "data_quality.vi.html").stat().st_size > 100_000
    assert (app / "reports" / "latest").readlink() == Path("2026-01")
    mails = {path.name: path.read_bytes() for path in outbox.iterdir()}
    assert sorted(mails) == [f"r57-{month}-published.eml" for month in months]

    stamps = {path: path.stat().st_mtime_ns for path in (app / "reports").rglob("*.html")}
    again = as_cron(line, home)
    assert again.returncode == 0, again.stderr
    assert [line for line in again.stderr.splitlines() if "nothing has changed" not in line] == []
    assert {path: path.stat().st_mtime_ns for path in (app / "reports").rglob("*.html")} == stamps
    assert {path.name: path.read_bytes() for path in outbox.iterdir()} == mails
