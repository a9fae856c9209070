"""What a page carries with it: its style, its scripts, and the script that draws charts, which is kept in a file."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from r57lib import disk
from r57lib.charts.theme import FONT, css_variables
from r57lib.page.templates import SCRIPTS


@cache
def stylesheet() -> str:
    """The style of every page, in light and dark by the system's wish."""
    rules = (files("r57lib") / "page" / "static" / "page.css").read_text(encoding="utf-8")
    light = f":root{{--r57-font:{FONT};{css_variables(0)}}}"
    dark = f"@media screen and (prefers-color-scheme: dark){{:root{{{css_variables(1)}}}}}"
    return f"{light}\n{dark}\n{rules}"


@cache
def vega_bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script; to build it takes more than a second."""
    import vl_convert

    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def kept_bundle(folder: Path) -> str:
    """The same, kept in a file of `folder`; one that is not what its name says it is is built again."""
    begin = f"vega-{version('vl-convert-python')}-"
    for path in folder.glob(f"{begin}*.js"):
        if path.name == f"{begin}{disk.sha256(path)}.js":
            return path.read_text(encoding="utf-8")
    bundle = vega_bundle()
    folder.mkdir(parents=True, exist_ok=True)
    disk.write(folder / f"{begin}{disk.digest(bundle)}.js", bundle)
    return bundle


@cache
def page_script() -> str:
    """Our own scripts of a page, as one."""
    return "".join((files("r57lib") / "page" / "static" / name).read_text(encoding="utf-8") for name in SCRIPTS)
