"""`r57 approve, check, ingest, report, sample, serve, trace`: thin commands that import what they need when called."""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from r57lib.data.periods import VIET_NAM
from r57lib.data.tables import records
from r57lib.errors import BadData, R57Error, WrongCall, wrong_choice

app = typer.Typer(
    help="The Resolution 57 workbench: check data, publish reports, serve dashboards, trace a number to its source.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
Data = Annotated[str, typer.Option("--data", metavar="DIR", help="Data folder [default: data/ here or above]")]


@app.callback()
def _commands() -> None:
    """Make `r57` a group of commands."""


@app.command()
def check(
    data: Data = "",
    language: Annotated[str, typer.Option(help="Language of the findings: vi or en")] = "en",
) -> None:
    """Print every finding of the data; exit 1 when one of them is an error."""
    from r57lib.data.checks import check_tables
    from r57lib.data.codes import Severity
    from r57lib.data.load import load_tables
    from r57lib.view.citations import finding_sentence
    from r57lib.view.words import words_of

    tables = load_tables(data)
    words = words_of(tables["labels"], language)
    findings = check_tables(tables)
    for finding in findings:
        typer.echo(f"{finding.severity}: {finding.place}: {finding_sentence(finding, words)}")
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    facts = len(tables.facts())
    typer.echo(f"{facts} facts, {errors} errors, {len(findings) - errors} warnings", err=True)
    if errors:
        raise typer.Exit(1)


@app.command()
def report(
    month: Annotated[
        list[str] | None,
        typer.Option(metavar="YYYY-MM", help="Month; may be repeated [default: the newest that has data]"),
    ] = None,
    as_of: Annotated[
        str, typer.Option(metavar="YYYY-MM-DD", help="What was public by then [default: everything]")
    ] = "",
    language: Annotated[str, typer.Option(help="vi, en or both")] = "both",
    notebook: Annotated[list[str] | None, typer.Option(help="Only this notebook; may be repeated")] = None,
    parameter: Annotated[list[str] | None, typer.Option("--parameter", "-p", metavar="NAME=VALUE")] = None,
    due: Annotated[bool, typer.Option("--due", help="Every month that is missing or whose inputs changed")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would run, and why; run nothing")] = False,
    force: Annotated[bool, typer.Option("--force", help="Run what is fresh, too")] = False,
    jobs: Annotated[int, typer.Option(min=0, help="Runs at a time [default: one a core]")] = 0,
    scheduler: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Run on the workers of this dask scheduler: tcp://HOST:PORT")
    ] = "",
    storage: Annotated[
        str, typer.Option(metavar="URL", help="Folder or bucket for data and output that all of them reach")
    ] = "",
    keep: Annotated[int, typer.Option(min=0, help="Remove all but the newest N months [default: keep all]")] = 0,
    notify: Annotated[
        list[str] | None, typer.Option(metavar="TARGET", help="Tell https://..., smtp://... or FILE.eml the outcome")
    ] = None,
    plan: Annotated[str, typer.Option(metavar="FILE", help="Plan [default: reports/monthly.yaml]")] = "",
    formats: Annotated[
        str,
        typer.Option(metavar="LIST", help="html,ipynb are pages; pdf,docx,xlsx documents [default: the plan's]"),
    ] = "",
    data: Data = "",
    notebooks: Annotated[str, typer.Option(metavar="DIR", help="Notebooks [default: beside the data]")] = "",
    output: Annotated[str, typer.Option(metavar="DIR", help="Reports [default: reports/ beside the data]")] = "",
) -> None:
    """Run the notebooks of a month and publish its report under reports/YYYY-MM/."""
    from r57lib.data.load import find_data
    from r57lib.report.batch import Call, find_spec, foretell, publish_months

    if due and (month or as_of or notebook or parameter):
        raise WrongCall("--due publishes whole months by itself: it goes without --month, --as-of, --notebook and -p")
    if storage and not scheduler:
        raise WrongCall("--storage is where the workers of a --scheduler find data and leave output: name that, too")
    folder = find_data(data or None)
    root = _project(folder)
    spec = find_spec(plan, root)
    call = Call(
        notebooks=Path(notebooks) if notebooks else root / "notebooks",
        reports=Path(output) if output else root / "reports",
        spec=spec.with_formats(formats) if formats else spec,
        data=folder,
        as_of=as_of,
        language=language,
        only=tuple(notebook or ()),
        parameters=_pairs(parameter or []),
        scheduler=scheduler,
        storage=storage,
    )
    now = datetime.now(VIET_NAM)
    if dry_run:
        for line in foretell(call, month or [], due=due, force=force, today=now.date()):
            typer.echo(line)
        return
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that nothing is left behind
    code = publish_months(call, month or [], due=due, force=force, jobs=jobs, keep=keep, tell=notify or [], now=now)
    if code:
        raise typer.Exit(code)


@app.command("approve")
def approve_month(
    month: Annotated[str, typer.Argument(metavar="YYYY-MM", help="A published month")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who approves [default: say what would be approved]")] = "",
    digest: Annotated[str, typer.Option(metavar="HEX", help="The digest that was said at the review")] = "",
    data: Data = "",
    notebooks: Annotated[str, typer.Option(metavar="DIR", help="Notebooks [default: beside the data]")] = "",
    output: Annotated[str, typer.Option(metavar="DIR", help="Reports [default: reports/ beside the data]")] = "",
) -> None:
    """Approve a published month: record who approves which bytes, and write its documents without DRAFT."""
    from r57lib.data.load import find_data
    from r57lib.report.approve import approve as run
    from r57lib.report.approve import review

    folder = find_data(data or None)
    root = _project(folder)
    reports = Path(output) if output else root / "reports"
    if not by:
        for line in review(reports, month, digest).lines():
            typer.echo(line)
        return
    beside = Path(notebooks) if notebooks else root / "notebooks"
    now, cores = datetime.now(VIET_NAM), len(os.sched_getaffinity(0))
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    typer.echo(run(reports, month, by=by, digest=digest, data=folder, notebooks=beside, now=now, cores=cores))


@app.command()
def trace(
    key: Annotated[
        str,
        typer.Argument(help="A fact, a task of the register, a source, an indicator, a commitment or a task set"),
    ],
    data: Data = "",
    language: Annotated[str, typer.Option(help="Language of the figures' names: vi or en")] = "en",
) -> None:
    """Print source, date and evidence of a fact, and every figure that uses it; of a task, each of its versions."""
    from r57lib.cli.trace import facts_of, figures_with, place_of, values_of, versions_of, views_of
    from r57lib.view.view import open_view

    view = open_view(language=language, data=data)
    tables = view.everything
    sources = tables["sources"].set_index("source_id")
    versions = versions_of(tables, key)
    for version in records(versions):
        typer.echo(f"{version.task_id}  ({version.file} row {version.row}, ingested/{version.entry})")
        for name in ("title", "lead_agency", "coordinating_agencies", "assigned_date", "deadline", "completed_date"):
            if (value := getattr(version, name)) and value == value:  # a missing day is unlike itself
                typer.echo(f"  {name}: {value:%Y-%m-%d}" if name.endswith("_date") else f"  {name}: {value}")
        typer.echo(f"  source: {version.source_id}, {sources.loc[version.source_id, 'title']}")
        typer.echo(f"  reported on: {version.reported_on:%Y-%m-%d}; SHA-256 of the file: {version.sha256}")
    if len(versions):
        return
    for fact in records(facts_of(tables, key)):
        source = sources.loc[fact.source_id]
        typer.echo(f"{fact.fact_id}  ({place_of(fact)})")
        for name, value in values_of(tables, fact).items():
            typer.echo(f"  {name}: {value}")
        typer.echo(f"  about: {fact.time_period}; {fact.kind}, {fact.qualifier}")
        typer.echo(f'  evidence: "{fact.evidence}" ({fact.section})')
        typer.echo(f"  source: {source['publisher']}, {source['title']}")
        if isinstance(source["url"], str):
            typer.echo(f"  address: {source['url']}")
        typer.echo(f"  public on: {fact.reported_on:%Y-%m-%d} ({source['reported_on_precision']})")
        if isinstance(source["reported_on_reason"], str):
            typer.echo(f"  why that day: {source['reported_on_reason']}")
        if isinstance(fact.note, str):
            typer.echo(f"  note: {fact.note}")
        for each in views_of(view, fact):
            for notebook, heading in figures_with(each, fact.fact_id):
                typer.echo(f"  figure: {each.month} {notebook}: {heading}")


@app.command()
def ingest(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files as ministries send them: .xlsx or CSV")],
    kind: Annotated[str, typer.Option(help="What the rows are: tasks, observations or commitment-updates")],
    source: Annotated[str, typer.Option(metavar="ID", help="Who sent it: a source of sources.csv")],
    reported_on: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="The day that the file speaks of")],
    sheet: Annotated[str, typer.Option(metavar="NAME", help="Sheet, where the workbook has several")] = "",
    locale: Annotated[str, typer.Option(help="How numbers are written: vi (1.234,5) or en (1,234.5)")] = "vi",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would come of it; take nothing in")] = False,
    form: Annotated[str, typer.Option("--format", help="text, or json for programs")] = "text",
    language: Annotated[str, typer.Option(help="Language of the messages: vi or en")] = "vi",
    data: Data = "",
) -> None:
    """Take in ministries' files, account for every row, and write back a workbook of what is to be mended."""
    from r57lib.cli.ingest import ingest_files

    if form not in ("text", "json"):
        raise wrong_choice("format", form, ("text", "json"))
    today = datetime.now(VIET_NAM).date()
    code = ingest_files(
        files,
        data=data,
        language=language,
        form=form,
        kind=kind,
        source=source,
        reported_on=reported_on,
        today=today,
        sheet=sheet,
        locale=locale,
        dry_run=dry_run,
    )
    if code:
        raise typer.Exit(code)


