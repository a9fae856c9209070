from __future__ import annotations

import io
import zipfile
from datetime import date
from xml.etree import ElementTree

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from r57lib.page.sheets import SHEET_FORMATS, inert, parse_figure, write_table
from r57lib.view.words import LANGUAGES, Language

DAY = date(2026, 3, 5)
SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def written(table: pd.DataFrame, form: str, language: Language = "vi") -> bytes:
    return write_table(table, form, title="Bảng", language=language, made_on=DAY)


def cells(book: bytes) -> tuple[list[list[tuple[str, str]]], bytes]:
    """Type and content of each cell of the only sheet, texts resolved, and the sheet's XML."""
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml")
        texts = ElementTree.fromstring(parts.read("xl/sharedStrings.xml"))
    shared = ["".join(node.itertext()) for node in texts.iter(f"{SPREADSHEET}si")]
    rows = []
    for row in ElementTree.fromstring(sheet).iter(f"{SPREADSHEET}row"):
        found: dict[int, tuple[str, str]] = {}
        for cell in row:
            value, kind = cell.findtext(f"{SPREADSHEET}v") or "", cell.get("t", "n")
            place = ord(cell.attrib["r"][0]) - ord("A")  # no table here has more than 26 columns
            found[place] = (kind, shared[int(value)] if kind == "s" else value)
        rows.append([found.get(place, ("s", "")) for place in range(max(found) + 1)])
    width = max(map(len, rows))
    return [row + [("s", "")] * (width - len(row)) for row in rows], sheet


ATTACKS = [
    "=1+1", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(A1:A9)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1",
    "\ufeff=1", "\u200b=1", "＝1+1", "|calc", '=HYPERLINK("http://x","y")', "=cmd|'/c calc'!A1", "%0A=1\n=1",
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS[:-1])
def test_no_cell_of_a_csv_is_a_formula(attack: str) -> None:
    text = written(pd.DataFrame({attack: [attack, "Bộ KH&CN"]}, dtype="str"), "csv").decode("utf-8-sig")
    assert inert(attack) == f"'{attack}"
    back = pd.read_csv(io.StringIO(text), dtype="str", keep_default_na=False)
    assert list(back.columns) == [f"'{attack}"]
    assert back.iloc[0, 0].startswith("'")


@pytest.mark.parametrize("text", ["-3,5", "+12", "−4", "1.234,5", "53,3 %", "Overdue", "a=b", "", "–", "2025-09"])
def test_figures_and_plain_texts_stay_as_they_are(text: str) -> None:
    assert inert(text) == text


@given(st.text())
def test_what_is_inert_begins_like_no_formula(text: str) -> None:
    bare = inert(text).lstrip(" \t\r\n\u00a0\u200b\ufeff")
    figure = any(parse_figure(text, language) for language in LANGUAGES)
    assert figure or bare[:1] not in tuple("=@|＝＋－＠+-") or not bare


def test_a_csv_opens_in_excel_with_its_letters() -> None:
    data = written(pd.DataFrame({"Bộ": ["Điện Biên", 'a "b", c\nd']}, dtype="str"), "csv")
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.decode("utf-8-sig") == 'Bộ\r\nĐiện Biên\r\n"a ""b"", c\nd"\r\n'


def test_a_workbook_holds_texts_as_texts_and_figures_as_numbers() -> None:
    table = pd.DataFrame(
        {
            "Tỉnh": ["Cà Mau", "=1+1"],
            "Mã": ["01", "02"],
            "Số": ["1.234", "–"],
            "Tỷ lệ": ["53,30 %", "−2,5 %"],
            "Lẫn": ["12", "khoảng 12"],
        },
        dtype="str",
    )
    rows, sheet = cells(written(table, "xlsx"))
    assert [text for _, text in rows[0]] == list(table.columns)
    assert rows[1] == [("s", "Cà Mau"), ("s", "01"), ("n", "1234"), ("n", "0.533"), ("s", "12")]
    assert rows[2] == [("s", "=1+1"), ("s", "02"), ("s", "–"), ("n", "-0.025"), ("s", "khoảng 12")]
    assert b"<f>" not in sheet


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_cell_of_a_workbook_is_a_formula_or_a_link(attack: str) -> None:
    rows, sheet = cells(written(pd.DataFrame({"a": [attack, "http://x.vn", "mailto:a@b.vn"]}, dtype="str"), "xlsx"))
    assert rows[1][0] == ("s", attack.replace("\r", "_x000D_") if "\r" in attack else attack)
    assert b"<f>" not in sheet and b"hyperlink" not in sheet


@pytest.mark.parametrize(
    ("text", "language", "figure"),
    [
        ("1.234,5", "vi", (1234.5, "#,##0.0")),
        ("1,234.5", "en", (1234.5, "#,##0.0")),
        ("1.234", "en", (1.234, "0.000")),
        ("1.234", "vi", (1234.0, "#,##0")),
        ("66.95%", "en", (0.6695, "0.00%")),
        ("66,95\u00a0%", "vi", (0.6695, "0.00%")),
        ("−5", "vi", (-5.0, "0")),
        ("0", "en", (0.0, "0")),
        ("01", "en", None),
        ("1.23.4", "vi", None),
        ("12,34", "en", None),
        ("khoảng 5", "vi", None),
        ("", "en", None),
        ("1e5", "en", None),
        ("٣", "en", None),
    ],
)
def test_a_figure_is_read_by_the_marks_of_its_language(
    text: str, language: Language, figure: tuple[float, str] | None
) -> None:
    assert parse_figure(text, language) == figure


def test_the_same_table_gives_the_same_bytes() -> None:
    table = pd.DataFrame({"a": ["1", "2"]}, dtype="str")
    for form in SHEET_FORMATS:
        assert written(table, form) == written(table, form)


def test_an_empty_table_has_its_heading() -> None:
    rows, _ = cells(written(pd.DataFrame({"a": []}, dtype="str"), "xlsx"))
    assert rows == [[("s", "a")]]


def test_another_format_is_refused() -> None:
    with pytest.raises(KeyError):
        written(pd.DataFrame({"a": ["1"]}), "exe")
