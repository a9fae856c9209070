"""What is said of a file that was handed in: on a terminal, as JSON, and as a workbook that goes back to be mended.

The workbook is the sender's own sheet, each bad cell coloured, with a comment on how to mend it, in both languages.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from r57lib.data.store import GROUP_LEAD
from r57lib.ingest.aliases import only_to_settle, spelling_of, to_settle
from r57lib.ingest.names import ENTERPRISE, PROVINCE
from r57lib.ingest.rows import SUMMARIES, Bin, Broken, Note, Share, Sheet
from r57lib.ingest.take import Taken
from r57lib.ingest.values import raw_text
from r57lib.view.words import LANGUAGES, Language, Words

_NAMES = ("E-AGENCY", "E-PROVINCE", "E-SCOPE", "E-INDICATOR", "E-COMMITMENT")
"""Errors of a name that nothing has; their hint is the nearest one that something has."""

_UNITS = ("E-UNIT", "E-WHOLE")
"""Errors of a unit; their hint is the code of the right one."""

_READINGS = ("E-DATE", "E-DEADLINE", "E-PERIOD")
"""Errors of what may mean several things; their hint is all of these."""

SHOWN_FINDINGS, SHOWN_RUNS = 10, 12
"""So many findings, and runs of rows without data, a terminal shows; the workbook that goes back and JSON hold all."""


def note_text(note: Note, words: Words) -> str:
    """What is wrong with a cell, a row or a file, or was repaired."""
    return words(
        f"ingest.{note.code}", raw=note.raw, new=_new(note, words), hint=_hint(note, words), header=note.header
    )


def _new(note: Note, words: Words) -> str:
    """What a cell became, bodies by their names, days and numbers as they are written."""
    with suppress(ValueError):
        if note.code in ("R-PERCENT", "R-UNIT"):
            return words.percent(float(note.new)) if note.code == "R-PERCENT" else words.plain(float(note.new))
        return words.date(date.fromisoformat(note.new))
    names = [
        words.agency(each)
        if words.has(f"agency.{each}") or each.startswith((PROVINCE, ENTERPRISE, GROUP_LEAD))
        else each
        for each in note.new.split(";")
    ]
    return "; ".join(names)


def mend(note: Note, words: Words) -> str:
    """How its sender mends it; nothing for what is no error."""
    key = f"ingest.{note.code}.mend"
    if not words.has(key):
        return ""
    more = ""
    if note.hint and note.code in _NAMES:
        more = words("ingest.nearest", name=note.hint)
    elif note.hint and note.code in _READINGS:
        more = words("ingest.readings", hint=note.hint)
    return f"{words(key, raw=note.raw, hint=_hint(note, words))} {more}".rstrip()


def _hint(note: Note, words: Words) -> str:
    """The hint as it is read: the name of a unit for its code, a day as it is written."""
    with suppress(ValueError):
        return words.date(date.fromisoformat(note.hint))
    return words(f"unit.{note.hint}") if note.code in _UNITS else note.hint


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
        "set_aside": {reason: [list(run) for run in runs] for reason, runs in taken.aside.items()},
        "changes": taken.changes,
        "restatements": taken.restatements,
        "to_settle": [asdict(each) for each in to_settle(taken.notes, taken.sheet.name if taken.sheet else "")],
        "rejected": {"code": taken.rejected.code, **{name: rejection(taken, both[name]) for name in LANGUAGES}}
        if taken.rejected
        else None,
        "findings": [_finding(note, rows, both) for note, rows in _once(taken.notes)],
    }


def _finding(note: Note, rows: Sequence[int], both: dict[Language, Words]) -> dict[str, Any]:
    return {
        "code": note.code,
        "row": note.row,
        "rows": list(rows),
        "column": note.letter,
        "header": note.header,
        "raw": note.raw,
        "new": note.new,
        "why": {name: note_text(note, words) for name, words in both.items()},
        "mend": {name: mend(note, words) for name, words in both.items()},
    }


def _run(run: tuple[int, int]) -> str:
    return f"{run[0]}" if run[0] == run[1] else f"{run[0]}–{run[1]}"


def rows_to_mend(taken: Taken) -> int:
    """How many rows are kept out by more than the spelling of a body."""
    return taken.counts.bins[Bin.QUARANTINED] - len(only_to_settle(taken.notes))


def summary(taken: Taken, words: Words) -> str:
    """What came of the rows that hold data, in one line."""
    counts = taken.counts.bins
    good = counts[Bin.ACCEPTED] + counts[Bin.REPAIRED]
    parts = [words("ingest.answer", good=words.number(good), rows=words.number(good + counts[Bin.QUARANTINED]))]
    spellings, waiting, wrong = to_settle(taken.notes, ""), only_to_settle(taken.notes), rows_to_mend(taken)
    if spellings:
        parts.append(words("ingest.answer.settle", count=words.number(len(spellings)), rows=words.number(len(waiting))))
    if wrong:
        parts.append(words("ingest.answer.mend", count=words.number(wrong)))
    return "; ".join(parts)


def _once(notes: Iterable[Note]) -> list[tuple[Note, list[int]]]:
    """Each error with its rows, that of an unknown body once for all where its spelling stands."""
    found: dict[Any, tuple[Note, list[int]]] = {}
    for at, note in enumerate(notes):
        found.setdefault(_spelling(note) or at, (note, []))[1].append(note.row)
    return list(found.values())


def _spelling(note: Note) -> str:
    return spelling_of(note.raw) if note.code == "E-AGENCY" else ""


def lines(taken: Taken, words: Words, steps: Iterable[str] = ()) -> Iterator[str]:
    """What a person at a terminal is told: the answer, the next `steps`, the counts, and what was found in the file."""
    name = taken.path.name
    if taken.rejected:
        yield f"{name}: {words('ingest.rejected')}: {rejection(taken, words)}"
        return
    if taken.state == "unchanged":
        yield f"{name}: {words('ingest.unchanged', day=taken.entry)}"
        if taken.left:
            yield f"  {words.number(taken.left):>9}  {words('ingest.bin.quarantined')}"
        return
    yield f"{name}: {summary(taken, words)}"
    yield from steps
    waiting = len(only_to_settle(taken.notes))
    for each in Bin:
        count = taken.counts.bins[each] - (waiting if each is Bin.QUARANTINED else 0)
        yield f"  {words.number(count):>9}  {words(f'ingest.bin.{each.value}')}"
    if waiting:
        yield f"  {words.number(waiting):>9}  {words('ingest.waiting')}"
    yield f"  {words.number(taken.counts.rows_read):>9}  {words('ingest.rows_read')}"
    for reason, runs in taken.aside.items():
        more = "…" if len(runs) > SHOWN_RUNS else ""
        yield f"  {words(f'ingest.{reason}.row')}: {', '.join(map(_run, runs[:SHOWN_RUNS]))}{more}"
    if "restated" in taken.changes:
        yield f"  {words('ingest.restated', count=words.number(taken.changes['restated']))}"
    sheet = taken.sheet.name if taken.sheet else ""
    of_the_file = [note for note in taken.notes if note.code[0] == "W" and note.column < 0]
    of_cells = [note for note in taken.notes if note.code[0] == "W" and note.column >= 0]
    errors = [note for note in taken.notes if note.code[0] == "E"]
    for more, notes in (("warnings", of_the_file), ("errors", errors), ("warnings", of_cells)):
        found = _once(notes)
        for note, rows in found[:SHOWN_FINDINGS]:
            where = place(note, sheet) if note.row else sheet or name
            raw = f"“{note.raw}”: " if note.raw and note.row else ""
            again = f" ({words('ingest.rows_alike', count=words.number(len(rows)))})" if len(rows) > 1 else ""
            yield f"  {where}{again}: {raw}{note_text(note, words)} {mend(note, words)}".rstrip()
        if len(found) > SHOWN_FINDINGS:
            yield f"  {words(f'ingest.more.{more}', count=words.number(len(found) - SHOWN_FINDINGS))}"
    repairs = list(_repairs(taken))
    for note in repairs[:SHOWN_FINDINGS]:
        yield f"  {place(note, sheet)}: {_became(note, words)} {note_text(note, words)}"
    if len(repairs) > SHOWN_FINDINGS:
        yield f"  {words('ingest.more.repairs', count=words.number(len(repairs) - SHOWN_FINDINGS))}"


def _repairs(taken: Taken) -> Iterator[Note]:
    """The cells that were read otherwise than they stand there."""
    return (note for note in taken.notes if note.code[0] == "R" and note.column >= 0 and note.raw != note.new)


def _became(note: Note, words: Words) -> str:
    return f"“{note.raw}” → “{new}”." if (new := _new(note, words)) else f"“{note.raw}”."


# --- the workbook that goes back -------------------------------------------------------------------------------------

_BAD, _HEADING = "#F8CBAD", "#D9E2F3"
_HEAD = {"bold": True, "bg_color": _HEADING, "border": 1, "valign": "vcenter"}
_MOST_FROZEN, _MOST_MERGED = 10, 200_000
"""So far down a heading leaves room to scroll below it; so many cells are merged again."""

_WIDTHS, _OWN_WIDTH, _LINE = (19, 24, 26, 26, 48, 56), 18, 15


def write_errors(
    taken: Taken, path: Path, both: Mapping[Language, Words], properties: Mapping[str, str] | None = None
) -> None:
    """Write the errors of a file that has some beside it; nothing in it is a formula. `properties` are the file's."""
    import xlsxwriter

    assert taken.sheet is not None
    errors = [note for note in taken.notes if note.code[0] == "E"]
    beside = path.with_name(f".{path.name}.new")
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(beside), {**options, "constant_memory": not taken.sheet.merged}) as book:
        book.set_properties({"created": datetime(2025, 1, 1), "title": path.name})
        for name, text in (properties or {}).items():
            book.set_custom_property(name, text, "text")
        _own_sheet(book, taken.sheet, taken.heading, errors, both)
        for language in LANGUAGES:
            _summary(book, taken, errors, both[language])
    beside.replace(path)


