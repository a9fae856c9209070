from __future__ import annotations

import fcntl
import gc
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from _pytest.nodeid import coerce_node_id

from r57lib.data.load import load_tables
from r57lib.data.periods import parse_month
from r57lib.data.tables import Tables
from r57lib.disk import alone

hypothesis.settings.register_profile("untimed", deadline=None)  # no test is timed: a busy machine is not a fault
hypothesis.settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
SAMPLE_SOURCE = "synthetic-register"
R57 = Path(sys.executable).with_name("r57")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or "/usr/bin/chromium"

Command = Callable[..., subprocess.CompletedProcess[str]]


def run_r57(*arguments: str | Path, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as a user runs it: another process, its exit code and both its streams."""
    return subprocess.run(
        [R57, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def call_r57(*arguments: str | Path, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in this process, which costs no second start: for what is not about processes.

    An error that is not the user's comes through as it is, and fails the test.
    """
    from r57lib.cli.app import main

    command = ["r57", *map(str, arguments)]
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    former, code = signal.getsignal(signal.SIGTERM), 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(cwd)
        patch.setattr(sys, "argv", command)
        for name, value in {"COLUMNS": "200", **environment}.items():
            patch.setenv(name, value)
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        finally:
            signal.signal(signal.SIGTERM, former)
    texts = [stream.buffer.getvalue().decode() for stream in (out, err)]  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(command, code, *texts)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="write the golden files anew; look at what changed")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a text with the file that was looked at and kept."""

    def compare(name: str, text: str) -> None:
        path = ROOT / "tests" / "golden" / name
        if request.config.getoption("--golden"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture(scope="session")
def r57() -> Command:
    return run_r57


@pytest.fixture(scope="session")
def real_tables() -> Tables:
    """The project's own data."""
    return load_tables(DATA)


@pytest.fixture
def desk(tmp_path: Path, real_tables: Tables) -> Any:
    """A data folder that has taken nothing in yet, with the project's code lists."""
    from tests.sheets import Desk  # it needs the names of this module

    return Desk(tmp_path, real_tables)


@pytest.fixture(scope="session")
def registered(tmp_path_factory: pytest.TempPathFactory, real_tables: Tables) -> Path:
    """The project's tables, and the made-up register taken in with them, month by month."""
    from tests.sheets import Desk, with_tables

    desk = Desk(tmp_path_factory.mktemp("registered"), real_tables)
    for path in sorted((DATA / "sample").glob("*.csv")):
        day = parse_month(path.stem).last_day.isoformat()
        assert desk.take(path.read_bytes(), reported_on=day, source=SAMPLE_SOURCE).state == "accepted"
    return with_tables(desk.tables.folder)


@pytest.fixture(scope="session")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's own plan with two provinces and two enterprises: a merged one, and of each one without a figure."""
    text = (ROOT / "reports" / "monthly.yaml").read_text(encoding="utf-8")
    path = tmp_path_factory.mktemp("plan") / "monthly.yaml"
    for every, two in {"province": "['24', '11']", "enterprise": "[viettel, fpt_university]"}.items():
        assert text.count(f"{every}: every {every}") == 1
        text = text.replace(f"{every}: every {every}", f"{every}: {two}")
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory, plan: Path) -> Path:
    """The real report of December and of September 2025 in both languages, run once for all tests."""

    def publish(folder: Path) -> None:
        with_bundle(folder)
        months = ("--month", "2025-12", "--month", "2025-09")
        done = run_r57("report", "--plan", plan, *months, "--language", "both", "--output", folder)
        assert done.returncode == 0, done.stderr

    return made_once(tmp_path_factory, "reports", publish)


@cache
def _bundle() -> Path:
    """The script that draws charts, which takes seconds to build, where the project's own reports keep it."""
    from r57lib.page.assets import kept_bundle

    folder = ROOT / "reports" / ".cache"
    with alone(folder / "lock", "the script is built", wait=True):  # workers that ask at once need not all build it
        kept_bundle(folder)
    return max(folder.glob("vega-*.js"), key=lambda path: path.stat().st_mtime)


