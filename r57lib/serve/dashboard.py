"""Live pages: controls above a notebook's parts, which are made again when a control changes.

A notebook becomes live by one call, `view = dashboard.controls(view, "month", "language")`: from then on each part that
it shows is a widget whose content is swapped. JupyterLab draws these widgets itself; the page of `r57lib.serve` binds
them to controls of its own. What a visitor can set is checked here; nothing that a visitor sends is run or opened.
"""

from __future__ import annotations

import base64
import logging
import os
import secrets
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import wraps
from importlib.metadata import version
from typing import Any
from urllib.parse import parse_qsl, urlencode

import ipywidgets
import traitlets
from IPython.core.getipython import get_ipython
from IPython.display import DisplayHandle
from markupsafe import Markup

from r57lib.charts.render import hire
from r57lib.charts.theme import NUMBER_LOCALES
from r57lib.data.periods import parse_month
from r57lib.errors import nearest
from r57lib.page.capture import Capture, captured
from r57lib.page.figure import Figure
from r57lib.page.frames import OwnTable
from r57lib.page.navigation import titled_here
from r57lib.page.parts import Planned
from r57lib.page.sheets import SHEET_FORMATS, write_table
from r57lib.page.shown import Shown
from r57lib.page.templates import page_words, render
from r57lib.view.filters import FILTERS, Choice, apply_filters, default_of, label_of
from r57lib.view.view import View, asked_choices

READY = "R57_READY"
"""In a kernel's environment: the version of the data and the language of the page that was served ready-made."""

MAKE = "make"
"""The value of `READY` in a kernel that makes a ready-made page."""

ARTIST = "R57_ARTIST"
"""In the environment of such a kernel: the socket of the artist that draws for one after the other."""

ANSWER_SECONDS = 30
"""A change that is not answered by then is given up: its visitor is told, and the page lives on."""

_AS_SERVED = "<!-- as served -->"
"""The value of a part that the page has already: unlike any that follows, so that each change is told."""

_log = logging.getLogger("r57.dashboard")


def controls(view: View, *names: str) -> View:
    """Show the controls named, and make the parts that are shown after them follow these.

    The values in the page's address (the environment's `QUERY_STRING`) are set; those that are not known are refused
    with a notice, and so is what is nearly the name of a filter. Raises `KeyError` for an unknown filter.

    One of whose many values the data name none is left out. A report has no controls: the view stays as it is.
    """
    chosen = {name: FILTERS[name] for name in names}
    shell: Any = get_ipython()
    own = captured(shell.display_formatter.mimebundle_formatter)
    if own is not None and own.kept:
        return view
    page = LivePage(view, chosen, dict(parse_qsl(os.environ.get("QUERY_STRING", ""))))
    page.show()
    return replace(page.view, live=True)


def live_words(view: View) -> dict[str, str]:
    """The texts that the scripts and the frame of a live page show, in the view's language."""
    words = view.words
    names = [key for key in words.labels if key.startswith(("live.", "page.", "nav.")) and "{" not in words.labels[key]]
    filled = {
        "live.as_of": words("live.as_of", day=words.date(view.as_of)),
        "live.version": words("live.version", version=view.everything.version),
        "page.colophon": words("page.colophon", version=version("r57")),
    }
    return {**page_words(words), **{key: words(key) for key in names}, **filled}


def incident(error: BaseException) -> str:
    """Log an error under a number that a reader can be told; the log stands on the server alone."""
    number = secrets.token_hex(4)
    _log.error("incident %s", number, exc_info=error)
    return number


def meant(name: str) -> bool:
    """Whether a name in an address is, or nearly is, that of a filter; any other, as `utm_source`, asks for nothing."""
    return bool(nearest(name, FILTERS, cutoff=0.6))


class _ReadOnly:
    """Traits that the browser reads: what it tries to set is passed over."""

    def set_state(self, sync_data: dict[str, Any]) -> None:
        del sync_data


