"""How fast a dashboard is, and what it costs, beside plain Voila and three other ways to serve the same page.

    python benchmarks/dashboards.py            all sides, five rounds, into benchmarks/dashboards.md
    python benchmarks/dashboards.py --quick    one round, fewer visitors
    python benchmarks/dashboards.py --only ours --only voila_plain

Needs Chromium (`$CHROMIUM`, else /usr/bin/chromium) and, the first time, a package index for pip: the environments
under benchmarks/.venv are made here, so that every side runs from an equally fresh one with compiled bytecode.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import html
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
import venv
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from urllib.request import urlopen

from sides import ENVIRONMENTS, HERE, SIDES, Failed, Server, Side, serving

ROOT = HERE.parent
RESULT = HERE / "dashboards.md"
PLAIN_PACKAGES = ("anywidget", "psygnal")
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
BUSY = "cores taken by others just before, %"
VISITS = 3
PAGES = 5
READERS = 200
PATIENCE = 180
"""Seconds after which a visitor has given up."""


# --- the environments ---------------------------------------------------------------------------------------------


def make_environments() -> None:
    """Make both environments unless they are there and nothing that they are made from has changed."""
    pins = [line for line in (HERE / "requirements.txt").read_text().splitlines() if line and line[0] != "#"]
    plain = [pin for pin in pins if pin.split("==")[0] in PLAIN_PACKAGES]
    for name, extra in (("voila", plain), ("rivals", pins)):
        parts = [(ROOT / "requirements-dev.lock").read_text(), (ROOT / "pyproject.toml").read_text(), *extra, str(ROOT)]
        stamp, key = ENVIRONMENTS / name / "made-from", hashlib.sha256("\n".join(parts).encode()).hexdigest()
        if not stamp.exists() or stamp.read_text() != key:
            _make(name, extra)
            stamp.write_text(key)


def _make(name: str, extra: list[str]) -> None:
    tell(f"making the environment {name}")
    folder = ENVIRONMENTS / name
    venv.create(folder, clear=True, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "-qq", "--disable-pip-version-check", "install", "--compile"]
    subprocess.run([*pip, "--no-deps", "--require-hashes", "-r", str(ROOT / "requirements-dev.lock")], check=True)
    subprocess.run([*pip, "--no-deps", *extra], check=True)
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT)], check=True)


def run_inside() -> None:
    """Go on in the environment of plain Voila, which has the project and its browser tests' packages."""
    python = ENVIRONMENTS / "voila" / "bin" / "python"
    if Path(sys.prefix) != python.parents[1]:
        os.execv(python, [str(python), *sys.argv])


def tell(text: str) -> None:
    """Say on stderr how far it is."""
    print(text, file=sys.stderr, flush=True)


# --- what is changed ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """A month to choose, and texts that its first chart shows and no chart of the month before it shows."""

    month: str
    texts: tuple[str, ...]


def changes(count: int = 4) -> list[Change]:
    """Months to choose one after the other, from the newest on, each of which draws the first chart anew."""
    sys.path.insert(0, str(HERE / "rivals"))
    import tasks_page

    months = tasks_page.month_choices()
    drawn = {month: _texts(tasks_page.figures_of(month, "vi")) for month in months}
    found: list[Change] = []
    current, left = months[0], [*months[1:], months[0]]
    while left and len(found) < count:
        month = left.pop(0)
        before = set().union(*drawn[current])
        texts = tuple(sorted(text for text in drawn[month][0] - before if len(text) < 12))
        if texts:
            found.append(Change(month, texts))
            left = [each for each in months if each not in {one.month for one in found}]
            current = month
    return found


def _texts(figures: list[Any]) -> list[set[str]]:
    """The texts that each chart shows."""
    import vl_convert

    drawn = [figure.chart and vl_convert.vegalite_to_svg(figure.chart.to_dict() | {"width": 620}) for figure in figures]
    return [{html.unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg or "")} for svg in drawn]


