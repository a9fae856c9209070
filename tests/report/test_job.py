"""What makes a run stale: the versions of whatever its bytes come from."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError

import pytest

from r57lib.report import job
from tests.conftest import ROOT

WRITES_NOTHING = {
    "ipykernel", "ipywidgets", "jsonschema", "jupyter-client", "jupyter-server", "markupsafe", "psutil",
    "python-calamine", "pyyaml", "rich", "tornado", "traitlets", "typer", "voila",
}  # fmt: skip
"""What reads, checks, serves or prints: a month has no byte of it."""


@pytest.fixture
def anew() -> Iterator[None]:
    """Versions that are looked up again, before and after."""
    for each in (job.versions, job.lock_hash):
        each.cache_clear()
    yield
    for each in (job.versions, job.lock_hash):
        each.cache_clear()


def test_every_package_that_writes_is_named_with_its_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["slides"]]
    assert {re.split(r"[^\w-]", each)[0] for each in asked} - set(job.VERSIONED) == WRITES_NOTHING


def test_another_version_of_an_extra_makes_stale_and_one_that_is_missing_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, anew: None
) -> None:
    before, whole, found = job.lock_hash(), job.versions(), job.version
    assert "python-pptx" in whole
    monkeypatch.setattr(job, "version", lambda name: "9.9" if name == "python-pptx" else found(name))
    job.versions.cache_clear(), job.lock_hash.cache_clear()
    assert job.lock_hash() != before

    def missing(name: str) -> str:
        if name == "python-pptx":
            raise PackageNotFoundError(name)
        return found(name)

    monkeypatch.setattr(job, "version", missing)
    job.versions.cache_clear(), job.lock_hash.cache_clear()
    assert whole.items() - job.versions().items() == {("python-pptx", whole["python-pptx"])}
