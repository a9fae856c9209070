"""What it costs to take a file in: this release beside the one before real tables were read, and beside pandas.

    python benchmarks/ingest.py [--rows N ...] [--sheet-rows N] [--before-most N] [--output FILE]

Each side is a whole command in a process of its own, one after the other: `r57 ingest` of this checkout and of the
commit `BEFORE`, which is unpacked beside it. pandas reads the same file as text: it neither recognises a heading, nor
parses a date, nor accounts for a row, nor keeps the file. Files of more rows than `--before-most` are not given to the
release before.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import platform
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
BEFORE = "34adb4d1206d5d08892813a950005734e8beb71c"
HEAD = ("STT", "Mã nhiệm vụ", "Nội dung nhiệm vụ", "Cơ quan chủ trì", "Cơ quan phối hợp", "Thời hạn", "Ngày hoàn thành",
        "Ghi chú")  # fmt: skip
LEADS = ("Bộ Y tế", "Bộ Khoa học và Công nghệ", "Bộ Tài chính", "UBND tỉnh Tuyên Quang")
ASKED = ("--kind", "tasks", "--source", "baomoi-june-2025", "--reported-on", "2026-01-31")
OURS = "from r57lib.cli.app import main; main()"
PANDAS = """
import sys, pandas
path = sys.argv[1]
if path.endswith(".csv"):
    pandas.read_csv(path, dtype=str)
else:
    pandas.read_excel(path, dtype=str, engine="calamine")
"""
Row = tuple[str, ...]


def good(count: int) -> Iterator[Row]:
    """Rows of a register; the same at each call."""
    chance = random.Random(57)
    for number in range(count):
        yield (str(number + 1), f"NV-{number:07d}", f"Xây dựng nền tảng số {number}", chance.choice(LEADS),
               chance.choice(("", "Bộ Tư pháp; Bộ Công an")),
               chance.choice(("Quý I/2026", "31/12/2025", "Thường xuyên")),
               chance.choice(("", "30/11/2025")), "")  # fmt: skip


def bad(count: int) -> Iterator[Row]:
    """The same, a tenth of them with something to mend."""
    for number, row in enumerate(good(count)):
        cells = list(row)
        if number % 10 == 3:
            at, text = ((5, "31/02/2026"), (2, ""), (5, "6-7/2025"), (6, "30/11/2027"), (1, "12"))[number // 10 % 5]
            cells[at] = text
        yield tuple(cells)


def unknown(count: int) -> Iterator[Row]:
    """The same, with leads that nobody knows, of three thousand spellings."""
    for number, row in enumerate(good(count)):
        yield (*row[:3], f"Ban Quản lý dự án số {number % 3000}", *row[4:])


def write_csv(path: Path, rows: Iterator[Row]) -> None:
    """A CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        writer.writerows(rows)  # none is kept: the peak of a process begins at that of the one which starts it


def write_sheet(path: Path, rows: Iterator[Row], merges: int = 0) -> None:
    """A workbook; the lead stands once for ten rows where cells are merged, and one of the ten is to be mended."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"constant_memory": not merges}) as book:
        page = book.add_worksheet()
        for number, row in enumerate(chain([HEAD], rows)):
            wrong = merges and number % 10 == 5
            page.write_row(number, 0, [*row[:5], "31/02/2026", *row[6:]] if wrong else row)
        for number in range(merges):
            page.merge_range(10 * number + 1, 3, 10 * number + 10, 3, LEADS[0])


class Cost(NamedTuple):
    """What a side took: seconds on the clock and of processors, and MiB at the peak of its largest process."""

    seconds: float
    processor: float
    peak: float


def measured(code: str, root: Path, *arguments: str) -> Cost:
    """Run a side."""
    begun = time.perf_counter()
    call = [sys.executable, "-c", code, *arguments]
    with subprocess.Popen(
        call, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as side:
        assert side.stderr is not None
        said = side.stderr.read()
        _, status, used = os.wait4(side.pid, 0)
        side.returncode = os.waitstatus_to_exitcode(status)
    if side.returncode not in (0, 1) or b"Traceback" in said:
        raise SystemExit(said.decode())
    return Cost(time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def taken_in(root: Path, path: Path, *more: str) -> Cost:
    """`r57 ingest` of a checkout, into a data folder of its own."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        data = Path(folder) / "data"
        data.mkdir()
        for each in (root / "data").iterdir():
            if each.is_file():
                shutil.copy(each, data)
        return measured(OURS, root, "ingest", str(path), *ASKED, "--data", str(data), *more)


