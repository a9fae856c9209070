"""One run as a process of its own is told of it, and the receipt that it leaves."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r57lib.data.tables import Tables
from r57lib.disk import as_json, read_json, sha256
from r57lib.page.published import BUILD, CACHE, FIGURE_FOLDER
from r57lib.report.plan import Plan, Run

if TYPE_CHECKING:  # with all that draws, for which a command does not wait
    from r57lib.page.own import OwnPage

VERSIONED = (
    "r57", "pandas", "numpy", "duckdb", "narwhals", "altair", "vl-convert-python", "font-source-sans-pro", "papermill",
    "nbclient", "nbformat", "ipython", "nbconvert", "babel", "jinja2", "mistune", "latex2mathml", "python-docx",
    "docxtpl", "lxml", "typst", "xlsxwriter", "python-pptx", "pillow",
)  # fmt: skip
"""The packages that the bytes of a month come from: a manifest names the versions of those that are installed."""


@dataclass(frozen=True)
class Job:
    """All that a run needs, in values that JSON can hold.

    `pages` are the pages of the navigation, name and notebook of each; `others` the languages that this page has too;
    `beside` the pages of the places before and after its own, by `prev` and `next`: name, axis and code.
    A document of the month has `chapters`: path, SHA-256 and parameters of each notebook that it holds. `approval` says
    by whom it is approved, on which day, and the SHA-256 of the manifest that was looked at.
    """

    name: str
    page: str
    notebook: str
    language: str
    parameters: dict[str, str]
    unit: dict[str, str]
    formats: list[str]
    month: str
    languages: list[str]
    others: list[str]
    pages: list[list[str]]
    beside: dict[str, list[str]]
    folder: str
    build: str
    cache: str
    data_version: str
    memory_mib: int
    inputs: dict[str, Any]
    chapters: list[Any] = field(default_factory=list)
    approval: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The job as JSON has it."""
        return asdict(self)

    @property
    def stem(self) -> str:
        """The name of its notebook."""
        return Path(self.notebook).stem

    @property
    def receipt(self) -> Path:
        """Where its receipt lies as long as the month is built."""
        return Path(self.build, "receipts", f"{self.name}.json")


def jobs_of(plan: Plan, reports: Path) -> list[Job]:
    """The jobs of a plan, in its order, to be done in `reports/.build/<month>`."""
    build = reports / BUILD / plan.month
    data = plan.view.everything.folder.resolve()
    own = own_modules(plan.runs[0].notebook.parent)
    library = _digest([library_hash(), own]) if own else library_hash()
    shared = {"library": library, "lock": lock_hash(), "tables": dict(plan.view.everything.digests)}
    languages: dict[str, list[str]] = {}
    for run in plan.runs:
        languages.setdefault(run.page, []).append(run.language)
    rows: dict[tuple[Path, str, tuple[str, ...]], list[Run]] = {}
    for run in plan.runs:
        rows.setdefault((run.notebook, run.language, tuple(run.unit)), []).append(run)
    beside = {run.name: _beside(row, place) for row in rows.values() for place, run in enumerate(row)}
    jobs = [_job(run, plan, build, data.parent, shared, languages[run.page], beside[run.name]) for run in plan.runs]
    papers = [_paper(name, *kind, jobs) for name, kind in plan.papers.items()]
    return [*jobs, *papers]


def _beside(row: list[Run], place: int) -> dict[str, list[str]]:
    """The pages before and after one of a row, where it is a row of places on one axis."""
    near = {name: row[at] for name, at in (("prev", place - 1), ("next", place + 1)) if 0 <= at < len(row)}
    return {name: [run.page, *next(iter(run.unit.items()))] for name, run in near.items() if len(run.unit) == 1}


def _job(
    run: Run, plan: Plan, build: Path, folder: Path, shared: Mapping[str, Any], languages: list[str],
    beside: dict[str, list[str]],
) -> Job:  # fmt: skip
    pages = [[each.page, each.notebook.stem] for each in plan.runs if each.language == run.language and not each.unit]
    others = [each for each in languages if each != run.language]
    around = {
        "pages": pages,
        "beside": beside,
        "others": others,
        "languages": list(plan.languages),
        "formats": list(run.formats),
    }
    inputs = {
        "notebook": _notebook_hash(run.notebook, run.notebook.stat().st_mtime_ns),
        "parameters": dict(run.parameters),
        "pages": _digest(around),
        **shared,
    }
    return Job(
        name=run.name,
        page=run.page,
        notebook=str(run.notebook.resolve()),
        language=run.language,
        parameters=dict(run.parameters),
        unit=dict(run.unit),
        formats=list(run.formats),
        month=plan.month,
        languages=list(plan.languages),
        others=others,
        pages=pages,
        beside=beside,
        folder=str(folder),
        build=str(build.resolve()),
        cache=str(build.resolve().parents[1] / CACHE),
        data_version=plan.view.everything.version,
        memory_mib=plan.limits.memory_mib,
        inputs=inputs,
    )


def _paper(name: str, language: str, form: str, jobs: list[Job]) -> Job:
    """A document of the month, made of the notebooks that are run without an axis, in their order."""
    own = [job for job in jobs if job.language == language and not job.unit]
    chapters = [[job.notebook, job.inputs["notebook"], job.parameters] for job in own]
    first = own[0]
    inputs = first.inputs | {
        "notebook": _digest([job.inputs["notebook"] for job in own]),
        "parameters": {job.stem: job.parameters for job in own},
        "pages": _digest([job.page for job in own]),
    }
    common = {each: first.parameters[each] for each in ("month", "as_of", "language", "data")}
    return replace(first, name=name, page=name.split(".")[0], notebook="", parameters=common, formats=[form],
                   inputs=inputs, chapters=chapters)  # fmt: skip


