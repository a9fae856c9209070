"""Every figure and the notebook that shows it; a figure enters itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import cache, lru_cache, wraps
from importlib import import_module
from itertools import islice
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, overload

import r57lib
from r57lib.data.checks import conflicting
from r57lib.data.periods import Month
from r57lib.errors import BadData, WrongCall, did_you_mean
from r57lib.measures.board import board_rows
from r57lib.measures.changes import changes_between
from r57lib.measures.commitments import register
from r57lib.measures.communes import hold_communes
from r57lib.measures.indicators import aims, latest_observations, series
from r57lib.measures.task_counts import programme_snapshots, snapshots
from r57lib.measures.usage import hold_aggregates
from r57lib.page.assets import page_script, stylesheet
from r57lib.page.figure import Figure
from r57lib.page.parts import Brief, Nothing, Sentences, Tiles, planned
from r57lib.page.templates import compile_templates
from r57lib.view.filters import FILTERS
from r57lib.view.view import View, open_view
from r57lib.view.words import LANGUAGES

FigureFunction = Callable[..., Figure | Tiles | Sentences | Brief | Nothing]
FIGURES: dict[str, tuple[str, FigureFunction]] = {}
"""Name of the figure -> the notebook that shows it, and the function that makes it from a view."""
NEEDS: dict[str, str] = {}
"""Name of a figure -> the table without a row of which it has nothing to show."""
_MONTHS = 12
"""So many months are made ready for who chooses one; those before them take a fifth of a second longer."""
HEADLINES: dict[str, FigureFunction] = {}
"""Notebook -> the figure whose finding stands for it."""


@overload
def figure(notebook: FigureFunction) -> FigureFunction: ...


@overload
def figure(
    notebook: str = "", *, headline: bool = False, needs: str = ""
) -> Callable[[FigureFunction], FigureFunction]: ...


def figure(notebook: str | FigureFunction = "", *, headline: bool = False, needs: str = "") -> Any:
    """Enter a figure function into the list under its own name; `headline` if its finding stands for the notebook.

    `needs` is the table of what is sent or aggregated without which it has nothing to show.
    In a notebook of one's own, or in a module beside it, `@figure` will do: the module's name is the notebook's. Raises
    `WrongCall` for a name that a figure of ours has.
    """

    def enter(function: FigureFunction) -> FigureFunction:
        name, home = function.__name__, function.__module__
        if not home.startswith(f"{__package__}."):
            all_figures()
            if FIGURES.get(name, ("", function))[1].__module__.startswith(f"{__package__}."):
                raise WrongCall(
                    f"figure '{name}' is there already, of {FIGURES[name][0]}.ipynb; give yours another name"
                )

        @wraps(function)
        def made(view: View, **arguments: Any) -> Any:
            if not isinstance(view, View):
                raise WrongCall(f"{name} takes a view, as open_view() gives it, and not {type(view).__name__}")
            return planned(view, name, lambda shown: _named(function(shown, **arguments), name))

        shower = str(notebook) if not callable(notebook) and notebook else home.rpartition(".")[2]
        FIGURES[name] = (shower, made)
        if needs:
            NEEDS[name] = needs
        if headline:
            HEADLINES[shower] = made
        return made

    return enter(notebook) if callable(notebook) else enter


def _named(part: Any, name: str) -> Any:
    """The part, under its function's name where it has none yet."""
    return replace(part, figure_id=name.replace("_", "-")) if isinstance(part, Figure) and not part.figure_id else part


def all_figures() -> Mapping[str, tuple[str, FigureFunction]]:
    """`FIGURES`, when each file of this room has entered its own."""
    _import_ours()
    return FIGURES


@cache
def _import_ours() -> None:
    for module in iter_modules([str(Path(__file__).parent)]):
        import_module(f"{__package__}.{module.name}")


