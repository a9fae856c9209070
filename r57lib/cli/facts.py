"""`r57 add-fact`: a fact enters `data/` without an editor, from its source and its quotation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from r57lib.cli.report import Data
from r57lib.errors import WrongCall


def add_fact(
    table: Annotated[str, typer.Argument(help="The table: observations, targets, task_snapshots, events, sources ...")],
    told: Annotated[
        list[str] | None,
        typer.Argument(metavar="COLUMN=VALUE...", help="What the row holds; source_id and evidence first of all"),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--from", metavar="FILE.csv", help="Many rows; its heads are columns")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and show the row; write nothing")] = False,
    data: Data = "",
) -> None:
    """Add a fact to the data. Number, period, kind and qualifier are proposed from the quotation, and it is checked."""
    from r57lib.data.facts import add_all, asked, lacks, parse_rows, propose, table_of
    from r57lib.data.load import load_tables

    resource = table_of(table)
    pairs = [_pair(each) for each in told or ()]
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        raise WrongCall(f"column '{next(name for name in names if names.count(name) > 1)}' is told twice")
    if file and row:
        raise WrongCall("COLUMN=VALUE and --from exclude each other: a file tells whole rows")
    if not file:
        fields = {field.name: field for field in resource.fields}
        there = sys.stdin.isatty()
        for name in ("source_id", "evidence") if there and resource.has_facts else ():
            row[name] = row.get(name) or str(typer.prompt(asked(fields[name])))
        tables = load_tables(data)
        lacks(resource, row)
        for field in resource.fields if there else ():
            if field.required and not row.get(field.name):
                proposed = propose(table, row, tables).get(field.name)
                row[field.name] = str(typer.prompt(asked(field), default=proposed))
        row = propose(table, row, tables) | row
        for name in (name for name in resource.field_names if row.get(name)):
            typer.echo(f"  {name}: {row[name]}", err=True)
        if there and not dry_run and not typer.confirm("Write it?"):
            raise typer.Exit(1)
    rows = parse_rows(file.read_bytes(), str(file)) if file else [row]
    keys, warnings = add_all(table, rows, data=data, write_them=not dry_run)
    for each in warnings:
        typer.echo(f"{each.severity}: {each.place}: {each.message}", err=True)
    for key in keys:
        typer.echo(key)
    typer.echo(f"{len(keys)} of {len(rows)} rows {'would be' if dry_run else 'are'} in {table}.csv", err=True)


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise WrongCall(f"'{text}' is not COLUMN=VALUE")
    return name.strip(), value.strip()
