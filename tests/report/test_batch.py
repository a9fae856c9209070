"""The batch when something goes wrong: twenty kinds of fault, here and in `test_calls.py`.

Where a process is what goes wrong, it is the real command; where it is the month, quick hands publish it in this
process. After each fault a clean run leaves the bytes of a month that nothing has happened to.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import psutil
import pytest

from tests.batching import MONTH, Batch, family, report_otherwise, torn, until
from tests.conftest import DATA, R57, ROOT
from tests.soak import read_on

pytestmark = pytest.mark.server

SLOW = "import time\ntime.sleep(2)"


def ended(processes: list[psutil.Process]) -> bool:
    return not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in processes)


def working(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes of a command of one job once a run is under way: the warm one, the artist, the run."""
    until(lambda: len(family(process.pid)) >= 3)
    return family(process.pid)


# --- 1 to 6. kills ---------------------------------------------------------------------------------------------------


def test_a_runner_that_is_ended_leaves_no_process_and_the_old_month(published: Batch) -> None:
    """1, 3, 4; each time a reader finds it whole, and afterwards a clean run has its bytes."""
    clean, said = published.bytes(), published.folder / "reader.txt"
    published.write("first", SLOW, "print(month, mark)")
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        reader = read_on(published.reports, said)
        process = published.start("--jobs", "1")
        try:
            children = working(process)
            process.send_signal(number)
            _, told = process.communicate(timeout=120)
        finally:
            process.kill()
            os.kill(reader, signal.SIGTERM)
            os.waitpid(reader, 0)
        assert process.returncode != 0 and "Traceback" not in told, number
        until(lambda alive=children: ended(alive))
        assert torn(published.reports) == "" and published.bytes() == clean, number
    looks = said.read_text(encoding="utf-8").splitlines()
    assert len(looks) == 3 and all(int(line.removeprefix("looks ")) > 3 for line in looks), looks[:5]
    published.write("first", "print(month, mark)")
    assert published.run("--jobs", "1").returncode == 0
    assert published.bytes() == clean


def test_a_run_that_is_killed_has_failed(batch: Batch) -> None:
    """2."""
    batch.write("first", "import ctypes\nctypes.string_at(0)")
    done = batch.run()
    assert done.returncode == 1
    assert "first.en: its process was killed before it was done" in done.stderr


def test_kills_between_any_two_steps_and_power_cuts(tmp_path: Path) -> None:
    """1, 2, 5, 6: a dozen here, hundreds in `make soak`, which kills the real command, too."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak", "--kills", "12", "--commands", "0", "--days", "0", "--seed", "5"],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False, env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("each time whole") == 1


def test_what_was_done_before_a_kill_is_not_done_again(batch: Batch) -> None:
    batch.write("second", "import time\ntime.sleep(30)")
    process = batch.start("--jobs", "1")
    receipt = batch.reports / ".build" / MONTH / "receipts" / "first.en.json"
    until(receipt.exists)
    process.kill()
    process.communicate()
    batch.write("second", "6 * 7")
    done = batch.publish()
    assert done.returncode == 0 and "first.en:" not in done.stderr and "second.en:" in done.stderr


# --- 7, 8, 13, 14. disks and data --------------------------------------------------------------------------------


def test_a_full_disk_leaves_the_old_month(published: Batch) -> None:
    """7: no file may be larger than this; a full disk fails at the same calls."""
    before = published.bytes()
    published.write("first", "print('x' * 3_000_000)")
    limited = f"ulimit -f 2000; exec {R57} " + " ".join(published.call("--jobs", "1"))
    done = subprocess.run(["bash", "-c", limited], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 1 and "File too large" in done.stderr and "Traceback" not in done.stderr
    assert torn(published.reports) == "" and published.bytes() == before


def test_a_lock_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """7, where the disk is full from the start."""
    code = "import resource, sys; from pathlib import Path; from r57lib.disk import alone\n"
    code += "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\nwith alone(Path(sys.argv[1]), 'it'): print('held')"
    asked = [sys.executable, "-c", code, str(tmp_path / "lock")]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "" and done.stderr.endswith(f"File too large: '{tmp_path / 'lock'}'\n")


def test_data_that_change_during_a_run_fail_it(tmp_path: Path) -> None:
    """13."""
    batch = Batch(tmp_path)
    batch.data = Path(shutil.copytree(DATA, tmp_path / "data"))
    batch.write("first", f"open({str(batch.data / 'agencies.csv')!r}, 'a').write('XX,other\\n')")
    done = batch.run()
    assert done.returncode == 1
    assert "first.en: the data changed during the run; run it again" in done.stderr


# --- 9, 10. two at once ----------------------------------------------------------------------------------------------


def test_a_second_run_of_a_month_ends_at_once_and_a_second_month_does_not(batch: Batch) -> None:
    """9, 10."""
    go = batch.folder / "go"
    batch.write("first", f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.05)\nprint(month)")
    first = batch.start("--jobs", "1")
    lock = batch.reports / ".locks" / MONTH
    until(lambda: lock.exists() and lock.read_text(encoding="utf-8"))
    second = batch.publish()
    assert second.returncode == 75
    assert f"month {MONTH} is being published already: process {first.pid} on " in second.stderr
    assert first.poll() is None
    other = batch.publish(month="2025-11")
    assert other.returncode == 0 and torn(batch.reports, "2025-11") == ""
    go.touch()
    first.communicate(timeout=60)
    assert first.returncode == 0 and torn(batch.reports) == ""
    assert (batch.reports / "latest").readlink() == Path(MONTH)
    assert all(month in (batch.reports / "index.html").read_text(encoding="utf-8") for month in (MONTH, "2025-11"))


def test_the_lock_of_a_dead_process_is_nobodys(batch: Batch) -> None:
    """9."""
    lock = batch.reports / ".locks" / MONTH
    lock.parent.mkdir(parents=True)
    lock.write_text("process 999999 on elsewhere", encoding="utf-8")
    assert batch.publish().returncode == 0


def test_a_fact_about_a_later_month_is_no_news_of_this_one(tmp_path: Path) -> None:
    """The same bytes, nobody told, no entry of the feed moved; a fact about the month itself is news."""
    batch = Batch(tmp_path, data=Path(shutil.copytree(DATA, tmp_path / "data")))
    told = tmp_path / "told"
    told.mkdir()
    batch.publish("--notify", str(told))
    made, feed = batch.bytes(), (batch.reports / "feed.xml").read_bytes()
    for period, news in (("2026-01-31", False), ("2025-12-31", True)):
        report_otherwise(batch.data, f"P-later-{period}", "0.5", time_period=period, reported_on="2026-11-01")
        done = batch.publish("--notify", str(told))
        assert done.returncode == 0, done.stderr
        assert ("nothing has changed" in done.stderr) is not news
        same = {name: digest for name, digest in batch.bytes().items() if name != "manifest.json"}
        assert (same == {name: made[name] for name in same}) is not news
        assert len(list(told.iterdir())) == 1 + news
        assert ((batch.reports / "feed.xml").read_bytes() == feed) is not news


def test_what_was_published_and_not_told_is_told_as_it_is(tmp_path: Path) -> None:
    """Not as the plan is now."""
    batch, told = Batch(tmp_path), tmp_path / "told"
    told.mkdir()
    batch.publish()
    batch.write("second", "print(month)")
    batch.publish("--notify", str(told))
    for kind, count in (("published", "1"), ("again", "2")):
        mail = message_from_bytes((told / f"r57-{MONTH}-{kind}.eml").read_bytes(), policy=default).get_body()
        assert mail and re.findall(r"Pages published: (\d+)", mail.get_content()) == [count]
