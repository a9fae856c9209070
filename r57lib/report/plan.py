"""What a month's report holds: `monthly.yaml` as it stands, and the runs that come of it for a view of the data.

Every scalar of the file is read as the text that stands there: nothing is taken for a number, a day or a truth value.
Everything is checked before anything starts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from r57lib.data.store import body_of
from r57lib.data.tables import Tables, well_known_provinces
from r57lib.errors import WrongCall, did_you_mean, wrong_choice
from r57lib.page.navigation import find_notebooks, read_notebook, titled
from r57lib.view.view import View
from r57lib.view.words import LANGUAGES, Language, parse_language

PAGE_FORMATS = ("html", "ipynb")
"""What a run can leave: its page, and the executed notebook."""
DOCUMENTS = ("docx", "pdf", "pptx", "xlsx")
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

    entries: tuple[PlanEntry, ...]
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


def every_notebook(folder: Path) -> Spec:
    """What a month holds where nobody has planned it: each notebook of a folder as it is."""
    return Spec(tuple(PlanEntry(each.name) for each in find_notebooks(folder)))


_NO_PAGE = "a month has pages beside its documents: name html or ipynb, too"


def _kinds(wanted: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The formats of runs and those of the month's documents among some formats."""
    chosen = set(wanted)
    if "pptx" in chosen and find_spec("pptx") is None:
        raise WrongCall("slides need python-pptx, which is not installed here: pip install 'r57[slides]'")
    return tuple(each for each in PAGE_FORMATS if each in chosen), tuple(each for each in DOCUMENTS if each in chosen)


def read_spec(path: Path) -> Spec:
    """The spec in a file. Raises `WrongCall` with the line, what is wrong there, and the nearest right word."""
    return _Reader(path.name).spec(nodes_of(path))


