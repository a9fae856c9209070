"""A plan lists tasks and gives them no codes: each is known by its title and who leads it, and gets a code of ours.

The code is the file's own numbering after a prefix, the programme's or the source's. The next version of the plan finds
a task again by title and lead, wherever it stands there. A changed title is a task of its own: who sends it is told
which one its number stood for, and nothing is merged by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from r57lib.disk import digest
from r57lib.ingest.heading import plan_key
from r57lib.ingest.rows import FieldNote
from r57lib.ingest.text import spelling_key

_LETTERS = 6
"""So many letters of a hash tell tasks apart that have the same number, or none."""


class PlanCodes:
    """Gives the tasks of one sheet their codes; `known` are the tasks known before, by code in small letters."""

    def __init__(self, prefix: str, known: Mapping[str, Mapping[str, str]]) -> None:
        self._prefix = prefix
        ours = {code: row for code, row in known.items() if code.startswith(f"{prefix.casefold()}-")}
        self._codes = {plan_key(row["title"], row["lead_agency"]): row["task_id"] for row in ours.values()}
        self._titles = {code: row["title"] for code, row in ours.items()}
        self._rows: dict[str, int] = {}

    def code_of(
        self, title: str, lead: str, number: str, row: int, titles: Collection[str], words: str
    ) -> tuple[str, list[FieldNote]]:
        """The code of a task and what is said of it; one that stands there a second time has no code, but an error.

        `number` is its place in the plan, `titles` are the keys of all titles there, `words` what its lead is stored as
        while nobody knows who that is.
        """
        key = plan_key(title, lead)
        if key in self._rows:
            return "", [FieldNote("E-DUPLICATE-TASK", "title", str(self._rows[key]))]
        self._rows[key] = row
        known = next((self._codes[each] for each in (key, plan_key(title, words)) if each in self._codes), "")
        if known:
            return known, []
        code = f"{self._prefix}-{number or digest(key)[:_LETTERS]}"
        stood_for = self._titles.get(code.casefold())
        notes = []
        if stood_for is not None:
            if spelling_key(stood_for) not in titles:
                notes.append(FieldNote("W-TITLE", "title", f"{stood_for} ({code})"))
            code = f"{code}-{digest(key)[:_LETTERS]}"
        self._titles[code.casefold()] = title
        return code, notes
