"""Resolution 57 workbench: tables with provenance, metrics, charts and pages for parameterised notebooks."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

_FACE = {
    "View": "r57lib.view.view:View",
    "dashboard": "r57lib.serve.dashboard",
    "display": "r57lib.page.display",
    "facts": "r57lib.data.facts",
    "figures": "r57lib.figures",
    "filters": "r57lib.view.filters",
    "open_view": "r57lib.page.renderer:open_spoken",
}
__all__ = sorted(_FACE)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: a command that draws nothing does not wait for the charts.

    Who takes what shows something wants charts shown as well: altair's own renderers need the internet.
    """
    if name not in _FACE:
        raise AttributeError(f"module 'r57lib' has no attribute '{name}'")
    if name in ("display", "open_view") or (name == "figures" and "IPython" in sys.modules):
        import_module("r57lib.page.renderer").enable()
    module, _, attribute = _FACE[name].partition(":")
    found = import_module(module)
    return getattr(found, attribute) if attribute else found
