"""Numbers as documents print them: `73,000`, `45,8%`, `4.1 trillion VND`, `two`.

Used to hold each value of the tables against the token that its evidence prints.
"""

from __future__ import annotations

import re
from decimal import Decimal

_WORDS = {
    word: number
    for number, words in enumerate(
        [
            "zero",
            "one first",
            "two second twice",
            "three third",
            "four fourth quadruple",
            "five fifth fivefold",
            "six sixth",
            "seven",
            "eight",
            "nine",
            "ten",
        ]
    )
    for word in words.split()
}
_SCALES = {
    "trillion": 10**12,
    "nghìn tỷ": 10**12,
    "nghìn tỉ": 10**12,
    "billion": 10**9,
    "bn": 10**9,
    "tỷ": 10**9,
    "tỉ": 10**9,
    "million": 10**6,
    "triệu": 10**6,
    "nghìn": 10**3,
    "thousand": 10**3,
}
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
    return float(Decimal(digits.replace(",", "")) * _scale(token[found.end() :]))


def _scale(rest: str) -> int:
    words = rest.casefold().lstrip()
    return next((scale for word, scale in _SCALES.items() if words.startswith(word)), 1)


def agrees(value: float, printed: float) -> bool:
    """Whether a table's value is the printed number, or the printed percentage as a share."""
    return any(abs(value - each) <= 1e-9 * max(1.0, abs(each)) for each in (printed, printed / 100))


def printed_share(text: str) -> tuple[float, float]:
    """A printed percentage as a share, and half of its last printed digit.

    >>> printed_share("16.47%")
    (0.1647, 5e-05)
    """
    number = Decimal(text.replace("%", "").replace(",", ".").strip())
    digits = -int(number.as_tuple().exponent)
    return float(number / 100), float(Decimal(1).scaleb(-digits) / 200)
