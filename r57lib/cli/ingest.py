"""`r57 ingest`, `r57 sample` and `r57 aggregate`: what others send is taken in, or made up to try it."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from r57lib.cli.report import Data
from r57lib.data.periods import VIET_NAM, parse_day
from r57lib.errors import WrongCall, wrong_choice

if TYPE_CHECKING:
    from r57lib.ingest.take import Taken


def ingest(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Files as ministries send them: .xlsx or CSV; or SDMX-CSV, JSON-stat"),
    ],
    source: Annotated[str, typer.Option(metavar="ID", help="Who sent it: a source of sources.csv")],
    kind: Annotated[
        str,
        typer.Option(
            help="What the rows are: tasks, observations or commitment-updates [default: as r57 template was asked]"
        ),
    ] = "",
    reported_on: Annotated[
        str,
        typer.Option(
            metavar="YYYY-MM-DD",
            help="The day that the file speaks of [default: the last one of the month of r57 template]",
        ),
    ] = "",
    sheet: Annotated[str, typer.Option(metavar="NAME", help="Sheet, where the workbook has several")] = "",
    locale: Annotated[str, typer.Option(help="How numbers are written: vi (1.234,5) or en (1,234.5)")] = "vi",
    code_prefix: Annotated[
        str,
        typer.Option(metavar="CODE", help="What the codes of a plan without codes begin with [default: the source]"),
    ] = "",
    aliases: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Spellings of bodies that are settled: NAME.aliases.csv, filled")
    ] = None,
    accept_unknown_lead: Annotated[
        bool, typer.Option("--accept-unknown-lead", help="Take in tasks whose lead is unknown, with its words, flagged")
    ] = False,
    sender: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Whose departments are meant: a province by code or name, or a commune with it"
            " [default: as the lines above the heading say]",
        ),
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would come of it; take nothing in")] = False,
    form: Annotated[str, typer.Option("--format", help="text, or json for programs")] = "text",
    language: Annotated[str, typer.Option(help="Language of the messages: vi or en")] = "vi",
    data: Data = "",
) -> None:
    """Take in ministries' files. Account for every row, and write back a workbook of what is to be mended."""
    if form not in ("text", "json"):
        raise wrong_choice("format", form, ("text", "json"))
    try:
        day = parse_day(reported_on) if reported_on else None
    except ValueError as error:
        raise WrongCall(f"--reported-on: {error}") from None

    from r57lib.data.load import load_tables
    from r57lib.ingest.aliases import to_settle, write_aliases
    from r57lib.ingest.answer import as_data, lines, rows_to_mend, write_errors
    from r57lib.ingest.stamp import read_stamp, stamped
    from r57lib.ingest.take import make_request, take
    from r57lib.view.words import LANGUAGES, words_of

    def _again(path: Path, table: Path | None) -> str:
        """The call that takes in what was mended, with what this one was asked."""
        asked = {"--kind": kind, "--source": source, "--reported-on": reported_on, "--aliases": table and str(table),
                 "--sender": sender, "--sheet": sheet, "--locale": locale if locale != "vi" else "",
                 "--code-prefix": code_prefix,
                 "--language": language if language != "vi" else "", "--data": data}  # fmt: skip
        given = [text for name, value in asked.items() if value for text in (name, value)]
        return shlex.join(["r57", "ingest", str(path), *given, *["--accept-unknown-lead"] * accept_unknown_lead])

    tables, today = load_tables(data), datetime.now(VIET_NAM).date()
    both = {each: words_of(tables["labels"], each) for each in LANGUAGES}
    words = words_of(tables["labels"], language)
    for path in files:
        if path.is_dir():
            raise WrongCall(f"'{path}' is a folder; name the files in it")
    stamps = {path: read_stamp(path) for path in files}
    requests = {
        path: make_request(
            tables,
            **stamped(path, stamp, kind=kind, reported_on=day),
            source=source,
            today=today,
            sheet=sheet,
            locale=locale,
            dry_run=dry_run,
            code_prefix=code_prefix,
            aliases=aliases,
            accept_unknown_lead=accept_unknown_lead,
            sender=sender or (stamp.province if stamp else ""),
        )
        for path, stamp in stamps.items()
    }
    results: list[Taken] = []
    for path in files:
        stem = path.stem.removesuffix(".errors")
        back, table = path.with_name(f"{path.stem}.errors.xlsx"), path.with_name(f"{stem}.aliases.csv")
        steps: list[str] = []

        def send_back(
            taken: Taken, path: Path = path, back: Path = back, table: Path = table, steps: list[str] = steps
        ) -> None:
            if taken.state != "partial" or dry_run:
                return
            spellings = to_settle(taken.notes, taken.sheet.name if taken.sheet else "")
            wrong = rows_to_mend(taken)
            if spellings:
                write_aliases(table, spellings, requests[path].aliases)
                steps.append(f"  {words('ingest.settle', file=table.name)}")
            if wrong:
                stamp = stamps[path]
                write_errors(taken, back, both, stamp.properties if stamp else {})
                steps.append(f"  {words('ingest.back', file=back.name)}")
            again = _again(back if wrong else path, table if spellings else aliases)
            steps.append(f"  {words('ingest.next', command=again)}")

        with _bar(path) as watch:
            taken = take(path, requests[path], tables, watch=watch, binned=send_back)
        results.append(taken)
        if form == "text":
            for line in lines(taken, words, steps):
                typer.echo(line)
    if form == "json":
        typer.echo(json.dumps([as_data(taken, both) for taken in results], ensure_ascii=False, indent=1))
    if any(taken.state in ("partial", "rejected") for taken in results):
        raise typer.Exit(1)


