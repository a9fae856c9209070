"""What the checks found, in the reader's words."""

from __future__ import annotations

from r57lib.data.codes import Finding
from r57lib.i18n import Words


def finding_sentence(finding: Finding, words: Words) -> str:
    """A finding in the reader's language, followed by its explanation where one is known."""
    if not words.has(f"finding.{finding.rule}"):
        return f"{finding.message}."
    values = {name: _said(name, value, words) for name, value in finding.values.items()}
    values |= {"found": values.get("found") or values.get("found_shares") or values.get("found_numbers", "")}
    like = finding.values.get("nearest")
    values["hint"] = words("hint.nearest", value=like) if like else ""
    text = words(f"finding.{finding.rule}", **values, message=finding.message)
    known = finding.values.get("known")
    return f"{text} {words(f'known.{known}')}" if known else text


def _said(name: str, value: str, words: Words) -> str:
    """A value of a finding as a reader says it; what kind it is stands at the end of its name."""
    kind = name.rpartition("_")[2]
    if kind in ("counts", "shares", "numbers"):
        return "; ".join(_said(kind.removesuffix("s"), part, words) for part in value.split(";"))
    written = {"count": words.number, "share": words.percent, "number": words.plain, "period": words.period}
    if kind in written:
        return written[kind](value if kind == "period" else float(value))
    label = {"family": "indicator", "level": "scope_of", "whole": "status"}.get(name, name)
    return words(f"{label}.{value}") if words.has(f"{label}.{value}") else value
