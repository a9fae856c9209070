"""`r57 export`: the data of a month in a format that others read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from r57lib.cli.report import Data


def export(
    form: Annotated[
        str,
        typer.Option("--format", help="sdmx-csv, sdmx-ml, json-stat, csvw, parquet, dcat or datapackage"),
    ],
    output: Annotated[Path, typer.Option("--output", metavar="DIR", help="A folder that is empty or not there yet")],
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="Month [default: the newest that has data]")] = "",
    as_of: Annotated[
        str, typer.Option(metavar="YYYY-MM-DD", help="What was public by then [default: everything]")
    ] = "",
    language: Annotated[str, typer.Option(help="Language of what is said of the format: vi or en")] = "en",
    data: Data = "",
) -> None:
    """Write the data of a month in a standard format. What it cannot hold is said, here and in its README.md."""
    from r57lib.report.exports.write import write_export
    from r57lib.view.view import open_view

    limits = write_export(open_view(month=month, as_of=as_of, language=language, data=data), form, output)
    typer.echo(output)
    for line in limits:
        typer.echo(line, err=True)
