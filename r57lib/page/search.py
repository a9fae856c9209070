"""What a search over the pages of a month finds: their titles, and the headings and findings that stand on them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from html import unescape

from markupsafe import Markup

from r57lib.page.templates import script_json

_SECTION = re.compile(r'<section class="r57-section[^>]*? id="([^"]+)"')
_HEADING = re.compile(r"<h2[^>]*>(.*?)</h2>", re.DOTALL)
_ROW = re.compile(r"<tr[^>]*>((?:\s*<t[dh][^>]*>.*?</t[dh]>){1,2})", re.DOTALL)
_FINDING = re.compile(r'<p class="r57-title">(.*?)</p>|</h2> <span>(.*?)</span></summary>', re.DOTALL)


@dataclass(frozen=True)
class Found:
    """A place that a reader can search for: the page, what stands there, and the address of the place.

    `rows` are the first two cells of the rows of its tables, which name them.
    """

    page: str
    heading: str
    finding: str
    href: str
    rows: str = ""


def places(html: str, page: str, href: str) -> Iterator[Found]:
    """The page itself, and each figure on it with its heading and its finding."""
    yield Found(page, "", "", href)
    for text in html.split("<section ")[1:]:
        section = _SECTION.match(f"<section {text}")
        if section is None:
            continue
        heading, finding = _HEADING.search(text), _FINDING.search(text)
        said = (_plain(heading[1]) if heading else "", _plain(finding[1] or finding[2]) if finding else "")
        rows = dict.fromkeys(map(_plain, _ROW.findall(text.partition("</thead>")[2])))
        if any(said):
            yield Found(page, *said, f"{href}#{unescape(section[1])}", " ".join(rows))


def _plain(html: str) -> str:
    return " ".join(Markup(html).striptags().split())


def search_json(found: list[Found]) -> Markup:
    """The places for the script of a page."""
    return script_json([list(asdict(each).values()) for each in found])
