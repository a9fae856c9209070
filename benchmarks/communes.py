"""What communes cost: making a set that names them, taking it in, one question, one change on a dashboard.

    make setup && .venv/bin/python -m benchmarks.communes [--rows N] [--sets DIR] [--output benchmarks/scale.md]

Each step is a process of its own, one after the other; memory is the peak of the process. A question is the median of
nine that differ, in one process that has asked before; a change of the control is seen in Chromium: from the key that
chooses a commune to the page that says so, the median of nine after the first.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.transactions import ROOT
from tests.conftest import CHROMIUM
from tests.serving import project, serving

PEAK = """
import json, sys, time
def said(**told):
    held = dict(line.split(":", 1) for line in open("/proc/self/status") if line.startswith("Vm"))
    told |= {name: int(held[f"Vm{key}"].split()[0]) / 1024 for name, key in (("peak", "HWM"), ("now", "RSS"))}
    print(json.dumps(told))
"""
MAKE = """
from pathlib import Path
from r57lib.data.load import load_tables
from r57lib.ingest.samples import write_lines
folder, rows, communes = sys.argv[1:]
rows_of = load_tables(Path("data"))["provinces"]
begun = time.perf_counter()
write_lines(Path(folder), list(zip(rows_of["province_code"], rows_of["province_kind"])), int(rows),
            communes=int(communes))
said(seconds=time.perf_counter() - begun)
"""
TAKE = """
from pathlib import Path
from r57lib.data.load import load_tables
from r57lib.ingest.lines import take_lines
folder, data = map(Path, sys.argv[1:])
codes = sorted(load_tables(data)["provinces"]["province_code"])
begun = time.perf_counter()
take_lines(folder, data, codes)
said(seconds=time.perf_counter() - begun)
"""
ASK = """
import statistics
import duckdb
from r57lib import open_view
from r57lib.measures.communes import commune_usage, communes, hold_communes, services_of
from r57lib.measures.usage import Span
view = open_view(data=sys.argv[1])
tables, codes = view.tables, list(communes(view.tables)["commune_code"])
services = services_of(tables, span=Span.YEAR, month=view.month, commune=codes[0])["service_id"]
begun = time.perf_counter()
hold_communes(tables)
held = time.perf_counter() - begun
services_in = lambda commune, span, month: services_of(tables, span=span, month=month, commune=commune)
some, months = codes[7::len(codes) // 10][:9], [view.month]
while len(months) < 9:
    months.append(months[-1].previous)
QUESTIONS = {
    "the communes of a month": lambda n: commune_usage(tables, span=Span.MONTH, month=months[n]),
    "the services of a commune in a month": lambda n: services_in(some[n], Span.MONTH, view.month),
    "the services of a commune in a year": lambda n: services_in(some[n], Span.YEAR, months[1]),
    "the communes of a service in a month":
        lambda n: commune_usage(tables, span=Span.MONTH, month=view.month, service=services[n]),
}
answers = {}
for name, ask in QUESTIONS.items():
    took = []
    for number in range(9):
        begun = time.perf_counter()
        ask(number)
        took.append(time.perf_counter() - begun)
    answers[name] = [statistics.median(took), max(took)]
sums = duckdb.sql(f"SELECT count(*) FROM '{sys.argv[1]}/usage/commune_services.parquet'").fetchall()[0][0]
said(answers=answers, held=held, communes=len(codes), sums=sums)
"""


def step(code: str, *words: object) -> dict[str, Any]:
    """What a process says at its end."""
    call = [sys.executable, "-c", PEAK + code, *map(str, words)]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def changes(folder: Path, root: Path, communes: int) -> tuple[float, list[float], float]:
    """Seconds of the first change of the control and of the next, and MiB that the kernel holds then."""
    from playwright.sync_api import sync_playwright

    flags = ["--headless", "--no-sandbox", "--disable-background-networking"]
    with serving(folder, root=root, wait=True) as server, sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=CHROMIUM, args=flags).new_page()
        page.goto(f"{server.url}/voila/render/digital_adoption.ipynb")
        page.wait_for_selector("html[data-live=asleep][data-charts=drawn]", timeout=120_000)
        box, took = page.locator("#r57-commune"), []
        for number in range(10):
            box.fill(str(90_001 + number * (communes // 10)))
            begun = time.perf_counter()
            box.press("Enter")
            page.wait_for_selector(f"html[data-round='{number + 1}']", timeout=120_000)
            took.append(time.perf_counter() - begun)
        (kernel,) = server.kernels()
        return took[0], took[1:], kernel.memory_full_info().uss / 2**20


def main() -> None:
    """Measure all steps, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--communes", type=int, default=3_321)
    parser.add_argument("--sets", type=Path, help="where the set is kept [default: in a folder that is removed]")
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        place = (given.sets or Path(scratch)) / f"communes-{given.communes}-{given.rows}"
        place.parent.mkdir(parents=True, exist_ok=True)
        lines = []

        def row(name: str, seconds: float, *cells: str) -> None:
            lines.append(f"| {name} | {seconds:.3g} s | {' | '.join(cells or ('', ''))} |")
            print(lines[-1], file=sys.stderr, flush=True)

        kept = place.with_suffix(".json")  # a set that is kept is made once, and so is the row that says what it took
        if not (place / "set.json").is_file():
            kept.write_text(json.dumps(step(MAKE, place, given.rows, given.communes)), encoding="utf-8")
        if kept.is_file():
            made = json.loads(kept.read_text(encoding="utf-8"))
            row("`r57 sample transactions`", made["seconds"], f"{made['peak']:,.0f} MiB", size(place))
        root = project(Path(scratch) / "project", "digital_adoption")
        taken = step(TAKE, place, root / "data")
        usage = root / "data" / "usage"
        counts = (f"{name}: {size(usage, name)}" for name in ("communes", "commune_services", "service_communes"))
        row("`r57 aggregate`", taken["seconds"], f"{taken['peak']:,.0f} MiB", ", ".join(counts))
        asked = step(ASK, root / "data")
        row("the bytes of the counts looked at, once a process", asked["held"])
        for name, (median, most) in asked["answers"].items():
            row(f"{name}; the slowest took {most:.2g} s", median, f"{asked['now']:,.0f} MiB", "")
        first, later, held = changes(Path(scratch), root, asked["communes"])
        row("a commune chosen on the dashboard, the first time (a kernel comes)", first)
        row(f"the next times; the slowest took {max(later):.2g} s", statistics.median(later), f"{held:,.0f} MiB", "")
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "pandas"))
    load = os.getloadavg()[0]
    text = "\n".join([
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {packages}; load at the end {load:.1f}. "
        f"{given.rows:,} made-up lines, {asked['communes']:,} communes, {asked['sums']:,} sums by month, "
        "commune and service.",
        "", "| step | seconds | memory | on the disk |", "|---|---:|---:|---:|", *lines, "",
    ])  # fmt: skip
    print(text)
    if given.output:
        there = given.output.read_text(encoding="utf-8") if given.output.is_file() else ""
        before, mark, rest = there.partition("<!-- communes -->\n")
        _, end, after = rest.partition("<!-- end of communes -->")
        given.output.write_text(before + mark + text + end + after, encoding="utf-8")


def size(folder: Path, name: str = "*") -> str:
    """The megabytes of the Parquet files of a name."""
    return f"{sum(path.stat().st_size for path in folder.rglob(f'{name}.parquet')) / 1e6:,.1f} MB"


if __name__ == "__main__":
    main()
