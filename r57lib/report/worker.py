"""One run in a process of its own: execute the notebook, export its page, leave files and a receipt.

The process is forked from a warm one, which has imported everything and read the data; where a fork is not to be had it
is an ordinary process, and the notebook's kernel an ordinary kernel.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import traceback
from functools import cache
from pathlib import Path
from typing import Any

from nbformat import validate
from nbformat.v4 import new_notebook

from r57lib.charts.render import hire
from r57lib.data.load import load_tables
from r57lib.data.tables import reading
from r57lib.disk import as_json, sync_file, write
from r57lib.figures.registry import enter_own, rehearse
from r57lib.page.assets import inflate_script, kept_bundle, packed_small, small_vega
from r57lib.page.navigation import NOTEBOOKS, index_name, titled
from r57lib.page.published import FIGURE_FOLDER
from r57lib.report.history import told_of
from r57lib.report.indexes import month_index
from r57lib.report.job import Job, receipt
from r57lib.report.page import exporter, page_of
from r57lib.report.run import Failure, execute, own_number, why_apart
from r57lib.view.view import open_view
from r57lib.view.words import Language

LIKELY_VICTIM = "1000"
"""The value of `oom_score_adj` that lets the system end this process before any other when memory runs out."""


def warm_runs(folder: str, data: str, notebooks: str = "", *about: str) -> None:
    """In the warm process: at its start have nothing yet, then all that the runs of a month and its day share."""
    os.chdir(folder)
    if about:
        _export_ready()
        rehearse(data, notebooks, *about)


@cache
def _export_ready() -> None:
    import papermill.execute  # not with this module: an ordinary kernel's process would pay for it twice  # noqa: F401

    from r57lib.report.engine import kernel

    kernel()
    packed_small(), inflate_script(), small_vega()
    empty = new_notebook()
    validate(empty)  # the schema of notebooks, which every process would compile for itself
    exporter().from_notebook_node(empty)


def work(job: dict[str, Any], forked: bool = True, artist: str = "") -> None:
    """Do a run, with the artist at a socket. What came of it is in its receipt: `published` or `failed`."""
    asked = Job(**job)
    hire(artist)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # a thread that outlives the cells, and an ordinary kernel
    os.environ[NOTEBOOKS] = str(Path(asked.notebook).parent)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(LIKELY_VICTIM)
    try:
        told = _done(asked, forked)
    except Failure as failure:
        told = _failed(asked, str(failure))
    except OSError as error:
        told = _failed(asked, f"{Path(error.filename or asked.build).name}: {error.strerror}")
    except Exception as error:
        traceback.print_exc()
        told = _failed(asked, f"{type(error).__name__}: {error}".splitlines()[0])
    if apart := why_apart(asked):
        told["kernel"] = f"run in an ordinary kernel, for its {apart}"
    with contextlib.suppress(OSError):  # a run without a receipt has failed; its owner finds out why
        write(asked.receipt, as_json(told))


def first_page(
    build: str,
    asked: dict[str, str],
    version: str,
    runs: Any,
    languages: list[Language],
    said: dict[str, Any],
    own: Language,
    notebooks: str,
) -> None:
    """Write the first page of a month in its own language; nothing where the data are not those of the month any more.

    `asked` is what a view is opened with, `version` that of its data, `said` what the month says of itself, and
    `notebooks` the folder that names its pages.
    """
    view = titled(open_view(**asked), Path(notebooks))
    enter_own(Path(notebooks))
    if view.everything.version == version:
        write(Path(build, index_name(languages, own)), month_index(view, runs, own, languages, said, Path(build)))


def tell(file: str, asked: dict[str, str], version: str) -> None:
    """Write what changed in a month since the one before; nothing where the data are others by now."""
    view = open_view(**asked)
    if view.everything.version == version:
        write(Path(file), as_json(told_of(view)))


def _failed(job: Job, error: str) -> dict[str, Any]:
    fields = {"run": job.name, "notebook": job.stem, "language": job.language, "unit": job.unit}
    return fields | {"status": "failed", "error": error}


def _paper(job: Job) -> dict[str, Any]:
    """A document of the month: it names every input, as known to the month."""
    from r57lib.report.documents.record import paper_of

    view = open_view(month=job.month, as_of=job.parameters["as_of"], language=job.language, data=job.parameters["data"])
    view = titled(view, Path(job.chapters[0][0]).parent)
    _require_still(job, {view.everything.version})
    path = Path(job.build, job.name)
    with reading(threads=True) as read:
        write(path, paper_of(job, view))
    return receipt(job, {table: view.everything.digest_of(table) for *_, table in read}, [path])


def _done(job: Job, forked: bool) -> dict[str, Any]:
    if job.chapters:
        return _paper(job)
    output = Path(job.build, f"{job.name}.ipynb")
    with reading(threads=True) as read:
        notebook = execute(job, output, forked=forked)
        os.chdir(job.folder)  # the notebook may have left it
        _require_no_error(notebook)
        own = load_tables(job.parameters["data"])
        folder = str(own.folder)  # what else it looks at is not what the month shows
        _require_still(job, {version for place, version, _ in read if place == folder} | {own.version})
        view = open_view(
            month=job.month, as_of=job.parameters["as_of"], language=job.language, data=job.parameters["data"]
        )
        view = titled(view, Path(job.notebook).parent)
        page, shown = page_of(notebook, job, view, lambda: kept_bundle(Path(job.cache)))
    if "html" in job.formats:
        write(output.with_suffix(".html"), page)
    if "ipynb" not in job.formats:
        output.unlink()
    files = [output.with_suffix(f".{each}") for each in job.formats]
    beside = [
        Path(job.build, FIGURE_FOLDER, f"{each['name']}.{form}") for each in shown.files for form in each["forms"]
    ]
    for path in beside:
        sync_file(path)
    return receipt(
        job, {table: own.digest_of(table) for place, _, table in read if place == folder}, [*files, *beside], shown
    )


def _require_no_error(notebook: Any) -> None:
    """Raise `Failure` when a cell shows an error, whether or not the run went on after it."""
    for place, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                said = f"{output.ename}: {output.evalue}".partition("\n")[0]
                raise Failure(f"cell {own_number(notebook.cells, place)} shows an error: {said}")


def _require_still(job: Job, versions: set[str]) -> None:
    """Raise `Failure` when the run saw other data than the month is to show."""
    if versions - {job.data_version, ""}:
        raise Failure("the data changed during the run; run it again")


def work_from_input() -> None:
    """The ordinary process: its job is on its standard input."""
    job = json.load(sys.stdin)
    os.chdir(job["folder"])
    work(job, forked=False)


if __name__ == "__main__":
    work_from_input()
