from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from r57lib.data.load import load_tables
from r57lib.page.columns import Cell, Column, counts, days, figures, periods, share, shares, texts
from r57lib.page.sheets import SHEET_FORMATS, inert, write_table
from r57lib.view.words import Language, Words, words_of
from tests.conftest import DATA

WORDS = {language: words_of(load_tables(DATA)["labels"], language) for language in ("vi", "en")}
VI, EN = WORDS["vi"], WORDS["en"]
DAY = date(2026, 3, 5)
SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def written(columns: dict[str, Column], form: str, language: Language = "vi") -> bytes:
    headed = [replace(column, key="any", heading=heading) for heading, column in columns.items()]
    return write_table(headed, form, title="Bảng", words=WORDS[language], made_on=DAY)


def read_back(columns: dict[str, Column], language: Language) -> pd.DataFrame:
    """A CSV as a spreadsheet of that language opens it."""
    marks = {"vi": {"sep": ";", "decimal": ","}, "en": {"sep": ",", "decimal": "."}}[language]
    return pd.read_csv(io.BytesIO(written(columns, "csv", language)), **marks)


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
    text = written({attack: texts([attack, "Bộ KH&CN"])}, "csv", "en").decode("utf-8-sig")
    assert inert(attack) == f"'{attack}"
    back = pd.read_csv(io.StringIO(text), dtype="str", keep_default_na=False)
    assert list(back.columns) == [f"'{attack}"]
    assert back.iloc[0, 0].startswith("'")


@pytest.mark.parametrize("text", ["−4", "1.234,5", "53,3 %", "Overdue", "a=b", "", "–", "2025-09"])
def test_plain_texts_stay_as_they_are(text: str) -> None:
    assert inert(text) == text


@given(st.text())
def test_what_is_inert_begins_like_no_formula(text: str) -> None:
    bare = inert(text).lstrip(" \t\r\n\u00a0\u200b\ufeff")
    assert bare[:1] not in tuple("=@|＝＋－＠+-") or not bare


def test_a_csv_opens_in_excel_with_its_letters() -> None:
    data = written({"Bộ": texts(["Điện Biên", 'a "b"; c\nd'])}, "csv")
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.decode("utf-8-sig") == 'Bộ\r\nĐiện Biên\r\n"a ""b""; c\nd"\r\n'


def computed(words: Words, value: float) -> Cell:
    return share(words, value).within(lambda text: words("derived", value=text), qualifier="computed")


def mixed(words: Words) -> dict[str, Column]:
    """Names, codes, counts, shares, numbers with words around them, and days."""
    return {
        "Tỉnh": texts(["Cà Mau", "=1+1"]),
        "Mã": texts(["01", "02"]),
        "Số": counts(words, [1234, None]),
        "Tỷ lệ": shares(words, [0.533, -0.025], 2),
        "Lẫn": figures("share", [computed(words, 0.5125), Cell(None, "chưa có")]),
        "Ngày": days(words, [date(2025, 10, 20), None]),
        "Kỳ": periods(words, ["2025-12-18", "2025-09-late"]),
    }


def test_a_workbook_holds_texts_as_texts_and_figures_as_numbers() -> None:
    rows, sheet = cells(written(mixed(VI), "xlsx"))
    assert [text for _, text in rows[0]] == list(mixed(VI))
    numbers = [("n", "1234"), ("n", "0.533"), ("n", "0.5125")]
    assert rows[1] == [("s", "Cà Mau"), ("s", "01"), *numbers, ("n", "45950"), ("n", "46009")]
    assert rows[2][:5] == [("s", "=1+1"), ("s", "02"), ("s", "–"), ("n", "-0.025"), ("s", "chưa có")]
    assert rows[2][5:] == [("s", "–"), ("s", "cuối tháng 9 năm 2025")]
    assert b"<f>" not in sheet


def test_the_words_around_a_number_stand_in_its_format() -> None:
    with zipfile.ZipFile(io.BytesIO(written(mixed(EN), "xlsx", "en"))) as parts:
        styles = ElementTree.fromstring(parts.read("xl/styles.xml"))
    formats = {node.attrib["formatCode"] for node in styles.iter(f"{SPREADSHEET}numFmt")}
    assert {'0.00%" (computed)"', "d mmmm yyyy"} <= formats


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_csv_is_one_that_a_spreadsheet_of_the_language_reads(language: Language) -> None:
    back = read_back(mixed(WORDS[language]), language)
    assert back["Số"].tolist()[0] == 1234 and back["Tỷ lệ"].tolist() == [0.533, -0.025]
    assert back["Lẫn"].tolist()[0] == 0.5125 and back["Ngày"].tolist()[0] == "2025-10-20"
    assert back["Kỳ"].tolist() == ["2025-12-18", WORDS[language].period("2025-09-late")]
    (beside,) = set(back) - set(mixed(WORDS[language]))
    assert back[beside].tolist() == [computed(WORDS[language], 0.5125).text, "chưa có"]


def test_a_year_is_a_number_in_a_workbook() -> None:
    for words, form in ((EN, "0"), (VI, '"năm "0')):
        (cell,) = periods(words, ["2030"]).cells
        assert (cell.text, cell.number_format()) == (words.period("2030"), form)
    assert cells(written({"Năm": periods(VI, ["2030"])}, "xlsx"))[0][1] == [("n", "2030")]


def test_each_row_of_a_csv_is_that_of_the_table() -> None:
    columns = {name: column.rows([1]) for name, column in mixed(EN).items()}
    assert read_back(columns, "en")["Tỷ lệ"].tolist() == [-0.025]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_cell_of_a_workbook_is_a_formula_or_a_link(attack: str) -> None:
    rows, sheet = cells(written({"a": texts([attack, "http://x.vn", "mailto:a@b.vn"])}, "xlsx"))
    assert rows[1][0] == ("s", attack.replace("\r", "_x000D_") if "\r" in attack else attack)
    assert b"<f>" not in sheet and b"hyperlink" not in sheet


def test_the_same_table_gives_the_same_bytes() -> None:
    table = mixed(VI)
    for form in SHEET_FORMATS:
        assert written(table, form) == written(table, form)


def test_an_empty_table_has_its_heading() -> None:
    rows, _ = cells(written({"a": texts([])}, "xlsx"))
    assert rows == [[("s", "a")]]


def test_another_format_is_refused() -> None:
    with pytest.raises(KeyError):
        written({"a": texts(["1"])}, "exe")
