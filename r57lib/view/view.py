"""What one page looks at: the tables as known at a day, up to a month, and the words to say it in."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from r57lib.data.checks import check_tables, require_sound
from r57lib.data.codes import Finding
from r57lib.data.facts import add
from r57lib.data.load import load_tables
from r57lib.data.periods import Month, parse_day, parse_month
from r57lib.data.rows import Annotation, Fact, Source
from r57lib.data.tables import Tables, by_number, documents, records, remembered, unseen
from r57lib.errors import WrongCall, did_you_mean
from r57lib.view.words import Words, words_of

_ASKED: ContextVar[set[str] | None] = ContextVar("asked", default=None)


@contextmanager
def asked_choices() -> Iterator[set[str]]:
    """The names of the filters of which it is asked meanwhile what was chosen: `View.choice` enters them."""
    names: set[str] = set()
    token = _ASKED.set(names)
    try:
        yield names
    finally:
        _ASKED.reset(token)


@dataclass(frozen=True)
class View:
    """The tables of a month as known at `as_of`, with the words of one language.

    `everything` are all tables as loaded, `tables` those of the month, `before` those of the month before. `live` is
    the view of a page with controls: parts made from it are plans, to be made again when a control changes. `narrowed`
    is a view that a filter has taken facts from. `chosen` holds the code that a reader chose of each filter of
    `view/filters.py`. `links` is the address of another page beside this one. `named` are labels by language that the
    data do not hold: how notebooks name themselves.
    """

    everything: Tables
    month: Month
    as_of: date
    words: Words
    live: bool = False
    narrowed: bool = False
    links: str = "{page}.{language}.html"
    chosen: Mapping[str, str] = field(default_factory=dict)
    named: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __repr__(self) -> str:
        chosen = "".join(f", {name} {code}" for name, code in self.chosen.items() if code)
        return f"<View of {self.month} as known on {self.as_of.isoformat()}, {self.words.language}{chosen}>"

    def _repr_html_(self) -> Markup:
        """Its month, its cut-off and its language, and the tables of the month."""
        words = self.words
        told = words("view.explained", month=words.month(self.month), as_of=words.date(self.as_of))
        head = Markup("<p class=r57-title>{}</p>").format(told)
        more = Markup("<p class=r57-note>{}</p>").format(words("view.more", language=words("language.name")))
        return Markup("").join([head, self.tables.contents(words.language), more])

    def choice(self, name: str) -> str:
        """The code that was chosen of a filter, such as the province that the page is about; empty for all."""
        names = _ASKED.get()
        if names is not None:
            names.add(name)
        return self.chosen.get(name, "")

    @property
    def day(self) -> date:
        """The report's own day, from which is counted what is left or due: the month's last, or `as_of` if earlier."""
        return min(self.month.last_day, self.as_of)

    @cached_property
    def tables(self) -> Tables:
        """The tables of the month, as known at `as_of`."""
        return self.everything.known(self.as_of, month=self.month)

    @cached_property
    def before(self) -> Tables:
        """The tables of the month before, as known at the same day."""
        return self.everything.known(self.as_of, month=self.month.previous)

    def against(self, month: str) -> View:
        """The view beside an earlier month, as known on the same day; beside none where it is empty.

        Figures of it show what stood in both months, and a difference where the two compare. Raises `WrongCall` for a
        month that is not before that of the view, or that has no data.
        """
        if month and choose_month(self.everything, month) >= self.month:
            nearest = self.month.previous
            raise WrongCall(
                f"month '{month}' is not before {self.month}, the month of the page; did you mean '{nearest}'?"
            )
        return replace(self, chosen={**self.chosen, "against": month})

    @cached_property
    def other(self) -> View | None:
        """The same look at the second month, where one was chosen."""
        month = self.choice("against")
        return replace(self, month=parse_month(month), chosen={**self.chosen, "against": ""}) if month else None

    @cached_property
    def earlier(self) -> View:
        """The same look at the month that this one is compared with: the second month, or else the month before."""
        return self.other or replace(self, month=self.month.previous)

    @cached_property
    def facts(self) -> dict[str, Fact]:
        """All facts that were public on the day, by number, whatever their table and what they are about."""
        return by_number(self.everything.cut(self.as_of))

    @cached_property
    def sources(self) -> dict[str, Source]:
        """All documents that were public on the day, and those of the files of the month, by number."""
        known = documents(self.everything.cut(self.as_of))
        senders = set(self.tables["ingested"]["source_id"]) - known.keys()  # a file may come before its document's day
        return known | {each: documents(self.everything)[each] for each in sorted(senders)}

    @cached_property
    def synthetic(self) -> bool:
        """Whether made-up figures are among those of the month."""
        senders = set(self.tables["ingested"]["source_id"])
        return any(self.sources[each].confidence == "synthetic" for each in senders)

    @property
    def made_up(self) -> bool:
        """Whether anything of the month is made up: rows that were sent, or transactions."""
        return self.synthetic or self.synthetic_usage

    def rests_on_made_up(self, fact_ids: Iterable[str]) -> bool:
        """Whether a fact among these comes from a source whose figures are made up."""
        return any(self.sources[self.facts[fact].source_id].confidence == "synthetic" for fact in fact_ids)

    def marked(self, text: str, fact_ids: Iterable[str] | None = None) -> str:
        """A text with the mark of made-up figures behind it; with `fact_ids` only where it rests on some."""
        rests = fact_ids is None or self.rests_on_made_up(fact_ids)
        return f"{text} ({self.words('synthetic.mark')})" if rests else text

    @cached_property
    def synthetic_usage(self) -> bool:
        """Whether the transactions that were aggregated are made up."""
        return bool((self.tables["usage"]["synthetic"] != "").any())

    @cached_property
    def findings(self) -> list[Finding]:
        """What the checks find in the tables of the month."""
        return check_tables(self.tables)

    def concerns(self, finding: Finding) -> bool:
        """Whether a finding is about what the page is about: any, or one that rests on a value of its province."""
        if not self.choice("province"):
            return True
        observed = self.tables["observations"]
        rows = observed[observed["province_code"] == self.choice("province")]
        return not set(finding.fact_ids).isdisjoint(rows["fact_id"])

    def annotations(self, figure: str, fact_ids: Iterable[str] = ()) -> list[str]:
        """What analysts have said of a figure, or of the facts that it rests on, by `as_of`: with author and day.

        Without a cut-off of its own a report shows what was written since the newest fact, too.
        """
        rows, subjects = self.everything["annotations"], {figure, *fact_ids}
        if rows.empty:
            return []
        newest = self.as_of >= self.everything.newest_about(self.month)
        return [
            self.words("annotation", author=row.author, day=self.words.date(row.written_on),
                       text=row.vi if self.words.language == "vi" else row.en)
            for row in records(rows.sort_values(["written_on", "annotation_id"]), Annotation)
            if row.subject in subjects and row.month in (None, str(self.month))
            and (newest or row.written_on.date() <= self.as_of)
        ]  # fmt: skip

    def annotate(self, subject: str, *, vi: str, en: str, author: str, written_on: str) -> str:
        """Write a comment on a figure or a fact of this month into `data/annotations.csv`; gives its number.

        One that stands there already, word for word, is not written again: a cell may be run twice. A view that is
        opened anew shows it. Raises `WrongCall` without its author, day or one of its languages, and
        `BadData` for what is neither a figure nor a fact, and for a day before the month or of a far future.
        """
        told = {"subject": subject, "month": str(self.month), "author": author, "written_on": written_on}
        told = {name: str(text).strip() for name, text in (told | {"vi": vi, "en": en}).items()}
        held = load_tables(self.everything.folder)["annotations"]
        said = held.assign(written_on=held["written_on"].dt.strftime("%Y-%m-%d"))[list(told)]
        same = held.loc[(said == list(told.values())).all(axis=1), "annotation_id"]
        return str(same.iloc[0]) if len(same) else add("annotations", told, data=self.everything.folder)[0]

    def in_language(self, language: str) -> View:
        """The same look in another language."""
        words = _words(self.everything, language)
        labels = ChainMap(dict(words.labels), dict(self.named.get(language, {})))
        return replace(self, words=replace(words, labels=labels) if self.named else words)


def open_view(*, month: str = "", as_of: str = "", language: str = "vi", data: str | Path | None = None) -> View:
    """Open the data for a page.

    `month` as `2025-12`, by default the newest month with a reported result; `as_of` as `2025-11-30`, by default the
    newest day on which a fact about the month, or about one before it, became public. Raises `WrongCall` for an unknown
    month, day, language or folder, and `BadData` when the data hold an error.
    """
    tables = load_tables(data)
    _require_sound_once(tables)
    words = _words(tables, language)
    with nullcontext() if not (month and as_of) else unseen():  # what is asked for holds whatever else is known
        chosen = choose_month(tables, month)
        day = choose_day(tables, as_of, chosen)
    return View(tables, chosen, day, words)


@remembered
def _words(tables: Tables, language: str) -> Words:
    return words_of(tables["labels"], language)


@lru_cache(maxsize=2)
def _require_sound_once(tables: Tables) -> None:
    with unseen():
        require_sound(tables)


def choose_month(tables: Tables, text: str) -> Month:
    """The month asked for, or the newest; raises `WrongCall` when the data do not reach it."""
    oldest, newest = tables.oldest_month, tables.newest_month
    if not text:
        return newest
    try:
        month = parse_month(text)
    except ValueError as error:
        padded = re.sub(r"-(\d)$", r"-0\1", text)
        raise WrongCall(f"month {error}{did_you_mean(padded, _months(oldest, newest))}") from None
    if not oldest <= month <= newest:
        raise WrongCall(f"no data for month '{text}': the data run from {oldest} to {newest}")
    return month


def _months(oldest: Month, newest: Month) -> list[str]:
    months, month = [], newest
    while month >= oldest:
        months.append(str(month))
        month = month.previous
    return months


def choose_day(tables: Tables, text: str, month: Month) -> date:
    """The cut-off of knowledge asked for, or the newest day on which a fact up to the month became public."""
    if not text:
        return tables.newest_about(month)
    try:
        day = parse_day(text)
    except ValueError as error:
        raise WrongCall(f"as-of {error}") from None
    known = pd.concat([tables[name]["reported_on"] for name in ("observations", "task_snapshots")])
    first = known.min().date()
    if day < first:
        raise WrongCall(f"nothing was known on {text}: the first fact became public on {first.isoformat()}")
    return day