def enter_own(notebooks: Path) -> None:
    """Enter the figures of the modules that lie beside notebooks of their name; one that fails is passed over."""
    if str(notebooks) not in sys.path:
        sys.path.append(str(notebooks))
    for path in sorted(notebooks.glob("*.py")):
        if path.with_suffix(".ipynb").is_file():
            with suppress(Exception, SystemExit):  # its own run will say why
                import_module(path.stem)


def notebook_of(name: str) -> str:
    """The notebook that shows a figure; raises `BadData` for one that the data name and that there is not."""
    all_figures()
    if name not in FIGURES:
        raise BadData(f"indicators.csv, figure: there is no figure '{name}'{did_you_mean(name, FIGURES)}")
    return FIGURES[name][0]


def headline_of(notebook: str) -> FigureFunction | None:
    """The figure whose finding stands for a notebook, if one does."""
    all_figures()
    return HEADLINES.get(notebook)


# --- the one warm-up -------------------------------------------------------------------------------------------------

_LATE = ("font_source_sans_pro", "jinja2.ext", "pandas.core.methods.to_dict", "pandas.io.formats.string", "vl_convert")
"""What a page imports on the way that no figure needs before it is drawn."""


def rehearse(data: str, notebooks: str, month: str, as_of: str) -> None:
    """Have ready what every process forked from this one would make for itself; called before each fork.

    At first every figure of the `notebooks` (names between commas, or `*` for all) is made once, so that its code is
    there; the tables are cut and checked for the month. Nothing is drawn: a process that has drawn has threads, and
    cannot be forked.
    """
    _rehearse_code(data, notebooks, month, as_of)
    _month_ready(month, as_of, data)


def rehearse_months(data: str, notebooks: str = "*") -> None:
    """The same for dashboards: before each fork one more of the newest months, as a reader may choose any."""
    _rehearse_code(data, notebooks)
    view = open_view(data=data)
    hold_aggregates(view.everything)
    hold_communes(view.everything)
    next(_months_ready(view.everything.version, data), None)


def import_stack() -> None:
    """Import what a notebook has imported when it has shown each figure."""
    for name in _LATE:
        import_module(name)
    for name in r57lib.__all__:
        getattr(r57lib, name)


_rehearsed: set[str] = set()


def _rehearse_code(data: str, notebooks: str, month: str = "", as_of: str = "") -> None:
    """Once, since code does not change as data do."""
    if notebooks in _rehearsed:
        return
    view = open_view(month=month, as_of=as_of, data=data)
    _rehearsed.add(notebooks)
    import_stack()
    compile_templates()
    stylesheet(), page_script()
    for language in LANGUAGES:  # what Babel knows of a language is read when first asked for
        words = view.in_language(language).words
        words.number(1.5, 1), words.date(date(2025, 1, 1)), words.month(Month(2025, 1))
    for notebook, make in all_figures().values():
        if notebooks == "*" or notebook in notebooks.split(","):
            with suppress(Exception):  # whoever shows it will say so
                part = make(view)
                part.html(still=False) if isinstance(part, Figure) else part._repr_html_()


@lru_cache(maxsize=1)
def _months_ready(version: str, data: str) -> Iterator[None]:
    """Each step is a month that is ready, the newest first; a fork waits for no more than one."""
    del version
    view, month = open_view(data=data), FILTERS["month"]
    for code in islice(month.codes(view), _MONTHS):
        _tables_ready(month.apply(view, code))
        yield


@lru_cache(maxsize=2)  # the month, and the next
def _month_ready(month: str, as_of: str, data: str) -> None:
    for language in LANGUAGES:
        view = open_view(month=month, as_of=as_of, language=language, data=data)
    hold_aggregates(view.everything)
    view.everything.hold_marks()
    view.facts, view.sources  # noqa: B018
    _tables_ready(view)
    changes_between(view.tables, view.before, day=view.day), board_rows(view.tables, day=view.day)


def _tables_ready(view: View) -> None:
    view.findings  # noqa: B018
    for tables in (view.tables, view.before):
        for remember in (conflicting, series, snapshots, register, aims, latest_observations, programme_snapshots):
            remember(tables)
