"""The plan of a month: what is read from monthly.yaml, what is refused and how, and the runs that come of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from r57lib import open_view
from r57lib.errors import WrongCall
from r57lib.report.plan import Limits, Spec, make_plan, read_spec
from r57lib.view.words import LANGUAGES
from tests.batching import Batch
from tests.conftest import DATA, ROOT, call_r57
from tests.ours import MONTHLY

NOTEBOOKS = ROOT / "notebooks"


def spec(tmp_path: Path, text: str) -> Spec:
    path = tmp_path / "monthly.yaml"
    path.write_text(text, encoding="utf-8")
    return read_spec(path)


def test_the_plan_of_the_project_has_every_notebook_enterprise_and_province() -> None:
    plan = make_plan(open_view(data=DATA), NOTEBOOKS, spec=read_spec(ROOT / "reports" / "monthly.yaml"))
    whole = [run.page for run in plan.runs if not run.unit and run.language == "vi"]
    assert [page for page in whole if page in MONTHLY] == MONTHLY and MONTHLY[0] == "overview" and len(MONTHLY) >= 6
    enterprises = set(plan.view.everything["enterprises"]["enterprise_id"])
    assert {run.unit["enterprise"] for run in plan.runs if "enterprise" in run.unit} == enterprises
    for language in LANGUAGES:
        own = [run.unit["province"] for run in plan.runs if "province" in run.unit and run.language == language]
        assert own == ["01", "31", "79"], "those with three indicators; no province has two periods of one"
    assert len({run.name for run in plan.runs}) == len(plan.runs) == 2 * (len(whole) + len(enterprises) + 3)


def test_what_stands_in_the_file_stays_text(tmp_path: Path) -> None:
    read = spec(
        tmp_path,
        """
languages: [en]
limits: {seconds: 30}
runs:
  - notebook: task_completion.ipynb
    parameters: {deadline: 2025-12-31, other: no}
    formats: [html]
""",
    )
    entry = read.entries[0]
    assert entry.notebook == "task_completion" and entry.languages == ("en",) and entry.formats == ("html",)
    assert dict(entry.parameters) == {"deadline": "2025-12-31", "other": "no"}
    assert read.limits == Limits(seconds=30)


def test_of_an_axis_that_the_call_gives_a_value_that_one_is_left() -> None:
    read = read_spec(ROOT / "reports" / "monthly.yaml")
    made = make_plan(open_view(data=DATA), NOTEBOOKS, spec=read, language="en", parameters={"enterprise": "fpt"})
    assert [run.unit["enterprise"] for run in made.runs if "enterprise" in run.unit] == ["fpt"]


def test_axes_are_multiplied(tmp_path: Path) -> None:
    read = spec(
        tmp_path,
        """
runs:
  - notebook: enterprise_commitments
    matrix:
      enterprise: [viettel, fpt]
