"""Aggregates of transactions: taken once and whole, told by the pages, marked where they are made up."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from r57lib import figures
from r57lib.data.lines import check_set, opened
from r57lib.data.load import load_tables
from r57lib.data.periods import Month
from r57lib.errors import BadData, WrongCall
from r57lib.ingest.lines import take_lines
from r57lib.ingest.rows import MARK
from r57lib.measures import usage
from r57lib.measures.usage import Span, usage_rate, where
from r57lib.page.display import gathering, header
from r57lib.page.figure import Figure
from r57lib.report.plan import make_plan, read_spec
from r57lib.serve.pages import Site
from r57lib.view.filters import FILTERS, apply_filters
from r57lib.view.view import View, open_view
from tests.conftest import DATA, ROOT, call_r57, with_bundle
from tests.figures.test_registry import documented
from tests.measures.test_usage import again, lines_of, provinces, written

NAMES = [name for name, (notebook, _) in figures.FIGURES.items() if notebook == "services_usage"]
CODES = [code for code, _ in provinces()]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("sets") / "made")


@pytest.fixture(scope="module")
def data(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder with the made-up set taken in."""
    folder = tmp_path_factory.mktemp("trial") / "data"
    shutil.copytree(DATA, folder, ignore=shutil.ignore_patterns("usage", "sample", "ingested"))
    assert take_lines(made, folder, CODES)[1]
    return folder


@pytest.fixture(scope="module")
def view(data: Path) -> View:
    return open_view(month="2025-12", language="en", data=data)


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "set"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_set_is_aggregated_once_and_to_the_same_bytes(made: Path, data: Path, tmp_path: Path) -> None:
    assert take_lines(made, data, CODES)[1] is False
    assert take_lines(made, tmp_path, CODES)[1] is True
    assert contents(tmp_path / "usage") == contents(data / "usage")
    (data / "usage" / "places.parquet").write_bytes(b"spoilt")
    assert take_lines(made, data, CODES)[1] is True, "what is spoilt is made again"
    assert contents(tmp_path / "usage") == contents(data / "usage")


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_says_which_columns_its_data_have(view: View, name: str) -> None:
    made = figures.FIGURES[name][1](view)
    assert isinstance(made, Figure) and {each.key for each in made.columns} <= set(documented(name))


def test_the_aggregates_give_what_the_lines_give(made: Path, view: View) -> None:
    found = check_set(made)
    with opened(found.files, found.catalogue) as there:
        lines = where(there.lines, level="commune", channel="app")
        direct = usage_rate(lines, span="month", by=("province_code",), month=view.month)
    told = usage.usage(view.tables, span=Span.MONTH, month=view.month, by=("province_code",), level="commune",
                          channel="app")  # fmt: skip
    assert len(told) > 40
    assert told.to_dict("list") == direct.to_dict("list")


def other_bytes(folder: Path) -> Path:
    path = lines_of(folder)[0]
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    return path


def rewritten(number: int, select: str) -> Callable[[Path], Path]:
    """Spoils a set by a column: of its n-th file of lines, or of the services where it is -1."""

    def spoil(folder: Path) -> Path:
        path = [*lines_of(folder), folder / "services.parquet"][number]
        again(folder, path, f"* REPLACE ({select})")
        return path

    return spoil


IMPOSSIBLE = {
    "no dossier": (rewritten(1, "0::BIGINT AS dossiers"), "'dossiers' is not 1 or more"),
    "more online": (
        rewritten(0, "dossiers + 1 AS online_dossiers"),
        "'online_dossiers' is not 0 or more, and no more than dossiers",
    ),
    "another day": (rewritten(2, "day + 31 AS day"), "'day' is not within the month of its folder"),
    "unknown channel": (rewritten(1, "'ap' AS channel"), "unknown channel 'ap'; did you mean 'app'"),
    "unknown province": (rewritten(0, "'02' AS province_code"), "unknown province_code '02'"),
    "unknown service": (
        rewritten(0, "'SYN-9999' AS service_id"),
        "unknown service_id 'SYN-9999'; did you mean 'SYN-",
    ),
    "a service twice": (rewritten(-1, "'SYN-0001' AS service_id"), "service 'SYN-0001' stands twice"),
    "other bytes": (other_bytes, "its bytes are not those that set.json names"),
}


@pytest.mark.parametrize("kind", IMPOSSIBLE)
def test_a_line_that_cannot_be_is_told_with_its_file_and_nothing_is_taken(
    copied: Path, tmp_path: Path, kind: str
) -> None:
    spoil, said = IMPOSSIBLE[kind]
    path = spoil(copied)
    with pytest.raises(BadData) as caught:
        take_lines(copied, tmp_path, CODES)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["set"]


def test_sparks_receipt_is_enough_and_the_mark_lives_in_the_files(copied: Path, tmp_path: Path) -> None:
    (copied / "set.json").unlink()
    (copied / "_SUCCESS").touch()
    assert take_lines(copied, tmp_path, CODES)[0]["synthetic"] == MARK


