"""README, the pages of docs/, data dictionary and environment.yml agree with the code, and their commands run.

Every fenced block of the pages says its language. Blocks of `sh` and `python` are run as they stand, page by page and
in their order, from a fresh copy of the repository whose `r57` is not on the PATH. The copy differs in three things:
its plan has one notebook of one figure in one language, and it has only the notebooks that blocks name, so that a month
is made in seconds; its `.venv` is this one's. A comment before a block says what the test adds:

    <!-- run: serves URL -->    its last command does not end by itself: it is started, asked for the URL, and ended
    <!-- run: ends with N -->   its command ends with this exit code
    <!-- run: first COMMAND --> what a reader would look up, and type in place of a name
    <!-- run: elsewhere -->     it needs another machine, other files or much time: what it names is looked for
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
import typer

from r57lib.cli.app import app
from r57lib.data.schema import dictionary, resources
from r57lib.ingest.heading import field_of
from r57lib.ingest.kinds import KINDS
from tests.conftest import DATA, ROOT, with_bundle
from tests.serving import free_port
from tests.test_rooms import ROOMS

PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "CONTRIBUTING.md")
}
EVERYTHING = "\n".join(PAGES.values())
COMMANDS = {
    name: {option for each in command.params for option in each.opts if option.startswith("-")} | {"--help"}
    for name, command in typer.main.get_command(app).commands.items()
}
"""The commands of `r57`, with the options of each."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: its language, its text, what the comments before it say, and where it stands."""

    language: str
    text: str
    marks: dict[str, str]
    place: str

    @property
    def commands(self) -> list[str]:
        """Its lines without comments, those that are continued as one."""
        joined = self.text.replace("\\\n", " ")
        return [line for each in joined.splitlines() if (line := re.sub(r"(^|\s)#\s.*", "", each).strip())]


def blocks(page: str) -> list[Block]:
    """Every fenced block of a page, in order."""
    text, found = PAGES[page], []
    for match in re.finditer(r"((?:^<!-- run: .*? -->\n)*)^```(.*)\n((?:.*\n)*?)^```$", text, flags=re.M):
        said = re.findall(r"<!-- run: (serves|ends with|first|elsewhere) ?(.*?) -->", match[1])
        place = f"{page} line {text[: match.start(2)].count(chr(10)) + 1}"
        found.append(Block(match[2], match[3], dict(said), place))
    return found


ALL_BLOCKS = [block for page in PAGES for block in blocks(page)]
RUN = [block for block in ALL_BLOCKS if block.language in ("sh", "python") and "elsewhere" not in block.marks]


# --- their commands run ----------------------------------------------------------------------------------------------


SERVED = {
    "make dashboards": "ARGS='--port {port}' {line}",
    "make lab": "ARGS='--no-browser --port {port} --IdentityProvider.token=' {line}",
    "r57 serve": "{line} --port {port}",
}
"""How the test has a command listen on a port of its own."""

PRELUDE = r"""
set -eE
trap 'echo "$place: $BASH_COMMAND" >&2' ERR
answers() {  # URL, command: start it, ask until it answers, end it with all that it started
    setsid bash -c "exec $2" &
    local server=$! code=0
    python3 - "$1" $server <<'END' || code=1
import os, sys, time, urllib.request
for _ in range(600):
    try:
        sys.exit(urllib.request.urlopen(sys.argv[1], timeout=60).status != 200)
    except OSError:
        time.sleep(0.1)
        os.kill(int(sys.argv[2]), 0)
sys.exit(1)
END
    kill -- -$server && wait $server || true
    return $code
}
"""


