"""What a kernel of ours does with an object that a cell shows: a table becomes a table of ours, a chart a figure.

The host of a report or of a dashboard calls `begin` before the first cell; JupyterLab shows the objects in its own way.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from IPython.core.getipython import get_ipython

from r57lib.data.tables import Tables
from r57lib.page.figure import Figure as OurFigure
from r57lib.page.files import Home
from r57lib.page.frames import FrameOrSeries, OwnTable, own_table
from r57lib.page.navigation import NOTEBOOKS
from r57lib.page.parts import Brief, FindingList, Header, Nothing, Part, Sentences, Tiles
from r57lib.page.renderer import own_figure
from r57lib.page.shown import Shown
from r57lib.view.view import View, open_view

PART = "application/vnd.r57.part+json"
"""The type of an output that is a part of a page: its `html`, or that of `text/html`, comes from our templates."""


class Capture:
    """The objects that one notebook shows, each as a part with a name of its own: `table-1`, `chart-2`.

    Nobody knows what facts they rest on: where the data hold made-up figures, they bear the mark.

    `still` parts have a picture of their chart. Of a notebook that is `kept` for others to open, each output holds also
    what JupyterLab shows. Where the page has a `home` in a published month, figures and tables have files beside them,
    and the output says which.
    """

    def __init__(
        self, view: Callable[[], View], *, still: bool = True, kept: bool = False, home: Home | None = None
    ) -> None:
        self.view, self.still, self.kept, self.home = view, still, kept, home
        self.parts: dict[str, OwnTable | OurFigure] = {}

    def into(self, formatter: Any) -> None:
        """Let a shell's formatter ask here first."""
        ours: tuple[type[Part], ...] = (OurFigure, Tiles, Sentences, Brief, Header, FindingList, Nothing)
        for kind in (*ours, View, Tables):
            formatter.for_type(kind, self.part)
        formatter.for_type(pd.DataFrame, self.table)
        formatter.for_type(pd.Series, self.table)
        formatter.for_type_by_name("pandas.io.formats.style", "Styler", self.styled)
        formatter.for_type_by_name("altair.vegalite.v6.api", "TopLevelMixin", self.chart)

    def part(self, part: Part | View | Tables, **_: Any) -> dict[str, Any]:
        """A part of ours, or what a view or its tables say of themselves."""
        part = self.home.named(part) if self.home and isinstance(part, OurFigure) else part
        html = part.html(still=self.still) if isinstance(part, OurFigure) else part._repr_html_()
        kept = part.lab_data() if self.kept and isinstance(part, Shown) else {}
        return {PART: self._filed(part) if isinstance(part, OurFigure) else {}, **kept, "text/html": html}

    def _filed(self, figure: OurFigure | OwnTable) -> dict[str, Any]:
        """The files beside a figure, where it has any; they are written now, while all that they hold is there."""
        return {"files": self.home.write(figure)} if self.home else {}

    def table(self, frame: FrameOrSeries, *, left_out: tuple[str, ...] = (), **_: Any) -> dict[str, Any]:
        """A frame or a series as a table of ours."""
        number = 1 + sum(isinstance(each, OwnTable) for each in self.parts.values())
        made = own_table(self.view(), frame, f"table-{number}", number)
        self.parts[made.figure_id] = made
        return {PART: {"html": made._repr_html_(), "left_out": left_out, "told": made.left_out, **self._filed(made)}}

    def styled(self, styler: Any, **_: Any) -> dict[str, Any]:
        """The data of a pandas Styler, without its styles."""
        return self.table(styler.data, left_out=("text/html (pandas Styler; its table stands without its styles)",))

    def chart(self, chart: Any, **_: Any) -> dict[str, Any]:
        """A chart of altair's as a figure of ours."""
        number = 1 + sum(isinstance(each, OurFigure) for each in self.parts.values())
        view = self.view()
        made = own_figure(chart, view.words, f"chart-{number}", synthetic=view.made_up)
        self.parts[made.figure_id] = made
        told = {"html": made.html(still=self.still), **self._filed(made)}
        return {PART: told} | (chart._repr_mimebundle_() if self.kept else {})


def begin(
    language: str, data: str, home: Mapping[str, Any] | None = None, *, still: bool = True, kept: bool = False
) -> None:
    """Let the shell of this process show what its cells show as parts of a page, in a language.

    `home` is told of a page of a published month.
    """
    shell: Any = get_ipython()
    sys.path.insert(0, os.environ.get(NOTEBOOKS) or str(Path.cwd()))  # a module beside the notebook, as in JupyterLab
    capture = Capture(lambda: open_view(language=language, data=data), still=still, kept=kept,
                      home=Home(**home) if home else None)  # fmt: skip
    capture.into(shell.display_formatter.mimebundle_formatter)


def captured(formatter: Any) -> Capture | None:
    """The capture that a shell's formatter asks; none in JupyterLab."""
    try:
        found: Capture = formatter.lookup_by_type(pd.DataFrame).__self__
    except KeyError:
        return None
    return found
