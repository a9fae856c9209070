"""`r57 init`: a folder of one's own to work in, from the project that comes with the library."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import Annotated

import typer

from r57lib.errors import WrongCall

_KEPT = ("data/*.csv", "data/README.md", "data/datapackage.json", "notebooks/**/*.ipynb", "reports/monthly.yaml")


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that does not exist yet, or is empty")],
) -> None:
    """Make a folder to work in. It gets the data, the notebooks, the monthly plan, a README and a .gitignore."""
    from r57lib.data.load import stored_project

    target = folder.resolve()
    build = target / ".new" if target.is_dir() else target.with_name(f".{target.name}.new")
    if target.is_dir() and any(each != build for each in target.iterdir()):
        raise WrongCall(f"'{folder}' is not empty; name a folder that is, or one that does not exist yet")
    if target.exists() and not target.is_dir():
        raise WrongCall(f"'{folder}' is a file; name a folder that does not exist yet")
    stored = stored_project()
    shutil.rmtree(build, ignore_errors=True)
    try:
        for file in sorted(path for pattern in _KEPT for path in stored.glob(pattern)):
            if not any(part.startswith(".") for part in file.relative_to(stored).parts):
                copy = build / file.relative_to(stored)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)  # not its mode: what an environment holds may be read-only
        for name, copied in (("init.md", "README.md"), ("init.gitignore", ".gitignore")):
            shutil.copyfile(Path(__file__).with_name(name), build / copied)
        if target.is_dir():  # it stays: somebody may stand in it, or it may be a disk of its own
            for each in sorted(build.iterdir()):
                each.rename(target / each.name)
        else:
            build.rename(target)
    finally:
        shutil.rmtree(build, ignore_errors=True)
    typer.echo(folder)
    typer.echo(f"next: cd {shlex.quote(str(folder))} && r57 report", err=True)
