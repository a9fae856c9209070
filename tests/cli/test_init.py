"""A folder of one's own: from the wheel alone, without this repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import DATA, ROOT, call_r57


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library as a wheel brings it, in a folder of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (file,) = folder.glob("*.whl")
    with zipfile.ZipFile(file) as archive:
        archive.extractall(folder / "library")
    return folder / "library"


def run(wheel: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-c", "from r57lib.cli.app import main; main()", *arguments]
    environment = os.environ | {"PYTHONPATH": str(wheel)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.server
def test_a_wheel_makes_a_folder_and_a_month_in_it(wheel: Path, tmp_path: Path) -> None:
    made = run(wheel, tmp_path, "init", "mine")
    assert (made.returncode, made.stdout) == (0, "mine\n"), made.stderr
    mine = tmp_path / "mine"
    assert {each.name for each in mine.iterdir()} == {".gitignore", "README.md", "data", "notebooks", "reports"}
    assert {each.name for each in (mine / "data").glob("*.csv")} == {each.name for each in DATA.glob("*.csv")}
    done = run(wheel, mine, "report", "--notebook", "overview", "--language", "en", "--formats", "html")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{mine}/reports/{(mine / 'reports' / 'latest').readlink()}/index.html\n"
    assert "Status board" in (mine / "reports" / "latest" / "overview.en.html").read_text(encoding="utf-8")
    assert not (wheel / "r57lib" / "project" / "reports" / "latest").exists()


def test_a_wheel_brings_the_extension_of_jupyterlab(wheel: Path) -> None:
    (extension,) = wheel.glob("*.data/data/share/jupyter/labextensions/r57-charts")
    assert {path.name for path in extension.rglob("*.*")} == {"package.json", *STATIC}
    assert "--r57-ink" in (extension / "static" / "theme.css").read_text(encoding="utf-8")
    assert (extension / "static" / "vega.js").stat().st_size > 500_000


STATIC = {"remoteEntry.js", "page.css", "theme.css", "vega.js"}


def test_where_there_is_no_data_it_says_how_to_get_some(wheel: Path, tmp_path: Path) -> None:
    done = run(wheel, tmp_path, "check")
    assert done.returncode == 2
    assert "make a folder to work in with r57 init DIR" in done.stderr


def test_nothing_that_is_there_is_lost(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine", encoding="utf-8")
    for name, said in (("mine", "is not empty"), ("mine/notes.txt", "is a file")):
        done = call_r57("init", tmp_path / name)
        assert (done.returncode, said in done.stderr) == (2, True)
    assert [each.name for each in tmp_path.rglob("*")] == ["mine", "notes.txt"]


def test_an_empty_folder_is_filled_where_it_stands(tmp_path: Path) -> None:
    empty = tmp_path / "Thư mục của tôi"
    empty.mkdir()
    (tmp_path / "link").symlink_to(empty)
    node = empty.stat().st_ino
    for here, name in ((empty, "."), (tmp_path, "link"), (tmp_path, "Thư mục của tôi")):
        for each in list(empty.iterdir()):
            shutil.rmtree(each) if each.is_dir() else each.unlink()
        done = call_r57("init", name, cwd=here)
        assert done.returncode == 0, done.stderr
        assert {each.name for each in empty.iterdir()} == {".gitignore", "README.md", "data", "notebooks", "reports"}
        assert empty.stat().st_ino == node  # whoever stands in it stands there still
    assert done.stderr == "next: cd 'Thư mục của tôi' && r57 report\n"
    assert {each.name for each in tmp_path.iterdir()} == {"Thư mục của tôi", "link"}


@pytest.mark.parametrize(("here", "named"), [("", "."), ("data", "."), ("", "data"), ("notebooks", "..")])
def test_a_project_or_its_data_can_be_named_from_anywhere(tmp_path: Path, here: str, named: str) -> None:
    assert call_r57("init", tmp_path / "mine").returncode == 0
    call = ("report", "--data", named, "--notebook", "overview", "--language", "en", "--formats", "html", "--dry-run")
    done = call_r57(*call, cwd=tmp_path / "mine" / here)
    assert (done.returncode, "overview.en" in done.stdout) == (0, True), done.stderr


def test_a_report_without_a_plan_says_so(tmp_path: Path) -> None:
    assert call_r57("init", tmp_path / "mine").returncode == 0
    (tmp_path / "mine" / "reports" / "monthly.yaml").unlink()
    done = call_r57("report", "--dry-run", cwd=tmp_path / "mine")
    own = len(list((tmp_path / "mine" / "notebooks").glob("*.ipynb")))
    assert f"mine/reports/monthly.yaml: each of the {own} notebooks in" in done.stderr
