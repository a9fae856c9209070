"""The address of a page: which questions it may ask. What a filter makes of a value is checked in the page's kernel."""

from __future__ import annotations

from urllib.parse import parse_qsl

from r57lib.errors import R57Error, nearest
from r57lib.view.filters import FILTERS

LONGEST = 80
"""No value of a filter is longer."""
_OTHERS = ("token",)
"""Names that other guards answer for."""


class Refused(R57Error, ValueError):
    """An address that is not answered; `reason` is the end of the label `live.refused.*`, with its `values`."""

    def __init__(self, reason: str, **values: str) -> None:
        super().__init__(reason)
        self.reason, self.values = reason, values


def check_query(query: str) -> dict[str, str]:
    """The filters of an address; raises `Refused` for a name unknown or repeated, and for a value none can have."""
    if len(query) > 10 * LONGEST:
        raise Refused("long")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), errors="strict")
    except ValueError:
        raise Refused("characters") from None
    asked: dict[str, str] = {}
    for name, value in pairs:
        _check(name, value, asked)
        asked[name] = value
    return {name: value for name, value in asked.items() if name not in _OTHERS}


def _check(name: str, value: str, asked: dict[str, str]) -> None:
    if name not in FILTERS and name not in _OTHERS:
        raise Refused("name", name=name[:LONGEST], nearest=nearest(name, FILTERS))
    if name in asked:
        raise Refused("repeated", name=name)
    if name in FILTERS and len(value) > LONGEST:
        raise Refused("long")
    if not value.isprintable():
        raise Refused("characters")
