"""The commands as a user meets them: exit codes, one clear line, no traceback."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from r57lib.figures import registry
from tests.batching import Batch
from tests.conftest import DATA, ROOT, call_r57, run_r57


def copy_of_data(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def rewrite(path: Path, change: Callable[[list[list[str]]], object]) -> None:
    """Change the rows of a CSV file in place; `change` gets them all, the header first."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def set_cell(table: str, key: str, column: str, value: str) -> Callable[[Path], str]:
    def spoil(folder: Path) -> str:
        place = ""

        def change(rows: list[list[str]]) -> None:
            nonlocal place
            at = rows[0].index(column)
            for number, row in enumerate(rows):
                if row[0] == key:
                    row[at] = value
                    place = f"{table}.csv line {number + 1}, {column}"

        rewrite(folder / f"{table}.csv", change)
        assert place
        return place

    return spoil


def drop_column(table: str, column: str) -> Callable[[Path], str]:
    def spoil(folder: Path) -> str:
        def change(rows: list[list[str]]) -> None:
            at = rows[0].index(column)
            for row in rows:
                del row[at]

        rewrite(folder / f"{table}.csv", change)
        return f"{table}.csv line 1, {column}"

    return spoil


def repeat_row(table: str, key: str, column: str) -> Callable[[Path], str]:
    def spoil(folder: Path) -> str:
        place = ""

        def change(rows: list[list[str]]) -> None:
            nonlocal place
            rows.append(next(row for row in rows if row[0] == key))
            place = f"{table}.csv line {len(rows)}, {column}"

        rewrite(folder / f"{table}.csv", change)
        return place

    return spoil


def drop_label(folder: Path) -> str:
    path = folder / "labels.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("scope.r71,")), encoding="utf-8")
    return "task_scopes.csv line"


SPOILED = {
    "missing column": drop_column("observations", "qualifier"),
    "wrong code": set_cell("task_snapshots", "F001", "status", "totall"),
    "duplicate key": repeat_row("observations", "F031", "fact_id"),
    "unknown source": set_cell("observations", "F031", "source_id", "seed-0033"),
    "not a number": set_cell("observations", "F031", "obs_value", "53,3"),
    "not a day": set_cell("events", "F027", "reported_on", "2025-02-30"),
    "value against its evidence": set_cell("observations", "F033", "obs_value", "0.393"),
    "label that is missing": lambda folder: drop_label(folder),
    "sum that does not add up": set_cell("task_snapshots", "F003", "printed_value", ""),
    "share beyond 1": set_cell("observations", "F031", "obs_value", "53.3"),
}


@pytest.mark.parametrize("kind", SPOILED)
def test_check_names_file_line_and_column(tmp_path: Path, kind: str) -> None:
    folder = copy_of_data(tmp_path)
    place = SPOILED[kind](folder)
    if kind == "sum that does not add up":
        set_cell("task_snapshots", "F003", "task_count", "187")(folder)
        place = place.split(" line")[0]
    if kind == "unknown source":
        assert (folder / "observations.csv").read_text(encoding="utf-8").count("seed-0033") == 1
    done = call_r57("check", "--data", folder)
    assert done.returncode == 1, done.stdout
    assert place in done.stdout
    assert "error:" in done.stdout
    assert "Traceback" not in done.stderr + done.stdout


def test_check_gives_the_nearest_match(tmp_path: Path) -> None:
    folder = copy_of_data(tmp_path)
    SPOILED["wrong code"](folder)
    assert "did you mean 'total'?" in call_r57("check", "--data", folder).stdout
    vietnamese = call_r57("check", "--data", folder, "--language", "vi").stdout
    assert "có phải “total”?" in vietnamese


def test_check_refuses_files_that_differ_by_their_case_only(tmp_path: Path) -> None:
    """On a share, or another machine, one of them would be the other."""
    data = Path(shutil.copytree(DATA, tmp_path / "data"))
    (tmp_path / "notebooks").mkdir()
    for name in ("overview.ipynb", "Overview.ipynb", "helper.py"):
        (tmp_path / "notebooks" / name).write_text("{}", encoding="utf-8")
    (data / "Observations.csv").write_bytes((data / "observations.csv").read_bytes())
    done = call_r57("check", "--data", data)
    assert done.returncode == 1
    said = [line for line in done.stdout.splitlines() if line.startswith("error")]
    assert said == [
        "error: Observations.csv: The name 'Observations.csv' differs from 'observations.csv' by its case only.",
        "error: overview.ipynb: The name 'overview.ipynb' differs from 'Overview.ipynb' by its case only.",
    ]


def test_check_of_the_real_data_passes_and_shows_the_conflicts() -> None:
    done = call_r57("check")
    assert done.returncode == 0
    assert "9,813" in done.stdout
    assert "nearly 40%, nearly 59%, more than 91%" in done.stdout
    assert "error:" not in done.stdout


