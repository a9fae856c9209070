"""A backup of what docs/operator.md names is enough: approved bytes come back, and nobody is told anything twice."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

import pytest

from tests.batching import MONTH, Batch, report_otherwise
from tests.conftest import DATA, ROOT, call_r57

pytestmark = pytest.mark.whole


def named_in_the_docs() -> list[str]:
    """The paths that the page has operators put into their backup."""
    page = (ROOT / "docs" / "operator.md").read_text(encoding="utf-8")
    command = page.partition("tar --create --file backup.tar --ignore-failed-read")[2].partition("```")[0]
    return command.replace("\\", " ").split()


def test_a_restored_folder_goes_on_where_the_lost_one_was(tmp_path: Path) -> None:
    data, mail, backup = tmp_path / "data", tmp_path / "mail", tmp_path / "backup.tar"
    shutil.copytree(DATA, data)
    mail.mkdir()
    batch = Batch(tmp_path, {"first": ["1"]}, data=data)
    assert batch.publish("--notify", f"{mail}/").returncode == 0
    approval = ("approve", MONTH, "--output", str(batch.reports), "--data", str(data), "--by", "Lan")
    digest = call_r57(*approval[:-2]).stdout.partition("--digest ")[2].split()[0]
    assert call_r57(*approval, "--digest", digest).returncode == 0
    report_otherwise(data, "P-better", "0.61", reported_on="2026-03-06")
    assert batch.publish("--notify", f"{mail}/").returncode == 0
    told = list(mail.iterdir())
    kept = {path: path.read_bytes() for path in (batch.reports / "approved").rglob("*") if path.is_file()}
    pages = batch.bytes()
    assert len(told) == 2 and kept and pages

    paths = named_in_the_docs()
    with tarfile.open(backup, "w") as tar:
        for path in paths:
            if (tmp_path / path).exists():
                tar.add(tmp_path / path, path)
    for path in told:
        path.unlink()
    batch.clear()
    shutil.rmtree(data)
    with tarfile.open(backup) as tar:
        tar.extractall(tmp_path, filter="data")

    assert batch.publish("--notify", f"{mail}/").returncode == 0
    assert not list(mail.iterdir())
    assert {path: path.read_bytes() for path in kept} == kept
    assert batch.bytes() == pages, "also what the first page says of approval and correction"
