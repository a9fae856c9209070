from __future__ import annotations

import json
import re
from collections import Counter
from itertools import pairwise

import altair as alt
import pytest

from r57lib.charts.base import r57
from r57lib.charts.theme import COLOURS, adaptive, colour, css_variables

MODES = {"light": 0, "dark": 1}
TEXTS = [("ink", "page"), ("muted", "page"), ("reference", "page")]
TEXTS += [("on_dark", name) for name in ("completed_on_time", "series_1", "series_2", "muted")]
TEXTS += [("on_light", name) for name in ("completed_late", "in_progress")]
TEXTS += [("on_accent", "overdue")]
TEXTS += [("on_light", f"class_{shade}") for shade in (1, 2, 3)] + [("on_dark", f"class_{shade}") for shade in (4, 5)]
"""Text and what it is written on."""
GRAPHICS = ["completed_on_time", "overdue", "reference", "series_1", "series_2", "series_3", "series_4"]
PALE = {("completed_late", "light"), ("in_progress", "light"), ("in_progress", "dark")}
"""These two are too pale for a mark of their own: they stand between others in a stacked bar, with their text in it."""


def luminance(code: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(code[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_itself() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.005)


def test_each_light_colour_stands_once() -> None:
    lights = Counter(light for light, _ in COLOURS.values())
    assert [code for code, count in lights.items() if count > 1] == []
    assert all(re.fullmatch("#[0-9A-F]{6}", code) for pair in COLOURS.values() for code in pair)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_text_is_legible(text: str, ground: str, mode: str) -> None:
    assert contrast(COLOURS[text][MODES[mode]], COLOURS[ground][MODES[mode]]) >= 4.5


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", [*GRAPHICS, "completed_late", "in_progress"])
def test_marks_stand_out_from_the_page(name: str, mode: str) -> None:
    found = contrast(COLOURS[name][MODES[mode]], COLOURS["page"][MODES[mode]])
    assert (found < 3) is ((name, mode) in PALE), f"{found:.2f}"


@pytest.mark.parametrize("mode", MODES)
def test_shades_of_a_map_go_from_pale_to_strong(mode: str) -> None:
    page, *shades = [COLOURS[name][MODES[mode]] for name in ("page", *(f"class_{shade}" for shade in range(1, 6)))]
    found = [contrast(shade, page) for shade in shades]
    assert found == sorted(found)
    assert all(contrast(one, other) > 1.3 for one, other in pairwise(shades))
    assert contrast(COLOURS["muted"][MODES[mode]], page) >= 3, "the rim of every tile"


def test_colour_is_the_light_one() -> None:
    assert colour("overdue") == COLOURS["overdue"][0]
    with pytest.raises(KeyError):
        colour("pink")


def test_css_has_a_variable_for_each_colour_and_mode() -> None:
    for index in MODES.values():
        declared = dict(re.findall(r"--r57-([a-z0-9-]+):(#[0-9A-F]{6});", css_variables(index)))
        assert declared == {name.replace("_", "-"): pair[index] for name, pair in COLOURS.items()}


def test_adaptive_maps_every_colour_to_its_own_name() -> None:
    specification = {"range": [colour(name) for name in COLOURS], "text": "of #12436D", "number": 1}
    mapped = adaptive(specification)
    names = [re.fullmatch(r"var\(--r57-([a-z0-9-]+), (#[0-9A-F]{6})\)", each) for each in mapped["range"]]
    assert [(each[1].replace("-", "_"), each[2]) for each in names if each] == [
        (name, light) for name, (light, _) in COLOURS.items()
    ]
    assert (mapped["text"], mapped["number"]) == ("of #12436D", 1)
    assert specification["range"][0] == "#FFFFFF", "the chart itself stays as it is"


def test_the_theme_is_on_and_has_no_other_colour() -> None:
    assert alt.theme.active == "r57"
    config = json.dumps(r57())
    assert set(re.findall("#[0-9A-Fa-f]{3,8}", config)) <= {light for light, _ in COLOURS.values()}
    assert not re.search(r'"(black|white|gray|grey|red|blue|steelblue)"', config)
