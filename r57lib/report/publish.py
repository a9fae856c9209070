"""A month's report is published whole or not at all: built beside, receipts first, the manifest last, one rename.

While it is built, a month lies under `reports/.build/<month>`; a build that was cut off is taken up again by the next.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from r57lib import disk
from r57lib.data.periods import parse_month
from r57lib.data.tables import Tables
from r57lib.page.navigation import index_name
from r57lib.page.published import BUILD, FIGURE_FOLDER, approval_of, content, files_in, published_months
from r57lib.report.beside import index_figures
from r57lib.report.front import first_pages, first_told, outputs_of, state_of, write_first_pages
from r57lib.report.history import Version, enter, placed, versions_of
from r57lib.report.indexes import shelf
from r57lib.report.job import Job, jobs_of, receipts_in, versions, wanted_files, why_stale
from r57lib.report.plan import Plan
from r57lib.report.pool import Hands, Result

FAILED, LOCKS = ".failed", ".locks"
"""Folders of `reports/`: notebooks that failed, and who is at which month."""


@dataclass(frozen=True)
class Published:
    """What became of a month.

    `state` is `published`, `unchanged`, `incomplete` (published without the runs of `failed`) or `failed` (the month
    stays as it was). `folder` is where the month lies, `aside` where the notebooks of failed runs are.
    """

    month: str
    state: str
    folder: Path
    aside: Path
    done: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]
    fingerprint: str
    papers: tuple[str, ...] = ()
    version: Version | None = None


class Watch(Protocol):
    """Whom the work tells of its progress."""

    def begins(self, month: str, stale: int, fresh: int) -> None:
        """A month begins: so many runs to do, and so many that are fresh."""

    def ends(self, result: Result) -> None:
        """A run has ended."""


def stale_runs(plan: Plan, reports: Path, *, force: bool = False) -> dict[str, str]:
    """Each run that would be run, and why; those that are not named are published and as they should be."""
    target = reports / plan.month
    found = receipts_in(target)
    reasons = {
        job.name: why_stale(job, plan.view.everything, found.get(job.name), target) for job in jobs_of(plan, reports)
    }
    return {name: reason or "forced" for name, reason in reasons.items() if reason or force}


def publish(plan: Plan, reports: Path, hands: Hands, *, watch: Watch, now: datetime, force: bool = False) -> Published:
    """Run what is stale of a plan and put the month's report into `reports/<month>`, at the moment `now`.

    It holds an index, what each run leaves, and `manifest.json`. When a run fails, a whole month that is published
    already stays as it was; otherwise the others are published. Raises `Busy` when another process is at this month.
    """
    with disk.alone(reports / LOCKS / plan.month, f"month {plan.month} is being published"):
        build, target = reports / BUILD / plan.month, reports / plan.month
        disk.settle(build, target)
        if not force and _is_current(plan, target):
            shutil.rmtree(build, ignore_errors=True)
            _shelve(plan, reports)
            return _told(plan, "unchanged", reports, {})
        return _build(plan, reports, hands, force, watch, now)


def _build(plan: Plan, reports: Path, hands: Hands, force: bool, watch: Watch, now: datetime) -> Published:
    build, target = reports / BUILD / plan.month, reports / plan.month
    (build / "receipts").mkdir(parents=True, exist_ok=True)
    jobs = jobs_of(plan, reports)
    fresh = {} if force else dict(_taken_up(jobs, plan.view.everything, build, target))
    _keep_only(build, fresh)
    stale = [job for job in jobs if job.name not in fresh]
    watch.begins(plan.month, len(stale), len(fresh))
    failed: dict[str, str] = {}
    for result in hands.results(stale, plan.limits.seconds):
        if result.error:
            failed[result.job.name] = result.error
        watch.ends(result)
    _set_aside(failed, jobs, build, reports / FAILED / plan.month)
    broken = set(failed) - set(plan.papers)  # a document that cannot be made holds nothing up
    if broken and (len(broken) == len(plan.runs) or (target.exists() and _is_whole(target))):
        return _told(plan, "failed", reports, failed)
    _finish(plan, jobs, failed, build, hands, now)
    same = not force and outputs_of(build) == (disk.read_json(target / "manifest.json") or {}).get("outputs")
    disk.put_in_place(build, target)
    placed(reports, plan.month)
    shutil.rmtree(build, ignore_errors=True)
    _shelve(plan, reports)
    return _told(plan, "incomplete" if failed else "unchanged" if same else "published", reports, failed)


def _is_current(plan: Plan, target: Path) -> bool:
    """Whether the month is published from these inputs, with every file as its manifest has it."""
    manifest = disk.read_json(target / "manifest.json")
    if not isinstance(manifest, dict) or stale_runs(plan, target.parent):
        return False
    same = set(receipts_in(target)) == plan.names and manifest["pinned"] == plan.pinned
    outputs: Mapping[str, str] = manifest["outputs"]
    return same and all((target / name).is_file() and disk.sha256(target / name) == outputs[name] for name in outputs)


def _taken_up(jobs: Iterable[Job], now: Tables, build: Path, target: Path) -> Iterator[tuple[str, Any]]:
    """The runs that need not run again, by their receipts; their files are in `build` then."""
    had = {folder: receipts_in(folder) for folder in (build, target)}
    for job in jobs:
        for folder, found in had.items():
            if not why_stale(job, now, found.get(job.name), folder):
                if folder == target:
                    _bring(found[job.name]["outputs"], target, build)
                disk.write(job.receipt, disk.as_json(found[job.name]))
                yield job.name, found[job.name]
                break


def _bring(names: Iterable[str], target: Path, build: Path) -> None:
    for name in names:
        (build / name).parent.mkdir(exist_ok=True)
        (build / name).unlink(missing_ok=True)
        disk.link(target / name, build / name)  # a published file is replaced, never changed


def _keep_only(build: Path, fresh: Mapping[str, Any]) -> None:
    """Remove from a build what an earlier one has left, but for the files of fresh runs."""
    kept = {"receipts"} | {name for receipt in fresh.values() for name in receipt["outputs"]}
    for path in (build / name for name in files_in(build) if name not in kept):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in (build / "receipts").iterdir():
        if path.stem not in fresh:
            path.unlink()


def _set_aside(failed: Mapping[str, str], jobs: Iterable[Job], build: Path, folder: Path) -> None:
    """Keep the notebooks of failed runs, the error on top, where no reader takes them for reports."""
    from r57lib.report.run import marked  # with nbformat, which a month without failures does not wait for

    shutil.rmtree(folder, ignore_errors=True)
    for job in (job for job in jobs if job.name in failed):
        folder.mkdir(parents=True, exist_ok=True)
        if job.chapters:
            disk.write(folder / f"{job.name}.txt", f"{failed[job.name]}\n")
        else:
            disk.write(folder / f"{job.name}.ipynb", marked(build / f"{job.name}.ipynb", job, failed[job.name]))
        for name in (*wanted_files(job), f"{job.name}.ipynb"):
            (build / name).unlink(missing_ok=True)


def _finish(plan: Plan, jobs: list[Job], failed: Mapping[str, str], build: Path, hands: Hands, now: datetime) -> None:
    """The index, and last of all the manifest, which takes the place of the receipts."""
    receipts, reports = receipts_in(build), build.parents[1]
    entries = [_entry(job, receipts.get(job.name, {}), failed) for job in jobs]
    shutil.rmtree(build / "receipts")
    index_figures(build, plan, entries)
    enter(plan, reports, outputs_of(build), entries, now, lambda: first_told(plan, jobs[0], hands))
    said = state_of(reports, plan.month, outputs_of(build), build=True)
    write_first_pages(plan, jobs[0], entries, hands, said)
    if "approval" in said and not approval_of(reports, plan.month, outputs_of(build)):  # its first pages say otherwise
        for language in plan.languages:
            (build / index_name(plan.languages, language)).unlink()
        said = {"superseded": said["approval"]} | {name: each for name, each in said.items() if name != "approval"}
        write_first_pages(plan, jobs[0], entries, hands, said)
    made = manifest(plan, jobs, entries, outputs_of(build))
    disk.write(
        build / "manifest.json", disk.as_json(made | {n: said[n] for n in ("approval", "superseded") if n in said})
    )


def stamp(plan: Plan, reports: Path) -> None:
    """Let the first pages of a published month, and that of all months, say by whom it is approved.

    Nothing else of it changes, and it is whole at every instant.
    """
    build, target = reports / BUILD / plan.month, reports / plan.month
    had = disk.read_json(target / "manifest.json")
    shutil.rmtree(build, ignore_errors=True)
    shutil.copytree(target, build, copy_function=disk.link)
    said = state_of(reports, plan.month, had["outputs"])
    for name, page in first_pages(plan, target, had, said).items():
        disk.write(build / name, page)
    changed = {"outputs": outputs_of(build), "approval": said["approval"]}
    kept = {name: each for name, each in had.items() if name != "superseded"}
    disk.write(build / "manifest.json", disk.as_json(kept | changed))
    disk.put_in_place(build, target)
    shutil.rmtree(build, ignore_errors=True)
    _shelve(plan, reports)


def _entry(job: Job, receipt: Mapping[str, Any], failed: Mapping[str, str]) -> dict[str, Any]:
    if job.name not in failed:
        return dict(receipt)
    fields = {"run": job.name, "notebook": job.stem, "language": job.language, "unit": job.unit}
    return fields | {"status": "failed", "error": failed[job.name]}


def manifest(plan: Plan, jobs: list[Job], entries: list[dict[str, Any]], outputs: dict[str, str]) -> dict[str, Any]:
    """What went in, what ran and what came out; hashes are SHA-256."""
    inputs = dict(plan.view.everything.files)
    inputs |= {f"notebooks/{Path(job.notebook).name}": job.inputs["notebook"] for job in jobs if job.notebook}
    papers = [entry for entry in entries if entry["run"] in plan.papers]
    return (
        {
            "month": plan.month,
            "as_of": plan.view.as_of.isoformat(),
            "pinned": plan.pinned,
            "languages": list(plan.languages),
            "inputs": inputs,
            "outputs": outputs,
            "versions": versions(),
            "runs": [entry for entry in entries if entry not in papers],
        }
        | ({"documents": papers} if papers else {})
        | ({"synthetic": True} if plan.view.made_up else {})
    )


def stands_as(plan: Plan, reports: Path) -> Published | None:
    """What a month has come to already; nothing where it is not published."""
    manifest = disk.read_json(reports / plan.month / "manifest.json")
    if not isinstance(manifest, dict) or not versions_of(reports, plan.month, manifest.get("outputs", {})):
        return None
    entries = (*manifest["runs"], *manifest.get("documents", ()))
    failed = {each["run"]: each.get("error", "") for each in entries if each.get("status") != "published"}
    done, papers = (tuple(each["run"] for each in manifest.get(kind, ()) if each["run"] not in failed)
                    for kind in ("runs", "documents"))  # fmt: skip
    return replace(_told(plan, "incomplete" if failed else "unchanged", reports, failed), done=done, papers=papers)


def _told(plan: Plan, state: str, reports: Path, failed: Mapping[str, str]) -> Published:
    folder, aside = reports / plan.month, reports / FAILED / plan.month
    done = tuple(run.name for run in plan.runs if run.name not in failed)
    papers = tuple(name for name in plan.papers if name not in failed)
    made = (disk.read_json(folder / "manifest.json") or {}).get("outputs", {})
    versions = versions_of(reports, plan.month, made)
    news = [len(versions), versions[-1].entered] if versions else content(made)  # what it was made from is none
    said, newest = disk.as_json([plan.month, sorted(failed.items()), news]), versions[-1] if versions else None
    error = tuple(sorted(failed.items()))
    return Published(plan.month, state, folder, aside, done, error, disk.digest(said), papers, newest)


# --- the shelf -------------------------------------------------------------------------------------------------------


def _shelve(plan: Plan, reports: Path) -> None:
    """The pages over all months, and `latest`, which is the newest of them."""
    with disk.alone(reports / LOCKS / "shelf", "the index is being written", wait=True):
        newest = published_months(reports)[-1]
        if not disk.point(reports / "latest", newest):
            _redirect(reports / "latest", newest)
        _write_shelf(reports, plan.view.everything)


def shelve_again(reports: Path, tables: Tables) -> None:
    """Write the pages over all months anew, where anything of them has changed."""
    with disk.alone(reports / LOCKS / "shelf", "the index is being written", wait=True):
        _write_shelf(reports, tables)


def _redirect(folder: Path, month: str) -> None:
    """Lead on to a month by pages, where links are not to be had."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    folder.mkdir(exist_ok=True)
    for page in sorted((folder.parent / month).glob("index*.html")):
        address = f"../{month}/{page.name}"
        head = f'<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={address}">'
        disk.write(folder / page.name, f'{head}<title>{month}</title><a href="{address}">{month}</a>\n')
    shutil.rmtree(folder / FIGURE_FOLDER, ignore_errors=True)  # a program follows no page
    if (folder.parent / month / FIGURE_FOLDER).is_dir():
        shutil.copytree(folder.parent / month / FIGURE_FOLDER, folder / FIGURE_FOLDER, copy_function=disk.link)


def _write_shelf(reports: Path, tables: Tables) -> None:
    for name, text in shelf(reports, tables["labels"]).items():
        if not (reports / name).is_file() or (reports / name).read_text(encoding="utf-8") != text:
            disk.write(reports / name, text)


def prune(reports: Path, keep: int, tables: Tables) -> list[str]:
    """Remove all months but the newest `keep`, and but the newest that is whole; the months that went."""
    with disk.alone(reports / LOCKS / "shelf", "the index is being written", wait=True):
        months = published_months(reports)
        whole = [month for month in months if _is_whole(reports / month)]
        gone = [month for month in months[: max(0, len(months) - keep)] if month not in whole[-1:]]
        for month in gone:
            _remove(reports, month)
        if gone:
            _write_shelf(reports, tables)
    return gone


def _is_whole(folder: Path) -> bool:
    return all(each.get("status") == "published" for each in receipts_in(folder).values())


def _remove(reports: Path, month: str) -> None:
    """Out of a reader's way in one step, then gone."""
    parse_month(month)
    aside = reports / BUILD / f"{month}.gone"
    aside.parent.mkdir(exist_ok=True)
    disk.take_away(reports / month, aside)