# --- the browser --------------------------------------------------------------------------------------------------


@asynccontextmanager
async def chromium() -> Any:
    """A fresh Chromium that resolves no name."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


async def blank(browser: Any, side: Side) -> Any:
    """An empty page of a new visitor, with nothing in its cache, that will measure what it loads."""
    context = await browser.new_context(viewport={"width": 1280, "height": 1400}, locale="vi-VN")
    page = await context.new_page()
    probe = (HERE / "dashboards_probe.js").read_text()
    settings = {"charts": side.charts, "area": side.area, "expected": side.drawn}
    await page.add_init_script(f"{probe}({json.dumps(settings)});")
    return page


async def read(page: Any, *names: str, seconds: float = PATIENCE) -> dict[str, float | None]:
    """The probe, once it knows all of `names` or patience has ended."""
    end = time.monotonic() + seconds
    while True:
        seen: dict[str, float | None] = {}
        with suppress(Exception):  # the page is on its way from one document to the next
            seen = await page.evaluate("window.benchProbe || {}")
        if all(seen.get(name) is not None for name in names) or time.monotonic() > end:
            return seen
        await asyncio.sleep(0.25)


async def visit(page: Any, url: str) -> dict[str, float | None]:
    """Open the page and wait for all its charts; times in milliseconds since the navigation began."""
    with suppress(Exception):  # a server that answers too late: the probe has nothing to tell
        await page.goto(url, wait_until="commit", timeout=PATIENCE * 1000)
    return await read(page, "content", "chart", "charts")


async def leave(page: Any) -> None:
    """Close the page as a reader does, so that it may tell its server."""
    with suppress(Exception):
        async with page.expect_event("close", timeout=10_000):
            await page.close(run_before_unload=True)
    await page.context.close()


async def choose(page: Any, side: Side, change: Change) -> tuple[float | None, float | None]:
    """Choose a month; milliseconds until the first chart shows it, and until the last chart was touched."""
    if side.listbox:
        await page.locator(".stSelectbox").first.locator("button").click()
        await page.evaluate("texts => benchArmOnPress(texts)", list(change.texts))
        await page.get_by_role("option", name=change.month, exact=True).click()
    else:
        await page.evaluate("([month, texts]) => benchChoose(month, texts)", [change.month, list(change.texts)])
    await read(page, "redrawn", seconds=30)
    await asyncio.sleep(1)
    seen = await read(page, seconds=0)
    asked, redrawn, last = (seen.get(name) for name in ("asked", "redrawn", "last"))
    if asked is None or redrawn is None:
        return None, None
    return redrawn - asked, max(redrawn, last or 0) - asked


async def tooltip(page: Any, side: Side) -> bool:
    """Whether some point of the first chart shows a tooltip under the mouse."""
    box = await page.locator(side.charts).first.bounding_box()
    for step in range(10, 200, 10):
        await page.mouse.move(box["x"] + 80, box["y"] + step)
        await asyncio.sleep(0.05)
        if await page.locator("#vg-tooltip-element.visible").count():
            await page.mouse.move(0, 0)
            return True
    return False


# --- the measurements ---------------------------------------------------------------------------------------------


@dataclass
class Crowd:
    """What many visitors at once saw, in seconds, and what the server held."""

    visitors: int
    served: int
    content: list[float]
    chart: list[float]
    memory: float


@dataclass
class Results:
    """Everything measured of one side; times of one visitor in milliseconds, memory in MiB."""

    content: list[float] = field(default_factory=list)
    chart: list[float] = field(default_factory=list)
    charts: list[float] = field(default_factory=list)
    redrawn: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)
    search: list[float] = field(default_factory=list)
    memory: list[list[float]] = field(default_factory=list)
    crowds: list[Crowd] = field(default_factory=list)
    tooltip: bool = False
    busy: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    readers: tuple[int, float, float] | None = None

    def add(self, **times: float | None) -> None:
        """Keep the times that there are, and count those that there are not."""
        for name, value in times.items():
            if value is None:
                self.failures.append(f"no {name}")
            else:
                getattr(self, name).append(value)

    @property
    def slopes(self) -> list[float]:
        """What a further session costs, one figure a round."""
        return [statistics.linear_regression(range(1, len(row) + 1), row).slope for row in self.memory]


async def one_visitor(browser: Any, side: Side, server: Server, steps: list[Change], results: Results) -> None:
    """A visit with changes of the month."""
    page = await blank(browser, side)
    seen = await visit(page, server.url)
    results.add(**{name: seen.get(name) for name in ("content", "chart", "charts")})
    if seen.get("charts") is None:
        return await leave(page)
    results.tooltip = results.tooltip or await tooltip(page, side)
    await asyncio.sleep(1)
    for step in steps:
        redrawn, last = await choose(page, side, step)
        results.add(redrawn=redrawn, last=last)
    if side.name == "ours":
        results.add(search=await page.evaluate("benchSearch()"))
    await leave(page)


SETTLE = 30
"""Seconds after which a server that frees what a visit held has done so."""


async def sessions(browser: Any, side: Side, server: Server, results: Results) -> None:
    """The server's memory with one page open, with two, and so on, when what earlier visits left is gone."""
    await asyncio.sleep(SETTLE)
    pages, row = [], []
    for _ in range(PAGES):
        pages.append(await blank(browser, side))
        await visit(pages[-1], server.url)
        await asyncio.sleep(2)
        row.append(server.memory())
    results.memory.append(row)
    for page in pages:
        await leave(page)


