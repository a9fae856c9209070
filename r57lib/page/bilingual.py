"""The words of an analyst's own notebook: its title and question, and what a bilingual text says in a language.

A text in both languages says them in this order, `tiếng Việt · English`: in a heading, a paragraph, an item of a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

_FENCES = ("```", "~~~")
_BEGINS = re.compile(r"\s*(#+ |[-*+] |\d+[.)] |> ?|\|)")
"""What begins with this is a sentence of its own, even without an empty line before it."""
_VIETNAMESE = re.compile("[ăâđêôơưàáảãạèéẻẽẹìíỉĩịòóỏõọùúủũụỳýỷỹỵ\u1ea0-\u1ef9]", re.IGNORECASE)


def said_in(text: str, language: str) -> str:
    r"""What a bilingual text says in a language; a paragraph in one language alone stays as it is.

    >>> said_in("## Quá hạn · Overdue\nChưa xong. · Not done.", "en")
    '## Overdue\nNot done.'
    """
    said: list[str] = []
    sentence: list[str] = []
    fenced = False
    for line in [*text.split("\n"), ""]:
        fence = line.lstrip().startswith(_FENCES)
        if fenced or fence or not line.strip() or _BEGINS.match(line):
            said += _half("\n".join(sentence), language).split("\n") if sentence else []
            sentence = []
        if fenced or fence or not line.strip():
            said.append(line)
        elif line.startswith("#"):
            said.append(_half(line, language))
        else:
            sentence.append(line)
        fenced ^= fence
    return "\n".join(said[:-1])


def _half(block: str, language: str) -> str:
    mark = _BEGINS.match(block)
    begin = mark[0] if mark else ""
    halves = re.split(r"\s·\s+", block[len(begin) :])
    if len(halves) != 2 or not _VIETNAMESE.search(halves[0]) or _VIETNAMESE.search(halves[1]):
        return block  # a dot between two things of one language parts nothing
    return begin + halves[language == "en"].strip()


def head_of(text: str) -> tuple[str, str, str]:
    """The title of a text, the paragraph below it, and the rest; three empty texts where it begins with no title."""
    lines = text.strip().split("\n")
    if not lines[0].startswith("# "):
        return "", "", ""
    below = "\n".join(lines[1:]).strip()
    question, _, rest = ("", "", below) if below.startswith("#") else below.partition("\n\n")
    return lines[0][2:].strip(), " ".join(question.split()), rest.strip()


def with_ids(cells: Sequence[Any]) -> Sequence[Any]:
    """The cells, those of an old notebook named by their place: `cell-3`."""
    for place, cell in enumerate(cells, 1):
        cell.setdefault("id", f"cell-{place}")
    return cells


def title_cells(cells: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The cells of Markdown before the first cell of code that begin with a title."""
    for cell in cells:
        if cell["cell_type"] == "code":
            return
        if cell["cell_type"] == "markdown" and head_of("".join(cell["source"]))[0]:
            yield cell


def named_by(notebook: Mapping[str, Any], language: str) -> dict[str, str]:
    """Title, short title and question of a notebook in a language: its metadata's, else its first cell's.

    The metadata say them as `{"r57": {"title": {"vi": ..., "en": ...}}}`, or as one text for both.
    """
    found: dict[str, str] = {}
    for cell in title_cells(notebook["cells"]):
        tags = set(cell["metadata"].get("tags", [])) & {"vi", "en"}
        if not tags or language in tags:
            title, question, _ = head_of(said_in("".join(cell["source"]), language))
            found = {"title": title, "question": question}
            break
    told = notebook["metadata"].get("r57", {})
    for kind in ("title", "short", "question"):
        said = told.get(kind, "")
        text = said.get(language) if isinstance(said, dict) else said
        if text:
            found[kind] = str(text)
    found.setdefault("short", found.get("title", ""))
    return {kind: text for kind, text in found.items() if text}
