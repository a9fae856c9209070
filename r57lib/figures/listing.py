"""The list of all figures, for who looks for one."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any

import pandas as pd

from r57lib.figures.registry import NEEDS, all_figures
from r57lib.page.shown import FIGURE
from r57lib.page.templates import render
from r57lib.view.view import View, open_view


class FigureList(pd.DataFrame):
    """A row a figure: the question that it answers, its name for a reader, the call, the table that it needs."""

    def _repr_html_(self) -> str:
        return render("figures.html", heads=self.attrs["heads"], rows=self.itertuples(index=False))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {FIGURE: {"language": self.attrs["language"]}, "text/html": self._repr_html_(), "text/plain": str(self)}


def figure_index(view: View | None = None) -> FigureList:
    """All figures in the language of a view, in Vietnamese without one."""
    words = (view or open_view()).words
    rows = [
        {
            "question": words.labels.get(f"figure.{name}.question", (make.__doc__ or "").partition("\n")[0]),
            "figure": words.labels.get(f"figure.{name}.heading", name),
            "call": _call(name, make),
            "needs": NEEDS.get(name, ""),
        }
        for name, (_, make) in all_figures().items()
    ]
    index = FigureList(rows, columns=["question", "figure", "call", "needs"])
    index.attrs |= {"language": words.language, "heads": [words(f"column.{name}") for name in index]}
    return index


def _call(name: str, make: Callable[..., Any]) -> str:
    """The call with everything that may be said in it."""
    given = (each for each in signature(make).parameters.values() if each.default is not Parameter.empty)
    return f"figures.{name}({', '.join(['view', *(f'{each.name}={each.default!r}' for each in given)])})"
