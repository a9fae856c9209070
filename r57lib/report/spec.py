"""Reads `monthly.yaml`: which notebooks a month runs, for which units, in which languages, within which limits.

Every scalar is read as the text that stands in the file: nothing is taken for a number, a day or a truth value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from r57lib.errors import WrongCall, did_you_mean, wrong_choice
from r57lib.view.words import LANGUAGES, Language

NOTEBOOKS = (
    "overview",
    "task_completion",
    "enterprise_commitments",
    "digital_adoption",
    "province_profile",
    "data_quality",
)
"""The notebooks of the monthly report, in the order of their pages."""

UNIT_NOTEBOOKS = ("agency_scorecard", "services_usage")
"""Notebooks that a month has no page of as long as what they show was not taken in."""
NEEDS = {"agency_scorecard": "tasks", "services_usage": "usage"}
"""The table without a row of which such a notebook is passed over."""

PAGE_FORMATS = ("html", "ipynb")
"""What a run can leave: its page, and the executed notebook."""
DOCUMENTS = ("docx", "pdf", "xlsx")
"""What a month can have beside: one document a language, in each of these formats."""

CODE_LISTS = {
    "agency": ("agencies", "agency_id"),
    "enterprise": ("enterprises", "enterprise_id"),
    "indicator": ("indicators", "indicator_id"),
    "instrument": ("instruments", "instrument_id"),
    "province": ("provinces", "province_code"),
    "scope": ("task_scopes", "scope_id"),
    "lead_agency": ("tasks", "lead_agency"),
}
"""Code list, and the table and column that hold its codes: an axis may be `every enterprise`."""

GROWING = ("lead_agency",)
"""Code lists that begin empty: as long as nothing was taken in, an axis of theirs has no runs."""

_EVERY = "every "


@dataclass(frozen=True)
class Limits:
    """What one run may use: seconds on the clock, and MiB of memory of its own in each of its processes."""

    seconds: int = 600
    memory_mib: int = 4096


@dataclass(frozen=True)
class PlanEntry:
    """A notebook, the parameters that it is given, and the axes along which it is run again and again."""

    notebook: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    matrix: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    languages: tuple[Language, ...] = LANGUAGES
    formats: tuple[str, ...] = PAGE_FORMATS
    place: str = "the call"


@dataclass(frozen=True)
class Spec:
    """What a month's report is to hold."""

    entries: tuple[PlanEntry, ...] = tuple(PlanEntry(name) for name in NOTEBOOKS)
    limits: Limits = field(default_factory=Limits)
    documents: tuple[str, ...] = ()

    def with_formats(self, text: str) -> Spec:
        """The same with other formats, written as `html,ipynb,pdf`; raises `WrongCall` for one that is not known."""
        wanted = tuple(each.strip() for each in text.split(","))
        for name in wanted:
            if name not in (*PAGE_FORMATS, *DOCUMENTS):
                raise wrong_choice("format", name, (*PAGE_FORMATS, *DOCUMENTS))
        formats, documents = _kinds(wanted)
        if not formats:
            raise WrongCall(_NO_PAGE)
        return replace(
            self, entries=tuple(replace(each, formats=formats) for each in self.entries), documents=documents
        )


_NO_PAGE = "a month has pages beside its documents: name html or ipynb, too"


