"""The figures of the notebooks: each takes a view and gives a finished `Figure`."""

from r57lib.figures.adoption import supply, supply_and_usage, usage_against_target, usage_gaps
from r57lib.figures.changes import changes
from r57lib.figures.claims import claims_that_clash, enterprise_statements, proposals
from r57lib.figures.commitment_pace import commitment_pace, implied_growth
from r57lib.figures.commitments import commitment_register, deadlines, evidence_ladder
from r57lib.figures.compose import FIGURES, HEADLINES
from r57lib.figures.coverage import five_g_coverage
from r57lib.figures.judgement import rating_methods, trajectories
from r57lib.figures.merger import province_merger, province_units
from r57lib.figures.outcomes import digital_economy_methods, egdi_rank, gii_rank, other_indicators
from r57lib.figures.overview import indicator_progress, new_entries, what_changed
from r57lib.figures.projection import (
    fan_figure,
    forecast,
    forecast_coverage,
    register_forecast,
    scorecard_forecast,
)
from r57lib.figures.provinces import province_map, province_values
from r57lib.figures.quality import (
    conflicts,
    findings_table,
    monitoring_coverage,
    observation_age,
    provenance,
    sources_used,
)
from r57lib.figures.register import (
    agency_league,
    due_soon,
    overdue_ageing,
    register_burn_up,
    register_counts,
    status_transitions,
)
from r57lib.figures.scorecard import (
    scorecard_ageing,
    scorecard_due,
    scorecard_overdue,
    scorecard_rank,
    scorecard_status,
    scorecard_transitions,
)
from r57lib.figures.services import service_long_tail, services_offered_and_used, unused_online_services
from r57lib.figures.task_pace import burn_up, required_pace
from r57lib.figures.tasks import (
    agencies_behind,
    on_time_rates,
    overdue_burden,
    published_counts,
    task_status,
    unanswered,
)
from r57lib.figures.tiles import headlines
from r57lib.figures.usage import usage_by_channel, usage_flow, usage_map, usage_stock

__all__ = [
    "FIGURES",
    "HEADLINES",
    "agencies_behind",
    "agency_league",
    "burn_up",
    "changes",
    "claims_that_clash",
    "commitment_pace",
    "commitment_register",
    "conflicts",
    "deadlines",
    "digital_economy_methods",
    "due_soon",
    "egdi_rank",
    "enterprise_statements",
    "evidence_ladder",
    "fan_figure",
    "findings_table",
    "five_g_coverage",
    "forecast",
    "forecast_coverage",
    "gii_rank",
    "headlines",
    "implied_growth",
    "indicator_progress",
    "monitoring_coverage",
    "new_entries",
    "observation_age",
    "on_time_rates",
    "other_indicators",
    "overdue_ageing",
    "overdue_burden",
    "proposals",
    "provenance",
    "province_map",
    "province_merger",
    "province_units",
    "province_values",
    "published_counts",
    "rating_methods",
    "register_burn_up",
    "register_counts",
    "register_forecast",
    "required_pace",
    "scorecard_ageing",
    "scorecard_due",
    "scorecard_forecast",
    "scorecard_overdue",
    "scorecard_rank",
    "scorecard_status",
    "scorecard_transitions",
    "service_long_tail",
    "services_offered_and_used",
    "sources_used",
    "status_transitions",
    "supply",
    "supply_and_usage",
    "task_status",
    "trajectories",
    "unanswered",
    "unused_online_services",
    "usage_against_target",
    "usage_by_channel",
    "usage_flow",
    "usage_gaps",
    "usage_map",
    "usage_stock",
    "what_changed",
]
