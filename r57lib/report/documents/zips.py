"""Files of offices are zip files: the same content gives the same bytes."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date

_MOMENT = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")


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
