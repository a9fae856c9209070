"""The files beside a figure hold the very values of its table."""

from __future__ import annotations

import ast
import io
import json
from dataclasses import replace
from datetime import date
from math import inf
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import pytest
from jsonschema import Draft202012Validator
from python_calamine import CalamineWorkbook

from r57lib.figures import FIGURES
from r57lib.page.columns import tidy_columns
from r57lib.page.figure import Figure
from r57lib.page.files import Home, figure_files, pandas_line, read_csv_options
from r57lib.page.frames import own_table
from r57lib.page.published import FIGURE_SCHEMA
from r57lib.page.renderer import own_figure
from r57lib.page.sheets import write_table
from r57lib.view.view import View, open_view
from tests.conftest import DATA

VALID = Draft202012Validator(json.loads(FIGURE_SCHEMA.read_text(encoding="utf-8")))


def home(language: str, folder: Path = Path()) -> Home:
    return Home(str(folder), "overview", "overview", {}, language, "2025-12", "", str(DATA))


def read_back(files: dict[str, bytes], told: dict[str, Any]) -> pd.DataFrame:
    """The CSV as the line of the page reads it; lists of facts split, and whole numbers as our tables have them."""
    table = pd.read_csv(io.BytesIO(files["csv"]), **told["read_csv"])
    for column in told["columns"]:
        if column["type"] == "array":
            table[column["name"]] = [each.split() if isinstance(each, str) else [] for each in table[column["name"]]]
        elif column["type"] == "integer":
            assert str(table[column["name"]].dtype) in ("int64", "Int64"), column
            table[column["name"]] = table[column["name"]].astype("Int64")
    return table


def assert_same(files: dict[str, bytes], data: pd.DataFrame) -> dict[str, Any]:
    """Whether CSV and JSON hold the values of a table; gives what the JSON says."""
    told: dict[str, Any] = json.loads(files["json"])
    assert [each.message for each in VALID.iter_errors(told)] == []
    assert [each["name"] for each in told["columns"]] == list(data)
    if len(data):
        pd.testing.assert_frame_equal(read_back(files, told), data, check_exact=True)
    for column, values in zip(told["columns"], zip(*told["rows"], strict=True), strict=False):
        kept = [pd.Timestamp(each) if column["type"] == "date" and each else each for each in values]
        expected = data[column["name"]]
        assert kept == [each if isinstance(each, list) else None if pd.isna(each) else each for each in expected]
    return told


@pytest.fixture(scope="module")
def views() -> dict[str, View]:
    return {each: open_view(month="2025-12", language=each, data=DATA) for each in ("vi", "en")}


@pytest.mark.parametrize("name", FIGURES)
def test_pandas_finds_the_data_of_every_figure_in_both_languages(views: dict[str, View], name: str) -> None:
    heads = []
    for language, view in views.items():
        made = FIGURES[name][1](view)
        if not isinstance(made, Figure):
            continue
        made = replace(made, draw=None)  # its files are the same with and without a chart
        told = assert_same(figure_files(made, home(language)), made.data)
        assert told["fact_ids"] == list(made.fact_ids) == list(told["facts"])
        assert {each["source_id"] for each in told["facts"].values()} <= {each["source_id"] for each in told["sources"]}
        heads.append([each["name"] for each in told["columns"]])
    assert heads[:1] == heads[1:]


def test_made_up_figures_say_so_in_every_file(registered: Path) -> None:
    """Also in a CSV that lies somewhere by itself: a column says so of each row, beside the values of the table."""
    made = FIGURES["register_counts"][1](open_view(month="2025-12", language="en", data=registered))
    files = figure_files(made, home("en"))
    told, table = json.loads(files["json"]), pd.read_csv(io.BytesIO(files["csv"]))
    assert [each.message for each in VALID.iter_errors(told)] == [] and told["synthetic"] is True
    assert table.pop("synthetic").tolist() == [row[-1] for row in told["rows"]] == [True] * len(made.data)
    assert list(table) == list(made.data) and made.words("synthetic.mark") in files["svg"].decode()
    spec = json.loads(files["vl.json"])
    assert made.words("synthetic.mark") in spec["title"]["text"] and spec["usermeta"]["synthetic"] is True
    own = own_table(home("en").view, pd.DataFrame({"synthetic": [0.5]}), "table-1", 1)
    assert figure_files(replace(own, synthetic=True), home("en"))["csv"] == b"synthetic,synthetic.1\n0.5,true\n"
    assert figure_files(replace(own, synthetic=False), home("en"))["csv"] == b"synthetic\n0.5\n"


def test_an_own_table_keeps_what_pandas_would_take_for_something_else(views: dict[str, View]) -> None:
    day = pd.Timestamp("2025-10-20", tz="Asia/Ho_Chi_Minh")
    frame = pd.DataFrame(
        {
            "code": ["01", "NA", None], "n": [1, None, 3], "day": [day, None, day],
            "on": [date(2025, 3, 5), None, None],
            "x": [0.1 + 0.2, None, 1e-17], "none": [None] * 3,
            "yes": [True, False, True], "text": ["a,b", 'c"d\n', " e "],
        }
    )  # fmt: skip
    frame = pd.concat([frame, frame[["n"]]], axis=1)
    made = own_table(views["vi"], frame, "table-1", 1)
    told = assert_same(figure_files(made, home("vi")), made.data)
    assert [each["name"] for each in told["columns"]][-1] == "n.1"
    assert told["rows"][0][:4] == ["01", 1.0, "2025-10-20", "2025-03-05"]
    assert pandas_line("p.table-1.vi", read_csv_options(tidy_columns(made.columns))).startswith(
        'pd.read_csv("figures/p.table-1.vi.csv", dtype={"'
    )


