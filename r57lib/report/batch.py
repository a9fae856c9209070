"""A call of `r57 report`: which months it is about, and what becomes of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

from r57lib.data.load import load_tables
from r57lib.data.periods import Month, parse_month
from r57lib.data.tables import Tables
from r57lib.disk import read_json
from r57lib.errors import Busy, R57Error, WrongCall
from r57lib.page.published import ALERTS, published_months
from r57lib.report.alerts import Rule, require_known, warn
from r57lib.report.job import receipts_in
from r57lib.report.notify import Outcome, Recipient, notify, parse_target
from r57lib.report.plan import Plan, Spec, every_notebook, make_plan, planned_notebooks, read_spec
from r57lib.report.pool import Hands, Pool
from r57lib.report.publish import Published, Watch, prune, publish, shelve_again, stale_runs, stands_as
from r57lib.view.view import open_view
from r57lib.warm.process import cores


class Watcher(Watch, Protocol):
    """Who tells a person what becomes of a call."""

    def say(self, line: str) -> None:
        """A line for people."""

    def give(self, line: str) -> None:
        """A line for programs."""


@dataclass(frozen=True)
class Call:
    """What was asked for: the month or all that are due, the cut-off, which runs, and the folders.

    With a `scheduler` the runs are done by its workers, which leave their files in a `storage` if there is one. Who is
    told of it finds the months at the address `web`, and with `attach` the PDF of the month in the mail. `alerts` are
    the rules of what is to be warned of.
    """

    notebooks: Path
    reports: Path
    spec: Spec
    data: Path
    as_of: str = ""
    language: str = "both"
    only: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    scheduler: str = ""
    storage: str = ""
    web: str = ""
    attach: bool = False
    alerts: tuple[Rule, ...] = ()

    def plan(self, month: str, *, again: bool = False) -> Plan:
        """The plan of a month; `again` keeps to the cut-off that was asked for when the month was published."""
        pinned = self.as_of or (self._pinned(month) if again else "")
        view = open_view(
            month=month, as_of=pinned, language="en" if self.language == "both" else self.language, data=self.data
        )
        plan = make_plan(
            view,
            self.notebooks,
            spec=self.spec,
            language=self.language,
            only=self.only,
            parameters=self.parameters,
            pinned=pinned,
        )
        if self.only:
            self._require_no_whole_month(plan)
        return plan

    def _require_no_whole_month(self, part: Plan) -> None:
        """Raise `WrongCall` when a whole month is published, whose place a few of its notebooks would take."""
        folder = self.reports / part.month
        published = {each.get("notebook") for each in receipts_in(folder).values()}
        whole = planned_notebooks(self.spec, self.notebooks, part.view.tables)
        if whole <= published and whole - set(self.only):
            raise WrongCall(
                f"{folder} holds the whole month, whose place {' and '.join(self.only)} would take: name another "
                f"folder with --output, or leave --notebook out, which runs only what is stale"
            )

    def _pinned(self, month: str) -> str:
        manifest = read_json(self.reports / month / "manifest.json")
        return str(manifest.get("pinned", "")) if isinstance(manifest, dict) else ""


PLAN = Path("reports", "monthly.yaml")
"""Where a project says what a month's report holds."""


def find_spec(named: str, project: Path, notebooks: Path) -> Spec:
    """The plan that is named, else the project's `reports/monthly.yaml`, else every notebook."""
    if named:
        return read_spec(Path(named))
    usual = project / PLAN
    return read_spec(usual) if usual.is_file() else every_notebook(notebooks)


def due_months(tables: Tables, reports: Path, today: date) -> list[str]:
    """The months to look at, oldest first: from the oldest published one, or from the first month with a report.

    The last is the newest that is over on `today` and that a reported result speaks of.
    """
    published = published_months(reports)
    first = parse_month(published[0]) if published else tables.first_month
    last = min(tables.newest_month, Month(today.year, today.month).previous)
    return [str(month) for month in _from_to(first, last)]


