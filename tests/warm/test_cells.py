"""Cells in this process: what a run leaves is what an ordinary kernel leaves."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from itertools import accumulate, chain, groupby
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from r57lib.report.pool import remarks
from tests.conftest import DATA, ROOT, with_bundle
from tests.warm.cells import WELL, WRONG

pytestmark = pytest.mark.server

Runs = dict[str, tuple[Any, dict[str, Any]]]
PARAMETERS = 'month: str = ""\nas_of: str = ""\nlanguage: str = "vi"\ndata: str = ""'


def job(tmp_path: Path, cells: list[str], name: str, tags: tuple[str, ...] = ()) -> tuple[dict[str, Any], Path]:
    """A run of a notebook with these cells, to be done in `tmp_path/name`."""
    from r57lib import open_view
    from r57lib.report.job import jobs_of
    from r57lib.report.plan import make_plan

    folder = tmp_path / name / "notebooks"
    folder.mkdir(parents=True)
    first = new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}, id="parameters")
    more = [new_code_cell(text, id=f"c{n}", metadata={"tags": list(tags)}) for n, text in enumerate(cells)]
    notebook = new_notebook(cells=[first, *more])
    nbformat.write(notebook, folder / "overview.ipynb")
    plan = make_plan(open_view(month="2025-12", data=DATA), folder, language="en", only=["overview"])
    (asked,) = jobs_of(plan, with_bundle(tmp_path / name))
    (Path(asked.build) / "receipts").mkdir(parents=True)
    return asked.as_dict(), Path(asked.build)


WORK = """
import json, os, sys
from r57lib.report import client
from r57lib.report.worker import work
client.LIMIT_MIB = 1
for name, job in json.load(sys.stdin).items():
    pid = os.fork()
    if not pid:
        work(job, not name.startswith("a kernel"))
        os._exit(0)
    os.waitpid(pid, 0)