def nodes_of(path: Path) -> Any:
    """The nodes of a YAML file, which know their lines; raises `WrongCall` for one that cannot be read."""
    try:
        return yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except RecursionError:
        raise WrongCall(f"{path.name}: lists and lines are nested too deep for a plan") from None
    except OSError as error:
        raise WrongCall(f"plan '{path}' cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise WrongCall(f"plan '{path}' is not UTF-8") from None
    except yaml.YAMLError as error:
        mark, problem = (getattr(error, name, None) for name in ("problem_mark", "problem"))
        line = f" line {mark.line + 1}" if mark else ""
        raise WrongCall(f"{path.name}{line}: not YAML: {problem or str(error).splitlines()[0]}") from None


_MOST = {"seconds": 604_800, "memory_mib": 2**24}
"""A week, and 16 TiB: what is more is no limit, and no system takes it for one."""
_SHOWN = 40


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
            if not isinstance(key, yaml.ScalarNode):
                raise self.wrong(key, f"a name in {what} must be a text, and is a list or has names of its own")
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
        most = _MOST[name]
        if not text.isascii() or not text.isdigit() or len(text) > len(str(most)) or not 0 < int(text) <= most:
            said = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
            raise self.wrong(node, f"'{name}' must be a whole number from 1 to {most}, and is '{said}'")
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


# --- the runs --------------------------------------------------------------------------------------------------------

_PARAMETER = re.compile(r"^(?P<name>[A-Za-z_]\w*)\s*(?::\s*[\w\[\], \"']+)?=")
STEMS: dict[Language, str] = {"vi": "bao-cao", "en": "report"}
"""What the document of a month is called in each language."""
_LONGEST = 200
OWN_PARAMETERS = ("month", "as_of", "language", "data")
"""What every notebook declares, and is given by every run."""


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
        return ".".join([self.notebook.stem, *(re.sub(r"[^A-Za-z0-9_-]+", "-", code) for code in self.unit.values())])

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
    chosen = spec or every_notebook(notebooks)
    view = titled(view, notebooks)
    wanted = LANGUAGES if language == "both" else (parse_language(language),)
    entries = [*_entries(chosen, tuple(only), notebooks, view.tables)]
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


def _entries(spec: Spec, only: tuple[str, ...], folder: Path, tables: Tables) -> Iterator[PlanEntry]:
    """The entries of the plan that are wanted; a notebook that the plan does not name is run as it is.

    One that waits for its table is passed over, unless it is asked for by name: then it says what is missing.
    """
    named = only or planned_notebooks(spec, folder, tables)
    yield from (entry for entry in spec.entries if entry.notebook in named)
    yield from (PlanEntry(name) for name in only if all(name != entry.notebook for entry in spec.entries))


def planned_notebooks(spec: Spec, folder: Path, tables: Tables) -> set[str]:
    """The notebooks of a whole month, by name: those of the plan that wait for no table."""
    waiting = {each.name for each in find_notebooks(folder) if each.waits(tables)}
    return {entry.notebook for entry in spec.entries} - waiting


def _runs(
    entry: PlanEntry,
    view: View,
    notebooks: Path,
    wanted: tuple[Language, ...],
    declared: tuple[str, ...],
    extra: Mapping[str, str],
) -> Iterator[Run]:
    for name in (*entry.parameters, *entry.matrix):
        if name not in declared or name in OWN_PARAMETERS:
            options = [each for each in declared if each not in OWN_PARAMETERS]
            raise WrongCall(
                f"{entry.place}: {entry.notebook}.ipynb declares no parameter '{name}' that a plan can set"
                f"{did_you_mean(name, options)} (declared: {', '.join(options) or 'none'})"
            )
    _require_codes(entry.parameters, view.everything, entry.place)
    path = _notebook(notebooks, entry)
    told = read_notebook(path)
    spoken = (told.language,) if told and told.language else entry.languages
    for unit in _units(entry, view.tables, extra):
        for language in (each for each in entry.languages if each in wanted and each in spoken):
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
    if axis == name == "province":
        return well_known_provinces(tables)  # a page without figures says nothing that the page of all does not say
    if isinstance(axis, str):
        return _codes(axis, tables)  # an empty list has no runs: no register was taken in, no enterprise promised
    for code in axis:
        _require_codes({name: code}, tables, place)
    return list(axis)


def _codes(code_list: str, tables: Tables) -> list[str]:
    table, column = CODE_LISTS[code_list]
    return sorted(set(map(body_of, tables[table][column])) - {""})


def _require_codes(values: Mapping[str, str], tables: Tables, place: str) -> None:
    for name, value in values.items():
        if value and name in CODE_LISTS and value not in (known := _codes(name, tables)):
            raise WrongCall(
                f"{place}: unknown {name} '{value}'{did_you_mean(value, known)} (known: {', '.join(known)})"
            )


def _require_distinct(runs: list[Run]) -> None:
    known: dict[str, str] = {}
    for run in runs:
        like = known.get(run.name.casefold())
        if like is not None:
            other = f", and as '{like}', which differs by its case only" if like != run.name else " twice"
            raise WrongCall(f"the plan makes page '{run.name}'{other}")
        known[run.name.casefold()] = run.name


def _notebook(folder: Path, entry: PlanEntry) -> Path:
    path = folder / f"{entry.notebook}.ipynb"
    if len(entry.notebook) > _LONGEST or not path.is_file():
        if not folder.is_dir():
            raise WrongCall(f"notebook folder '{folder}' does not exist")
        wrong = wrong_choice("notebook", entry.notebook[:_LONGEST], [each.stem for each in folder.glob("*.ipynb")])
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
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]  # whether it is a good one, its run will say
        tagged = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
    except (ValueError, LookupError, TypeError, OSError) as error:
        raise WrongCall(f"{notebook}: not a notebook ({type(error).__name__})") from None
    lines = "\n".join("".join(cell["source"]) for cell in tagged).splitlines()
    names = tuple(match["name"] for line in lines if (match := _PARAMETER.match(line)))
    missing = [name for name in OWN_PARAMETERS if name not in names]
    if missing:
        raise WrongCall(f"{notebook.name}: its cell tagged 'parameters' does not declare {', '.join(missing)}")
    return names


def _require_declared(extra: Mapping[str, str], declared: Mapping[str, tuple[str, ...]]) -> None:
    known = {name for names in declared.values() for name in names}
    for name in extra:
        if name not in known:
            declared_names = ", ".join(sorted(known))
            raise WrongCall(
                f"no notebook declares parameter '{name}'{did_you_mean(name, known)} (declared: {declared_names})"
            )