""",
    )
    plan = make_plan(open_view(data=DATA), NOTEBOOKS, spec=read, language="en")
    assert [run.name for run in plan.runs] == ["enterprise_commitments.viettel.en", "enterprise_commitments.fpt.en"]
    assert plan.runs[1].parameters["enterprise"] == "fpt"


WRONG = {
    "runs: []": "line 1: 'runs' has no members",
    "languages: [vi]": "the plan has no 'runs'",
    "": "the plan has no 'runs'",
    "- a": "the plan must be written as 'name: value' lines",
    "runs:\n  - notebok: overview": "line 2: unknown key 'notebok'; did you mean 'notebook'? (known: notebook, ",
    "runs:\n  - parameters: {}": "line 2: a run has no 'notebook'",
    "runs:\n  - notebook: overview\nlanguage: [vi]": "line 3: unknown key 'language'; did you mean 'languages'?",
    "languages: [vn]\nruns: [{notebook: overview}]": "line 1: unknown language 'vn'; did you mean 'vi'? (known: ",
    "runs: [{notebook: overview, formats: [pdff]}]": "unknown format 'pdff'",
    "limits: {seconds: soon}\nruns: [{notebook: overview}]": "must be a whole number from 1 to 604800, and is 'soon'",
    "limits: {seconds: 0}\nruns: [{notebook: overview}]": "'seconds' must be a whole number from 1 to 604800, and is",
    f"limits: {{seconds: 1{'0' * 5000}}}\nruns: [{{notebook: overview}}]": f"604800, and is '1{'0' * 39}…'",
    "limits: {memory_mib: 10000000000000}\nruns: [{notebook: overview}]": "1 to 16777216, and is '10000000000000'",
    f"runs: {'[' * 5000}{']' * 5000}": "nested too deep for a plan",
    "".join(f"{' ' * depth}a:\n" for depth in range(3000)): "nested too deep for a plan",
    "? [a, b]\n: c\nruns: [{notebook: overview}]": "line 1: a name in the plan must be a text, and is a list",
    "runs:\n  - notebook: a\n    matrix: {? {a: b} : [c]}": "line 3: a name in this must be a text, and is a list",
    "limits: {minutes: 3}\nruns: [{notebook: overview}]": "unknown key 'minutes'",
    "runs: [{notebook: overview}]\nruns: [{notebook: overview}]": "line 2: 'runs' stands twice",
    "runs: [{notebook: overview": "not YAML: ",
    "runs:\n\t- notebook: overview": "line 2: not YAML: ",
    "runs:\n  - notebook: a\n    matrix: {enterprise: every enterprize}": "did you mean 'every enterprise'?",
    "runs:\n  - notebook: a\n    matrix: {enterprise: []}": "line 3: 'enterprise' has no members",
    "runs:\n  - notebook: a\n    matrix: {enterprise: [fpt, fpt]}": "axis 'enterprise' names 'fpt' twice",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_plan_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(WrongCall) as refused:
        spec(tmp_path, text)
    assert WRONG[text] in str(refused.value) and str(refused.value).startswith("monthly.yaml")


UNFIT = {
    f"runs: [{{notebook: {'a' * 5000}}}]": f"line 1: unknown notebook '{'a' * 200}' (known: ",
    "runs: [{notebook: overwiev}]": "line 1: unknown notebook 'overwiev'; did you mean 'overview'?",
    "runs:\n  - notebook: task_completion\n    parameters: {dedline: x}": "line 2: task_completion.ipynb declares no "
    "parameter 'dedline' that a plan can set; did you mean 'deadline'? (declared: deadline)",
    "runs: [{notebook: overview, parameters: {month: 2025-12}}]": "declares no parameter 'month' that a plan can set",
    "runs: [{notebook: enterprise_commitments, matrix: {enterprise: [fptt]}}]": "unknown enterprise 'fptt'; did you m",
    "runs: [{notebook: enterprise_commitments, parameters: {enterprise: vietel}}]": "did you mean 'viettel'?",
    "runs: [{notebook: enterprise_commitments, matrix: {enterprise: [fpt]}}, {notebook: enterprise_commitments, "
    "matrix: {enterprise: [fpt]}}]": "the plan makes page 'enterprise_commitments.fpt.vi' twice",
    "runs: [{notebook: overview}, {notebook: overview}]": "the plan makes page 'overview.vi' twice",
}


@pytest.mark.parametrize("text", UNFIT)
def test_a_plan_that_does_not_fit_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(WrongCall) as refused:
        make_plan(open_view(data=DATA), NOTEBOOKS, spec=spec(tmp_path, text))
    assert UNFIT[text] in str(refused.value)


def test_an_axis_without_members_has_no_runs(tmp_path: Path) -> None:
    from dataclasses import replace

    view = open_view(data=DATA)
    frames = {name: view.everything[name] for name in view.everything.frames}
    bare = replace(view.everything, frames={**frames, "enterprises": frames["enterprises"].iloc[:0]})
    read = spec(
        tmp_path,
        "runs: [{notebook: overview}, {notebook: enterprise_commitments, matrix: {enterprise: every enterprise}}]",
    )
    runs = make_plan(replace(view, everything=bare), NOTEBOOKS, spec=read).runs
    assert {run.notebook.stem for run in runs} == {"overview"}


def test_the_command_says_it_in_one_line_and_starts_nothing(tmp_path: Path) -> None:
    plan, output = tmp_path / "mine.yaml", tmp_path / "reports"
    plan.write_text("runs:\n  - notebook: overview\n    matirx: {}\n", encoding="utf-8")
    done = call_r57("report", "--plan", plan, "--output", output)
    assert done.returncode == 2 and not output.exists()
    assert done.stderr.startswith("r57: error: mine.yaml line 3: unknown key 'matirx'; did you mean 'matrix'?")
    assert len(done.stderr.splitlines()) == 1


def test_a_dry_run_says_what_would_run_and_why(tmp_path: Path) -> None:
    batch = Batch(tmp_path)
    shutil.rmtree(batch.reports)
    foretold = batch.run("--dry-run")
    assert foretold.stdout.splitlines() == ["2025-12  first.en  never run", "2025-12: 1 of 1 runs to do"]
    assert not batch.reports.exists()
    assert batch.publish().returncode == 0
    assert batch.run("--dry-run").stdout == "2025-12: 0 of 1 runs to do\n"
    (batch.published / "first.en.html").write_text("spoilt", encoding="utf-8")
    assert "first.en.html is missing or was changed" in batch.run("--dry-run").stdout
    assert "first.en  the parameters changed" in batch.run("--as-of", "2025-12-20", "--dry-run").stdout


def test_pages_whose_names_differ_by_their_case_only_are_refused(tmp_path: Path) -> None:
    for name in ("own", "OWN"):
        shutil.copy(NOTEBOOKS / "overview.ipynb", tmp_path / f"{name}.ipynb")
    read = spec(tmp_path, "runs: [{notebook: own}, {notebook: OWN}]")
    with pytest.raises(WrongCall, match=r"makes page 'OWN.vi', and as 'own.vi', which differs by its case only"):
        make_plan(open_view(data=DATA), tmp_path, spec=read)
