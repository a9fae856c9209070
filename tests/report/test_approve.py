"""`r57 approve`: who approves which bytes, what it refuses, and what the documents and pages say afterwards."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from r57lib.data.periods import VIET_NAM
from r57lib.disk import read_json, sha256
from r57lib.errors import Changed, WrongCall
from r57lib.page.published import approval_of
from r57lib.report import approve
from tests.batching import MONTH, Batch, torn
from tests.conftest import DATA, call_r57, run_r57
from tests.report.test_documents import SMALL

FORMATS = ("--formats", "html,docx,pdf,xlsx")
BY = "Nguyễn Văn An"


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """A month of one figure with its documents."""
    batch = Batch(tmp_path_factory.mktemp("draft"), {"overview": [SMALL.replace("TITLE", "A finding")]})
    assert batch.run(*FORMATS).returncode == 0
    return batch


def copy_of(batch: Batch, folder: Path) -> Batch:
    shutil.copytree(batch.folder, folder, dirs_exist_ok=True, symlinks=True)
    return Batch(folder, batch.cells)


@pytest.fixture
def copied(draft: Batch, tmp_path: Path) -> Batch:
    """The same month, to be changed."""
    return copy_of(draft, tmp_path)


@pytest.fixture(scope="module")
def approved(draft: Batch, tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """The same month, approved."""
    batch = copy_of(draft, tmp_path_factory.mktemp("approved"))
    digest = sha256(batch.published / "manifest.json")[:12]
    folders = ("--output", batch.reports, "--notebooks", batch.folder / "notebooks", "--data", DATA)
    done = run_r57("approve", MONTH, *folders, "--by", BY, "--digest", digest)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(batch.reports / "approved" / MONTH / digest)
    return batch


def record(batch: Batch) -> Path:
    (found,) = (batch.reports / "approved" / MONTH).iterdir()
    return found


def tried(batch: Batch, **more: Any) -> str:
    """What approving a month is refused with."""
    asked = {"by": BY, "digest": "", "month": MONTH} | more
    with pytest.raises((Changed, WrongCall)) as refused:
        approve.approve(
            batch.reports, asked.pop("month"), data=DATA, notebooks=batch.folder / "notebooks",
            now=datetime(2026, 4, 1, tzinfo=VIET_NAM), cores=1, **asked,
        )  # fmt: skip
    assert not (batch.reports / "approved").exists() or batch.reports.parent.name.startswith("approved")
    return str(refused.value)


def test_without_a_name_it_says_what_would_be_approved(draft: Batch) -> None:
    done = call_r57("approve", MONTH, "--output", draft.reports)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    digest = draft.bytes()["manifest.json"][:12]
    assert lines[0].startswith(f"{MONTH}: 1 page, 3 documents and the first pages, data as of ")
    assert lines[2].strip() == f"r57 approve {MONTH} --by 'NAME' --digest {digest}"
    assert {line.split("  ")[1]: line.split("  ")[0] for line in lines[4:-1]} == draft.bytes()
    assert lines[-1] == f"digest {digest}"
    assert not (draft.reports / "approved").exists()


def test_the_record_names_who_what_and_when(approved: Batch, draft: Batch) -> None:
    folder = record(approved)
    said = json.loads((folder / "approval.json").read_text(encoding="utf-8"))
    assert (said["by"], said["month"], said["manifest"]) == (BY, MONTH, draft.bytes()["manifest.json"])
    assert said["at"][10] == "T" and said["at"].endswith("+07:00")
    assert {**said["outputs"], "manifest.json": said["manifest"]} == draft.bytes()
    assert len(said["documents"]) == 3
    for each in said["documents"]:
        assert each["draft_sha256"] == draft.bytes()[each["draft"]]
        assert each["approved_sha256"] == sha256(folder / each["approved"]) != each["draft_sha256"]
    assert sha256(folder / "manifest.json") == said["manifest"]


def test_documents_say_by_whom_and_no_draft(approved: Batch, draft: Batch) -> None:
    def text(path: Path) -> str:
        return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())

    before, after = text(draft.published / "report.en.pdf"), text(record(approved) / "report.en.approved.pdf")
    assert "DRAFT" in before and "DRAFT" not in after
    assert f"Approved by {BY} on" in after and draft.bytes()["manifest.json"] in after.replace(" ", "")
    figures = before.partition("This report rests on")[2].replace("DRAFT", "").split()
    assert len(figures) > 500 and after.partition("This report rests on")[2].split() == figures


def test_the_first_pages_say_so_and_the_month_is_whole(approved: Batch, draft: Batch) -> None:
    assert torn(approved.reports) == ""
    page = (approved.published / "index.html").read_text(encoding="utf-8")
    assert f"Approved by {BY} on" in page and "Draft" not in page
    link = f"../approved/{MONTH}/{record(approved).name}/report.en.approved.pdf"
    assert f'href="{link}"' in page and (approved.published / link).is_file()
    assert f"Đã phê duyệt: {BY}" in (approved.reports / "index.html").read_text(encoding="utf-8")
    assert "Draft: not approved yet." in (draft.published / "index.html").read_text(encoding="utf-8")
    kept = {name: digest for name, digest in draft.bytes().items() if name not in ("index.html", "manifest.json")}
    assert kept.items() < approved.bytes().items()


def test_the_same_bytes_elsewhere_are_approved_still(approved: Batch, tmp_path: Path) -> None:
    """All is made again in another folder and time zone: documents, pages and manifest are the same to the byte."""
    again = copy_of(approved, tmp_path)
    done = again.run(*FORMATS, "--force", TZ="UTC", LC_ALL="C")
    assert done.returncode == 0 and "1 page and 3 documents published" in done.stderr
    assert again.bytes() == approved.bytes()


def test_it_is_approved_once(approved: Batch) -> None:
    assert tried(approved, by="Another").startswith(f"{MONTH} is approved already: by {BY} on ")


def test_an_approval_is_for_its_bytes_alone(approved: Batch) -> None:
    outputs = read_json(record(approved) / "approval.json")["outputs"]
    assert approval_of(approved.reports, MONTH, outputs)["by"] == BY
    assert approval_of(approved.reports, MONTH, outputs | {"index.html": approved.bytes()["index.html"]})["by"] == BY
    assert approval_of(approved.reports, MONTH, outputs | {"index.html": "edited"}) == {}
    assert approval_of(approved.reports, MONTH, outputs | {"report.en.pdf": "another"}) == {}
    assert approval_of(approved.reports, "2025-11", outputs) == {}


def test_a_changed_byte_is_refused_by_its_name(copied: Batch) -> None:
    path = copied.published / "overview.en.html"
    path.write_bytes(path.read_bytes() + b" ")
    assert tried(copied) == f"{path} differs from its manifest"
    path.unlink()
    assert tried(copied) == f"{path} is missing"


def test_a_file_that_nobody_knows_is_refused(copied: Batch) -> None:
    (copied.published / "note.txt").write_text("?", encoding="utf-8")
    assert "note.txt does not belong to the report" in tried(copied)


def test_a_month_that_was_built_again_is_refused(copied: Batch) -> None:
    digest, path = copied.bytes()["manifest.json"][:12], copied.published / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert tried(copied, digest=digest).startswith(f"{MONTH} was built again since it was reviewed: its digest is ")


def test_an_incomplete_month_is_refused(copied: Batch) -> None:
    path = copied.published / "manifest.json"
    manifest = read_json(path)
    manifest["documents"][0]["status"] = "failed"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    assert tried(copied) == f"{MONTH} is incomplete: report.en.docx failed"


def test_other_inputs_than_those_of_the_month_are_refused(copied: Batch) -> None:
    copied.write("overview", SMALL.replace("TITLE", "Another finding"))
    assert "the notebook changed; publish the month, and review it" in tried(copied)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"month": "2025-21"}, f"unknown month '2025-21'; did you mean '{MONTH}'?"),
        ({"digest": "abc"}, "'abc' is no digest"),
        ({"by": " \n"}, "--by needs the name of a person"),
    ],
)
def test_a_wrong_call_is_refused(draft: Batch, more: dict[str, str], said: str) -> None:
    assert said in tried(draft, **more)
