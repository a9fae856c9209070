"""A blank workbook for those who send: headings in both languages, lists to choose from, and what is known filled in.

Whatever stands in it is read back without a doubt, so that what comes back filled has nothing to mend. Its stamp says
what it is, in the properties of the file, which a spreadsheet keeps when it saves.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from importlib.metadata import version
from typing import Any, NamedTuple

import pandas as pd

from r57lib.data.periods import Month, Precision, is_month, parse_month, parse_period
from r57lib.data.store import body_of
from r57lib.data.tables import Tables, documents
from r57lib.errors import WrongCall, did_you_mean, wrong_choice
from r57lib.ingest.amounts import Subject, unit_of
from r57lib.ingest.deadlines import parse_due, parse_measured
from r57lib.ingest.facts import Known, known_of
from r57lib.ingest.kinds import KINDS, FileField, FileKind, choices
from r57lib.ingest.leads import read_lead
from r57lib.ingest.names import ENTERPRISE, PROVINCE, agency_book
from r57lib.ingest.names import Sender as Whose
from r57lib.ingest.rows import GUIDE, LISTS, MARK, Unreadable, column_letter
from r57lib.ingest.stamp import Stamp
from r57lib.ingest.values import YEARS, Value
from r57lib.measures.register import as_known
from r57lib.view.words import LANGUAGES, Language, Words

HEAD_ROW = 4
"""The row of the headings, counted from 1."""

LAST_ROW = 5000
"""So far down the sheet what is typed is looked at."""


# --- who sends, and what for -----------------------------------------------------------------------------------------


class Sender(NamedTuple):
    """Who sends: `MOH`, `province:01`, `viettel`, and the name in each language."""

    code: str
    names: Mapping[Language, str]


def find_sender(tables: Tables, text: str, both: Mapping[Language, Words]) -> Sender:
    """The agency, province or enterprise that a code or a name means; raises `WrongCall` with the nearest."""
    keys = {code: f"agency.{code}" for code in tables["agencies"]["agency_id"]}
    keys |= {PROVINCE + code: f"province.{code}" for code in tables["provinces"]["province_code"]}
    enterprises = {code: f"enterprise.{code}" for code in tables["enterprises"]["enterprise_id"]}
    named = {code: {name: words(key) for name, words in both.items()} for code, key in (keys | enterprises).items()}
    short = {code.removeprefix(PROVINCE).casefold(): code for code in named}
    code = short.get(text.strip().removeprefix(PROVINCE).casefold(), "")
    found = agency_book(tables).known(text)
    if not code and not isinstance(found, Unreadable):
        code = found[0].removeprefix(ENTERPRISE)
    if not code:
        known = [
            *(each.removeprefix(PROVINCE) for each in named),
            *(n for each in named.values() for n in each.values()),
        ]
        hint = did_you_mean(text, known)
        raise WrongCall(f"unknown sender '{text}'{hint} (an agency, a province or an enterprise, by code or by name)")
    return Sender(code, named[code])


# --- what can be chosen, and what is known ---------------------------------------------------------------------------

_CHOICES = {"status": "status", "scope": "scope_of", "qualifier": "qualifier", "basis": "basis", "role": "role",
            "level": "evidence_level"}  # fmt: skip
"""The lists of choices, and where the labels of their codes stand."""

_STRICT = ("subject", "scope", "province", "qualifier", "basis", "role", "level")
"""Kinds of field of which only what is listed can be typed; of others the list is an offer."""


def _lists(tables: Tables, kind: FileKind, sender: Sender, month: Month, words: Words) -> dict[str, Sequence[str]]:
    """For each kind of field what can be chosen, as it is read back without a doubt."""
    book = agency_book(tables)
    known = known_of(tables, kind, book)
    bodies = {code: _said(words.agency(code), code, book.find) for code in book.shown}
    places = words.sorted([name for code, name in bodies.items() if code.startswith(PROVINCE)])
    agencies = words.sorted([name for code, name in bodies.items() if not code.startswith(PROVINCE)])
    own = [bodies[code] for code in (sender.code, ENTERPRISE + sender.code) if code in bodies]
    lists: dict[str, Sequence[str]] = {
        name: [_upper(words(f"{prefix}.{code}")) for code in dict.fromkeys(choices(name).values())]
        for name, prefix in _CHOICES.items()
    }
    lists["agency"] = list(dict.fromkeys([*own, *agencies, *places]))
    lists["province"] = words.sorted([words(f"province.{code}") for code in tables["provinces"]["province_code"]])
    lists["period"] = [text for text in _periods(month, words) if _reads(parse_measured, text)]
    if known:
        prefix = kind.first.name.removesuffix("_id")
        codes = _subjects(tables, known, sender)
        lists["subject"] = words.sorted([_said(words(f"{prefix}.{code}"), code, known.book.find) for code in codes])
        lists["unit"] = list(_units({known.subjects[code].unit for code in codes}, words))
    return {each.kind: lists[each.kind] for each in kind.fields if each.kind in lists}


def _subjects(tables: Tables, known: Known, sender: Sender) -> list[str]:
    """What the values can be of: the sender's own commitments, where it has some; else all."""
    rows = tables["enterprises"]
    units = {sender.code, *rows["enterprise_id"][rows["parent_id"] == sender.code]}
    of = dict(zip(tables["commitments"]["commitment_id"], tables["commitments"]["enterprise_id"], strict=True))
    return [code for code in known.subjects if of.get(code) in units] or list(known.subjects)


