"""`r57 report` and `r57 approve`: a month is published, looked at and approved."""

from __future__ import annotations

import signal
import sys
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated

import typer

from r57lib.data.periods import VIET_NAM
from r57lib.errors import WrongCall

if TYPE_CHECKING:
    from rich.progress import TaskID

    from r57lib.report.pool import Result

Data = Annotated[str, typer.Option("--data", metavar="DIR", help="Data folder [default: data/ here or above]")]


def report(
    month: Annotated[
        list[str] | None,
        typer.Option(metavar="YYYY-MM", help="Month; may be repeated [default: the newest that has data]"),
    ] = None,
    as_of: Annotated[
        str, typer.Option(metavar="YYYY-MM-DD", help="What was public by then [default: everything]")
    ] = "",
    language: Annotated[str, typer.Option(help="vi, en or both")] = "both",
    notebook: Annotated[list[str] | None, typer.Option(help="Only this notebook; may be repeated")] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="What a notebook is given; may be repeated"),
    ] = None,
    due: Annotated[bool, typer.Option("--due", help="Every month that is missing or whose inputs changed")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would run, and why; run nothing")] = False,
    force: Annotated[bool, typer.Option("--force", help="Run what is fresh, too")] = False,
    jobs: Annotated[int, typer.Option(min=0, help="Runs at a time [default: one a core]", show_default=False)] = 0,
    scheduler: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Run on the workers of this dask scheduler: tcp://HOST:PORT")
    ] = "",
    storage: Annotated[
        str, typer.Option(metavar="URL", help="Folder or bucket for data and output that all of them reach")
    ] = "",
    keep: Annotated[
        int, typer.Option(min=0, help="Remove all but the newest N months [default: keep all]", show_default=False)
    ] = 0,
    notify: Annotated[
        list[str] | None, typer.Option(metavar="TARGET", help="Tell https://..., smtp://... or FILE.eml the outcome")
    ] = None,
    web: Annotated[
        str, typer.Option(metavar="URL", help="Where readers find reports/, for the notices: https://HOST/reports")
    ] = "",
    attach_pdf: Annotated[bool, typer.Option("--attach-pdf", help="Attach the month's PDF to the mails")] = False,
    plan: Annotated[str, typer.Option(metavar="FILE", help="Plan [default: reports/monthly.yaml]")] = "",
    formats: Annotated[
        str,
        typer.Option(metavar="LIST", help="html,ipynb are pages; pdf,docx,pptx,xlsx documents [default: the plan's]"),
    ] = "",
    data: Data = "",
    notebooks: Annotated[str, typer.Option(metavar="DIR", help="Notebooks [default: beside the data]")] = "",
    output: Annotated[str, typer.Option(metavar="DIR", help="Reports [default: reports/ beside the data]")] = "",
) -> None:
    """Run the notebooks of a month and publish its report. It lies under reports/YYYY-MM/."""
    from r57lib.data.load import find_data, find_project
    from r57lib.report.alerts import read_alerts
    from r57lib.report.batch import PLAN, Call, find_spec, foretell, publish_months
    from r57lib.report.notify import parse_web

    if due and (month or as_of or notebook or parameter):
        raise WrongCall("--due publishes whole months by itself: it goes without --month, --as-of, --notebook and -p")
    if storage and not scheduler:
        raise WrongCall("--storage is where the workers of a --scheduler find data and leave output: name that, too")
    folder = find_data(data or None)
    root = find_project(folder)
    beside = Path(notebooks) if notebooks else root / "notebooks"
    reports = Path(output) if output else folder.resolve().parent / "reports"
    _require_utf8(folder.resolve(), beside.resolve(), reports.resolve(), *(parameter or []), *(notify or []))
    spec = find_spec(plan, root, beside)
    if not plan and not (root / PLAN).is_file():
        typer.echo(f"no {root / PLAN}: each of the {len(spec.entries)} notebooks in {beside} is run once", err=True)
    call = Call(
        notebooks=beside,
        reports=reports,
        spec=spec.with_formats(formats) if formats else spec,
        data=folder,
        as_of=as_of,
        language=language,
        only=tuple(notebook or ()),
        parameters=_pairs(parameter or []),
        scheduler=scheduler,
        storage=storage,
        web=parse_web(web),
        attach=attach_pdf,
        alerts=read_alerts((Path(plan) if plan else root / PLAN).with_name("alerts.yaml")),
    )
    now = datetime.now(VIET_NAM)
    if dry_run:
        for line in foretell(call, month or [], due=due, force=force, today=now.date()):
            typer.echo(line)
        return
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that nothing is left behind
    told = notify or []
    with Screen() as watch:
        code = publish_months(
            call, month or [], due=due, force=force, jobs=jobs, keep=keep, tell=told, now=now, watch=watch
        )
    if code:
        raise typer.Exit(code)