def test_bad_data_stops_the_report_and_keeps_the_last(tmp_path: Path) -> None:
    folder = copy_of_data(tmp_path)
    reports = tmp_path / "reports"
    (reports / "2025-12").mkdir(parents=True)
    (reports / "2025-12" / "index.html").write_text("good", encoding="utf-8")
    place = SPOILED["wrong code"](folder)
    done = call_r57("report", "--month", "2025-12", "--data", folder, "--output", reports)
    assert done.returncode == 1
    assert place in done.stderr
    assert "Traceback" not in done.stderr
    assert (reports / "2025-12" / "index.html").read_text(encoding="utf-8") == "good"


WRONG_CALLS = {
    "month 2025-13": (("report", "--month", "2025-13"), "2025-13"),
    "month 2025-1": (("report", "--month", "2025-1"), "2025-12"),
    "month of the future": (("report", "--month", "2031-01"), "the data run from"),
    "language": (("report", "--language", "fr"), "known: en, vi"),
    "notebook": (("report", "--notebook", "overvew"), "did you mean 'overview'?"),
    "data folder": (("report", "--data", "/nonexistent/data"), "does not exist"),
    "as-of": (("report", "--as-of", "30/11/2025"), "2025-11-30"),
    "as-of before all": (("report", "--as-of", "1999-01-01"), "nothing was known"),
    "parameter": (("report", "-p", "dedline=2025-12-31"), "did you mean 'deadline'?"),
    "parameter without value": (("report", "-p", "deadline"), "NAME=VALUE"),
    "option": (("report", "--mont", "2025-12"), "--mont"),
    "command": (("reprot",), "reprot"),
    "trace": (("trace", "F0011"), "did you mean"),
    "check folder": (("check", "--data", "/nonexistent"), "does not exist"),
}


@pytest.mark.parametrize("kind", WRONG_CALLS)
def test_wrong_call_is_one_clear_message(kind: str, tmp_path: Path) -> None:
    arguments, hint = WRONG_CALLS[kind]
    if arguments[0] == "report":
        arguments = (*arguments, "--output", str(tmp_path / "reports"))
    done = call_r57(*arguments)
    assert done.returncode == 2, done.stderr
    assert hint in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "reports").exists()


@pytest.mark.server
def test_a_wrong_call_ends_its_process_with_one_line() -> None:
    done = run_r57("report", "--month", "2025-13")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("r57: error: month '2025-13'")


def test_notebook_that_declares_no_parameters_is_refused(tmp_path: Path) -> None:
    notebook = nbformat.read(ROOT / "notebooks" / "overview.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.metadata.pop("tags", None)
    nbformat.write(notebook, tmp_path / "overview.ipynb")
    done = call_r57("report", "--notebook", "overview", "--notebooks", tmp_path, "--output", tmp_path / "reports")
    assert done.returncode == 2
    assert "does not declare month, as_of, language, data" in done.stderr


@pytest.mark.whole
def test_trace_shows_source_evidence_and_figures() -> None:
    done = call_r57("trace", "F001")
    assert done.returncode == 0
    for part in ("679", "among the 679 tasks", "2025-09-30", "task_completion: Where the tasks stand", "VNA"):
        assert part in done.stdout, part


def test_trace_follows_a_name_to_its_facts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its facts alone: the figures of five months would take seconds to make."""
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setattr(registry, "all_figures", dict)
    done = call_r57("trace", "5g_population_coverage", "--data", copy_of_data(tmp_path))
    assert done.returncode == 0
    assert "F039" in done.stdout
    assert "five" in done.stdout.casefold() or "5G" in done.stdout


def test_default_month_is_the_newest_with_data(tmp_path: Path) -> None:
    batch = Batch(tmp_path)
    done = batch.publish(month="")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in batch.reports.glob("2*")] == ["2026-01"]
    assert (batch.reports / "latest").readlink() == Path("2026-01")


@pytest.mark.server
def test_help_names_every_command() -> None:
    done = run_r57("--help")
    assert done.returncode == 0
    assert all(command in done.stdout for command in ("check", "report", "trace"))


@pytest.mark.server
def test_help_and_wrong_calls_wait_for_nothing_that_works_on_data() -> None:
    for call in ("--help", "trace --help", "ingest x.xlsx --kind tasks --source x --reported-on soon"):
        code = f"import sys; from r57lib.cli.app import main; sys.argv = 'r57 {call}'.split()"
        code += "\ntry: main()\nexcept SystemExit: print('loaded:', *{each.split('.')[0] for each in sys.modules})"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert {"pandas", "numpy", "rich", "altair"}.isdisjoint(done.stdout.rpartition("loaded: ")[2].split()), call
