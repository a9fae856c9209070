"""New rows for `data/` without an editor: proposed from their quotation, checked by every rule, then written.

`facts.add("observations", indicator_id=..., source_id=..., evidence=...)` in a notebook, and `r57 add-fact`. A row is
written only when the data with it hold no error that they did not hold before; nothing else in its file changes by a
byte. What is proposed is what the quotation or the other rows say in one way alone.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd

from r57lib.data.checks import LABELLED, check_tables
from r57lib.data.codes import Finding, Kind, Qualifier, Severity
from r57lib.data.load import find_data, load_tables
from r57lib.data.phrases import (
    days_in,
    fits_kind,
    has_qualifier,
    is_expected,
    places_of,
    printed_number,
    qualifiers_said,
    unit_said,
    years_in,
)
from r57lib.data.quotations import register_of
from r57lib.data.rows import Source
from r57lib.data.schema import FACT_TABLES, Field, Resource, resources
from r57lib.data.tables import Tables, documents
from r57lib.data.values import agrees
from r57lib.disk import alone, write_all
from r57lib.errors import BadData, WrongCall, did_you_mean, wrong_choice

LABELS = {"label_en": "en", "label_vi": "vi"}
"""What may be told beside the columns of a table whose rows a reader sees by name: its words in both languages."""

_TABLES = (*FACT_TABLES, "sources", "indicators", "annotations", "labels")
_LEFT = ("reference", "quotations")
"""What a call that was killed between its files leaves: a quotation without its fact, till the fact is added again."""
_VALUES = ("obs_value", "target_value", "task_count")
_SIGNS = {"up": ">=", "down": "<="}
_NUMBER = re.compile(
    r"(?:(?:USD|US\$|\$)\s?)?(?<![\w/.,-])\d(?:[\d.,]*\d)?(?![\w/-])"
    r"(?:\s?%|\s(?:per ?cent|thousand|million|billion|trillion|phần trăm|(?:(?:nghìn|triệu) )?(?:nghìn|triệu|tỷ))\b)?"
)
_RANKED = re.compile(r"\b(?:rank\w*|place[ds]?|position|hạng|thứ|top)\W*$", re.I)
_PART = re.compile(r"\b(?:early|mid|late|end|beginning|đầu|giữa|cuối)\b", re.I)
"""A day that is told by such a word has a form of its own, which is a reader's to choose."""


def add(table: str, *rows: Mapping[str, Any], data: str | Path = "", **columns: Any) -> list[str]:
    """Add rows to a table of `data/`, or the one row that `columns` tells; gives the keys of the rows.

    A column that is not told gets what `propose` gives. Raises `WrongCall` for a column that there is not, or that is
    needed and neither told nor proposed, and `BadData` when the data with the rows would break a rule; then nothing is
    written.

    >>> add("observations", obs_value=0.52)
    Traceback (most recent call last):
    ...
    r57lib.errors.WrongCall: observations: a fact needs its source_id and its evidence, 15 words of it at most
    """
    written, _ = add_all(table, [*rows, *([columns] if columns else [])], data=data)
    return written


def add_all(
    table: str, rows: Iterable[Mapping[str, Any]], *, data: str | Path = "", write_them: bool = True
) -> tuple[list[str], list[Finding]]:
    """As `add`, with the warnings that the rows bring; without `write_them` all is looked at and nothing written."""
    resource, folder = table_of(table), find_data(data)
    with alone(folder / ".facts.lock", "facts are being added"):
        tables, complete, words = load_tables(folder), [], []
        if broken := [each for each in tables.findings if (each.rule, each.table) != _LEFT]:
            raise BadData(f"mend the data first, then add to them: {broken[0].place}: {broken[0].message}")
        taken = set(tables.facts()["fact_id"])
        for number, told in enumerate(rows, 1):
            row = {name: str(value).strip() for name, value in told.items() if pd.isna(value) is not True}
            place = f"{table}, row {number}" if number > 1 else table
            row |= {name: text for name, text in propose(table, row, tables, taken).items() if not row.get(name)}
            if (source := row.get("source_id")) and resource.has_facts and source not in documents(tables):
                raise WrongCall(f"{place}: unknown source '{source}'{did_you_mean(source, documents(tables))}")
            if lacking := lacks(resource, row):
                names = ", ".join(map(asked, lacking))
                raise WrongCall(f"{place}: not told and not to be read from the quotation: {names}")
            taken.add(row.get(resource.key[0], ""))
            words += _labels(resource, row, place)
            complete.append({name: row.get(name, "") for name in resource.field_names})
        files = dict(_files(folder, resource, complete, words))
        then = load_tables(folder, instead=files)
        new = _new(check_tables(tables), check_tables(then))
        if errors := [each for each in new if each.severity is Severity.ERROR] or list(then.findings):
            raise BadData("\n".join(f"{each.place}: {each.message}" for each in errors))
        if write_them:  # the fact last: what belongs to it is there before it
            write_all({folder / f"{name}.csv": files[name] for name in sorted(files, key=lambda name: name == table)})
    return [row[resource.key[0]] for row in complete], new


