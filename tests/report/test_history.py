"""What happened to a month: who is told of what, what the feed and the first page say, what an approval keeps."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import xml.etree.ElementTree as ET
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from r57lib import disk, open_view
from r57lib.report import history, job
from r57lib.report import publish as publishing
from r57lib.report.documents import record
from tests.batching import MONTH, Batch, report_otherwise, torn
from tests.conftest import DATA, call_r57

pytestmark = pytest.mark.whole

ATOM = "{http://www.w3.org/2005/Atom}"
LONG_AGO = "2026-01-05T08:00:00+07:00"
WEB = "https://r57.example.gov.vn/reports"


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month that was published, told and long ago, of data that may be changed; a copy of it lies beside it."""
    folder = tmp_path_factory.mktemp("history") / "now"
    batch = Batch(folder, data=Path(shutil.copytree(DATA, folder / "data")))
    (folder / "told").mkdir()
    again(batch)
    path = batch.reports / history.HISTORY / f"{MONTH}.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps([said[0] | {"at": LONG_AGO}]), encoding="utf-8")
    again(batch)
    shutil.copytree(folder, folder.with_name("then"), symlinks=True)
    return folder


@pytest.fixture
def batch(begun: Path) -> Batch:
    """The same, as it was, in its place: who was told where is remembered."""
    shutil.rmtree(begun)
    shutil.copytree(begun.with_name("then"), begun, symlinks=True)
    return Batch(begun, data=begun / "data")


def again(batch: Batch, *more: str) -> str:
    """Publish what is stale and tell of it; what the command says."""
    done = batch.publish("--notify", str(batch.folder / "told"), "--web", WEB, *more)
    assert done.returncode == 0, done.stderr
    assert torn(batch.reports) == ""
    return done.stderr


def mails(batch: Batch) -> dict[str, EmailMessage]:
    found = {}
    for path in (batch.folder / "told").iterdir():
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        found[path.name] = mail
    return found


def entry(batch: Batch) -> ET.Element:
    (found,) = ET.fromstring((batch.reports / "feed.xml").read_bytes()).findall(f"{ATOM}entry")
    return found


def first_page(batch: Batch) -> str:
    return (batch.published / "index.html").read_text(encoding="utf-8")


def approved(batch: Batch, by: str = "Lan") -> Path:
    """Approve the month; where the approval lies."""
    folders = ("--output", batch.reports, "--notebooks", batch.folder / "notebooks", "--data", batch.data)
    done = call_r57("approve", MONTH, *folders, "--by", by)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def test_a_correction_is_told_with_what_it_corrects(batch: Batch) -> None:
    """In the mail, in the feed and on the first page: from which value to which, and since when."""
    report_otherwise(batch.data, "P-corrected", "0.61", reported_on="2026-03-06")
    again(batch)
    again(batch)
    first, correction = mails(batch)["r57-2025-12-published.eml"], mails(batch)["r57-2025-12-corrected.eml"]
    assert len(mails(batch)) == 2
    assert first["Subject"].endswith("/ Resolution 57: report for December 2025, first publication")
    assert correction["Subject"] == (
        "Nghị quyết 57: đính chính báo cáo tháng 12 năm 2025 / Resolution 57: report for December 2025, correction"
    )
    said = "Dossiers handled end to end online (18 December 2025) was revised from more than 51% to more than 61%"
    lines = correction.get_content().splitlines()
    assert lines[lines.index("What was corrected:") + 1] == f"- {said}"
    assert f"The report: {WEB}/{MONTH}/" in lines and "- 1 new fact since the report was last published" in lines
    assert "New since the month before:" in first.get_content() and str(batch.folder) not in first.get_content()
    assert said in first_page(batch) and "Corrected on " in first_page(batch)
    assert said in str(entry(batch).findtext(f"{ATOM}summary"))
    assert entry(batch).findtext(f"{ATOM}published") == LONG_AGO < str(entry(batch).findtext(f"{ATOM}updated"))


