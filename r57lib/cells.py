"""The text of a cell becomes a value, by the declared kind of its column; nothing is guessed.

Each function raises a `ValueError` that says what would have been right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from r57lib.period import parse_day, parse_period


def parse_number(text: str) -> float:
    """A number with a decimal point and without separators of thousands."""
    if not re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]+)?", text):
        raise ValueError(f"'{text}' is not a number; write 1234.5, without separators of thousands")
    return float(text)


def parse_integer(text: str) -> int:
    """A whole number of 0 or more."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise ValueError(f"'{text}' is not a whole number of 0 or more, with 18 digits at most")
    return int(text)


def parse_id(text: str) -> str:
    """A name without white space."""
    if any(char.isspace() for char in text):
        raise ValueError(f"'{text}' is not a name: it holds white space")
    return text


def parse_url(text: str) -> str:
    """A web address."""
    if not text.startswith(("https://", "http://")):
        raise ValueError(f"'{text}' is not a web address; it begins with https://")
    return text


def parse_percent(text: str) -> str:
    """A percentage as a document prints it."""
    if not re.fullmatch(r"[0-9]{1,3}([.,][0-9]+)?\s?%", text):
        raise ValueError(f"'{text}' is not a percentage as printed; write 16.47%")
    return text


PARSERS: Mapping[str, Callable[[str], object]] = {
    "id": parse_id,
    "number": parse_number,
    "integer": parse_integer,
    "percent": parse_percent,
    "period": parse_period,
    "date": parse_day,
    "url": parse_url,
}
"""Kind of column -> the function that reads its cells; other kinds stay text."""
