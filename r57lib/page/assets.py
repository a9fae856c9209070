"""What a page carries with it: its style, its scripts, and the Vega that draws its charts.

There are two: the small one, which `vega/` at the root of the repository makes, draws what is made of the transforms
that it names, and with them every figure of ours; the whole one, out of the package that draws the pictures, draws any
chart in Vega or Vega-Lite, on the server, in JupyterLab, and on a page with an own chart that asks for more.
"""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

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
def small_vega() -> dict[str, Any]:
    """What is said of the small Vega: the `versions` of its packages, the `transforms` that it knows, its `sha256`."""
    told: dict[str, Any] = json.loads((files("r57lib") / "page" / "static" / "vega" / "small.json").read_bytes())
    return told


def beyond_small(vega: dict[str, Any]) -> set[str]:
    """What a chart in Vega asks for that the small Vega does not know."""
    formats = {each.get("type", "json") for each in _stated(vega, "format")} - {"json"}
    kinds = {each["type"] for each in _stated(vega, "transform")} - set(small_vega()["transforms"])
    return formats | kinds | {name for name in ("projections", "url") if any(_stated(vega, name))}


def _stated(vega: dict[str, Any], name: str) -> Iterator[Any]:
    """What the data and marks of a chart, at any depth, state under a name; rows of data are none of it."""
    if name in vega:
        yield from vega[name] if isinstance(vega[name], list) else [vega[name]]
    for part in (*vega.get("data", ()), *vega.get("marks", ())):
        yield from _stated(part, name)


def _small() -> bytes:
    return (files("r57lib") / "page" / "static" / "vega" / "small.js.gz").read_bytes()


@cache
def small_script() -> str:
    """The small Vega as a script."""
    return gzip.decompress(_small()).decode()


@cache
def packed_small() -> str:
    """The small Vega as gzip in base64."""
    return b64encode(_small()).decode()


def packed_text(text: str) -> str:
    """A text as gzip in base64."""
    return b64encode(gzip.compress(text.encode(), mtime=0)).decode()


@cache
def inflate_script() -> str:
    """What unpacks gzip where the browser cannot."""
    return (files("r57lib") / "page" / "static" / "vega" / "inflate.js").read_text(encoding="utf-8")


@cache
def page_script() -> str:
    """Our own scripts of a page, as one."""
    return "".join((files("r57lib") / "page" / "static" / name).read_text(encoding="utf-8") for name in SCRIPTS)
