"""Small reports for the tests of the batch: notebooks of a line, their plan, and what a reader sees meanwhile.

They are none of the project's, whose figures the warm process would make before it forks. `Batch.run` is the command
in the test's process, with real runs; `Batch.publish` the same with hands that leave a line for each run; `Batch.start`
and `Batch.command` are the command in a process of its own.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from r57lib import disk, open_view
from r57lib.report import batch as subject
from r57lib.report.job import Job, receipt
from r57lib.report.pool import Pool, Result
from tests.conftest import DATA, R57, call_r57, run_r57, with_bundle

MONTH = "2025-12"
PARAMETERS = 'month: str = ""\nas_of: str = ""\nlanguage: str = "vi"\ndata: str = ""\nmark: str = ""'


class Quick(Pool):
    """Hands whose runs leave a line in each of their files; one whose notebook divides by zero fails."""

    def expect(self, *_: object, **__: object) -> None:
        """There is nothing to get ready."""

    def results(self, jobs: Sequence[Job], seconds: int) -> Iterator[Result]:
        for job in jobs:
            if job.notebook and "1 / 0" in Path(job.notebook).read_text(encoding="utf-8"):
                shutil.copy(job.notebook, Path(job.build, f"{job.name}.ipynb"))
                yield Result(job, 0, "cell 3 failed: ZeroDivisionError: division by zero")
                continue
            files = [Path(job.build, f"{job.name}.{form}") for form in job.formats]
            for path in files:
                disk.write(path, f"{job.name} {job.parameters}\n" * 50 + _values(job))
            disk.write(job.receipt, disk.as_json(receipt(job, job.inputs["tables"], files)))
            yield Result(job, 0)


def _values(job: Job) -> str:
    """The values that the month of a run knows."""
    named = {name: job.parameters[name] for name in ("month", "as_of")}
    known = open_view(**named, data=Path(job.folder, job.parameters["data"])).tables["observations"]
    return known[["fact_id", "obs_value"]].to_csv(index=False)


CORRECTED = "P-usage-national-2025-12-18"
"""A value that was published about December 2025, more than 51%."""


def report_otherwise(data: Path, fact: str, value: str, *, of: str = CORRECTED, **cells: str) -> None:
    """Add a fact to `data/`, a copy of another one with a share of its own: it corrects that, unless `cells` differ."""
    table = data / "observations.csv"
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    row = next(row for row in rows if row["fact_id"] == of)
    printed = f"{float(value) * 100:g}%"
    row |= {"fact_id": fact, "obs_value": value, "printed_value": printed, "evidence": f"more than {printed}", **cells}
    with table.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, row, lineterminator="\n").writerow(row)


@dataclass
class Batch:
    """A folder with notebooks, their plan and their reports."""

    folder: Path
    cells: dict[str, list[str]] = field(default_factory=lambda: {"first": ["print(month, mark)"]})
    limits: str = "{seconds: 60}"
    data: Path = DATA

    def __post_init__(self) -> None:
        (self.folder / "notebooks").mkdir(parents=True, exist_ok=True)
        with_bundle(self.reports)
        for name, cells in self.cells.items():
            self.write(name, *cells)

    def write(self, name: str, *cells: str) -> None:
        """Write a notebook, and the plan with it."""
        self.cells[name] = list(cells)
        first = new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}, id="parameters")
        made = new_notebook(cells=[first, *(new_code_cell(text, id=f"c{n}") for n, text in enumerate(cells))])
        nbformat.write(made, self.folder / "notebooks" / f"{name}.ipynb")
        runs = "".join(f"  - notebook: {each}\n" for each in self.cells)
        self.plan.write_text(f"languages: [en]\nlimits: {self.limits}\nruns:\n{runs}", encoding="utf-8")

    def clear(self) -> None:
        """As if nothing had been published."""
        shutil.rmtree(self.reports)
        with_bundle(self.reports)

    @property
    def plan(self) -> Path:
        """The plan's file."""
        return self.folder / "plan.yaml"

    @property
    def reports(self) -> Path:
        """Where the reports lie."""
        return self.folder / "reports"

    @property
    def published(self) -> Path:
        """Where the month lies."""
        return self.reports / MONTH

    def call(self, *more: str, month: str = MONTH) -> list[str]:
        """The arguments of `r57`."""
        folders = [
            "--notebooks",
            str(self.folder / "notebooks"),
            "--output",
            str(self.reports),
            "--data",
            str(self.data),
        ]
        return ["report", "--plan", str(self.plan), *folders, *(["--month", month] if month else []), *more]

    def run(self, *more: str, month: str = MONTH, **environment: str) -> subprocess.CompletedProcess[str]:
        """The command in this process, to its end."""
        return call_r57(*self.call(*more, month=month), **environment)

    def publish(self, *more: str, month: str = MONTH) -> subprocess.CompletedProcess[str]:
        """The same with quick hands."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(subject, "Pool", Quick)
            return self.run(*more, month=month)

    def command(self, *more: str, month: str = MONTH, **environment: str) -> subprocess.CompletedProcess[str]:
        """The command in a process of its own, to its end."""
        return run_r57(*self.call(*more, month=month), **environment)

    def start(self, *more: str, month: str = MONTH) -> subprocess.Popen[str]:
        """The command, under way."""
        return subprocess.Popen(
            [R57, *self.call(*more, month=month)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # a shell's & ignores it
        )  # fmt: skip

    def bytes(self) -> dict[str, str]:
        """The hash of each published file."""
        files = (path for path in self.published.rglob("*") if path.is_file())
        return {path.relative_to(self.published).as_posix(): disk.sha256(path) for path in files}


def until(true: Callable[[], object], seconds: float = 120) -> None:
    """Wait until something is true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)


def family(pid: int) -> list[psutil.Process]:
    """All that a process has started, and they in turn."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def torn(reports: Path, month: str = MONTH) -> str:
    """What is wrong with a month as a reader finds it now; nothing where it is whole.

    The folder is opened once, so that all is read from one and the same; when it is replaced meanwhile, it is looked at
    again.
    """
    while True:
        try:
            folder = os.open(reports / month, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            return "there is no such month"
        try:
            wrong = _wrong_in(folder)
            try:
                replaced = os.fstat(folder).st_ino != (reports / month).stat().st_ino
            except FileNotFoundError:
                return "the month has gone"
        finally:
            os.close(folder)
        if not wrong or not replaced:
            return wrong


def _wrong_in(folder: int) -> str:
    try:
        manifest = json.loads(_content(folder, "manifest.json"))
        for name, digest in manifest["outputs"].items():
            if hashlib.sha256(_content(folder, name)).hexdigest() != digest:
                return f"{name} is not that of the manifest"
        strange = set(os.listdir(folder)) - {*(name.partition("/")[0] for name in manifest["outputs"]), "manifest.json"}
    except (OSError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return f"nobody knows {sorted(strange)}" if strange else ""


def _content(folder: int, name: str) -> bytes:
    with os.fdopen(os.open(name, os.O_RDONLY, dir_fd=folder), "rb") as file:
        return file.read()
