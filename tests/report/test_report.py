"""The real report: what is on its pages, what is in its manifest, and that it is the same each time."""

from __future__ import annotations

import csv
import gzip
import hashlib
import html
import json
import os
import re
import shutil
from base64 import b64decode
from pathlib import Path

import nbformat
import pytest

from r57lib.page.navigation import find_notebooks
from r57lib.page.published import files_in
from r57lib.report.plan import DOCUMENTS, STEMS, read_spec
from r57lib.view.words import LANGUAGES
from tests.batching import report_otherwise
from tests.conftest import DATA, ROOT, call_r57, run_r57, with_bundle
from tests.ours import MONTHLY

pytestmark = pytest.mark.server


def text_of(path: Path) -> str:
    """What a reader can see of a page: no scripts, no styles, no tags."""
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", path.read_text(encoding="utf-8"), flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def page(reports: Path, name: str, language: str, month: str = "2025-12") -> str:
    return text_of(reports / month / f"{name}.{language}.html")


ORACLES = {
    "task_completion": [
        "40.80%",
        "71.43%",
        "67.15%",
        "[61.42%, 72.41%]",
        "61.79%",
        "[56.19%, 67.10%]",
        "27.4%",
        "3.53%",
        "5.97%",
        "20.47% of the open tasks",
        "outcome not known",
        "46.70%",
        "330",
        "679",
    ],
    "enterprise_commitments": ["400%", "35.72%", "20,758"],
    "digital_adoption": ["39.98%", "is not shown to be met", "10.2", "58.8", "0.731", "0.229", "0.576", "0.157"],
    "province_profile": [
        "46.3%",
        "5 of 6 provinces",
        "26 provinces have",
        "11 stayed as they were, 23 were formed by merger",
    ],
    "agenda": ["Law on Digital Transformation: passed, 11 December 2025; in force from 1 July 2026", "VNQuantum"],
    "province_profile.24": ["Bac Ninh: Digital economy, share of GRDP 46.3%", "from Bac Giang and Bac Ninh"],
    "province_profile.11": ["No figure about Dien Bien is published", "was not merged on 1 July 2025"],
    "data_quality": ["9,813", "9,831", "nearly 40%, nearly 59%"],
    "overview": [
        "104 tasks overdue of 1,287; 601 completed (46.70%)",
        "20.47% of 508 open tasks",
        "5 without enough data to say, 1 behind pace",
        "16,737 stations",
    ],
}


@pytest.mark.parametrize("name", ORACLES)
def test_oracles_are_on_the_page(reports: Path, name: str) -> None:
    text = page(reports, name, "en")
    assert [oracle for oracle in ORACLES[name] if oracle not in text] == []


def test_the_page_of_provinces_tells_nothing_about_what_it_does_not_show(reports: Path) -> None:
    assert "5G coverage" not in page(reports, "province_profile", "en")


def test_vietnamese_pages_say_them_in_vietnamese(reports: Path) -> None:
    tasks = page(reports, "task_completion", "vi")
    for oracle in ("40,80%", "[61,42%; 72,41%]", "20,47%", "chưa rõ kết quả", "cuối tháng 9 năm 2025"):
        assert oracle in tasks
    assert "20.758" in page(reports, "enterprise_commitments", "vi")
    for english in ("Completed", "overdue tasks", "Look at", "Source:", "late September"):
        assert english not in tasks


def test_a_pace_is_told_while_the_deadline_is_open(reports: Path) -> None:
    assert "4.4 tasks a day, 2.9 times" in page(reports, "task_completion", "en", "2025-09")
    assert "4,4 nhiệm vụ mỗi ngày, gấp 2,9 lần" in page(reports, "task_completion", "vi", "2025-09")


def test_forecast_is_refused_with_its_reason(reports: Path) -> None:
    assert "Not forecast: the scope changed" in page(reports, "task_completion", "en")
    assert "Không dự báo: tổng số nhiệm vụ thay đổi" in page(reports, "task_completion", "vi")


@pytest.mark.parametrize("name", MONTHLY)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_september_holds_no_later_figure(reports: Path, name: str, language: str) -> None:
    """No value of a period after September, in the text or in a chart's data."""
    raw = (reports / "2025-09" / f"{name}.{language}.html").read_text(encoding="utf-8")
    packed = re.search(r'id="r57-charts">(.*?)</script>', raw)
    specs = gzip.decompress(b64decode(packed[1])).decode() if packed else ""
    assert ('"$schema"' in specs) == ('class="r57-chart"' in raw)
    tried = re.compile(r'"text":"[^"]*(?:pace so far|tốc độ đến nay)[^"]*"')  # by a slider: it may be any figure
    text = page(reports, name, language, "2025-09") + tried.sub("", specs)
    for later in ("1,287", "1.287", "53.3", "53,3", "39.98", "39,98", "1.112", "1,112", "22,758", "22.758", "9,813"):
        assert not re.search(rf"(?<![\d.,]){re.escape(later)}", text), later
    days = {f"{year}-{month}" for year, month in re.findall(r'"(2\d{3})-(\d\d)-\d\dT', specs)}
    drawn = {day for day in days if day > "2025-09"}
    deadlines = {"2025-12", "2026-01", "2026-12", "2028-12", "2030-01", "2030-07", "2030-12", "2035-12", "2045-12"}
    assert drawn <= deadlines, "what is to come, and no results"


