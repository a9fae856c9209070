from __future__ import annotations

import pytest

from r57lib.errors import BadData, FailedRun, R57Error, WrongCall, did_you_mean, nearest, wrong_choice


@pytest.mark.parametrize(
    ("error", "builtin", "exit_code"),
    [(WrongCall, ValueError, 2), (BadData, ValueError, 1), (FailedRun, RuntimeError, 1)],
)
def test_each_error_is_ours_and_a_builtin_one(error: type[R57Error], builtin: type, exit_code: int) -> None:
    assert issubclass(error, R57Error)
    assert issubclass(error, builtin)
    assert error.exit_code == exit_code


@pytest.mark.parametrize(
    ("word", "expected"), [("MOTS", "MOST"), ("most", "MOST"), ("mof", "MOF"), ("xyz", ""), ("", "")]
)
def test_nearest_keeps_the_spelling_of_the_option(word: str, expected: str) -> None:
    assert nearest(word, ["MOF", "MOST"]) == expected


def test_nearest_of_nothing() -> None:
    assert nearest("word", []) == ""


def test_did_you_mean_is_silent_without_a_match() -> None:
    assert did_you_mean("overdeu", ["overdue", "total"]) == "; did you mean 'overdue'?"
    assert did_you_mean("qqq", ["overdue", "total"]) == ""


def test_wrong_choice_names_the_word_the_nearest_and_all_choices() -> None:
    error = wrong_choice("language", "eng", ["vi", "en"])
    assert isinstance(error, WrongCall)
    assert str(error) == "unknown language 'eng'; did you mean 'en'? (known: en, vi)"