@app.command()
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
    data: Data = "",
) -> None:
    """Write made-up figures, marked as such: a register of tasks as ministries send it, or a set of transactions."""
    from r57lib.data.load import find_data, load_tables
    from r57lib.ingest.samples.register import write_sample

    if what not in ("register", "transactions"):
        raise wrong_choice("sample", what, ("register", "transactions"))
    folder = find_data(data or None)
    if what == "register":
        if rows:
            raise WrongCall("--rows is for transactions: the register has the 679 tasks that were published")
        for path in write_sample(Path(output) if output else folder / "sample", seed):
            typer.echo(path)
        return
    from r57lib.ingest.samples.lines import DEFAULT_LINES, write_lines

    provinces = load_tables(folder)["provinces"]
    codes = list(zip(provinces["province_code"], provinces["province_kind"], strict=True))
    target = Path(output) if output else _project(folder) / "sample-transactions"
    typer.echo(write_lines(target, codes, rows or DEFAULT_LINES, seed))


@app.command()
def aggregate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A set of transactions: partitioned Parquet files")],
    data: Data = "",
) -> None:
    """Aggregate a set of transactions for the pages, once: its counts by place and by service into data/usage/."""
    from r57lib.data.load import find_data, load_tables
    from r57lib.ingest.lines import take_lines

    place = find_data(data or None)
    told, done = take_lines(folder, place, sorted(load_tables(place)["provinces"]["province_code"]))
    made_up = f"; made up ({told['synthetic']})" if told["synthetic"] else ""
    typer.echo(f"{told['rows']:,} lines from {told['first_day']} to {told['last_day']}{made_up}")
    typer.echo(f"set {told['set_id'][:12]}: {'aggregated' if done else 'fresh, nothing to do'}", err=True)


