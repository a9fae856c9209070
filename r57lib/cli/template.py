"""`r57 template`: a blank workbook for those who send figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from r57lib.cli.report import Data
from r57lib.errors import WrongCall


def blank_workbook(
    kind: Annotated[str, typer.Argument(help="What its rows are: tasks, observations or commitment-updates")],
    sender: Annotated[
        str, typer.Option(metavar="ID", help="Who fills it in: agency, province or enterprise, by code or by name")
    ],
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="The month that its figures are of")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.xlsx", help="The workbook")],
    language: Annotated[str, typer.Option(help="Language of its lists: vi or en")] = "vi",
    data: Data = "",
) -> None:
    """Write a blank workbook for a sender. It has lists to choose from, and holds the tasks that are still open."""
    from r57lib.data.load import load_tables
    from r57lib.disk import write
    from r57lib.ingest.template import make_template
    from r57lib.view.words import LANGUAGES, parse_language, words_of

    if output.suffix.lower() != ".xlsx":
        raise WrongCall(f"--output '{output}' must end in .xlsx")
    if output.is_dir() or not output.parent.is_dir():
        what = "is a folder; name a file in it" if output.is_dir() else f"cannot be: no folder '{output.parent}'"
        raise WrongCall(f"--output '{output}' {what}")
    tables = load_tables(data)
    both = {each: words_of(tables["labels"], each) for each in LANGUAGES}
    made = make_template(tables, kind=kind, sender=sender, month=month, both=both, language=parse_language(language))
    same = output.exists() and output.read_bytes() == made.content
    if output.exists() and not same:
        raise WrongCall(f"'{output}' exists and is another workbook, maybe one that is filled in; name a new file")
    if not same:
        write(output, made.content)
    typer.echo(output)
    typer.echo(f"open tasks filled in: {made.filled}" if kind == "tasks" else "nothing is filled in", err=True)
