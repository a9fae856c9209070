"""`r57 new`: a notebook of an analyst's own, ready to be run, and its line in the monthly plan."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Annotated, Any

import typer

from r57lib.cli.report import Data
from r57lib.errors import WrongCall, wrong_choice

_PARAMETERS = 'month: str = ""\nas_of: str = ""\nlanguage: str = "vi"\ndata: str = ""'
_SETUP = """\
from r57lib import display, figures, open_view

view = open_view(month=month, as_of=as_of, language=language, data=data)"""
_CONTROLS = """\
from r57lib import dashboard

view = dashboard.controls(view, "month", "language")"""
_CHART = """\
import altair as alt

title = {"vi": "Chỉ tiêu có nhiều số liệu nhất", "en": "The indicators with most figures"}[view.words.language]
counts = view.tables["observations"]["indicator_id"].value_counts().head(6).reset_index()
counts["name"] = [view.words(f"indicator.{code}") for code in counts["indicator_id"]]
names = alt.Y("name", sort="-x", title=None, axis=alt.Axis(labelLimit=260))
alt.Chart(counts, title=title, description=title).mark_bar().encode(x=alt.X("count", title=None), y=names)"""
_TABLE = """\
newest = view.tables["observations"].sort_values("reported_on").tail(8).reset_index(drop=True)
newest["name"] = [view.words(f"indicator.{code}") for code in newest["indicator_id"]]
table = newest[["name", "obs_value", "reported_on", "fact_id"]]
table.attrs["title"] = {"vi": "Số liệu mới nhất", "en": "The newest figures"}[view.words.language]
table"""
_QUESTION = "Trang này trả lời câu hỏi nào? · Which question does this page answer?"


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of its file and of its pages, such as my_page")],
    title_vi: Annotated[str, typer.Option(metavar="TEXT", help="Title in Vietnamese [default: its name]")] = "",
    title_en: Annotated[str, typer.Option(metavar="TEXT", help="Title in English [default: its name]")] = "",
    like: Annotated[
        str, typer.Option(metavar="NOTEBOOK", help="Take parameters, controls and the first figure of this one")
    ] = "task_completion",
    plan: Annotated[str, typer.Option(metavar="FILE", help="Plan [default: reports/monthly.yaml]")] = "",
    data: Data = "",
    notebooks: Annotated[str, typer.Option(metavar="DIR", help="Notebooks [default: beside the data]")] = "",
) -> None:
    """Make a notebook of your own. It has a figure, a chart and a table to begin with, and stands in the plan."""
    from r57lib.data.load import find_data, find_project
    from r57lib.disk import write

    root = find_project(find_data(data or None))
    folder = Path(notebooks) if notebooks else root / "notebooks"
    path, planned = folder / f"{_checked(name, folder)}.ipynb", Path(plan) if plan else root / "reports/monthly.yaml"
    if plan and not planned.is_file():
        raise WrongCall(f"plan '{plan}' does not exist")
    titles = {"vi": _line(title_vi, "vi") or _plain(name), "en": _line(title_en, "en") or _plain(name)}
    notebook = _notebook(name, titles, _model(like, folder))
    entered = _with_line(planned, name)
    write(path, json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    if entered:
        write(planned, entered)
    typer.echo(path)
    typer.echo("next: r57 lab, or r57 report", err=True)


def _plain(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _checked(name: str, folder: Path) -> str:
    """The name; raises `WrongCall` for one that no file and address can have, or that is taken."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        plain = unicodedata.normalize("NFD", name.removesuffix(".ipynb").casefold().replace("đ", "d"))
        like = re.sub(r"\W+", "_", "".join(each for each in plain if not unicodedata.combining(each)), flags=re.ASCII)
        near = like.strip("_0123456789")
        hint = f"; did you mean '{near}'?" if near else ", such as 'my_page'"
        raise WrongCall(f"name '{name}' must be small letters a-z, digits and _, a letter first{hint}")
    if name == "index":
        raise WrongCall("name 'index' is that of a month's first page; take another")
    if not folder.is_dir():
        raise WrongCall(f"notebook folder '{folder}' does not exist")
    if (folder / f"{name}.ipynb").exists():
        raise WrongCall(f"notebook '{name}' exists already: {folder / f'{name}.ipynb'}")
    return name


def _line(title: str, language: str) -> str:
    if not title.isprintable():
        raise WrongCall(f"--title-{language} must be one line of text")
    return title.strip()


