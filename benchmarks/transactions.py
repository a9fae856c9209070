"""What a question to transactions costs: ours beside plain DuckDB SQL, Polars and pandas, and beside reading alone.

    make setup engines && .venv/bin/python benchmarks/transactions.py [--rows N]... [--sets DIR] [--output FILE]

Every side runs in a process of its own, one after the other, over the same made-up set; all must give the same digits.
The sides take turns, `--rounds` times, so that other load on the machine meets all of them; a turn asks once to warm up
and once for the time. The time is the best of all turns, the memory the peak of the process. Ours ("r57") checks the
set, opens it, measures, and hands over a finished table. Reading is pyarrow reading the columns that the question needs
into memory, and nothing more. Polars, pandas and pyarrow come from `.venv-engines`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ENGINES = ROOT / ".venv-engines" / "bin" / "python"
ROWS = (1_000_000, 10_000_000, 50_000_000)
LIMIT = 1.2

TURN = """
import hashlib, json, sys, time
from pathlib import Path
folder = Path(sys.argv[1])
files = [str(path) for path in sorted(folder.glob("year=*/month=*/*.parquet"))]

def measured(ask):
    ask()
    begun = time.perf_counter()
    table = ask()
    seconds = time.perf_counter() - begun
    peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024
    rows = [] if table is None else sorted([*map(str, row[:-3]), int(row[-3]), int(row[-2]), float(row[-1]).hex()]
                                           for row in table.itertuples(index=False))
    digest = hashlib.sha256(json.dumps(rows).encode()).hexdigest()
    print(json.dumps({"seconds": seconds, "peak": peak, "rows": len(rows), "digest": digest if rows else ""}))
"""
OURS = """
from r57lib.data.lines import opened_set
from r57lib.measures.usage import usage_rate

def ask():
    with opened_set(folder) as there:
        return usage_rate(there.lines, span=SPAN, by=BY).drop(columns="span")

measured(ask)
"""
SQL = """
import duckdb

def ask():
    keys = ", ".join([*PERIOD, *BY])
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")  # it would stand among the results
    table = connection.execute(f'''
        SELECT {keys}, sum(dossiers)::BIGINT AS dossiers, sum(online_dossiers)::BIGINT AS online_dossiers,
               sum(online_dossiers)::DOUBLE / sum(dossiers)::DOUBLE AS usage_rate
        FROM read_parquet($1, hive_partitioning = true, hive_types = {{year: BIGINT, month: BIGINT}})
        GROUP BY {keys} ORDER BY {keys}''', [files]).df()
    connection.close()
    return table

measured(ask)
"""
POLARS = """
import polars as pl

def ask():
    keys = [*PERIOD, *BY]
    lines = pl.scan_parquet(files, hive_partitioning=True, hive_schema={"year": pl.Int64, "month": pl.Int64})
    summed = lines.group_by(keys).agg(pl.col("dossiers").sum(), pl.col("online_dossiers").sum())
    rated = summed.with_columns((pl.col("online_dossiers") / pl.col("dossiers")).alias("usage_rate"))
    return rated.sort(keys).collect(engine="streaming").to_pandas()

measured(ask)
"""
PANDAS = """
import pandas as pd

def ask():
    keys = [*PERIOD, *BY]
    lines = pd.read_parquet(files, columns=[*keys, *SUMS], partitioning="hive")
    summed = lines.groupby(keys, observed=True)[list(SUMS)].sum().reset_index()
    return summed.assign(usage_rate=summed["online_dossiers"] / summed["dossiers"])

measured(ask)
"""
READING = """
import pyarrow.dataset

def ask():
    pyarrow.dataset.dataset(files, partitioning="hive").to_table(columns=[*BY, *SUMS, *PERIOD])

