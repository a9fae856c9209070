"""Files that want to cost time or memory, or to be read for what they are not: one for each way that was thought of.

    python -m tests.hostile FOLDER [SECONDS]

takes each of them in, in a process of its own that may use so much of a processor, and prints what came of it.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import resource
import socket
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from contextlib import chdir
from functools import partial
from pathlib import Path
from typing import Any

from tests.sheets import HEAD, Desk, codes, task, text_of

_NS = "http://schemas.openxmlformats.org"
_MAIN = f'xmlns="{_NS}/spreadsheetml/2006/main" xmlns:r="{_NS}/officeDocument/2006/relationships"'
_MIB = 1 << 20
MADE: dict[str, tuple[Callable[[Path], object], set[str]]] = {}
"""How each file is written, and what may be said of it."""


def hostile(name: str, *codes: str) -> Callable[[Callable[[Path], object]], Callable[[Path], object]]:
    """Enter a file."""

    def enter(made: Callable[[Path], object]) -> Callable[[Path], object]:
        MADE[name] = (made, set(codes))
        return made

    return enter


def cell(place: str, text: str) -> str:
    """A cell with its text in it."""
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def line(number: int, cells: Iterable[str]) -> str:
    """A row of texts from column A on."""
    return f'<row r="{number}">{"".join(cell(f"{chr(65 + at)}{number}", text) for at, text in enumerate(cells))}</row>'


ROWS = line(1, HEAD) + line(2, map(str, task()))


def sheet(rows: str = ROWS, *, before: str = "", after: str = "", top: str = "") -> str:
    """The XML of a sheet."""
    return f"{top}<worksheet {_MAIN}>{before}<sheetData>{rows}</sheetData>{after}</worksheet>"


def book(path: Path, first: str | Iterable[bytes] = "", **more: str | bytes) -> None:
    """A workbook, the part of its first sheet and others by the name of their file."""
    parts: dict[str, str | bytes | Iterable[bytes]] = {
        "[Content_Types].xml": f'<Types xmlns="{_NS}/package/2006/content-types"/>',
        "_rels/.rels": relations('<Relationship Id="rId1" Target="xl/workbook.xml" Type="officeDocument"/>'),
        "xl/workbook.xml": f'<workbook {_MAIN}><sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations('<Relationship Id="rId1" Target="worksheets/a.xml" Type="worksheet"/>'),
        "xl/worksheets/a.xml": first or sheet(),
    }
    known = {"workbook": "xl/workbook.xml", "rels": "xl/_rels/workbook.xml.rels"}
    parts |= {known.get(name, f"xl/{name}.xml"): content for name, content in more.items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            with archive.open(name, "w", force_zip64=True) as part:
                pieces = [content] if isinstance(content, (str, bytes)) else content
                for piece in pieces:
                    part.write(piece.encode() if isinstance(piece, str) else piece)


def relations(inner: str) -> str:
    """The relations of a workbook; those that calamine wants with their full type."""
    inner = inner.replace('Type="', f'Type="{_NS}/officeDocument/2006/relationships/')
    return f'<Relationships xmlns="{_NS}/package/2006/relationships">{inner}</Relationships>'


def styles(inner: str) -> str:
    """The styles of a workbook."""
    return f"<styleSheet {_MAIN}>{inner}</styleSheet>"


# --- long tokens -----------------------------------------------------------------------------------------------------

LONG = "x" * 20 * _MIB
hostile("comment.xlsx", "E-TOKEN")(lambda path: book(path, sheet(before=f"<!--{LONG}-->")))
hostile("comment_of_tags.xlsx", "E-TOKEN")(lambda path: book(path, sheet(before=f"<!--{'<row></row>' * 2_000_000}-->")))
hostile("attribute.xlsx", "E-TOKEN")(lambda path: book(path, sheet(after=f'<x y="{LONG}"/>')))
hostile("instruction.xlsx", "E-TOKEN")(lambda path: book(path, sheet(before=f"<?x {LONG}?>")))
hostile("element_name.xlsx", "E-TOKEN")(lambda path: book(path, sheet(after=f"<{LONG}/>")))
hostile("cdata.xlsx", "E-LIMIT", "E-TOKEN")(
    lambda path: book(
        path, sheet(f'{ROWS}<row r="3"><c r="A3" t="inlineStr"><is><t><![CDATA[{LONG}]]></t></is></c></row>')
    )
)
hostile("text.xlsx", "E-LIMIT")(lambda path: book(path, sheet(ROWS + line(3, [LONG * 2]))))
hostile("comment_in_styles.xlsx", "E-TOKEN")(lambda path: book(path, styles=styles(f"<!--{LONG}-->")))
hostile("attribute_of_a_sheet.xlsx", "E-TOKEN")(
    lambda path: book(
        path, workbook=f'<workbook {_MAIN}><sheets><sheet name="{LONG}" r:id="rId1"/></sheets></workbook>'
    )
)
hostile("comment_in_relations.xlsx", "E-TOKEN")(lambda path: book(path, rels=relations(f"<!--{LONG}-->")))
hostile("doctype.xlsx", "E-TOKEN", "E-CORRUPT")(
    lambda path: book(path, sheet(top=f"<!DOCTYPE worksheet [<!--{LONG}-->]>"))
)
ATTRIBUTES = " ".join(f"a{at}='1'" for at in range(1_000_000))
hostile("million_attributes.xlsx", "E-TOKEN")(lambda path: book(path, sheet(after=f"<x {ATTRIBUTES}/>")))

# --- entities and nesting --------------------------------------------------------------------------------------------

_LAUGH = "".join(f'<!ENTITY {new} "{10 * f"&{old};"}">' for old, new in zip("abcdefghi", "bcdefghij", strict=True))
LAUGHS = f'<!DOCTYPE worksheet [<!ENTITY a "ha">{_LAUGH}]>'
hostile("laughs.xlsx", "E-CORRUPT")(lambda path: book(path, sheet(ROWS + line(3, ["&j;"]), top=LAUGHS)))
hostile("laughs_in_texts.xlsx", "E-CORRUPT")(
    lambda path: book(
        path,
        sheet(ROWS + '<row r="3"><c r="A3" t="s"><v>0</v></c></row>'),
        sharedStrings=f"{LAUGHS}<sst {_MAIN}><si><t>&j;</t></si></sst>",
    )
)
hostile("entity_a_file.xlsx", "E-CORRUPT")(
    lambda path: book(path, sheet(ROWS + line(3, ["&f;"]), top='<!DOCTYPE x [<!ENTITY f SYSTEM "/etc/passwd">]>'))
)
hostile("deep.xlsx", "E-LIMIT")(lambda path: book(path, sheet(after="<x>" * 1_000_000)))
hostile("deep_styles.xlsx", "E-LIMIT")(lambda path: book(path, styles=styles("<x>" * 1_000_000)))
hostile("deep_texts.xlsx", "E-CORRUPT", "E-LIMIT")(
    lambda path: book(
        path,
        sheet(ROWS + '<row r="3"><c r="A3" t="s"><v>0</v></c></row>'),
        sharedStrings=f"<sst {_MAIN}><si>{'<r>' * 1_000_000}",
    )
)

# --- much out of little ----------------------------------------------------------------------------------------------


def zeros(path: Path, name: str, mib: int, fill: bytes = b"\0") -> None:
    """A part that unpacks to much, added to a workbook."""
    book(path)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(name, "w", force_zip64=True) as part,
    ):
        for _ in range(mib):
            part.write(fill * _MIB)


hostile("bomb.xlsx", "E-LIMIT")(lambda path: zeros(path, "xl/media/a.bin", 512))
hostile("bomb_of_texts.xlsx", "E-LIMIT")(lambda path: zeros(path, "xl/sharedStrings.xml", 200, b" "))


@hostile("overlapping.xlsx", "E-LIMIT", "E-CORRUPT")
def overlapping(path: Path) -> None:
    """A thousand names for the same few compressed bytes."""
    zeros(path, "xl/media/a.bin", 8)
    with zipfile.ZipFile(path, "a") as archive:
        part = archive.getinfo("xl/media/a.bin")
        for number in range(1000):
            twin = zipfile.ZipInfo(f"xl/media/{number}.bin")
            for name in ("compress_type", "CRC", "compress_size", "file_size", "header_offset", "flag_bits"):
                setattr(twin, name, getattr(part, name))
            archive.filelist.append(twin)
        archive._didModify = True  # type: ignore[attr-defined]


@hostile("many_parts.xlsx", "E-LIMIT")
def many_parts(path: Path) -> None:
    """Twenty thousand parts with nothing in them."""
    book(path)
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(20_000):
            archive.writestr(f"xl/media/{number}", b"")


@hostile("zip_in_zip.xlsx", "E-FORMAT")
def zip_in_zip(path: Path) -> None:
    """An archive of archives."""
    content = bytes(8 * _MIB)
    for _ in range(6):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(4):
                archive.writestr(f"{number}.zip", content)
        content = packed.getvalue()
    path.write_bytes(content)


hostile("empty_cells.xlsx", "E-LIMIT")(
    lambda path: book(path, pieces(sheet(ROWS + "@"), b'<row><c/><c s="1"/><c/><c/></row>' * 1000, 6000))
)
hostile("empty_rows.xlsx", "E-LIMIT")(lambda path: book(path, pieces(sheet(ROWS + "@"), b"<row/>" * 1000, 20_000)))
hostile("tags_of_no_sense.xlsx", "E-LIMIT")(lambda path: book(path, pieces(sheet(after="@"), b"<x/>" * 1000, 60_000)))
hostile("one_text_for_all.xlsx", "E-LIMIT")(
    lambda path: book(
        path,
        pieces(sheet(ROWS + "@"), b'<row><c t="s"><v>0</v></c></row>' * 100, 1000),
        sharedStrings=f"<sst {_MAIN}><si><t>{'x' * _MIB}</t></si></sst>",
    )
)


def pieces(around: str, piece: bytes, times: int) -> Iterable[bytes]:
    """A part with a piece in it many times, where `around` has its sign."""
    before, after = around.split("@")
    return (before.encode(), *[piece] * times, after.encode())


# --- places that are none --------------------------------------------------------------------------------------------

hostile("billion_columns.xlsx", "E-LIMIT")(
    lambda path: book(path, sheet(ROWS + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
                                  before='<dimension ref="A1:XFD1048576"/>'))
)  # fmt: skip
hostile("beyond_all_columns.xlsx", "E-LIMIT", "E-CORRUPT")(
    lambda path: book(path, sheet(ROWS + '<row r="3"><c r="ZZZ3"><v>1</v></c></row>'))
)
hostile("column_of_nine_letters.xlsx", "E-CORRUPT", "E-LIMIT")(
    lambda path: book(path, sheet(ROWS + '<row r="3"><c r="ZZZZZZZZZ3"><v>1</v></c></row>'))
)
hostile("row_of_twenty_digits.xlsx", "E-CORRUPT", "E-LIMIT")(
    lambda path: book(path, sheet(f'{ROWS}<row r="{"9" * 20}"><c r="A{"9" * 20}"><v>1</v></c></row>'))
)
hostile("rows_backwards.xlsx", "E-CORRUPT", "E-LIMIT")(
    lambda path: book(path, sheet(f'<row r="-5"><c r="A-5"><v>1</v></c></row>{ROWS}'))
)
FAR = "".join(f'<row r="{at}"><c r="Z{at}"><v>1</v></c></row>' for at in range(9, 1_048_576, 50_000))
hostile("sparse.xlsx", "E-LIMIT")(lambda path: book(path, sheet(ROWS + FAR)))
hostile("texts_out_of_range.xlsx", "E-CORRUPT")(
    lambda path: book(path, sheet(ROWS + '<row r="3"><c r="A3" t="s"><v>999999999</v></c></row>'),
                      sharedStrings=f"<sst {_MAIN}><si><t>x</t></si></sst>")
)  # fmt: skip
hostile("styles_by_the_million.xlsx", "E-LIMIT")(
    lambda path: book(path, styles=styles(f"<cellXfs>{'<xf/>' * 1_000_000}</cellXfs>"))
)
MERGED = "".join(f'<mergeCell ref="A{at}:B{at}"/>' for at in range(3, 600_003))
hostile("merges.xlsx", "E-LIMIT")(lambda path: book(path, sheet(after=f"<mergeCells>{MERGED}</mergeCells>")))
hostile("many_sheets_of_one_part.xlsx", "E-LIMIT", "E-CORRUPT")(
    lambda path: book(
        path,
        sheet("".join(line(at, ["x"] * 5) for at in range(1, 20_000))),
        workbook=f"<workbook {_MAIN}><sheets>"
        + "".join(f'<sheet name="{at}" sheetId="{at}" r:id="rId1"/>' for at in range(1, 2000))
        + "</sheets></workbook>",
    )
)
ELSEWHERE = relations('<Relationship Id="rId1" Target="worksheets/../../../etc/passwd" Type="worksheet"/>')
hostile("no_such_part.xlsx", "E-CORRUPT")(lambda path: book(path, rels=ELSEWHERE))

# --- what is no workbook ---------------------------------------------------------------------------------------------

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def holed(path: Path, first: bytes, mib: int, last: bytes = b"") -> None:
    """A file with zeros in it that take no place on a disk."""
    with path.open("wb") as file:
        file.write(first)
        file.seek(mib * _MIB)
        file.write(last or b"\0")


hostile("password.xlsx", "E-PASSWORD")(lambda path: holed(path, _OLE, 150, "EncryptedPackage".encode("utf-16-le")))
hostile("old.xls", "E-XLS")(lambda path: holed(path, _OLE + "Workbook".encode("utf-16-le"), 150))
hostile("gzip.csv", "E-NUL", "E-ENC-FILE", "E-ENC-MIXED", "E-FORMAT")(
    lambda path: path.write_bytes(gzip.compress(os.urandom(_MIB)))
)


def cut(path: Path, share: float) -> None:
    """The first bytes of a workbook."""
    book(path, sheet("".join(line(at, map(str, task(f"NV-{at}"))) for at in range(1, 3000))))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


for _share in (0.1, 0.5, 0.99):
    hostile(f"cut_at_{_share}.xlsx", "E-CORRUPT")(partial(cut, share=_share))


@hostile("disguised.ods.xlsx", "E-FORMAT")
def ods(path: Path) -> None:
    """An OpenDocument file under the name of a workbook."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<x/>")


