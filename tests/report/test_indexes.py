"""The pages that lead to others: the index of a month, of all months, and the feed."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from r57lib import open_view
from r57lib.disk import as_json, read_json
from r57lib.report.indexes import month_index, shelf
from r57lib.view.words import LANGUAGES, Language
from tests.axe import serious
from tests.conftest import DATA

ATOM = "{http://www.w3.org/2005/Atom}"
ENTERPRISES = ("viettel", "fpt", "au_lac_alliance", "ct_group", "vnpt", "cmc", "ct_uav")
EVIL = "ValueError: <script>alert(1)</script> & \"'"


def runs(*, failed: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    made = []
    for notebook, units in (("overview", [{}]), ("enterprise_commitments", [{"enterprise": e} for e in ENTERPRISES])):
        for unit in units:
            for language in LANGUAGES:
                name = ".".join([notebook, *unit.values(), language])
                run: dict[str, Any] = {"run": name, "notebook": notebook, "language": language, "unit": unit}
                made.append(run | ({"status": "failed", "error": EVIL} if name in failed else {"status": "published"}))
    return made


def index(language: Language, *, failed: tuple[str, ...] = ()) -> str:
    return month_index(open_view(month="2025-12", data=DATA), runs(failed=failed), language, LANGUAGES)


def reports(folder: Path, *months: str, failed: tuple[str, ...] = ()) -> Path:
    for month in months:
        (folder / month).mkdir(parents=True)
        manifest = {"month": month, "as_of": "2026-03-05", "languages": list(LANGUAGES), "runs": runs(failed=failed)}
        (folder / month / "manifest.json").write_text(as_json(manifest), encoding="utf-8")
    return folder


def on_shelf(folder: Path) -> dict[str, str]:
    return shelf(folder, open_view(data=DATA).everything["labels"])


def test_a_month_lists_its_units_in_the_order_of_a_dictionary() -> None:
    names = re.findall(r'<td><a href="enterprise_commitments\.\w+\.vi\.html">([^<]+)</a>', index("vi"))
    assert names == [
        "CT UAV (Tập đoàn CT Group)", "Liên minh AI Âu Lạc", "Tập đoàn Công nghệ CMC", "Tập đoàn CT Group",
        "Tập đoàn FPT", "Tập đoàn Viettel", "Tập đoàn VNPT",
    ]  # fmt: skip
    assert index("en").count('.vi.html" lang="vi" hreflang="vi">Tiếng Việt</a>') == len(ENTERPRISES)


def test_a_failed_run_is_named_with_its_error_and_has_no_link() -> None:
    page = index("en", failed=("enterprise_commitments.fpt.en", "overview.en"))
    assert "Incomplete. Pages that failed: 2" in page
    assert 'href="enterprise_commitments.fpt.en.html"' not in page and 'href="overview.en.html"' not in page
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page
    assert "FPT (failed)" in page
    assert "Incomplete" not in index("en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_link_leads_to_a_page_that_is_not_there(language: Language) -> None:
    """The brief and what changed speak of figures of other notebooks, too."""
    page = index(language)
    published = {f"{run['run']}.html" for run in runs()} | {"index.html", "index.en.html"}
    linked = {each.partition("#")[0] for each in re.findall(r'href="([\w.]+\.html[^"]*)"', page)}
    assert f"overview.{language}.html" in linked and linked <= published
    told = {"en": "<strong>104 tasks overdue</strong> of", "vi": "<strong>104 nhiệm vụ quá hạn</strong> trên"}
    assert f'<p class="r57-answer">{told[language]}' in page and ". </span>" not in page


def test_the_newest_figure_of_a_card_is_no_target() -> None:
    """What a target was set for says nothing of how new the figures are."""
    page = month_index(open_view(month="2025-03", data=DATA), runs(), "en", LANGUAGES)
    assert "Status board; newest figure: 2024<" in page


def test_what_changed_stands_on_the_index() -> None:
    assert 'id="changes"' in index("vi") and "So với tháng 11 năm 2025" in index("vi")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_month_leads_to_its_data_where_it_has_any(language: Language, tmp_path: Path) -> None:
    """To the list of the files beside its figures, and to the command for other formats."""
    view = open_view(month="2025-12", as_of="2026-01-20", data=DATA)
    assert "figures/index.json" not in month_index(view, runs(), language, LANGUAGES, folder=tmp_path)
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "index.json").write_text("{}")
    line = re.search(r'id="data">(.*?)</p>', month_index(view, runs(), language, LANGUAGES, folder=tmp_path))
    assert line and '<a href="figures/index.json">' in line[1]
    assert "<code>r57 export</code>" in line[1]


def test_months_are_listed_newest_first_and_only_months(tmp_path: Path) -> None:
    folder = reports(tmp_path, "2025-11", "2026-01", "2025-12")
    for stray in ("latest", "2025-13", ".failed", "draft"):
        (folder / stray).mkdir()
        (folder / stray / "manifest.json").write_text('{"month": "2025-12"}', encoding="utf-8")
    (folder / "2025-10").mkdir()
    (folder / "2025-10" / "manifest.json").write_text("{broken", encoding="utf-8")
    pages = on_shelf(folder)
    assert re.findall(r'href="(\d{4}-\d\d/[^"]+)"', pages["index.html"]) == [
        "2026-01/index.html", "2025-12/index.html", "2025-11/index.html",
    ]  # fmt: skip
    assert re.findall(r'href="(\d{4}-\d\d/[^"]+)"', pages["index.en.html"])[0] == "2026-01/index.en.html"
    assert "January 2026" in pages["index.en.html"] and "tháng 01 năm 2026" in pages["index.html"]
    assert on_shelf(folder) == pages


def test_an_incomplete_month_says_so(tmp_path: Path) -> None:
    pages = on_shelf(reports(tmp_path, "2025-12", failed=("overview.vi",)))
    assert "Chưa đầy đủ. Số trang bị lỗi: 1" in pages["index.html"]
    assert "Incomplete. Pages that failed: 1" in pages["index.en.html"]


def test_the_feed_is_atom_and_knows_no_clock(tmp_path: Path) -> None:
    feed = ET.fromstring(on_shelf(reports(tmp_path, "2025-12", "2026-01"))["feed.xml"].encode())
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}updated") for entry in entries] == ["2026-03-05T00:00:00+07:00"] * 2
    assert len({entry.findtext(f"{ATOM}id") for entry in [feed, *entries]}) == 3
    for element in (feed, *entries):
        assert all(element.find(f"{ATOM}{name}") is not None for name in ("id", "title", "updated", "link"))
    link = entries[0].find(f"{ATOM}link")
    assert link is not None and link.get("href") == "2026-01/index.html"
    assert "tháng 01 năm 2026 / Resolution 57: report for January 2026" in str(entries[0].findtext(f"{ATOM}title"))


def test_a_feed_marks_the_month_that_holds_made_up_figures(tmp_path: Path) -> None:
    folder = reports(tmp_path, "2025-12", "2026-01")
    manifest = read_json(folder / "2026-01" / "manifest.json")
    (folder / "2026-01" / "manifest.json").write_text(as_json(manifest | {"synthetic": True}), encoding="utf-8")
    entries = ET.fromstring(on_shelf(folder)["feed.xml"].encode()).findall(f"{ATOM}entry")
    mark = open_view(data=DATA, language="en").words("document.synthetic")
    assert [mark in str(entry.findtext(f"{ATOM}summary")) for entry in entries] == [True, False]


def test_a_feed_without_months_is_a_feed(tmp_path: Path) -> None:
    assert ET.fromstring(on_shelf(tmp_path)["feed.xml"].encode()).findall(f"{ATOM}entry") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_a_browser(browser: Any, tmp_path: Path, language: Language) -> None:
    """Searched without diacritics, no wider than a phone, nothing serious for axe in light and in dark."""
    (tmp_path / "month.html").write_text(index(language, failed=("overview.en",)), encoding="utf-8")
    (tmp_path / "months.html").write_text(
        on_shelf(reports(tmp_path / "r", "2025-12"))["index.en.html" if language == "en" else "index.html"],
        encoding="utf-8",
    )
    context = browser.new_context(offline=True, viewport={"width": 390, "height": 844})
    page = context.new_page()
    for name in ("months.html", "month.html"):
        page.goto((tmp_path / name).as_uri())
        page.wait_for_selector("html[data-charts=drawn]")
        assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert serious(page) == [], scheme
    page.locator(".r57-matrix input[type=search]").fill("au lac")
    rows = [row for row in page.locator(".r57-matrix tbody tr").all() if row.is_visible()]
    assert len(rows) == 1 and "Âu Lạc" in rows[0].inner_text()
    context.close()
