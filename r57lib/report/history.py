"""What happened to each month: when it was first published, when it was published otherwise, and what it said then.

`reports/.history/<month>.json` holds a version for each time that readers got something else to read. A month that
another version of the workbench made again from the same is the same version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from r57lib import disk
from r57lib.data.periods import VIET_NAM
from r57lib.data.schema import FACT_TABLES
from r57lib.data.tables import INGESTED, Tables
from r57lib.page.published import content
from r57lib.report.plan import Plan
from r57lib.view.view import View
from r57lib.view.words import LANGUAGES

HISTORY = ".history"
"""The folder of `reports/` that remembers, and outlives what it remembers."""
_ANEW = ("library", "lock", "tables")
"""What changes when a new version of the workbench makes the same again; of its tables, those that come with it."""
_WITH_FACTS = (*FACT_TABLES, *INGESTED, "sources", "quotations", "known_findings", "labels")
"""Tables that change with each fact, which is looked at by itself, or with each version of the workbench."""
_MOST_NAMED = 8


@dataclass(frozen=True)
class Version:
    """A month as it was published at a moment.

    `kind` is `first`, `corrected` (its facts are others than before) or `again` (its pages are). `told` says what
    changed, by language and the weightiest first: since the month before, or since the version before. `content` stands
    for its files, `entered` for those that it began with; `placed` says that readers have had it. `asked` stands for
    what the runs were made from, and `known` has a mark for each fact, by table.
    """

    at: str
    as_of: str
    kind: str
    content: str
    entered: str
    placed: bool = False
    asked: str = ""
    told: Mapping[str, list[str]] = field(default_factory=dict)
    known: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def versions_of(reports: Path, month: str, outputs: Mapping[str, str] | None = None) -> list[Version]:
    """The versions of a month, oldest first; none where nothing is remembered.

    With the `outputs` of a manifest those up to the one that it is of: a later one was never published.
    """
    found = disk.read_json(reports / HISTORY / f"{month}.json")
    try:
        versions = [Version(**each) for each in found]
    except TypeError:
        return []
    shown = "" if outputs is None else _digest(content(outputs))
    while shown and versions and versions[-1].content != shown:
        versions.pop()
    return versions


def enter(
    plan: Plan, reports: Path, outputs: Mapping[str, str], entries: list[dict[str, Any]], now: datetime,
    first: Callable[[], dict[str, list[str]]],
) -> list[Version]:  # fmt: skip
    """The versions of a month with that which is about to be published, written down.

    `first` says what changed since the month before, for a month that was never published.
    A version that was entered and never came to be published, as its process was killed, is none.
    """
    target = disk.read_json(reports / plan.month / "manifest.json")
    shown = isinstance(target, dict) and {"as_of", "outputs"} <= target.keys()  # a spoiled one tells nothing
    made, asked, known = _digest(content(outputs)), _asked(entries), _known(plan.view)
    had = versions_of(reports, plan.month, target["outputs"] if shown else None)
    if shown:
        had = had or [_before_any(target, _digest(content(target["outputs"])))]
        had[-1] = replace(had[-1], placed=True)  # readers have it, even if its call did not live to say so
    elif had and not had[-1].placed:
        had.pop()
    if had and had[-1].content == made:
        return had
    if had and had[-1].asked == asked and had[-1].known == known:
        versions = [*had[:-1], replace(had[-1], content=made)]
    else:
        after = [datetime.fromisoformat(each.at) + timedelta(seconds=1) for each in had[-1:]]
        moment = max([now, *after]).astimezone(VIET_NAM).isoformat(timespec="seconds")  # a clock may be put back
        kind = "first" if not had else "again" if had[-1].known in ({}, known) else "corrected"
        told = {} if kind == "again" else told_of(plan.view, had[-1].known) if had else first()
        new = Version(moment, plan.view.as_of.isoformat(), kind, made, made, asked=asked, told=told, known=known)
        versions = [*(replace(each, known={}) for each in had[:-1]), *had[-1:], new]
    _remember(reports, plan.month, versions)
    return versions


def placed(reports: Path, month: str) -> None:
    """Remember that the newest version of a month is where readers find it."""
    had = versions_of(reports, month)
    if had and not had[-1].placed:
        _remember(reports, month, [*had[:-1], replace(had[-1], placed=True)])


def _remember(reports: Path, month: str, versions: list[Version]) -> None:
    (reports / HISTORY).mkdir(parents=True, exist_ok=True)
    disk.write(reports / HISTORY / f"{month}.json", disk.as_json([asdict(each) for each in versions]))


def _before_any(manifest: Mapping[str, Any], shown: str) -> Version:
    """The version of a month that was published when nothing was remembered yet."""
    return Version(f"{manifest['as_of']}T00:00:00+07:00", manifest["as_of"], "first", shown, shown, placed=True)


def _digest(value: Any) -> str:
    return disk.digest(disk.as_json(value))


def _asked(entries: list[dict[str, Any]]) -> str:
    """What stands for all that the runs were made from, but for the workbench itself."""
    inputs = {}
    for each in (each for each in entries if "inputs" in each):
        named = ((table.split("@")[0], said) for table, said in each["inputs"]["tables"].items())
        tables = {name: said for name, said in named if name not in _WITH_FACTS}
        inputs[each["run"]] = [{k: v for k, v in each["inputs"].items() if k not in _ANEW}, tables]
    return _digest(inputs)


# --- what a month knew -----------------------------------------------------------------------------------------------


def _known(view: View) -> dict[str, dict[str, str]]:
    """A mark for each fact and each file that the month knows, those that corrections took the place of among them."""
    tables = view.everything.cut(view.as_of, month=view.month)
    return {name: _marks(tables[name], "fact_id") for name in FACT_TABLES} | {
        "ingested": _marks(tables["ingested"], "entry")
    }


def _marks(rows: pd.DataFrame, key: str) -> dict[str, str]:
    """A mark of the content of each row, by its key."""
    cells = rows.drop(columns=["line"], errors="ignore")
    marks = (disk.digest("\x1f".join(map(str, row)))[:8] for row in cells.itertuples(index=False, name=None))
    return dict(zip(map(str, cells[key]), marks, strict=True))


def _then(view: View, known: Mapping[str, Mapping[str, str]]) -> Tables:
    """The tables of the month with those rows alone that it knew."""
    frames = dict(view.everything.frames)
    for name in FACT_TABLES:
        frames[name] = frames[name][frames[name]["fact_id"].isin(list(known.get(name, ())))].reset_index(drop=True)
    for name in INGESTED:
        kept = frames[name]["entry"].astype("str").isin(list(known.get("ingested", ())))
        frames[name] = frames[name][kept].reset_index(drop=True)
    everything = replace(view.everything, frames=MappingProxyType(frames))
    return everything.known(view.as_of, month=view.month)


def told_of(view: View, known: Mapping[str, Mapping[str, str]] | None = None) -> dict[str, list[str]]:
    """What changed since the month knew these facts, or else since the month before, in each language."""
    from r57lib.figures.overview import news  # with altair

    then, told = None if known is None else _then(view, known), {}
    for own in map(view.in_language, LANGUAGES):
        told[str(own.words.language)] = [*news(own, then), *([] if known is None else _counted(own, known))]
    return told


def _counted(view: View, known: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """How many facts are new, and which of them were changed or taken away, against the rule that rows are added."""
    now = _known(view)
    had = {(table, fact): mark for table, rows in known.items() for fact, mark in rows.items()}
    has = {(table, fact): mark for table, rows in now.items() for fact, mark in rows.items()}
    added = sum(each not in had for each in has)
    if added:
        yield view.words("history.added", count=view.words.number(added))
    for name, found in (
        ("edited", [fact for (table, fact), mark in had.items() if has.get((table, fact), mark) != mark]),
        ("removed", [fact for (table, fact) in had if (table, fact) not in has]),
    ):
        if found:
            named = [*found[:_MOST_NAMED], *(["…"] if len(found) > _MOST_NAMED else [])]
            yield view.words(f"history.{name}", count=view.words.number(len(found)), facts=", ".join(named))