def _kinds(wanted: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The formats of runs and those of the month's documents among some formats."""
    chosen = set(wanted)
    return tuple(each for each in PAGE_FORMATS if each in chosen), tuple(each for each in DOCUMENTS if each in chosen)


def read_spec(path: Path) -> Spec:
    """The spec in a file. Raises `WrongCall` with the line, what is wrong there, and the nearest right word."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise WrongCall(f"plan '{path}' cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise WrongCall(f"plan '{path}' is not UTF-8") from None
    except yaml.YAMLError as error:
        raise WrongCall(f"{path.name}{_line_of(error)}: not YAML: {_problem(error)}") from None
    return _Reader(path.name).spec(node)


def _line_of(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f" line {mark.line + 1}" if mark else ""


def _problem(error: yaml.YAMLError) -> str:
    return getattr(error, "problem", None) or str(error).splitlines()[0]


class _Reader:
    """Walks the nodes of a file, which know their lines."""

    def __init__(self, file: str) -> None:
        self.file = file

    def wrong(self, node: Any, message: str) -> WrongCall:
        return WrongCall(f"{self.place(node)}: {message}")

    def place(self, node: Any) -> str:
        return f"{self.file} line {node.start_mark.line + 1}" if node is not None else self.file

    def spec(self, node: Any) -> Spec:
        keys = self.mapping(node, ("languages", "formats", "limits", "runs"), "the plan")
        if "runs" not in keys:
            raise self.wrong(node, "the plan has no 'runs'")
        languages = self.choices(keys.get("languages"), LANGUAGES, "language")
        formats, documents = self.formats(keys.get("formats"))
        entries = [self.entry(item, languages, formats) for item in self.items(keys["runs"], "runs")]
        return Spec(tuple(entries), self.limits(keys.get("limits")), documents)

    def formats(self, node: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The formats of every run, and those of the month's documents: none where nothing is said."""
        if node is None:
            return PAGE_FORMATS, ()
        formats, documents = _kinds(self.choices(node, (*PAGE_FORMATS, *DOCUMENTS), "format"))
        if not formats:
            raise self.wrong(node, _NO_PAGE)
        return formats, documents

    def entry(self, node: Any, languages: Any, formats: Any) -> PlanEntry:
        known = ("notebook", "parameters", "matrix", "languages", "formats")
        keys = self.mapping(node, known, "a run")
        if "notebook" not in keys:
            raise self.wrong(node, "a run has no 'notebook'")
        return PlanEntry(
            self.text(keys["notebook"], "notebook").removesuffix(".ipynb"),
            {name: self.text(value, name) for name, value in self.any_mapping(keys.get("parameters")).items()},
            {name: self.axis(name, value) for name, value in self.any_mapping(keys.get("matrix")).items()},
            self.choices(keys["languages"], LANGUAGES, "language") if "languages" in keys else languages,
            self.choices(keys["formats"], PAGE_FORMATS, "format") if "formats" in keys else formats,
            self.place(node),
        )

    def limits(self, node: Any) -> Limits:
        if node is None:
            return Limits()
        keys = self.mapping(node, ("seconds", "memory_mib"), "'limits'")
        return Limits(**{name: self.count(value, name) for name, value in keys.items()})

    def axis(self, name: str, node: Any) -> str | tuple[str, ...]:
        """`every enterprise` as the name of its code list, or the codes themselves."""
        if isinstance(node, yaml.SequenceNode):
            codes = tuple(self.text(item, name) for item in self.items(node, name))
            twice = next((code for code in codes if codes.count(code) > 1), None)
            if twice is not None:
                raise self.wrong(node, f"axis '{name}' names '{twice}' twice")
            return codes
        text = self.text(node, name)
        code_list = text.removeprefix(_EVERY)
        if not text.startswith(_EVERY) or code_list not in CODE_LISTS:
            options = [_EVERY + each for each in CODE_LISTS]
            choice = f"one of {', '.join(options)}{did_you_mean(text, options)}"
            raise self.wrong(node, f"axis '{name}' is neither a list of codes nor {choice}")
        return code_list

    def mapping(self, node: Any, known: Iterable[str], what: str) -> dict[str, Any]:
        keys = self.any_mapping(node, what)
        for name in keys:
            if name not in known:
                at = next(key for key, _ in node.value if key.value == name)
                raise self.wrong(at, f"unknown key '{name}'{did_you_mean(name, known)} (known: {', '.join(known)})")
        return keys

    def any_mapping(self, node: Any, what: str = "this") -> dict[str, Any]:
        if node is None or _is_empty(node):
            return {}
        if not isinstance(node, yaml.MappingNode):
            raise self.wrong(node, f"{what} must be written as 'name: value' lines")
        keys: dict[str, Any] = {}
        for key, value in node.value:
            if key.value in keys:
                raise self.wrong(key, f"'{key.value}' stands twice")
            keys[key.value] = value
        return keys

    def items(self, node: Any, what: str) -> list[Any]:
        if not isinstance(node, yaml.SequenceNode):
            raise self.wrong(node, f"'{what}' must be a list")
        if not node.value:
            raise self.wrong(node, f"'{what}' has no members")
        return list(node.value)

    def text(self, node: Any, name: str) -> str:
        if not isinstance(node, yaml.ScalarNode) or _is_empty(node):
            raise self.wrong(node, f"'{name}' must have one value")
        return str(node.value)

    def count(self, node: Any, name: str) -> int:
        text = self.text(node, name)
        if not text.isascii() or not text.isdigit() or int(text) == 0:
            raise self.wrong(node, f"'{name}' must be a whole number above 0, and is '{text}'")
        return int(text)

    def choices(self, node: Any, known: tuple[Any, ...], what: str) -> Any:
        if node is None:
            return known
        chosen = [self.text(item, what) for item in self.items(node, f"{what}s")]
        for item, name in zip(node.value, chosen, strict=True):
            if name not in known:
                message = f"unknown {what} '{name}'{did_you_mean(name, known)} (known: {', '.join(known)})"
                raise self.wrong(item, message)
        return tuple(each for each in known if each in chosen)


def _is_empty(node: Any) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.value == "" and node.style is None
