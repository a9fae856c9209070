"""The batch when something goes wrong with its runs, its calls, its clock or its user; see also `test_batch.py`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import nbformat
import psutil
import pytest

from r57lib import disk
from r57lib.data.load import load_tables
from r57lib.report.batch import due_months
from tests.batching import MONTH, Batch, family, torn, until
from tests.conftest import DATA, ROOT

# --- 11, 12, 19. runs that fail ------------------------------------------------------------------------------------


@pytest.mark.server
def test_a_run_that_hangs_and_one_that_eats_memory_end_and_the_others_go_on(tmp_path: Path) -> None:
    """11, 12, 19, where the month is new."""
    child = tmp_path / "child"
    hang = "import subprocess, time\np = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
    hang += f"open({str(child)!r}, 'w').write(str(p.pid))\ntime.sleep(600)"
    cells = {
        "first": [hang],
        "second": ["kept = []\nwhile True: kept.append(bytearray(50 << 20))"],
        "third": ["print(month)"],
        "fourth": ["raise ValueError('no such thing')"],
    }
    batch = Batch(tmp_path, cells, limits="{seconds: 12, memory_mib: 1500}")
    done = batch.run("--formats", "html")
    assert done.returncode == 1
    for line in (
        "first.en: ended after 12 s, the limit of a run",
        "second.en: cell 2 failed: out of memory: it may use 1500 MiB",
        "fourth.en: cell 2 failed: ValueError: no such thing",
        f"{MONTH}: published without 3 of its pages",
    ):
        assert line in done.stderr
    until(lambda: not psutil.pid_exists(int(child.read_text())))
    assert torn(batch.reports) == ""
    pages = {path.name for path in batch.published.iterdir()}
    assert pages == {"third.en.html", "index.html", "manifest.json"}
    runs = json.loads((batch.published / "manifest.json").read_text(encoding="utf-8"))["runs"]
    assert {run["run"]: run["status"] for run in runs if run["status"] == "failed"} == dict.fromkeys(
        ("first.en", "second.en", "fourth.en"), "failed"
    )
    index = (batch.published / "index.html").read_text(encoding="utf-8")
    assert "Incomplete. Pages that failed: 3" in index and "ValueError: no such thing" in index
    kept = nbformat.read(batch.reports / ".failed" / MONTH / "fourth.en.ipynb", as_version=4)
    assert kept.cells[0].source == "**fourth.en**: cell 2 failed: ValueError: no such thing"
    assert kept.cells[-1].outputs[-1].ename == "ValueError"


def test_a_run_that_fails_leaves_the_last_whole_month(published: Batch) -> None:
    clean = published.bytes()
    published.write("first", "1 / 0")
    done = published.publish()
    assert done.returncode == 1 and "not published, the last good report is untouched" in done.stderr
    assert "first.en: cell 3 failed: ZeroDivisionError" in done.stderr and "Traceback" not in done.stderr
    assert published.bytes() == clean and [path.name for path in published.reports.glob("2*")] == [MONTH]
    assert (published.reports / ".failed" / MONTH / "first.en.ipynb").is_file()


# --- 15 to 18, 20. calls, clocks, users ----------------------------------------------------------------------------

WRONG = {
    "month": (("--month", "2025-13"), "month '2025-13' is not a month"),
    "future": (("--month", "2031-01"), "no data for month '2031-01'"),
    "parameter": (("-p", "marc=1"), "did you mean 'mark'?"),
    "due with month": (("--due",), "--due publishes whole months by itself"),
    "target": (("--notify", "ftp://x"), "ftp"),
    "jobs": (("--jobs", "-1"), "--jobs"),
    "storage": (("--storage", "s3://r57"), "the workers of a --scheduler find data and leave output"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_call_starts_nothing(batch: Batch, kind: str) -> None:
    """15."""
    arguments, hint = WRONG[kind]
    before = family(os.getpid())
    done = batch.run(*arguments)
    assert [each for each in family(os.getpid()) if each not in before and each.is_running()] == []
    assert done.returncode == 2 and hint in done.stderr and "Traceback" not in done.stderr
    assert [path.name for path in batch.reports.iterdir()] == [".cache"]


def test_a_month_is_due_when_it_is_over_in_viet_nam(tmp_path: Path) -> None:
    """16: the day is that of the edge, where the clock is read once."""
    tables = load_tables(DATA)
    assert due_months(tables, tmp_path, date(2025, 12, 31))[-1] == "2025-11"
    assert due_months(tables, tmp_path, date(2026, 1, 1))[-1] == "2025-12"
    assert due_months(tables, tmp_path, date(2026, 11, 24))[-1] == str(tables.newest_month)
    assert due_months(tables, tmp_path, date(2025, 2, 1)) == ["2024-12", "2025-01"]
    (tmp_path / "2025-10").mkdir()
    (tmp_path / "2025-10" / "manifest.json").write_text("{}", encoding="utf-8")
    assert due_months(tables, tmp_path, date(2026, 1, 1)) == ["2025-10", "2025-11", "2025-12"]  # 18
    assert due_months(tables, tmp_path, date(2025, 5, 1)) == []  # a clock that was moved back


@pytest.mark.server
def test_the_same_bytes_with_another_clock_locale_home_and_umask_and_data_to_be_read_only(published: Batch) -> None:
    """8, 16, 17, 20; nobody else reads what the umask keeps from them."""
    clean = published.bytes()
    shutil.rmtree(published.reports)
    published.data = Path(shutil.copytree(DATA, published.folder / "data"))
    for path in (*published.data.iterdir(), published.data):
        path.chmod(0o555 if path.is_dir() else 0o444)
    old = os.umask(0o077)
    try:
        done = published.command("--jobs", "1", TZ="America/New_York", LC_ALL="C", LANG="C", HOME="/nowhere")
    finally:
        os.umask(old)
        published.data.chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert published.bytes() == clean
    made = [path for path in published.reports.rglob("*") if not path.is_symlink()]
    assert [path for path in made if path.stat().st_mode & 0o077] == []


@pytest.mark.whole
def test_only_the_newest_months_are_kept_and_the_last_whole_one(batch: Batch) -> None:
    """20."""
    months = ("2025-08", "2025-09", "2025-10", "2025-11", "2025-12")
    arguments = [word for month in months for word in ("--month", month)]
    assert batch.publish(*arguments, month="").returncode == 0
    for month in months[2:]:
        path = batch.reports / month / "manifest.json"
        manifest = json.loads(path.read_text(encoding="utf-8"))
        manifest["runs"][0] |= {"status": "failed", "error": "cell 3 failed"}
        path.write_text(json.dumps(manifest), encoding="utf-8")
    batch.write("first", "1 / 0")
    done = batch.publish("--keep", "2")
    assert done.returncode == 1
    assert sorted(path.name for path in batch.reports.glob("2*")) == ["2025-09", "2025-11", "2025-12"]
    index = (batch.reports / "index.html").read_text(encoding="utf-8")
    assert "2025-09/" in index and "2025-08/" not in index and "2025-10/" not in index


def test_a_run_is_told_once(batch: Batch, tmp_path: Path) -> None:
    mail = tmp_path / "outcome.eml"
    assert batch.publish("--notify", mail).returncode == 0
    assert b"2025" in mail.read_bytes()
    mail.unlink()
    assert batch.publish("--notify", mail).returncode == 0
    assert not mail.exists()
    batch.write("first", "1 / 0")
    assert batch.publish("--notify", mail).returncode == 1
    assert mail.exists()


def test_bad_data_are_told_too(batch: Batch, tmp_path: Path) -> None:
    batch.data = Path(shutil.copytree(DATA, tmp_path / "data"))
    with (batch.data / "agencies.csv").open("a", encoding="utf-8") as file:
        file.write("XX,no_such_kind\n")
    done = batch.run("--notify", tmp_path / "outcome.eml")
    assert done.returncode == 1 and done.stderr.startswith("r57: bad data: ")
    assert (tmp_path / "outcome.eml").exists()


def test_a_full_disk_is_told_of_the_month_that_it_stopped(
    batch: Batch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not of the month that the clock shows."""
    monkeypatch.setattr(disk, "put_in_place", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    (mail := tmp_path / "mail").mkdir()
    assert batch.publish("--notify", str(mail)).returncode == 1
    (told,) = mail.iterdir()
    assert told.name == f"r57-{MONTH}-failed.eml" and "No space left on device" in told.read_text(encoding="utf-8")


@pytest.mark.server
def test_many_runs_need_no_more_files_than_few(tmp_path: Path) -> None:
    """The runs that are over are let go of while others are under way."""
    batch = Batch(tmp_path, {"first": ["print(mark)"]})
    with batch.plan.open("a", encoding="utf-8") as plan:
        plan.write(f"    matrix: {{mark: [{', '.join(f'm{number}' for number in range(16))}]}}\n")
    limited = [
        "prlimit",
        "--nofile=30",
        sys.executable,
        "-c",
        "from r57lib.cli.app import main; main()",
        *batch.call("--jobs", "2"),
    ]
    done = subprocess.run(limited, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert len(list(batch.published.glob("first.m*.html"))) == 16


@pytest.mark.server
def test_two_processes_may_write_the_same_file(tmp_path: Path) -> None:
    """As two runs do that both find no script that draws charts."""
    code = "import sys; from pathlib import Path; from r57lib.disk import write\n"
    code += "for _ in range(300): write(Path(sys.argv[1]), 'x' * 100_000)"
    started = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "file")], cwd=ROOT) for _ in range(2)]
    assert [each.wait(60) for each in started] == [0, 0]
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_few_notebooks_do_not_take_the_place_of_a_whole_month(published: Batch) -> None:
    whole, elsewhere = published.bytes(), published.folder / "elsewhere"
    for wanted in (("--notebook", "first"), ("--notebook", "first", "--dry-run")):
        done = published.publish(*wanted)
        assert done.returncode == 2
        assert f"{published.published} holds the whole month, whose place first would take: name another" in done.stderr
    published.write("extra", "print(month)")  # beside the plan, on request
    published.plan.write_text(published.plan.read_text(encoding="utf-8").replace("  - notebook: extra\n", ""))
    assert published.publish("--notebook", "extra").returncode == 2
    assert published.bytes() == whole
    assert published.publish("--notebook", "first", "--notebook", "second").returncode == 0  # they are the whole month
    assert published.publish("--notebook", "first", "--output", str(elsewhere)).returncode == 0
    assert published.publish("--notebook", "second", "--output", str(elsewhere)).returncode == 0  # a part for a part
    assert [path.stem for path in (elsewhere / MONTH).glob("*.ipynb")] == ["second.en"]


