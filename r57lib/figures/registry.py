"""Every figure and the notebook that shows it; a figure enters itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import partial, wraps
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from r57lib.page.parts import Figure, Nothing, Sentences, Tiles, planned
from r57lib.view.view import View

FigureFunction = Callable[..., Figure | Tiles | Sentences | Nothing]
FIGURES: dict[str, tuple[str, FigureFunction]] = {}
"""Name of the figure -> the notebook that shows it, and the function that makes it from a view."""
HEADLINES: dict[str, FigureFunction] = {}
"""Notebook -> the figure whose finding stands for it."""


def figure(notebook: str, *, headline: bool = False) -> Callable[[FigureFunction], FigureFunction]:
    """Enter a figure function into the list under its own name; `headline` if its finding stands for the notebook."""

    def enter(function: FigureFunction) -> FigureFunction:
        name = function.__name__

        @wraps(function)
        def made(view: View, **arguments: Any) -> Any:
            return planned(view, name, partial(function, **arguments))

        FIGURES[name] = (notebook, made)
        if headline:
            HEADLINES[notebook] = made
        return made

    return enter


def all_figures() -> Mapping[str, tuple[str, FigureFunction]]:
    """`FIGURES`, when each file of this room has entered its own."""
    for module in iter_modules([str(Path(__file__).parent)]):
        import_module(f"{__package__}.{module.name}")
    return FIGURES


def headline_of(notebook: str) -> FigureFunction | None:
    """The figure whose finding stands for a notebook, if one does."""
    all_figures()
    return HEADLINES.get(notebook)


def rehearse(view: View, notebooks: Collection[str]) -> None:
    """Make every figure of some notebooks and draw none: the code of a process that is forked later is then ready."""
    for notebook, make in all_figures().values():
        if notebook in notebooks:
            with suppress(Exception):  # whoever shows it will say so
                part = make(view)
                part.html(still=False) if isinstance(part, Figure) else part._repr_html_()
