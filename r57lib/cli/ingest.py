"""`r57 ingest`: each file in turn, a bar for long ones, and what came of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from r57lib.data.load import load_tables
from r57lib.data.periods import parse_day
from r57lib.errors import WrongCall
from r57lib.ingest.answer import as_data, lines, write_errors
from r57lib.ingest.take import Taken, make_request, take
from r57lib.view.words import LANGUAGES, Language, Words, words_of


def ingest_files(
    files: Sequence[Path],
    *,
    data: str,
    language: str,
    form: str,
    kind: str,
    source: str,
    reported_on: str,
    today: date,
    sheet: str,
    locale: str,
    dry_run: bool,
) -> int:
    """Take the files in and tell of each; 0 when every row of all is taken in, 1 otherwise.

    Raises `WrongCall`, before anything is taken in, for what can be known beforehand.
    """
    try:
        day = parse_day(reported_on)
    except ValueError as error:
        raise WrongCall(f"--reported-on: {error}") from None
    tables = load_tables(data)
    both = {each: words_of(tables["labels"], each) for each in LANGUAGES}
    words = words_of(tables["labels"], language)
    request = make_request(
        tables, kind=kind, source=source, reported_on=day, today=today, sheet=sheet, locale=locale, dry_run=dry_run
    )
    for path in files:
        if path.is_dir():
            raise WrongCall(f"'{path}' is a folder; name the files in it")
    results: list[Taken] = []
    for path in files:
        back = path.with_name(f"{path.stem}.errors.xlsx")
        with _bar(path) as watch:
            taken = take(path, request, tables, watch=watch, binned=partial(_send_back, back, both, dry_run))
        results.append(taken)
        if form == "text":
            for line in lines(taken, words):
                print(line)
            if taken.state == "partial" and not dry_run:
                print(f"  {words('ingest.back', file=back.name)}")
    if form == "json":
        print(json.dumps([as_data(taken, both) for taken in results], ensure_ascii=False, indent=1))
    return int(any(taken.state in ("partial", "rejected") for taken in results))


def _send_back(back: Path, both: Mapping[Language, Words], dry_run: bool, taken: Taken) -> None:
    """Write the workbook of what is to be mended, where something is."""
    if taken.state == "partial" and not dry_run:
        write_errors(taken, back, both)


@contextmanager
def _bar(path: Path) -> Iterator[Callable[[int], None]]:
    """Counts the rows of a long file on a terminal; on anything else nothing is shown."""
    console = Console(stderr=True)
    if not console.is_terminal or not sys.stderr.isatty():
        yield lambda number: None
        return
    with Progress(
        SpinnerColumn(), TextColumn("{task.description} {task.completed:,.0f}"), console=console, transient=True
    ) as bar:
        row = bar.add_task(path.name, total=None)
        yield lambda number: bar.update(row, completed=number)
