"""What an analyst's own cells show, translated; and how a notebook names itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from r57lib.page.bilingual import named_by, said_in
from r57lib.page.frames import own_table
from r57lib.page.markdown import formula, marked_up
from r57lib.page.own import OwnPage
from r57lib.view.view import View, open_view
from r57lib.view.words import Words
from tests.conftest import DATA


@pytest.fixture(scope="module")
def view() -> View:
    return open_view(language="en", data=DATA)


@pytest.fixture(scope="module")
def words(view: View) -> Words:
    return view.words


def shown(words: Words, *outputs: Any) -> tuple[str, list[str]]:
    """The HTML of a cell with some outputs, the second of its notebook, and what is named as left out."""
    cell = new_code_cell("", id="own", outputs=list(outputs))
    page = OwnPage(words, {"own": 2}, frozenset())
    return page.cell(cell), page.left_out


def data(**bundle: Any) -> Any:
    return new_output(
        "display_data", {name.replace("__", "/").replace("_", "-"): text for name, text in bundle.items()}
    )


@pytest.mark.parametrize(
    ("text", "vietnamese", "english"),
    [
        ("## Quá hạn · Overdue", "## Quá hạn", "## Overdue"),
        ("Chưa xong,\nđã muộn. · Not done,\nlate.", "Chưa xong,\nđã muộn.", "Not done,\nlate."),
        ("- một · one\n- tỉnh · two", "- một\n- tỉnh", "- one\n- two"),
        ("Hà Nội · Huế", "Hà Nội · Huế", "Hà Nội · Huế"),
        ("North · South", "North · South", "North · South"),
        ("```\na · b\nÂ · B\n```", "```\na · b\nÂ · B\n```", "```\na · b\nÂ · B\n```"),
        ("Một đoạn.\n\nOne · two · three ở đây", "Một đoạn.\n\nOne · two · three ở đây", None),
    ],
)
def test_a_text_in_both_languages_says_each_half_and_no_other_loses_a_word(
    text: str, vietnamese: str, english: str | None
) -> None:
    assert said_in(text, "vi") == vietnamese
    assert said_in(text, "en") == (vietnamese if english is None else english)


def test_markdown_of_the_other_language_or_for_the_lab_is_left_out(words: Words) -> None:
    page = OwnPage(words, {}, frozenset())
    cells = [new_markdown_cell(text, metadata={"tags": [text]}) for text in ("vi", "en", "lab")]
    assert ["".join(page.cell(cell)).count(f"<p>{cell.source}</p>") for cell in cells] == [0, 1, 0]


def test_html_is_text_and_named_wherever_it_stands(words: Words) -> None:
    html, left_out = shown(words, data(text__html="<b>data</b>", text__plain="<IPython.core.display.HTML object>"))
    assert "data" not in html and "an output of type text/html is not shown" in html
    assert left_out == ["cell 2: an output of type text/html is not shown"]
    note = OwnPage(words, {}, frozenset()).cell(new_markdown_cell("a <script>alert(1)</script> [b](javascript:c)"))
    assert "<script" not in note and "&lt;script&gt;" in note and "javascript:" not in note
    assert "text/html is not shown" in note


@pytest.mark.parametrize(
    ("bundle", "there", "named"),
    [
        ({"text__plain": "3 < 4"}, "3 &lt; 4", ""),
        ({"text__html": "<i>a</i>", "text__plain": "a text"}, "a text", "text/html"),
        ({"text__latex": "$$\\frac{186}{277}$$", "text__plain": "<Latex>"}, "<mfrac><mrow><mn>186</mn></mrow>", ""),
        ({"text__markdown": "**b**", "text__plain": "<M>"}, "<strong>b</strong>", ""),
        ({"application__json": {"a": [1]}, "text__plain": "<J>"}, "&#34;a&#34;", ""),
        ({"image__png": "aGVs\nbG8=", "text__plain": "<F>"}, 'src="data:image/png;base64,aGVsbG8="', ""),
        ({"image__svg+xml": "<svg onload='x'/>"}, 'src="data:image/svg+xml;base64,PHN2Zy', ""),
        ({"application__javascript": "1", "text__plain": "<JS object>"}, "", "application/javascript"),
        ({"application__vnd.plotly.v1+json": {}}, "", "application/vnd.plotly.v1+json"),
        ({"audio__wav": ""}, "", "audio/wav"),
        ({}, "", "nothing"),
    ],
)
def test_each_kind_of_output_is_shown_or_named(words: Words, bundle: dict[str, Any], there: str, named: str) -> None:
    html, left_out = shown(words, data(**bundle))
    assert there in html
    assert left_out == ([f"cell 2: an output of type {named} is not shown"] if named else [])
    assert html.count("r57-left-out") == len(left_out)
    assert html.strip() != ""


@pytest.mark.parametrize("source", ["$x_1$", r"\(x_1\)", "$$x_1$$", r"\[x_1\]", "\\begin{align}\nx_1\n\\end{align}"])
def test_a_formula_is_one_whatever_signs_stand_around_it(source: str) -> None:
    block = not source.startswith((r"\(", "$x"))
    assert f'display="{"block" if block else "inline"}"' in formula(source)
    assert "<msub><mi>x</mi><mn>1</mn></msub>" in formula(source)


@pytest.mark.parametrize(
    "source", [r"$\nosuch{x}$", "$$" + "{" * 3000 + "$$", "$$" + "x" * 10_001 + "$$", "x", r"$a$ or $\nosuch{b}$"]
)
def test_what_is_no_formula_that_can_be_read_stays_its_source(source: str) -> None:
    assert "<code" in formula(source) and source in formula(source) and "<math" not in formula(source)


def test_a_text_around_formulas_stays_one() -> None:
    html = formula(r"Where <b> $x_1$ holds, \(x_2\) does too.")
    assert html.startswith("Where &lt;b&gt; <math") and html.endswith("</math> does too.")
    assert "</math> holds, <math" in html and html.count("<msub>") == 2


def test_a_formula_brings_no_markup_of_its_own() -> None:
    bad = r"$\text{<script>a</script>} \href{javascript:b}{x} \style{c}{y} \class{d}{z} \color{red}{w}$"
    assert "&lt;script&gt;a&lt;/script&gt;" in formula(bad)
    assert not re.search(r"<script|javascript:|style=|class=|color=", formula(bad))
    assert "<mtext>&lt;b&gt;</mtext>" in marked_up(r"where $\text{<b>}$ stands")[0]


def test_printed_text_stands_as_a_terminal_leaves_it(words: Words) -> None:
    text = "\x1b[31mred\x1b[0m\n10%\r100%\n<A object at 0x7f0123456789>\n"
    html, _ = shown(words, new_output("stream", name="stdout", text=text))
    assert "red\n100%\n&lt;A object at 0x…&gt;</pre>" in html


def test_a_frame_becomes_a_table_that_can_be_sorted(view: View) -> None:
    frame = pd.DataFrame(
        {
            "name": ["a", None],
            "share": [0.00001234, 1234.5],
            "year": [2024, 2025],
            "count": pd.array([1200, None], dtype="Int64"),
            "day": pd.to_datetime(["2025-03-05", None]),
            "at": pd.to_datetime(["2025-03-05 10:00", None]),
            "sure": [True, False],
            "ids": [["F001", "F002"], []],
        }
    )
    made = own_table(view, frame, "table-1", 1)
    texts = {column.heading: (column.kind, column.texts) for column in made.columns}
    assert texts == {
        "name": ("words", ["a", "–"]),
        "share": ("number", ["1.234e-05", "1,234.5"]),
        "year": ("count", ["2024", "2025"]),
        "count": ("count", ["1,200", "–"]),
        "day": ("day", ["5 March 2025", "–"]),
        "at": ("words", ["5 March 2025 10:00:00", "–"]),
        "sure": ("words", ["Yes", "No"]),
        "ids": ("words", ["F001, F002", ""]),
    }
    assert 'data-sort="1234.5"' in made._repr_html_() and '<td class=n data-sort="2024">' in made._repr_html_()


def test_yes_and_no_are_said_in_the_language_and_stored_in_neither() -> None:
    vietnamese = open_view(language="vi", data=DATA)
    sure = own_table(vietnamese, pd.DataFrame({"sure": [True, None, False]}), "table-1", 1)
    assert sure.columns[0].texts == ["Có", "–", "Không"]
    assert [str(each) for each in sure.data["sure"].dropna()] == ["True", "False"]


def test_the_index_stands_where_it_says_something(view: View) -> None:
    grouped = pd.DataFrame({"a": ["x", "y"], "b": [1, 2]}).groupby("a")["b"].sum()
    assert [each.heading for each in own_table(view, grouped, "t", 1).columns] == ["a", "b"]
    wide = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "b")]), index=[7])
    assert [each.heading for each in own_table(view, wide, "t", 1).columns] == ["Row", "a · b", "a · b"]


def test_large_numbers_and_counts_of_facts_are_what_they_were(view: View) -> None:
    frame = pd.DataFrame({"facts": [3, 5], "account": [12345678901234567, 10**400], "huge": [1e308, -1.5e15]})
    facts, account, huge = own_table(view, frame, "t", 1).columns
    assert (facts.kind, facts.texts) == ("count", ["3", "5"])
    assert (account.kind, account.texts) == ("words", ["12345678901234567", str(10**400)])
    assert huge.texts == ["1e+308", "-1.5e+15"]


def test_a_long_frame_says_how_much_of_it_is_shown(view: View) -> None:
    made = own_table(view, pd.DataFrame({"a": range(2345)}), "t", 1)
    assert len(made.columns[0].cells) == 1000
    assert made.note == "The first 1,000 of 2,345 rows."
    assert made.left_out == ("DataFrame, beyond 1,000 of its 2,345 rows,",)
    assert own_table(view, pd.DataFrame(), "t", 1).note == "The table is empty (0 × 0)."


def test_a_column_of_facts_gives_sources(view: View) -> None:
    made = own_table(view, pd.DataFrame({"fact_id": ["F001", "F999999"], "n": [1, 2]}), "t", 1)
    assert [(each.kind, each.heading) for each in made.columns] == [("count", "n"), ("facts", "fact_id")]
    assert made.fact_ids == ("F001",) and list(made.cited) == ["F001"] and len(made.sources) == 1
    html = made._repr_html_()
    assert made.sources[0].publisher in html and 'data-facts="F001"' in html and not made.synthetic


def test_a_table_bears_the_mark_where_the_data_hold_made_up_figures(view: View, registered: Path) -> None:
    spoilt = open_view(language="en", data=registered)
    frame, mark = pd.DataFrame({"n": [1]}), view.words("synthetic.mark")
    assert mark in own_table(spoilt, frame, "t", 1)._repr_html_()
    assert mark not in own_table(spoilt, frame.assign(fact_id="F001"), "t", 1)._repr_html_()


def test_a_notebook_names_itself(tmp_path: Path) -> None:
    cells = [new_markdown_cell("# Tiến độ · Progress\n\nĐến đâu\nrồi? · How\nfar?\n\nMore.", id="a"), new_code_cell("")]
    told = {"cells": cells, "metadata": {}}
    assert named_by(told, "vi") == {"title": "Tiến độ", "short": "Tiến độ", "question": "Đến đâu rồi?"}
    assert named_by(told, "en") == {"title": "Progress", "short": "Progress", "question": "How far?"}
    told["metadata"] = {"r57": {"title": {"en": "Other"}, "short": "S"}}
    assert named_by(told, "en") == {"title": "Other", "short": "S", "question": "How far?"}
    tagged = [new_markdown_cell(f"# {tag}", metadata={"tags": [tag]}) for tag in ("vi", "en")]
    assert [named_by({"cells": tagged, "metadata": {}}, tag)["title"] for tag in ("vi", "en")] == ["vi", "en"]