def table_of(name: str) -> Resource:
    """The table of this name, if rows can be added to it; raises `WrongCall` otherwise."""
    if name not in _TABLES:
        raise wrong_choice("table", name, _TABLES)
    return resources()[name]


def lacks(table: Resource, row: Mapping[str, str]) -> list[Field]:
    """The columns that must hold something and do not; raises `WrongCall` for one that there is not, or is no text."""
    known = [*table.field_names, *(LABELS if table.name in LABELLED else ())]
    for name, text in row.items():
        if name not in known:
            raise WrongCall(f"{table.name}: there is no column '{name}'{did_you_mean(name, known)}")
        if any("\ud800" <= each <= "\udfff" for each in text):  # what a terminal gives for bytes that are not UTF-8
            raise WrongCall(f"{table.name}: {name} holds bytes that are no characters; tell it in UTF-8")
    if table.has_facts and not (row.get("source_id") and row.get("evidence")):
        raise WrongCall(f"{table.name}: a fact needs its source_id and its evidence, 15 words of it at most")
    return [field for field in table.fields if field.required and not row.get(field.name)]


def asked(field: Field) -> str:
    """What a column wants to be told: its name, what it means, and its codes where it has some."""
    codes = f"; one of {', '.join(field.codes)}" if field.codes else ""
    return f"{field.name} ({field.description.rstrip('.')}{codes})"


# --- what can be read from the quotation, and from the other rows ----------------------------------------------------


def propose(table: str, told: Mapping[str, str], tables: Tables, taken: Iterable[str] = ()) -> dict[str, str]:
    """What a row's other columns very probably hold; only where its source, quotation or table allow one thing alone.

    `taken` are the numbers of facts that are given already.
    """
    row = dict(told)
    for told_by in (_of_document, _of_corrected, _of_table):
        for column, value in told_by(table, row, tables):
            row[column] = row.get(column) or value
    if table == "annotations":
        given = {*tables[table]["annotation_id"], *taken}
        row["annotation_id"] = row.get("annotation_id") or next(
            f"N{n:03}" for n in range(1, 10**6) if f"N{n:03}" not in given
        )
    if table in FACT_TABLES and row.get("evidence"):
        for column, value in _of_quotation(table, row, tables):
            row[column] = row.get(column) or value
        row["fact_id"] = row.get("fact_id") or _free_id(table, row, {*taken, *tables.facts()["fact_id"]})
    return {name: value for name, value in row.items() if value and not told.get(name)}


def _of_document(table: str, row: Mapping[str, str], tables: Tables) -> Iterator[tuple[str, str]]:
    if table == "sources":
        yield from {"document": row.get("source_id", ""), "section": "body"}.items()
        yield "reported_on", row.get("published_on", "")
        yield "reported_on_precision", "day" if row.get("published_on") else "not_before"
    elif source := documents(tables).get(row.get("source_id", "")):
        yield "section", source.section
        yield "reported_on", f"{source.reported_on:%Y-%m-%d}"


def _of_corrected(table: str, row: Mapping[str, str], tables: Tables) -> Iterator[tuple[str, str]]:
    """A correction is about what it corrects, and measured as that was."""
    frame = tables[table]
    for _, held in frame[frame["fact_id"] == row["corrects"]].iterrows() if row.get("corrects") else ():
        for column in (*resources()[table].about, "basis", "series_break"):
            if column in frame and pd.notna(held[column]):
                yield column, str(held[column])