@cache
def _notebook_hash(path: Path, changed: int) -> str:
    del changed
    return sha256(path)


def own_modules(notebooks: Path) -> dict[str, str]:
    """The modules of an analyst's own that lie beside the notebooks, each with its hash."""
    return {path.name: _notebook_hash(path, path.stat().st_mtime_ns) for path in sorted(notebooks.glob("*.py"))}


@cache
def library_hash() -> str:
    """The hash of the library: its modules, templates, styles and scripts."""
    root = Path(__file__).resolve().parents[1]
    files = sorted(path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return _digest({path.relative_to(root).as_posix(): sha256(path) for path in files})


@cache
def lock_hash() -> str:
    """The hash of the lock beside the library and of the versions that do the work."""
    lock = Path(__file__).resolve().parents[2] / "requirements.lock"
    return _digest({"lock": sha256(lock) if lock.is_file() else "", **versions()})


@cache
def versions() -> dict[str, str]:
    """The versions of Python and of the packages that the bytes of a report depend on."""
    found = {"python": platform.python_version()}
    for name in VERSIONED:
        with suppress(PackageNotFoundError):  # an extra
            found[name] = version(name)
    return found


def _digest(value: Any) -> str:
    return hashlib.sha256(as_json(value).encode()).hexdigest()


# --- receipts --------------------------------------------------------------------------------------------------------


def receipt(job: Job, reads: Mapping[str, str], files: Iterable[Path], shown: OwnPage | None = None) -> dict[str, Any]:
    """What a finished run says of itself: what went in, the tables that it read, and what came out.

    Of what its page has `shown` it names the figures with files beside them, and what was left out.
    """
    inputs = job.inputs | {"tables": dict(sorted(reads.items()))}
    told: dict[str, Any] = {}
    if shown:
        figures = [[each[name] for name in ("figure", "title", "synthetic")] for each in shown.files]
        told = {"figures": figures, "left_out": shown.left_out}
    return {
        "run": job.name,
        "notebook": job.stem,
        "language": job.language,
        "unit": job.unit,
        "status": "published",
        "inputs": inputs,
        "key": _digest(inputs),
        "outputs": {path.relative_to(job.build).as_posix(): sha256(path) for path in sorted(files)},
    } | {name: each for name, each in told.items() if each}


def why_stale(job: Job, now: Tables, found: Any, folder: Path) -> str:
    """Why a receipt does not stand for a run any more, as the end of `stale: ...`; nothing when it does.

    The tables as they are `now` must hold what it read, as known on the day and about the time that it read of them.

    The files that it names must lie in `folder` with the bytes that it names.
    """
    if not is_receipt(found):
        return "never run"
    had = found["inputs"]
    changed = [what for what in ("notebook", "parameters", "library", "lock", "pages") if had[what] != job.inputs[what]]
    if changed:
        return _CHANGED[changed[0]]
    tables = {name.split("@")[0]: None for name, digest in had["tables"].items() if now.digest_of(name) != digest}
    if tables:
        return f"{', '.join(tables)} changed"
    if wanted_files(job) != {name for name in found["outputs"] if not name.startswith(f"{FIGURE_FOLDER}/")}:
        return "other formats are wanted"
    outputs = {name: (folder / name, digest) for name, digest in found["outputs"].items()}
    spoilt = [name for name, (path, digest) in outputs.items() if not path.is_file() or sha256(path) != digest]
    return f"{spoilt[0]} is missing or was changed" if spoilt else ""


_CHANGED = {
    "notebook": "the notebook changed",
    "parameters": "the parameters changed",
    "library": "the library, or a module beside the notebooks, changed",
    "lock": "the installed versions changed",
    "pages": "the pages of the report changed",
}


def wanted_files(job: Job) -> set[str]:
    """The names of the files that a run leaves, beside those of its figures."""
    return {job.name} if job.chapters else {f"{job.name}.{each}" for each in job.formats}


def may_leave(job: Job, name: str) -> bool:
    """Whether a run may leave a file of this name: one that is wanted, its notebook, or one beside its figures."""
    own = name.removeprefix(f"{FIGURE_FOLDER}/{job.page}.")
    return name in {*wanted_files(job), f"{job.name}.ipynb"} or (own != name and not set(own) & set("/\\"))


def is_receipt(found: Any) -> bool:
    """Whether this is what a run that was done says of itself."""
    return (
        isinstance(found, dict)
        and found.get("status") == "published"
        and isinstance(found.get("inputs"), dict)
        and isinstance(found.get("outputs"), dict)
        and found["inputs"].keys() == {"notebook", "parameters", "library", "lock", "pages", "tables"}
    )


def receipts_in(folder: Path) -> dict[str, Any]:
    """The receipts in a folder by run: of a month that is built, and of one that is published."""
    manifest = read_json(folder / "manifest.json")
    runs = [*manifest.get("runs", []), *manifest.get("documents", [])] if isinstance(manifest, dict) else []
    found = {each["run"]: each for each in runs if isinstance(each, dict) and "run" in each}
    for path in sorted((folder / "receipts").glob("*.json")):
        each = read_json(path)
        if isinstance(each, dict) and "run" in each:
            found[each["run"]] = each
    return found
