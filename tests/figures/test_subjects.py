"""What the five documents speak of stands on a page of January 2026, in both languages."""

from __future__ import annotations

import re

import pytest

from r57lib.data.tables import Tables
from r57lib.figures import FIGURES
from r57lib.page.figure import Figure
from r57lib.view.view import View, open_view

SEED = r"F\d{3}"
NAMED = {
    "en": ("Resolution 03/NQ-CP", "Resolution 71/NQ-CP", "Plan 02-KH/BC", "Decision 749", "Decision 942",
           "Decision 411", "Directive 33/CT-TTg", "Law on Digital Transformation", "Law on Digital Technology Industry",
           "National Public Service Portal", "National Data Centre", "Strategic Human Resource Alliance",
           "Six-month review", "year-end conference", "TechFest", "VNQuantum", "ViSecurity", "UAV Vietnam",
           "Au Lac AI Alliance", "Draft Law on Digital Transformation", "in force from 1 July 2026"),
    "vi": ("Nghị quyết 03/NQ-CP", "Nghị quyết 71/NQ-CP", "Kế hoạch 02-KH/BCĐTW", "Quyết định 749", "Quyết định 942",
           "Quyết định 411", "Chỉ thị 33/CT-TTg", "Luật Chuyển đổi số", "Luật Công nghiệp công nghệ số",
           "Cổng Dịch vụ công quốc gia", "Trung tâm Dữ liệu quốc gia", "Liên minh Nhân lực chiến lược",
           "sơ kết sáu tháng", "Hội nghị tổng kết", "TechFest", "VNQuantum", "ViSecurity", "UAV Việt Nam",
           "Liên minh AI Âu Lạc", "Dự thảo Luật Chuyển đổi số", "có hiệu lực từ 01/7/2026"),
}  # fmt: skip
"""The laws, decisions, systems and events that had no page, and the way of a law from its draft to its force."""


@pytest.fixture(scope="module", params=["en", "vi"])
def view(request: pytest.FixtureRequest) -> View:
    return open_view(month="2026-01", language=request.param)


@pytest.fixture(scope="module")
def text(view: View) -> str:
    """All that a reader can see of all figures."""
    made = [make(view) for _, make in FIGURES.values()]
    told = [
        " ".join([each.heading, each.title, *each.notes, *(cell for column in each.columns for cell in column.texts)])
        if isinstance(each, Figure)
        else re.sub(r"<[^>]+>", " ", each._repr_html_())
        for each in made
    ]
    return " ".join(told)


def subjects(tables: Tables) -> set[str]:
    """The labels of the instruments, enterprises, sets of tasks, indicators and events that the documents name."""

    def own(table: str, column: str) -> set[str]:
        frame = tables[table]
        return set(frame.loc[frame["fact_id"].str.fullmatch(SEED), column])

    said = tables["statements"][tables["statements"]["fact_id"].str.fullmatch(SEED)]
    found = {f"event.{each}" for each in own("events", "event_id")}
    found |= {f"indicator.{each}" for each in own("observations", "indicator_id")}
    found |= {f"scope.{each}" for each in own("task_snapshots", "scope_id")}
    found |= {f"enterprise.{each}" for table in ("commitments", "proposals") for each in own(table, "enterprise_id")}
    kinds = ("instrument", "enterprise", "event")
    return found | {f"{kind}.{each}" for kind in kinds for each in said.loc[said["subject_kind"] == kind, "subject_id"]}


def test_what_had_no_page_has_one(view: View, text: str) -> None:
    assert [name for name in NAMED[view.words.language] if name not in text] == []


def test_each_subject_of_the_documents_stands_on_a_page(view: View, text: str) -> None:
    found = subjects(view.everything)
    assert len(found) > 35
    assert sorted(key for key in found if view.words(key) not in text) == []
