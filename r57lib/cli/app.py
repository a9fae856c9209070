"""`r57` and its commands. Each imports what it needs when it is called: help and wrong calls wait for nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from r57lib.cli.export import export
from r57lib.cli.facts import add_fact
from r57lib.cli.ingest import aggregate, ingest, sample
from r57lib.cli.init import init
from r57lib.cli.new import new
from r57lib.cli.notebooks import lab
from r57lib.cli.report import Data, approve_month, report
from r57lib.cli.template import blank_workbook
from r57lib.errors import BadData, R57Error, WrongCall

app = typer.Typer(
    help="The Resolution 57 workbench: check data, publish reports, serve dashboards, trace a number to its source.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich takes longer to import than anything else that help needs, and eats "[default: ...]"
)


@app.callback()
def _commands() -> None:
    """Make `r57` a group of commands."""


def check(
    data: Data = "",
    language: Annotated[str, typer.Option(help="Language of the findings: vi or en")] = "en",
) -> None:
    """Print every finding of the data. Exit 1 when one of them is an error."""
    from r57lib.data.checks import check_tables
    from r57lib.data.codes import Severity
    from r57lib.data.load import find_project, load_tables
    from r57lib.data.references import alike_files, spoilt_counts
    from r57lib.data.schema import resources
    from r57lib.view.citations import finding_sentence
    from r57lib.view.words import words_of

    tables = load_tables(data)
    words = words_of(tables["labels"], language)
    named = [f"{name}.csv" for name in resources()]
    files = [*alike_files(tables.folder, named), *alike_files(find_project(tables.folder) / "notebooks")]
    findings = [*files, *spoilt_counts(tables.folder, tables["usage"]), *check_tables(tables)]
    for finding in findings:
        typer.echo(f"{finding.severity}: {finding.place}: {finding_sentence(finding, words)}")
    errors, warnings, corrections = (sum(finding.severity is each for finding in findings) for each in Severity)
    typer.echo(
        f"{len(tables.facts())} facts, {errors} errors, {warnings} warnings, {corrections} corrections", err=True
    )
    if errors:
        raise typer.Exit(1)


def trace_key(
    key: Annotated[
        str,
        typer.Argument(help="A fact, a task of the register, a source, an indicator, a commitment or a task set"),
    ],
    data: Data = "",
    language: Annotated[str, typer.Option(help="Language of the figures' names: vi or en")] = "en",
) -> None:
    """Print source, date and evidence of a fact.

    And every figure that uses it; of a task, each of its versions.
    """
    from r57lib.cli.trace import trace

    for line in trace(key, data=data, language=language):
        typer.echo(line)


def serve_dashboards(
    host: Annotated[str, typer.Option(help="Address to listen on; a proxy in front needs no other")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on")] = 8866,
    sessions: Annotated[int, typer.Option(min=1, help="Readers who change a page at a time, each in a process")] = 20,
    token_file: Annotated[
        str, typer.Option(metavar="FILE", help="File, readable by you alone, with the token that visitors need")
    ] = "",
    data: Data = "",
    open_to_everyone: Annotated[
        bool, typer.Option("--open-to-everyone", help="Without a token, also where others than this machine reach it")
    ] = False,
    base_url: Annotated[str, typer.Option(help="Where the pages lie below the name of the machine")] = "/",
    user_header: Annotated[
        str,
        typer.Option(metavar="NAME", help="Header in which the proxy says who asks: a line of JSON a request"),
    ] = "",
    embed_from: Annotated[
        list[str] | None, typer.Option(metavar="ORIGIN", help="Whose pages may frame a figure; may be repeated")
    ] = None,
) -> None:
    """Serve the dashboards. Every notebook of the plan is a live page, in both languages, without the internet."""
    from r57lib.disk import read_secret
    from r57lib.serve.start import Door, serve

    token = read_secret("token", token_file).strip() if token_file else ""
    if token_file and len(token) < 16:
        raise WrongCall(f"token file '{token_file}' holds {len(token)} characters; 16 are the least")
    framed = tuple(embed_from or ())
    serve(Door(host, port, sessions, token, open_to_everyone, base_url, user_header, framed), data=data)


_COMMANDS: dict[str, Callable[..., None]] = {
    "init": init,
    "new": new,
    "check": check,
    "lab": lab,
    "report": report,
    "approve": approve_month,
    "trace": trace_key,
    "export": export,
    "add-fact": add_fact,
    "template": blank_workbook,
    "ingest": ingest,
    "sample": sample,
    "aggregate": aggregate,
    "serve": serve_dashboards,
}
for _name, _command in _COMMANDS.items():
    app.command(_name)(_command)


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