def test_a_clock_that_was_put_back_leaves_a_correction_after_what_it_corrects(batch: Batch) -> None:
    path = batch.reports / history.HISTORY / f"{MONTH}.json"
    path.write_text(path.read_text(encoding="utf-8").replace(LONG_AGO, "2099-01-01T00:00:00+07:00"), encoding="utf-8")
    report_otherwise(batch.data, "P-corrected", "0.61", reported_on="2026-03-06")
    again(batch)
    assert entry(batch).findtext(f"{ATOM}updated") == "2099-01-01T00:00:01+07:00"


def test_a_fact_that_was_public_before_the_cut_off_is_a_correction_too(batch: Batch) -> None:
    """The day of the newest fact stays: what changed is known by the facts."""
    report_otherwise(batch.data, "P-late", "0.61", reported_on="2025-12-30")
    again(batch)
    assert "r57-2025-12-corrected.eml" in mails(batch) and "from more than 51% to more than 61%" in first_page(batch)


def test_a_fact_that_was_changed_in_place_or_taken_out_is_named(batch: Batch) -> None:
    table = batch.data / "observations.csv"
    clean = table.read_text(encoding="utf-8")
    report_otherwise(batch.data, "P-corrected", "0.61", reported_on="2026-03-06")
    again(batch)
    edited = table.read_text(encoding="utf-8").replace(",0.61,", ",0.62,").replace("61%", "62%")
    table.write_text(edited, encoding="utf-8")
    again(batch)
    assert "1 fact was changed in place: P-corrected" in mails(batch)["r57-2025-12-corrected-2.eml"].get_content()
    table.write_text(clean, encoding="utf-8")
    again(batch)
    assert "1 fact was taken out: P-corrected" in mails(batch)["r57-2025-12-corrected-3.eml"].get_content()