def with_bundle(reports: Path) -> Path:
    """A folder for reports that need not build that script."""
    (reports / ".cache").mkdir(parents=True, exist_ok=True)
    shutil.copy(_bundle(), reports / ".cache")
    return reports


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that the first worker of a test run makes, and all others use; nobody may change it."""
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # that of the run; each worker has one of its own in it
    folder, done = root / f"shared-{name}", root / f"shared-{name}.done"
    with (root / f"shared-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


SLOW = {"browser", "server", "engines"}
LASTING = {
    "reports",
    "clean",
    "january",
    "shown",
    "hired",
    "wheel",
    "documents",
    "server",
    "gate",
    "guarded",
    "small",
    "trapped",
    "month",
    "draft",
    "approved",
    "machines",
    "jupyterlab",
}
"""Fixtures that start processes of ours: who uses them is not quick."""


def pytest_itemcollected(item: Any) -> None:
    """Mark what is not quick by what it uses, and let one worker run what shares something costly."""
    used = set(item.fixturenames) - set(item.callspec.params if hasattr(item, "callspec") else ())
    if "browser" in used:
        item.add_marker("browser")
    if used & LASTING:
        item.add_marker("server")
    if group := _group(item):
        item.add_marker(pytest.mark.xdist_group(group))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes longest goes first, or the last of it would run alone: slow groups, slow tests, the rest."""

    def place(item: pytest.Item) -> int:
        slow = SLOW & {mark.name for mark in item.iter_markers()}
        return 2 if not slow else 0 if item.get_closest_marker("xdist_group") else 1

    items.sort(key=place)
    if getattr(config.option, "loadgroup", False):  # xdist 3.8 writes the group where pytest 9.2 does not look any more
        for item in items:
            if group := item.get_closest_marker("xdist_group"):
                item._id = coerce_node_id(f"{item.nodeid}@{group.args[0]}")  # type: ignore[attr-defined]


def pytest_collection_finish() -> None:
    """Let the collector look at what a test makes, and not at four thousand tests again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{roboto}</dir><dir>/usr/share/fonts</dir><cachedir>{cache}</cachedir>{asked}</fontconfig>"""
ASKED = """<match target="pattern"><test name="family"><string>{name}</string></test>
<edit name="family" mode="assign" binding="same"><string>Roboto</string></edit></match>"""


def _group(item: Any) -> str:
    """What is run by one worker: the tests of a server, or of a file that has fixtures of its own or is quick."""
    used = set(item.fixturenames)
    if shared := used & {"server", "guarded"}:
        return min(shared)
    fixtures = item._fixtureinfo.name2fixturedefs
    alone = not any(each.scope == "module" for name in used & set(fixtures) for each in fixtures[name])
    slow = {mark.name for mark in item.iter_markers()} & SLOW
    return "" if alone and slow else item.nodeid.partition("::")[0]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The server as it stands, for all that visit it."""
    from tests.serving import serving  # it needs the names of this module

    with serving(tmp_path_factory.mktemp("open"), "--sessions", "60", wait=True) as running:
        yield running


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One of two dashboards with a token, for all that must not pass it; files that nobody may read lie around it.

    A third one, `large`, is an answer of 12 MB, which no socket holds.
    """
    from tests.serving import TOKEN, project, serving

    root = project(tmp_path_factory.mktemp("guarded"), "overview", "task_completion")
    for name in ("README.md", "r57lib", ".git"):
        (root / name).symlink_to(ROOT / name)
    notebook = json.loads((root / "notebooks" / "overview.ipynb").read_text(encoding="utf-8"))
    cell = {"cell_type": "code", "execution_count": None, "id": "large", "metadata": {}, "outputs": []}
    notebook["cells"] = [*notebook["cells"][:4], {**cell, "source": "print('more than sockets hold ' * 500_000)"}]
    (root / "notebooks" / "large.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    more = ("--sessions", "40", "--user-header", "X-Remote-User", "--embed-from", "https://portal.gov.vn")
    (root / "tmp").mkdir()  # no path of a socket would fit into it
    with serving(root, *more, root=root, token=TOKEN, TMPDIR=str(root / "tmp")) as running:
        yield running


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Chromium, with Roboto for whichever font a page asks for: a text is as wide on every machine."""
    import font_roboto
    from playwright.sync_api import sync_playwright

    from r57lib.charts.theme import FONT

    folder = tmp_path_factory.mktemp("fonts")
    names = [name.strip(" \"'") for name in FONT.split(",")]
    text = FONTS.format(
        roboto=Path(font_roboto.__file__).parent / "files",
        cache=folder,
        asked="".join(ASKED.format(name=name) for name in names),
    )
    (folder / "fonts.conf").write_text(text, encoding="utf-8")
    with sync_playwright() as playwright:
        offline = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost"
        flags = ["--no-sandbox", "--disable-background-networking", offline]
        fonts = {**os.environ, "FONTCONFIG_FILE": str(folder / "fonts.conf")}
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags, env=fonts)
        yield chromium
        chromium.close()
