"""Cells in this process: what a run leaves is what an ordinary kernel leaves."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.conftest import DATA, ROOT, with_bundle

pytestmark = pytest.mark.server

Runs = dict[str, tuple[Any, dict[str, Any]]]
PARAMETERS = 'month: str = ""\nas_of: str = ""\nlanguage: str = "vi"\ndata: str = ""'

CELLS = {
    "streams": "import sys\nprint('one')\nprint('two')\nsys.stderr.write('three\\n');",
    "result": "6 * 7",
    "nothing": "None",
    "display": "from IPython.display import HTML\ndisplay(HTML('<b>Đ</b>'))\nprint('between')\nHTML('<i>x</i>')",
    "picture": "from IPython.display import Image\nImage(data=b'\\x89PNG\\r\\n\\x1a\\n' + bytes(20), format='png')",
    "frame": "import pandas as pd\npd.DataFrame({'a': [1, 2]})",
    "magic": "%%capture said\nprint('unseen')",
    "update": "handle = display('first', display_id='it')\nhandle.update('second')",
    "clear": "from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('left')",
    "clear later": "print('gone')\nclear_output(wait=True)\nprint('left')",
    "await": "import asyncio\nawait asyncio.sleep(0)\n'awaited'",
    "several": "1\n2\n'last'",
    "semicolon": "'unseen';",
    "underscore": "_ is not None",
    "shell": "!true",
    "main": "__name__",
    "history": "In[-1][:2]",
    "mimes": "class A:\n _repr_mimebundle_ = lambda *_, **__: {'text/plain': 'x', 'application/x+json': {'n': 1}}\nA()",
    "metadata": "display({'text/plain': 'x'}, raw=True, metadata={'text/plain': {'kind': 'y'}})",
    "empty": "",
    "comment": "# nothing here",
}


def job(tmp_path: Path, cells: list[str], name: str) -> tuple[dict[str, Any], Path]:
    """A run of a notebook with these cells, to be done in `tmp_path/name`."""
    from r57lib import open_view
    from r57lib.report.job import jobs_of
    from r57lib.report.plan import make_plan

    folder = tmp_path / name / "notebooks"
    folder.mkdir(parents=True)
    first = new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}, id="parameters")
    notebook = new_notebook(cells=[first, *(new_code_cell(text, id=f"c{n}") for n, text in enumerate(cells))])
    nbformat.write(notebook, folder / "overview.ipynb")
    plan = make_plan(open_view(month="2025-12", data=DATA), folder, language="en", only=["overview"])
    (asked,) = jobs_of(plan, with_bundle(tmp_path / name))
    (Path(asked.build) / "receipts").mkdir(parents=True)
    return asked.as_dict(), Path(asked.build)


WORK = """
import json, os, sys
from r57lib.report.worker import work
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


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The executed notebook and the receipt of each run."""
    folder = tmp_path_factory.mktemp("runs")
    asked = {"in this process": list(CELLS.values()), "a kernel": list(CELLS.values())}
    asked |= {"reading": READING, "a kernel that reads": READING}
    asked |= {cell: [cell, "print('never')"] for cell in BROKEN}
    jobs = {name: job(folder, cells, f"run-{number}") for number, (name, cells) in enumerate(asked.items())}
    subprocess.run(
        [sys.executable, "-c", WORK], input=json.dumps({name: told for name, (told, _) in jobs.items()}),
        text=True, cwd=ROOT, check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    return {name: left_in(build) for name, (_, build) in jobs.items()}


def left_in(build: Path) -> tuple[Any, dict[str, Any]]:
    receipt = json.loads((build / "receipts" / "overview.en.json").read_text(encoding="utf-8"))
    return nbformat.read(build / "overview.en.ipynb", as_version=4), receipt


def plain(notebook: Any) -> list[Any]:
    """The outputs; how often a stream was flushed is a kernel's own affair."""
    outputs: list[Any] = []
    for cell in notebook.cells:
        merged: list[Any] = []
        for output in cell.get("outputs", []):
            if (
                merged
                and output.output_type == "stream" == merged[-1]["output_type"]
                and merged[-1]["name"] == output.name
            ):
                merged[-1]["text"] += output.text
            else:
                merged.append(json.loads(json.dumps(output)))
        outputs.append((cell.source, cell.get("execution_count"), merged))
    return outputs


def test_cells_leave_what_a_kernel_leaves(runs: Runs) -> None:
    ours, receipt = runs["in this process"]
    theirs, _ = runs["a kernel"]
    assert receipt["status"] == "published"
    for one, other in zip(plain(ours), plain(theirs), strict=True):
        assert one == other
    assert ours.metadata == theirs.metadata


BROKEN = {
    "1 / 0": "cell 3 failed: ZeroDivisionError: division by zero",
    "raise ValueError('first\\nsecond')": "cell 3 failed: ValueError: first",
    "def": "cell 3 failed: SyntaxError: invalid syntax",
    "import sys; sys.exit(3)": "cell 3 failed: SystemExit: 3",
    "%nosuchmagic": "cell 3 failed: UsageError",
    "class Odd:\n    def _repr_html_(self): raise KeyError('within')\nOdd()": "cell 3 failed: KeyError: 'within'",
    "bytearray(5 * 2**30)": "cell 3 failed: out of memory: it may use 4096 MiB",
}


@pytest.mark.parametrize("cell", BROKEN)
def test_a_cell_that_fails_is_named_with_its_error(runs: Runs, cell: str) -> None:
    notebook, receipt = runs[cell]
    assert receipt["status"] == "failed"
    assert receipt["error"].startswith(BROKEN[cell])
    assert "Execution encountered an exception here" in str(notebook.cells) or "error" in notebook.cells[0].source
    assert not any("never" in str(each.get("outputs", "")) for each in notebook.cells)


@pytest.mark.parametrize("name", ["reading", "a kernel that reads"])
def test_a_run_reads_what_it_says(runs: Runs, name: str) -> None:
    """In its own thread, and in one that a cell starts."""
    _, receipt = runs[name]
    assert {"provinces", "enterprises"} <= receipt["inputs"]["tables"].keys()
    assert "agencies" not in receipt["inputs"]["tables"]