@contextmanager
def _bar(path: Path) -> Iterator[Callable[[int], None]]:
    """Counts the rows of a long file on a terminal; on anything else nothing is shown."""
    if not sys.stderr.isatty():
        yield lambda number: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda number: None
        return
    with Progress(
        SpinnerColumn(), TextColumn("{task.description} {task.completed:,.0f}"), console=console, transient=True
    ) as bar:
        row = bar.add_task(path.name, total=None)
        yield lambda number: bar.update(row, completed=number)


def sample(
    what: Annotated[str, typer.Argument(help="What to make up: register or transactions")] = "register",
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "--out",
            metavar="DIR",
            help="Folder [default: sample/ in the data folder; for transactions sample-transactions/ beside it]",
        ),
    ] = "",
    seed: Annotated[int, typer.Option(min=0, help="Another seed gives other figures")] = 57,
    rows: Annotated[int | None, typer.Option(min=1, help="Lines of transactions [default: 1000000]")] = None,
    communes: Annotated[int, typer.Option(min=0, help="Lines name so many made-up communes; 0: none")] = 0,
    data: Data = "",
) -> None:
    """Write made-up figures, marked as such. A register of tasks as ministries send it, or a set of transactions."""
    from r57lib.data.load import find_data, find_project, load_tables
    from r57lib.ingest.samples import write_sample

    if what not in ("register", "transactions"):
        raise wrong_choice("sample", what, ("register", "transactions"))
    folder = find_data(data or None)
    if what == "register":
        if rows or communes:
            raise WrongCall(
                f"--{'rows' if rows else 'communes'} is for transactions: the register has the 679 tasks that were "
                "published"
            )
        for path in write_sample(Path(output) if output else folder / "sample", seed):
            typer.echo(path)
        return
    from r57lib.ingest.samples import DEFAULT_LINES, write_lines

    provinces = load_tables(folder)["provinces"]
    codes = list(zip(provinces["province_code"], provinces["province_kind"], strict=True))
    target = Path(output) if output else find_project(folder) / "sample-transactions"
    typer.echo(write_lines(target, codes, rows or DEFAULT_LINES, seed, communes=communes))


def aggregate(
    address: Annotated[
        str, typer.Argument(metavar="DIR|ADDRESS", help="A set of transactions: partitioned Parquet files, or s3://...")
    ],
    engine: Annotated[str, typer.Option(metavar="NAME", help="Who counts: duckdb, dask or spark")] = "duckdb",
    scheduler: Annotated[str, typer.Option(metavar="ADDRESS", help="The scheduler of Dask: tcp://host:8786")] = "",
    master: Annotated[str, typer.Option(metavar="ADDRESS", help="The master of Spark: spark://host:7077")] = "",
    data: Data = "",
) -> None:
    """Aggregate a set of transactions for the pages, once. Its counts by place and by service go into data/usage/."""
    from r57lib.data.lines import set_at
    from r57lib.data.load import find_data, load_tables
    from r57lib.ingest.engines import counter
    from r57lib.ingest.lines import take_lines

    if (scheduler and engine != "dask") or (master and engine != "spark"):
        raise WrongCall("--scheduler goes with --engine dask, --master with --engine spark")
    count = counter(engine, scheduler or master)

    place = find_data(data or None)
    told, done = take_lines(set_at(address), place, sorted(load_tables(place)["provinces"]["province_code"]), count)
    made_up = f"; made up ({told['synthetic']})" if told["synthetic"] else ""
    typer.echo(f"{told['rows']:,} lines from {told['first_day']} to {told['last_day']}{made_up}")
    if named := told.get("communes"):
        typer.echo(f"{named['communes']:,} communes; {named['dossiers']:,} dossiers name none")
    typer.echo(f"set {told['set_id'][:12]}: {'aggregated' if done else 'fresh, nothing to do'}", err=True)
