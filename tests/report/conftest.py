from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.batching import Batch
from tests.conftest import made_once

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


@pytest.fixture
def batch(tmp_path: Path) -> Batch:
    """The same notebooks, and nothing published."""
    return Batch(tmp_path, dict(CELLS))


@pytest.fixture
def published(clean: Path, tmp_path: Path) -> Batch:
    """The same month, for something to happen to."""
    shutil.copytree(clean, tmp_path, dirs_exist_ok=True, symlinks=True)
    return Batch(tmp_path, dict(CELLS))