@pytest.mark.server
def test_the_next_call_removes_what_a_killed_one_left_among_the_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code = "import os; from r57lib import disk; folder = disk.scratch(); folder.__enter__(); os.kill(os.getpid(), 9)"
    killed = [sys.executable, "-c", code]
    subprocess.run(killed, cwd=ROOT, env={**os.environ, "TMPDIR": str(tmp_path)}, timeout=60, check=False)
    (dead,) = tmp_path.iterdir()
    strange = tmp_path / "r57-notes-x", tmp_path / f"r57-file-{dead.name.rpartition('-')[2]}"
    strange[0].mkdir()
    strange[1].touch()
    with disk.scratch() as folder, disk.scratch() as second:
        assert set(tmp_path.iterdir()) == {folder, second, *strange}
    assert set(tmp_path.iterdir()) == set(strange)


@pytest.mark.parametrize("more", [("--output", "\udcff"), ("-p", "mark=\udcff"), ("--notify", "\udcff.eml")])
def test_what_is_not_utf8_is_refused_in_a_line(batch: Batch, more: tuple[str, str]) -> None:
    done = batch.run(*more)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "is not UTF-8; rename" in done.stderr


@pytest.mark.server
def test_a_notebook_changes_no_rights_and_writes_no_receipt(tmp_path: Path) -> None:
    """What it makes of `umask` holds for its own files; what it lays where receipts lie is none."""
    batch = Batch(tmp_path, {"first": ["import os", "old = os.umask(0o777)"]})
    receipts = batch.reports / ".build" / MONTH / "receipts"
    forged = (  # in one step, as receipts are: one that is empty yet would be that of a full disk
        "import json, pathlib\nmade = pathlib.Path('made')\n"
        "made.write_text(json.dumps({'status': 'published', 'left_out': 1}))\n"
        f"made.replace({str(receipts / 'second.en.json')!r})"
    )
    batch.write("second", forged, "import time; time.sleep(30)")
    done = batch.run()
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert f"r57: error: {MONTH} second.en: what it left is no receipt of a run\n" in done.stderr
    assert {path.stat().st_mode & 0o600 for path in batch.published.iterdir()} == {0o600}