class LivePart(_ReadOnly, ipywidgets.HTML):  # type: ignore[misc]
    """A part of the page: HTML from the escaping templates, swapped as a whole."""

    def show(self, bundle: Mapping[str, Any]) -> None:
        """Show another content."""
        self.value = bundle["text/html"]


class LabPart:
    """A part where JupyterLab shows it: an output of its cell that is swapped, and stands in a saved notebook."""

    def __init__(self) -> None:
        self.bundle: dict[str, Any] = {}
        self.handle: Any = DisplayHandle()  # type: ignore[no-untyped-call]

    def show(self, bundle: Mapping[str, Any]) -> None:
        """Show another content wherever the part stands."""
        self.bundle = dict(bundle)
        self.handle.update(self.bundle, raw=True)

    def place(self) -> None:
        """Show it below the cell that is run, as well."""
        self.handle.display(self.bundle, raw=True)


class State(_ReadOnly, ipywidgets.Widget):  # type: ignore[misc]
    """What the page as a whole must know: its address, language and words, and how many changes have been answered."""

    query = traitlets.Unicode().tag(sync=True)
    language = traitlets.Unicode().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    locale = traitlets.Dict().tag(sync=True)
    notice = traitlets.Unicode().tag(sync=True)
    version = traitlets.Unicode().tag(sync=True)
    month = traitlets.Unicode().tag(sync=True)
    lists = traitlets.Dict().tag(sync=True)
    answered = traitlets.Int().tag(sync=True)


class Search(ipywidgets.Combobox):  # type: ignore[misc]
    """A control with thousands of choices: JupyterLab sets the words of one, our page its place in the list."""

    index = traitlets.Int(0).tag(sync=True)

    def offer(self, choices: list[Choice], code: str) -> None:
        """Have these choices, and one of them chosen."""
        self.choices = choices
        self.labels = [label for label, _ in choices]
        self.options = self.labels
        self.index = [each for _, each in choices].index(code)
        self.value = choices[self.index][0]

    @property
    def code(self) -> str:
        """What is chosen."""
        return self.choices[self.index][1]

    @traitlets.validate("index")
    def _in_list(self, proposal: dict[str, Any]) -> int:
        place: int = proposal["value"]
        if not 0 <= place < len(self.choices):
            raise traitlets.TraitError(f"no choice {place} among {len(self.choices)}")
        return place

    @traitlets.observe("value")
    def _typed(self, change: dict[str, Any]) -> None:
        """What is typed counts when it is a choice; nothing is all."""
        if not change["new"] or change["new"] in self.labels:
            self.index = self.labels.index(change["new"]) if change["new"] else 0


def guarded(method: Callable[..., None]) -> Callable[..., None]:
    """A callback whose errors end here: the reader sees an incident number, the log has the rest."""

    @wraps(method)
    def call(page: LivePage, *arguments: Any) -> None:
        try:
            with _time_limit(ANSWER_SECONDS):
                method(page, *arguments)
        except (Exception, _TooLong) as error:
            page.state.notice = page.view.words("live.incident", number=incident(error))
        finally:
            page.state.answered += 1

    return call


class _TooLong(BaseException):
    """A callback took too long; no ordinary exception, so that nothing on the way takes it for its own."""


@contextmanager
def _time_limit(seconds: int) -> Iterator[None]:
    """Raise `_TooLong` in what takes longer; only the main thread, which runs callbacks, can be interrupted.

    On Windows nothing is.
    """

    def stop(*signal_and_frame: object) -> None:
        raise _TooLong(f"not done after {seconds} s")

    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "SIGALRM"):
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


