"""Charts as Vega, which a browser draws, and as pictures, made in this process or by an artist.

The engine that draws takes longer to start than a page has charts to draw. An artist is a process that draws for one
page after another, and knows nothing but the specification that it is sent. Where it does not answer, who asked draws
for itself, and the picture is the same.
"""

from __future__ import annotations

import json
import re
import socket
from functools import lru_cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from r57lib.charts.theme import NUMBER_LOCALES, register_font

STATIC_WIDTH = 620
"""The width of a chart's picture, in pixels."""

_SECONDS = 30
_TRIAL = {"data": {"values": [{"x": 1}]}, "mark": "point", "encoding": {"x": {"field": "x", "type": "quantitative"}}}
_hired: list[str] = []


def hire(path: str) -> None:
    """Let the artist at a socket draw for this process from now on, if there is one."""
    _hired[:] = [path] if path and Path(path).is_socket() else []


def draw(specification: dict[str, Any], language: str) -> str:
    """A Vega-Lite specification as SVG, with numbers in a language's form."""
    return compiled(specification, language)[1]


def compiled(specification: dict[str, Any], language: str) -> tuple[dict[str, Any], str]:
    """A Vega-Lite specification as Vega, and as SVG; what is as wide as its place has `STATIC_WIDTH` in the picture."""
    answers = (_asked(path, [specification, language]) for path in _hired)
    vega, svg = json.loads(next(filter(None, answers), "") or _draw(specification, language))
    numbers: dict[str, int] = {}  # the engine counts on from drawing to drawing: here each begins anew
    return vega, re.sub(r"\b(clip|gradient_)(\d+)", lambda at: f"{at[1]}{numbers.setdefault(at[2], len(numbers))}", svg)


def static_svg(svg: str, prefix: str) -> Markup:
    """A picture as it stands on a page before, or without, scripts; the names in it begin with `prefix`."""
    svg = re.sub(r'<svg ([^>]*?)width="[\d.]+" height="[\d.]+"', r"<svg \1", svg, count=1)
    svg = re.sub(r"<[^>]+>", lambda tag: re.sub(r' (aria-[a-z]+|role)="[^"]*"', "", tag[0]), svg)  # the page says it
    fonts = set(re.findall(r' font-family="[^"]*"', svg))
    if len(fonts) == 1:  # a quarter of the whole, where each text names it
        font = fonts.pop()
        svg = svg.replace(font, "").replace("<svg", f"<svg{font}", 1)
    return Markup(re.sub(r"\b(clip|gradient_)(\d+)", rf"{prefix}-\1\2", svg))


def raster(svg: str, millimetres: float, ppi: int = 300) -> bytes:
    """A drawing as a PNG that is so wide in print at `ppi` dots an inch."""
    import vl_convert

    register_font()
    width = float(re.search(r'width="([\d.]+)"', svg)[1])  # type: ignore[index]
    picture: bytes = vl_convert.svg_to_png(svg, scale=millimetres / 25.4 * ppi / width, ppi=96)  # pixels of CSS
    return picture


def _draw(specification: dict[str, Any], language: str) -> str:
    """Vega and SVG, as JSON."""
    import vl_convert

    register_font()
    vega: dict[str, Any] = vl_convert.vegalite_to_vega(specification, show_warnings=False)
    placed = specification.get("width") == "container"
    fixed = {"name": "width", "value": STATIC_WIDTH}
    signals = [fixed if placed and each["name"] == "width" else each for each in vega.get("signals", ())]
    drawn = _without_links({**vega, "signals": signals})
    svg: str = vl_convert.vega_to_svg(drawn, format_locale=NUMBER_LOCALES[language])
    return json.dumps([vega, svg], ensure_ascii=False)


def _without_links(told: Any) -> Any:
    """A specification whose marks lead nowhere: a picture has no links, and the engine fails over them."""
    if isinstance(told, list):
        return [_without_links(each) for each in told]
    if not isinstance(told, dict):
        return told
    held = ("data", "datasets")
    return {name: each if name in held else _without_links(each) for name, each in told.items() if name != "href"}


def _asked(path: str, question: Any) -> str:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_SECONDS)
            connection.connect(path)
            connection.sendall(json.dumps(question).encode())
            connection.shutdown(socket.SHUT_WR)
            return _all(connection).decode()
    except OSError:
        return ""


# --- the artist's side -----------------------------------------------------------------------------------------------


def draw_on(path: str) -> None:
    """Draw what comes to the socket at `path`, until the process is ended."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        _draw(_TRIAL, "en")  # the engine starts while nobody waits for it yet
        while True:
            connection, _ = listener.accept()
            with connection:
                _answer(connection)


def _answer(connection: socket.socket) -> None:
    """One request: a specification and a language as JSON; the answer is its Vega and its drawing, or nothing."""
    connection.settimeout(_SECONDS)
    try:
        connection.sendall(_drawn(_all(connection)))
    except (OSError, ValueError):  # who asked draws for itself
        return


@lru_cache(maxsize=4096)
def _drawn(question: bytes) -> bytes:
    """A chart that is the same in several pages or months is drawn once."""
    return _draw(*json.loads(question)).encode()


def _all(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(2**20), b""))