def _own_sheet(
    book: Any, sheet: Sheet, heading: Sequence[int], errors: list[Note], both: Mapping[Language, Words]
) -> None:
    """The cells as they came, where they stood; the rows of the `heading` as in a blank workbook."""
    from xlsxwriter.exceptions import OverlappingRange

    page = book.add_worksheet(sheet.name or "CSV")
    formats = {name: book.add_format(form) for name, form in _FORMATS.items()}
    titles = {**formats, "text": book.add_format({"num_format": "@"})}
    heads = {name: book.add_format({**form, **_HEAD}) for name, form in _FORMATS.items()}
    bad = {name: book.add_format({**form, "bg_color": _BAD}) for name, form in _FORMATS.items()}
    at: dict[int, dict[int, list[Note]]] = defaultdict(lambda: defaultdict(list))
    for note in errors:
        at[note.row][max(note.column, 0)].append(note)
    merged: dict[int, list[tuple[int, int, int, int]]] = defaultdict(list)
    for span in sheet.merged:
        merged[span[0]].append(span)
    again: list[tuple[tuple[int, int, int, int], str]] = []
    for row in sheet.rows():
        marked = at.get(row.number, {})
        texts = [raw_text(cell) for cell in row.cells]
        alone = sum(map(bool, texts)) == 1
        usual = heads if row.number in heading else titles if alone else formats
        page.set_row(row.number - 1, _height(texts, [_OWN_WIDTH] * len(texts)))
        for column in range(max(len(row.cells), *(each + 1 for each in marked), 0)):
            cell = row.cells[column] if column < len(row.cells) else ""
            _write(page, row.number - 1, column, cell, bad if column in marked else usual)
        for column, notes in marked.items():
            page.write_comment(row.number - 1, column, _comment(notes, both), {"x_scale": 2.4, "y_scale": 1.8})
        again += [(span, texts[span[1]] if span[1] < len(texts) else "") for span in merged[row.number]]
    _fit(page)
    page.set_column(0, 40, _OWN_WIDTH)
    if heading:
        page.repeat_rows(heading[0] - 1, heading[-1] - 1)
    if heading and heading[-1] <= _MOST_FROZEN:
        page.freeze_panes(heading[-1], 1)
    wrong, left = sorted(at), _MOST_MERGED
    for (top, first, bottom, last), text in again:
        left -= (bottom - top + 1) * (last - first + 1)
        if left < 0 or (bottom, last) == (top, first) or bisect_left(wrong, top) < bisect_right(wrong, bottom):
            continue
        with suppress(OverlappingRange):
            page.merge_range(top - 1, first, bottom - 1, last, text, (heads if top in heading else formats)["text"])