def unpacked(commit: str, folder: Path) -> Path:
    """The files of a commit."""
    content = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def main() -> None:
    """Measure all sides on all files, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[200_000, 1_000_000])
    parser.add_argument("--sheet-rows", type=int, default=50_000)
    parser.add_argument("--before-most", type=int, default=200_000)
    parser.add_argument("--output", default=str(ROOT / "benchmarks" / "ingest.md"))
    given = parser.parse_args()
    made: dict[str, tuple[int, Callable[[Path], None], tuple[str, ...]]] = {}
    for count in given.rows:
        made[f"good rows, {count:,}"] = count, lambda path, n=count: write_csv(path, good(n)), ()
        made[f"a tenth bad, {count:,}"] = count, lambda path, n=count: write_csv(path, bad(n)), ("--dry-run",)
    least, pages = given.rows[0], given.sheet_rows
    made[f"unknown bodies, {least:,}"] = least, lambda path: write_csv(path, unknown(least)), ("--dry-run",)
    made["unknown bodies, 4,000"] = 4000, lambda path: write_csv(path, unknown(4000)), ("--dry-run",)
    made["a tenth bad and its workbook, 20,000"] = 20_000, lambda path: write_csv(path, bad(20_000)), ()
    made[f"xlsx, {pages:,}"] = pages, lambda path: write_sheet(path, good(pages)), ()
    made["xlsx, 800 merged cells and its workbook, 8,000"] = 8000, lambda path: write_sheet(path, good(8000), 800), ()
    table = [
        "| file | side | seconds | of a processor | rows a second of it | peak MiB |",
        "|---|---|---:|---:|---:|---:|",
    ]
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        old = unpacked(BEFORE, Path(folder) / "before")
        for name, (count, write, more) in made.items():
            path = Path(folder) / ("a.xlsx" if name.startswith("xlsx") else "a.csv")
            write(path)
            os.utime(path, (path.stat().st_mtime - 3600,) * 2)
            sides = {"this release": taken_in(ROOT, path, *more)}
            slow = name.startswith("unknown") and count > 4000
            if count <= given.before_most and not slow:
                sides["before"] = taken_in(old, path, *more)
            sides["pandas, which only reads"] = measured(PANDAS, ROOT, str(path))
            for side, cost in sides.items():
                table.append(f"| {name} | {side} | {cost.seconds:.1f} | {cost.processor:.1f} "
                             f"| {count / cost.processor:,.0f} | {cost.peak:,.0f} |")  # fmt: skip
            if "before" in sides:
                ours, before = sides["this release"], sides["before"]
                ratios.append(f"- {name}: {before.processor / ours.processor:.1f} times as fast as before, "
                              f"{ours.peak / before.peak:.2f} of its memory.")  # fmt: skip
            print("\n".join(table[-len(sides) :]), flush=True)
            path.unlink()
    told = "\n".join([*table, "", *ratios])
    asked = "".join(f" {each}" for each in sys.argv[1:])
    page = f"""# What it costs to take a file in

`python benchmarks/ingest.py{asked}` prints this page: all sides in one run, each a whole
command in a process of its own.
{len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}, pandas {version("pandas")}, python-calamine \
{version("python-calamine")}. Load of the machine at the end: {os.getloadavg()[1]:.1f};
seconds of a processor are steadier than those on the clock.

{told}

Before is commit `{BEFORE[:7]}`. Files with rows to mend are taken in with `--dry-run`, but for the two that name the
workbook which goes back: it holds all rows of the sender, and costs more than all else. Before, each unknown body was
looked for anew: of these it gets the small file alone.
"""
    Path(given.output).write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
