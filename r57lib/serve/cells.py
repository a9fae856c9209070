"""The cells of a notebook on a live page: made ready for its kernel, and what they show in the words of the page."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from markupsafe import Markup
from nbformat.v4 import new_code_cell
from voila.notebook_renderer import NotebookRenderer

from r57lib.page.display import head
from r57lib.page.own import OwnPage
from r57lib.serve.dashboard import MAKE
from r57lib.serve.pages import Site
from r57lib.serve.sessions import visiting

_HEADER = re.compile(r"\bheader\(")


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
        view = site.view(language)
        page = visiting.get().own = OwnPage.of(cells, view.words)
        calls = (i for i, cell in enumerate(cells, 1) if cell.cell_type == "code" and _HEADER.search(cell.source))
        headed = next(calls, 0)
        first = head(view, page=Path(request.request.path).stem, parameters={})
        notebook.metadata["r57"] = {"language": language, "served": ready not in ("", MAKE), "still": still,
                                    "head": "" if headed else first._repr_html_()}  # fmt: skip
        given = new_code_cell("\n".join([*lines, f"language = {language!r}"] if still else lines))
        tops = [cell for cell in cells if cell.id in page.heads] if headed else []  # what they say more comes below it
        notebook.cells = []
        for number, cell in enumerate(cells, 1):
            around = [given] if number == place else tops if number == headed else []
            notebook.cells += [*([] if cell in tops else [cell]), *around]
        return notebook

    return hook


def translated(cell: Any, output: Any) -> Markup:
    """What one output of a cell shows, or a cell of Markdown, where there is no output."""
    page = visiting.get().own
    assert page is not None, "the hook has been there"
    return page.output(output, cell) if output else page.cell(cell)


class Cells(NotebookRenderer):  # type: ignore[misc]
    """The cells of a notebook, run one after the other until `stop_generator` is set."""

    async def shown(self, kernel_id: str, kernel: Any) -> str:
        """All that they show; what was opened to hear the kernel is closed, however it ends."""
        try:
            return "".join([text async for text, _ in self.generate_content_generator(kernel_id, kernel)])
        finally:
            if client := getattr(getattr(self, "executor", None), "kc", None):
                client.stop_channels()

    async def _jinja_cell_generator(self, nb: Any, kernel_id: str) -> AsyncIterator[Any]:
        async for cell in super()._jinja_cell_generator(nb, kernel_id):
            yield cell
            if self.stop_generator:
                break
