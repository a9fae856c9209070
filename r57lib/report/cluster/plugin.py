"""What travels to the workers of a cluster: a plugin that holds a month's inputs there, and the task that asks it.

Both go as they stand here, code and all: neither the scheduler nor a worker that has nothing of ours must come to grief
when it reads them. What they do needs this library, and is looked up where they arrive.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import cloudpickle
from distributed import Status, WorkerPlugin, get_worker


class Inputs(WorkerPlugin):
    """The inputs of a month on a worker; one that has the same library and versions offers a place for each thread.

    A run asks for such a place, a resource of the plugin's name. What comes of it, every worker tells under that name.
    """

    def __init__(self, digest: str, **about: Any) -> None:
        self.name, self.about = f"r57-{digest[:16]}", {"digest": digest, **about}
        self.machine: Any = None

    async def setup(self, worker: Any) -> None:
        """Make ready, or tell why not. It never raises: a worker would not start, or the call not go on."""
        threads = worker.state.nthreads
        try:
            self.machine = await asyncio.to_thread(self._made, worker.local_directory, threads)
            await worker.set_resources(**{self.name: threads})
            worker.status = Status.paused  # what waits for a place is given out when a worker begins to run
            worker.status = Status.running
            reason = ""
        except Exception as error:
            said = str(error).splitlines()[:1]
            reason = ": ".join(said if hasattr(error, "exit_code") else [type(error).__name__, *said])
        worker.log_event(self.name, {"worker": worker.address, "reason": reason})

    def _made(self, folder: str, threads: int) -> Any:
        from r57lib.report.cluster.worker import Machine

        return Machine(folder, threads, **self.about)

    async def teardown(self, worker: Any) -> None:
        """Take all of it away, when the month is done or the worker ends."""
        if self.machine is not None:
            await asyncio.to_thread(self.machine.close)

    def run(self, job: dict[str, Any], seconds: int) -> Any:
        """Do a run in a thread of this worker, as long as it is neither cancelled nor the worker about to end."""
        worker: Any = get_worker()
        key = worker.get_current_task()

        def wanted() -> bool:
            task = worker.state.tasks.get(key)
            working = worker.status.name in ("running", "paused")
            return working and task is not None and task.state in ("executing", "long-running", "resumed")

        # The places of a call before this one, of the same inputs, may still be there while this one makes ready.
        until = time.monotonic() + seconds
        while self.machine is None and wanted() and time.monotonic() < until:
            time.sleep(0.05)
        return self.machine.run(job, seconds, wanted)


def asking() -> Any:
    """The task: a function within a function, which has no name to be looked up by, goes as it stands."""

    def do_run(inputs: str, job: dict[str, Any], seconds: int) -> Any:
        from distributed import get_worker

        return get_worker().plugins[inputs].run(job, seconds)  # type: ignore[attr-defined]

    return do_run


cloudpickle.register_pickle_by_value(sys.modules[__name__])