_CELL = {"text_wrap": True, "valign": "top"}
_FORMATS: dict[str, dict[str, Any]] = {
    "text": {"num_format": "@", **_CELL},
    "number": {**_CELL},
    "share": {"num_format": "0.0###%", **_CELL},
    "date": {"num_format": "yyyy-mm-dd", "align": "left", **_CELL},
    "moment": {"num_format": "yyyy-mm-dd hh:mm", "align": "left", **_CELL},
}


def _write(page: Any, row: int, column: int, cell: Any, formats: Mapping[str, Any]) -> None:
    if isinstance(cell, datetime):
        page.write_datetime(row, column, cell, formats["moment" if cell.time() != time() else "date"])
    elif isinstance(cell, date):
        page.write_datetime(row, column, cell, formats["date"])
    elif isinstance(cell, (bool, Broken, str)) or cell is None:
        text = "" if cell is None else raw_text(cell)
        page.write_string(row, column, text[:32767], formats["text"]) if text else page.write_blank(
            row, column, None, formats["text"]
        )
    elif isinstance(cell, float):
        page.write_number(row, column, cell, formats["share" if isinstance(cell, Share) else "number"])
    else:
        page.write_string(row, column, raw_text(cell), formats["text"])


def _height(texts: list[str], widths: Sequence[int]) -> int:
    """The height of a row whose texts are broken into lines; a spreadsheet finds it out only where somebody types."""
    if sum(map(bool, texts)) < 2:
        return _LINE  # a title runs on over the cells beside it
    return _LINE * min(12, max(-(-len(text) // width) for text, width in zip(texts, widths, strict=True)))


def _fit(page: Any) -> None:
    """As wide as one sheet of paper, across."""
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)


def _comment(notes: list[Note], both: Mapping[Language, Words]) -> str:
    """Why and how, in both languages."""
    return "\n\n".join(
        "\n".join(f"{note_text(note, both[language])} {mend(note, both[language])}".rstrip() for note in notes)
        for language in LANGUAGES
    )


def _summary(book: Any, taken: Taken, errors: list[Note], words: Words) -> None:
    """The counts, and every error with its place, as a sheet of its own."""
    page = book.add_worksheet(SUMMARIES[words.language])
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    heading = book.add_format({"bold": True, "bg_color": _HEADING, "text_wrap": True})
    _fit(page)
    page.write_string(0, 0, words("ingest.back.title", file=taken.path.name), bold)
    page.write_string(1, 0, words("ingest.back.lead"))
    line = 3
    for name, count in [
        *((words(f"ingest.bin.{each.value}"), taken.counts.bins[each]) for each in Bin),
        (words("ingest.rows_read"), taken.counts.rows_read),
    ]:
        page.write_number(line, 0, count)
        page.write_string(line, 1, name)
        line += 1
    line += 1
    for column, name in enumerate(("code", "place", "header", "raw", "why", "mend")):
        page.write_string(line, column, words(f"ingest.back.{name}"), heading)
        page.set_column(column, column, _WIDTHS[column])
    for note, rows in _once(errors):
        line += 1
        again = f" ({words('ingest.rows_alike', count=words.number(len(rows)))})" if len(rows) > 1 else ""
        where = place(note._replace(header=""), taken.sheet.name if taken.sheet else "")
        cells = (note.code, f"{where}{again}", note.header,
                 note.raw, note_text(note, words), mend(note, words))  # fmt: skip
        page.set_row(line, _height(list(cells), _WIDTHS))
        for column, text in enumerate(cells):
            page.write_string(line, column, text[:32767], wrapped)
    line += 2
    page.write_string(line, 0, words("ingest.bin.repaired"), bold)
    for note in _repairs(taken):
        line += 1
        where = place(note._replace(header=""), taken.sheet.name if taken.sheet else "")
        for column, text in enumerate((note.code, where, note.header, _became(note, words), note_text(note, words))):
            page.write_string(line, column, text[:32767], wrapped)
    line += 2
    page.write_string(line, 0, words("ingest.bin.non_data"), bold)
    for reason, runs in taken.aside.items():
        line += 1
        page.write_string(line, 0, reason)
        page.write_string(line, 1, ", ".join(map(_run, runs))[:32767], wrapped)
        page.write_string(line, 2, words(f"ingest.{reason}.row"))
