"""What it costs to take a file in: rows a second and peak memory, beside pandas that only reads the same file.

    python benchmarks/ingest.py [--rows N] [--sheet-rows N] [--output FILE]

Each side runs in a process of its own, one after the other. pandas reads everything as text: it neither recognises a
heading, nor parses a date, nor accounts for a row, nor keeps the file.
"""

from __future__ import annotations

import argparse
import csv
import os
import platform
import random
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAD = ("STT", "Mã nhiệm vụ", "Nội dung nhiệm vụ", "Cơ quan chủ trì", "Cơ quan phối hợp", "Thời hạn", "Ngày hoàn thành",
        "Ghi chú")  # fmt: skip
LEADS = ("Bộ Y tế", "Bộ Khoa học và Công nghệ", "Bộ Tài chính", "UBND tỉnh Tuyên Quang")
OURS = """
import sys, time
from pathlib import Path
from tests.sheets import Desk
desk = Desk(Path(sys.argv[2]))
begun = time.perf_counter()
taken = desk.take(Path(sys.argv[1]))
assert taken.state == "accepted", taken.rejected
seconds = time.perf_counter() - begun
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024
print(seconds, peak, taken.counts.rows_read)
"""
PANDAS = """
import sys, time
import pandas
begun = time.perf_counter()
path = sys.argv[1]
read = pandas.read_csv if path.endswith(".csv") else pandas.read_excel
frame = read(path, dtype=str, **({"engine": sys.argv[3]} if sys.argv[3:] else {}))
seconds = time.perf_counter() - begun
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024
print(seconds, peak, len(frame) + 1)
"""


def rows(count: int) -> list[tuple[str, ...]]:
    """Rows of a register; the same at each call."""
    chance = random.Random(57)
    return [
        (str(number + 1), f"NV-{number:07d}", f"Xây dựng nền tảng số {number}", chance.choice(LEADS),
         chance.choice(("", "Bộ Tư pháp; Bộ Công an")), chance.choice(("Quý I/2026", "31/12/2025", "Thường xuyên")),
         chance.choice(("", "30/11/2025")), "")
        for number in range(count)
    ]  # fmt: skip


def write_files(folder: Path, csv_rows: int, sheet_rows: int) -> dict[str, Path]:
    """The two files that both sides read."""
    import xlsxwriter

    paths = {"CSV": folder / "a.csv", "xlsx": folder / "a.xlsx"}
    with paths["CSV"].open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEAD, *rows(csv_rows)])
    with xlsxwriter.Workbook(str(paths["xlsx"]), {"constant_memory": True}) as book:
        page = book.add_worksheet()
        for number, row in enumerate([HEAD, *rows(sheet_rows)]):
            page.write_row(number, 0, row)
    return paths


def measured(code: str, path: Path, *more: str) -> tuple[float, float, int]:
    """Seconds, MiB at the peak, and rows of one side."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        call = [sys.executable, "-c", code, str(path), folder, *more]
        done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=True)
    seconds, peak, count = done.stdout.split()
    return float(seconds), float(peak), int(count)


def main() -> None:
    """Measure both sides on both formats, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--sheet-rows", type=int, default=200_000)
    parser.add_argument("--output", default=str(ROOT / "benchmarks" / "ingest.md"))
    given = parser.parse_args()
    lines = ["| file | side | seconds | rows a second | peak MiB |", "|---|---|---:|---:|---:|"]
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        paths = write_files(Path(folder), given.rows, given.sheet_rows)
        for name, path in paths.items():
            more = () if name == "CSV" else ("calamine",)
            sides = {"r57 ingest": measured(OURS, path), "pandas": measured(PANDAS, path, *more)}
            for side, (seconds, peak, count) in sides.items():
                shown = f"{name}, {count - 1:,} rows, {path.stat().st_size >> 20} MiB"
                lines.append(f"| {shown} | {side} | {seconds:.1f} | {count / seconds:,.0f} | {peak:,.0f} |")
            ratios.append(f"- {name}: {sides['r57 ingest'][0] / sides['pandas'][0]:.1f} times the time of pandas, "
                          f"{sides['r57 ingest'][1] / sides['pandas'][1]:.2f} of its memory.")  # fmt: skip
    text = (
        "# What it costs to take a file in\n\n`python benchmarks/ingest.py` prints this page: "
        "both sides in one run, each in a\nprocess of its own. "
        f"{len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}, pandas {version('pandas')}, "
        f"python-calamine {version('python-calamine')}.\n\n" + "\n".join([*lines, "", *ratios]) + "\n\n"
        "pandas only reads texts (workbooks through the same calamine); `r57 ingest` also copies and hashes the file, "
        "looks\nthrough it twice, recognises the heading, parses and checks each cell, bins each row, compares it with "
        "what was known,\nand writes it to the disk.\n"
    )  # fmt: skip
    Path(given.output).write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
