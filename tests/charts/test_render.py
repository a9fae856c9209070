"""Pictures of charts: the same whoever draws them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from r57lib.charts import render
from tests.batching import until

CHART = {
    "data": {"values": [{"a": "Đà Nẵng", "b": 1234.5}]},
    "mark": "bar",
    "width": 200,
    "encoding": {"x": {"field": "b", "type": "quantitative"}, "y": {"field": "a", "type": "nominal"}},
}


@pytest.fixture
def path() -> Iterator[Path]:
    """Where a socket may lie: its path has 107 bytes at most."""
    with TemporaryDirectory(prefix="r57t", dir="/tmp") as folder:
        yield Path(folder, "artist")


@pytest.fixture
def hired(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    code = "import sys; from r57lib.charts.render import draw_on; draw_on(sys.argv[1])"
    with subprocess.Popen([sys.executable, "-c", code, path]) as process:
        try:
            until(path.is_socket)
            render.hire(str(path))
            yield process
        finally:
            render.hire("")
            process.kill()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_an_artist_draws_what_we_would(
    hired: subprocess.Popen[bytes], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = render._draw(CHART, language)
    with monkeypatch.context() as patched:
        patched.setattr(render, "_draw", lambda *_: "not asked")
        assert [*render.compiled(CHART, language)] == json.loads(own)
    assert "Đà Nẵng" in own and (">1.000<" if language == "vi" else ">1,000<") in own


def test_where_the_artist_is_dead_or_was_never_there_we_draw(hired: subprocess.Popen[bytes], tmp_path: Path) -> None:
    own = json.loads(render._draw(CHART, "en"))[1]
    hired.kill()
    hired.wait()
    assert render.draw(CHART, "en") == own
    (tmp_path / "file").touch()
    for nobody in (str(tmp_path / "file"), str(tmp_path / "none"), ""):
        render.hire(nobody)
        assert render.draw(CHART, "en") == own


def test_what_an_artist_cannot_draw_is_our_error(hired: subprocess.Popen[bytes]) -> None:
    with pytest.raises(ValueError, match="conversion failed"):
        render.draw({"mark": "no such mark"}, "en")
    assert hired.poll() is None, "and it goes on"
    assert render.draw(CHART, "en")


def test_a_drawing_does_not_depend_on_those_before_it() -> None:
    clipped = CHART | {"mark": {"type": "bar", "clip": True}}
    first = render.draw(clipped, "vi")
    assert "clip0" in first and render.draw(clipped, "vi") == first


def test_a_chart_whose_marks_are_links_is_drawn_without_them() -> None:
    values = {"data": {"values": [{"a": "Đà Nẵng", "b": 1234.5, "href": "kept"}]}}
    encoding = {**CHART["encoding"], "href": {"value": "https://example.org/"}, "text": {"field": "href"}}
    drawn = render.draw({**CHART, **values, "mark": {"type": "text", "href": "x"}, "encoding": encoding}, "vi")
    assert ">kept</text>" in drawn and "example.org" not in drawn