def test_as_of_hides_what_was_not_public_yet(tmp_path: Path, plan: Path) -> None:
    done = run_r57(
        "report", "--plan", plan, "--month", "2025-12", "--as-of", "2025-11-30", "--language", "en",
        "--output", with_bundle(tmp_path),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    texts = " ".join(text_of(path) for path in (tmp_path / "2025-12").glob("*.html"))
    assert "30 November 2025" in texts
    for later in ("53.3%", "1,287", "more than 51%", "1.112", "59%", "91%", "18.72%", "QACI"):
        assert later not in texts, later
    manifest = json.loads((tmp_path / "2025-12" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["as_of"] == "2025-11-30"


def test_parameters_and_cut_off_are_printed(reports: Path) -> None:
    text = page(reports, "task_completion", "en")
    assert "Month December 2025" in text
    assert "Data as of" in text
    assert "31 December 2025" in text


def test_manifest_tells_inputs_outputs_and_versions(reports: Path) -> None:
    folder = reports / "2025-12"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for name, digest in manifest["inputs"].items():
        assert hashlib.sha256((ROOT / name).read_bytes()).hexdigest() == digest, name
    assert {f"data/{path.name}" for path in DATA.glob("*.csv")} <= set(manifest["inputs"])
    assert list(manifest["outputs"]) == files_in(folder)
    for name, digest in manifest["outputs"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
    whole = {run["run"] for run in manifest["runs"] if not run["unit"]}
    waiting = {each.name for each in find_notebooks(ROOT / "notebooks") if each.needs}
    planned = {each.notebook for each in read_spec(ROOT / "reports" / "monthly.yaml").entries if not each.matrix}
    assert whole == {f"{n}.{lang}" for n in planned - waiting for lang in ("vi", "en")}
    assert all(run["status"] == "published" and run["outputs"] and run["key"] for run in manifest["runs"])
    assert {"python", "pandas", "altair", "r57"} <= set(manifest["versions"])


def test_same_month_twice_gives_the_same_bytes(reports: Path, documents: Path) -> None:
    """All but its first pages, which lead to the documents that it has the second time."""
    first, second = reports / "2025-12", documents / "2025-12"
    more = {f"{STEMS[language]}.{language}.{form}" for language in LANGUAGES for form in DOCUMENTS}
    assert {*files_in(first), *more} == set(files_in(second))
    others = [name for name in files_in(first) if (first / name).read_bytes() != (second / name).read_bytes()]
    assert others == ["index.en.html", "index.html"]


def test_executed_notebooks_hold_the_results(reports: Path) -> None:
    notebook = nbformat.read(reports / "2025-12" / "task_completion.en.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert any("67.15%" in str(output) for cell in notebook.cells for output in cell.get("outputs", []))
    assert str(ROOT) not in (reports / "2025-12" / "task_completion.en.ipynb").read_text(encoding="utf-8")


def test_no_page_names_this_machine_or_an_outside_resource(reports: Path) -> None:
    for path in (reports / "2025-12").glob("*.html"):
        raw = path.read_text(encoding="utf-8")
        assert str(ROOT) not in raw
        markup = re.sub(r"(<(script|style)\b[^>]*>).*?</\2>", r"\1", raw, flags=re.S)
        assert not re.search(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="(?!data:)', markup)


def test_what_becomes_known_of_later_months_makes_no_run_stale(reports: Path, plan: Path, tmp_path: Path) -> None:
    """With its document and its quotation; what becomes known of the month itself does, wherever it is shown."""
    data = Path(shutil.copytree(DATA, tmp_path / "data"))

    def to_do() -> str:
        told = call_r57(
            "report", "--plan", plan, "--month", "2025-12", "--output", reports, "--data", data, "--dry-run"
        )
        assert told.returncode == 0, told.stderr
        return str(told.stdout)

    assert "2025-12: 0 of" in to_do()
    with (data / "sources.csv").open("r+", encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
        later = {
            "source_id": "zz-later",
            "published_on": "2026-11-01",
            "reported_on": "2026-11-01",
            "reported_on_precision": "day",
        }
        file.seek(0, os.SEEK_END)
        csv.DictWriter(file, row, lineterminator="\n").writerow(row | later)
    for period in ("2026-01-31", "2026-09-30"):
        fact = f"P-later-{period}"
        report_otherwise(data, fact, "0.5", time_period=period, reported_on="2026-11-01", source_id="zz-later")
        with (data / "quotations.csv").open("a", encoding="utf-8") as file:
            file.write(f"{fact},zz-later,{hashlib.sha256(b'more than 50%').hexdigest()}\n")
    assert "2025-12: 0 of" in to_do()
    report_otherwise(data, "P-now", "0.5", time_period="2025-12-31", reported_on="2026-11-01")
    assert "overview.vi  the parameters changed" in to_do(), "another day of knowledge"
    shutil.rmtree(data)
    shutil.copytree(DATA, data)
    text = (data / "sources.csv").read_text(encoding="utf-8")
    (data / "sources.csv").write_text(text.replace(row["title"], "Another title", 1), encoding="utf-8")
    assert "overview.vi  sources changed" in to_do()
