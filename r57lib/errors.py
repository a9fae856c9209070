"""Errors for people: where, what, what would have been right, and the nearest match.

Every error of the workbench is an `R57Error` and also the built-in error that a reader would expect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches


class R57Error(Exception):
    """A mistake that can be explained in one message; `exit_code` is what a command ends with."""

    exit_code = 1


class WrongCall(R57Error, ValueError):
    """The call itself is wrong: an unknown month, language, notebook, parameter or folder."""

    exit_code = 2


class BadData(R57Error, ValueError):
    """The data folder breaks its schema or its invariants."""


class FailedRun(R57Error, RuntimeError):
    """A notebook did not run to its end; the last good report is untouched."""


class Changed(R57Error, ValueError):
    """What lies there is not what was looked at: a file was changed, or the month was built again."""


class Busy(R57Error, RuntimeError):
    """Another process is at the same work; `exit_code` is EX_TEMPFAIL of sysexits.h: try again later."""

    exit_code = 75


def nearest(word: str, options: Iterable[str], *, cutoff: float | None = None) -> str:
    """The option most like `word`, or nothing when none is as like it as `cutoff`, from 0 to 1.

    Without a `cutoff` it is half, but three quarters for what holds a number of several digits: any two share some.

    >>> nearest("F0012", ["F012", "F120"]), nearest("F9999", ["F099"])
    ('F012', '')
    """
    if cutoff is None:
        cutoff = 0.75 if re.search(r"\d\d", word) else 0.5
    choices = {option.casefold(): option for option in options}
    close = get_close_matches(word.casefold(), choices, n=1, cutoff=cutoff)
    return choices[close[0]] if close else ""


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """The nearest match as the end of a sentence, or nothing.

    >>> did_you_mean("MOTS", ["MOST", "MOF"])
    "; did you mean 'MOST'?"
    >>> did_you_mean("zzz", ["MOST"])
    ''
    """
    match = nearest(word, options)
    return f"; did you mean '{match}'?" if match else ""


def wrong_choice(what: str, word: str, options: Iterable[str]) -> WrongCall:
    """A `WrongCall` that names the choices, of thousands the first and the last, and the nearest of them."""
    known = sorted(options)
    said = ", ".join(known) if len(known) < 1000 else f"{len(known):,}, from {known[0]} to {known[-1]}"
    return WrongCall(f"unknown {what} '{word}'{did_you_mean(word, known)} (known: {said})")
