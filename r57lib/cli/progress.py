"""What a person sees while a report runs: a bar with the time left on a terminal, a line for each run elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from r57lib.report.pool import Result


class Screen:
    """Progress on stderr; what a program may want to read, such as where the report lies, on stdout."""

    def __init__(self) -> None:
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
        if result.error or not self._console.is_terminal:
            self.say(f"{result.job.name}: {'failed after ' if result.error else ''}{result.seconds:.1f} s")

    def say(self, line: str) -> None:
        """A line for people."""
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def give(self, line: str) -> None:
        """A line for programs."""
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
