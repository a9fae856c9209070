"""`r57 lab`: JupyterLab on the notebooks, without a word to the outside."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from r57lib.cli.report import Data
from r57lib.errors import WrongCall


def lab(
    more: Annotated[
        list[str] | None, typer.Argument(metavar="-- ARG...", help="What `jupyter lab` is told beside")
    ] = None,
    data: Data = "",
) -> None:
    """Open the notebooks in JupyterLab. Nothing in it asks the internet: no news, no updates, no extensions to get."""
    from r57lib.data.load import find_data, find_project

    if find_spec("jupyterlab") is None:
        raise WrongCall("JupyterLab is not installed here, as servers do without it: pip install 'r57[lab]'")

    notebooks = find_project(find_data(data or None)) / "notebooks"
    paths = (str(Path(__file__).with_name("lab")), os.environ.get("JUPYTER_CONFIG_PATH", ""))
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    os.chdir(notebooks)
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", *root, *(more or [])])
