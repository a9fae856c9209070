"""The text of a cell as its sender meant it, in Unicode, and the keys under which spellings of it meet.

Ministries still send text from before Unicode: TCVN3 (ABC), VNI-Windows, VIQR, and UTF-8 that was decoded twice. A text
is taken for one of them only where every word of the result can be Vietnamese and no other code gives another reading.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from r57lib.ingest.rows import Unreadable

# Nearly every cell is plain, and is told so by one look at it; the steps of `clean` are for the others.
_PLAIN = re.compile(r"[!-'*,-\]_-~]+(?: [!-'*,-\]_-~]+)*", re.ASCII)
_LETTERS = "àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵ"
_SIGNS = rf"[!-\'*,-\]_-~{_LETTERS}{_LETTERS.upper()}]+"
_PLAIN_VIETNAMESE = re.compile(f"{_SIGNS}(?: {_SIGNS})*")
_NOT_PLAIN = re.compile(rf"[^\n {_SIGNS[1:-1]}")
_SPACED = ("  ", "\n ", " \n", "\n\n")
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


def is_plain(word: str) -> bool:
    """Whether nothing is to be repaired in a word, nor in a text of such words with single spaces between them."""
    return bool(_PLAIN.fullmatch(word) or (_PLAIN_VIETNAMESE.fullmatch(word) and is_vietnamese(word)))


def may_be_repaired(text: str) -> bool:
    """Whether something may have to be mended in lines of text beside words that are no Vietnamese syllables."""
    return text != text.strip() or any(map(text.__contains__, _SPACED)) or bool(_NOT_PLAIN.search(text))


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


@lru_cache(maxsize=16384)
def spelling_key(text: str) -> str:
    """What spellings of one name share: case, spaces, signs, and where in its syllable a tone stands.

    >>> spelling_key("Hoà Bình") == spelling_key("hòa  bình"), spelling_key("Hoa Binh") == spelling_key("Hòa Bình")
    (True, False)
    """
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text).casefold())
    return " ".join(map(_tone_last, words))


@lru_cache(maxsize=65536)
def _tone_last(word: str) -> str:
    parts = unicodedata.normalize("NFD", word)
    tones = "".join(char for char in parts if char in _TONES)
    return unicodedata.normalize("NFC", "".join(char for char in parts if char not in _TONES)) + tones


@lru_cache(maxsize=16384)
def bare_key(text: str) -> str:
    """A spelling key without any diacritic.

    >>> bare_key("Đơn vị chủ trì")
    'don vi chu tri'
    """
    return " ".join(map(_bare, spelling_key(text).split(" ")))


@lru_cache(maxsize=65536)
def _bare(word: str) -> str:
    parts = unicodedata.normalize("NFD", word)
    return "".join(char for char in parts if not unicodedata.combining(char)).replace("đ", "d")


# --- from before Unicode ---------------------------------------------------------------------------------------------

_TCVN3 = dict(
    zip(
        "µ¶·¸¹¨»¼½¾Æ©ÇÈÉÊË®ÌÎÏÐÑªÒÓÔÕÖ×ØÜÝÞßáâãä«åæçèé¬êëìíîïñòóô\xadõö÷øùúûüýþ¡¢£¤¥¦§",
        "àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵĂÂÊÔƠƯĐ",
        strict=True,
    )
)
_VNI_MARKS = {
    "ù": "\u0301", "ø": "\u0300", "û": "\u0309", "õ": "\u0303", "ï": "\u0323",
    "â": "\u0302", "á": "\u0302\u0301", "à": "\u0302\u0300", "å": "\u0302\u0309", "ã": "\u0302\u0303",
    "ä": "\u0302\u0323", "ê": "\u0306", "é": "\u0306\u0301", "è": "\u0306\u0300", "ú": "\u0306\u0309",
    "ü": "\u0306\u0303", "ë": "\u0306\u0323",
}  # fmt: skip
_VNI_MARKS |= {key.upper(): value for key, value in _VNI_MARKS.items()}
_VNI_LETTERS = dict(zip("ôöæóòîñÔÖÆÓÒÎÑ", "ơưỉĩịỵđƠƯỈĨỊỴĐ", strict=True))
_VNI = re.compile(f"([aeouyôöAEOUYÔÖ])([{''.join(_VNI_MARKS)}])|([{''.join(_VNI_LETTERS)}])")
_CLEARLY_VIQR = re.compile(r"(?:[aeo]\^|[ou]\+|a\()['`?~.]", re.IGNORECASE)
_VIQR = re.compile(r"[aeo]\^['`?~.]?|[ou]\+['`?~.]?|a\(['`?~.]|[aeiouy]['`?~][a-z]", re.IGNORECASE)

_RHYMES = """a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây e ec em en eng eo ep
et ê êch êm ên ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu o oa oac oach oai oam oan oang oanh
oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong oong ooc op ot ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp
ơt u ua uân uâng uât uây uc uê uêch uênh ui um un ung uôc uôi uôm uôn uông uôt uơ up ut uy uya uych uyên uyêt uynh uyt
uyu ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu y yêm yên yêng yêt yêu ynh ych"""
_ONSETS = "ngh ng gh gi kh nh ph qu th tr ch b c d đ g h k l m n p r s t v x"
_SYLLABLE = re.compile(
    f"(?:{'|'.join(_ONSETS.split())})?(?:{'|'.join(sorted(_RHYMES.split(), key=len, reverse=True))})"
)
_STOPPED = re.compile(r"(?:[cpt]|ch)$")
_HYPHEN_OR_LETTER = re.compile(r"(?<![^\W\d_])(?:[bcdghklmnpqrstvx]{1,3}\xad|\xad[a-z])", re.IGNORECASE)
_STRANGE = re.compile(r"[^\W\d_][µ¶·¸¹¨»¼½¾©®ª«¬\xad¡¢£¤¥¦§×÷]+|[µ¶·¸¹¨¼½¾®¬¤¥¦]+[^\W\d_]")


@lru_cache(maxsize=65536)
def is_syllable(word: str) -> bool:
    """Whether a word can be a Vietnamese syllable: onset, rhyme, one tone at most, and the tones that a stop allows.

    >>> [is_syllable(word) for word in ("Nghị", "quyết", "Néi", "hoà", "hòa", "gì")]
    [True, True, False, True, True, True]
    """
    parts = unicodedata.normalize("NFD", word.lower())
    tones = [char for char in parts if char in _TONES]
    bare = unicodedata.normalize("NFC", "".join(char for char in parts if char not in _TONES))
    if len(tones) > 1 or not _SYLLABLE.fullmatch(bare):
        return False
    return not (_STOPPED.search(bare) and tones and tones[0] not in "\u0301\u0323")


def is_vietnamese(text: str) -> bool:
    """Whether every word with more than ASCII letters can be Vietnamese, and there is one."""
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    return bool(words) and all(map(is_syllable, words)) and not _STRANGE.search(text)


@lru_cache(maxsize=4096)
def from_legacy(text: str) -> tuple[str, str]:
    """The text as Unicode, and the name of the code that it was written in; both stay as they are without one.

    Raises `ValueError` when it is written in an old code, but not clearly in which.

    >>> from_legacy("B¶o Th¾ng"), from_legacy("Haø Noäi"), from_legacy("Müller")
    (('Bảo Thắng', 'TCVN3'), ('Hà Nội', 'VNI'), ('Müller', ''))
    """
    if text.isascii():
        if _looks_like_viqr(text):
            raise ValueError("VIQR")
        return text, ""
    composed = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    if "\ufffd" in text or _HYPHEN_OR_LETTER.search(text):
        raise ValueError("?")
    if composed.isascii() or is_vietnamese(composed):
        return text, ""
    composed = unicodedata.normalize("NFC", text)
    found = {name: made for name, made in _candidates(composed).items() if is_vietnamese(made)}
    if len(set(found.values())) == 1:
        name, made = next(iter(found.items()))
        return made, name
    if found or _STRANGE.search(composed):
        raise ValueError(" / ".join(found) or "?")
    return text, ""


def _candidates(text: str) -> dict[str, str]:
    made = {"TCVN3": from_tcvn3(text), "VNI": from_vni(text)}
    for code in ("cp1252", "latin-1"):
        try:
            made["UTF-8"] = unicodedata.normalize("NFC", text.encode(code).decode())
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
    return {name: result for name, result in made.items() if result != text}


def from_tcvn3(text: str) -> str:
    """TCVN3 letters, which look like signs of Latin-1, as Unicode."""
    return "".join(_TCVN3.get(char, char) for char in text)


def from_vni(text: str) -> str:
    """VNI-Windows, where a letter is followed by its marks, as Unicode."""

    def letter(match: re.Match[str]) -> str:
        if match[3]:
            return _VNI_LETTERS[match[3]]
        return _VNI_LETTERS.get(match[1], match[1]) + _VNI_MARKS[match[2]]

    return unicodedata.normalize("NFC", _VNI.sub(letter, text))


def _looks_like_viqr(text: str) -> bool:
    return bool(_CLEARLY_VIQR.search(text)) or (len(_VIQR.findall(text)) >= 2 and any(mark in text for mark in "^+("))