def _units(of: Iterable[str], words: Words) -> Iterator[str]:
    """The words of the units of some subjects; those of money also in its large sizes."""
    for unit in sorted(of):
        sizes = (f"amount.{unit}.{size}" for size in ("million", "billion", "trillion"))
        labels = [words(f"unit.{unit}").partition(" (")[0], *(words(key, value="") for key in sizes if words.has(key))]
        for label in labels:
            forms = (label.strip(), " ".join(reversed(label.split())))
            yield from [form for form in forms if _is_unit(form, unit)][:1]


def _is_unit(text: str, unit: str) -> bool:
    try:
        return unit_of(text, Subject(unit)).unit == unit
    except Unreadable:
        return False


def _periods(month: Month, words: Words) -> list[str]:
    """The periods that end with a month: its last day, itself, and the longer ones."""
    year, number = month.year, month.month
    longer = [f"{year}-Q{number // 3}"] * (number % 3 == 0) + [f"{year}-H{number // 6}"] * (number % 6 == 0)
    texts = [str(month), *longer, *[str(year)] * (number == 12)]
    first = [words("template.first_months", count=number, year=year)] * (number not in (1, 6, 12))
    return [f"{month.last_day:%d/%m/%Y}", *(_upper(words.period(text)) for text in texts), *first]


def open_tasks(tables: Tables, sender: Sender, month: Month) -> pd.DataFrame:
    """The tasks that the sender leads and had not completed at the end of a month, as they were known then."""
    tasks = as_known(tables["tasks"], month.last_day)
    done = tasks["completed_date"] <= pd.Timestamp(month.last_day)
    own = tasks["lead_agency"].map(body_of).isin([sender.code, f"{ENTERPRISE}{sender.code}"])
    return tasks[own & ~done].reset_index(drop=True)


def deadline_text(deadline: str, both: Mapping[Language, Words], language: Language) -> str:
    """A deadline in words that are read back as the same; in Vietnamese where the language has none that are."""
    for name in (language, "vi"):
        words = both[name]
        if deadline.startswith("regular"):
            text = words(f"template.{deadline.replace('/', '.')}")
        else:
            text = " – ".join(_period_text(each, words) for each in deadline.split("/"))
        if _reads(parse_due, text) == deadline:
            return text
    return deadline


def _period_text(text: str, words: Words) -> str:
    period = parse_period(text)
    return f"{period.start:%d/%m/%Y}" if period.precision is Precision.DAY else _upper(words.period(period))


def _reads(parse: Callable[[Any], Value], text: str) -> Any:
    """What a text is read as; nothing where it cannot be read, or not without a repair."""
    try:
        found, repairs = parse(text)
    except Unreadable:
        return None
    return None if repairs else found


def _said(name: str, code: str, find: Callable[[Any], Value]) -> str:
    """The name of something, or its code where the name may also be another's."""
    return name if _reads(find, name) == code else code


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


# --- the workbook ----------------------------------------------------------------------------------------------------

