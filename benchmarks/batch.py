"""What a report costs: a loop of papermill and nbconvert, papermill in one process, `r57 report`, and the limit.

    python benchmarks/batch.py [--loops N] [--quick] [--output FILE]

Sixty reports: five notebooks, two languages, six months, HTML included on every side. The loops run some of them only
(`--loops`); seconds a report are what is compared. All sides run one after the other, in one go.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
STOCK = HERE / ".venv" / "stock"
OURS = ROOT / ".venv"
NOTEBOOKS = ("overview", "task_completion", "enterprise_commitments", "digital_adoption", "data_quality")
MONTHS = ("2025-07", "2025-08", "2025-09", "2025-10", "2025-11", "2025-12")
REPORTS = [(notebook, language, month) for month in MONTHS for language in ("vi", "en") for notebook in NOTEBOOKS]
CORES = len(os.sched_getaffinity(0))
PLAN = "runs:\n" + "".join(f"  - notebook: {name}\n" for name in NOTEBOOKS)

ONE_PROCESS = """
import json, sys, papermill
from nbconvert import HTMLExporter
root, out, reports = json.loads(sys.argv[1])
for number, (notebook, language, month) in enumerate(reports):
    target = f"{out}/{number}.ipynb"
    made = papermill.execute_notebook(f"{root}/notebooks/{notebook}.ipynb", target, cwd=root, progress_bar=False,
                                      parameters={"month": month, "language": language, "data": "data"})
    open(f"{out}/{number}.html", "w").write(HTMLExporter().from_notebook_node(made)[0])
"""

LIMIT = """
import json, os, sys, time
from multiprocessing import get_context
from r57lib import display, figures, open_view
from r57lib.figures import FIGURES
from r57lib.page.assets import inflate_script, packed_small, page_script, stylesheet

def report(asked):
    out, number, (notebook, language, month) = asked
    view = open_view(month=month, language=language, data="data")
    parts = [display.head(view, page=notebook, parameters={})]
    parts += [getattr(figures, name)(view) for name, (of, _) in FIGURES.items() if of == notebook]
    parts += [display._findings(view, tables=(), told=(), scope="")]
    body = "".join(part._repr_html_() for part in parts)
    with open(f"{out}/{number}.html", "w") as file:
        vega = f'<script type="text/plain" id="r57-vega">{packed_small()}</script><script>{inflate_script()}</script>'
        file.write(f"<style>{stylesheet()}</style>{body}{vega}<script>{page_script()}</script>")

def warm(out):
    for name in dict.fromkeys(of for of, _ in FIGURES.values()):
        report((out, "warm", (name, "vi", "2025-12")))

if __name__ == "__main__":
    root, out, reports, processes = json.loads(sys.argv[1])
    os.chdir(root)
    asked = [(out, number, each) for number, each in enumerate(reports)]
    if processes == 1:
        warm(out)
        begun = time.perf_counter()
        for each in asked:
            report(each)
    else:
        with get_context("spawn").Pool(processes, warm, (out,)) as pool:
            pool.map(time.sleep, [1] * processes, chunksize=1)
            begun = time.perf_counter()
            pool.map(report, asked, chunksize=5)
    print(time.perf_counter() - begun)
