"""Two years in fast time: months published by `--due`, a fact or a correction a day, kills, approvals now and then.

Each call is a process of its own, killed at random, at a random instant or at a random step on the disk. After each,
whatever became of it, the feed is read, each month is held against its manifest, and every approved byte is looked for;
at the end each version of a month that readers have had was told once.
"""

from __future__ import annotations

import csv
import hashlib
import os
import random
import shutil
import signal
import sys
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from itertools import pairwise
from pathlib import Path

import pytest

from r57lib.data.load import load_tables
from r57lib.data.periods import VIET_NAM, parse_month
from r57lib.disk import read_json
from r57lib.page.published import published_months
from r57lib.report import batch as subject
from r57lib.report.approve import approve
from r57lib.report.batch import Call, publish_months
from r57lib.report.history import versions_of
from r57lib.report.plan import read_spec
from tests.batching import Batch, Quick, report_otherwise, torn
from tests.conftest import DATA
from tests.soak import Silent, end_at

KEPT = 12
MONTHS = 24
ATOM = "{http://www.w3.org/2005/Atom}"
FACT = "P-usage-national-2025-06"
"""A value of one month, which others are made like."""
SOURCE = "the-year"


class Watching(Silent):
    """Nobody watches this, either."""

    def say(self, line: str) -> None:
        if "error" in line or "could not" in line:
            raise AssertionError(line)

    def give(self, line: str) -> None: ...