_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_HEADING, _NEEDED, _LACKING = "#D9E2F3", "#BDD0EE", "#FFF2CC"
_WIDTHS = {"task_id": 16, "title": 48, "instrument": 20, "lead_agency": 30, "coordinating_agencies": 32,
           "assigned_date": 17, "deadline": 18, "completed_date": 17, "reported_status": 28, "reported_share": 22,
           "indicator_id": 44, "commitment_id": 44, "scope": 18, "province_code": 20, "time_period": 22,
           "obs_value": 15, "unit": 17, "qualifier": 16, "basis": 24, "role": 18, "evidence_level": 24}  # fmt: skip
_WIDTH, _GUIDE_WIDTHS, _LINE = 30, (30, 70, 70), 15


class Template(NamedTuple):
    """A blank workbook, its name for people, and how many tasks are filled in."""

    content: bytes
    filled: int


def make_template(
    tables: Tables, *, kind: str, sender: str, month: str, both: Mapping[Language, Words], language: Language = "vi"
) -> Template:
    """A workbook for what a sender is to fill in; `language` is that of its lists. Raises `WrongCall`."""
    if kind not in KINDS:
        raise wrong_choice("kind of file", kind, KINDS)
    if not is_month(month) or parse_month(month).year not in YEARS:
        raise WrongCall(f"--month: '{month}' is not a month of {YEARS[0]} to {YEARS[-1]}; write it as 2025-12")
    who = find_sender(tables, sender, both)
    stamp = Stamp(kind, who.code, parse_month(month), version("r57"))
    return _Writer(tables, who, stamp, both, language).write()


