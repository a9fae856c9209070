"""The words of the field as types: code lists, findings and provenance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from r57lib.data.rows import Fact, Row


class Status(StrEnum):
    """What a count of tasks counts. The first six are exclusive; the last three are sums of them."""

    COMPLETED_ON_TIME = "completed_on_time"
    COMPLETED_LATE = "completed_late"
    IN_PROGRESS = "in_progress"
    OVERDUE = "overdue"
    REGULAR = "regular"
    COMPLETED = "completed"
    TOTAL = "total"
    BEHIND_SCHEDULE = "behind_schedule"


class EvidenceLevel(StrEnum):
    """How far an enterprise commitment is documented, weakest first."""

    STATED = "stated"
    MOU = "mou"
    CONTRACTED = "contracted"
    DELIVERED = "delivered"
    VERIFIED = "verified"


class Qualifier(StrEnum):
    """How exactly the source prints a number."""

    EXACT = "exact"
    ABOUT = "about"
    MORE_THAN = "more_than"
    NEARLY = "nearly"
    UP_TO = "up_to"


class Kind(StrEnum):
    """What a printed number is: a result, an expectation or a promise."""

    REPORTED = "reported"
    PROJECTED = "projected"
    TARGET = "target"
    ORDERED = "ordered"
    CLAIMED = "claimed"


class Section(StrEnum):
    """Where in the document a fact stands. A sidebar teaser belongs to another article."""

    BODY = "body"
    SIDEBAR = "sidebar"


class Severity(StrEnum):
    """An error stops a report; a warning is shown in it, and so is an info, what a reader should know."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Rating(StrEnum):
    """Our judgement of pace, never a reported status."""

    MET = "met"
    AHEAD = "ahead"
    ON_PACE = "on_pace"
    BEHIND = "behind"
    UNKNOWN = "unknown"


class OpenSdg(StrEnum):
    """The verdicts that Open SDG gives a target, best first."""

    ACHIEVED = "achieved"
    SUBSTANTIAL = "substantial"
    MODERATE = "moderate"
    LIMITED = "limited"
    DETERIORATION = "deterioration"


class Refusal(StrEnum):
    """Why no day of completion is forecast."""

    FEW_PERIODS = "few_periods"
    SCOPE_CHANGED = "scope_changed"
    NO_PROGRESS = "no_progress"
    NOTHING_LEFT = "nothing_left"
    TOO_UNCERTAIN = "too_uncertain"


@dataclass(frozen=True)
class Finding:
    """One broken rule in the data.

    `line` counts the header of the CSV file as line 1; 0 means the file as a whole. `values` fills the sentence that
    `labels.csv` holds for the rule under `finding.<rule>`; `message` is that sentence in English.
    """

    rule: str
    severity: Severity
    table: str
    line: int
    column: str
    message: str
    values: Mapping[str, str] = field(default_factory=dict)
    fact_ids: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """File, line and column, as an editor would find them."""
        parts = [f"{self.table}.csv" if "." not in self.table else self.table]
        if self.line:
            parts.append(f"line {self.line}")
        return " ".join(parts) + (f", {self.column}" if self.column else "")

    @staticmethod
    def in_file(rule: str, table: str, line: int, column: str, message: str, **values: str) -> Finding:
        """An error at a place of a file, before its rows are facts; line 0 is the whole file."""
        return Finding(rule, Severity.ERROR, table, line, column, message, values)

    @staticmethod
    def at_row(
        rule: str, table: str, row: Row, column: str, message: str, facts: Iterable[str] | None = None, **values: str
    ) -> Finding:
        """An error at a row of a table; without `facts` it speaks of the row's own fact."""
        ids = (row.fact_id,) if facts is None and isinstance(row, Fact) else tuple(facts or ())
        return Finding(rule, Severity.ERROR, table, row.line, column, message, values, ids)
