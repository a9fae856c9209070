"""An outcome of the batch in words, as JSON and as a mail."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from email.message import EmailMessage
from pathlib import Path

import pandas as pd

from r57lib import disk
from r57lib.data.periods import VIET_NAM, parse_month
from r57lib.view.words import LANGUAGES, Language, Words, words_of

_COLOURS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


@dataclass(frozen=True)
class Outcome:
    """What a run of one month came to.

    `state` is `published`, `incomplete` (published without the runs of `failed`) or `failed` (what was published stays
    as it was). `published` counts pages; `failed` are runs, each with its reason; `folder` is where the month lies, or
    for a failed one what was built. The same outcome has the same `fingerprint`.
    """

    month: str
    as_of: str
    state: str
    published: int
    failed: tuple[tuple[str, str], ...]
    folder: Path
    fingerprint: str


@dataclass(frozen=True)
class Notice:
    """An outcome in words: a subject, and a text for each language."""

    outcome: Outcome
    subject: str
    messages: Mapping[Language, str]
    date: datetime

    @property
    def text(self) -> str:
        """The texts below each other, Vietnamese first."""
        return "\n\n".join(self.messages[language] for language in LANGUAGES)

    def as_json(self) -> str:
        """What a webhook is sent; `text` is what chat rooms show."""
        outcome = self.outcome
        failed = [{"run": run, "reason": reason} for run, reason in outcome.failed]
        facts = {key: getattr(outcome, key) for key in ("month", "as_of", "state", "published")}
        place = {"failed": failed, "folder": one_line(str(outcome.folder))}
        return disk.as_json({**facts, **place, "text": self.text, "messages": dict(self.messages)})

    def as_mail(self, sender: str = "r57@localhost", to: Sequence[str] = ()) -> EmailMessage:
        """The notice as a mail; the same outcome has the same Message-ID."""
        mail = EmailMessage()
        mail["Subject"] = self.subject
        mail["From"] = sender
        if to:
            mail["To"] = ", ".join(to)
        mail["Date"] = self.date
        mail["Message-ID"] = f"<{outcome_digest(self.outcome)[:32]}@{sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"  # asks for no answer by a machine
        mail.set_content(f"{self.text}\n", cte="quoted-printable")  # passes servers that know ASCII alone
        return mail


def make_notice(outcome: Outcome, labels: pd.DataFrame, now: datetime) -> Notice:
    """The notice of an outcome, its date the moment `now` in Viet Nam; `labels` is the table of that name."""
    outcome = replace(outcome, failed=tuple((one_line(run), one_line(reason)) for run, reason in outcome.failed))
    both = [words_of(labels, language) for language in LANGUAGES]
    subject = " / ".join(words(f"notice.subject.{outcome.state}", month=_month(outcome, words)) for words in both)
    messages = {words.language: "\n".join(_lines(outcome, words)) for words in both}
    return Notice(outcome, one_line(subject), messages, now.astimezone(VIET_NAM))


def _lines(outcome: Outcome, words: Words) -> Iterator[str]:
    yield words(f"notice.{outcome.state}", month=_month(outcome, words))
    yield words("notice.pages", count=words.number(outcome.published))
    if outcome.failed:
        yield words("notice.errors", count=words.number(len(outcome.failed)))
        yield from (f"- {run}: {reason}" for run, reason in outcome.failed)
    yield words("live.as_of", day=words.date(date.fromisoformat(outcome.as_of)))
    place = "notice.aside" if outcome.state == "failed" else "notice.folder"
    yield words(place, folder=one_line(str(outcome.folder)))


def _month(outcome: Outcome, words: Words) -> str:
    return words.month(parse_month(outcome.month))


def one_line(text: str) -> str:
    """A text on one line: no colours of a terminal, nothing that ends a header, nothing that UTF-8 cannot hold."""
    return "".join(char if char.isprintable() else " " for char in _COLOURS.sub("", text)).strip()


def outcome_digest(outcome: Outcome, *target: str) -> str:
    """What stands for an outcome, told to a target: the same for the same."""
    return disk.digest(disk.as_json([*target, outcome.month, outcome.state, outcome.fingerprint]))
