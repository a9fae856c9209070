"""The figures of the notebook `data_quality`."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from r57lib.charts import bars
from r57lib.data.codes import Finding
from r57lib.data.rows import Observation, Source, Target
from r57lib.data.tables import programme, records
from r57lib.figures.cells import aim, publisher
from r57lib.figures.compose import compose
from r57lib.figures.registry import figure
from r57lib.measures import quality
from r57lib.measures.indicators import ONE_TARGET
from r57lib.page.columns import amount, counts, days, figures, periods, tabulate
from r57lib.page.figure import Figure
from r57lib.view.citations import finding_sentence, rival_values, said_values
from r57lib.view.view import View

NOTEBOOK = "data_quality"
STALE_DAYS = 365


@figure(NOTEBOOK, headline=True)
def findings_table(view: View) -> Figure:
    """Every broken rule and every conflict in the facts of the month (question 17).

    `.data`: severity, rule, finding, facts.
    """
    words, rows = view.words, view.findings
    facts = [row.fact_ids for row in rows]
    table = tabulate(
        view,
        {
            "severity": [words(f"severity.{row.severity}") for row in rows],
            "rule": [words(f"rule.{row.rule}") for row in rows],
            "finding": [finding_sentence(row, words) for row in rows],
        },
        facts,
    )
    conflicts = sum(row.rule == "observation_conflict" for row in rows)
    values = {"count": words.number(len(rows)), "conflicts": words.number(conflicts)}
    return compose(view, "findings_table", table, facts=facts, values=values, title="title" if rows else "none")


@figure(NOTEBOOK)
def conflicts(view: View) -> Figure:
    """The values that sources give for one thing within a month, side by side; none is averaged away.

    `.data`: indicator, level, time_period, value (in value_unit), publisher, reported_on, facts.
    """
    words, rows = view.words, [row for finding in view.findings for row in _rivals(view, finding)]
    publishers = view.tables["sources"].set_index("source_id")["publisher"].map(words.publisher)
    families = view.tables["indicators"].set_index("indicator_id")["family"]
    units = view.tables["indicators"].set_index("indicator_id")["unit"]
    values = [amount(words, row.obs_value, units[row.indicator_id], row.qualifier) for row in rows]
    facts = [(row.fact_id,) for row in rows]
    table = tabulate(
        view,
        {
            "indicator": [words(f"indicator.{row.indicator_id}") for row in rows],
            "level": [words(f"scope_of.{row.scope}") for row in rows],
            "time_period": periods(words, [row.time_period for row in rows]),
            "value": figures("number", values),
            "publisher": [publishers[row.source_id] for row in rows],
            "reported_on": days(words, [row.reported_on for row in rows]),
        },
        facts,
    )
    if not rows:
        return compose(view, "conflicts", table, facts=[], title="none")
    drawn = pd.DataFrame(
        {
            "row": words(
                "conflict.row",  # with its day: one publisher may stand in two conflicts
                indicator=words(f"indicator.{families[row.indicator_id]}"),  # short enough for a phone
                publisher=publishers[row.source_id],
                day=words.period(row.time_period),
            ),
            "name": words(f"indicator.{families[row.indicator_id]}"),
            "under": words("conflict.under", publisher=publishers[row.source_id], day=words.period(row.time_period)),
            "value": row.obs_value,
            "text": value.text,
            "facts": row.fact_id,
        }
        for row, value in zip(rows, values, strict=True)
        if units[row.indicator_id] == "share"  # one axis for all of them; counts stand in the table
    )
    if drawn.empty:
        named = words.join(list(dict.fromkeys(words(f"indicator.{row.indicator_id}") for row in rows)))
        return compose(view, "conflicts", table, facts=facts, values={"named": named}, title="counts")
    return compose(
        view,
        "conflicts",
        table,
        facts=facts,
        values={"widest": _widest(view)},
        draw=lambda texts: bars.bars(drawn, texts, domain=1.0),
    )


def _rivals(view: View, finding: Finding) -> list[Observation]:
    """The observations of one conflict."""
    if finding.rule != "observation_conflict":
        return []
    own = view.tables["observations"].set_index("fact_id").loc[list(finding.fact_ids)].reset_index()
    return list(records(own, Observation))


def _widest(view: View) -> str:
    """The conflict with the widest spread, as a sentence."""
    words = view.words
    found = [
        (rival_values(finding, words), finding.values["family"])
        for finding in view.findings
        if "found_shares" in finding.values
    ]
    values, family = max(found, key=lambda each: max(each[0])[0] - min(each[0])[0])
    return words("conflict.widest", indicator=words(f"family.{family}"), low=min(values)[1], high=max(values)[1])


@figure(NOTEBOOK)
def restatements(view: View) -> Figure:
    """What a source said first of each corrected fact, and what it says now.

    `.data`: what, time_period, corrected, before, after, reported_on, publisher, facts.
    """
    words, rows = view.words, [row for row in view.findings if row.rule == "restatement"]
    rows.sort(key=lambda row: (row.values["reported_day"], row.fact_ids), reverse=True)
    told, facts = [said_values(row, words) for row in rows], [row.fact_ids for row in rows]
    later = [view.facts[row.fact_ids[1]] for row in rows]
    table = tabulate(
        view,
        {
            "what": [values["subject_labels"] for values in told],
            "time_period": periods(words, [row.values["period"] for row in rows]),
            "corrected": [values["what"] for values in told],
            "before": [values["before"] for values in told],
            "after": [values["after"] for values in told],
            "reported_on": days(words, [fact.reported_on for fact in later]),
            "publisher": [publisher(view, fact.source_id) for fact in later],
        },
        facts,
    )
    values = {"count": words.number(len(facts)), "newest": finding_sentence(rows[0], words).rstrip(".") if rows else ""}
    return compose(view, "restatements", table, facts=facts, values=values, title="title" if rows else "none")


@figure(NOTEBOOK)
def provenance(view: View) -> Figure:
    """How many facts have a source, evidence, a period to the day, a printed day of publication (question 17).

    `.data`: table, facts_count, with_source, with_evidence, publication_printed, dated_to_day, teasers.
    """
    words = view.words
    counted = quality.provenance_counts(view.tables)
    names = ["with_source", "with_evidence", "publication_printed", "dated_to_day", "teasers"]
    table = tabulate(
        view,
        {
            "table": [words(f"table.{name}") for name in counted["table"]],
            **{name: counts(words, counted[name]) for name in ("facts_count", *names)},
        },
    )
    total = int(counted["facts_count"].sum())
    if not total:
        return compose(view, "provenance", table, facts=[], title="none")
    sums = counted[names].sum()
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
        notes=_made_up(view, "provenance", view.tables.facts()["source_id"]),
    )


def _made_up(view: View, name: str, sources: Iterable[str]) -> list[str]:
    """How many of some facts, or documents, given by their sources, are made up; nothing where none is."""
    count = sum(view.sources[source].confidence == "synthetic" for source in sources)
    return [view.words(f"{name}.made_up", count=view.words.number(count))] if count else []


@figure(NOTEBOOK)
def observation_age(view: View) -> Figure:
    """How old the newest value of each indicator is at the end of the month (question 17).

    `.data`: indicator, time_period, age_days, facts.
    """
    words = view.words
    ages = quality.observation_ages(view.tables, day=view.month.last_day)
    ages = ages.sort_values("age_days", ascending=False, ignore_index=True)
    table = tabulate(
        view,
        {
            "indicator": [words(f"indicator.{name}") for name in ages["indicator_id"]],
            "time_period": periods(words, ages["time_period"]),
            "age_days": counts(words, ages["age_days"]),
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
    """For how many targets of the resolution the pace can be judged at all (question 18).

    `.data`: indicator, target (in target_unit), target_period, observations_count, comparable_count, covered, facts.
    """
    words = view.words
    targets = quality.targets_observed(view.tables, instrument=programme(view.tables).instrument_id)
    units = view.tables["indicators"].set_index("indicator_id")["unit"]
    aimed = {row.fact_id: aim(view, row, units[row.indicator_id], whole=True)
             for row in view.tables.rows("targets", Target)}  # fmt: skip
    table = tabulate(
        view,
        {
            "indicator": [words(f"indicator.{name}") for name in targets["indicator_id"]],
            "target": figures("number", [aimed[facts[0]] for facts in targets["fact_ids"]]),
            "target_period": periods(words, targets["target_period"]),
            "observations_count": counts(words, targets["observations"]),
            "comparable_count": counts(words, targets["comparable"]),
            "covered": [words("yes" if covered else "no") for covered in targets["covered"]],
        },
        targets["fact_ids"],
    )
    if targets.empty:
        return compose(view, "monitoring_coverage", table, facts=[], title="none")
    once = targets.groupby(ONE_TARGET)["covered"].any()  # a target is one, whoever produces its number
    values = {
        "covered": words.number(int(once.sum())),
        "count": words.number(len(once)),
        "share": words.percent(once.mean(), 1),
    }
    return compose(view, "monitoring_coverage", table, facts=targets["fact_ids"], values=values)


@figure(NOTEBOOK)
def sources_used(view: View) -> Figure:
    """The documents behind the month's facts, and why undated ones stand where they stand.

    `.data`: publisher, document, section, reported_on, precision, confidence, facts_count.
    """
    words = view.words
    used, sources = view.tables.facts()["source_id"].value_counts(), view.tables["sources"]
    sources = sources[sources["source_id"].isin(used.index)].sort_values(["reported_on", "source_id"])
    rows = list(records(sources, Source))
    table = tabulate(
        view,
        {
            "publisher": [words.publisher(row.publisher) for row in rows],
            "document": sources["title"],
            "section": [words(f"section.{row.section}") for row in rows],
            "reported_on": days(words, sources["reported_on"]),
            "precision": [words(f"reported_on_precision.{row.reported_on_precision}") for row in rows],
            "confidence": [words(f"confidence.{row.confidence}") for row in rows],
            "facts_count": counts(words, [used[row.source_id] for row in rows]),
        },
    )
    undated = sum(row.reported_on_precision != "day" for row in rows)
    values = {"count": words.number(len(rows)), "undated": words.number(undated)}
    title, notes = "title" if rows else "none", _made_up(view, "sources_used", sources["source_id"])
    return compose(view, "sources_used", table, facts=[], values=values, title=title, notes=notes)