class LivePage:
    """The controls of one page and the parts that follow them."""

    def __init__(self, view: View, filters: Mapping[str, Any], asked: Mapping[str, str]) -> None:
        self.base = replace(titled_here(view), links="{page}.ipynb?language={language}")
        self.filters = {name: each for name, each in filters.items() if not each.searched or any(each.codes(view))}
        self.stills = os.environ.get(READY) in (None, MAKE)  # JupyterLab, and a page to be shown before its scripts run
        hire(os.environ.get(ARTIST, ""))
        self.defaults = {name: default_of(name, view) for name in self.filters}
        self.values, refused = self._checked(asked)
        self.view = apply_filters(view, self.values)
        self.notices = [self._refusal(name, value) for name, value in refused.items()]
        self.relabelling = False
        self.parts: dict[str, tuple[LivePart | LabPart, Planned]] = {}
        self.made: dict[str, Any] = {}
        self.asked: dict[str, set[str]] = {}
        self.own: Capture | None = None
        self.widgets = {name: self._control(name) for name in self.filters}
        self.bar, self.state = LivePart(), State()
        self.state.on_msg(lambda _, content, buffers: self.answer(content))
        self.lazy = os.environ.get(READY, "") == self._ready()
        self._tell()

    def _checked(self, asked: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """The values to start with, and what is refused of those asked for."""
        values, refused = dict(self.defaults), {}
        for name, value in sorted(
            asked.items(), key=lambda each: each[0] == "against"
        ):  # which are earlier, `month` says
            if name in self.filters and self._known(name, value, values.get("month", "")):
                values[name] = value
            elif meant(name):
                refused[name] = value
        return values, refused

    def _ready(self) -> str:
        """The page that these values stand for, as the server names it; none for a page with filters."""
        plain = all(self.values[name] == self.defaults[name] for name in self.filters if name != "language")
        return f"{self.base.everything.version}/{self.view.words.language}" if plain and not self.notices else "none"

    def _known(self, name: str, value: str, month: str) -> bool:
        view = apply_filters(self.base, {"month": month})
        if value in (choice for _, choice in self.filters[name].choices(view)):
            return True
        if name == "month":  # one before those of the list is known as well, where the data reach back to it
            with suppress(ValueError):
                self.filters["month"].apply(self.base, value)
                return True
        return False

    def _refusal(self, name: str, value: str) -> str:
        words = self.view.words
        with suppress(ValueError):
            if name == "against" and (month := parse_month(value)) >= self.view.month:
                return words("live.not_before", month=words.month(self.view.month), asked=words.month(month))
        if name in self.filters:
            shown = next(label for label, each in self._choices(name) if each == self.values[name])
            return words("live.wrong_value", name=label_of(name, words), value=value[:60], shown=shown)
        like = nearest(name, self.filters)
        hint = words("live.wrong_name.hint", nearest=like) if like else ""
        return words("live.wrong_name", name=name[:60], hint=hint)

    def _choices(self, name: str) -> list[Choice]:
        return list(self.filters[name].choices(replace(self.view, everything=self.base.everything)))

    def _control(self, name: str) -> ipywidgets.Dropdown | Search:
        labelled = {"description": label_of(name, self.view.words), "style": {"description_width": "initial"}}
        if self.filters[name].searched:
            search = Search(**labelled)
            search.offer(self._choices(name), self.values[name])
            search.observe(lambda _: self._changed(name, search.code), names="index")
            return search
        control = ipywidgets.Dropdown(**labelled, options=self._choices(name), value=self.values[name])
        control.observe(lambda change: self._changed(name, change["new"]), names="value")
        return control

    def show(self) -> None:
        """Display the controls, and make every part displayed from now on a live one."""
        shell: Any = get_ipython()
        formatter = shell.display_formatter.mimebundle_formatter
        formatter.for_type(LivePage, lambda page, **_: page._controls_bundle())
        self.own = captured(formatter)
        if self.own is not None:
            self.own.view = lambda: self.view
        if self.in_lab:
            shell.display_formatter.ipython_display_formatter.for_type(Planned, self._place)
        else:
            formatter.for_type(Planned, lambda plan, **_: self._bundle(plan))
        _log_to_the_server()
        shell.display_pub.publish(self._controls_bundle())

    def _controls_bundle(self) -> dict[str, Any]:
        box = ipywidgets.HBox(list(self.widgets.values()), layout={"flex_flow": "row wrap"})
        binds = {name: control.model_id for name, control in self.widgets.items()}
        told, said = (
            {trait: getattr(self.state, trait) for trait in traits}
            for traits in (("query", "language", "notice", "version", "month"), ("words", "locale"))
        )
        told |= {"lists": self.state.lists} if self.state.lists else {}
        link = {"controls": binds, "bar": self.bar.model_id, "state": self.state.model_id, "told": told, "said": said}
        return _bundle(box, link, None if self.lazy else self.bar.value)

    def _bundle(self, plan: Planned) -> dict[str, Any]:
        """A part as output of its cell: HTML and the number of a widget for our page."""
        name = plan.name
        if name not in self.parts:
            self.parts[name] = (LivePart(value=_AS_SERVED), plan)
        part: Any = self.parts[name][0]
        if not self.lazy:
            self._make(name)
        return _bundle(part, {"part": name, "model": part.model_id}, None if self.lazy else part.value)

    def _place(self, plan: Planned) -> None:
        """In JupyterLab: show a part below its cell, whose error it is when the part cannot be made."""
        if plan.name not in self.parts:
            self.parts[plan.name] = (LabPart(), plan)
        part: Any = self.parts[plan.name][0]
        self._swap(plan.name)
        part.place()

    def _make(self, name: str) -> None:
        """Make a part again; an error stays within it: an analyst sees it, a visitor the number of an incident."""
        try:
            self._swap(name)
        except Exception as error:
            self.made.pop(name, None)
            self.asked.pop(name, None)
            if self.in_lab:
                told: str = Markup("<pre>{}</pre>").format("".join(traceback.format_exception(error, limit=-3)))
            else:
                told = render("broken.html", text=self.view.words("live.incident", number=incident(error)))
            self.parts[name][0].show({"text/html": told})

    def _swap(self, name: str) -> None:
        part, plan = self.parts[name]
        with asked_choices() as asked:
            self.made[name] = plan.make(self.view)
            part.show(self._shown(self.made[name]))
        self.asked[name] = asked

    def _shown(self, made: Any) -> dict[str, Any]:
        """What stands for a part; nothing where the filters have left nothing of a figure."""
        if self.view.narrowed and isinstance(made, Figure) and not made.fact_ids:
            return {"text/html": ""}
        if self.in_lab and isinstance(made, Shown):
            return made._repr_mimebundle_()
        return {"text/html": made.html(still=self.stills) if isinstance(made, Figure) else made._repr_html_()}

    @property
    def in_lab(self) -> bool:
        """Whether neither our server nor a report shows the parts."""
        return READY not in os.environ and self.own is None

    def _changed(self, name: str, value: str) -> None:
        """What a control says while its words are replaced is not the visitor's choice."""
        if not self.relabelling:
            self.change(name, value)

    @guarded
    def change(self, name: str, value: str) -> None:
        """Take a new value of a control and make again what depends on it: all, or who asks what was chosen of it."""
        self.values[name], self.lazy = value, False
        if self.values.get("against", "") >= self.values.get("month", "9999"):
            self.values["against"] = ""
        self.view, self.notices = apply_filters(self.base, self.values), []
        if name == "language" or (name == "month" and "against" in self.filters):
            self._relabel()
        self._tell()
        told = self.filters[name].only_told
        for part in self.parts:
            if not told or part not in self.asked or name in self.asked[part]:
                self._make(part)

    def _relabel(self) -> None:
        """The names of the controls, and their choices in the language and before the month; their values stay."""
        self.relabelling = True
        try:
            for name, control in self.widgets.items():
                with control.hold_sync():
                    control.description = label_of(name, self.view.words)
                    if isinstance(control, Search):
                        control.offer(self._choices(name), self.values[name])
                    else:
                        control.options = self._choices(name)  # this picks the first of them
                        control.value = self.values[name]
        finally:
            self.relabelling = False

    def _tell(self) -> None:
        """Tell the page its address, language and notices, and draw the bar of controls."""
        words = self.view.words
        shown = {name: value for name, value in self.values.items() if value != self.defaults[name]}
        self.state.query, self.state.language = urlencode(shown), words.language
        self.state.words, self.state.locale = live_words(self.view), NUMBER_LOCALES[words.language]
        self.state.notice = " ".join(self.notices)
        self.state.version, self.state.month = self.base.everything.version, str(self.view.month)
        self.state.lists = {
            name: control.choices for name, control in self.widgets.items() if isinstance(control, Search)
        }
        if not self.lazy:
            self.bar.value = self._bar()

    def _bar(self) -> str:
        rows = [
            {
                "name": name,
                "label": label_of(name, self.view.words),
                "choices": self._offered(name),
                "searched": each.searched,
                "value": value,
                "default": self.defaults[name],
            }
            for name, value in self.values.items()
            if (each := self.filters[name])
        ]
        chosen = {name for name in self.filters if self.values[name] != self.defaults[name]} - {"language"}
        said = " · ".join(
            label
            for row in rows
            if row["name"] in chosen | {"month"}
            for label, value in row["choices"]
            if value == row["value"]
        )
        return render("controls.html", words=self.view.words, rows=rows, changed=bool(chosen), state=said)

    def _offered(self, name: str) -> list[Choice]:
        """The choices that stand in the bar; of thousands all, and the one that is chosen."""
        if not self.filters[name].searched:
            return self._choices(name)
        chosen = {0, self.widgets[name].index}
        return [self.widgets[name].choices[place] for place in sorted(chosen)]

    @guarded
    def answer(self, content: Any) -> None:
        """Send the table of a figure as a file: `{"figure": ..., "format": ..., "rows": [...]}`; nothing for less."""
        figure = self._figure(content)
        if figure is None:
            return
        form, words = content["format"], self.view.words
        columns = [column.rows(content["rows"]) for column in figure.columns]
        data = write_table(columns, form, title=figure.heading, words=words, made_on=self.view.as_of)
        name = f"{figure.figure_id}.{self.view.month}.{words.language}.{form}"
        self.state.send({"file": name, "type": SHEET_FORMATS[form], "base64": base64.b64encode(data).decode("ascii")})

    def _figure(self, content: Any) -> Figure | OwnTable | None:
        """The figure that a visitor asks for, where the question is whole and its rows are there."""
        if not isinstance(content, dict) or not {"figure", "format", "rows"} <= content.keys():
            return None
        asked, rows = str(content["figure"]), content["rows"]
        if content["format"] not in tuple(SHEET_FORMATS) or not isinstance(rows, list):
            return None
        figure = self.own.parts.get(asked) if self.own else None
        name = asked.replace("-", "_")
        if figure is None and name in self.parts:
            if name not in self.made:
                self.made[name] = self.parts[name][1].make(self.view)  # the page has it already, with what is typed
            figure = self.made[name]
        if not isinstance(figure, Figure | OwnTable) or not figure.columns:
            return None
        there = all(type(row) is int and 0 <= row < len(figure.table) for row in rows)
        return figure if there and len(rows) <= len(figure.table) else None


def _bundle(widget: ipywidgets.DOMWidget, link: Mapping[str, Any], html: str | None) -> dict[str, Any]:
    """What a cell shows; without HTML where the page has it already. A part with nothing in it still has a place."""
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id, "r57": link}
    return {"application/vnd.jupyter.widget-view+json": view} | ({} if html is None else {"text/html": html})


def _log_to_the_server() -> None:
    """What is logged goes to the process's own stderr: what a kernel prints would be sent to the visitor.

    A kernel sends what comes through descriptor 2, too; its stream keeps the process's own and names it.
    """
    if not _log.handlers and sys.__stderr__ is not None:
        try:
            own = sys.stderr.fileno()
        except OSError:  # a stream that watches no descriptor
            own = sys.__stderr__.fileno()
        said = os.fdopen(os.dup(own), "w", encoding="utf-8", errors="backslashreplace")
        _log.addHandler(logging.StreamHandler(said))
        _log.propagate = False
