"""The text of a cell becomes a value, by the declared kind of its column; nothing is guessed.

Each function raises a `ValueError` that says what would have been right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from r57lib.data.periods import parse_day, parse_month, parse_period


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
    """A name without white space and without what parts names in a list."""
    if found := next((char for char in text if char.isspace() or char in ",;"), ""):
        raise ValueError(f"'{text}' is not a name: it holds {'white space' if found.isspace() else repr(found)}")
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
    "month": parse_month,
    "period": parse_period,
    "date": parse_day,
    "url": parse_url,
}
"""Kind of column -> the function that reads its cells; other kinds stay text."""


TOLERANCE = 0.02


def differ(one: float, other: float, unit: str) -> bool:
    """Whether two values of one thing differ by more than two percentage points, or 2% where they are no shares.

    >>> differ(0.39, 0.40, "share"), differ(0.40, 0.59, "share"), differ(980, 1000, "count")
    (False, True, False)
    """
    scale = 1.0 if unit == "share" else max(abs(one), abs(other))
    return abs(one - other) > TOLERANCE * scale


# --- numbers as documents print them: `73,000`, `45,8%`, `4.1 trillion VND`, `two` ------------------------------------

_COUNTED = ("zero", "one first", "two second twice", "three third", "four fourth quadruple", "five fifth fivefold",
            "six sixth", "seven", "eight", "nine", "ten")  # fmt: skip
_WORDS = {word: number for number, words in enumerate(_COUNTED) for word in words.split()}
_SCALES = {"trillion": 10**12, "nghìn tỷ": 10**12, "nghìn tỉ": 10**12, "billion": 10**9, "bn": 10**9, "tỷ": 10**9,
           "tỉ": 10**9, "million": 10**6, "triệu": 10**6, "nghìn": 10**3, "thousand": 10**3}  # fmt: skip
_SCALE = re.compile(rf"\s*({'|'.join(_SCALES)})\b")
_NUMBER = re.compile(r"\d[\d.,]*\d|\d")
_ENGLISH = re.compile(r"\d{1,3}(,\d{3})*(\.\d+)?|\d+(\.\d+)?")


def reads_as(token: str, language: str) -> float | None:
    """The first number of a printed token, or nothing where it is words alone.

    Vietnamese prints `45,8` and `73.000`; every other language of the sources `45.8` and `73,000`.

    >>> reads_as("4.1 trillion VND", "en"), reads_as("45,8%", "vi"), reads_as("two", "en"), reads_as("pledged", "en")
    (4100000000000.0, 45.8, 2.0, None)
    """
    found = _NUMBER.search(token)
    if found is None:
        word = re.search(r"\b(" + "|".join(_WORDS) + r")\b", token.casefold())
        return float(_WORDS[word[0]]) if word else None
    digits = found[0]
    if language == "vi":
        digits = digits.translate(str.maketrans(",.", ".,"))
    if not _ENGLISH.fullmatch(digits):
        return None
    return float(Decimal(digits.replace(",", "")) * scale_after(token[found.end() :]))


def scale_after(rest: str) -> int:
    """By how much the word after a number multiplies it: 1,000,000 for `million users`, 1 for `users`."""
    word = _SCALE.match(rest.casefold())
    return _SCALES[word[1]] if word else 1


def agrees(value: float, printed: float, *, percent: bool | None = None) -> bool:
    """Whether a table's value is the printed number, or the printed percentage as a share; `percent` says which."""
    either = (printed, printed / 100)
    wanted = either if percent is None else (either[percent],)
    return any(abs(value - each) <= 1e-9 * max(abs(each), 1e-3) for each in wanted)


def printed_share(text: str) -> tuple[float, float]:
    """A printed percentage as a share, and half of its last printed digit.

    >>> printed_share("16.47%")
    (0.1647, 5e-05)
    """
    number = Decimal(text.replace("%", "").replace(",", ".").strip())
    digits = -int(number.as_tuple().exponent)
    return float(number / 100), float(Decimal(1).scaleb(-digits) / 200)
