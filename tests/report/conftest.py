from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.batching import Batch
from tests.conftest import made_once, run_r57, with_bundle

CELLS = {
    "first": ["print(month, mark)"],
    "second": ["from r57lib import open_view; len(open_view(data=data).tables['indicators'])"],
}


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month that nothing has happened to, published by the real command, once for all tests."""

    def publish(folder: Path) -> None:
        done = Batch(folder, dict(CELLS)).command()
        assert done.returncode == 0, done.stderr

    return made_once(tmp_path_factory, "clean", publish)


JANUARY = (
    "overview", "task_completion", "digital_adoption", "enterprise_commitments", "province_profile", "agenda",
    "data_quality",
)  # fmt: skip


@pytest.fixture(scope="session")
def january(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages of January 2026 in Vietnamese, the month after the deadlines of the year."""

    def publish(folder: Path) -> None:
        with_bundle(folder)
        named = [part for name in JANUARY for part in ("--notebook", name)]
        done = run_r57("report", "--month", "2026-01", "--language", "vi", *named, "--output", folder)
        assert done.returncode == 0, done.stderr

    return made_once(tmp_path_factory, "january", publish)


@pytest.fixture(scope="session")
def documents(tmp_path_factory: pytest.TempPathFactory, plan: Path) -> Path:
    """December 2025 as in `reports`, with its documents, made by a call of another zone and locale."""

    def publish(folder: Path) -> None:
        text = plan.read_text(encoding="utf-8")
        assert text.count("formats: [html, ipynb]") == 1
        named = folder / "plan.yaml"
        named.write_text(text.replace("[html, ipynb]", "[html, ipynb, docx, pdf, pptx, xlsx]"), encoding="utf-8")
        call = ("report", "--plan", named, "--month", "2025-12", "--language", "both", "--output", with_bundle(folder))
        done = run_r57(*call, TZ="UTC", LC_ALL="C")
        assert done.returncode == 0, done.stderr

    return made_once(tmp_path_factory, "documents", publish)


@pytest.fixture
def batch(tmp_path: Path) -> Batch:
    """The same notebooks, and nothing published."""
    return Batch(tmp_path, dict(CELLS))


@pytest.fixture
def published(clean: Path, tmp_path: Path) -> Batch:
    """The same month, for something to happen to."""
    shutil.copytree(clean, tmp_path, dirs_exist_ok=True, symlinks=True)
    return Batch(tmp_path, dict(CELLS))
