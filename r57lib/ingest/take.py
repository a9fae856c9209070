"""Takes files in: each of them whole, or not at all, with an account of every row."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from importlib.metadata import version
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

from r57lib import disk
from r57lib.data.store import GROUP_LEAD, RECEIPT, ROWS
from r57lib.data.tables import Tables, documents
from r57lib.errors import WrongCall, did_you_mean, wrong_choice
from r57lib.ingest.aliases import read_aliases, to_settle
from r57lib.ingest.binning import Binned, Binner
from r57lib.ingest.files import copy_whole, read_sheet, require_file
from r57lib.ingest.heading import SEARCHED_ROWS, SheetHeading, cleaned, find_header, has_heading
from r57lib.ingest.kinds import KINDS, FileKind, words_digest
from r57lib.ingest.names import AgencyBook, Sender, agency_book
from r57lib.ingest.persons import holds_persons, without_persons
from r57lib.ingest.plans import PlanCodes
from r57lib.ingest.rows import MARK, Bin, Counts, Note, Rejected, Sheet, Unreadable
from r57lib.ingest.store import Store, writing
from r57lib.ingest.text import bare_key
from r57lib.ingest.units import find_sender, is_local, sender_above
from r57lib.ingest.values import Locale

RESTATEMENTS_SHOWN = 1000
"""So many restatements stand in a receipt one by one; all are counted."""


@dataclass(frozen=True)
class Request:
    """What is asked for: the kind of file, who sent it, the day of the report, and how numbers are written.

    `language` is that of the source, `synthetic` whether its figures are made up; `made_up` are all such sources;
    `code_prefix` is what the codes of a plan without codes begin with; `aliases` the ids of bodies by the spellings
    that were settled for this call; `accept_unknown_lead` that a task whose lead nobody knows is taken in as it is;
    `sender` is whose departments its names mean, where the call says so.
    """

    kind: FileKind
    source_id: str
    reported_on: date
    sheet: str = ""
    locale: Locale = "vi"
    dry_run: bool = False
    language: str = "vi"
    synthetic: bool = False
    made_up: tuple[str, ...] = ()
    code_prefix: str = ""
    aliases: Mapping[str, str] = field(default_factory=dict)
    accept_unknown_lead: bool = False
    sender: Sender | None = None


@dataclass
class Taken:
    """What came of a file: `accepted`, `partial` (rows are quarantined), `rejected` or `unchanged` (known before).

    `entry` is its place in the store, of an unchanged file the day of its report; `left` how many rows of an unchanged
    file are still to be mended; `heading` the rows of the heading.
    """

    path: Path
    state: str = "accepted"
    sheet: Sheet | None = None
    sha256: str = ""
    counts: Counts = field(default_factory=Counts)
    notes: list[Note] = field(default_factory=list)
    rejected: Rejected | None = None
    changes: dict[str, int] = field(default_factory=dict)
    restatements: list[dict[str, str]] = field(default_factory=list)
    entry: str = ""
    left: int = 0
    aside: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    heading: tuple[int, ...] = ()


def make_request(
    tables: Tables,
    *,
    kind: str,
    source: str,
    reported_on: date,
    today: date,
    sheet: str = "",
    locale: str = "vi",
    dry_run: bool = False,
    code_prefix: str = "",
    aliases: Path | None = None,
    accept_unknown_lead: bool = False,
    sender: str = "",
) -> Request:
    """A request, checked; raises `WrongCall`, which names the nearest of what would have been right."""
    if kind not in KINDS:
        raise wrong_choice("kind of file", kind, KINDS)
    if locale not in ("vi", "en"):
        raise wrong_choice("locale", locale, ("vi", "en"))
    rows = documents(tables)
    if source not in rows:
        raise WrongCall(f"unknown source '{source}'{did_you_mean(source, rows)} (a row of sources.csv names each)")
    if reported_on > today:
        raise WrongCall(f"--reported-on {reported_on} is in the future; today is {today}")
    if code_prefix and not re.fullmatch(r"[^\W_][\w.]*(?:[-/][\w.]+)*", code_prefix):
        raise WrongCall(f"--code-prefix '{code_prefix}' is not a code; write one such as NQ57 or KH02-BCDTW")
    made_up = tuple(sorted(name for name, row in rows.items() if row.confidence == "synthetic"))
    style: Locale = "en" if locale == "en" else "vi"
    language = rows[source].language
    synthetic, prefix = source in made_up, code_prefix or source
    book = agency_book(tables)
    whose = find_sender(book, sender) if sender else None
    settled = read_aliases(aliases, replace(book, sender=whose)) if aliases else {}
    return Request(KINDS[kind], source, reported_on, sheet, style, dry_run, language, synthetic, made_up, prefix,
                   settled, accept_unknown_lead, whose)  # fmt: skip


def take(
    path: Path,
    request: Request,
    tables: Tables,
    *,
    watch: Callable[[int], None] = lambda number: None,
    binned: Callable[[Taken], None] = lambda taken: None,
) -> Taken:
    """Take a file in; raises `WrongCall` for what is no file, and `Busy` when another process takes files in.

    `watch` is told about every thousandth row how far it is; `binned` is called when all rows are in their bins and
    nothing is stored yet. A file is read before the store is locked: one that takes long keeps nobody waiting.
    """
    store, taken = Store(tables.folder), Taken(path)
    try:
        require_file(path)
        with _uncollected(), _nowhere() if request.dry_run else store.building() as built:
            raw = built / "raw"
            taken.sha256 = copy_whole(path, raw)
            raw.chmod(0o600)  # it may name persons, whom nothing else of ours does
            raw = raw.rename(built / f"{taken.sha256}{path.suffix.lower() if path.suffix.isascii() else ''}")
            taken.sheet = read_sheet(
                raw, name=path.name, named=request.sheet, is_table=partial(has_heading, kind=request.kind)
            )
            taken.sheet = without_persons(taken.sheet, request.kind, agency_book(tables).knowing(request.aliases))
            with nullcontext() if request.dry_run else store.alone():
                if _fill(request, tables, store, built, taken, watch):
                    binned(taken)
                    _keep(path, request, tables, store, built, taken)
    except Rejected as rejected:
        taken.state, taken.rejected = "rejected", rejected
    return taken


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let nobody look for cycles among cells: there are none, and the search takes half of the time."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


@contextmanager
def _nowhere() -> Iterator[Path]:
    """A place to try something in: nothing of it comes near the store."""
    with disk.scratch() as folder:
        yield folder


DICTIONARIES = ("agencies", "agency_aliases", "enterprises", "labels", "provinces", "province_predecessors")
OF_FACTS = ("indicators", "commitments", "observations", "targets")
"""The tables that say what a cell means; those of facts where rows are facts."""


def _fill(
    request: Request, tables: Tables, store: Store, built: Path, taken: Taken, watch: Callable[[int], None]
) -> bool:
    """Bin the rows of a file into the folder that is built; whether anything of it is new.

    The same file for the same request is looked at again when the dictionaries have changed since.
    """
    before = store.receipt_of(_named(request, taken))
    if before is None or before.get("dictionaries") != _dictionaries(request, tables):
        _bin_rows(request, tables, store, built, taken, watch)
        if before is None or before["rows_sha256"] != disk.sha256(built / ROWS):
            taken.state = "partial" if taken.counts.bins[Bin.QUARANTINED] else "accepted"
            return True
    taken.state, taken.entry, taken.left = "unchanged", str(before["reported_on"]), int(before["quarantined"])
    return False


def _named(request: Request, taken: Taken) -> dict[str, Any]:
    """What makes two calls one: the bytes, the sheet of them, and what its rows are taken for."""
    assert taken.sheet is not None
    return {
        "sha256": taken.sha256,
        "sheet": taken.sheet.name,
        "kind": request.kind.name,
        "source_id": request.source_id,
        "reported_on": request.reported_on.isoformat(),
        "locale": request.locale,
        "code_prefix": request.code_prefix,
        "aliases": dict(request.aliases),
        "accept_unknown_lead": request.accept_unknown_lead,
        "sender": list(request.sender or ()),
    }


def _dictionaries(request: Request, tables: Tables) -> str:
    """The state of all that says what cells and headings mean."""
    used = DICTIONARIES if request.kind.by_code else DICTIONARIES + OF_FACTS
    return disk.digest(" ".join([version("r57"), words_digest(), *(tables.digests.get(name, "") for name in used)]))


def _keep(path: Path, request: Request, tables: Tables, store: Store, built: Path, taken: Taken) -> None:
    good = taken.counts.bins[Bin.ACCEPTED] + taken.counts.bins[Bin.REPAIRED]
    if request.dry_run or not good:
        return
    receipt = _receipt(path, request, taken, disk.sha256(built / ROWS)) | {
        "dictionaries": _dictionaries(request, tables)
    }
    disk.write(built / RECEIPT, disk.as_json(receipt))
    taken.entry = store.put(built).name


def _bin_rows(
    request: Request, tables: Tables, store: Store, built: Path, taken: Taken, watch: Callable[[int], None]
) -> None:
    assert taken.sheet is not None
    book = _book_of(request, tables, taken.sheet)
    known = None
    if not request.kind.by_code:
        from r57lib.ingest.facts import known_of

        known = known_of(tables, request.kind, book, request.language)
    before = store.newest(request.kind, request.reported_on.isoformat())
    codes = PlanCodes(request.code_prefix, before) if request.kind.by_code else None
    binner = Binner(
        taken.sheet,
        request.kind,
        book,
        locale=request.locale,
        reported_on=request.reported_on,
        known=known,
        codes=codes,
        accept_unknown_lead=request.accept_unknown_lead,
    )
    taken.heading = binner.survey.header.rows
    if not request.synthetic:
        _require_real(taken.sheet, binner.survey.header, request)
    taken.notes += [*taken.sheet.notes, *_header_notes(binner)]
    if request.kind.by_code and not binner.survey.header.has_codes(request.kind):
        taken.notes.append(Note("W-PLAN", hint=request.code_prefix))
    groups = watched = 0
    undated = request.kind.by_code and "completed_date" not in binner.survey.header.columns
    with writing(built / ROWS, request.kind) as writer:
        for part in binner.parts():
            last = part.number if isinstance(part, Binned) else part.first + len(part.rows) - 1
            if last // 1000 > watched // 1000:
                watch(watched := last)
            if not isinstance(part, Binned) and not before:
                taken.counts.bins[Bin.ACCEPTED] += len(part.rows)
                taken.changes["new"] = taken.changes.get("new", 0) + len(part.rows)
                writer.write_plain(part)
                continue
            for binned in [part] if isinstance(part, Binned) else binner.binned(part):
                reason = binned.notes[0].code if binned.bin is Bin.NON_DATA else ""
                taken.counts.add(binned.bin, reason)
                if reason:
                    _set_aside(taken.aside.setdefault(reason, []), binned.number)
                taken.notes += [note for note in binned.notes if note.code[0] != "N" or note.code == "N-TWICE"]
                if binned.record is not None and undated:
                    binned = _still_completed(request.kind, before, binned, taken)
                if binned.record is not None:
                    writer.write({**binned.record, "row": binned.number})
                    _compare(request.kind, before, binned, taken)
                    groups += binned.record.get("lead_agency", "").startswith(GROUP_LEAD)
    if groups:
        taken.notes.append(Note("W-GROUP", hint=str(groups)))
    if not book.sender and any(is_local(each.spelling) for each in to_settle(taken.notes, "")):
        taken.notes.append(Note("W-SENDER"))
    if not taken.counts.rows_read - taken.counts.bins[Bin.NON_DATA]:
        taken.notes.append(Note("W-NO-ROWS"))


def _book_of(request: Request, tables: Tables, sheet: Sheet) -> AgencyBook:
    """The names that a sheet may hold, with whose they are by the call or by the lines above its heading."""
    book = agency_book(tables).knowing(request.aliases)
    if not request.kind.by_code:
        return book
    first = find_header(list(islice(sheet.rows(), SEARCHED_ROWS)), request.kind, sheet.merged).rows[0]
    above = takewhile(lambda row: row.number < first, sheet.rows())
    texts = [cell for row in above for cell in row.cells if isinstance(cell, str)]
    try:
        return replace(book, sender=sender_above(book, texts, request.sender))
    except Unreadable as error:
        raise Rejected(error.code, named=error.hint) from None


def _require_real(sheet: Sheet, header: SheetHeading, request: Request) -> None:
    """Raise `Rejected` for a file that says above its heading that it is made up, but not its source."""
    mark = bare_key(MARK)
    titles = takewhile(lambda row: row.number < header.rows[0], sheet.rows())
    if any(isinstance(cell, str) and mark in bare_key(cleaned(cell)) for row in titles for cell in row.cells):
        raise Rejected("E-SYNTHETIC", source=" / ".join(f"--source {name}" for name in request.made_up))


def _header_notes(binner: Binner) -> list[Note]:
    header = binner.survey.header
    row = header.rows[-1]
    aside = [
        Note("W-PERSONS" if holds_persons(header.titles[column]) else "R-COLUMN", row, column, header.titles[column])
        for column in header.others
    ]
    twins = [Note("R-TWIN", row, column, header.titles[column]) for column in header.twins]
    repaired = [Note("R-HEADER", row, column, header.titles.get(column, "")) for column in header.repaired]
    moved = [Note("W-READ-AS", row, header.columns[name], header.titles[header.columns[name]]) for name in header.moved]
    order = [
        Note("W-DATE-ORDER", row, header.columns[name], header.titles[header.columns[name]])
        for name, column in binner.survey.columns.items()
        if column.month_first
    ]
    return [*aside, *twins, *repaired, *moved, *order]


def _set_aside(runs: list[tuple[int, int]], row: int) -> None:
    """Add a row to the runs of rows that have none between them."""
    if runs and runs[-1][1] == row - 1:
        runs[-1] = (runs[-1][0], row)
    else:
        runs.append((row, row))


def _still_completed(kind: FileKind, known: Mapping[str, Mapping[str, str]], binned: Binned, taken: Taken) -> Binned:
    """A plan says nothing of what is completed: what was known to be stays so."""
    assert binned.record is not None
    before = known.get(kind.key_of(binned.record).casefold(), {}).get("completed_date", "")
    if not before:
        return binned
    taken.notes.append(Note("W-COMPLETED", binned.number, new=before))
    return binned._replace(record={**binned.record, "completed_date": before})


def _compare(kind: FileKind, known: Mapping[str, Mapping[str, str]], binned: Binned, taken: Taken) -> None:
    """Whether a row is new, as it was, or restates what was known: listed, never silent."""
    assert binned.record is not None
    key = kind.key_of(binned.record)
    before = known.get(key.casefold())
    changed = [] if before is None else [name for name in kind.names if before[name] != binned.record.get(name, "")]
    what = "new" if before is None else "restated" if changed else "same"
    taken.changes[what] = taken.changes.get(what, 0) + 1
    if before is None or len(taken.restatements) >= RESTATEMENTS_SHOWN:
        return
    taken.restatements += [
        {"key": key, "field": name, "before": before[name], "after": binned.record.get(name, "")} for name in changed
    ]


def _receipt(path: Path, request: Request, taken: Taken, rows_sha256: str) -> dict[str, Any]:
    """What the store remembers of a file."""
    return {
        "file": path.name,
        **_named(request, taken),
        "rows_sha256": rows_sha256,
        "rows_read": taken.counts.rows_read,
        **{each.value: count for each, count in taken.counts.bins.items()},
        "set_aside": taken.aside,
        "changes": taken.changes,
        "restatements": taken.restatements,
    }
