"""Our extension of JupyterLab: what shows charts and figures in it without the internet, also without a kernel.

It is written when the package is built (`hatch_build.py`) and installed beside it, in `share/jupyter/labextensions`:
JupyterLab finds it there by itself. Vega comes out of the very package that draws the still pictures.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from r57lib.charts.theme import css_variables
from r57lib.page.assets import stylesheet, vega_bundle

EXTENSION = "r57-charts"


def write_extension(folder: Path) -> None:
    """Write the extension's files into a folder."""
    own = files("r57lib") / "page" / "static" / "lab"
    (folder / "static").mkdir(parents=True, exist_ok=True)
    texts = {
        "package.json": (own / "package.json").read_text(encoding="utf-8"),
        "static/remoteEntry.js": (own / "remoteEntry.js").read_text(encoding="utf-8"),
        "static/page.css": _rules() + (own / "part.css").read_text(encoding="utf-8"),
        "static/theme.css": _theme() + (own / "tooltip.css").read_text(encoding="utf-8"),
        "static/vega.js": vega_bundle(),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def _theme() -> str:
    """Our colours by JupyterLab's theme, on its own ground: what is drawn with them follows a switch by itself."""
    ground = "--r57-page:var(--jp-layout-color0);"
    dark = f"body[data-jp-theme-light=false]{{{css_variables(1)}{ground}}}"
    return f"body{{--r57-font:var(--jp-ui-font-family);{css_variables(0)}{ground}}}\n{dark}\n"


def _rules() -> str:
    """The rules of a page for its parts; what they say of the page as a whole is JupyterLab's."""
    return re.sub(r"^(:root|html|body|main|@media [^{]*\(prefers).*$", "", stylesheet(), flags=re.MULTILINE)
