"""Another programme: ten made-up rows and their names, in place of the data, run every page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from r57lib.data.schema import resources
from tests.builders import Row, labels_for, read_rows, row, write_table
from tests.conftest import DATA, ROOT, run_r57, with_bundle

LISTS = {"provinces", "province_predecessors", "province_tiles"}
"""Code lists of the country, which every programme shares."""
DAY = {"time_period": "2025-06-30", "reported_on": "2025-07-01"}


def other_programme(folder: Path) -> Path:
    """A programme of ten rows; the words of the pages stay, and the ten have names of their own."""
    indicator = row("indicators", figure="usage_against_target", headline="1")
    rows: dict[str, list[Row]] = {
        "sources": [row("sources")],
        "agencies": [row("agencies")],
        "instruments": [row("instruments")],
        "task_scopes": [row("task_scopes")],
        "programmes": [row("programmes")],
        "task_snapshots": [row("task_snapshots"), row("task_snapshots", fact_id="t-done", status="completed",
                                                      task_count=4)],
        "indicators": [indicator],
        "observations": [row("observations", **DAY)],
        "targets": [row("targets", target_period="2025-06-30")],
    }  # fmt: skip
    assert sum(map(len, rows.values())) == 10
    folder.mkdir()
    for table in resources():
        filled = read_rows(DATA, table) if table in LISTS else rows.get(table, [])
        if table == "provinces":
            filled = [each | {"source_id": "t-paper"} for each in filled]
        write_table(folder, table, filled)
        rows.setdefault(table, filled)
    named = [{"key": "programme.name", "en": "Programme T", "vi": "Chương trình T"}, *labels_for(rows)]
    kept = {each["key"]: each for each in read_rows(DATA, "labels")} | {each["key"]: each for each in named}
    write_table(folder, "labels", [kept[key] for key in sorted(kept)])
    return folder


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("programme")
    data, plan = other_programme(folder / "data"), folder / "monthly.yaml"
    text = (ROOT / "reports" / "monthly.yaml").read_text(encoding="utf-8")
    assert text.count("province: every province") == 1
    plan.write_text(text.replace("province: every province", "province: ['24']"), encoding="utf-8")
    done = run_r57(
        "report", "--data", data, "--plan", plan, "--month", "2025-06", "--language", "both", "--formats", "html",
        "--output", with_bundle(folder / "reports"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "reports" / "2025-06"


@pytest.mark.server
def test_every_page_runs_and_names_the_other_programme(published: Path) -> None:
    pages = {page.stem for page in published.glob("*.html")}
    notebooks = {page.stem for page in (ROOT / "notebooks").glob("*.ipynb")} - {
        "agency_scorecard",
        "gallery",
        "services_usage",
    }
    assert {f"{name}.{language}" for name in notebooks for language in ("vi", "en")} <= pages
    assert "Programme T: monthly report" in (published / "index.en.html").read_text(encoding="utf-8")
    said = (published / "overview.en.html").read_text(encoding="utf-8")
    assert "Programme T" in said and "Name of indicator.t-usage" in said


@pytest.mark.server
def test_nothing_of_ours_stands_on_its_pages(published: Path) -> None:
    """Neither our programme nor its instruments and sets of tasks; headings of figures are words of the page."""
    ours = {each["key"]: each["en"] for each in read_rows(DATA, "labels")}
    names = [
        ours["programme.name"],
        *(ours[key] for key in ours if re.match(r"(instrument|scope)\.[^.]*$", key)),
    ]
    names = [name for name in names if len(name) > 8]
    for page in sorted(published.glob("*.en.html")):
        text = re.sub(r"<script.*?</script>|<style.*?</style>|<footer.*?</footer>", "",
                      page.read_text(encoding="utf-8"), flags=re.S)  # fmt: skip
        assert [name for name in names if name in text] == [], page.name


def test_no_name_of_the_programme_stands_in_the_code() -> None:
    """Main set of tasks, founding instrument, deadlines and indicators are rows of the data."""
    rows = read_rows(DATA, "indicators")
    ids = {each["indicator_id"] for each in rows} - {each["figure"] for each in rows}  # two ranks have figures so named
    found = re.compile(r"\"r71\"|57-NQ|2025-12-31|\"(" + "|".join(map(re.escape, sorted(ids))) + r")\"")
    for file in sorted((ROOT / "r57lib").rglob("*.py")):
        code = re.sub(r'"""(?s:.*?)"""|#.*', "", file.read_text(encoding="utf-8"))
        assert found.findall(code) == [], file.name
    for file in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
        code = "\n".join("".join(each["source"]) for each in cells if each["cell_type"] == "code")
        assert found.findall(code) == [], file.name
