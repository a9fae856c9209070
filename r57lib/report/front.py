"""The first pages of a month: what they say of it, and how they are written when it is built, approved and kept."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from r57lib import disk
from r57lib.page.navigation import index_name
from r57lib.page.published import approval_of, content, files_in, superseded_of
from r57lib.report.history import told_of, versions_of
from r57lib.report.indexes import month_index
from r57lib.report.job import Job
from r57lib.report.plan import Plan
from r57lib.report.pool import Hands


def state_of(reports: Path, month: str, outputs: Mapping[str, str], *, build: bool = False) -> dict[str, Any]:
    """What a month says of itself: `approval`, or `superseded` for that of another version, and `corrected`.

    The last are the corrections since it was first published, the newest first, with the day of each.
    """
    approval = approval_of(reports, month, content(outputs) if build else outputs)
    found = {"approval": approval} if approval else {"superseded": superseded_of(reports, month)}
    told = [
        {"on": each.at[:10], "told": each.told}
        for each in versions_of(reports, month, outputs or None)
        if each.kind == "corrected"
    ]
    return {name: each for name, each in (found | {"corrected": told[::-1]}).items() if each}


def outputs_of(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file of a month."""
    return {name: disk.sha256(folder / name) for name in files_in(folder) if (folder / name).is_file()}


def first_pages(
    plan: Plan, folder: Path, had: Mapping[str, Any], said: Mapping[str, Any], documents: Path | None = None
) -> dict[str, str]:
    """The first pages of a published month by file name, as they say what is `said`.

    `documents` is the folder of the approved ones, where they are not yet where `said` has them.
    """
    brief = _brief([*had["runs"], *had.get("documents", [])], folder, said.get("approval"), documents)
    return {
        index_name(had["languages"], each): month_index(plan.view, brief, each, had["languages"], said, folder)
        for each in had["languages"]
    }


def _brief(
    entries: Iterable[Mapping[str, Any]],
    folder: Path,
    approval: Mapping[str, Any] | None,
    documents: Path | None = None,
) -> list[dict[str, Any]]:
    """What the index shows of each run, of a document its bytes and the pages of a PDF; of an approved one its own."""
    told = [{name: entry[name] for name in _BRIEF if name in entry} for entry in entries]
    for entry in (entry for entry in told if not entry["notebook"] and entry["status"] == "published"):
        path = folder / entry["run"]
        if approval:
            place = documents or Path(os.path.normpath(folder.parent / folder.name / approval["folder"]))
            path = place / approval["documents"][entry["run"]]
        made = path.read_bytes()
        entry |= {"bytes": len(made), "pages": len(_PAGE.findall(made)) if path.suffix == ".pdf" else 0}
    return told


_PAGE = re.compile(rb"/Type/Page\b")


def write_first_pages(plan: Plan, job: Job, entries: list[dict[str, Any]], hands: Hands, said: dict[str, Any]) -> None:
    """The first page in each language, in forked processes side by side, or else here."""
    build = Path(job.build)
    approval = said.get("approval")
    place = build.parents[1] / build.name / approval["folder"] if approval else build
    brief = _brief(entries, build, approval, Path(os.path.normpath(place)))
    asked = {name: job.parameters[name] for name in ("month", "as_of", "data")}
    shared = [job.build, asked, job.data_version, brief, list(plan.languages), said]
    task = "r57lib.report.worker:first_page"
    notebooks = str(Path(job.notebook).parent)
    hands.together(task, [[*shared, language, notebooks] for language in plan.languages], job, plan.limits.seconds)
    for language in plan.languages:
        path = Path(job.build, index_name(plan.languages, language))
        if not path.is_file():
            disk.write(path, month_index(plan.view, brief, language, plan.languages, said, path.parent))


def first_told(plan: Plan, job: Job, hands: Hands) -> dict[str, list[str]]:
    """What a month that was never published has to tell; a forked process has compared it, or else this one does."""
    file = Path(job.build, "told.json")
    asked = {name: job.parameters[name] for name in ("month", "as_of", "data")}
    hands.together("r57lib.report.worker:tell", [[str(file), asked, job.data_version]], job, plan.limits.seconds)
    found = disk.read_json(file)
    file.unlink(missing_ok=True)
    return found if isinstance(found, dict) else told_of(plan.view)


_BRIEF = ("run", "notebook", "language", "unit", "status", "error")
"""What the index of a month shows of a run."""