def test_another_version_of_the_workbench_is_no_news(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    before = entry(batch)
    monkeypatch.setattr(job, "library_hash", lambda: "another")
    monkeypatch.setattr("tests.batching._values", lambda job: "drawn otherwise")
    assert "1 page published" in again(batch)
    assert len(mails(batch)) == 1 and ET.tostring(entry(batch)) == ET.tostring(before)
    batch.write("first", "print(month, mark, 'otherwise')")
    monkeypatch.setattr("tests.batching._values", lambda job: "another notebook")
    again(batch)
    assert "r57-2025-12-again.eml" in mails(batch) and "Corrected" not in first_page(batch)


@pytest.mark.parametrize("cut", ["put_in_place", "placed", "_shelve", "_told"])
def test_a_call_that_is_cut_off_is_told_once_and_as_what_it_was(
    batch: Batch, cut: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the version is entered and before it is placed, after that, and before anybody is told."""
    report_otherwise(batch.data, "P-corrected", "0.61", reported_on="2026-03-06")
    with monkeypatch.context() as patch:
        owner = disk if cut == "put_in_place" else publishing

        def killed(*_: object) -> None:
            raise InterruptedError(4, "killed")

        patch.setattr(owner, cut, killed)
        assert batch.publish().returncode == 1
    report_otherwise(batch.data, "P-corrected-again", "0.62", reported_on="2026-03-07")
    again(batch)
    told, read = mails(batch), cut != "put_in_place"
    names = ["r57-2025-12-corrected.eml", *["r57-2025-12-corrected-2.eml"] * read, "r57-2025-12-published.eml"]
    assert sorted(told) == sorted(names)
    values = [re.search(r"from more than (\d+)% to more than (\d+)%", told[name].get_content()) for name in names[:-1]]
    assert [each and each.groups() for each in values] == ([("51", "61"), ("61", "62")] if read else [("51", "62")])
    versions = history.versions_of(batch.reports, MONTH)
    assert [each.kind for each in versions] == ["first", "corrected", "corrected"][: 2 + read]
    assert all(each.placed for each in versions), "readers have had each of them"


def test_what_was_never_published_is_no_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = Batch(tmp_path, data=Path(shutil.copytree(DATA, tmp_path / "data")))
    with monkeypatch.context() as patch:
        patch.setattr(disk, "put_in_place", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        assert batch.publish().returncode == 1
    report_otherwise(batch.data, "P-corrected", "0.61", reported_on="2026-03-06")
    assert batch.publish().returncode == 0
    assert [each.kind for each in history.versions_of(batch.reports, MONTH)] == ["first"]


def test_a_mail_that_lies_there_is_not_written_again(batch: Batch) -> None:
    """Killed between the mail and what remembers it."""
    (batch.reports / ".notified.json").unlink()
    again(batch)
    assert list(mails(batch)) == ["r57-2025-12-published.eml"]


def test_an_approval_is_told_to_nobody_and_stays(batch: Batch) -> None:
    """Neither a fact about a later month nor a call with `--due` takes it away; the feed stays as it was."""
    before = (batch.reports / "feed.xml").read_bytes()
    approved(batch)
    report_otherwise(batch.data, "P-later", "0.5", time_period="2026-01-31", reported_on="2026-11-01")
    assert "nothing has changed" in again(batch)
    assert len(mails(batch)) == 1 and "Approved by Lan on" in first_page(batch)
    assert (batch.reports / "feed.xml").read_bytes() == before


def test_a_document_says_nothing_of_what_is_known_of_a_later_month(tmp_path: Path) -> None:
    """Else its bytes, and with them the approval of the month, would go with every new fact."""
    data = Path(shutil.copytree(DATA, tmp_path / "data"))

    def inputs() -> str:
        return str(record.Made({}, {})._inputs(open_view(month=MONTH, data=data)))

    before = inputs()
    report_otherwise(data, "P-later", "0.5", time_period="2026-01-31", reported_on="2026-02-01")
    quotation = hashlib.sha256(b"more than 50%").hexdigest()
    with (data / "quotations.csv").open("a", encoding="utf-8") as file:
        file.write(f"P-later,vietnam-vn-one-year-review,{quotation}\n")
    assert inputs() == before
    report_otherwise(data, "P-corrected", "0.61", reported_on="2026-03-05")
    assert inputs() != before


def test_a_correction_supersedes_an_approval_and_keeps_what_was_approved(batch: Batch) -> None:
    made, folder = batch.bytes(), approved(batch)
    report_otherwise(batch.data, "P-corrected", "0.61", reported_on="2026-03-06")
    again(batch)
    page = first_page(batch)
    assert "after Lan had approved it on" in page and "Draft" not in page
    link = re.search(r'href="(\.\./approved/[^"]+)">The approved version', page)
    assert link and (batch.published / link[1]).resolve() == (folder / "index.html").resolve()
    kept = {path.name: disk.sha256(path) for path in (*folder.iterdir(), *(folder / "reviewed").iterdir())
            if (path.is_file() and path.parent.name == "reviewed") or (path.name not in ("index.html", "approval.json")
            and path.is_file())}  # fmt: skip
    assert kept == made
    said = (folder / "index.html").read_text(encoding="utf-8")
    assert "Approved by Lan on" in said
    for href in re.findall(r'href="([^"#:]+\.html)', said):
        assert (folder / href).is_file(), href
    assert "after Lan had approved" in (batch.reports / "index.en.html").read_text(encoding="utf-8")
    second = approved(batch, "Mai")
    assert second != folder and "Approved by Mai on" in first_page(batch) and (folder / "index.html").is_file()


def test_a_first_page_that_says_something_else_is_not_approved(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a label was changed that the pages do not show."""
    approved(batch)
    labels = batch.data / "labels.csv"
    text = labels.read_text(encoding="utf-8")
    labels.write_text(text.replace("index.cards,Pages of the report,", "index.cards,The pages,"), encoding="utf-8")
    again(batch, "--force")
    assert "The pages" in first_page(batch) and "after Lan had approved it" in first_page(batch)
    assert torn(batch.reports) == ""


def test_what_is_approved_outlives_the_month(batch: Batch) -> None:
    folder = approved(batch)
    kept = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    done = batch.publish("--keep", "1", month="2026-01")
    assert done.returncode == 0 and not batch.published.exists()
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == kept
    page = (batch.reports / "index.en.html").read_text(encoding="utf-8")
    assert f'href="approved/{MONTH}/{folder.name}/index.html"' in page and "Approved by Lan on" in page
