"""What a report runs: notebooks, parameters, units, languages. Everything is checked before anything starts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

from r57lib.data.tables import Tables
from r57lib.errors import WrongCall, did_you_mean, wrong_choice
from r57lib.report.spec import CODE_LISTS, GROWING, NEEDS, NOTEBOOKS, PAGE_FORMATS, Limits, PlanEntry, Spec
from r57lib.view.view import View
from r57lib.view.words import LANGUAGES, Language, parse_language

_PARAMETER = re.compile(r"^(?P<name>[A-Za-z_]\w*)\s*(?::\s*[\w\[\], \"']+)?=")
STEMS: dict[Language, str] = {"vi": "bao-cao", "en": "report"}
"""What the document of a month is called in each language."""
_OWN = ("month", "as_of", "language", "data")


@dataclass(frozen=True)
class Run:
    """One notebook in one language, with the parameters that it is given; `unit` is its place on the axes."""

    notebook: Path
    language: Language
    parameters: Mapping[str, str]
    unit: Mapping[str, str] = field(default_factory=dict)
    formats: tuple[str, ...] = PAGE_FORMATS

    @property
    def page(self) -> str:
        """The name of its page in any language, such as `overview` or `enterprise_commitments.fpt`."""
        return ".".join([self.notebook.stem, *(_slug(code) for code in self.unit.values())])

    @property
    def name(self) -> str:
        """The name of its page, such as `overview.vi`."""
        return f"{self.page}.{self.language}"


@dataclass(frozen=True)
class Plan:
    """All runs of one month's report, and the formats of its documents.

    `pinned` is the cut-off that was asked for, if one was.
    """

    view: View
    languages: tuple[Language, ...]
    runs: tuple[Run, ...]
    limits: Limits = field(default_factory=Limits)
    pinned: str = ""
    documents: tuple[str, ...] = ()

    @property
    def papers(self) -> dict[str, tuple[Language, str]]:
        """The month's documents by file name: language and format of each.

        There is one in each language in which a notebook is run without an axis.
        """
        whole = {run.language for run in self.runs if not run.unit}
        languages = [each for each in self.languages if each in whole]
        pairs = product(languages, self.documents)
        return {f"{STEMS[language]}.{language}.{form}": (language, form) for language, form in pairs}

    @property
    def names(self) -> set[str]:
        """The names of all runs and documents."""
        return {run.name for run in self.runs} | set(self.papers)

    @property
    def month(self) -> str:
        """The month, as in `2025-12`."""
        return str(self.view.month)


def make_plan(
    view: View,
    notebooks: Path,
    *,
    spec: Spec | None = None,
    language: str = "both",
    only: Iterable[str] = (),
    parameters: Mapping[str, str] | None = None,
    pinned: str = "",
) -> Plan:
    """The runs of a spec for a view, or those of the notebooks of `only`, in the languages that are wanted.

    `parameters` go to the notebooks that declare them. Raises `WrongCall` for an unknown language, notebook, code or
    axis, a notebook that declares no parameters, and a parameter that no notebook declares.
    """
    chosen = spec or Spec()
    wanted = LANGUAGES if language == "both" else (parse_language(language),)
    entries = [*_entries(chosen, tuple(only), view.tables)]
    declared = {entry.notebook: declared_parameters(_notebook(notebooks, entry)) for entry in entries}
    extra = dict(parameters or {})
    _require_declared(extra, declared)
    _require_codes(extra, view.everything, "the call")
    runs = [run for entry in entries for run in _runs(entry, view, notebooks, wanted, declared[entry.notebook], extra)]
    _require_distinct(runs)
    used = tuple(each for each in LANGUAGES if any(run.language == each for run in runs))
    if not runs:
        raise WrongCall(f"the plan has no run in language '{language}'")
    return Plan(view, used, tuple(runs), chosen.limits, pinned, chosen.documents)


def _entries(spec: Spec, only: tuple[str, ...], tables: Tables) -> Iterator[PlanEntry]:
    """The entries of the plan that are wanted; a notebook that the plan does not name is run as it is.

    One whose table is empty is passed over, unless it is asked for by name: then it says what is missing.
    """
    planned = {entry.notebook for entry in spec.entries}
    waiting = {name for name, table in NEEDS.items() if tables[table].empty}
    yield from (entry for entry in spec.entries if entry.notebook in (only or planned - waiting))
    yield from (PlanEntry(name) for name in only if name not in planned)


def _runs(
    entry: PlanEntry,
    view: View,
    notebooks: Path,
    wanted: tuple[Language, ...],
    declared: tuple[str, ...],
    extra: Mapping[str, str],
) -> Iterator[Run]:
    for name in (*entry.parameters, *entry.matrix):
        if name not in declared or name in _OWN:
            options = [each for each in declared if each not in _OWN]
            raise WrongCall(
                f"{entry.place}: {entry.notebook}.ipynb declares no parameter '{name}' that a plan can set"
                f"{did_you_mean(name, options)} (declared: {', '.join(options) or 'none'})"
            )
    _require_codes(entry.parameters, view.everything, entry.place)
    path = _notebook(notebooks, entry)
    for unit in _units(entry, view.tables, extra):
        for language in (each for each in entry.languages if each in wanted):
            given = {"month": str(view.month), "as_of": view.as_of.isoformat(), "language": str(language)}
            given |= {"data": view.everything.folder.name}
            given |= {**entry.parameters, **unit, **{name: extra[name] for name in extra if name in declared}}
            yield Run(path, language, given, unit, entry.formats)


def _units(entry: PlanEntry, tables: Tables, extra: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Every combination of the members of the axes; one, of nothing, where there is no axis.

    Of an axis that the call itself gives a value, that one is left.
    """
    axes = {name: (extra[name],) if name in extra else axis for name, axis in entry.matrix.items()}
    members = [_members(name, axis, tables, entry.place) for name, axis in axes.items()]
    for codes in product(*members):
        yield dict(zip(entry.matrix, codes, strict=True))


