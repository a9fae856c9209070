"""The figures: each is a measure, its words and its chart, for one section of a page.

A figure is a function of a view that gives a finished `Figure`; it stands in the file of the notebook that shows it,
under `@figure` of `registry`, which lists them all. Others may rely on the functions themselves, which notebooks
call, and on the registry. No arithmetic stands here that a measure could do. Read `task_completion.py` first for what
a figure looks like, then `compose.py` and `registry.py`.
"""

from r57lib.figures.agency_scorecard import (
    scorecard_ageing,
    scorecard_due,
    scorecard_overdue,
    scorecard_rank,
    scorecard_status,
    scorecard_transitions,
)
from r57lib.figures.data_quality import (
    conflicts,
    findings_table,
    monitoring_coverage,
    observation_age,
    provenance,
    sources_used,
)
from r57lib.figures.digital_adoption import five_g_coverage, supply, supply_and_usage, usage_against_target, usage_gaps
from r57lib.figures.digital_targets import (
    digital_economy_methods,
    egdi_rank,
    gii_rank,
    other_indicators,
    rating_methods,
    trajectories,
)
from r57lib.figures.enterprise_commitments import (
    claims_that_clash,
    commitment_pace,
    commitment_register,
    deadlines,
    enterprise_statements,
    evidence_ladder,
    implied_growth,
    proposals,
)
from r57lib.figures.overview import changes, headlines, indicator_progress, new_entries, what_changed
from r57lib.figures.province_profile import province_map, province_merger, province_units, province_values
from r57lib.figures.registry import FIGURES, HEADLINES
from r57lib.figures.services_usage import (
    service_long_tail,
    services_offered_and_used,
    unused_online_services,
    usage_by_channel,
    usage_flow,
    usage_map,
    usage_stock,
)
from r57lib.figures.task_completion import (
    agencies_behind,
    burn_up,
    on_time_rates,
    overdue_burden,
    published_counts,
    required_pace,
    task_status,
    unanswered,
)
from r57lib.figures.task_forecast import fan_figure, forecast, forecast_coverage, register_forecast, scorecard_forecast
from r57lib.figures.task_register import (
    agency_league,
    due_soon,
    overdue_ageing,
    register_burn_up,
    register_counts,
    status_transitions,
)

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
