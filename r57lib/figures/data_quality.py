"""The figures of the notebook `data_quality`."""

from __future__ import annotations

from typing import Any

import pandas as pd

from r57lib.charts import bars
from r57lib.data.codes import Finding
from r57lib.data.tables import records
from r57lib.figures.cells import dated, measured, readable
from r57lib.figures.compose import compose
from r57lib.figures.registry import figure
from r57lib.measures import quality
from r57lib.page.parts import Figure
from r57lib.view.citations import finding_sentence
from r57lib.view.view import View

NOTEBOOK = "data_quality"
PROGRAMME = "57-NQ/TW:2024-12-22"
STALE_DAYS = 365


@figure(NOTEBOOK, headline=True)
def findings_table(view: View) -> Figure:
    """Every broken rule and every conflict in the facts of the month (question 17)."""
    words, rows = view.words, view.findings
    table = readable(
        view,
        {
            "severity": [words(f"severity.{row.severity}") for row in rows],
            "rule": [words(f"rule.{row.rule}") for row in rows],
            "finding": [finding_sentence(row, words) for row in rows],
        },
        [row.fact_ids for row in rows],
    )
    facts = [row.fact_ids for row in rows]
    conflicts = sum(row.rule == "observation_conflict" for row in rows)
    values = {"count": words.number(len(rows)), "conflicts": words.number(conflicts)}
    return compose(view, "findings_table", table, facts=facts, values=values, title="title" if rows else "none")


@figure(NOTEBOOK)
def conflicts(view: View) -> Figure:
    """The values that sources give for one thing within a month, side by side; none is averaged away."""
    rows = [row for finding in view.findings for row in _rivals(view, finding)]
    table = readable(
        view,
        {
            name: [row[name] for row in rows]
            for name in ("indicator", "level", "time_period", "value", "publisher", "reported_on")
        },
        [row["fact_ids"] for row in rows],
    )
    if not rows:
        return compose(view, "conflicts", table, facts=[], title="none")
    drawn = pd.DataFrame(rows).rename(columns={"number": "value", "value": "text"})
    drawn["facts"] = drawn["fact_ids"].map(" ".join)
    return compose(
        view,
        "conflicts",
        table,
        facts=[row["fact_ids"] for row in rows],
        values={"widest": _widest(view)},
        draw=lambda texts: bars.bars(drawn[["row", "value", "text", "facts"]], texts, domain=1.0),
    )


def _rivals(view: View, finding: Finding) -> list[dict[str, Any]]:
    """The observations of one conflict between shares, as rows of the table and of the chart."""
    if "found_shares" not in finding.values:
        return []
    words = view.words
    own = view.tables["observations"].set_index("fact_id").loc[list(finding.fact_ids)].reset_index()
    publishers = view.everything["sources"].set_index("source_id")["publisher"]
    units = view.tables["indicators"].set_index("indicator_id")["unit"]
    return [
        {
            "row": words(
                "conflict.row" if own["source_id"].map(publishers).is_unique else "conflict.row.dated",
                indicator=words(f"indicator.{row.indicator_id}"),
                publisher=publishers[row.source_id],
                day=words.period(row.time_period),
            ),
            "indicator": words(f"indicator.{row.indicator_id}"),
            "level": words(f"scope_of.{row.scope}"),
            "time_period": dated(words, row.time_period),
            "value": measured(words, row.obs_value, units[row.indicator_id], row.qualifier),
            "publisher": publishers[row.source_id],
            "reported_on": dated(words, row.reported_on),
            "number": row.obs_value,
            "fact_ids": (row.fact_id,),
        }
        for row in records(own)
    ]  # fmt: skip


def _widest(view: View) -> str:
    """The conflict with the widest spread, as a sentence."""
    spread = {
        max(shares) - min(shares): finding
        for finding in view.findings
        if (shares := [float(part) for part in finding.values.get("found_shares", "").split(";") if part])
    }
    finding = spread[max(spread)]
    shares = sorted(float(part) for part in finding.values["found_shares"].split(";"))
    words = view.words
    name = words(f"family.{finding.values['family']}")
    return words("conflict.widest", indicator=name, low=words.percent(shares[0]), high=words.percent(shares[-1]))


