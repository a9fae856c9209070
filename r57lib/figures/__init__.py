"""The figures of the notebooks: each takes a view and gives a finished `Figure`."""

from r57lib.figures.adoption import supply, supply_and_usage, usage_against_target, usage_gaps
from r57lib.figures.claims import claims_that_clash, enterprise_statements, proposals
from r57lib.figures.commitment_pace import commitment_pace, implied_growth
from r57lib.figures.commitments import commitment_register, deadlines, evidence_ladder
from r57lib.figures.compose import FIGURES, HEADLINES
from r57lib.figures.coverage import five_g_coverage
from r57lib.figures.judgement import rating_methods, trajectories
from r57lib.figures.outcomes import digital_economy_methods, egdi_rank, gii_rank, other_indicators
from r57lib.figures.overview import headlines, indicator_progress, new_entries, what_changed
from r57lib.figures.projection import fan_figure, forecast
from r57lib.figures.quality import (
    conflicts,
    findings_table,
    monitoring_coverage,
    observation_age,
    provenance,
    sources_used,
)
from r57lib.figures.task_pace import burn_up, required_pace
from r57lib.figures.tasks import (
    agencies_behind,
    on_time_rates,
    overdue_burden,
    published_counts,
    task_status,
    unanswered,
)

__all__ = [
    "FIGURES",
    "HEADLINES",
    "agencies_behind",
    "burn_up",
    "claims_that_clash",
    "commitment_pace",
    "commitment_register",
    "conflicts",
    "deadlines",
    "digital_economy_methods",
    "egdi_rank",
    "enterprise_statements",
    "evidence_ladder",
    "fan_figure",
    "findings_table",
    "five_g_coverage",
    "forecast",
    "gii_rank",
    "headlines",
    "implied_growth",
    "indicator_progress",
    "monitoring_coverage",
    "new_entries",
    "observation_age",
    "on_time_rates",
    "other_indicators",
    "overdue_burden",
    "proposals",
    "provenance",
    "published_counts",
    "rating_methods",
    "required_pace",
    "sources_used",
    "supply",
    "supply_and_usage",
    "task_status",
    "trajectories",
    "unanswered",
    "usage_against_target",
    "usage_gaps",
    "what_changed",
]
