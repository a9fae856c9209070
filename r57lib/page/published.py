"""What lies under `reports/`: the months that are published, and who approved which bytes of one.

Approvals lie beside the months, under `reports/approved/<month>/<digest>`, so that a month stays whole and its
rebuilding loses none. Each is a folder with `approval.json`, the manifest that was looked at with every file that it
names, and the approved documents. Its first pages say who approved it; as they were looked at they lie in `reviewed`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from r57lib import disk
from r57lib.data.periods import is_month

BUILD, CACHE, APPROVED = ".build", ".cache", "approved"
"""Folders of `reports/`: months that are being built, what may be thrown away at any time, and approvals."""
ALERTS = ".alerts.json"
"""The file of `reports/` that holds the warnings that stand, and those that were told."""
FIGURE_FOLDER = "figures"
"""The folder of a month that holds the files beside its figures."""
FIGURE_INDEX = f"{FIGURE_FOLDER}/index.json"
"""The file there that lists the others."""
FIGURE_FORMS = ("csv", "json", "svg", "vl.json")
"""The forms in which a figure may lie there."""
FIGURE_SCHEMA = Path(__file__).with_name("figure.schema.json")
"""What the JSON of a figure holds, as JSON Schema."""
SHORT = 12
"""So many hexadecimal digits of a digest are enough to name it."""

_INDEX = re.compile(r"index(\.\w+)?\.html")


def published_months(reports: Path) -> list[str]:
    """The months with a report, oldest first: folders that are called like a month and hold a manifest."""
    folders = [path for path in reports.glob("????-??") if (path / "manifest.json").is_file()]
    return sorted(path.name for path in folders if is_month(path.name))


def files_in(folder: Path) -> list[str]:
    """The names of all that lies in the folder of a month, and in that of its figures, but for the manifest."""
    found = {path.name for path in folder.iterdir()} - {"manifest.json", FIGURE_FOLDER}
    return sorted(found | {f"{FIGURE_FOLDER}/{path.name}" for path in (folder / FIGURE_FOLDER).glob("*")})


def documents_in(folder: Path) -> set[str]:
    """The files of a published month, or of an approval: those that its manifest, or the approval, names."""
    told = disk.read_json(folder / "manifest.json"), disk.read_json(folder / "approval.json")
    made, approved = (each if isinstance(each, dict) else {} for each in told)
    return {*made.get("outputs", {}), *(each["approved"] for each in approved.get("documents", ()))}


def approved_name(document: str) -> str:
    """The name of the approved copy of a document.

    >>> approved_name("bao-cao.vi.pdf")
    'bao-cao.vi.approved.pdf'
    """
    stem, _, form = document.rpartition(".")
    return f"{stem}.approved.{form}"


def content(outputs: Mapping[str, str]) -> dict[str, str]:
    """The files of a month but for its first pages, which say whether it is approved."""
    return {name: digest for name, digest in outputs.items() if not _INDEX.fullmatch(name)}


def approval_of(reports: Path, month: str, outputs: Mapping[str, str]) -> dict[str, Any]:
    """What the first page of a month says of its approval; nothing where these very bytes are not approved.

    A first page has the bytes that were looked at, or those in which it says so.
    """
    for folder, found in approvals_of(reports, month):
        reviewed = found.get("outputs", {})
        if content(reviewed) == content(outputs) and all(
            digest in (reviewed.get(name), found["first_pages"].get(name))
            for name, digest in outputs.items()
            if _INDEX.fullmatch(name) and "first_pages" in found
        ):
            return _said(folder, found)
    return {}


def superseded_of(reports: Path, month: str) -> dict[str, Any]:
    """The same of the newest version of a month that was approved, for a month that is not that version any more."""
    kept = sorted(approvals_of(reports, month), key=lambda each: str(each[1].get("at")))
    return _said(*kept[-1]) if kept else {}


def approvals_of(reports: Path, month: str) -> list[tuple[Path, dict[str, Any]]]:
    """The approvals of a month: the folder of each, and what it records."""
    found = [
        (path.parent, disk.read_json(path)) for path in sorted((reports / APPROVED / month).glob("*/approval.json"))
    ]
    return [(folder, said) for folder, said in found if isinstance(said, dict) and "by" in said]


def _said(folder: Path, found: Mapping[str, Any]) -> dict[str, Any]:
    documents = {each["draft"]: each["approved"] for each in found["documents"]}
    place = f"../{APPROVED}/{folder.parent.name}/{folder.name}"
    pages = sorted(found.get("first_pages", ()))
    return {"by": found["by"], "on": found["at"][:10], "digest": found["manifest"],
            "folder": place, "documents": documents} | ({"pages": pages} if pages else {})  # fmt: skip
