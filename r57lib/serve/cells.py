"""The cells of a notebook on a live page: made ready for its kernel, and what they show in the words of the page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from markupsafe import Markup
from nbformat.v4 import new_code_cell

from r57lib.page.own import OwnPage
from r57lib.page.parts import Header
from r57lib.serve.dashboard import MAKE
from r57lib.serve.pages import Site
from r57lib.serve.sessions import visiting


def prepared(site: Site) -> Any:
    """The hook that gives a notebook its data folder, by its parameter, and has its objects made parts of a page.

    What the template must know goes with its metadata: the language; whether the visitor is `served` already with what
    its cells show; whether it is `still`, without controls; the `head` of one that shows none itself.
    """

    def hook(request: Any, notebook: Any, cwd: str) -> Any:
        del cwd
        language = "en" if request.get_query_argument("language", "") == "en" else "vi"
        ready, cells = visiting.get().ready, notebook.cells
        still = not any("interactive" in cell.metadata.get("tags", []) for cell in cells)
        place = next(i for i, cell in enumerate(cells, 1) if "parameters" in cell.metadata.get("tags", []))
        begin = f"begin({language!r}, data, still={ready == MAKE})"
        lines = [f"data = {str(site.data)!r}", f"__import__('r57lib.page.capture', fromlist=['_']).{begin}"]
        page = OwnPage.of(cells, site.view(language).words)
        headed = any(re.search(r"\bheader\(", cell.source) for cell in cells if cell.cell_type == "code")
        head = "" if headed else Header(Path(request.request.path).stem, (), page.words)._repr_html_()
        notebook.metadata["r57"] = {"language": language, "served": ready not in ("", MAKE), "still": still, "head": head,
                                    "numbers": page.numbers, "heads": sorted(page.heads)}  # fmt: skip
        given = new_code_cell("\n".join([*lines, f"language = {language!r}"] if still else lines))
        notebook.cells = [*cells[:place], given, *cells[place:]]
        return notebook

    return hook


def shown(site: Site, cell: Any, output: Any, notebook: Any) -> Markup:
    """What one output of a cell shows, or a cell of Markdown, where there is no output."""
    told = notebook.metadata["r57"]
    page = OwnPage(site.view(told["language"]).words, told["numbers"], frozenset(told["heads"]))
    return page.output(output, cell) if output else page.note(cell)
