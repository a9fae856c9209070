"""How a document names the sources of what it shows, in whatever format."""

from __future__ import annotations

from collections.abc import Sequence

from r57lib.view.citations import SourceLine
from r57lib.view.words import Words

_FEW = 3


def source_said(source: SourceLine, words: Words) -> str:
    """One by its publisher, its title and its day."""
    teaser = f"; {words('section.sidebar')}" if source.teaser else ""
    return f"{source.publisher}, {source.title} ({source.reported}{teaser})"


def sources_said(sources: Sequence[SourceLine], words: Words, *, all_of: bool = False) -> str:
    """A sentence that names them, or says how many there are where they are not few; empty where there is none."""
    if len(sources) > _FEW and not all_of:
        return f"{words('source.many', count=words.number(len(sources)))}."
    said = "; ".join(source_said(each, words) for each in sources)
    return f"{words('source.heading')}: {said}." if said else ""
