"""A month's report is published whole or not at all: built beside, moved into place, its manifest written last."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from r57lib.errors import FailedRun
from r57lib.report.export import index_name, index_page, page_of
from r57lib.report.plan import Plan, Run
from r57lib.report.run import execute
from r57lib.schema import TABLES

_VERSIONED = ("r57", "pandas", "altair", "vl-convert-python", "papermill", "nbconvert", "babel")
Tick = Callable[[Run, float], None]


def publish(plan: Plan, reports: Path, *, tick: Tick = lambda run, seconds: None) -> Path:
    """Run every notebook of the plan and put the month's report into `reports/<month>`.

    Holds an index, a page and the executed notebook for each run, and `manifest.json`. Raises `FailedRun` when a
    notebook fails: the published month stays as it was, and what was built lies under `reports/.failed/<month>`.
    """
    target = reports / plan.month
    with _building(reports, plan.month) as build:
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            receipts = list(pool.map(lambda run: _receipt(run, plan, build, tick), plan.runs))
        for language in plan.languages:
            _write(build / index_name(plan, language), index_page(plan, language))
        _write(build / "manifest.json", _as_json(manifest(plan, receipts, build)))
        _move(build, target)
    return target


@contextmanager
def _building(reports: Path, month: str) -> Iterator[Path]:
    reports.mkdir(parents=True, exist_ok=True)
    build = Path(tempfile.mkdtemp(prefix=f".build-{month}-", dir=reports))
    try:
        yield build
    except FailedRun:
        failed = reports / ".failed" / month
        shutil.rmtree(failed, ignore_errors=True)
        failed.parent.mkdir(exist_ok=True)
        build.replace(failed)
        raise
    finally:
        shutil.rmtree(build, ignore_errors=True)


def _move(build: Path, target: Path) -> None:
    """Put the built month in the place of the old one."""
    build.chmod(0o755)
    old = build.with_name(f"{build.name}.old")
    if target.exists():
        target.replace(old)
    build.replace(target)
    shutil.rmtree(old, ignore_errors=True)


def _receipt(run: Run, plan: Plan, build: Path, tick: Tick) -> dict[str, Any]:
    begun = time.monotonic()
    path = build / f"{run.name}.ipynb"
    notebook = execute(run, path, folder=plan.view.everything.folder.resolve().parent)
    _write(build / f"{run.name}.html", page_of(notebook, run, plan))
    seconds = time.monotonic() - begun
    tick(run, seconds)
    return {
        "run": run.name,
        "parameters": dict(run.parameters),
        "status": "published",
        "seconds": round(seconds, 3),
    }


def manifest(plan: Plan, receipts: list[dict[str, Any]], build: Path) -> dict[str, Any]:
    """What went in, what ran and what came out: hashes are SHA-256; `seconds` alone differ between equal runs."""
    view = plan.view
    inputs = {f"data/{name}.csv": view.everything.folder / f"{name}.csv" for name in TABLES}
    inputs |= {f"notebooks/{run.notebook.name}": run.notebook for run in plan.runs}
    outputs = sorted(path for path in build.iterdir() if path.is_file())
    return {
        "month": plan.month,
        "as_of": view.as_of.isoformat(),
        "languages": list(plan.languages),
        "inputs": {name: sha256(path) for name, path in sorted(inputs.items())},
        "outputs": {path.name: sha256(path) for path in outputs},
        "versions": {"python": platform.python_version()} | {name: version(name) for name in _VERSIONED},
        "runs": receipts,
    }


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _write(path: Path, text: str) -> None:
    """Write a file and see it onto the disk."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