def _require_utf8(*named: str | Path) -> None:
    """Raise `WrongCall` for a name or a value that no page and no notebook could hold."""
    for each in map(str, named):
        try:
            each.encode()
        except UnicodeEncodeError:
            shown = each.encode(errors="backslashreplace").decode()
            raise WrongCall(f"'{shown}' is not UTF-8; rename the folder or file, or give another") from None


def _pairs(texts: list[str]) -> dict[str, str]:
    pairs = dict(text.partition("=")[::2] for text in texts)
    wrong = [text for text in texts if "=" not in text]
    if wrong:
        raise WrongCall(f"parameter '{wrong[0]}' has no value; write it as NAME=VALUE")
    return pairs


def approve_month(
    month: Annotated[str, typer.Argument(metavar="YYYY-MM", help="A published month")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who approves [default: say what would be approved]")] = "",
    digest: Annotated[str, typer.Option(metavar="HEX", help="The digest that was said at the review")] = "",
    data: Data = "",
    notebooks: Annotated[str, typer.Option(metavar="DIR", help="Notebooks [default: beside the data]")] = "",
    output: Annotated[str, typer.Option(metavar="DIR", help="Reports [default: reports/ beside the data]")] = "",
) -> None:
    """Approve a published month. Record who approves which bytes, and write its documents without DRAFT."""
    from r57lib.data.load import find_data, find_project
    from r57lib.report.approve import approve as run
    from r57lib.report.approve import review
    from r57lib.warm.process import cores

    folder = find_data(data or None)
    root = find_project(folder)
    reports = Path(output) if output else folder.resolve().parent / "reports"
    _require_utf8(folder.resolve(), reports.resolve(), by)
    if not by:
        for line in review(reports, month, digest).lines():
            typer.echo(line)
        return
    beside = Path(notebooks) if notebooks else root / "notebooks"
    now = datetime.now(VIET_NAM)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    typer.echo(run(reports, month, by=by, digest=digest, data=folder, notebooks=beside, now=now, cores=cores()))


class Screen:
    """Progress on stderr; what a program may want to read, such as where the report lies, on stdout."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._console = console
        self._task: TaskID | None = None

    def __enter__(self) -> Screen:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()

    def begins(self, month: str, stale: int, fresh: int) -> None:
        """A month begins: so many runs to do, and so many that are fresh."""
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(f"report {month}", total=stale)
        if fresh:
            self.say(f"{month}: {fresh} runs are fresh, {stale} to do")

    def ends(self, result: Result) -> None:
        """A run has ended."""
        if self._task is not None:
            self._bar.advance(self._task)
        if result.error or result.remarks or not self._console.is_terminal:
            took = f"{'failed after ' if result.error else ''}{result.seconds:.1f} s"
            self.say("; ".join([f"{result.job.name}: {took}", *result.remarks]))

    def say(self, line: str) -> None:
        """A line for people."""
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def give(self, line: str) -> None:
        """A line for programs."""
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