@pytest.mark.parametrize("language", ["vi", "en"])
def test_an_infinite_number_of_an_own_table_is_one_in_its_files(views: dict[str, View], language: str) -> None:
    numbers = [1.5, inf, -inf, None]
    made = own_table(views[language], pd.DataFrame({"pace": numbers}), "table-1", 1)
    files = figure_files(made, home(language))
    assert made.columns[0].texts[1:] == ["∞", "−∞", "–"]
    assert made.columns[0].sort_keys == ["1.5", "Infinity", "-Infinity", ""]  # which Number() reads
    told = json.loads(files["json"], parse_constant=pytest.fail)
    assert [row[0] if row[0] is None else float(row[0]) for row in told["rows"]] == numbers
    assert [each.message for each in VALID.iter_errors(told)] == []
    pd.testing.assert_frame_equal(read_back(files, told), made.data)
    assert made.data["pace"].tolist()[:3] == numbers[:3]
    written = {form: write_table(made.columns, form, title="", words=made.words, made_on=date(2025, 12, 31))
               for form in ("csv", "xlsx")}  # fmt: skip
    half = "1,5" if language == "vi" else "1.5"
    assert written["csv"].decode("utf-8-sig").split() == ["pace", half, "inf", "-inf", '""']
    assert [row[0] for row in CalamineWorkbook.from_filelike(io.BytesIO(written["xlsx"])).get_sheet_by_index(0)
            .to_python()] == ["pace", 1.5, "∞", "−∞", "–"]  # fmt: skip


def test_a_spreadsheet_runs_nothing_of_a_file(views: dict[str, View]) -> None:
    made = own_table(views["en"], pd.DataFrame({"name": ["=HYPERLINK(1)", "b"]}), "table-1", 1)
    files = figure_files(made, home("en"))
    assert files["csv"] == b"name\n'=HYPERLINK(1)\nb\n"
    assert json.loads(files["json"])["rows"] == [["=HYPERLINK(1)"], ["b"]]
    heads = own_table(
        views["en"], pd.DataFrame({"=day": [pd.Timestamp("2025-12-01"), None], "+n": ["01", "2"]}), "t", 1
    )
    files = figure_files(heads, home("en"))
    told = json.loads(files["json"])
    assert (
        [each["name"] for each in told["columns"]]
        == files["csv"].decode().split("\n")[0].split(",")
        == ["'=day", "'+n"]
    )
    assert pd.read_csv(io.BytesIO(files["csv"]), **told["read_csv"])["'+n"].tolist() == ["01", "2"]


def test_the_line_of_a_page_is_python_whatever_the_page_is_called() -> None:
    for name in ('a"b', "đặc biệt & #1", "back\\slash"):
        call = ast.parse(pandas_line(name, {}), mode="eval").body
        assert isinstance(call, ast.Call) and ast.literal_eval(call.args[0]) == f"figures/{name}.csv"


def test_a_chart_alone_has_a_picture_and_its_data(views: dict[str, View]) -> None:
    rows = pd.DataFrame({"a": ["x", "y"], "b": [1, 2]})
    chart = alt.Chart(rows, title=r"<Finding \1>").mark_bar(color="#12436E").encode(x="a:N", y="b:Q")
    made = own_figure(chart, views["vi"].words, "chart-1")
    files = figure_files(made, home("vi"))
    assert sorted(files) == ["json", "svg", "vl.json"]
    picture, spec = files["svg"].decode(), json.loads(files["vl.json"])
    assert picture.startswith("<svg ") and "var(" not in picture and "#12436E" in picture
    assert r"<title>&lt;Finding \1&gt;</title>" in picture and ' width="' in picture.partition(">")[0]
    assert spec["title"]["text"] == r"<Finding \1>" and "var(" not in str(spec) and spec["config"]
    assert spec["datasets"][spec["data"]["name"]] == [{"a": "x", "b": 1}, {"a": "y", "b": 2}]
    assert spec["usermeta"]["embedOptions"]["formatLocale"]["decimal"] == ","
    assert assert_same(files, pd.DataFrame())["columns"] == []


def test_a_figure_that_is_shown_twice_has_two_names(views: dict[str, View], tmp_path: Path) -> None:
    made = replace(FIGURES["task_status"][1](views["en"]), draw=None)
    page = home("en", tmp_path / "figures")
    names = [page.write(page.named(each))["name"] for each in (made, made, replace(made, figure_id=""))]
    assert names == ["overview.task-status.en", "overview.task-status-2.en", "overview.figure-1.en"]
    assert len(list((tmp_path / "figures").iterdir())) == 6
