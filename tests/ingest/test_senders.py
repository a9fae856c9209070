"""Tables of five senders: with two calls nearly all of each is taken in, and nothing as something that it is not."""

from __future__ import annotations

import csv
import re
import shlex
import shutil
from pathlib import Path

import pytest

from r57lib.data.store import RECEIPT, ROWS, entries
from r57lib.ingest.store import read_rows
from tests.conftest import DATA, call_r57
from tests.ingest.senders import REPORTED_ON, SENDERS, TASKS, Truth, written
from tests.ingest.test_aliases import fill
from tests.sheets import SOURCE

FEWEST = 95


@pytest.mark.whole
@pytest.mark.parametrize("seed", [57, 1945])
@pytest.mark.parametrize("name", SENDERS)
def test_nearly_all_is_taken_in_and_nothing_wrongly(name: str, seed: int, tmp_path: Path) -> None:
    data = shutil.copytree(DATA, tmp_path / "data", ignore=shutil.ignore_patterns("ingested", "sample"))
    sent = written(name, tmp_path, seed)
    ask = ["--kind", "tasks", "--source", SOURCE, "--reported-on", REPORTED_ON, "--data", str(data)]
    sender = ["--sender", sent.asked["sender"]] if "sender" in sent.asked else []
    done = call_r57("ingest", str(sent.path), *ask, *sender)
    table = sent.path.with_name(f"{sent.path.stem}.aliases.csv")
    if table.exists():  # filled in by who knows, it goes back with the command that was told
        fill(table, dict(sent.aliases))
        again = shlex.split(re.findall(r"chạy: r57 (.*)", done.stdout)[0])
        again[1] = str(sent.path)  # not the workbook of what is to be mended: nobody has mended it
        done = call_r57(*again, *["--accept-unknown-lead"] * ("accept" in sent.asked))
    newest = entries(data)[-1]
    assert (newest / RECEIPT).is_file()
    found = {int(row["row"]): row for row in read_rows(newest / ROWS)}
    wrong = {}
    for number, row in found.items():
        taken = Truth(row["lead_agency"], row["deadline"], row["completed_date"], row["reported_status"])
        if taken != sent.truth[number]:
            wrong[number] = (taken, sent.truth[number])
    left = {number: truth for number, truth in sent.truth.items() if number not in found and truth}
    assert not wrong, wrong
    assert len(found) >= FEWEST, (left, done.stdout)
    assert len(sent.truth) == TASKS


def test_the_same_seed_writes_the_same_table(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    one, two = (written("party", tmp_path / folder) for folder in ("one", "two"))
    with (
        one.path.open(encoding="utf-8-sig", newline="") as first,
        two.path.open(encoding="utf-8-sig", newline="") as second,
    ):
        assert list(csv.reader(first)) == list(csv.reader(second))
    assert one.truth == two.truth