measured(ask)
"""
SIDES = {
    "reading the columns (pyarrow)": (READING, False),
    "r57": (OURS, True),
    "DuckDB SQL": (SQL, True),
    "Polars, streaming": (POLARS, False),
    "pandas": (PANDAS, False),
}
"""The code of each side, and whether it runs in our own environment."""
QUESTIONS = {
    "flow of each month by level, province and channel": ("month", ("level", "province_code", "channel")),
    "stock of each year by service": ("year", ("service_id",)),
}


def turn(name: str, question: str, folder: Path) -> dict[str, Any]:
    """Seconds, MiB at the peak, and the digest of the table."""
    code, own = SIDES[name]
    span, by = QUESTIONS[question]
    period = ("year", "month") if span == "month" else ("year",)
    head = f"SPAN, BY, PERIOD, SUMS = {span!r}, {by!r}, {period!r}, ('dossiers', 'online_dossiers')\n"
    call = [sys.executable if own else str(ENGINES), "-c", head + TURN + code, str(folder)]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name}: {done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def made(rows: int, sets: Path) -> Path:
    """The made-up set of so many lines; one that lies there is used again."""
    folder = sets / f"synthetic-{rows}"
    if not (folder / "set.json").is_file():
        call = [Path(sys.executable).with_name("r57"), "sample", "transactions", "--rows", str(rows), "--out", folder]
        subprocess.run(call, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return folder


def compared(rows: int, question: str, folder: Path, rounds: int) -> dict[str, dict[str, Any]]:
    """All sides on one question; ends the run when two of them differ."""
    turns = [{name: turn(name, question, folder) for name in SIDES} for _ in range(rounds)]
    found = {name: min((each[name] for each in turns), key=lambda told: float(told["seconds"])) for name in SIDES}
    tables = {name: told["digest"] for name, told in found.items() if told["digest"]}
    if len(set(tables.values())) > 1:
        sys.exit(f"{rows:,} rows, {question}: the sides differ: {tables}")
    return found


def tables_of(results: dict[str, dict[int, dict[str, dict[str, Any]]]]) -> list[str]:
    """A table for each question: a row a side, a column a size."""
    lines = []
    for question, by_rows in results.items():
        sizes = sorted(by_rows)
        lines += [f"### {question[:1].upper()}{question[1:]}", "", "| side | "
                  + " | ".join(f"{rows / 1e6:g} M rows | x reading" for rows in sizes) + " | seconds for 10 M more |",
                  "|---|" + "---:|" * (2 * len(sizes) + 1)]  # fmt: skip
        for name in SIDES:
            cells = []
            for rows in sizes:
                told, reading = by_rows[rows][name], by_rows[rows]["reading the columns (pyarrow)"]
                cells.append(f"{told['seconds']:.2f} s, {told['peak']:,.0f} MiB")
                cells.append(f"{told['seconds'] / reading['seconds']:.1f}")
            lines.append(f"| {name} | {' | '.join(cells)} | {_growth(by_rows, name, sizes)} |")
        largest = by_rows[sizes[-1]]
        ratio = {name: largest["r57"]["seconds"] / told["seconds"] for name, told in largest.items()}
        lines += ["", f"At {sizes[-1]:,} rows ours takes {ratio['DuckDB SQL']:.2f} times plain SQL (limit {LIMIT}), "
                  f"{ratio['Polars, streaming']:.2f} times Polars, {ratio['pandas']:.2f} times pandas; its peak is "
                  f"{largest['r57']['peak']:,.0f} MiB.", ""]  # fmt: skip
    return lines


def _growth(by_rows: dict[int, dict[str, dict[str, Any]]], name: str, sizes: list[int]) -> str:
    """What ten million rows more cost, between the two largest sizes."""
    if len(sizes) < 2:
        return "-"
    small, large = sizes[-2:]
    more = by_rows[large][name]["seconds"] - by_rows[small][name]["seconds"]
    return f"{more / (large - small) * 1e7:.2f}"


def main() -> None:
    """Measure every side at every size, and put the tables into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, action="append", help="sizes [default: 1, 10 and 50 million]")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sets", help="where the sets are kept [default: in a folder that is removed]")
    parser.add_argument("--output", help="a page whose part between the two marks is written anew")
    given = parser.parse_args()
    if not ENGINES.is_file():
        sys.exit("the other engines are missing: make engines")
    results: dict[str, dict[int, dict[str, dict[str, Any]]]] = {question: {} for question in QUESTIONS}
    with tempfile.TemporaryDirectory() as folder:
        sets = Path(given.sets or folder)
        for rows in given.rows or ROWS:
            there = made(rows, sets)
            size = sum(path.stat().st_size for path in there.rglob("*.parquet"))
            print(f"{rows:,} rows, {size / 2**20:,.0f} MiB", file=sys.stderr)
            for question in QUESTIONS:
                results[question][rows] = compared(rows, question, there, given.rounds)
    load = os.getloadavg()[1]
    about = (f"{len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}, DuckDB {version('duckdb')}, "
             f"narwhals {version('narwhals')}, pandas {version('pandas')}; load at the end {load:.1f}.")  # fmt: skip
    text = "\n".join([about, "", *tables_of(results)])
    print(text)
    if given.output:
        page = Path(given.output)
        before, mark, rest = page.read_text(encoding="utf-8").partition("<!-- measured -->\n")
        _, end, after = rest.partition("<!-- end -->")
        page.write_text(before + mark + text + end + after, encoding="utf-8")


if __name__ == "__main__":
    main()