def _members(name: str, axis: str | tuple[str, ...], tables: Tables, place: str) -> list[str]:
    if isinstance(axis, str):
        codes = _codes(axis, tables)
        if not codes and axis not in GROWING:
            raise WrongCall(f"{place}: axis '{name}' has no members: {CODE_LISTS[axis][0]}.csv holds no row")
        return codes
    for code in axis:
        _require_codes({name: code}, tables, place)
    return list(axis)


def _codes(code_list: str, tables: Tables) -> list[str]:
    table, column = CODE_LISTS[code_list]
    return sorted(set(tables[table][column]))


def _require_codes(values: Mapping[str, str], tables: Tables, place: str) -> None:
    for name, value in values.items():
        if value and name in CODE_LISTS and value not in (known := _codes(name, tables)):
            raise WrongCall(
                f"{place}: unknown {name} '{value}'{did_you_mean(value, known)} (known: {', '.join(known)})"
            )


def _slug(code: str) -> str:
    """A code as part of a file's name."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", code)


def _require_distinct(runs: list[Run]) -> None:
    names = [run.name for run in runs]
    twice = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
    if twice:
        raise WrongCall(f"the plan makes page '{twice}' twice")


def _notebook(folder: Path, entry: PlanEntry) -> Path:
    path = folder / f"{entry.notebook}.ipynb"
    if not path.is_file():
        if not folder.is_dir():
            raise WrongCall(f"notebook folder '{folder}' does not exist")
        wrong = wrong_choice("notebook", entry.notebook, [each.stem for each in folder.glob("*.ipynb")])
        raise WrongCall(f"{entry.place}: {wrong}" if entry.place != "the call" else str(wrong))
    return path


def declared_parameters(notebook: Path) -> tuple[str, ...]:
    """The names that the cell tagged `parameters` declares; raises `WrongCall` when one of ours is missing."""
    return _declared(notebook, notebook.stat().st_mtime_ns)


@lru_cache(maxsize=4096)
def _declared(notebook: Path, changed: int) -> tuple[str, ...]:
    """As long as the file is the same, it is read once for all runs and months."""
    del changed
    try:
        tagged = [cell for cell in _cells(notebook) if "parameters" in cell["metadata"].get("tags", [])]
    except (ValueError, LookupError, TypeError, OSError) as error:
        raise WrongCall(f"{notebook}: not a notebook ({type(error).__name__})") from None
    lines = "\n".join("".join(cell["source"]) for cell in tagged).splitlines()
    names = tuple(match["name"] for line in lines if (match := _PARAMETER.match(line)))
    missing = [name for name in _OWN if name not in names]
    if missing:
        raise WrongCall(f"{notebook.name}: its cell tagged 'parameters' does not declare {', '.join(missing)}")
    return names


def _cells(notebook: Path) -> list[Any]:
    """The cells as they stand in the file: whether it is a good notebook is seen when it runs, by nbformat."""
    cells: list[Any] = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return cells


def _require_declared(extra: Mapping[str, str], declared: Mapping[str, tuple[str, ...]]) -> None:
    known = {name for names in declared.values() for name in names}
    for name in extra:
        if name not in known:
            declared_names = ", ".join(sorted(known))
            raise WrongCall(
                f"no notebook declares parameter '{name}'{did_you_mean(name, known)} (declared: {declared_names})"
            )


__all__ = ["NOTEBOOKS", "Plan", "Run", "declared_parameters", "make_plan"]
