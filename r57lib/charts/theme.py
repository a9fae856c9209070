"""The one look of charts: colours, type and sizes.

Charts are written in the light colours. On a page each colour becomes a CSS variable with the light colour behind it
(`adaptive`), so that one chart follows the reader's wish for light or dark.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass

FONT = '"Be Vietnam Pro", "Segoe UI", "Noto Sans", Roboto, "Helvetica Neue", Arial, sans-serif'
CHART_FONT = "Be Vietnam Pro, Segoe UI, Noto Sans, Roboto, Helvetica Neue, Arial, sans-serif"

COLOURS: dict[str, tuple[str, str]] = {
    "page": ("#FFFFFF", "#14181D"),
    "ink": ("#1B1B1B", "#F2F2F2"),
    "muted": ("#5A6472", "#A9B4C0"),
    "grid": ("#E3E6EA", "#2B323A"),
    "completed_on_time": ("#12436D", "#6BACE7"),
    "completed": ("#2F6CA3", "#4A92D2"),
    "completed_late": ("#6BACE6", "#2073BC"),
    "in_progress": ("#BFBFBF", "#5A6473"),
    "overdue": ("#F46A25", "#FF8A4C"),
    "reference": ("#3D3D3D", "#D0D0D0"),
    "series_1": ("#12436E", "#7DB5EA"),
    "series_2": ("#1F8277", "#5FC4BC"),
    "series_3": ("#801650", "#E58FBE"),
    "series_4": ("#C4501A", "#FFA777"),
    "class_1": ("#E1ECF7", "#24384C"),
    "class_2": ("#B5D2EC", "#2B5079"),
    "class_3": ("#7FB1DE", "#356FA8"),
    "class_4": ("#2F6FAE", "#7DB5E9"),
    "class_5": ("#0F3A63", "#C6E0F7"),
    "on_dark": ("#FFFFFE", "#10151B"),
    "on_light": ("#1B1B1C", "#FFFFFF"),
    "on_accent": ("#1B1B1D", "#14181E"),
}
"""Name -> (light, dark). Each light colour stands once, so that a chart's colours lead back to their names."""


_BLENDS = {
    "ramp": "cfe1f2 bed8ec a8cee5 8fc1de 74b2d7 5ba3cf 4592c6 3181bd 206fb2 125ca4 0a4a90",
    "heatmap": "eff9bd dbf1b4 bde5b5 94d5b9 69c5be 45b4c2 2c9ec0 2182b8 2163aa 23479c 1c3185",
    "diverging": "134b85 2f78b3 5da2cb 9dcae1 d2e5ef f2f0eb fce0ba fbbf74 e8932f c5690d 994a07",
}
"""The continuous schemes of Vega, as they are on a light ground. On a dark one what stands out there is light."""


def _rgb(code: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(code))


def _dark(name: str, codes: list[str]) -> list[str]:
    """The same scheme the other way round; one that diverges, from a dark middle to both sides."""
    if name != "diverging":
        return codes[::-1]
    half = len(codes) // 2
    return [*codes[half - 1 :: -1], COLOURS["grid"][1][1:], *codes[:half:-1]]


def _blended(light: tuple[int, ...], dark: tuple[int, ...]) -> tuple[str, str]:
    parts = (f"calc({a} + {b - a} * var(--r57-dark, 0))" for a, b in zip(light, dark, strict=True))
    return f"rgb({', '.join(map(str, light))})", f"rgb({', '.join(parts)})"


def _blends() -> dict[str, list[tuple[str, str]]]:
    """Of each scheme its colours: as a chart is written, and as CSS that goes by the page's ground.

    Vega blends two texts that differ in their numbers alone by these numbers, where it would not know what to make of
    two variables.
    """
    found = {}
    for name, listed in _BLENDS.items():
        codes = listed.split()
        pairs = zip(codes, _dark(name, codes), strict=True)
        found[name] = [_blended(_rgb(light), _rgb(dark)) for light, dark in pairs]
    return found | {"ordinal": found["ramp"]}


BLENDS = _blends()
"""Name of a range of Vega -> its colours, each (as a chart is written, in a page)."""


def colour(name: str) -> str:
    """The light colour of a name, as charts are written."""
    return COLOURS[name][0]


def css_variables(index: int) -> str:
    """The colours as CSS declarations; `index` 0 is light, 1 dark."""
    declared = "".join(f"--r57-{name.replace('_', '-')}:{pair[index]};" for name, pair in COLOURS.items())
    return f"{declared}--r57-dark:{index};"


def adaptive(specification: dict[str, Any]) -> dict[str, Any]:
    """The specification with each colour of ours as `var(--r57-name, #light)`, for charts drawn as SVG in a page."""
    text = json.dumps(specification, ensure_ascii=False)
    for name, (light, _) in COLOURS.items():
        text = text.replace(f'"{light}"', f'"var(--r57-{name.replace("_", "-")}, {light})"')
    for written, shown in dict(pair for pairs in BLENDS.values() for pair in pairs).items():
        text = text.replace(f'"{written}"', f'"{shown}"')
    result: dict[str, Any] = json.loads(text)
    return result


def font_folder() -> Path:
    """Where the face with all Vietnamese letters lies that charts are drawn with."""
    import font_source_sans_pro

    return Path(font_source_sans_pro.__file__).parent / "files"


@cache
def register_font() -> None:
    """Give the static renderer a face with all Vietnamese letters, to measure and to draw with."""
    import vl_convert

    vl_convert.register_font_directory(str(font_folder()))


NUMBER_LOCALES: dict[str, dict[str, Any]] = {
    "en": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["$", ""]},
    "vi": {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["", "\u00a0₫"]},
}

TIME_LOCALES: dict[str, dict[str, Any]] = {
    "vi": {
        "dateTime": "%H:%M %d/%m/%Y",
        "date": "%d/%m/%Y",
        "time": "%H:%M:%S",
        "periods": ["SA", "CH"],
        "days": ["Chủ nhật", "Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy"],
        "shortDays": ["CN", "T2", "T3", "T4", "T5", "T6", "T7"],
        "months": [f"tháng {month}" for month in range(1, 13)],
        "shortMonths": [f"thg {month}" for month in range(1, 13)],
    }
}
"""How days are named; in English as Vega does by itself."""