def _from_to(first: Month, last: Month) -> Iterator[Month]:
    number = 12 * first.year + first.month - 1
    while (month := Month(number // 12, number % 12 + 1)) <= last:
        yield month
        number += 1


def publish_months(
    call: Call,
    months: Sequence[str],
    *,
    due: bool,
    force: bool,
    jobs: int,
    keep: int,
    tell: Sequence[str],
    now: datetime,
    watch: Watcher,
) -> int:
    """Publish the months, or all that are due, remove what is not to be kept, and tell of it.

    Returns 0 when all is published, 1 when a run failed or the outcome could not be told, and 75 when another process
    is at a month.
    """
    targets = [parse_target(text) for text in tell]
    require_known(call.alerts, load_tables(call.data))
    codes = []
    with (
        _broken_told(targets, call, now, watch) as begun,
        _plans(call, months, due, force, jobs, now) as (plans, hands),
    ):
        for plan in plans:
            begun.append(plan)
            codes.append(_one(plan, call, hands, watch, force, targets, now))
    if keep:
        for gone in prune(call.reports, keep, load_tables(call.data)):
            watch.say(f"{gone}: removed, only the newest {keep} months are kept")
    unwarned = warn(call.alerts, call.reports, call.data, targets, now=now)
    for line in unwarned:
        watch.say(f"r57: {line}")
    if call.alerts or (call.reports / ALERTS).exists():
        shelve_again(call.reports, load_tables(call.data))
    codes += [1] if unwarned else []
    return 1 if 1 in codes else max(codes, default=0)


@contextmanager
def _plans(
    call: Call, months: Sequence[str], due: bool, force: bool, jobs: int, now: datetime
) -> Iterator[tuple[list[Plan], Hands]]:
    """The plans, and who does their runs: as many processes of this machine as there are `jobs`, or a cluster."""

    def made() -> list[Plan]:
        return [call.plan(month, again=due) for month in _months(call, months, due, now.date())]

    if call.scheduler:
        from r57lib.report.cluster.schedule import Cluster

        plans = made()
        with Cluster(call.scheduler, call.storage, jobs) as cluster:
            yield plans, cluster
        return
    with Pool(call.data.resolve().parent, Path(call.data.name), jobs or cores()) as pool:
        stems = call.only or [each.notebook for each in call.spec.entries]
        sure = force or not all((call.reports / month).exists() for month in months or ["latest"])
        pool.expect(stems, [(month, call.as_of) for month in months or [""]], sure=sure)  # the plans take a second
        plans = made()
        pool.expect(stems, [(plan.month, plan.view.as_of.isoformat()) for plan in plans])
        yield plans, pool


def _one(
    plan: Plan, call: Call, hands: Hands, watch: Watcher, force: bool, targets: Sequence[Recipient], now: datetime
) -> int:
    """Publish a month and tell of it; the exit code that it asks for."""

    def told(published: Published) -> list[str]:
        outcome = _outcome(published, plan, call)
        return notify(targets, outcome, call.reports, plan.view.everything["labels"], now=now) if targets else []

    before = stands_as(plan, call.reports) if targets else None
    undelivered = told(before) if before else []  # of a call that was killed before it could tell
    try:
        published = publish(plan, call.reports, hands, force=force, watch=watch, now=now)
    except Busy as busy:
        watch.say(f"r57: {busy}")
        return busy.exit_code
    _sum_up(published, watch)
    if before is None or published.fingerprint != before.fingerprint:
        undelivered += told(published)
    for line in undelivered:
        watch.say(f"r57: {line}")
    return 1 if published.failed or undelivered else 0


def _outcome(published: Published, plan: Plan, call: Call) -> Outcome:
    """What those are told who are told of a month."""
    return Outcome(
        month=published.month,
        as_of=plan.view.as_of.isoformat(),
        state=_state(published),
        published=len(published.done),
        failed=published.failed,
        folder=published.aside if published.state == "failed" else published.folder,
        fingerprint=published.fingerprint,
        synthetic=plan.view.made_up,
        changes=published.version.told if published.version and not published.failed else {},
        address=f"{call.web.rstrip('/')}/{published.month}/" if call.web else "",
        attached=_pdfs(published) if call.attach else (),
    )


def _state(published: Published) -> str:
    """What a month has come to, for those who are told."""
    if published.state in ("incomplete", "failed"):
        return published.state
    kind = published.version.kind if published.version else "first"
    return {"first": "published"}.get(kind, kind)


def _pdfs(published: Published) -> tuple[Path, ...]:
    """The PDF of a month in each language; the approved one where there is one."""
    approval = (read_json(published.folder / "manifest.json") or {}).get("approval")
    names = [name for name in published.papers if name.endswith(".pdf")]
    if approval:
        names = [f"{approval['folder']}/{approval['documents'][name]}" for name in names]
    return tuple(each for each in ((published.folder / name).resolve() for name in names) if each.is_file())


@contextmanager
def _broken_told(targets: Sequence[Recipient], call: Call, now: datetime, watch: Watcher) -> Iterator[list[Plan]]:
    """Tell of what lets no month begin, or the last that has `begun` come to its end: bad data, a full disk."""
    begun: list[Plan] = []
    try:
        yield begun
    except (R57Error, OSError) as error:
        if isinstance(error, WrongCall) or not targets:
            raise
        reason = str(error.strerror if isinstance(error, OSError) and error.strerror else error)
        month, day = (begun[-1].month, begun[-1].view.as_of) if begun else (f"{now:%Y-%m}", now.date())
        outcome = Outcome(month, day.isoformat(), "failed", 0, (("report", reason),), call.reports, reason)
        with suppress(R57Error, OSError):
            for line in notify(targets, outcome, call.reports, load_tables(call.data)["labels"], now=now):
                watch.say(f"r57: {line}")
        raise


def _months(call: Call, months: Sequence[str], due: bool, today: date) -> Sequence[str]:
    """The months that are named, the newest where none is, or those that may be due today."""
    return due_months(load_tables(call.data), call.reports, today) if due else months or [""]


def foretell(call: Call, months: Sequence[str], *, due: bool, force: bool, today: date) -> Iterator[str]:
    """A line for each run that would be run, with the reason, and one for each month."""
    for month in _months(call, months, due, today):
        plan = call.plan(month, again=due)
        stale = stale_runs(plan, call.reports, force=force)
        yield from (f"{plan.month}  {name}  {reason}" for name, reason in stale.items())
        yield f"{plan.month}: {len(stale)} of {len(plan.names)} runs to do"


def _sum_up(published: Published, watch: Watcher) -> None:
    """The last lines of a month: what failed, what became of it, and where it lies."""
    for name, error in published.failed:
        watch.say(f"r57: error: {published.month} {name}: {error}")
    papers = f" and {len(published.papers)} documents" if published.papers else ""
    fate = {
        "published": f"{len(published.done)} page{'s' * (len(published.done) != 1)}{papers} published",
        "unchanged": "nothing has changed",
        "incomplete": f"published without {len(published.failed)} of its pages; see {published.aside}",
        "failed": f"not published, the last good report is untouched; see {published.aside}",
    }
    watch.say(f"{published.month}: {fate[published.state]}")
    if published.state != "failed":
        watch.give(str(published.folder / "index.html"))
