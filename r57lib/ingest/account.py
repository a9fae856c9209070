"""What is said of a file that was handed in: for people on a terminal, for programs as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from r57lib.ingest.bins import Bin, Note
from r57lib.ingest.take import Taken
from r57lib.view.words import LANGUAGES, Language, Words

_NAMES = ("E-AGENCY", "E-PROVINCE", "E-SCOPE", "E-INDICATOR", "E-COMMITMENT")
"""Errors of a name that nothing has; their hint is the nearest one that something has."""

_UNITS = ("E-UNIT", "E-WHOLE")
"""Errors of a unit; their hint is the code of the right one."""

SHOWN_FINDINGS = 10
"""So many findings are shown on a terminal; the workbook that goes back and the JSON hold them all."""


def note_text(note: Note, words: Words) -> str:
    """What is wrong with a cell, a row or a file, or was repaired."""
    return words(f"ingest.{note.code}", raw=note.raw, new=note.new, hint=_hint(note, words), header=note.header)


def mend(note: Note, words: Words) -> str:
    """How its sender mends it; nothing for what is no error."""
    key = f"ingest.{note.code}.mend"
    if not words.has(key):
        return ""
    return f"{words(key, raw=note.raw, hint=_hint(note, words))} {_nearest(note, words)}".rstrip()


def _hint(note: Note, words: Words) -> str:
    """The hint as it is read: the name of a unit for its code."""
    return words(f"unit.{note.hint}") if note.code in _UNITS else note.hint


def _nearest(note: Note, words: Words) -> str:
    return words("ingest.nearest", name=note.hint) if note.code in _NAMES and note.hint else ""


def rejection(taken: Taken, words: Words) -> str:
    """Why nothing of a file was taken in, and what helps."""
    assert taken.rejected is not None
    code, values = taken.rejected.code, taken.rejected.values
    return f"{words(f'ingest.{code}', **values)} {words(f'ingest.{code}.mend', **values)}"


def place(note: Note, sheet: str) -> str:
    """Sheet, row and column, as the sender finds them."""
    parts = [f"{sheet}!" if sheet else "", f"{note.letter}{note.row}" if note.column >= 0 else f"{note.row or ''}"]
    return "".join(parts) + (f" ({note.header})" if note.header else "")


def as_data(taken: Taken, both: dict[Language, Words]) -> dict[str, Any]:
    """All that came of a file, for programs."""
    return {
        "file": taken.path.name,
        "sheet": taken.sheet.name if taken.sheet else "",
        "sha256": taken.sha256,
        "state": taken.state,
        "rows_read": taken.counts.rows_read,
        **{each.value: count for each, count in taken.counts.bins.items()},
        "non_data_reasons": taken.counts.reasons,
        "changes": taken.changes,
        "restatements": taken.restatements,
        "rejected": {"code": taken.rejected.code, **{name: rejection(taken, both[name]) for name in LANGUAGES}}
        if taken.rejected
        else None,
        "findings": [_finding(note, taken, both) for note in taken.notes],
    }


def _finding(note: Note, taken: Taken, both: dict[Language, Words]) -> dict[str, Any]:
    return {
        "code": note.code,
        "row": note.row,
        "column": note.letter,
        "header": note.header,
        "raw": note.raw,
        "new": note.new,
        "why": {name: note_text(note, words) for name, words in both.items()},
        "mend": {name: mend(note, words) for name, words in both.items()},
    }


def lines(taken: Taken, words: Words) -> Iterator[str]:
    """What a person at a terminal is told: the counts, what was noticed, and the first errors."""
    name = taken.path.name
    if taken.rejected:
        yield f"{name}: {words('ingest.rejected')}: {rejection(taken, words)}"
        return
    if taken.state == "unchanged":
        yield f"{name}: {words('ingest.unchanged', day=taken.entry)}"
        return
    yield f"{name}: {words(f'ingest.state.{taken.state}')}"
    for each in Bin:
        yield f"  {words.number(taken.counts.bins[each]):>9}  {words(f'ingest.bin.{each.value}')}"
    yield f"  {words.number(taken.counts.rows_read):>9}  {words('ingest.rows_read')}"
    if "restated" in taken.changes:
        yield f"  {words('ingest.restated', count=words.number(taken.changes['restated']))}"
    sheet = taken.sheet.name if taken.sheet else ""
    errors = [note for note in taken.notes if note.code[0] == "E"]
    for note in [*(note for note in taken.notes if note.code[0] == "W"), *errors[:SHOWN_FINDINGS]]:
        where = place(note, sheet) if note.row else sheet or name
        raw = f"“{note.raw}”: " if note.raw and note.row else ""
        yield f"  {where}: {raw}{note_text(note, words)} {mend(note, words)}".rstrip()
    if len(errors) > SHOWN_FINDINGS:
        yield f"  {words('ingest.more', count=words.number(len(errors) - SHOWN_FINDINGS))}"
