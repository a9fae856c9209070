"""The text of a cell without what nobody typed on purpose, and the keys under which spellings meet."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from r57lib.ingest.bins import Unreadable
from r57lib.ingest.legacy import from_legacy, is_vietnamese

_PLAIN = re.compile(r"[!-'*,-\]_-~]+(?: [!-'*,-\]_-~]+)*", re.ASCII)
_LETTERS = "àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵ"
_SIGNS = rf"[!-\'*,-\]_-~{_LETTERS}{_LETTERS.upper()}]+"
_PLAIN_VIETNAMESE = re.compile(f"{_SIGNS}(?: {_SIGNS})*")
_SPACES = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\t]")
_INVISIBLE = re.compile(r"[\u200b-\u200d\u2060\ufeff\u00ad]")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_DASHES = re.compile(r"[‐‑‒–—−]")
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_WORD = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=65536)
def clean(text: str) -> tuple[str, tuple[str, ...]]:
    """The text in NFC with plain spaces and without invisible signs, and the codes of the repairs.

    Raises `Unreadable` for control signs, for an old code that is not clear, and for letters that only look right.
    """
    if _PLAIN.fullmatch(text) or (_PLAIN_VIETNAMESE.fullmatch(text) and is_vietnamese(text)):
        return text, ()
    try:
        made, code = from_legacy(text)
    except ValueError as error:
        raise Unreadable("E-ENC", str(error)) from None
    if _FORBIDDEN.search(made):
        raise Unreadable("E-CONTROL")
    repairs = ["R-ENC"] if code else []
    steps = (
        ("R-INVISIBLE", lambda given: _INVISIBLE.sub("", given)),
        ("R-SPACE", lambda given: _SPACES.sub(" ", given)),
        ("R-NFC", lambda given: unicodedata.normalize("NFC", given)),
        ("R-LOOKALIKE", _with_d),
    )
    for name, step in steps:
        after = step(made)
        if after != made:
            repairs.append(name)
        made = after
    _require_one_script(made)
    return re.sub(r" {2,}", " ", made).strip(), tuple(repairs)


def _with_d(text: str) -> str:
    """The eth that looks like the Vietnamese letter becomes that letter."""
    return text.replace("Ð", "Đ").replace("ð", "đ").replace("Ɖ", "Đ")


def _require_one_script(text: str) -> None:
    """Raise `Unreadable` for a word that mixes Latin letters with Cyrillic or Greek ones."""
    if text.isascii():
        return
    for word in _WORD.findall(text):
        scripts = {unicodedata.name(char, "").partition(" ")[0] for char in word if not char.isascii()}
        if scripts & {"CYRILLIC", "GREEK"} and (scripts & {"LATIN"} or any(char.isascii() for char in word)):
            raise Unreadable("E-LOOKALIKE", word)


def clean_code(text: str) -> tuple[str, tuple[str, ...]]:
    """A code: as `clean`, with plain hyphens and without spaces around them."""
    made, repairs = clean(text)
    plain = re.sub(r"\s*-\s*", "-", _DASHES.sub("-", made)).translate(str.maketrans("“”‘’", "\"\"''"))
    return plain, repairs if plain == made else (*repairs, "R-DASH")


@lru_cache(maxsize=65536)
def spelling_key(text: str) -> str:
    """What spellings of one name share: case, spaces, signs, and where in its syllable a tone stands.

    >>> spelling_key("Hoà Bình") == spelling_key("hòa  bình"), spelling_key("Hoa Binh") == spelling_key("Hòa Bình")
    (True, False)
    """
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text).casefold())
    return " ".join(map(_tone_last, words))


def _tone_last(word: str) -> str:
    parts = unicodedata.normalize("NFD", word)
    tones = "".join(char for char in parts if char in _TONES)
    return unicodedata.normalize("NFC", "".join(char for char in parts if char not in _TONES)) + tones


@lru_cache(maxsize=65536)
def bare_key(text: str) -> str:
    """A spelling key without any diacritic.

    >>> bare_key("Đơn vị chủ trì")
    'don vi chu tri'
    """
    parts = unicodedata.normalize("NFD", spelling_key(text))
    return "".join(char for char in parts if not unicodedata.combining(char)).replace("đ", "d")
