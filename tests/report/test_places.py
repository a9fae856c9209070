"""Where reports may lie: on an overlay whose lower folders cannot be renamed, on shares without links or exchange."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from r57lib import disk
from tests.batching import MONTH, Batch, torn
from tests.conftest import DATA, ROOT

ON_OVERLAY = """
import os, sys
from pathlib import Path
from tests.batching import Batch, torn
folder = Path(sys.argv[1])
batch = Batch(folder)
try:
    (batch.reports / "2025-12").rename(folder / "elsewhere")
    sys.exit("it can be renamed: no overlay")
except OSError as error:
    print(error.errno)
for mark in ("two", "three"):
    done = batch.publish("-p", f"mark={mark}")
    assert done.returncode == 0, done.stderr
    assert torn(batch.reports) == "" and mark in (batch.published / "first.en.html").read_text(encoding="utf-8")
assert batch.publish("--keep", "1", month="2026-01").returncode == 0
assert not batch.published.exists() and torn(batch.reports, "2026-01") == ""
left = [path.name for path in (batch.reports / ".build").iterdir()]
assert left == [], left
"""


@pytest.mark.server
def test_on_an_overlay_a_month_is_published_wholly(tmp_path: Path) -> None:
    """A month that an image brought along is replaced, and goes when its time is over."""
    lower, mounted = tmp_path / "lower", tmp_path / "mounted"
    for name in ("upper", "work", "mounted"):
        (tmp_path / name).mkdir()
    batch = Batch(lower)
    assert batch.publish("-p", "mark=one").returncode == 0
    layers = f"lowerdir={lower},upperdir={tmp_path / 'upper'},workdir={tmp_path / 'work'}"
    mount = f"mount -t overlay overlay -o {layers} {mounted}"
    namespace = ["unshare", "--mount", *(["--map-root-user"] if os.getuid() else [])]
    if subprocess.run([*namespace, "sh", "-c", mount], capture_output=True, check=False).returncode:
        pytest.skip("no overlay can be mounted here")
    script = tmp_path / "publish.py"
    script.write_text(ON_OVERLAY, encoding="utf-8")
    command = f'{mount} && exec {sys.executable} {script} "$1"'
    done = subprocess.run(
        [*namespace, "sh", "-c", command, "sh", str(mounted)], cwd=ROOT, capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(errno.EXDEV))


class Ended(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", range(1, 12))
def test_a_crash_while_a_folder_is_taken_away_loses_nothing(
    tmp_path: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where neither exchange nor rename is to be had: after the next call there is the old month or the new."""
    built, target = tmp_path / "build" / "month", tmp_path / "month"
    for folder, text in ((built, "new"), (target, "old")):
        folder.mkdir(parents=True)
        for name in ("a", "b", "manifest.json"):
            (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(disk, "_exchange", lambda *_: False)
    left = [step]

    def counted(act: Callable[..., Any]) -> Callable[..., Any]:
        def acted(*given: Any, **named: Any) -> Any:
            if act is rename and Path(given[0]).name == "month":
                raise OSError(errno.EXDEV, "Invalid cross-device link")
            left[0] -= 1
            if left[0] == 0:
                raise Ended
            return act(*given, **named)

        return acted

    rename = os.rename
    with monkeypatch.context() as patch:
        for name in ("rename", "unlink", "rmdir", "replace"):
            patch.setattr(os, name, counted(getattr(os, name)))
        patch.setattr(Path, "touch", counted(Path.touch))
        with contextlib.suppress(Ended):
            disk.put_in_place(built, target)
    disk.settle(built, target)
    assert {path.read_text(encoding="utf-8") for path in target.iterdir()} in ({"old"}, {"new"})
    assert {path.name for path in target.iterdir()} == {"a", "b", "manifest.json"}


@pytest.mark.whole
def test_on_a_share_without_links_latest_leads_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a symbolic link nor a second name for a file, and no exchange: copies, and pages that lead on."""
    batch = Batch(tmp_path, data=Path(shutil.copytree(DATA, tmp_path / "data")))

    def refused(*_: Any, **named: Any) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    with monkeypatch.context() as patch:
        for name in ("link", "symlink"):
            patch.setattr(os, name, refused)
        patch.setattr(disk, "_exchange", lambda *_: False)
        for mark in ("one", "two"):
            assert batch.publish("-p", f"mark={mark}").returncode == 0
            assert torn(batch.reports) == ""
        page = (batch.reports / "latest" / "index.html").read_text(encoding="utf-8")
        assert f'content="0; url=../{MONTH}/index.html"' in page
        assert batch.publish(month="2026-01").returncode == 0
        assert "url=../2026-01/index.html" in (batch.reports / "latest" / "index.html").read_text(encoding="utf-8")
    assert batch.publish(month="2026-01").returncode == 0
    assert (batch.reports / "latest").readlink() == Path("2026-01")
