"""`r57 approve`: a person says that these very bytes of a month are the report, and the documents say so then.

All of them are kept beside the approval, so that neither a correction nor the end of the month's time takes them away.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from r57lib import disk
from r57lib.data.periods import VIET_NAM
from r57lib.errors import Changed, FailedRun, WrongCall, wrong_choice
from r57lib.page.published import APPROVED, BUILD, SHORT, approval_of, approved_name, files_in, published_months
from r57lib.report.front import first_pages, state_of
from r57lib.report.job import jobs_of, receipts_in, why_stale
from r57lib.report.plan import OWN_PARAMETERS, Plan, PlanEntry, Spec, make_plan
from r57lib.report.pool import Pool
from r57lib.report.publish import LOCKS, stamp
from r57lib.view.view import open_view

_LONGEST_NAME = 120


@dataclass(frozen=True)
class Reviewed:
    """A month as it lies there, every byte as its manifest has it."""

    folder: Path
    manifest: Mapping[str, Any]
    digest: str

    def lines(self) -> Iterable[str]:
        """What would be approved and by which command, then each file with its SHA-256, and the digest of all."""
        month, short, papers = self.folder.name, self.digest[:SHORT], len(self.manifest.get("documents", ()))
        pages = len(self.manifest["runs"])
        documents = f", {papers} document{'s' * (papers != 1)}" if papers else ""
        what = f"{month}: {pages} page{'s' * (pages != 1)}{documents} and the first pages, data as of"
        yield f"{what} {self.manifest['as_of']}, published in {self.folder}"
        given = approval_of(self.folder.parent, month, self.manifest["outputs"])
        if given:
            yield f"approved already: by {given['by']} on {given['on']}"
        else:
            yield "read it; then whoever approves it runs:"
            yield f"  r57 approve {month} --by 'NAME' --digest {short}"
        yield ""
        yield from (f"{digest}  {name}" for name, digest in sorted(self.manifest["outputs"].items()))
        yield f"{self.digest}  manifest.json"
        yield f"digest {self.digest[:SHORT]}"


def review(reports: Path, month: str, digest: str = "") -> Reviewed:
    """The month that is to be approved; `digest` pins what was looked at, by 12 or more hexadecimal digits.

    Raises `WrongCall` for an unknown month or what is no digest, and `Changed` with the file when a byte is not as the
    manifest has it, when the month is incomplete, or when it was built again since it was looked at.
    """
    if digest and not re.fullmatch(rf"[0-9a-f]{{{SHORT},64}}", digest.casefold()):
        raise WrongCall(
            f"'{digest}' is no digest: write the first {SHORT} digits or more that 'r57 approve {month}' says"
        )
    months = published_months(reports)
    if month not in months:
        raise wrong_choice("month", month, months) if months else WrongCall(f"no month is published in {reports}")
    folder = reports / month
    manifest = disk.read_json(folder / "manifest.json")
    _require_untouched(folder, manifest)
    found = disk.sha256(folder / "manifest.json")
    if digest and not found.startswith(digest.casefold()):
        raise Changed(f"{month} was built again since it was reviewed: its digest is {found[:SHORT]}, not {digest}")
    return Reviewed(folder, manifest, found)


def _require_untouched(folder: Path, manifest: Any) -> None:
    if not isinstance(manifest, dict) or not isinstance(manifest.get("outputs"), dict):
        raise Changed(f"{folder / 'manifest.json'} cannot be read: run 'r57 report --month {folder.name}' again")
    failed = [name for name, each in receipts_in(folder).items() if each.get("status") != "published"]
    if failed:
        raise Changed(f"{folder.name} is incomplete: {', '.join(failed)} failed")
    outputs, there = manifest["outputs"], set(files_in(folder))
    for name, digest in outputs.items():
        if name not in there or disk.sha256(folder / name) != digest:
            raise Changed(f"{folder / name} {'differs from its manifest' if name in there else 'is missing'}")
    for name in sorted(there - set(outputs)):
        raise Changed(f"{folder / name} does not belong to the report: its manifest does not know it")


def approve(reports: Path, month: str, *, by: str, digest: str, data: Path, notebooks: Path, now: datetime,
            cores: int) -> Path:  # fmt: skip
    """Record the approval of a month by a person, write its documents with their name, and say so on its first pages.

    Returns the folder of the approval. Raises as `review` does, `Changed` when the month is approved already or its
    documents cannot be made again from what lies there, and `FailedRun` when one of them fails.
    """
    name = " ".join(by.split())
    if not name or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise WrongCall("--by needs the name of a person, on one line")
    with disk.alone(reports / LOCKS / month, f"month {month} is being published"):
        reviewed = review(reports, month, digest)
        earlier = approval_of(reports, month, reviewed.manifest["outputs"])
        plan = _plan(reviewed, data, notebooks)
        if earlier:
            if "approval" not in reviewed.manifest:  # it was cut off before the pages said so
                stamp(plan, reports)
            raise Changed(f"{month} is approved already: by {earlier['by']} on {earlier['on']}")
        build, folder = reports / BUILD / f"{month}.{APPROVED}", reports / APPROVED / month / reviewed.digest[:SHORT]
        shutil.rmtree(build, ignore_errors=True)
        (build / "receipts").mkdir(parents=True)
        moment = now.astimezone(VIET_NAM)
        approval = {"by": name, "on": f"{moment:%Y-%m-%d}", "digest": reviewed.digest}
        made = _documents(plan, reviewed, build, approval, cores)
        shutil.rmtree(build / "receipts")
        pages = _first_pages(plan, reviewed, build, approval | {"documents": made, "folder": f"../{APPROVED}/{month}/"
                                                                f"{folder.name}"})  # fmt: skip
        record = _record(reviewed, name, moment, made, build) | {"first_pages": pages}
        _keep(reviewed, build, pages)
        disk.write(build / "approval.json", disk.as_json(record))
        folder.parent.mkdir(parents=True, exist_ok=True)
        disk.put_in_place(build, folder)
        stamp(plan, reports)
    return folder


def _first_pages(plan: Plan, reviewed: Reviewed, build: Path, approval: dict[str, Any]) -> dict[str, str]:
    """Write the first pages as they say that the month is approved, for what is kept; SHA-256 of those of the month."""
    said = state_of(reviewed.folder.parent, reviewed.folder.name, reviewed.manifest["outputs"]) | {"approval": approval}
    said.pop("superseded", None)
    pages = first_pages(plan, reviewed.folder, reviewed.manifest, said, build)
    kept = said | {"approval": approval | {"folder": "."}, "shelf": "../../.."}
    for name, page in first_pages(plan, reviewed.folder, reviewed.manifest, kept, build).items():
        disk.write(build / name, page)
    return {name: disk.digest(page) for name, page in pages.items()}


def _keep(reviewed: Reviewed, build: Path, first: Iterable[str]) -> None:
    """Lay every file that was looked at beside the approval: months go when there are too many, approvals stay."""
    (build / "reviewed").mkdir()
    for name in (*reviewed.manifest["outputs"], "manifest.json"):
        beside = build / "reviewed" / name if name in first else build / name
        beside.parent.mkdir(exist_ok=True)
        disk.link(reviewed.folder / name, beside)


def _record(reviewed: Reviewed, by: str, moment: datetime, made: Mapping[str, str], build: Path) -> dict[str, Any]:
    """Who approved what and when: the manifest, every file, and each document before and after."""
    outputs = reviewed.manifest["outputs"]
    return {
        "month": reviewed.manifest["month"],
        "as_of": reviewed.manifest["as_of"],
        "by": by,
        "at": moment.isoformat(timespec="seconds"),
        "manifest": reviewed.digest,
        "outputs": dict(outputs),
        "documents": [
            {
                "draft": draft,
                "draft_sha256": outputs[draft],
                "approved": name,
                "approved_sha256": disk.sha256(build / name),
            }
            for draft, name in made.items()
        ],
    }


def _plan(reviewed: Reviewed, data: Path, notebooks: Path) -> Plan:
    """The plan that the month was made by, as far as its documents go, from what its manifest says."""
    manifest = reviewed.manifest
    whole = [run for run in manifest["runs"] if not run["unit"]]
    languages: dict[str, list[Any]] = {}
    for run in whole:
        languages.setdefault(run["notebook"], []).append(run["language"])
    given = {
        run["notebook"]: {k: value for k, value in run["inputs"]["parameters"].items() if k not in OWN_PARAMETERS}
        for run in whole
    }
    entries = tuple(PlanEntry(name, given[name], languages=tuple(each)) for name, each in languages.items())
    forms = dict.fromkeys(each["run"].rpartition(".")[2] for each in manifest.get("documents", []))
    view = open_view(month=manifest["month"], as_of=manifest["as_of"], data=data)
    return make_plan(view, notebooks, spec=Spec(entries, documents=tuple(forms)), pinned=manifest["pinned"])


def _documents(plan: Plan, reviewed: Reviewed, build: Path, approval: dict[str, str], cores: int) -> dict[str, str]:
    """Make the documents again from the same inputs, with the approval; draft and approved name of each."""
    receipts = receipts_in(reviewed.folder)
    jobs = {job.name: job for job in jobs_of(plan, reviewed.folder.parent) if job.chapters}
    for name, job in jobs.items():
        reason = why_stale(job, plan.view.everything, receipts.get(name), reviewed.folder)
        if reason:
            raise Changed(f"{name} cannot be made again as it was reviewed: {reason}; publish the month, and review it")
    place = str(build.resolve())
    marked = [replace(job, name=approved_name(job.name), build=place, approval=approval) for job in jobs.values()]
    folder = plan.view.everything.folder.resolve()
    with Pool(folder.parent, Path(folder.name), cores) as pool:
        for result in pool.results(marked, plan.limits.seconds):
            if result.error:
                raise FailedRun(f"{result.job.name}: {result.error}")
    return {name: approved_name(name) for name in jobs}