@figure(NOTEBOOK)
def provenance(view: View) -> Figure:
    """How many facts have a source, evidence, a period to the day, a printed day of publication (question 17)."""
    words = view.words
    counts = quality.provenance_counts(view.tables)
    names = ["with_source", "with_evidence", "publication_printed", "dated_to_day", "teasers"]
    table = readable(
        view,
        {
            "table": [words(f"table.{name}") for name in counts["table"]],
            **{name: [words.number(cell) for cell in counts[name]] for name in ("facts_count", *names)},
        },
        [() for _ in counts.index],
    ).iloc[:, :-1]
    total = int(counts["facts_count"].sum())
    if not total:
        return compose(view, "provenance", table, facts=[], title="none")
    sums = counts[names].sum()
    drawn = pd.DataFrame(
        {
            "row": [words(f"provenance.{name}") for name in names],
            "value": [float(sums[name] / total) for name in names],
            "text": [
                words("provenance.text", count=words.number(sums[name]), share=words.percent(sums[name] / total, 1))
                for name in names
            ],
        }
    )
    values = {"total": words.number(total), "dated": words.percent(sums["dated_to_day"] / total, 1)}
    return compose(
        view,
        "provenance",
        table,
        facts=[],
        values=values,
        draw=lambda texts: bars.bars(drawn, texts, domain=1.0),
    )


@figure(NOTEBOOK)
def observation_age(view: View) -> Figure:
    """How old the newest value of each indicator is at the end of the month (question 17)."""
    words = view.words
    ages = quality.observation_ages(view.tables, day=view.month.last_day)
    ages = ages.sort_values("age_days", ascending=False, ignore_index=True)
    table = readable(
        view,
        {
            "indicator": [words(f"indicator.{name}") for name in ages["indicator_id"]],
            "time_period": [dated(words, period) for period in ages["time_period"]],
            "age_days": [words.number(days) for days in ages["age_days"]],
        },
        ages["fact_ids"],
    )
    old = int((ages["age_days"] > STALE_DAYS).sum())
    values = {"old": words.number(old), "count": words.number(len(ages))}
    return compose(
        view, "observation_age", table, facts=ages["fact_ids"], values=values, title="title" if len(ages) else "none"
    )


@figure(NOTEBOOK)
def monitoring_coverage(view: View) -> Figure:
    """For how many targets of the resolution the pace can be judged at all (question 18)."""
    words = view.words
    targets = quality.targets_observed(view.tables, instrument=PROGRAMME)
    units = view.tables["indicators"].set_index("indicator_id")["unit"]
    table = readable(
        view,
        {
            "indicator": [words(f"indicator.{name}") for name in targets["indicator_id"]],
            "target": [measured(words, row.target_value, units[row.indicator_id]) for row in records(targets)],
            "target_period": [dated(words, period) for period in targets["target_period"]],
            "observations_count": [words.number(count) for count in targets["observations"]],
            "comparable_count": [words.number(count) for count in targets["comparable"]],
            "covered": [words("yes" if covered else "no") for covered in targets["covered"]],
        },
        targets["fact_ids"],
    )  # fmt: skip
    if targets.empty:
        return compose(view, "monitoring_coverage", table, facts=[], title="none")
    covered = int(targets["covered"].sum())
    values = {
        "covered": words.number(covered),
        "count": words.number(len(targets)),
        "share": words.percent(covered / len(targets), 1),
    }
    return compose(view, "monitoring_coverage", table, facts=targets["fact_ids"], values=values)


@figure(NOTEBOOK)
def sources_used(view: View) -> Figure:
    """The documents behind the month's facts, and why undated ones stand where they stand."""
    words = view.words
    facts = view.tables.facts()
    counts = facts["source_id"].value_counts()
    sources = view.tables["sources"]
    rows = sorted(
        records(sources[sources["source_id"].isin(counts.index)]), key=lambda row: (row.reported_on, row.source_id)
    )
    table = readable(
        view,
        {
            "publisher": [row.publisher for row in rows],
            "document": [row.title for row in rows],
            "section": [words(f"section.{row.section}") for row in rows],
            "reported_on": [dated(words, row.reported_on) for row in rows],
            "precision": [words(f"reported_on_precision.{row.reported_on_precision}") for row in rows],
            "confidence": [words(f"confidence.{row.confidence}") for row in rows],
            "facts_count": [words.number(counts[row.source_id]) for row in rows],
        },
        [(row.source_id,) for row in rows],
    )
    undated = sum(row.reported_on_precision != "day" for row in rows)
    values = {"count": words.number(len(rows)), "undated": words.number(undated)}
    return compose(view, "sources_used", table, facts=[], values=values, title="title" if rows else "none")