"""
"""Each run in a process of its own, as in a batch, and what they all import only once."""

READING = [
    "from r57lib.data.load import load_tables\nload_tables(data)['provinces'];",
    "import threading\nthread = threading.Thread(target=load_tables(data).__getitem__, args=('enterprises',))",
    "thread.start(); thread.join()",
]


SKIPPED, RAISES = ("skip-execution",), ("raises-exception",)
ASKED: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "well": (list(chain(*WELL.values())), ()),
    "a kernel: well": (list(chain(*WELL.values())), ()),
    "wrong": (list(chain(*WRONG.values())), RAISES),
    "a kernel: wrong": (list(chain(*WRONG.values())), RAISES),
    "reading": (READING, ()),
    "a kernel: reading": (READING, ()),
    "skipped": (["print('never')", "import os\nos._exit(1)"], SKIPPED),
    "apart": (["import os\nos._exit(1)", "print('never')"], ()),
    "exit": (["exit()", "print('never')"], ()),
    "exit last": (["print('seen')", "quit"], ()),
    "too much": (["while True:\n    print('x' * 1000)", "print('never')"], ()),
    "a kernel: too much": (["print('x' * 2**21)", "print('never')"], ()),
    "late": (["import threading\nthreading.Timer(0.05, print, ['late of all']).start()"], ()),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The executed notebook and the receipt of each run."""
    folder = tmp_path_factory.mktemp("runs")
    asked = ASKED | {cell: ([cell, "print('never')"], ()) for cell in BROKEN}
    jobs = {name: job(folder, cells, f"run-{n}", tags) for n, (name, (cells, tags)) in enumerate(asked.items())}
    alone = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}  # ipykernel heeds it
    done = subprocess.run(
        [sys.executable, "-c", WORK], env=alone, input=json.dumps({name: told for name, (told, _) in jobs.items()}),
        text=True, errors="replace", cwd=ROOT, check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    assert done.stdout == ""  # it is for programs
    return {name: left_in(build) for name, (_, build) in jobs.items()}


def left_in(build: Path) -> tuple[Any, dict[str, Any]]:
    receipt = json.loads((build / "receipts" / "overview.en.json").read_text(encoding="utf-8"))
    path = build / "overview.en.ipynb"
    text = path.read_text(encoding="utf-8") if path.exists() else "{}"
    assert json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON")) is not None
    return nbformat.reads(text, as_version=4) if path.exists() else None, receipt


BY_CHANCE = {
    r"0x[0-9a-f]{6,}": "0x",
    r"[0-9a-f]{32}": "id",
    r"ipykernel_\d+/\d+": "cell",
    r"(CPU times|Wall time)[^\"\\\\]*": "times",
    r"[\d.]+ (s|ms|[μµ]s|ns) [^\"]*per loop[^\"]*": "times",
    r"(/tmp/tmp|/tmp/r57-)\w+": "folder",
}


def meaning(notebook: Any) -> dict[str, tuple[str, list[Any]]]:
    """The outputs of each cell; how the two streams lie between each other, and in how many pieces, is by chance."""
    found = {}
    for cell in notebook.cells:
        outputs: list[Any] = []
        for kind, group in groupby(cell.get("outputs", []), lambda output: output.output_type):
            streams = defaultdict(str)
            for output in group:
                if kind == "stream":
                    streams[output.name] += output.text
                else:
                    outputs.append({key: value for key, value in output.items() if key != "execution_count"})
            outputs += sorted(streams.items())
        text = json.dumps(outputs, sort_keys=True, ensure_ascii=False)
        for pattern, said in BY_CHANCE.items():
            text = re.sub(pattern, said, text)
        found[cell.id] = cell.source, json.loads(text)
    return found


@pytest.fixture(scope="module")
def meanings(runs: Runs) -> dict[str, Any]:
    return {name: meaning(runs[name][0]) for name in ASKED if name.endswith(("well", "wrong"))}


def places(table: dict[str, list[str]]) -> list[tuple[str, int, int]]:
    """Each name of a table, the number of its first cell, and that behind its last."""
    ends = list(accumulate(map(len, table.values())))
    return [(name, end - len(table[name]), end) for name, end in zip(table, ends, strict=True)]


@pytest.mark.parametrize(("kind", "name", "first", "end"), [
    *(("well", *each) for each in places(WELL)), *(("wrong", *each) for each in places(WRONG)),
])  # fmt: skip
def test_a_cell_means_what_it_means_to_a_kernel(
    meanings: dict[str, Any], kind: str, name: str, first: int, end: int
) -> None:
    for number in range(first, end):
        assert meanings[kind][f"c{number}"] == meanings[f"a kernel: {kind}"][f"c{number}"], name


def test_a_run_says_of_itself_what_a_kernel_would(runs: Runs) -> None:
    for kind in ("well", "wrong"):
        (ours, receipt), (theirs, other) = runs[kind], runs[f"a kernel: {kind}"]
        assert ours.metadata.keys() == theirs.metadata.keys()
        assert ours.metadata.language_info == theirs.metadata.language_info
        assert receipt.get("error") == other.get("error")
        assert [cell.get("execution_count") for cell in ours.cells] == [
            cell.get("execution_count") for cell in theirs.cells
        ]


def test_a_tagged_cell_is_left_out(runs: Runs) -> None:
    notebook, receipt = runs["skipped"]
    assert receipt["status"] == "published" and "kernel" not in receipt
    assert not any(cell.outputs for cell in notebook.cells)


def test_what_would_end_this_process_is_run_in_another(runs: Runs) -> None:
    _, receipt = runs["apart"]
    assert receipt["error"] == "the kernel failed: Kernel died"
    assert remarks(receipt) == ("run in an ordinary kernel, for its os._exit",)


def test_nothing_is_run_after_exit(runs: Runs) -> None:
    assert runs["exit"][1]["error"] == "the kernel failed: Kernel died"
    notebook, receipt = runs["exit last"]
    assert receipt["status"] == "published" and "seen" in str(notebook.cells)


@pytest.mark.parametrize("name", ["too much", "a kernel: too much"])
def test_there_is_a_limit_to_what_a_notebook_shows(runs: Runs, name: str) -> None:
    notebook, receipt = runs[name]
    assert receipt["error"] == "cell 2 failed: TooMuchError: the notebook's outputs are larger than 1 MiB"
    assert len(str(notebook.cells)) < 10000 and "never" not in str([cell.get("outputs") for cell in notebook.cells])


BROKEN = {
    "1 / 0": "cell 2 failed: ZeroDivisionError: division by zero",
    "raise ValueError('first\\nsecond')": "cell 2 failed: ValueError: first",
    "def": "cell 2 failed: SyntaxError: invalid syntax",
    "import sys; sys.exit(3)": "cell 2 failed: SystemExit: 3",
    "%nosuchmagic": "cell 2 failed: UsageError",
    "class Odd:\n    def _repr_html_(self): raise KeyError('within')\nOdd()": "cell 2 failed: KeyError: 'within'",
    "bytearray(5 * 2**30)": "cell 2 failed: out of memory: it may use 4096 MiB",
}


@pytest.mark.parametrize("cell", BROKEN)
def test_a_cell_that_fails_is_named_with_its_error(runs: Runs, cell: str) -> None:
    notebook, receipt = runs[cell]
    assert receipt["status"] == "failed"
    assert receipt["error"].startswith(BROKEN[cell])
    assert "Execution encountered an exception here" in str(notebook.cells) or "error" in notebook.cells[0].source
    assert not any("never" in str(each.get("outputs", "")) for each in notebook.cells)


@pytest.mark.parametrize("name", ["reading", "a kernel: reading"])
def test_a_run_reads_what_it_says(runs: Runs, name: str) -> None:
    """In its own thread, and in one that a cell starts."""
    _, receipt = runs[name]
    assert {"provinces", "enterprises"} <= receipt["inputs"]["tables"].keys()
    assert "agencies" not in receipt["inputs"]["tables"]