@app.command("serve")
def serve_dashboards(
    host: Annotated[str, typer.Option(help="Address to listen on; a proxy in front needs no other")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on")] = 8866,
    sessions: Annotated[int, typer.Option(min=1, help="Visitors at a time; each has a process of its own")] = 20,
    token_file: Annotated[
        str, typer.Option(metavar="FILE", help="File, readable by you alone, with the token that visitors need")
    ] = "",
    data: Data = "",
) -> None:
    """Serve the dashboards: every notebook as a live page, in both languages, without the internet."""
    from r57lib.serve.start import serve as run

    run(host=host, port=port, sessions=sessions, token_file=token_file, data=data)


def _project(data: Path) -> Path:
    """The folder that holds `notebooks/` and `reports/`: the data folder's parent, else the library's."""
    beside = data.resolve().parent
    return beside if (beside / "notebooks").is_dir() else Path(__file__).resolve().parents[2]


def _pairs(texts: list[str]) -> dict[str, str]:
    pairs = dict(text.partition("=")[::2] for text in texts)
    wrong = [text for text in texts if "=" not in text]
    if wrong:
        raise WrongCall(f"parameter '{wrong[0]}' has no value; write it as NAME=VALUE")
    return pairs


def main() -> None:
    """Run a command; a mistake of the user's ends in one line and an exit code, never in a traceback."""
    try:
        app()
    except R57Error as error:
        kind = "bad data" if isinstance(error, BadData) else "error"
        typer.echo(f"r57: {kind}: {error}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        typer.echo(f"r57: error: {place}{error.strerror or error}", err=True)
        sys.exit(1)
