"""Which facts have been corrected: by a later row of the same source about the same thing, or by one that says so."""

from __future__ import annotations

import pandas as pd

from r57lib.data.schema import resources


def replaced_by(table: str, rows: pd.DataFrame) -> dict[str, str]:
    """The facts of a table that do not stand, each with the one that took its place, the next in time.

    Of rows of one source about the same thing each takes the place of the one before it by `reported_on`. One that
    names another in `corrects` takes the place of that one, whatever their sources. Only the rows given count: those
    known at a day.
    """
    # As texts, what is empty is alike.
    texts = (map(str, rows[name].tolist()) for name in (*resources()[table].about, "source_id"))
    about, named = list(zip(*texts, strict=True)), rows["corrects"].notna()
    if len(set(about)) == len(rows) and not named.any():  # as nearly always
        return {}
    said = rows[named].drop_duplicates("corrects")
    found = dict(zip(said["corrects"], said["fact_id"], strict=True))
    last: dict[tuple[str, ...], str] = {}
    for place in rows["reported_on"].argsort(kind="stable"):
        fact = str(rows["fact_id"].iloc[place])
        if about[place] in last:
            found[last[about[place]]] = fact
        last[about[place]] = fact
    return found
