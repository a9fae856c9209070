"""What a month of pages weighs and how soon its charts are drawn, now and at an earlier commit.

    python benchmarks/pages.py [--before COMMIT] [--month MONTH] [--loads N]

Both sides publish the same month in one go, each from its own data, which change their form with the code; their pages
are then opened in turn, from the disk, each load in a browser of its own.
"""

from __future__ import annotations

import argparse
import gzip
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
OPENED = ("digital_adoption.vi", "task_completion.en", "enterprise_commitments.vi", "province_profile.01.en")
FIRST = """() => {
    const seen = new MutationObserver(() => {
        if (window.first || !document.querySelector('.r57-live svg.marks')) return;
        window.first = performance.now();
    });
    seen.observe(document, {subtree: true, childList: true, attributes: true});
}"""
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


@contextmanager
def tree(commit: str) -> Iterator[Path]:
    """The project as it was at a commit."""
    with tempfile.TemporaryDirectory(prefix="r57-pages-") as folder:
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", folder, commit], cwd=ROOT, check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", folder], cwd=ROOT, check=True)


def published(project: Path, month: str, output: Path) -> Path:
    """The folder of a month that a project has published: code, data and notebooks are its own."""
    call = ["report", "--month", month, "--language", "both", "--data", str(project / "data"), "--output", str(output)]
    code = "import sys; from r57lib.cli.app import main; sys.exit(main())"
    environment = os.environ | {"PYTHONPATH": str(project)}
    subprocess.run(
        [sys.executable, "-c", code, *call], cwd=project, env=environment, check=True, stdout=subprocess.DEVNULL
    )
    return output / month


def weights(month: Path) -> dict[str, float]:
    """What the pages of a month weigh, in kB and MB."""
    pages = {path.name: path.read_bytes() for path in month.glob("*.html")}
    sizes = {name: len(page) / 1000 for name, page in pages.items()}
    return {
        "pages": len(pages),
        "median page, kB": statistics.median(sizes.values()),
        "heaviest page, kB": max(sizes.values()),
        "lightest page, kB": min(sizes.values()),
        **{f"{name}, kB": sizes[f"{name}.html"] for name in OPENED},
        "month, MB": sum(sizes.values()) / 1000,
        "month as a server sends it (gzip), MB": sum(len(gzip.compress(page)) for page in pages.values()) / 1e6,
    }


def drawn(play: Any, page: Path) -> tuple[float, float]:
    """Milliseconds to the first chart and to all of them, in a browser that has just been started."""
    browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    try:
        tab = browser.new_context(offline=True).new_page()
        tab.add_init_script(f"({FIRST})()")
        tab.goto(page.as_uri())
        tab.wait_for_selector("html[data-charts=drawn]", state="attached", timeout=60_000)
        last: float = tab.evaluate("performance.now()")
        return tab.evaluate("window.first ?? 0"), last
    finally:
        browser.close()


def table(rows: list[list[str]]) -> list[str]:
    """A table of Markdown; each row is what it is about, before, now, and their ratio."""
    return [
        f"| {' | '.join(each)} |" for each in (["", "before", "now", "now / before"], ["---", *3 * ["---:"]], *rows)
    ]


def row(name: str, sides: list[float], form: str, more: list[str]) -> list[str]:
    """A row of both sides in a form, each with what is to be said more of it."""
    shown = [f"{value:{form}}{each}" for value, each in zip(sides, more, strict=True)]
    return [name, *shown, f"{sides[1] / sides[0]:.2f}"]


def main() -> None:
    """Measure, and write `pages.md`."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--before", default="HEAD^", help="the commit to compare with")
    asked.add_argument("--month", default="2026-01")
    asked.add_argument("--loads", type=int, default=9)
    given = asked.parse_args()
    commit = subprocess.run(
        ["git", "rev-parse", "--short=10", given.before], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()
    with tree(commit) as earlier, tempfile.TemporaryDirectory(prefix="r57-pages-") as out, sync_playwright() as play:
        months = [
            published(project, given.month, Path(out, name)) for project, name in ((earlier, "before"), (ROOT, "after"))
        ]
        weighed = [weights(month) for month in months]
        times: dict[str, list[list[tuple[float, float]]]] = {name: [[], []] for name in OPENED}
        for _ in range(given.loads):
            for name, sides in times.items():
                for side, month in zip(sides, months, strict=True):
                    side.append(drawn(play, month / f"{name}.html"))
    heavy = [
        row(name, [side[name] for side in weighed], ",.1f" if name.endswith("MB") else ",.0f", ["", ""])
        for name in weighed[0]
    ]
    late = []
    for name, sides in times.items():
        for which, moment in enumerate(("first chart", "all charts")):
            found = [[load[which] for load in side] for side in sides]
            ranges = [f" ({min(side):.0f}-{max(side):.0f})" for side in found]
            late.append(row(f"{name}, {moment}", [statistics.median(side) for side in found], ".0f", ranges))
    loads = f"medians of {given.loads} loads (lowest-highest)"
    lines = [
        "# Pages", "",
        f"Written by `python benchmarks/pages.py`: {given.month} in both languages, before ({commit}) and now, in one",
        f"run. {len(os.sched_getaffinity(0))} cores. Weights are those of the HTML files, the same in every run.", "",
        *table(heavy), "",
        f"Milliseconds from the start of the navigation, from the disk: {loads},",
        "each in a browser of its own, both sides in turn. A picture of each chart stands from the first moment.", "",
        *table(late), "",
    ]  # fmt: skip
    (ROOT / "benchmarks" / "pages.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