"""


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix="r57-batch-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def make_stock() -> None:
    """An environment as one gets it without our bound on jsonschema, which keeps `rfc3987-syntax` out."""
    made, lock = STOCK / "made", (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    if made.exists() and made.read_text(encoding="utf-8") == lock:
        return
    subprocess.run([OURS / "bin" / "python", "-m", "venv", "--clear", STOCK], check=True)
    pip = [STOCK / "bin" / "python", "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--require-hashes", "-r", ROOT / "requirements-dev.lock"], check=True)
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", "-e", ROOT], check=True)
    subprocess.run([*pip, "--upgrade", "jsonschema[format-nongpl]"], check=True)
    made.write_text(lock, encoding="utf-8")


def timed(work: Callable[[], object]) -> float:
    """Seconds of a piece of work."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def run(*command: str | Path, **changed: str) -> str:
    """A command, which must succeed; what it prints."""
    done = subprocess.run([*map(str, command)], cwd=ROOT, env={**os.environ, **changed}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{command[0]} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def spread(count: int) -> list[tuple[str, str, str]]:
    """So many of the reports, whole months first: each month has every notebook in both languages."""
    return REPORTS[:count]


def loop(environment: Path, reports: list[tuple[str, str, str]]) -> float:
    """The shell's loop: a command for each notebook, and one for its HTML."""
    with folder() as out:

        def each() -> None:
            for number, (notebook, language, month) in enumerate(reports):
                target = out / f"{number}.ipynb"
                parameters = ["-p", "month", month, "-p", "language", language, "-p", "data", "data"]
                source = ROOT / "notebooks" / f"{notebook}.ipynb"
                papermill = environment / "bin" / "papermill"
                run(papermill, source, target, *parameters, "--cwd", ROOT, "-k", "python3", "--no-progress-bar")
                run(environment / "bin" / "jupyter-nbconvert", "--to", "html", "--log-level", "ERROR", target)

        return timed(each)


def one_process(reports: list[tuple[str, str, str]]) -> float:
    """Papermill called in a loop within one process, and nbconvert after it."""
    with folder() as out:
        asked = json.dumps([str(ROOT), str(out), reports])
        return timed(lambda: run(OURS / "bin" / "python", "-c", ONE_PROCESS, asked))


def limit(processes: int) -> float:
    """The same figures and pages from a plain function, its process warm."""
    with folder() as out:
        script = out / "limit.py"
        script.write_text(LIMIT, encoding="utf-8")
        asked = json.dumps([str(ROOT), str(out), REPORTS, processes])
        return float(run(OURS / "bin" / "python", script, asked, OPENBLAS_NUM_THREADS="1"))


def report(out: Path, *more: str | Path) -> float:
    """`r57 report`, in seconds."""
    return timed(lambda: run(OURS / "bin" / "r57", "report", "--output", out, *more))


def ours() -> dict[str, float]:
    """Cold, warm, and with nothing changed."""
    with folder() as out:
        plan = out / "plan.yaml"
        plan.write_text(PLAN, encoding="utf-8")
        months = [word for month in MONTHS for word in ("--month", month)]
        call = ("--plan", plan, *months)
        return {
            "cold": report(out / "reports", *call),
            "warm": report(out / "reports", *call, "--force"),
            "unchanged": report(out / "reports", *call),
            "unchanged month": report(out / "reports", "--plan", plan, "--month", "2025-12"),
        }


def growth(counts: list[int]) -> dict[int, float]:
    """Seconds for so many runs of one notebook along an axis."""
    found = {}
    for count in counts:
        with folder() as out:
            days = [str(date(2026, 1, 1) + timedelta(days=number)) for number in range(count)]
            entry = f"  - notebook: task_completion\n    matrix: {{deadline: [{', '.join(days)}]}}\n"
            (out / "plan.yaml").write_text(f"languages: [en]\nruns:\n{entry}", encoding="utf-8")
            found[count] = report(out / "reports", "--plan", out / "plan.yaml", "--month", "2025-12")
    return found


# --- memory ----------------------------------------------------------------------------------------------------------


def proportional(pid: str) -> float:
    """The proportional set size of a process, in MiB; nothing of one that has ended."""
    try:
        rollup = Path("/proc", pid, "smaps_rollup").read_text()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024


def processes() -> dict[str, tuple[str, str]]:
    """Parent and command line of every process."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = path.joinpath("stat").read_text().rpartition(")")[2].split()[1]
            found[path.name] = (parent, path.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def peaks(work: Callable[[], object], wanted: Callable[[dict[str, tuple[str, str]]], set[str]]) -> list[float]:
    """The peak of each process that is wanted, while the work is done."""
    highest: dict[str, float] = {}
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            for pid in wanted(processes()):
                highest[pid] = max(highest.get(pid, 0), proportional(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return sorted(value for value in highest.values() if value)


def workers(found: dict[str, tuple[str, str]]) -> set[str]:
    """The processes that a warm process has forked: they have its command line, and it for a parent."""
    return {
        pid
        for pid, (parent, line) in found.items()
        if "r57lib.warm.child" in line and "r57lib.warm.child" in found.get(parent, ("", ""))[1]
    }


def kernels(found: dict[str, tuple[str, str]]) -> set[str]:
    """Ordinary kernels."""
    return {pid for pid, (_, line) in found.items() if "ipykernel_launcher" in line}


def memory() -> dict[str, float]:
    """MiB of a kernel, and of a worker and of an artist of ours, each at its peak; medians."""
    with folder() as out:
        (out / "plan.yaml").write_text(PLAN, encoding="utf-8")
        call = ("--plan", out / "plan.yaml", "--month", "2025-12")
        cold = peaks(lambda: loop(OURS, spread(5)), kernels)
        both = peaks(lambda: report(out / "reports", *call), workers)
    ordinary = statistics.median(cold)
    artists, runs = both[-CORES:], both[:-CORES]
    return {"kernel": ordinary, "worker": statistics.median(runs), "artist": statistics.median(artists)}


# --- the table -------------------------------------------------------------------------------------------------------


def busy(seconds: float = 1) -> float:
    """The share of all cores that somebody takes just now."""

    def ticks() -> tuple[int, int]:
        parts = [int(part) for part in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        return sum(parts), parts[3] + parts[4]

    before = ticks()
    time.sleep(seconds)
    after = ticks()
    return 1 - (after[1] - before[1]) / max(1, after[0] - before[0])


def measure(loops: int, counts: list[int]) -> dict[str, object]:
    """Every side, one after the other."""
    rows: dict[str, tuple[float, int, float]] = {}

    def side(name: str, count: int, work: Callable[[], float]) -> None:
        load = busy()
        seconds = work()
        rows[name] = (seconds, count, load)
        print(f"{name}: {seconds:.1f} s for {count}, {seconds / count:.3f} s a report", file=sys.stderr, flush=True)

    some = spread(loops)
    side("shell loop: papermill, then nbconvert", loops, lambda: loop(STOCK, some))
    side("the same loop, without rfc3987-syntax", loops, lambda: loop(OURS, some))
    side("papermill in one process", loops, lambda: one_process(some))
    found: dict[str, float] = {}
    side("`r57 report`, cold", len(REPORTS), lambda: found.update(ours()) or found["cold"])
    for name, kind in (("`r57 report --force`", "warm"), ("`r57 report`, nothing changed", "unchanged")):
        rows[name] = (found[kind], len(REPORTS), rows["`r57 report`, cold"][2])
    rows["the same, one month"] = (found["unchanged month"], 10, rows["`r57 report`, cold"][2])
    side("limit: a plain function, one warm process", len(REPORTS), lambda: limit(1))
    side(LAST, len(REPORTS), lambda: limit(2))
    return {"rows": rows, "memory": memory(), "growth": growth(counts)}


LAST = "limit: a plain function, two warm processes"


def written(found: dict[str, Any], loops: int) -> str:
    """The file: what was measured, what was asked for, and whether it was reached."""
    rows, used, grown = found["rows"], found["memory"], found["growth"]
    each = {name: seconds / count for name, (seconds, count, _) in rows.items()}
    stock, lean, warm = (each[name] for name in (*list(each)[:2], "`r57 report --force`"))
    lines = [
        "# Batch", "",
        f"Written by `python benchmarks/batch.py`. {CORES} cores; Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in ("papermill", "nbconvert", "altair", "pandas")) + ".", "",
        f"Sixty reports, HTML included: five notebooks, two languages, six months; the loops ran {loops} of them. The",
        "stock environment has the newest jsonschema with the extra that brings in `rfc3987-syntax`. The limit makes",
        "the same figures, pictures and pages without papermill or a fork, in processes that have done so before.",
        "Times grow by what others take of the cores just before a side, which stands in the last column.", "",
        "| | s in all | s a report | shell loop / this | without rfc3987 / this | this / limit on two | others, % |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    for name, (seconds, count, load) in rows.items():
        one = each[name]
        lines.append(
            f"| {name} | {seconds:.1f} for {count} | {one:.3f} | {stock / one:.1f} | {lean / one:.1f} "
            f"| {one / each[LAST]:.2f} | {100 * load:.0f} |"
        )
    month, worker = found["rows"]["the same, one month"][0], used["worker"] / used["kernel"]
    asked = [
        ("a report at most 1/25 of the shell loop's time", stock / warm, stock / warm >= 25),
        ("at most 1/12 of the loop's without rfc3987-syntax", lean / warm, lean / warm >= 12),
        ("at most 2.5 times the limit on two processes", warm / each[LAST], warm / each[LAST] <= 2.5),
        ("a month with nothing changed under 2 s", month, month < 2),
        ("a further worker at most half of an ordinary kernel's memory", worker, worker <= 0.5),
    ]
    lines += ["", "| asked for (`r57 report --force`) | measured | reached |", "|---|---:|---|"]
    lines += [f"| {what} | {value:.2f} | {'yes' if well else 'no'} |" for what, value, well in asked]
    lines += ["", "Memory, PSS at its peak, medians: an ordinary kernel "
              f"{used['kernel']:.0f} MiB, a worker {used['worker']:.0f} MiB; the process that draws for one worker "
              f"after another {used['artist']:.0f} MiB, one for each worker at a time."]  # fmt: skip
    lines += ["", "| runs of one notebook | s in all | s a run |", "|---:|---:|---:|"]
    lines += [f"| {count:,} | {seconds:.1f} | {seconds / count:.3f} |" for count, seconds in grown.items()]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loops", type=int, default=20, help="reports that the loops run [20]")
    parser.add_argument("--quick", action="store_true", help="loops of five, growth to 30 runs")
    parser.add_argument("--output", type=Path, default=HERE / "batch.md")
    given = parser.parse_args()
    loops = 5 if given.quick else given.loops
    make_stock()
    text = written(measure(loops, [10, 30] if given.quick else [10, 30, 100, 300, 1000]), loops)
    given.output.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
