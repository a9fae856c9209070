"""An export is made and put into its folder, whole or not at all, beside a page that says what it is."""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from r57lib import disk
from r57lib.data.periods import is_month
from r57lib.data.schema import licence
from r57lib.errors import WrongCall, wrong_choice
from r57lib.page.published import APPROVED
from r57lib.report.exports import jsonstat, packages, sdmx
from r57lib.report.exports.edition import Edition, Export, Limit
from r57lib.view.view import View
from r57lib.view.words import LANGUAGES, Language

EXPORTS: Mapping[str, Callable[[Edition], Export]] = {
    "sdmx-csv": sdmx.sdmx_csv,
    "sdmx-ml": sdmx.sdmx_ml,
    "json-stat": jsonstat.json_stat,
    "csvw": packages.csvw,
    "parquet": packages.parquet,
    "dcat": packages.dcat,
    "datapackage": packages.data_package,
}
"""What makes each format."""


def write_export(view: View, form: str, folder: Path) -> list[str]:
    """Write the data of a view in a format; gives what the format does not hold, in the language of the view.

    The same data give the same bytes. A folder that holds exactly them is left as it is. Raises `WrongCall` for a
    format that there is not, and for a folder that holds anything else or is one of `r57 report`.
    """
    if form not in EXPORTS:
        raise wrong_choice("format", form, EXPORTS)
    if folder.exists() and not folder.is_dir():
        raise WrongCall(f"--output '{folder}' is a file; name a folder")
    if not folder.resolve().parent.is_dir():
        raise WrongCall(f"--output '{folder}' cannot be: there is no folder '{folder.resolve().parent}'")
    _keep_out_of_reports(folder.resolve(), view.everything.folder.resolve().parent / "reports")
    edition = Edition(view)
    made = EXPORTS[form](edition)
    files = {**made.files, "README.md": _page(edition, form, made).encode()}
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not path.is_dir()}
    if there.keys() != files.keys() or any(path.read_bytes() != files[name] for name, path in there.items()):
        if there:
            raise WrongCall(f"--output '{folder}' holds other files; name a folder that is empty or does not exist yet")
        _put(files, folder.resolve())
    return [each.said(view.words) for each in made.limits]


def _keep_out_of_reports(folder: Path, reports: Path) -> None:
    """A month that is published takes the place of its folder and of all that lies there."""
    first = folder.relative_to(reports).parts[:1] if folder.is_relative_to(reports) else ("elsewhere",)
    if not first or is_month(first[0]) or first[0] in ("latest", APPROVED) or first[0].startswith("."):
        other = reports / "export"
        raise WrongCall(f"--output '{folder}' is where `r57 report` writes; name another folder, such as '{other}'")


def _put(files: Mapping[str, bytes], target: Path) -> None:
    built = target.with_name(f".{target.name}.{os.getpid()}.new")
    for old in target.parent.glob(f".{glob.escape(target.name)}.*.new"):  # what calls that were killed have left
        owner = old.name.split(".")[-2]
        if old == built or (owner.isdecimal() and not psutil.pid_exists(int(owner))):
            shutil.rmtree(old, ignore_errors=True)
    try:
        built.mkdir()
        disk.write_all({built / name: content for name, content in files.items()})
        disk.put_in_place(built, target)
    finally:
        shutil.rmtree(built, ignore_errors=True)


def _page(edition: Edition, form: str, made: Export) -> str:
    """What the files are, in both languages."""
    files = [
        f"| {name} | {len(content)} | `{hashlib.sha256(content).hexdigest()}` |"
        for name, content in sorted(made.files.items())
    ]
    parts = (_section(edition, language, form, files, made.limits) for language in LANGUAGES)
    return "\n\n---\n\n".join(parts) + "\n"


def _section(edition: Edition, language: Language, form: str, files: list[str], limits: Sequence[Limit]) -> str:
    words, rights = edition.words[language], licence()
    heads = " | ".join(words(f"export.{name}") for name in ("file", "bytes"))
    lines = [
        f"# {edition.title(language)}",
        "",
        f"- {words('export.format', format=form)}",
        f"- {words('export.version', version=edition.version)}",
        f"- {words('export.licence', name=rights['name'], address=rights['path'])}",
        f"- {words('export.cite', title=edition.title(language), version=edition.version)}",
        "",
        f"| {heads} | SHA-256 |",
        "|---|---|---|",
        *files,
        "",
        f"## {words('export.limits')}",
        "",
        *(f"- {each.said(words)}" for each in limits),
    ]
    return "\n".join(lines)
