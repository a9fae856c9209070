"""`alerts.yaml`: what an office asks to be warned of. Each warning is told once when it begins and once when it ends.

`reports/.alerts.json` holds the warnings that stand, which the page of all months shows, and what has been told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from r57lib import disk
from r57lib.data.tables import Tables
from r57lib.errors import WrongCall, did_you_mean, wrong_choice
from r57lib.page.published import ALERTS, published_months
from r57lib.report.notify import Outcome, Recipient, notify
from r57lib.report.plan import CODE_LISTS, _Reader, nodes_of
from r57lib.view.view import View, open_view
from r57lib.view.words import LANGUAGES

Rule = Mapping[str, str]

_FORMS = {
    "indicator": ("indicator", "scope", "below", "above"),
    "pace_below": ("pace_below",),
    "overdue_above": ("overdue_above",),
    "due_in_days": ("due_in_days", "agency"),
    "target": ("target",),
}
"""Each kind of rule by the name that it must have, and the names that it may have."""
_NUMBERS = ("below", "above", "pace_below", "overdue_above", "due_in_days")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)
_TOLD = 20  # so many of the last tellings are tried again where a server was away


def read_alerts(path: Path) -> tuple[Rule, ...]:
    """The rules of a file; none where there is none. Raises `WrongCall` with line, what is wrong and what is right."""
    if not path.is_file():
        return ()
    reader = _Reader(path.name)
    node = nodes_of(path)
    keys = reader.mapping(node, ("alerts",), "the file")
    items = reader.items(keys["alerts"], "alerts") if "alerts" in keys else []
    return tuple(_rule(reader, item) for item in items)


def _rule(reader: _Reader, node: Any) -> Rule:
    names = {name for form in _FORMS.values() for name in form}
    rule = {name: reader.text(value, name) for name, value in reader.mapping(node, sorted(names), "an alert").items()}
    kinds = [kind for kind in _FORMS if kind in rule]
    if len(kinds) != 1:
        raise reader.wrong(node, f"an alert has one of {', '.join(_FORMS)}")
    for name in rule:
        if name not in _FORMS[kinds[0]]:
            raise reader.wrong(node, f"'{name}' does not go with '{kinds[0]}', but {', '.join(_FORMS[kinds[0]])}")
        if name in _NUMBERS and not _NUMBER.fullmatch(rule[name]):
            raise reader.wrong(node, f"'{name}' must be a number such as 0.9, and is '{rule[name][:40]}'")
    if "indicator" in rule and not {"below", "above"} & rule.keys():
        raise reader.wrong(node, "an alert of an indicator needs 'below' or 'above'")
    if rule.get("target", "missed") != "missed":
        raise reader.wrong(node, f"'target' must be 'missed'{did_you_mean(rule['target'], ['missed'])}")
    if not rule.get("due_in_days", "0").isdigit():
        raise reader.wrong(node, "'due_in_days' must be a whole number")
    return rule


def require_known(rules: Iterable[Rule], tables: Tables) -> None:
    """Raise `WrongCall` for an indicator or an agency that the data do not know."""
    for rule in rules:
        for name in {"indicator", "agency"} & rule.keys():
            table, column = CODE_LISTS[name]
            if rule[name] not in (known := set(map(str, tables[table][column]))):
                raise WrongCall(f"alerts.yaml: {wrong_choice(name, rule[name], known)}")


def warn(rules: Sequence[Rule], reports: Path, data: Path, targets: Sequence[Recipient], *, now: datetime) -> list[str]:
    """Look at the newest published month, and tell what begins and what ends; a line for each failure to deliver."""
    months = published_months(reports)
    if not months or (not rules and not (reports / ALERTS).exists()):
        return []
    view = open_view(month=months[-1], data=data)
    with disk.alone(reports / ".locks" / "alerts", "warnings are being told", wait=True):
        had = _remembered(reports)
        stands = _standing(view, rules)
        began = {key: texts for key, texts in stands.items() if key not in had["standing"]}
        ended = {key: texts for key, texts in had["standing"].items() if key not in stands}
        told = had["told"]
        if began or ended:
            number = told[-1]["number"] + 1 if told else 1
            about = {"month": months[-1], "as_of": view.as_of.isoformat(), "number": number}
            told = [*told, about | {"changes": _said(view, began, ended)}][-_TOLD:]
        stands = {key: had["standing"].get(key, texts) if key not in began else texts for key, texts in stands.items()}
        disk.write(reports / ALERTS, disk.as_json({"standing": stands, "told": told}))
    undelivered: dict[str, None] = {}
    for each in told if targets else []:
        outcome = Outcome(each["month"], each["as_of"], "alert", 0, (), reports, f"alert {each['number']}",
                          changes=each["changes"])  # fmt: skip
        undelivered |= dict.fromkeys(notify(targets, outcome, reports, view.everything["labels"], now=now))
    return list(undelivered)


def _remembered(reports: Path) -> dict[str, Any]:
    found = disk.read_json(reports / ALERTS)
    whole = isinstance(found, dict) and found.keys() == {"standing", "told"}
    return found if whole else {"standing": {}, "told": []}


def _standing(view: View, rules: Sequence[Rule]) -> dict[str, dict[str, str]]:
    """The warnings that stand by what they are about, in each language."""
    from r57lib.figures.alerting import warnings_of

    both = {language: warnings_of(view.in_language(language), rules) for language in LANGUAGES}
    return {key: {each: both[each][key] for each in LANGUAGES} for key in both[LANGUAGES[0]]}


def _said(view: View, began: Mapping[str, Any], ended: Mapping[str, Any]) -> dict[str, list[str]]:
    said = {}
    for language in LANGUAGES:
        words = view.in_language(language).words
        found = (("alert.began", began), ("alert.ended", ended))
        said[str(language)] = [words(name, text=each[language]) for name, some in found for each in some.values()]
    return said