def _of_table(table: str, row: Mapping[str, str], tables: Tables) -> Iterator[tuple[str, str]]:
    """What all rows about the same subject agree on."""
    frame = tables[table]
    subject = next((name for name in ("indicator_id", "commitment_id", "scope_id") if name in frame), "")
    same = frame[frame[subject] == row.get(subject)] if subject and row.get(subject) else frame.iloc[:0]
    for column in ("scope", "basis", "unit", "enterprise_id"):
        if column in same and same[column].nunique() == 1:
            yield column, str(same[column].iloc[0])
    if table == "targets":
        known = tables["indicators"].set_index("indicator_id")["direction"].to_dict()
        yield "comparator", _SIGNS.get(str(known.get(row.get("indicator_id", ""))), "")


def _of_quotation(table: str, row: Mapping[str, str], tables: Tables) -> Iterator[tuple[str, str]]:
    evidence, source = row["evidence"], documents(tables).get(row.get("source_id", ""))
    column = next((name for name in _VALUES if name in resources()[table].field_names), "")
    if source and column:
        yield from _of_number(table, column, row, tables, source)
    days, years = list(days_in(evidence)), years_in(evidence)
    if table == "targets":
        yield "target_period", str(next(iter(years))) if len(years) == 1 and not days else ""
    elif len(days) == 1 and source and not _PART.search(evidence):
        ((year, month, day),) = days
        year = year or (next(iter(years)) if len(years) == 1 else source.reported_on.year)
        yield "time_period", f"{year}-{month:02}" + (f"-{day:02}" if day else "")
    elif table == "observations" and len(years) == 1 and not days:
        yield "time_period", str(next(iter(years)))


def _of_number(
    table: str, column: str, row: Mapping[str, str], tables: Tables, source: Source
) -> Iterator[tuple[str, str]]:
    """The one number of the quotation that fits what is told: as printed, as a value, how exactly, of which kind."""
    unit, evidence, told = row.get("unit") or _unit(row, tables), row["evidence"], row.get(column, "")
    fitting = []
    for token in [row["printed_value"]] if row.get("printed_value") else _tokens(evidence):
        places = places_of(token, evidence)
        number, percent = printed_number(token, places, source.language)
        wanted = not unit or (percent == (unit == "share") and unit_said(token, places) in ("", unit))
        if unit == "rank":
            wanted = any(_RANKED.search(before) for before, _ in places)
        if number is not None and wanted and (not told or _agree(told, number, percent)):
            fitting.append((token, number / 100 if percent and unit == "share" else number, places))
    if len(fitting) != 1:
        return
    ((token, value, places),) = fitting
    yield "printed_value", token
    yield column, f"{value:.0f}" if value == round(value) else f"{value:.12g}"
    said = qualifiers_said(token, places)
    elsewhere = any(has_qualifier(kind, evidence) for kind in Qualifier if kind is not Qualifier.EXACT)
    if len(said) == 1 and not (said == {Qualifier.EXACT} and elsewhere):
        yield "qualifier", str(*said)
    if table == "targets":
        yield "kind", str(Kind.TARGET)
    elif table != "commitments" and not is_expected(evidence) and fits_kind(Kind.REPORTED, token, places, evidence):
        yield "kind", str(Kind.REPORTED)


def _unit(row: Mapping[str, str], tables: Tables) -> str:
    for table, column in (("indicators", "indicator_id"), ("commitments", "commitment_id")):
        if row.get(column):
            return str(tables[table].set_index(column)["unit"].to_dict().get(row[column]) or "")
    return ""


def _tokens(evidence: str) -> list[str]:
    """The numbers of a text with their scale and currency, but for those that are days or years."""
    found = dict.fromkeys(match[0].strip() for match in _NUMBER.finditer(evidence))
    parts = {str(year) for year in years_in(evidence)} | {str(day) for *_, day in days_in(evidence)}
    return [token for token in found if token not in parts]


def _agree(told: str, number: float, percent: bool) -> bool:
    try:
        return agrees(float(told), number, percent=percent)
    except ValueError:
        return False


def _free_id(table: str, row: Mapping[str, str], taken: Iterable[str]) -> str:
    """A number for the fact that tells what it is of, where no other fact has it."""
    words = [row.get(name, "") for name in (*resources()[table].about, "province_code", "target_period")]
    about = [re.sub(r"[^A-Za-z0-9]+", "-", word).strip("-") for word in dict.fromkeys(words)]
    skipped = {"national", "point", "reported", "target", ""}
    stem = "-".join(["P", *(word for word in about if word.casefold() not in skipped)])
    return next(name for number in count(1) if (name := f"{stem}-{number}" if number > 1 else stem) not in taken)


