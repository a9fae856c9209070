"""What lies under `reports/`: the months that are published, and who approved which bytes of one.

Approvals lie beside the months, under `reports/approved/<month>/<digest>`, so that a month stays whole and its
rebuilding loses none. Each is a folder with `approval.json`, the manifest that was looked at, and the approved
documents.
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
SHORT = 12
"""So many hexadecimal digits of a digest are enough to name it."""

_INDEX = re.compile(r"index(\.\w+)?\.html")


def published_months(reports: Path) -> list[str]:
    """The months with a report, oldest first: folders that are called like a month and hold a manifest."""
    folders = [path for path in reports.glob("????-??") if (path / "manifest.json").is_file()]
    return sorted(path.name for path in folders if is_month(path.name))


def documents_in(folder: Path) -> set[str]:
    """The documents of a published month, or of an approval: those that its manifest, or the approval, names."""
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
    """The files of a month that are approved: all but its first pages, which say whether it is."""
    return {name: digest for name, digest in outputs.items() if not _INDEX.fullmatch(name)}


def approval_of(reports: Path, month: str, outputs: Mapping[str, str]) -> dict[str, Any]:
    """What the first page of a month says of its approval; nothing where these very bytes are not approved."""
    for path in sorted((reports / APPROVED / month).glob("*/approval.json")):
        found = disk.read_json(path)
        if isinstance(found, dict) and content(found.get("outputs", {})) == content(outputs):
            documents = {each["draft"]: each["approved"] for each in found["documents"]}
            place = f"../{APPROVED}/{month}/{path.parent.name}"
            return {"by": found["by"], "on": found["at"][:10], "digest": found["manifest"],
                    "folder": place, "documents": documents}  # fmt: skip
    return {}
