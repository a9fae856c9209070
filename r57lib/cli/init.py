"""`r57 init`: a folder of one's own to work in, from the project that comes with the library."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from r57lib.errors import WrongCall

_KEPT = ("data/*.csv", "data/README.md", "data/datapackage.json", "notebooks/**/*.ipynb", "reports/monthly.yaml")


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that does not exist yet, or is empty")],
) -> None:
    """Make a folder to work in. It gets the data, the notebooks, the monthly plan and a README."""
    from r57lib.data.load import stored_project

    if folder.is_dir() and any(folder.iterdir()):
        raise WrongCall(f"'{folder}' is not empty; name a folder that is, or one that does not exist yet")
    if folder.exists() and not folder.is_dir():
        raise WrongCall(f"'{folder}' is a file; name a folder that does not exist yet")
    stored, build = stored_project(), folder.absolute().with_name(f".{folder.absolute().name}.new")
    shutil.rmtree(build, ignore_errors=True)
    for file in sorted(path for pattern in _KEPT for path in stored.glob(pattern)):
        if not any(part.startswith(".") for part in file.relative_to(stored).parts):
            target = build / file.relative_to(stored)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)  # not its mode: what an environment holds may be read-only
    shutil.copyfile(Path(__file__).with_name("init.md"), build / "README.md")
    if folder.is_dir():
        folder.rmdir()
    build.rename(folder)
    typer.echo(folder)
    typer.echo(f"next: cd {folder} && r57 report", err=True)