# --- writing ---------------------------------------------------------------------------------------------------------


def _labels(table: Resource, row: dict[str, str], place: str) -> list[dict[str, str]]:
    """The row of labels.csv for a row that a reader sees by name; what it was made of leaves the row."""
    told = {language: row.pop(name, "") for name, language in LABELS.items()}
    if not any(told.values()):
        return []
    if not all(told.values()):
        raise WrongCall(f"{place}: label_en and label_vi stand together; every name is in both languages")
    start, column = LABELLED[table.name]
    return [{"key": f"{start}.{row[column]}", **told}]


def _files(
    folder: Path, table: Resource, rows: list[dict[str, str]], words: list[dict[str, str]]
) -> Iterator[tuple[str, bytes]]:
    """The files as they will be, by table."""
    yield table.name, _with((folder / f"{table.name}.csv").read_bytes(), table, rows)
    if words:
        yield "labels", _with((folder / "labels.csv").read_bytes(), resources()["labels"], words, again=True)
    if table.has_facts:
        register = register_of({name: rows if name == table.name else [] for name in FACT_TABLES})
        quotations = resources()["quotations"]
        held = (folder / "quotations.csv").read_bytes()
        yield "quotations", _with(held, quotations, list(register.values()), again=True)


def _with(content: bytes, table: Resource, rows: Sequence[Mapping[str, str]], *, again: bool = False) -> bytes:
    """A CSV file with further rows in the order of its key; the bytes of all others stay.

    A column that it has not yet and that one of the rows needs comes last, and is empty in all others. With `again` a
    row that stands in it already, the same in every cell, is no further one.
    """
    text = content.decode("utf-8-sig")
    reader, end = csv.reader(io.StringIO(text, newline="")), "\r\n" if "\r\n" in text else "\n"
    header = next(reader)
    lines, opened = io.StringIO(text, newline="").readlines(), reader.line_num
    new = [name for name in table.field_names if name not in header and any(row.get(name) for row in rows)]

    def widened(text: str, cells: Sequence[str]) -> str:
        if text.endswith("\n") and not cells:
            return text
        return text.removesuffix("\n").removesuffix("\r") + "".join(f",{each}" for each in cells) + end

    head = widened("".join(lines[:opened]), new)
    chunks: list[tuple[tuple[str, ...], str]] = []
    places, stand = [header.index(name) for name in table.key], set()
    for cells in reader:
        stand.add(tuple(cells))
        chunk = widened("".join(lines[opened : reader.line_num]), [""] * len(new))
        chunks.append((tuple(cells[place] for place in places), chunk))
        opened = reader.line_num
    for row in rows:
        line, cells = io.StringIO(newline=""), [row.get(name, "") for name in (*header, *new)]
        if again and tuple(cells) in stand:
            continue
        csv.writer(line, lineterminator=end).writerow(cells)
        chunks.append((tuple(row[name] for name in table.key), line.getvalue()))
    start = content[:3] if content.startswith(b"\xef\xbb\xbf") else b""
    body = "".join(chunk for _, chunk in sorted(chunks, key=lambda each: each[0]))
    return start + (head + body).encode()


def _new(before: list[Finding], after: list[Finding]) -> list[Finding]:
    """The findings that were not there before, wherever their rows stand now."""
    known = {(each.rule, each.table, each.column, each.message, each.fact_ids) for each in before}
    return [each for each in after if (each.rule, each.table, each.column, each.message, each.fact_ids) not in known]


def parse_rows(content: bytes, file: str) -> list[dict[str, str]]:
    """The rows of a CSV file whose heads are columns; raises `WrongCall` for what is no such file."""
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        rows = list(reader)
    except UnicodeDecodeError:
        raise WrongCall(f"{file}: is not UTF-8; save it as CSV UTF-8") from None
    except csv.Error as error:
        raise WrongCall(f"{file}, line {reader.line_num}: is not readable as CSV: {error}") from None
    heads = reader.fieldnames or []
    if twice := next((name for name in heads if heads.count(name) > 1), None):
        raise WrongCall(f"{file}: has two columns '{twice}'; keep one")
    if len(heads) == 1 and ";" in heads[0]:
        raise WrongCall(f"{file}: stands between semicolons; save it as CSV with commas")
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise WrongCall(f"{file}, line {number}: has other fields than the {len(heads)} heads")
    if not rows:
        raise WrongCall(f"{file}: holds no row below its heads")
    return rows
