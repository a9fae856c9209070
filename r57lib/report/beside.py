"""The folder of a month that holds the files beside its figures: their index, and the schema of their JSON."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from r57lib import disk
from r57lib.page.published import FIGURE_FOLDER, FIGURE_FORMS, FIGURE_INDEX, FIGURE_SCHEMA
from r57lib.report.plan import Plan


def index_figures(build: Path, plan: Plan, entries: Iterable[Mapping[str, Any]]) -> None:
    """Write `index.json`: each figure of each page in the order of the pages, and which files it has.

    What a run has left that was killed, or that its page does not show, is removed; a month without figures has no such
    folder.
    """
    folder = build / FIGURE_FOLDER
    if not folder.is_dir():
        return
    figures = [each for entry in entries for each in _of_page(entry)]
    named = {file for figure in figures for file in figure["files"].values()}
    for path in folder.iterdir():
        if path.name not in named:
            path.unlink()
    if not figures:
        shutil.rmtree(folder)
        return
    told = {"month": plan.month, "as_of": plan.view.as_of.isoformat(), "schema": FIGURE_SCHEMA.name, "figures": figures}
    disk.write(folder / FIGURE_SCHEMA.name, FIGURE_SCHEMA.read_bytes())
    disk.write(build / FIGURE_INDEX, disk.as_json(told))
    disk.sync_folder(folder)


def _of_page(entry: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    page = entry["run"].removesuffix(f".{entry['language']}")
    for figure, title, synthetic in entry.get("figures", ()):
        name = f"{page}.{figure}.{entry['language']}"
        forms = (each for each in FIGURE_FORMS if f"{FIGURE_FOLDER}/{name}.{each}" in entry["outputs"])
        files = {form: f"{name}.{form}" for form in forms}
        told = {"page": page, "figure": figure, "language": entry["language"], "place": entry["unit"], "title": title}
        yield told | {"synthetic": synthetic, "name": name, "notebook": entry["notebook"], "files": files}