@pytest.mark.server
def test_commands_end_in_one_line_and_their_exit_code(copied: Path, data: Path, tmp_path: Path) -> None:
    trial = shutil.copytree(data, tmp_path / "data")
    done = call_r57("aggregate", copied, "--data", trial)
    assert (done.returncode, done.stdout) == (
        0,
        f"30,000 lines from 2025-11-01 to 2026-01-31; made up ({MARK})\n",
    )
    assert "fresh, nothing to do" in done.stderr
    path = lines_of(copied)[0]
    path.write_bytes(path.read_bytes()[:-1])
    done = call_r57("aggregate", copied, "--data", trial)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"r57: bad data: {path}: has ") and done.stderr.count("\n") == 1
    assert call_r57("aggregate", tmp_path / "none", "--data", trial).returncode == 2
    (trial / "usage" / "services.parquet").unlink()
    asked = ("--month", "2025-12", "--notebook", "services_usage", "--language", "en", "--formats", "html")
    places = ("--data", trial, "--notebooks", ROOT / "notebooks", "--output", with_bundle(tmp_path / "out"))
    done = call_r57("report", *asked, *places)
    assert done.returncode == 1
    assert "services.parquet: is missing or was changed; run `r57 aggregate` again" in done.stderr
    assert not list((tmp_path / "out").glob("2025-12/services_usage*"))


def test_a_receipt_that_is_none_is_a_finding(data: Path, tmp_path: Path) -> None:
    trial = Path(shutil.copytree(data, tmp_path / "data"))
    (trial / "usage" / "receipt.json").write_text('{"rows": 1}', encoding="utf-8")
    with pytest.raises(BadData, match=r"usage/receipt.json: is no receipt of `r57 aggregate`; run it again"):
        open_view(data=trial)


# --- the page --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_every_figure_is_drawn_marked_and_of_its_set(view: View, name: str, language: str) -> None:
    for chosen in ({}, {"province": "48"}, {"service_level": "ministry", "channel": "portal"}):
        looked = apply_filters(view.in_language(language), chosen)
        made = getattr(figures, name)(looked)
        assert isinstance(made, Figure)
        assert made.synthetic and "{" not in made.title + made.subtitle
        assert any(looked.words.number(30_000) in note for note in made.notes), "the set that it rests on"
        if made.chart is None:
            assert name == "unused_online_services"
            continue
        chart = made.chart.to_dict()
        assert looked.words("synthetic.mark") in json.dumps(chart, ensure_ascii=False)
        assert sum(len(rows) for rows in chart["datasets"].values()) < 5_000


def test_flow_and_stock_stand_in_figures_of_their_own(view: View) -> None:
    flow, stock = figures.usage_flow(view), figures.usage_stock(view)
    assert list(flow.table["Period"].unique()) == ["December 2025", "November 2025"]
    assert list(stock.table["Year"]) == ["2025"]
    assert stock.table["Months counted"].tolist() == ["months 11 to 12"]
    total = usage.usage(view.tables, span=Span.MONTH, month=view.month)
    assert view.words.number(int(total["dossiers"].iloc[-1])) in flow.subtitle


def test_a_month_or_a_day_before_the_lines_is_said_and_not_counted(view: View) -> None:
    early = replace(view, month=Month(2025, 6))
    assert all("hold no dossier of June 2025" in getattr(figures, name)(early).title for name in NAMES)
    unknown = replace(view, as_of=date(2026, 1, 15))
    assert figures.usage_flow(unknown).title.startswith("No set of transactions has been taken in")


def test_without_a_set_the_words_are_honest_and_the_month_has_no_page() -> None:
    bare = open_view(month="2025-12", language="en", data=DATA)
    assert bare.everything["usage"].empty
    for name in NAMES:
        made = getattr(figures, name)(bare)
        assert made.title.startswith("No set of transactions has been taken in.") and made.chart is None
    spec = read_spec(ROOT / "reports" / "monthly.yaml")
    assert "services_usage" not in {run.notebook.stem for run in make_plan(bare, ROOT / "notebooks", spec=spec).runs}
    asked = make_plan(bare, ROOT / "notebooks", spec=spec, only=["services_usage"])
    assert {run.name for run in asked.runs} == {"services_usage.vi", "services_usage.en"}
    assert "services_usage" not in Site(ROOT / "notebooks", DATA, ROOT / "reports").names


def test_with_a_set_it_is_a_page_of_the_month_and_a_dashboard(view: View, data: Path) -> None:
    spec = read_spec(ROOT / "reports" / "monthly.yaml")
    plan = make_plan(view, ROOT / "notebooks", spec=spec)
    assert {"services_usage.vi", "services_usage.en"} <= plan.names
    assert "services_usage" in Site(ROOT / "notebooks", data, ROOT / "reports").names
    assert "services_usage" not in Site(ROOT / "notebooks", DATA, ROOT / "reports").names
    assert load_tables(data).digests["usage"] != load_tables(DATA).digests["usage"]
    assert "data/usage/receipt.json" in load_tables(data).files


def test_filters_offer_what_there_is_and_refuse_what_is_not(view: View) -> None:
    assert [value for _, value in FILTERS["channel"].choices(view)] == ["", "counter", "post", "portal", "app"]
    assert [value for _, value in FILTERS["service_level"].choices(view)] == ["", "ministry", "province", "commune"]
    with pytest.raises(WrongCall, match="unknown channel 'ap'; did you mean 'app'"):
        apply_filters(view, {"channel": "ap"})
    with pytest.raises(WrongCall, match="unknown service_level 'province_'"):
        apply_filters(view, {"service_level": "province_"})


def test_only_the_page_that_shows_them_is_marked(view: View) -> None:
    for page, marked in (("services_usage", True), ("overview", False)):
        with gathering() as parts:
            header(view, page)
        assert [part.synthetic for part in parts] == [marked]


@pytest.mark.server
def test_a_process_may_fork_after_the_aggregates_are_in_memory(data: Path) -> None:
    code = (
        "import os; from r57lib.measures.usage import hold_aggregates; from r57lib.data.load import load_tables; "
        f"hold_aggregates(load_tables({str(data)!r})); print(len(os.listdir('/proc/self/task')))"
    )
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n", "no thread of DuckDB is left"
