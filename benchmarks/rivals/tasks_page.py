"""What the rivals' pages show: the title, the choices of both selects, and the five figures of a month."""

from __future__ import annotations

from r57lib import figures, open_view
from r57lib.page.figure import Figure
from r57lib.view.words import LANGUAGES

FIGURES = ("task_status", "on_time_rates", "overdue_burden", "burn_up", "agencies_behind")
LANGUAGE_CHOICES = list(LANGUAGES)


def month_choices(count: int = 12) -> list[str]:
    """The newest months, newest first, as `2025-12`."""
    month = open_view().month
    months = []
    for _ in range(count):
        months.append(str(month))
        month = month.previous
    return months


def title(language: str) -> str:
    """The title of the page."""
    return str(open_view(language=language).words("page.task_completion.title"))


def figures_of(month: str, language: str) -> list[Figure]:
    """The five figures of a month, in the order of the page."""
    view = open_view(month=month, language=language)
    return [getattr(figures, name)(view) for name in FIGURES]
