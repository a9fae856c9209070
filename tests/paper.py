"""What stands on a sheet of a PDF, and how far down."""

from __future__ import annotations

from typing import Any

from pypdf import PageObject


def written(page: PageObject) -> tuple[str, list[float]]:
    """The text of a page, and how far down each piece of it stands, from 0 to 1."""
    found, high = list[float](), float(page.mediabox.height)

    def note(text: str, cm: list[float], tm: list[float], *_: Any) -> None:
        if text.strip():
            found.append(1 - (tm[4] * cm[1] + tm[5] * cm[3] + cm[5]) / high)

    return page.extract_text(visitor_text=note), found
