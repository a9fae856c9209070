"""README, data dictionary, environment.yml and the commands' help agree with the code."""

from __future__ import annotations

import json
import re
import tomllib

from r57lib.data.dictionary import descriptor, dictionary
from r57lib.data.schema import TABLES
from tests.conftest import DATA, ROOT, call_r57

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_dictionary_is_written_from_the_schema() -> None:
    assert (DATA / "README.md").read_text(encoding="utf-8") == dictionary()
    for table in TABLES.values():
        for column in table.columns:
            assert f"| `{column.name}` |" in dictionary()


def test_descriptor_is_written_from_the_schema() -> None:
    assert json.loads((DATA / "datapackage.json").read_text(encoding="utf-8")) == descriptor()


def test_the_docs_name_every_command_and_option() -> None:
    texts = README + "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md")))
    commands = re.findall(r"^│ ([a-z]+) ", call_r57("--help").stdout, flags=re.M)
    assert len(commands) >= 8
    for command in commands:
        assert f"`r57 {command}" in texts
        for option in set(re.findall(r"--[a-z-]+", call_r57(command, "--help").stdout)) - {"--help"}:
            assert option in texts, f"{command} {option}"


def test_readme_names_only_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"make ([a-z]+)", README)):
        assert re.search(rf"^{target}:", makefile, flags=re.M), target


def test_readme_pictures_and_links_exist() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        if not link.startswith("http"):
            assert (ROOT / link).exists(), link


def test_environment_has_the_versions_of_the_lock() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([A-Za-z0-9][\w.-]*==[^ ;\\]+)", lock, flags=re.M))
    environment = (ROOT / "environment.yml").read_text(encoding="utf-8")
    named = set(re.findall(r'- "([A-Za-z0-9][\w.-]*==[^ ;"]+)', environment))
    assert named == locked
    assert "- -e ." in environment
    assert "rfc3987" not in lock + environment


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").casefold()
    names = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    for name in (re.match(r"[\w.-]+", entry)[0] for entry in names):
        assert f"\n{name.casefold()}==" in lock, name


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
