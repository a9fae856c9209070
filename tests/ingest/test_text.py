"""Encodings, Unicode and the shape of CSV files: cases 1 to 40 of what ministries send."""

from __future__ import annotations

import codecs
import os
import threading
import time
import unicodedata

import pytest

from r57lib.data.tables import Tables
from r57lib.ingest.rows import Unreadable
from r57lib.ingest.text import (
    _TCVN3,
    _VNI_LETTERS,
    _VNI_MARKS,
    clean,
    from_legacy,
    from_tcvn3,
    from_vni,
    is_syllable,
    spelling_key,
)
from tests.sheets import HEAD, Desk, bins, codes, said, task, text_of

PLAIN = text_of([task("NV-01"), task("NV-02", "Triển khai chữ ký số")])


def to_tcvn3(text: str) -> str:
    back = {value: key for key, value in _TCVN3.items()}
    return "".join(back.get(char, char) for char in unicodedata.normalize("NFC", text))


def to_vni(text: str) -> str:
    letters = {value: key for key, value in _VNI_LETTERS.items()}
    marks = {value: key for key, value in _VNI_MARKS.items() if key.islower()}
    made = []
    for char in unicodedata.normalize("NFC", text):
        parts = unicodedata.normalize("NFD", char)
        horned = unicodedata.normalize("NFC", parts.replace("\u031b", "")) if "\u031b" in parts else ""
        if char in letters:
            made.append(letters[char])
        elif horned:
            base = unicodedata.normalize("NFC", parts[0] + "\u031b")
            made.append(letters[base] + "".join(marks[each] for each in parts[1:] if each != "\u031b"))
        elif len(parts) > 1 and char not in "íìÍÌ":
            shape = "".join(each for each in parts[1:] if each in "\u0302\u0306")
            tone = "".join(each for each in parts[1:] if each not in "\u0302\u0306")
            made.append(parts[0] + marks[shape + tone])
        else:
            made.append(char)
    return "".join(made)


# --- encodings -------------------------------------------------------------------------------------------------------

ENCODED = {
    1: (codecs.BOM_UTF8 + PLAIN.encode(), "R-BOM"),
    2: (codecs.BOM_UTF8 * 2 + PLAIN.encode(), "R-BOM"),
    "3 little": (codecs.BOM_UTF16_LE + PLAIN.encode("utf-16-le"), "R-UTF16"),
    "3 big": (codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"), "R-UTF16"),
    "4 little": (PLAIN.encode("utf-16-le"), "R-UTF16"),
    "4 big": (PLAIN.encode("utf-16-be"), "R-UTF16"),
    6: (to_tcvn3(PLAIN).encode("latin-1"), "R-ENC"),
    "8 vni": (to_vni(PLAIN).encode("cp1252"), "R-ENC"),
}


@pytest.mark.parametrize("case", ENCODED)
def test_a_file_in_any_clear_encoding_gives_the_same_rows(desk: Desk, case: object) -> None:
    content, repair = ENCODED[case]  # type: ignore[index]
    taken = desk.take(content)
    assert taken.state == "accepted" and taken.rejected is None
    assert codes(taken) == [repair] and bins(taken) == (2, 0, 0, 1)
    assert [row["title"] for row in desk.rows()] == ["Xây dựng nền tảng", "Triển khai chữ ký số"]
    assert [row["lead_agency"] for row in desk.rows()] == ["MOH", "MOH"]


def cp1258(text: str) -> bytes:
    """As Windows wrote it: letters with their shape, tones after them."""
    made = []
    for char in unicodedata.normalize("NFC", text):
        parts = unicodedata.normalize("NFD", char)
        tones = "".join(each for each in parts if each in "\u0300\u0301\u0303\u0309\u0323")
        base = unicodedata.normalize("NFC", "".join(each for each in parts if each not in tones))
        try:
            made.append(char.encode("cp1258"))
        except UnicodeEncodeError:
            made.append((base + tones).encode("cp1258"))
    return b"".join(made)


def test_windows_vietnamese_is_not_taken_for_western(desk: Desk) -> None:
    """5, 10: the same bytes can be decoded as cp1252, too."""
    content = cp1258(PLAIN)
    content.decode("cp1252", errors="strict")
    taken = desk.take(content)
    assert taken.state == "accepted" and codes(taken) == ["R-ENC"]
    assert [row["title"] for row in desk.rows()] == ["Xây dựng nền tảng", "Triển khai chữ ký số"]
    assert all(unicodedata.is_normalized("NFC", row["title"]) for row in desk.rows())


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\x81\x8d\x8f\x90;\x9d\xff\xfe\n" * 5, "E-ENC-FILE"),  # 4, 6: no code gives words
        (PLAIN.encode() + cp1258(text_of([task("NV-03", "Nghị quyết")], head=[])), "E-ENC-MIXED"),  # 12
        (b"a,b\0,c\n1,2,3\n", "E-NUL"),  # 19
        (b"", "E-EMPTY"),  # 37
        (b"\n\n  \n", "E-EMPTY"),
    ],
)
def test_a_file_that_is_not_clearly_text_is_refused(desk: Desk, content: bytes, code: str) -> None:
    taken = desk.take(content)
    assert taken.state == "rejected" and taken.rejected is not None and taken.rejected.code == code
    assert desk.store.entries() == []


