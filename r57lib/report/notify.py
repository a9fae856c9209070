"""Tells the outcome of a month to a webhook, by mail or into a mail file: each of them once.

`reports/.notified.json` remembers who was told what. A delivery that failed is not remembered, so that the next run
tries again; a server that takes a message and then does not answer is told a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd

from r57lib import disk
from r57lib.report.notice import Notice, Outcome, make_notice, outcome_digest
from r57lib.report.targets import Target, failure_text


def notify(
    targets: Iterable[Target], outcome: Outcome, reports: Path, labels: pd.DataFrame, *, now: datetime
) -> list[str]:
    """Tell an outcome to those who have not heard it yet; one line for each failure, none when all have.

    `labels` is the table of that name. No failure to deliver raises.
    """
    notice = make_notice(outcome, labels, now)
    said: list[str] = []
    try:
        with disk.alone(reports / ".locks" / "notify", "an outcome is being told", wait=True):
            said.extend(_told(targets, notice, reports / ".notified.json"))
    except OSError as error:
        said.append(f"{outcome.month}: nobody was told, for {reports} cannot be written: {failure_text(error)}")
    return said


def _told(targets: Iterable[Target], notice: Notice, memory: Path) -> Iterator[str]:
    """Tell each target, and remember it at once."""
    told = disk.read_json(memory)
    if not isinstance(told, dict):
        if memory.exists():
            yield f"{memory} cannot be read and counts as empty; what was told before may be told again"
        told = {}
    for target in targets:
        keys = {to: outcome_digest(notice.outcome, target.name, to) for to in target.to}
        left = [to for to in target.to if keys[to] not in told]
        failed = _failures(target, notice, left) if left else {}
        for reason in dict.fromkeys(failed.values()):
            yield f"{notice.outcome.month}: could not tell {target.name}: {reason}"
        done = {keys[to]: notice.date.isoformat() for to in left if to not in failed}
        told |= done
        yield from _remember(memory, told) if done else ()


def _remember(memory: Path, told: Mapping[str, str]) -> Iterator[str]:
    try:
        disk.write(memory, disk.as_json(told))
    except OSError as error:
        yield f"{memory}: {failure_text(error)}; what was told now will be told again"


def _failures(target: Target, notice: Notice, left: Sequence[str]) -> Mapping[str, str]:
    try:
        return target.tell(notice, left)
    except Exception as error:  # whatever a server answers, the run goes on to the next target
        return dict.fromkeys(left, failure_text(error))