class Year:
    """An office that is left alone."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance, self.folder = random.Random(seed), folder
        self.batch = Batch(folder, data=Path(shutil.copytree(DATA, folder / "data")))
        (folder / "told").mkdir()
        self._add_source()
        self.facts: list[tuple[str, datetime]] = []
        self.approved: dict[Path, str] = {}
        self.kills = self.survived = self.approvals = self.corrections = 0
        self.reports = self.batch.reports

    def _add_source(self) -> None:
        """A document that is public from the first day, and says whatever is added."""
        path = self.batch.data / "sources.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        row = next(row for row in rows if row["source_id"] == "baomoi-june-2025")
        row |= {"source_id": SOURCE, "reported_on": "2025-01-01"}
        with path.open("a", encoding="utf-8", newline="") as file:
            csv.DictWriter(file, row, lineterminator="\n").writerow(row)

    # --- a day ---

    def day(self, now: datetime) -> None:
        """Something becomes known; the timer of the day publishes it, once more where it was killed, or tomorrow."""
        self.learn(now)
        self.attempt(lambda: self.publish(now), self.chance.random() < 0.5)
        if self.chance.random() < 0.15 and (months := published_months(self.reports)):
            month = self.chance.choice(months)
            before = self.approvals_there()
            self.attempt(lambda: self.approve(month, now), self.chance.random() < 0.3)
            for path in self.approvals_there() - before:
                self.approvals += 1
                files = (each for each in path.parent.rglob("*") if each.is_file())
                self.approved |= {each: _digest(each) for each in files}

    def learn(self, now: datetime, *, new: bool = False) -> None:
        """A value of the month before, or another one of an earlier month that has one."""
        value, number = f"{self.chance.randrange(4000, 6000) / 10000:.4f}", len(self.facts)
        day = f"{now:%Y-%m-%d}"
        if self.facts and not new and self.chance.random() < 0.5:
            about = self.chance.choice(self.facts[-15:])[0]
            self.corrections += 1
        else:
            about = f"{now.replace(day=1) - timedelta(days=1):%Y-%m}"
        self.facts.append((about, now))
        cells = {"time_period": about, "reported_on": day, "qualifier": "more_than", "source_id": SOURCE}
        report_otherwise(self.batch.data, f"P-year-{number}", value, of=FACT, **cells)

    def publish(self, now: datetime) -> None:
        call = Call(self.folder / "notebooks", self.reports, read_spec(self.batch.plan), self.batch.data, language="en")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(subject, "Pool", Quick)
            code = publish_months(call, [], due=True, force=False, jobs=1, keep=KEPT, tell=[str(self.folder / "told")],
                                  now=now, watch=Watching())  # fmt: skip
        assert code == 0, code

    def approve(self, month: str, now: datetime) -> None:
        try:
            approve(self.reports, month, by="Lan", digest="", data=self.batch.data,
                    notebooks=self.folder / "notebooks", now=now, cores=1)  # fmt: skip
        except subject.R57Error as refused:
            assert "approved already" in str(refused), refused

    def attempt(self, act: Callable[[], None], killed: bool) -> None:
        """Do it in a process of its own, to its end or as far as it comes; then look at everything."""
        sys.stdout.flush()
        steps = self.chance.randrange(1, 400) if killed and self.chance.random() < 0.5 else 0
        wait = self.chance.random() * 3
        pid = os.fork()
        if pid == 0:
            try:
                if steps:
                    end_at(steps, self.reports)()
                act()
                os._exit(0)
            except BaseException as error:
                os.write(2, f"{type(error).__name__}: {error}\n".encode())
                os._exit(1)
        if killed and not steps:
            time.sleep(wait)
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        assert status in (0, signal.SIGKILL, 9 << 8), f"an attempt ended with {status}"
        self.kills += status != 0
        self.survived += killed and status == 0
        self.look(whole=status == 0)

    # --- what must be so ---

    def approvals_there(self) -> set[Path]:
        return set((self.reports / "approved").glob("*/*/approval.json"))

    def look(self, *, whole: bool) -> None:
        """What a reader, and an auditor, finds now."""
        months = published_months(self.reports)
        for month in months:
            assert not (wrong := torn(self.reports, month)), f"{month}: {wrong}"
        for path, digest in self.approved.items():
            assert _digest(path) == digest, f"{path} was approved and has gone"
        if (self.reports / "feed.xml").exists():
            self.valid(self.reports / "feed.xml", months if whole else [])
        if whole:
            assert len(months) <= KEPT, months

    def valid(self, path: Path, months: list[str]) -> None:
        """A feed as RFC 4287 has it, with these months in it."""
        feed = ET.fromstring(path.read_bytes())
        entries = feed.findall(f"{ATOM}entry")
        ids = [each.findtext(f"{ATOM}id") for each in (feed, *entries)]
        assert None not in ids and len(set(ids)) == len(ids)
        for each in entries:
            begun, changed = (datetime.fromisoformat(str(each.findtext(f"{ATOM}{name}")))
                              for name in ("published", "updated"))  # fmt: skip
            assert begun <= changed <= datetime.fromisoformat(str(feed.findtext(f"{ATOM}updated")))
        links = [str(each.find(f"{ATOM}link").get("href")) for each in entries]  # type: ignore[union-attr]
        assert not months or sorted(link[:7] for link in links) == months

    def told_once(self) -> int:
        """Each version that readers have had was told once, and nothing else; how many mails there are."""
        told, numbers = Counter[str](), Counter[str]()
        for path in (self.folder / "told").glob("*.eml"):
            mail = message_from_bytes(path.read_bytes(), policy=policy.default)
            told[path.name[4:11]] += 1
            numbers[str(mail["Message-ID"])] += 1
        assert set(numbers.values()) == {1}, "a mail was sent twice"
        months = [path.stem for path in (self.reports / ".history").glob("*.json")]
        had = {month: len([each for each in versions_of(self.reports, month) if each.placed]) for month in months}
        assert dict(told) == had, (told, had)
        return sum(told.values())


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def soak_year(days: int, seed: int, folder: Path) -> str:
    """So many days of 24 months; what happened. Raises `AssertionError` where a promise was broken."""
    year = Year(folder, seed)
    first = load_tables(year.batch.data).first_month
    begun = datetime(first.year, first.month, 1, 6, tzinfo=VIET_NAM) + timedelta(days=45)
    over = datetime(first.year + MONTHS // 12, first.month, 15, 6, tzinfo=VIET_NAM)
    for number in range(days):
        year.day(begun + (over - begun) / days * number)
    year.learn(over, new=True)
    year.attempt(lambda: year.publish(over), killed=False)
    mails, memory = year.told_once(), read_json(year.reports / ".notified.json")
    assert len(memory) == mails
    months = sorted(path.stem for path in (year.reports / ".history").glob("*.json"))
    ends = [parse_month(month) for month in months]
    assert all(later.previous == earlier for earlier, later in pairwise(ends)), months
    assert published_months(year.reports) == months[-KEPT:] and len(months) == MONTHS
    return (
        f"year: {days} days, {len(months)} months, {year.corrections} corrections, {year.kills} kills, "
        f"{year.survived} survived; {mails} mails, each once; {year.approvals} approvals, every byte there"
    )