class _Writer:
    """Writes one workbook."""

    def __init__(
        self, tables: Tables, who: Sender, stamp: Stamp, both: Mapping[Language, Words], language: Language
    ) -> None:
        self._tables, self._who, self._stamp, self._both, self._language = tables, who, stamp, both, language
        self._words, self._month = both[language], stamp.month
        whose = Whose(stamp.province.removeprefix(PROVINCE)) if stamp.province else None
        self._book = replace(agency_book(tables), sender=whose)
        kind = KINDS[stamp.kind]
        self._fields = [each for each in kind.fields if not each.stands_for]
        self._lists = _lists(tables, kind, who, stamp.month, self._words)
        of_tasks = kind.name == "tasks"
        self._tasks = open_tasks(tables, who, stamp.month) if of_tasks else pd.DataFrame()

    def write(self) -> Template:
        """The bytes: the same for the same tables and the same call."""
        import xlsxwriter

        out = io.BytesIO()
        with xlsxwriter.Workbook(out, _OPTIONS) as self._out:
            self._out.set_properties({"created": datetime(2025, 1, 1), "title": self._title(self._language)})
            for name, text in self._stamp.properties.items():
                self._out.set_custom_property(name, text, "text")
            page = self._out.add_worksheet(self._words(f"template.sheet.{self._stamp.kind}"))
            guide, lists = self._out.add_worksheet(GUIDE), self._out.add_worksheet(LISTS)
            self._form(page)
            self._offer(page, self._listed(lists))
            self._fill(page)
            self._explain(guide)
        return Template(out.getvalue(), len(self._tasks))

    def _format(self, **more: Any) -> Any:
        return self._out.add_format({"valign": "top", "text_wrap": True, **more})

    def _title(self, language: Language) -> str:
        words, kind = self._both[language], self._stamp.kind
        what = words(f"template.kind.{kind}")
        return words("template.title", what=what, sender=self._who.names[language], month=words.month(self._month))

    def _heading(self, each: FileField) -> str:
        """The heading of a column in both languages, with a star where each row needs it."""
        vi, en = (self._both[name](f"template.field.{each.name}") for name in ("vi", "en"))
        return f"{vi}{' *' * each.required}\n({en})"

    def _form(self, page: Any) -> None:
        """Titles, headings and the formats of the columns."""
        bold, plain = (self._out.add_format({"bold": bold, "num_format": "@"}) for bold in (True, False))
        lines = [self._title("vi"), self._title("en"), self._said("template.day", " · ")]
        if self._made_up():
            lines[2] = f"{MARK}. {lines[2]}"
        for row, text in enumerate(lines):
            page.write_string(row, 0, text, plain if row else bold)
        for column, each in enumerate(self._fields):
            page.set_column(column, column, _WIDTHS.get(each.name, _WIDTH), self._format(**_form_of(each)))
            ground = _NEEDED if each.required else _HEADING
            heading = self._format(bold=True, bg_color=ground, border=1, valign="vcenter", num_format="@")
            page.write_string(HEAD_ROW - 1, column, self._heading(each), heading)
        page.set_row(HEAD_ROW - 1, 3 * _LINE)
        page.freeze_panes(HEAD_ROW, 1)
        page.ignore_errors({"number_stored_as_text": f"A1:{column_letter(len(self._fields))}{LAST_ROW}"})
        page.repeat_rows(HEAD_ROW - 1)
        _on_paper(page)

    def _made_up(self) -> bool:
        """Whether what is filled in comes from a source whose figures are made up."""
        rows = documents(self._tables)
        return any(rows[name].confidence == "synthetic" for name in set(self._tasks.get("source_id", ())))

    def _said(self, key: str, between: str) -> str:
        """A text in both languages."""
        return between.join(
            words(key, day=words.date(self._month.last_day), first=f"{YEARS[0]}-01-01",
                  last=self._month.last_day.isoformat(), guide=GUIDE, count=words.number(len(self._tasks)),
                  sheet=self._words(f"template.sheet.{self._stamp.kind}"))
            for words in (self._both[name] for name in ("vi", "en"))
        )  # fmt: skip

    # --- what can be typed -------------------------------------------------------------------------------------------

    def _listed(self, page: Any) -> dict[str, str]:
        """Write the lists, each in a column of its own; where each stands, by the kind of its field."""
        bold, text = self._format(bold=True, bg_color=_HEADING), self._out.add_format({"num_format": "@"})
        places: dict[str, str] = {}
        fields = {each.kind: each for each in reversed(self._fields) if self._lists.get(each.kind)}
        for column, (kind, each) in enumerate(sorted(fields.items())):
            options, letter = self._lists[kind], column_letter(column)
            page.set_column(column, column, max(24, *map(len, options)), text)
            page.write_string(0, column, self._heading(each).replace(" *", ""), bold)
            page.write_column(1, column, options, text)
            places[kind] = f"='{LISTS}'!${letter}$2:${letter}${len(options) + 1}"
        page.set_row(0, 2 * _LINE)
        page.freeze_panes(1, 0)
        _on_paper(page)
        return places | {"agencies": places["agency"]} if "agency" in places else places

    def _offer(self, page: Any, places: Mapping[str, str]) -> None:
        """What each column lets be typed, and what a row that was begun still lacks."""
        ends = {"first_row": HEAD_ROW, "last_row": LAST_ROW - 1}
        lacking = self._out.add_format({"bg_color": _LACKING})
        last = column_letter(len(self._fields) - 1)
        for column, each in enumerate(self._fields):
            letter = column_letter(column)
            rule = self._rule(each, places, f"{letter}{HEAD_ROW + 1}")
            if rule:
                page.data_validation(HEAD_ROW, column, LAST_ROW - 1, column, {"error_title": "R57", **rule})
            if each.required:
                first = f"{letter}{HEAD_ROW + 1}"
                begun = f"COUNTA($A{HEAD_ROW + 1}:${last}{HEAD_ROW + 1})>0"
                page.conditional_format(
                    ends["first_row"], column, ends["last_row"], column,
                    {"type": "formula", "criteria": f"=AND({begun},LEN({first})=0)", "format": lacking},
                )  # fmt: skip

    def _rule(self, each: FileField, places: Mapping[str, str], first: str) -> dict[str, Any]:
        """What a spreadsheet looks at when somebody types into a column; nothing where anything will do."""
        since, until = date(YEARS[0], 1, 1), date(YEARS[-1], 12, 31)
        if each.kind in places:
            strict = each.kind in _STRICT
            message = self._said("template.choose" if strict else "template.offer", "\n")
            free = {"show_error": False} if each.kind in ("agencies", "period") else {}
            return {"validate": "list", "source": places[each.kind], "error_message": message,
                    "error_type": "stop" if strict else "warning", **free}  # fmt: skip
        if each.kind in ("date", "done"):
            return {"validate": "date", "criteria": "between", "minimum": since, "maximum": self._month.last_day,
                    "input_message": self._said("template.look", "\n"),
                    "error_message": self._said("template.days", "\n")}  # fmt: skip
        if each.kind == "deadline":  # in words, or a day
            bounds = f"{first}>=DATE({since:%Y,%-m,%-d}),{first}<=DATE({until:%Y,%-m,%-d})"
            return {"validate": "custom", "value": f"=OR(ISTEXT({first}),AND({bounds}))",
                    "error_message": self._said("template.deadlines", "\n")}  # fmt: skip
        if each.kind == "percent":
            return {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 1,
                    "error_message": self._said("template.percents", "\n")}  # fmt: skip
        return {}

    # --- what is known already ---------------------------------------------------------------------------------------

    def _fill(self, page: Any) -> None:
        """The open tasks, as their newest report says."""
        formats = {each.name: self._format(**_form_of(each)) for each in self._fields}
        for row, task in enumerate(self._tasks.to_dict("records"), start=HEAD_ROW):
            lines = 1
            for column, each in enumerate(self._fields):
                value, form = task[each.name], formats[each.name]
                if pd.isna(value) or value == "":
                    continue
                if each.kind in ("date", "done"):
                    page.write_datetime(row, column, value.to_pydatetime(), form)
                elif each.kind == "percent":
                    page.write_number(row, column, float(value), form)
                else:
                    text = self._text(each, str(value))
                    lines = max(lines, _lines(text, _WIDTHS.get(each.name, _WIDTH)))
                    page.write_string(row, column, text, form)
            page.set_row(row, _LINE * min(lines, 12))

    def _text(self, each: FileField, value: str) -> str:
        """A stored value as it stands in a cell."""
        if each.kind in ("agency", "agencies"):
            return "; ".join(_said(self._words.agency(code), code, self._led) for code in value.split(";"))
        if each.kind == "status":
            return _upper(self._words(f"status.{value}"))
        return deadline_text(value, self._both, self._language) if each.kind == "deadline" else value

    def _led(self, text: str) -> Value:
        led, repairs = read_lead(self._book, text)
        return led.lead, repairs

    # --- how it is filled in -----------------------------------------------------------------------------------------

    def _explain(self, page: Any) -> None:
        """What to do, what each column wants and what comes back, in both languages side by side."""
        bold, bare = self._out.add_format({"bold": True}), self._out.add_format({"num_format": "@"})
        text, head = self._format(), self._format(bold=True, bg_color=_HEADING, border=1)
        for column, width in enumerate(_GUIDE_WIDTHS):
            page.set_column(column, column, width)
        steps = ["sheet", "lists", *(["filled"] if len(self._tasks) else []), "send", "back"]
        rows = [(str(number), f"template.step.{step}", text) for number, step in enumerate(steps, start=1)]
        rows += [("", "", text), ("template.column", "template.want", head)]
        rows += [
            (self._heading(each).replace("\n", " "), f"template.field.{each.name}.want", text) for each in self._fields
        ]
        rows += [("", "", text), (" · ".join(["R57", *map(str, self._stamp)]), "", text)]
        for row, name in enumerate(LANGUAGES):
            page.write_string(row, 0, self._title(name), bold)
        for row, (first, key, form) in enumerate(rows, start=3):
            first = self._said(first, " · ") if first.startswith("template.") else first
            cells = [first, *(self._said(key, "\0").split("\0") if key else [])]
            for column, cell in enumerate(cells):
                page.write_string(row, column, cell, form if key else bare)
            lines = [_lines(cell, _GUIDE_WIDTHS[column]) for column, cell in enumerate(cells)]
            page.set_row(row, _LINE * max(lines if key else [1]))
        _on_paper(page)


def _form_of(each: FileField) -> dict[str, Any]:
    """How a spreadsheet shows, and takes what is typed in, the cells of a column: codes and periods as they are."""
    if each.kind in ("date", "done"):
        # whoever types as it shows is understood in every locale; 3/4/2026 is a day of March in some
        return {"num_format": "yyyy-mm-dd", "align": "left"}
    if each.kind == "percent":
        return {"num_format": "0%", "align": "left"}
    return {} if each.kind == "measure" else {"num_format": "@"}


def _lines(text: str, width: int) -> int:
    """How many lines a text takes in a column: its letters are narrower than the digits that a width counts."""
    return -(-len(text) // int(1.2 * width))


def _on_paper(page: Any) -> None:
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