async def crowd(browser: Any, side: Side, server: Server, visitors: int, results: Results) -> None:
    """Many visitors at the same moment."""
    pages = [await blank(browser, side) for _ in range(visitors)]
    seen = await asyncio.gather(*(visit(page, server.url) for page in pages))
    content, chart = ([taken / 1000 for one in seen if (taken := one.get(name))] for name in ("content", "chart"))
    results.crowds.append(Crowd(visitors, len(chart), content, chart, server.memory()))


def readers(server: Server, results: Results) -> None:
    """Many who read at once, as plain HTTP: the page, and each of its scripts and styles, to the last byte."""

    def read_whole(_: int) -> float:
        begun = time.perf_counter()
        with urlopen(server.url, timeout=PATIENCE) as answer:
            page = answer.read().decode()
        found = re.findall(r'(?:src|href|data-whole-vega)="([^"]+\.(?:js|css))"', page)
        for name in dict.fromkeys(found):
            with urlopen(urljoin(server.url, name), timeout=PATIENCE) as answer:
                answer.read()
        return time.perf_counter() - begun if found else float("nan")

    with ThreadPoolExecutor(READERS) as crowd:
        list(crowd.map(read_whole, range(READERS)))  # once before it counts: buffers are as large as they get
        before = server.memory()
        seconds = sorted(crowd.map(read_whole, range(READERS)))
        results.readers = (len(seconds), seconds[-1], server.memory() - before)


