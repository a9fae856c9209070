"""The counts by commune as pages ask for them: from the disk, marked where it is made up, and not there without any."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import traitlets

from r57lib import figures, open_view
from r57lib.data.periods import Month
from r57lib.errors import BadData, WrongCall
from r57lib.ingest.lines import take_lines
from r57lib.ingest.samples import write_lines
from r57lib.measures.communes import commune_usage, communes, services_of
from r57lib.measures.usage import Span
from r57lib.page.figure import Figure
from r57lib.page.parts import Nothing, Planned
from r57lib.serve.dashboard import READY, LivePage, Search
from r57lib.view.filters import FILTERS, apply_filters
from r57lib.view.view import View
from r57lib.view.words import LANGUAGES
from tests.conftest import DATA
from tests.figures.test_registry import documented
from tests.ingest.test_communes import CODES, lines, made, rewritten
from tests.measures.test_usage import provinces

__all__ = ["lines", "made"]
SUMS = ["dossiers", "online_dossiers"]
BUSY = "90013"


@pytest.fixture(scope="module")
def data(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trial") / "data"
    shutil.copytree(DATA, folder, ignore=shutil.ignore_patterns("usage", "sample", "ingested"))
    take_lines(made, folder, CODES)
    return folder


@pytest.fixture(scope="module")
def view(data: Path) -> View:
    return open_view(month="2025-12", language="en", data=data)


def of_month(lines: pd.DataFrame, by: list[str]) -> dict[Any, list[int]]:
    rows = lines[(lines["year"] == 2025) & (lines["month"] == 12)]
    summed = rows.groupby(by, observed=True)[SUMS].sum()
    return {key: row.tolist() for key, row in zip(summed.index, summed.to_numpy(), strict=True)}


def test_the_answers_are_those_of_the_lines(lines: pd.DataFrame, view: View) -> None:
    asked = {"span": Span.MONTH, "month": view.month}
    every = commune_usage(view.tables, **asked)
    assert {
        row.commune_code: [row.dossiers, row.online_dossiers] for row in every[every["commune_code"] != ""].itertuples()
    } == {key: counts for key, counts in of_month(lines, ["commune_code"]).items() if key}
    assert every["dossiers"].sum() == sum(counts[0] for counts in of_month(lines, ["commune_code"]).values())
    assert every["dossiers"].is_monotonic_decreasing
    one = services_of(view.tables, **asked, commune=BUSY)
    own = lines[lines["commune_code"] == BUSY]
    assert {row.service_id: [row.dossiers, row.online_dossiers] for row in one.itertuples()} == of_month(
        own, ["service_id"]
    )
    assert len(one) > 9 and one["name_vi"].notna().all()
    service = one["service_id"][0]
    where = commune_usage(view.tables, **asked, service=service)
    expected = of_month(lines[lines["service_id"] == service], ["commune_code"])
    assert {row.commune_code: [row.dossiers, row.online_dossiers] for row in where.itertuples()} == expected
    year = commune_usage(view.tables, span=Span.YEAR, month=Month(2026, 1))
    assert year["dossiers"].sum() == lines.loc[lines["year"] == 2026, "dossiers"].sum()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_figure_is_drawn_and_marked(view: View, language: str) -> None:
    looked = view.in_language(language)
    for chosen, column in (({}, "province"), ({"commune": BUSY}, "service")):
        made = figures.usage_by_commune(apply_filters(looked, chosen))
        assert isinstance(made, Figure) and made.chart is not None and made.synthetic
        assert looked.words("synthetic.mark") in json.dumps(made.chart.to_dict(), ensure_ascii=False)
        assert "{" not in made.title + made.subtitle + "".join(made.notes)
        keys = {each.key for each in made.columns}
        assert column in keys and keys <= set(documented("usage_by_commune"))
        assert BUSY in made.title or not chosen
        assert any(looked.words.number(6000) in note for note in made.notes)
    assert looked.words("communes.without", count="", share="").split("(")[0][:5] in "".join(
        figures.usage_by_commune(looked).notes
    )


def test_communes_that_share_the_first_place_are_all_counted(tmp_path: Path) -> None:
    few = write_lines(tmp_path / "few", provinces(), 40, first=date(2025, 12, 1), last=date(2025, 12, 31), communes=50)
    ones = rewritten(few, tmp_path / "ones", "* REPLACE (1 AS dossiers, 0 AS online_dossiers)")
    shutil.copytree(DATA, tmp_path / "data", ignore=shutil.ignore_patterns("usage", "sample", "ingested"))
    take_lines(ones, tmp_path / "data", CODES)
    view = open_view(month="2025-12", language="en", data=tmp_path / "data")
    counted = commune_usage(view.tables, span=Span.MONTH, month=view.month)
    named = counted.loc[counted["commune_code"] != "", "dossiers"]
    tied, most = int((named == named.max()).sum()), int(named.max())
    assert tied > 1
    assert f"{tied} communes have the most dossiers, {most} each" in figures.usage_by_commune(view).title
    assert f"{tied} đơn vị cấp xã cùng có nhiều hồ sơ nhất" in figures.usage_by_commune(view.in_language("vi")).title


def test_what_is_not_there_is_said_or_leaves_nothing(view: View, made: Path, tmp_path: Path) -> None:
    assert isinstance(figures.usage_by_commune(open_view(month="2025-12", data=DATA)), Nothing)
    early = figures.usage_by_commune(replace(view, month=Month(2025, 6)))
    assert early.title == "The transactions hold no dossier of June 2025" or "June 2025" in early.title
    folder = Path(shutil.copytree(DATA, tmp_path / "data", ignore=shutil.ignore_patterns("usage", "sample")))
    take_lines(rewritten(made, tmp_path / "bare", "* EXCLUDE (commune_code)"), folder, CODES)
    bare = open_view(month="2025-12", data=folder)
    assert len(bare.tables["usage"]) == 1 and isinstance(figures.usage_by_commune(bare), Nothing)
    assert FILTERS["commune"].choices(bare) == [("Tất cả", "")]


def test_a_file_that_is_another_is_not_asked(data: Path, tmp_path: Path) -> None:
    trial = Path(shutil.copytree(data, tmp_path / "data"))
    view = open_view(month="2025-12", data=trial)
    assert len(services_of(view.tables, span=Span.MONTH, month=view.month, commune=BUSY))
    path = trial / "usage" / "commune_services.parquet"
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes(content)
    with pytest.raises(
        BadData, match=r"commune_services.parquet: is missing or was changed; run `r57 aggregate` again"
    ):
        services_of(view.tables, span=Span.MONTH, month=view.month, commune="90014")
    assert len(commune_usage(view.tables, span=Span.MONTH, month=view.month)), "the others are as they were"


@pytest.mark.server
def test_what_a_process_holds_before_it_forks_has_neither_rows_nor_threads(data: Path) -> None:
    code = (
        "import os, pandas as pd, gc; from r57lib.measures.communes import hold_communes; "
        "from r57lib.data.load import load_tables; "
        f"tables = load_tables({str(data)!r}); hold_communes(tables); "
        "print(len(os.listdir('/proc/self/task')), "
        "any('commune_code' in each.columns for each in gc.get_objects() if isinstance(each, pd.DataFrame)))"
    )
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "1 False\n"


# --- the control -----------------------------------------------------------------------------------------------------


def test_communes_can_be_chosen_by_code_and_province(view: View) -> None:
    choices = FILTERS["commune"].choices(view)
    assert choices[0] == ("All", "") and len(choices) == 51
    found = communes(view.tables)
    assert [code for _, code in choices[1:]] == found["commune_code"].tolist()
    assert choices[1][0] == "90001 (Hanoi)"
    with pytest.raises(WrongCall, match=r"unknown commune '90O13'; did you mean '90013'\?"):
        apply_filters(view, {"commune": "90O13"})


def page_of(view: View, asked: dict[str, str] | None = None) -> LivePage:
    return LivePage(view, {name: FILTERS[name] for name in ("month", "language", "commune")}, asked or {})


def test_a_page_follows_the_place_in_its_list(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(READY, "another/en")
    page = page_of(view)
    first = page._bundle(Planned("usage_by_commune", figures.FIGURES["usage_by_commune"][1]))["text/html"]
    control = page.widgets["commune"]
    assert isinstance(control, Search) and [code for _, code in page.state.lists["commune"]] == [
        code for _, code in FILTERS["commune"].choices(view)
    ]
    assert page.bar.value.count("<option") < 60 and 'role="combobox"' in page.bar.value
    control.set_state({"index": 13})
    part = page.parts["usage_by_commune"][0]
    assert page.state.query == f"commune={BUSY}" and part.value != first and BUSY in part.value
    assert f'value="{BUSY} (' in page.bar.value and page.bar.value.count(f'value="{BUSY}"') == 1
    for place in (51, -1):
        with pytest.raises(traitlets.TraitError, match="no choice"):
            control.set_state({"index": place})
    page.widgets["language"].value = "vi"
    assert page.state.lists["commune"][1][0] == "90001 (Hà Nội)" and control.code == BUSY
    assert page.values["commune"] == BUSY and "cấp xã" in part.value
    control.value = "90001 (Hà"  # as JupyterLab has it while a reader types
    assert control.code == BUSY
    control.value = "90001 (Hà Nội)"
    assert control.code == page.values["commune"] == "90001"
    control.value = ""
    assert page.state.query == "language=vi"
    assert BUSY in page_of(view, {"commune": BUSY}).bar.value
    assert "Commune “00004”, which is not known; the page shows All" in page_of(view, {"commune": "00004"}).state.notice


def test_without_communes_a_page_has_no_such_control() -> None:
    page = page_of(open_view(month="2025-12", language="en", data=DATA), {"commune": BUSY})
    assert list(page.widgets) == ["month", "language"] and page.state.lists == {}
    assert "combobox" not in page.bar.value and "lists" not in str(page._controls_bundle())
    assert "this page has no such filter" in page.state.notice