@hostile("tar.csv", "E-NUL", "E-FORMAT")
def tar(path: Path) -> None:
    """An archive under the name of a table."""
    with tarfile.open(path, "w") as archive:
        archive.add(__file__, "a.csv")


hostile("link.csv", "E-NO-FILE")(lambda path: path.symlink_to("/etc/passwd"))
hostile("link_to_no_end.csv", "E-NO-FILE")(lambda path: path.symlink_to("/dev/zero"))
hostile("pipe.csv", "E-NO-FILE")(lambda path: os.mkfifo(path))


@hostile("socket.csv", "E-NO-FILE")
def listening(path: Path) -> None:
    """A place to talk to."""
    with chdir(path.parent), socket.socket(socket.AF_UNIX) as made:  # the name of a socket is short
        made.bind(path.name)


# --- tables ----------------------------------------------------------------------------------------------------------

TABLE = text_of([task(f"NV-{at}") for at in range(1000)])
hostile("one_line.csv", "E-LIMIT")(lambda path: path.write_bytes(b"x" * 200 * _MIB))
hostile("one_line_of_letters.csv", "E-LIMIT")(lambda path: path.write_text(TABLE + "ế" * 20 * _MIB, encoding="utf-8"))
hostile("long_cells.csv", "E-LIMIT", "E-COLUMNS", "E-HEADER")(
    lambda path: path.write_text("\n".join(["Mã nhiệm vụ,Nội dung", *[f"1,{'x' * 4 * _MIB}"] * 10]), encoding="utf-8")
)
hostile("nul.csv", "E-NUL")(lambda path: holed(path, TABLE.encode(), 100))
hostile("nul_first.csv", "E-NUL")(lambda path: holed(path, b"", 100))
hostile("half_of_a_sign.csv", "E-ENC-MIXED", "E-NUL")(
    lambda path: path.write_bytes(b"\xff\xfe" + TABLE.encode("utf-16-le") + b"\x00\xd8" * 1000 + b"a")
)
hostile("two_codes.csv", "E-ENC-MIXED")(
    lambda path: path.write_bytes((TABLE * 100).encode() + TABLE.encode("utf-16-le"))
)
hostile("million_columns.csv", "E-LIMIT")(
    lambda path: path.write_text((",".join([*HEAD, *["x"] * 1_000_000]) + "\n") * 40, encoding="utf-8")
)
hostile("delimiters.csv", "E-LIMIT")(lambda path: path.write_bytes(b";" * 50 * _MIB))
hostile("blank_lines.csv", "E-LIMIT")(lambda path: path.write_bytes(TABLE.encode() + b"\n" * 100 * _MIB))
hostile("quote_without_end.csv", "E-QUOTE-ROW", "E-LIMIT")(
    lambda path: path.write_bytes(TABLE.encode() + b'NV-9,"x' + b"x,y\n" * 5 * _MIB)
)
hostile("quotes_without_end.csv", "E-LIMIT")(lambda path: path.write_bytes(TABLE.encode() + b'NV-9,"x,y,z,a\n' * _MIB))
hostile("quotes.csv", "E-LIMIT", "E-QUOTE-ROW", "E-FIELDS")(
    lambda path: path.write_bytes(TABLE.encode() + (b'"' * 4 * _MIB + b"\n") * 8)
)
_SET = '{"version": "2.0", "class": "dataset", "role": {}, '
hostile("lists.json", "E-JSON-STAT")(
    lambda path: path.write_text(_SET + '"value": [' + "[]," * 2_700_000 + "[]]}", encoding="utf-8")
)
hostile("deep.json", "E-JSON-STAT")(lambda path: path.write_text('{"a":' * 1_000_000, encoding="utf-8"))
hostile("dimensions.json", "E-LIMIT")(
    lambda path: path.write_text(
        json.dumps({"class": "dataset", "id": [*map(str, range(100_000))], "size": [2] * 100_000, "value": {"0": 1}})
    )
)
hostile("attributes.json", "E-LIMIT")(
    lambda path: path.write_text(
        json.dumps(
            {
                "class": "dataset",
                "id": ["a"],
                "size": [90_000],
                "dimension": {"a": {"category": {"index": [*map(str, range(90_000))]}}},
                "value": [1] * 90_000,
                "extension": {"attributes": {str(each): {f"x{each}": "1"} for each in range(90_000)}},
            }
        )
    )
)


# --- what comes of them ----------------------------------------------------------------------------------------------


def _taken(desk: Desk, path: Path, seconds: int) -> dict[str, Any]:
    """What is said of a file, with the processor time and the peak of memory, in MiB, of who took it in."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        taken = desk.take(path, settled=False)
        os.write(write, json.dumps(sorted({taken.rejected.code} if taken.rejected else codes(taken, "E"))).encode())
        os._exit(0)
    os.close(write)
    _, status, used = os.wait4(child, 0)
    with os.fdopen(read) as told:
        said = told.read()
    return {"name": path.name, "status": status, "codes": json.loads(said or "[]"),
            "seconds": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss >> 10}  # fmt: skip


def main(folder: Path, seconds: int) -> None:
    """Make one file after the other, take it in and remove it."""
    desk = Desk(folder)
    for name, (made, _) in MADE.items():
        made(folder / name)
        print(json.dumps(_taken(desk, folder / name, seconds)), flush=True)
        (folder / name).unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else 60)
