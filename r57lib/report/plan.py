"""What a report runs: its notebooks, their parameters, its languages. Everything is checked before a kernel starts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat

from r57lib.errors import WrongCall, did_you_mean, wrong_choice
from r57lib.i18n import LANGUAGES, Language, parse_language
from r57lib.view import View

NOTEBOOKS = ("overview", "task_completion", "enterprise_commitments", "digital_adoption", "data_quality")
"""The notebooks of the monthly report, in the order of their pages."""

_PARAMETER = re.compile(r"^(?P<name>[A-Za-z_]\w*)\s*(?::\s*[\w\[\], \"']+)?=")


@dataclass(frozen=True)
class Run:
    """One notebook in one language, with the parameters that it is given."""

    notebook: Path
    language: Language
    parameters: Mapping[str, str]

    @property
    def name(self) -> str:
        """The name of its page, such as `overview.vi`."""
        return f"{self.notebook.stem}.{self.language}"


@dataclass(frozen=True)
class Plan:
    """All runs of one month's report."""

    view: View
    languages: tuple[Language, ...]
    runs: tuple[Run, ...]

    @property
    def month(self) -> str:
        """The month, as in `2025-12`."""
        return str(self.view.month)


def make_plan(
    view: View,
    notebooks: Path,
    *,
    language: str = "both",
    only: Iterable[str] = (),
    parameters: Mapping[str, str] | None = None,
) -> Plan:
    """The runs for a view: every notebook (or those of `only`) in a language or in both.

    `parameters` go to the notebooks that declare them. Raises `WrongCall` for an unknown language or notebook, a
    notebook that declares no parameters, and a parameter that no notebook declares.
    """
    languages = LANGUAGES if language == "both" else (parse_language(language),)
    paths = [_notebook(notebooks, name) for name in (tuple(only) or NOTEBOOKS)]
    declared = {path: declared_parameters(path) for path in paths}
    extra = dict(parameters or {})
    _require_declared(extra, declared)
    runs = []
    for path in paths:
        for each in languages:
            given = {"month": str(view.month), "as_of": view.as_of.isoformat(), "language": str(each)}
            given |= {"data": view.everything.folder.name}
            given |= {name: value for name, value in extra.items() if name in declared[path]}
            runs.append(Run(path, each, given))
    return Plan(view, languages, tuple(runs))


def _notebook(folder: Path, name: str) -> Path:
    path = folder / f"{name}.ipynb"
    if not path.is_file():
        if not folder.is_dir():
            raise WrongCall(f"notebook folder '{folder}' does not exist")
        raise wrong_choice("notebook", name, [each.stem for each in folder.glob("*.ipynb")])
    return path


def declared_parameters(notebook: Path) -> tuple[str, ...]:
    """The names that the cell tagged `parameters` declares; raises `WrongCall` when one of ours is missing."""
    try:
        cells = nbformat.read(notebook, as_version=4).cells
    except (nbformat.reader.NotJSONError, OSError) as error:
        raise WrongCall(f"{notebook}: not a notebook ({type(error).__name__})") from None
    tagged = [cell.source for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    lines = "\n".join(tagged).splitlines()
    names = tuple(match["name"] for line in lines if (match := _PARAMETER.match(line)))
    missing = [name for name in ("month", "as_of", "language", "data") if name not in names]
    if missing:
        raise WrongCall(f"{notebook.name}: its cell tagged 'parameters' does not declare {', '.join(missing)}")
    return names


def _require_declared(extra: Mapping[str, str], declared: Mapping[Path, tuple[str, ...]]) -> None:
    known = {name for names in declared.values() for name in names}
    for name in extra:
        if name not in known:
            declared_names = ", ".join(sorted(known))
            raise WrongCall(
                f"no notebook declares parameter '{name}'{did_you_mean(name, known)} (declared: {declared_names})"
            )
