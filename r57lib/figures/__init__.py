"""The figures: each is a measure, its words and its chart, for one section of a page.

A figure is a function of a view that gives a finished `Figure`; it stands in the file of the notebook that shows it,
under `@figure` of `registry`. Each file is found by itself when a figure is first asked for, as
`figures.on_time_rates(view)`. Others may rely on the functions themselves, which notebooks call, and on the registry.
No arithmetic stands here that a measure could do. Read `task_completion.py` first for what a figure looks like, then
`compose.py` and `registry.py`.
"""

from __future__ import annotations

from typing import Any

from r57lib.errors import did_you_mean


def index(view: Any = None) -> Any:
    """All figures as a table: the question that each answers, its name, the call, and the table that it needs.

    In the language of a view; without one in Vietnamese.
    """
    from r57lib.figures.listing import figure_index

    return figure_index(view)


def _repr_html_() -> str:
    """What a notebook shows of this module."""
    return str(index()._repr_html_())


def _repr_mimebundle_(**_: Any) -> dict[str, Any]:
    """The same, in our style."""
    return dict(index()._repr_mimebundle_())


def __getattr__(name: str) -> Any:
    """A figure by its name; `FIGURES` and `HEADLINES`, which hold all of them; `own` and `figure`, to make one with."""
    if name.startswith("_"):
        raise AttributeError(name)
    from r57lib.figures.analyst import own
    from r57lib.figures.registry import HEADLINES, all_figures, figure

    known = all_figures()
    ours = {"FIGURES": known, "HEADLINES": HEADLINES, "figure": figure, "own": own}
    named = {**ours, **globals(), **{each: make for each, (_, make) in known.items()}}
    if name not in named:
        raise AttributeError(f"no figure is called '{name}'{did_you_mean(name, known)}")
    return named[name]


def __dir__() -> list[str]:
    from r57lib.figures.registry import all_figures

    return sorted(all_figures())
