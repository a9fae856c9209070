"""The figures of the notebooks: each takes a view and gives a finished `Figure`."""

from r57lib.figures.compose import FIGURES
from r57lib.figures.tasks import (
    agencies_behind,
    burn_up,
    on_time_rates,
    overdue_burden,
    published_counts,
    required_pace,
    task_status,
    unanswered,
)

__all__ = [
    "FIGURES",
    "agencies_behind",
    "burn_up",
    "on_time_rates",
    "overdue_burden",
    "published_counts",
    "required_pace",
    "task_status",
    "unanswered",
]
