"""What Word files and slides have in common: what they say of themselves, and the same bytes for the same content."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime, time
from typing import Any

from r57lib.report.documents.document import Document

LOCALES = {"vi": "vi-VN", "en": "en-GB"}
"""The language of a document as offices write it."""
_MOMENT = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")


def describe(about: Any, document: Document) -> None:
    """Title, language and author; the times are the day of the cut-off, for the clock has no place in a file."""
    about.title, about.language = document.title, LOCALES[document.language]
    about.created = about.modified = datetime.combine(document.as_of, time())
    about.author = about.last_modified_by = document.approval.by if document.approval else ""


def same_zip(content: bytes, day: date) -> bytes:
    """The same zip file with its members in one order and without times: what opens it finds no difference.

    The workbooks within it, as charts of slides have one, are made on the `day`, too.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as had, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name in sorted(had.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            held = had.read(name)
            if name == "docProps/core.xml":
                held = _MOMENT.sub(rb"\g<1>" + f"{day}T00:00:00Z".encode(), held)
            made.writestr(member, same_zip(held, day) if name.endswith(".xlsx") else held)
    return buffer.getvalue()
