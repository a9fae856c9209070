"""The small Vega of pages and the whole one: what each draws, and that they are of one make."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import pytest
import vl_convert

from r57lib.charts.render import compiled
from r57lib.charts.theme import NUMBER_LOCALES
from r57lib.page.assets import beyond_small, kept_bundle, small_vega
from tests.charts.test_charts import DRAWN
from tests.charts.test_render import CHART
from tests.conftest import ROOT, with_bundle

STATIC = files("r57lib") / "page" / "static" / "vega"
ROWS = pd.DataFrame({"a": ["x", "y", "z"], "b": [1, 2.5, 3], "transform": [{"type": "bin"}] * 3})
PLAIN = alt.Chart(ROWS).mark_bar().encode(x="a:N", y="b:Q", tooltip="a:N")
MORE = {
    "identifier": PLAIN.add_params(alt.selection_point()),
    "bin": PLAIN.encode(x=alt.X("b:Q", bin=True)),
    "sequence": PLAIN.facet("a:N", columns=2),
    "window": PLAIN.transform_window(c="rank()"),
    "projections": alt.Chart(ROWS).mark_circle().encode(longitude="b:Q", latitude="b:Q"),
    "url": alt.Chart("rows.json").mark_bar().encode(x="a:N"),
    "csv": alt.Chart(alt.InlineData("a\nx\n", format=alt.CsvDataFormat(type="csv"))).mark_bar().encode(x="a:N"),
}


def vega(chart: Any) -> dict[str, Any]:
    return compiled(json.loads(chart.to_json()), "en")[0]


def test_the_small_vega_is_what_the_package_that_draws_pictures_holds() -> None:
    """Other versions draw otherwise; what was built is what is said of it."""
    told = small_vega()
    assert hashlib.sha256((STATIC / "small.js.gz").read_bytes()).hexdigest() == told["sha256"]
    locked = json.loads((ROOT / "vega" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    vega = locked["node_modules/vega"]["version"]
    assert vega == vl_convert.get_vega_version(), "change vega/package.json, then make vega"
    assert {name: locked[f"node_modules/{name}"]["version"] for name in told["versions"]} == told["versions"]


@pytest.mark.parametrize("name", DRAWN)
def test_every_chart_of_ours_is_for_the_small_one(name: str) -> None:
    assert beyond_small(vega(DRAWN[name]())) == set()


def test_what_an_own_chart_asks_for_beyond_it_is_named() -> None:
    assert beyond_small(vega(PLAIN)) == set(), "its rows may be called as they like"
    for name, chart in MORE.items():
        assert name in beyond_small(vega(chart)), name


DRAW = """async ([chart, formatLocale]) => {
    await vegaEmbed(document.body, chart, {renderer: 'svg', formatLocale, tooltip: {}});
    return [...document.querySelectorAll('svg text')].map(text => text.textContent);
}"""


def test_the_small_vega_writes_what_the_picture_says(browser: Any) -> None:
    chart, picture = compiled(CHART, "vi")
    page = browser.new_page()
    page.add_script_tag(content=gzip.decompress((STATIC / "small.js.gz").read_bytes()).decode())
    drawn = page.evaluate(DRAW, [chart, NUMBER_LOCALES["vi"]])
    page.close()
    assert drawn == re.findall(r"<text[^>]*>([^<]+)</text>", picture) and {"Đà Nẵng", "1.000"} <= {*drawn}


def test_a_kept_bundle_that_was_spoilt_is_built_again(tmp_path: Path) -> None:
    (path,) = (with_bundle(tmp_path) / ".cache").iterdir()
    made = path.read_text(encoding="utf-8")
    assert "window.vegaEmbed" in made
    path.write_text(made[:1000], encoding="utf-8")
    assert kept_bundle(path.parent) == made == path.read_text(encoding="utf-8")