def script(page: str, port: int) -> str:
    """All blocks of a page that can be run, in their order, as one script of bash."""
    parts = [PRELUDE, "" if page == "README.md" else ". .venv/bin/activate"]
    for block in (each for each in RUN if each.place.startswith(f"{page} ")):
        parts += [f"place={shlex.quote(block.place)}", block.marks.get("first", "")]
        text = block.text if block.language == "sh" else f"python - <<'END_OF_BLOCK'\n{block.text}END_OF_BLOCK\n"
        if "serves" in block.marks:
            *before, line = block.commands
            form = next(form for name, form in SERVED.items() if line.startswith(name))
            url = re.sub(r":\d+", f":{port}", block.marks["serves"])
            text = "\n".join([*before, shlex.join(["answers", url, "env " + form.format(line=line, port=port)])])
        if "ends with" in block.marks:
            text = f"code=0\n{text.rstrip()} || code=$?\ntest $code = {block.marks['ends with']}"
        parts.append(text)
    return "\n".join(parts)


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A copy of the repository, ready to be used: set up, with a short plan, and with the script of charts."""
    copy = tmp_path / "r57"
    wanted = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(wanted, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in listed:
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    for name in ("requirements-dev.lock", "pyproject.toml"):
        os.utime(copy / name, (0, 0))  # older than the environment, which make then leaves as it is
    (copy / ".venv").mkdir()
    for path in Path(sys.prefix).iterdir():
        if path.name not in (".lock", ".project"):
            (copy / ".venv" / path.name).symlink_to(path)
    (copy / ".venv" / ".lock").touch()
    (copy / ".venv" / ".project").touch()
    for path in (copy / "notebooks").glob("*.ipynb"):
        if not any(path.stem in block.text for block in RUN):
            path.unlink()
    plan = copy / "reports" / "monthly.yaml"
    plan.write_text("languages: [vi]\nruns:\n  - notebook: short\n", encoding="utf-8")
    short = nbformat.read(copy / "notebooks" / "overview.ipynb", as_version=4)
    first = next(place for place, cell in enumerate(short.cells) if "figures." in cell.source)
    del short.cells[first + 1 :]
    nbformat.write(short, copy / "notebooks" / "short.ipynb")
    for folder in ("reports", "trial-mine", "trial-usage/reports", "trial-register/reports"):
        with_bundle(copy / folder)
    return copy


@pytest.mark.server
@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=pytest.mark.xdist_group(page))  # one page beside another
        for page in sorted({block.place.split(" ")[0] for block in RUN})
    ],
)
def test_every_command_of_a_page_runs(page: str, fresh: Path) -> None:
    outer = {"ARGS", "MAKEFLAGS", "MFLAGS", "MAKELEVEL"}
    environment = {name: value for name, value in os.environ.items() if name not in outer}
    folders = os.environ["PATH"].split(os.pathsep)
    environment["PATH"] = os.pathsep.join(each for each in folders if not (Path(each) / "r57").exists())
    command = ["bash", "-c", script(page, free_port())]
    done = subprocess.run(command, cwd=fresh, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr


def test_every_block_says_its_language_and_every_mark_is_known() -> None:
    assert {block.language for block in ALL_BLOCKS} <= {"sh", "python", "text"}
    assert EVERYTHING.count("```") == 2 * len(ALL_BLOCKS)
    assert EVERYTHING.count("<!--") == sum(len(block.marks) for block in ALL_BLOCKS)


DEBIAN = {
    "adduser",
    "apt-get",
    "cat",
    "cp",
    "git",
    "install",
    "ln",
    "mkdir",
    "openssl",
    "printf",
    "rm",
    "sed",
    "systemctl",
}
"""Programs that blocks for another machine may call."""


@pytest.mark.parametrize(
    "block", [each for each in ALL_BLOCKS if "elsewhere" in each.marks], ids=lambda block: block.place
)
def test_what_another_machine_runs_is_there(block: Block) -> None:
    """Programs and their options are known; targets of make, units of systemd and files of the checkout exist."""
    subprocess.run(["bash", "-n"], input=block.text, text=True, check=True)
    for line in block.commands:
        for words in map(shlex.split, re.split(r" && | \| ", line)):
            options = {word.partition("=")[0] for word in words if word.startswith("--")}
            program = Path(words[0]).name
            if program == "r57":
                assert options <= COMMANDS[words[1]], line
            elif program == "install.sh":
                assert (ROOT / "deploy" / program).is_file(), line
            elif words[0] == ".venv/bin/dask":
                told = subprocess.run([Path(sys.prefix) / "bin" / "dask", words[1], "--help"], capture_output=True)
                assert options and all(option in told.stdout.decode() for option in options), line
            else:
                assert words[0] in DEBIAN | {"make"}, line
        for path in re.findall(r"/srv/r57/app/(\S+)", line):
            assert (ROOT / path).exists(), line
        for unit in re.findall(r"enable --now (\S+)", line):
            assert (ROOT / "deploy" / (unit if "." in unit else f"{unit}.service")).is_file(), line


# --- what they name is there -----------------------------------------------------------------------------------------


def test_readme_is_short() -> None:
    assert len(PAGES["README.md"].splitlines()) <= 150


def test_the_tables_of_commands_hold_every_command_and_option() -> None:
    page = PAGES["docs/operator.md"]
    assert set(re.findall(r"^\| `r57 ([a-z-]+)", page, flags=re.M)) == set(COMMANDS)
    named: dict[str, set[str]] = {name: {"--help"} for name in COMMANDS}
    for cell, of in re.findall(r"^\| (`-.*?) \| (.*?) \|", page, flags=re.M):
        for command in COMMANDS if of == "all" else of.split(", "):
            named[command] |= set(re.findall(r"`(-[a-z-]+)", cell))
    assert named == COMMANDS


def test_pages_name_only_what_there_is() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    typed = [*re.findall(r"`([^`\n]+)`", EVERYTHING), *(line for block in ALL_BLOCKS for line in block.commands)]
    for target in {found for each in typed for found in re.findall(r"^make ([a-z][a-z-]*)", each)}:
        assert re.search(rf"^{target}:", makefile, flags=re.M), target
    for code in (each for each in typed if each.startswith("r57 ")):
        command, options = code.split()[1], set(re.findall(r" (--?[a-z-]+)", re.sub(r"\$\(.*\)", "", code)))
        assert options <= (COMMANDS[command] if command != "--help" else {"--help"}), code
    rooted = r"`((?:r57lib|data|docs|tests|benchmarks|deploy|notebooks)/[\w./-]*)`"
    for path in set(re.findall(rooted, EVERYTHING)) - {"data/ingested/", "data/usage/", "data/ingested/0007/"}:
        assert (ROOT / path).exists(), path


def anchor(heading: str) -> str:
    """The name by which a link finds a heading."""
    return re.sub(r"[^\w -]", "", heading.strip().casefold()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", PAGES[page]):
        if not link.startswith("http"):
            path, _, name = link.partition("#")
            target = (ROOT / page).parent / path if path else ROOT / page
            assert target.exists(), link
            headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), flags=re.M) if name else []
            assert not name or name in map(anchor, headings), link


def test_architecture_has_the_rooms_and_arrows_that_the_test_of_rooms_holds() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .*? \| (.*?) \|$", PAGES["docs/architecture.md"], flags=re.M)
    drawn = {room: set(re.findall(r"`(\w+)`", said)) for room, said in rows if room in ROOMS}
    assert drawn | {"cli": ROOMS["cli"], "disk": set()} == ROOMS


def test_architecture_and_contributing_name_files_and_functions_that_are_there() -> None:
    text = PAGES["docs/architecture.md"] + PAGES["CONTRIBUTING.md"]
    found = re.findall(r"`((?:[a-z0-9]+/)+[\w.]+\.(?:py|js))(?::(\w+))?`", text)
    assert len(found) > 40
    for path, name in found:
        file = next((each for each in (ROOT / "r57lib" / path, ROOT / path) if each.is_file()), None)
        assert file, path
        assert not name or re.search(rf"^(?:def|class) {name}\b", file.read_text(encoding="utf-8"), flags=re.M), name


def test_senders_are_told_headings_that_are_understood() -> None:
    rows = re.findall(
        r"^\| [^|]* \| (?:một|a(?! row)|what) [^|]* \| (.*?) \| (.*?) \|$", PAGES["docs/sender.md"], flags=re.M
    )
    assert len(rows) == 6
    for kind, columns in zip([*KINDS.values()] * 2, rows, strict=True):
        must, may = (re.sub(r" \(.*?\)", "", each).split(", ") for each in columns)
        named = {name: field_of(name, kind) for name in (*must, *may)}
        assert all(named.values()), named
        assert {named[name] for name in must} == {each.name for each in kind.fields if each.column_required}


# --- what is written from the code -----------------------------------------------------------------------------------


def test_dictionary_is_written_from_the_schema() -> None:
    page = (DATA / "README.md").read_text(encoding="utf-8")
    assert page == dictionary(page)
    for table in resources().values():
        for column in table.fields:
            assert f"| `{column.name}` |" in page


def test_environment_has_the_versions_of_the_lock() -> None:
    lock = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([A-Za-z0-9][\w.-]*==[^ ;\\]+)", lock, flags=re.M))
    environment = (ROOT / "environment.yml").read_text(encoding="utf-8")
    named = set(re.findall(r'- "([A-Za-z0-9][\w.-]*==[^ ;"]+)', environment))
    assert named == locked
    assert "- -e ." in environment
    assert "rfc3987" not in lock + environment


def test_every_dependency_is_locked() -> None:
    """What is needed to run in the one lock, what is for work on the project in the other beside it, in one version."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project, groups = told["project"], told["dependency-groups"]
    extras = dict(project["optional-dependencies"])
    lab = extras.pop("lab")
    needed = [*project["dependencies"], *groups["build"], *(entry for extra in extras.values() for entry in extra)]
    more = [*lab, *(each for each in groups["dev"] if isinstance(each, str))]
    locks = {}
    for kind, names in (("", needed), ("-dev", [*needed, *more])):
        lock = (ROOT / f"requirements{kind}.lock").read_text(encoding="utf-8").casefold()
        locks[kind] = dict(re.findall(r"^([\w.-]+)==([^ ;\\]+)", lock, flags=re.M))
        wanted = {re.match(r"[\w.-]+", entry)[0].casefold() for entry in names}
        assert wanted <= set(locks[kind])
    assert locks[""].items() <= locks["-dev"].items()
    assert not {"jupyterlab", "pytest", "playwright", "mypy", "uv"} & set(locks[""])


def test_nothing_points_outside_the_repository() -> None:
    private = re.compile(r"/work/|/root/|/tmp/|\.\./shared|index-url")
    for path in (*ROOT.glob("*.*"), *(ROOT / "r57lib").rglob("*.*"), *DATA.glob("*"), *(ROOT / "notebooks").glob("*")):
        if path.is_file() and path.suffix in {
            ".py",
            ".md",
            ".toml",
            ".yml",
            ".csv",
            ".ipynb",
            ".json",
            ".lock",
            ".css",
        }:
            assert not private.search(path.read_text(encoding="utf-8")), path