def busy_share(seconds: float = 2) -> float:
    """The share of all cores' time that others take, while nothing of ours runs."""

    def ticks() -> tuple[int, int]:
        numbers = [int(part) for part in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        return sum(numbers), numbers[3] + numbers[4]

    all_before, idle_before = ticks()
    time.sleep(seconds)
    all_after, idle_after = ticks()
    return 1 - (idle_after - idle_before) / max(all_after - all_before, 1)


async def warm_up(browser: Any, side: Side, server: Server) -> None:
    """A first visit, which does not count."""
    page = await blank(browser, side)
    seen = await visit(page, server.url)
    await leave(page)
    if seen.get("chart") is None:
        raise Failed("the page drew no chart")
    await asyncio.sleep(2)


async def measure(side: Side, steps: list[Change], visitors: int, results: Results) -> None:
    """One round of one side: its server alone, then started anew for the crowd."""
    results.busy.append(100 * busy_share())
    with serving(side) as server:
        async with chromium() as browser:
            await warm_up(browser, side, server)
            for _ in range(VISITS):
                await one_visitor(browser, side, server, steps, results)
            await sessions(browser, side, server, results)
    with serving(side) as server:
        async with chromium() as browser:
            await warm_up(browser, side, server)
            await crowd(browser, side, server, visitors, results)
    if side.name == "ours":
        with serving(side) as server:
            await asyncio.sleep(SETTLE)
            readers(server, results)


CONDITIONS = """\
Written by `python benchmarks/dashboards.py`. {machine}.

Medians over {rounds}, the sides in turn, each server alone, started and visited once before anything counts. A round is
{visits} visits, each by a new visitor with an empty cache and with changes of the month; then {pages} pages opened one
after the other; then a new server and {visitors} visitors at the same moment. Times are the page's own clock from the
start of its navigation. First content: a visible `h1`. A live chart: drawn by Vega in the browser, with its texts.
Redrawn: the chart shows texts that only the new month has. Memory: PSS of all processes of the server. No name is
resolved: nothing comes from outside. Four charts, five tables, and selects of month and language are on every page.
The crowd's times are of those who were served; the others gave up after {patience} s. Times grow by what others take of
the cores: figures of a busy machine are to be compared with each other only."""


# --- the table ----------------------------------------------------------------------------------------------------


def middle(values: list[float]) -> float | None:
    """The median, or nothing where nothing was measured."""
    return statistics.median(values) if values else None


def rows_of(results: Results) -> dict[str, float | None]:
    """The lines of the table for one side; every figure is a median over visits or rounds."""
    crowds = results.crowds
    return {
        "first content, ms": middle(results.content),
        "first live chart, ms": middle(results.chart),
        "all four charts live, ms": middle(results.charts),
        "month changed, first chart redrawn, ms": middle(results.redrawn),
        "month changed, last chart redrawn, ms": middle(results.last),
        "search in a table, no server asked, ms": middle(results.search),
        "server with one page, MiB": middle([row[0] for row in results.memory]),
        "a further session, MiB": middle(results.slopes),
        "crowd: first content, median s": middle([statistics.median(c.content) for c in crowds if c.content]),
        "crowd: first content, slowest s": middle([max(c.content) for c in crowds if c.content]),
        "crowd: first live chart, median s": middle([statistics.median(c.chart) for c in crowds if c.chart]),
        "crowd: first live chart, slowest s": middle([max(c.chart) for c in crowds if c.chart]),
        "crowd: server, MiB": middle([c.memory for c in crowds]),
        BUSY: middle(results.busy),
    }


def shown(value: float | None) -> str:
    """Three digits that count, or a dash."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(head: list[str], body: list[list[str]]) -> str:
    """A table of Markdown, figures to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def report(found: dict[str, Results], rounds: int, visitors: int) -> str:
    """The whole file."""
    sides = [side for side in SIDES if side.name in found]
    figures = {side.name: rows_of(found[side.name]) for side in sides}
    names = [side.name for side in sides]
    lines = list(next(iter(figures.values())))
    body = [[line, *(shown(figures[name][line]) for name in names)] for line in lines]
    body += [
        ["crowd: visitors with a chart", *(_served(found[name]) for name in names)],
        ["a tooltip under the mouse", *("yes" if found[name].tooltip else "no" for name in names)],
    ]
    parts = ["# Dashboards", _conditions(rounds, visitors), table(["", *names], body)]
    read = next((found[name].readers for name in names if found[name].readers), None)
    if read:
        served, slowest, more = read
        told = f"{READERS} readers of ours at once, page, scripts and styles to the last byte: {served} served"
        parts.append(f"{told}, the slowest in {slowest:.1f} s; the server's memory went by {more:+.1f} MiB.")
    if "voila_plain" in figures:
        parts += ["## How many times plain Voila's figure", _ratios(figures, names, lines)]
    parts += ["## What differs between the sides", "\n".join(f"- `{side.name}`: {side.differs}" for side in sides)]
    failed = [f"- `{name}`: {text}" for name in names for text in sorted(set(found[name].failures))]
    if failed:
        parts += ["## What went wrong", "\n".join(failed)]
    return "\n\n".join(parts) + "\n"


def _served(results: Results) -> str:
    counts = [f"{crowd.served}/{crowd.visitors}" for crowd in results.crowds]
    return ", ".join(dict.fromkeys(counts)) or "–"


def _ratios(figures: dict[str, dict[str, float | None]], names: list[str], lines: list[str]) -> str:
    plain = figures["voila_plain"]
    others = [name for name in names if name != "voila_plain"]
    body = []
    for line in lines:
        ours = [(plain[line], figures[name][line]) for name in others]
        if plain[line] is not None and line != BUSY:
            body.append([line, *(f"{a / b:.1f}" if a and b and b > 0 else "–" for a, b in ours)])
    note = "Plain Voila divided by the side: above 1, the side is faster or smaller by that factor."
    return note + "\n\n" + table(["", *others], body)


def _conditions(rounds: int, visitors: int) -> str:
    packages = ("voila", "altair", "pandas", "ipywidgets", "ipykernel", "playwright", "anywidget")
    versions = [f"{name} {version(name)}" for name in packages] + _pinned("streamlit", "panel", "marimo")
    browser = subprocess.run([CHROMIUM, "--version"], capture_output=True, text=True, check=False).stdout.split()[:2]
    machine = f"{os.cpu_count()} cores, which server and browser share; Python {platform.python_version()}"
    return CONDITIONS.format(
        machine=f"{machine}, {' '.join(browser)}; {', '.join(versions)}",
        rounds=f"{rounds} round{'s' * (rounds > 1)}",
        visits=VISITS,
        pages=PAGES,
        visitors=visitors,
        patience=PATIENCE,
    )


def _pinned(*names: str) -> list[str]:
    pins = (HERE / "requirements.txt").read_text().splitlines()
    return [pin.replace("==", " ") for pin in pins if pin.split("==")[0] in names]


# --- the command --------------------------------------------------------------------------------------------------


def arguments() -> argparse.Namespace:
    """The options of the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="rounds over all sides [5]")
    parser.add_argument("--visitors", type=int, default=20, help="visitors at once [20]")
    parser.add_argument("--only", action="append", choices=[side.name for side in SIDES], help="may be repeated")
    parser.add_argument("--quick", action="store_true", help="one round, five visitors at once")
    parser.add_argument("--output", type=Path, help="file to write [benchmarks/dashboards.md, when all is measured]")
    options = parser.parse_args()
    options.output = options.output or (None if options.quick or options.only else RESULT)
    if options.quick:
        options.rounds, options.visitors = 1, 5
    return options


def main() -> None:
    """Measure all sides in turn, round by round, and write the table."""
    options = arguments()
    make_environments()
    run_inside()
    sides = [side for side in SIDES if not options.only or side.name in options.only]
    found = {side.name: Results() for side in sides}
    steps = changes()
    for number in range(options.rounds):
        for side in sides:
            tell(f"round {number + 1} of {options.rounds}: {side.name}")
            try:
                asyncio.run(measure(side, steps, options.visitors, found[side.name]))
            except Exception as error:  # the other sides are measured all the same
                failed = error if isinstance(error, Failed) else Failed(type(error).__name__, str(error))
                found[side.name].failures.append(str(failed))
                tell(f"{failed}\n{failed.detail}")
        text = report(found, number + 1, options.visitors)
        if options.output:
            options.output.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