def _model(like: str, folder: Path) -> dict[str, Any]:
    """The notebook that the new one is like; raises `WrongCall` with the nearest for one that is not there."""
    names = [each.stem for each in folder.glob("*.ipynb")]
    if like not in names:
        raise wrong_choice("notebook", like, names)
    try:
        told: dict[str, Any] = json.loads((folder / f"{like}.ipynb").read_text(encoding="utf-8"))
        sources = [("".join(cell["source"]), cell["metadata"].get("tags", [])) for cell in told["cells"]]
        code = "\n".join(text for text, _ in sources)
        tagged = {tag: text for text, tags in sources for tag in tags}
        return {"code": code, "r57": told["metadata"].get("r57", {}), **tagged}
    except (ValueError, LookupError, TypeError) as error:
        raise WrongCall(f"notebook '{like}' cannot be taken as a model ({type(error).__name__})") from None


def _notebook(name: str, titles: dict[str, str], model: dict[str, Any]) -> dict[str, Any]:
    """The cells of the new notebook."""
    from r57lib.page.bilingual import said_in

    parameters = model.get("parameters", _PARAMETERS)
    more = re.findall(r"^(\w+)\s*:", parameters, flags=re.MULTILINE)[4:]
    head = ", ".join(["view", f'"{name}"', *(f"{each}={each}" for each in more)])
    figure = re.search(r"figures\.\w+\([^()]*\)", model["code"])
    heading = f"# {titles['vi']} · {titles['en']}"
    cells = [
        _cell("title", f"{heading}\n\n{_QUESTION}"),
        _cell("parameters", parameters, "parameters"),
        _cell("setup", _SETUP, "setup"),
        _cell("controls", model.get("interactive", _CONTROLS), "interactive"),
        _cell("header", f"display.header({head})"),
        _cell("figure", f"figure = {figure[0] if figure else 'figures.on_time_rates(view)'}\nfigure"),
        _cell("chart-note", "## Biểu đồ của tôi · A chart of my own\n\nĐổi bảng và cột. · Change table and columns."),
        _cell("chart", _CHART),
        _cell("table-note", "## Bảng của tôi · A table of my own\n\nMỗi dòng một số liệu. · One figure a row."),
        _cell("table", _TABLE),
        _cell("findings", 'display.findings(view, "observations")'),
    ]
    told: dict[str, Any] = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"}}  # fmt: skip
    parted = all(said_in(heading, language) == f"# {title}" for language, title in titles.items())
    if not parted:  # which half is whose cannot be seen in the letters
        told["r57"] = {"title": titles}
    if "needs" in model["r57"]:
        told["r57"] = told.get("r57", {}) | {"needs": model["r57"]["needs"]}
    return {"cells": cells, "metadata": told, "nbformat": 4, "nbformat_minor": 5}


def _cell(cell_id: str, text: str, tag: str = "") -> dict[str, Any]:
    kind = "markdown" if text.startswith("#") else "code"
    cell: dict[str, Any] = {"cell_type": kind, "id": cell_id, "source": text.splitlines(keepends=True)}
    cell["metadata"] = {"tags": [tag]} if tag else {}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def _with_line(plan: Path, name: str) -> str:
    """The text of the plan with a line for the notebook behind its last run; nothing where it has one, or is none."""
    import yaml

    from r57lib.page.navigation import planned_names
    from r57lib.report.plan import read_spec

    if not plan.is_file() or name in planned_names(plan):
        return ""
    read_spec(plan)  # a plan that is wrong is refused with its line
    text = plan.read_text(encoding="utf-8")
    runs = next(value for key, value in yaml.compose(text, Loader=yaml.SafeLoader).value if key.value == "runs")
    if runs.flow_style:
        raise WrongCall(f"{plan.name}: its runs stand in one line; write them one a line, or add '{name}' yourself")
    lines, last = text.splitlines(keepends=True), runs.value[-1]
    while not hasattr(last, "value") or not isinstance(last.value, str):
        last = last.value[-1][1] if isinstance(last.value[-1], tuple) else last.value[-1]
    place = last.end_mark.line + 1
    lines[place - 1] = lines[place - 1].rstrip("\r\n") + "\n"
    return "".join([*lines[:place], f"{' ' * runs.start_mark.column}- notebook: {name}\n", *lines[place:]])