def test_the_line_of_the_first_break_is_named(desk: Desk) -> None:
    taken = desk.take(PLAIN.encode() + cp1258(text_of([task("NV-03", "Nghị quyết")], head=[])))
    assert taken.rejected is not None and taken.rejected.values == {"line": "4"}


# --- letters ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "made", "repair"),
    [
        ("B¶o Th¾ng", "Bảo Thắng", "R-ENC"),  # 6, 7
        ("UÛy ban nhaân daân", "Ủy ban nhân dân", "R-ENC"),  # 8
        ("Bộ Nông nghiệp".encode().decode("latin-1"), "Bộ Nông nghiệp", "R-ENC"),  # 11
        (unicodedata.normalize("NFD", "Nghị quyết"), "Nghị quyết", "R-NFC"),  # 13
        ("Ngh" + unicodedata.normalize("NFD", "ị") + " quyết", "Nghị quyết", "R-NFC"),  # 14
        ("Ðội mới", "Đội mới", "R-LOOKALIKE"),  # 16
        ("Bộ\u00a0Y\u202ftế\u3000", "Bộ Y tế", "R-SPACE"),  # 17
        ("NV\u200b-0\u00ad1\ufeff", "NV-01", "R-INVISIBLE"),  # 18
    ],
)
def test_a_clear_text_is_repaired(text: str, made: str, repair: str) -> None:
    assert clean(text) == (made, (repair,))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Nghi. quye^'t so^' 57", "E-ENC"),  # 9
        ("Ba?o Tha('ng", "E-ENC"),
        ("Th¶¾¶ng ¸¹µ", "E-ENC"),  # 7, 8: no code makes words of it
        ("Bộ Nông nghi\ufffdp", "E-ENC"),
        ("Bộ Y tе", "E-LOOKALIKE"),  # 16: a Cyrillic е
        ("abc\u202edef", "E-CONTROL"),  # 19
        ("abc\x07def", "E-CONTROL"),
    ],
)
def test_a_text_with_two_readings_is_not_guessed_at(text: str, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        clean(text)
    assert caught.value.code == code


def test_the_words_of_the_workbench_need_no_repair(real_tables: Tables) -> None:
    """Real Vietnamese is never taken for an old code, and every old code gives it back."""
    for text in real_tables["labels"]["vi"]:
        assert set(clean(text)[1]) <= {"R-SPACE", "R-LOOKALIKE"}, text
        assert from_legacy(text) == (text, "")
    words = {
        word for text in real_tables["labels"]["vi"] for word in text.split() if word.isalpha() and not word.isascii()
    }
    real = [word for word in words if is_syllable(word)]
    assert len(real) > 300
    for word in real:
        small = word.lower()
        assert from_tcvn3(to_tcvn3(small)) == small and from_vni(to_vni(small)) == small


def test_spellings_of_one_name_meet(desk: Desk) -> None:
    """15: where the tone stands; the spelling that was sent is kept."""
    assert spelling_key("Hoà Bình") == spelling_key("HÒA  BÌNH") and spelling_key("thuỷ") == spelling_key("thủy")
    taken = desk.take(text_of([task("NV-01", "Thuỷ lợi", "UBND tỉnh Khánh Hoà")]))
    assert bins(taken) == (0, 1, 0, 1) and codes(taken) == ["R-SPELLING"]
    assert desk.rows()[0]["title"] == "Thuỷ lợi" and desk.rows()[0]["lead_agency"] == "province:56"


def test_codes_that_look_the_same_are_the_same(desk: Desk) -> None:
    """18, 20."""
    rows = [task("NV\u200b-01", "Một"), task("NV–01", "Hai"), task("KH20–TT", "Ba")]
    taken = desk.take(text_of(rows))
    assert bins(taken) == (0, 1, 2, 1)
    assert [note.hint for note in taken.notes if note.code == "E-DUPLICATE"] == ["3", "2"]
    assert said(taken, "R-DASH").row == 3 and desk.rows()[0]["task_id"] == "KH20-TT"


# --- shape -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [";", "\t", "|", ","])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(desk: Desk, mark: str, end: str) -> None:
    """21, 22, 27."""
    rows = [task("NV-01", "Chi 1,5 tỷ đồng; đợt một"), task("NV-02", "Hai\tba | bốn")]
    taken = desk.take(text_of(rows, mark=mark, end=end))
    assert taken.state == "accepted" and bins(taken)[2:] == (0, 1)
    assert [row["task_id"] for row in desk.rows()] == ["NV-01", "NV-02"]


def test_mixed_line_ends(desk: Desk) -> None:
    """27."""
    lines = text_of([task(f"NV-{number}") for number in range(6)]).splitlines()
    content = "".join(
        line + end for line, end in zip(lines, ["\r\n", "\n", "\r", "\r\n", "\n", "\r", "\n"], strict=True)
    )
    assert bins(desk.take(content)) == (6, 0, 0, 1)


def test_a_comma_that_was_not_quoted_shifts_no_column(desk: Desk) -> None:
    """23, 24."""
    lines = text_of([task("NV-01"), task("NV-02"), task("NV-03")]).splitlines()
    lines[2] = "NV-02,Chi 1,5 tỷ,Bộ Y tế,31/12/2025,"
    lines[3] = "NV-03,Thiếu,Bộ Y tế"
    taken = desk.take("\n".join(lines) + "\n")
    assert bins(taken) == (1, 0, 2, 1) and codes(taken) == ["E-FIELDS", "E-FIELDS"]
    assert [note.hint for note in taken.notes] == ["6 / 5", "3 / 5"]
    every = "\n".join([lines[0], *(f"NV-{n},Chi 1,5 tỷ,Bộ Y tế,31/12/2025," for n in range(4))]) + "\n"
    rejected = desk.take(every).rejected
    assert rejected is not None and rejected.code == "E-FIELDS-ALL"
    assert len(desk.store.entries()) == 1


def test_a_quote_left_open_swallows_nothing(desk: Desk) -> None:
    """25: it costs its own row."""
    lines = text_of([task(f"NV-{number}") for number in range(300)]).splitlines()
    lines[10] = 'NV-9,"Mở ngoặc,Bộ Y tế,31/12/2025,'
    taken = desk.take("\n".join(lines) + "\n")
    assert bins(taken) == (299, 0, 1, 1) and (said(taken, "E-QUOTE-ROW").row, taken.counts.rows_read) == (11, 301)
    lines[210] = 'NV-209,Đóng" ngoặc,Bộ Y tế,31/12/2025,'
    taken = desk.take("\n".join(lines) + "\n")
    assert bins(taken) == (298, 0, 2, 1) and [note.row for note in taken.notes] == [11, 211]


STRAY = [
    'NV-2"Việc A, Việc B",Bộ Y tế,31/12/2025,', 'NV-2,Việc "A,Bộ Y tế,31/12/2025,', 'NV-2,"Việc" A,Bộ Y tế,31/12/2025,',
    'NV-2,Việc A,"Bộ Y tế,31/12/2025,', 'NV-2,Màn hình 27" mới,Bộ Y tế,31/12/2025,', 'NV-2,Việc"A",Bộ Y tế,31/12/2025,',
    'NV-2,"""Việc,Bộ Y tế,31/12/2025,',
]  # fmt: skip


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("line", STRAY)
def test_a_stray_quote_costs_its_row(desk: Desk, line: str, end: str) -> None:
    lines = text_of([task(f"NV-{number}") for number in range(5)]).splitlines()
    lines[3] = line
    taken = desk.take(end.join(lines) + end)
    assert bins(taken) == (4, 0, 1, 1) and [(note.code, note.row) for note in taken.notes] == [("E-QUOTE-ROW", 4)]
    assert said(taken, "E-QUOTE-ROW").raw.startswith("NV-2")


def test_two_stray_quotes_swallow_no_row_between_them(desk: Desk) -> None:
    """From the one that opens to the one that closes there are as many fields as the heading has."""
    lines = text_of([task(f"NV-{number}") for number in range(9)]).splitlines()
    lines[3], lines[7] = 'NV-2,"Mở,Bộ Y tế,31/12/2025,', 'NV-6,Đóng",Bộ Y tế,31/12/2025,'
    taken = desk.take("\n".join(lines) + "\n")
    assert bins(taken) == (7, 0, 2, 1) and [note.row for note in taken.notes] == [4, 8]
    lines[4:7] = []
    taken = desk.take("\n".join(lines) + "\n")
    assert bins(taken) == (4, 0, 2, 1) and [note.row for note in taken.notes] == [4, 5]


SOUND = [
    'NV-2,Đề án "Một cửa" mới,Bộ Y tế,31/12/2025,', 'NV-2,"Đề án ""Một cửa"", giai đoạn 2",Bộ Y tế,31/12/2025,',
    'NV-2,Chương trình ("A"),Bộ Y tế,31/12/2025,', '"NV-2","Việc","Bộ Y tế","31/12/2025",""',
    'NV-2,Việc "A",Bộ Y tế,31/12/2025,',
    'NV-2,"Dòng một, hai, ba\ndòng 1,5 tỷ, hai\n- ba",Bộ Y tế,31/12/2025,', 'NV-2,"12"" màn hình",Bộ Y tế,31/12/2025,',
]  # fmt: skip


@pytest.mark.parametrize("line", SOUND)
def test_quotes_where_they_may_be_cost_nothing(desk: Desk, line: str) -> None:
    lines = text_of([task(f"NV-{number}") for number in range(5)]).splitlines()
    lines[3] = line
    assert bins(desk.take("\n".join(lines) + "\n")) == (5, 0, 0, 1)


def test_thousands_of_stray_quotes_are_thousands_of_rows(desk: Desk) -> None:
    """A quote that is never closed is looked for in a bounded number of lines, and lines are handed back only once."""
    lines = [
        ",".join(HEAD),
        *(f'NV-{number},"Việc,Bộ Y tế,31/12/2025,' for number in range(3000)),
        *["a,b,c,d,e"] * 1200,
    ]
    lines.append(",".join(task("NV-X")))
    taken = desk.take("\n".join(lines) + "\n")
    assert taken.counts.rows_read == len(lines) and codes(taken).count("E-QUOTE-ROW") == 3000
    assert [row["task_id"] for row in desk.rows()] == ["NV-X"]


def test_a_cell_of_more_lines_than_anyone_writes_is_no_cell(desk: Desk) -> None:
    """Its lines are rows of their own, each of them listed: a quote may be closed by another one far below."""
    for breaks, expected in ((400, (3, 0, 0, 1)), (600, (2, 0, 2, 600))):
        long = ['NV-2,"Việc', *[""] * (breaks - 1), 'xong",Bộ Y tế,31/12/2025,']
        lines = [",".join(HEAD), ",".join(task("NV-1")), *long, ",".join(task("NV-3"))]
        assert bins(desk.take("\n".join(lines) + "\n", dry_run=True)) == expected


def test_a_file_that_breaks_off_within_a_quote_is_cut(desk: Desk) -> None:
    lines = [",".join(HEAD), *(",".join(task(f"NV-{number}")) for number in range(5)), 'NV-9,"Việc dở']
    rejected = desk.take("\n".join(lines)).rejected
    assert rejected is not None and (rejected.code, rejected.values) == ("E-TRUNC", {"line": "7"})


def test_a_line_end_in_a_cell_counts_no_row(desk: Desk) -> None:
    """26: the numbers are those that a spreadsheet shows."""
    taken = desk.take(text_of([task("NV-01", "Một\nhai"), task("NV-02", deadline="31/02/2026")]))
    assert bins(taken) == (1, 0, 1, 1) and taken.notes[-1].row == 3
    assert desk.rows()[0]["title"] == "Một\nhai"


def test_lines_before_and_within_the_table_are_no_data(desk: Desk) -> None:
    """28, 29, 31."""
    head = ",".join(HEAD)
    lines = ["sep=,", "BỘ Y TẾ,,,,", "BÁO CÁO NHIỆM VỤ,,,,", "Tháng 1/2026,,,,", head, "(1),(2),(3),(4),(5)"]
    lines += [",".join(task("NV-01")), head, ",".join(task("NV-02"))]
    taken = desk.take("\n".join(lines) + "\n")
    assert bins(taken) == (2, 0, 0, 7)
    assert taken.counts.reasons == {"N-TITLE": 4, "N-HEADER": 3}


def test_a_heading_in_two_rows(desk: Desk) -> None:
    """30."""
    lines = [
        "Mã nhiệm vụ,Nội dung,Cơ quan thực hiện,,Thời gian,",
        ",,Chủ trì,Phối hợp,Thời hạn,Ngày hoàn thành",
        "NV-01,Một,Bộ Y tế,Bộ Tài chính,31/12/2025,30/12/2025",
    ]
    taken = desk.take("\n".join(lines) + "\n")
    assert bins(taken) == (1, 0, 0, 2)
    row = desk.rows()[0]
    assert (row["lead_agency"], row["coordinating_agencies"]) == ("MOH", "MOF")
    assert (row["deadline"], row["completed_date"]) == ("2025-12-31", "2025-12-30")


THREE = [
    ["STT", "Nội dung nhiệm vụ", "Phân công thực hiện", "", "Thời gian", ""],
    ["", "", "Cơ quan", "", "Tiến độ", ""],
    ["", "", "Chủ trì", "Phối hợp", "Thời hạn", "Ngày hoàn thành"],
]


def test_a_heading_in_three_rows(desk: Desk) -> None:
    """30."""
    rows = [
        ["1", "Một", "Bộ Y tế", "Bộ Tài chính", "31/12/2025", "30/12/2025"],
        ["2", "Hai", "Bộ Y tế", "", "2026", ""],
    ]
    for above in ([], [["BỘ Y TẾ", *[""] * 5], ["Năm 2026", *[""] * 5]]):
        taken = desk.take(text_of([*above, *THREE, *rows], head=[]))
        assert bins(taken) == (2, 0, 0, 3 + len(above)) and taken.aside["N-HEADER"] == [
            (1 + len(above), 3 + len(above))
        ]
        assert [row["lead_agency"] for row in desk.rows()] == ["MOH"] * 2
        assert desk.rows()[0]["coordinating_agencies"] == "MOF" and desk.rows()[0]["completed_date"] == "2025-12-30"


def test_a_first_row_of_data_is_no_heading(desk: Desk) -> None:
    """Although a word of it would be one."""
    rows = [
        task("NV-1", "Nội dung", "Bộ Y tế", "Thường xuyên", "", "Ghi chú"),
        task("NV-2", "Hai", "Bộ Y tế", "2026", "", "x"),
    ]
    taken = desk.take(text_of(rows, head=[*HEAD, "Khác"]))
    assert bins(taken) == (2, 0, 0, 1)
    rows = [task("NV-A", "Nội dung", "Bộ Y tế", "2026", "", ""), *rows]
    assert bins(desk.take(text_of(rows, head=[*HEAD, "Khác"]))) == (3, 0, 0, 1)


def test_two_columns_of_one_name(desk: Desk) -> None:
    """32."""
    head = [*HEAD, "Hạn hoàn thành"]
    taken = desk.take(text_of([task("NV-01", "Một", "Bộ Y tế", "31/12/2025", "", "31/12/2025")], head=head))
    assert taken.state == "accepted" and codes(taken) == ["R-TWIN"]
    rejected = desk.take(text_of([task("NV-02", "Hai", "Bộ Y tế", "31/12/2025", "", "30/12/2025")], head=head)).rejected
    assert rejected is not None and rejected.code == "E-DUPHDR"
    assert rejected.values["columns"] == "D (Thời hạn), F (Hạn hoàn thành)"


def test_a_missing_column_names_what_is_near(desk: Desk) -> None:
    """33, 35: no heading is guessed."""
    head = ["Mã nhiệm vụ", "Nội dung nhiệm vụ", "Cơ quan chủ chì", "Thời hạn", "Ngày hoàn thành"]
    rejected = desk.take(text_of([task()], head=head)).rejected
    assert rejected is not None and rejected.code == "E-COLUMNS"
    assert rejected.values == {"columns": "Đơn vị chủ trì (≈ Cơ quan chủ chì?)", "row": "1"}
    rejected = desk.take(text_of([["a", "b", "c"]], head=["x", "y", "z"])).rejected
    assert rejected is not None and rejected.code == "E-HEADER"


def test_other_columns_are_kept_aside(desk: Desk) -> None:
    """34, 35, 36."""
    head = ["Điểm nóng", "Ngày hoàn thành", "Đ.vị chủ trì", "Thời hạn", "Mã NV", "noi dung nhiem vu"]
    taken = desk.take(text_of([["cao", "", "Bộ Y tế", "31/12/2025", "NV-01", "Một"]], head=head))
    assert bins(taken) == (1, 0, 0, 1) and codes(taken) == ["R-COLUMN"]
    assert desk.rows()[0]["other_columns"] == "Điểm nóng: cao" and desk.rows()[0]["title"] == "Một"


def test_a_heading_alone(desk: Desk) -> None:
    """38."""
    taken = desk.take(text_of([]))
    assert bins(taken) == (0, 0, 0, 1) and codes(taken) == ["W-NO-ROWS"] and desk.store.entries() == []


def test_a_file_that_breaks_off(desk: Desk) -> None:
    """39."""
    whole = text_of([task("NV-01"), task("NV-02"), task("NV-03")])
    rejected = desk.take(whole[:-12]).rejected
    assert rejected is not None and (rejected.code, rejected.values) == ("E-TRUNC", {"line": "4"})
    assert desk.take(whole.rstrip("\n")).state == "accepted"  # no line's end, but all fields


def test_a_file_that_still_grows(desk: Desk) -> None:
    """40."""
    path = desk.file(text_of([task(f"NV-{number}") for number in range(2000)]))
    os.utime(path)
    stop = threading.Event()

    def grow() -> None:
        with path.open("a", encoding="utf-8") as file:
            while not stop.is_set():
                file.write(",".join(task("NV-X")) + "\n")
                file.flush()
                time.sleep(0.01)

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        taken = desk.take(path, settled=False)
    finally:
        stop.set()
        writer.join()
    assert taken.rejected is not None and taken.rejected.code == "E-UNSTABLE"
    assert desk.store.entries() == []
