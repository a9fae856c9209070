"""The kernels of the server: so many at a time, each for one page, gone when its page is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.ioloop import IOLoop
from traitlets import Int

from r57lib.page.own import OwnPage
from r57lib.serve.dashboard import ARTIST, READY

JOIN_SECONDS = 20
"""A page that has been sent, and whose browser has not joined its kernel by then, was left."""
LEAVE_SECONDS = 15
"""A browser that lost its connection, asleep or between two networks, may come back within this time."""


EACH = 5
"""So many places a visitor may hold at a time."""


class FullHouse(Exception):
    """Every place is taken, or each that is `of_one` visitor; there are so many `places`."""

    def __init__(self, places: int, *, of_one: bool = False) -> None:
        super().__init__()
        self.places, self.of_one = places, of_one


@dataclass
class Visit:
    """What one request for a page knows: its kernel's number, the ready-made page that it shows, what its cells are."""

    kernel_id: str
    ready: str = ""
    artist: str = ""
    own: OwnPage | None = None


visiting: ContextVar[Visit] = ContextVar("visiting")
"""The request that is being answered."""


class Sessions(AsyncMappingKernelManager):
    """Kernels of pages. A page that nobody looks at, or whose kernel died, gives its place back."""

    places = Int(20, config=True, help="Kernels at a time")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self.waiting: set[str] = set()
        self.looked_at: dict[str, int] = {}
        self.visitors: dict[str, str] = {}
        self.used: dict[str, float] = {}
        self.pages: dict[str, str] = {}

    @property
    def taken(self) -> int:
        """Kernels that run, and visitors for whom one is about to be started."""
        return len({*self.list_kernel_ids(), *self.waiting})

    @contextmanager
    def place(self, visitor: str, *, extra: bool = False) -> Iterator[Visit]:
        """A place for one `visitor` until the page is answered; raises `FullHouse` when there is none.

        Who the visitor is may not be known (an empty text): then there is no limit but that of the house.

        An `extra` place is for the server itself, which makes its ready-made pages whether or not the house is full.

        It is taken before anything is awaited, under the number that the kernel will have: visitors who come at the
        same instant can neither pass the cap nor be counted twice.
        """
        if not extra and self.taken >= self.places:
            raise FullHouse(self.places)
        if visitor and sum(each == visitor for each in self.visitors.values()) >= EACH:
            raise FullHouse(EACH, of_one=True)
        visit = Visit(str(uuid4()))
        self.waiting.add(visit.kernel_id)
        self.visitors[visit.kernel_id] = visitor
        token = visiting.set(visit)
        try:
            yield visit
        finally:
            visiting.reset(token)
            self.waiting.discard(visit.kernel_id)
            if visit.kernel_id not in self:
                self.visitors.pop(visit.kernel_id, None)

    async def start_kernel(self, **kwargs: Any) -> str:  # type: ignore[override]
        """Start the kernel of a page, told which ready-made page its visitor sees already."""
        visit = visiting.get()
        kwargs["env"] = {**kwargs.get("env", {}), READY: visit.ready, ARTIST: visit.artist}
        kernel_id: str = await super().start_kernel(kernel_id=visit.kernel_id, **kwargs)
        self.looked_at[kernel_id] = 0
        self.touch(kernel_id)
        return kernel_id

    async def _add_kernel_when_ready(self, kernel_id: str, km: Any, kernel_awaitable: Any) -> None:
        """End a kernel whose start fails half-way: nobody else would, nor close what is open for it."""
        await super()._add_kernel_when_ready(kernel_id, km, kernel_awaitable)
        if kernel_id not in self:
            del self._pending_kernels[kernel_id]
            km.stop_restarter()
            if km.has_kernel:
                await km.provisioner.kill()
                await km.provisioner.wait()
            await km._async_cleanup_resources()

    def _handle_kernel_died(self, kernel_id: str) -> None:
        """Bury a kernel that died: only shut down does it leave no sockets and files behind."""
        self._free(kernel_id)

    def touch(self, kernel_id: str) -> None:
        """A reader changes something on the page: its place is kept anew."""
        self.used[kernel_id] = time.monotonic()

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """Give back the place of a page on which nobody has changed anything; what else is said keeps none."""
        if time.monotonic() - self.used.get(kernel_id, 0.0) > self.cull_idle_timeout:
            await self.free(kernel_id)

    def expect(self, kernel_id: str, page: str) -> None:
        """The page of a kernel has been sent: its browser joins soon, or never."""
        self.pages[kernel_id] = page
        self._free_unless_seen(kernel_id, JOIN_SECONDS)

    def notify_connect(self, kernel_id: str) -> None:
        """A browser looks at the page."""
        super().notify_connect(kernel_id)  # type: ignore[no-untyped-call]
        self.looked_at[kernel_id] = self.looked_at.get(kernel_id, 0) + 1

    def notify_disconnect(self, kernel_id: str) -> None:
        """A browser is gone; without another the place becomes free."""
        super().notify_disconnect(kernel_id)  # type: ignore[no-untyped-call]
        self.looked_at[kernel_id] = max(0, self.looked_at.get(kernel_id, 0) - 1)
        self._free_unless_seen(kernel_id, LEAVE_SECONDS)

    def _free_unless_seen(self, kernel_id: str, seconds: float) -> None:
        def look() -> None:
            if not self.looked_at.get(kernel_id):
                self._free(kernel_id)

        IOLoop.current().call_later(seconds, look)

    async def shutdown_all(self, now: bool = False) -> None:  # type: ignore[override]
        """End every kernel that runs: one that is only about to start is not known yet, and ends with what forks it."""
        del now
        await asyncio.gather(*map(self.free, self.list_kernel_ids()))

    def _free(self, kernel_id: str) -> None:
        IOLoop.current().add_callback(self.free, kernel_id)

    async def free(self, kernel_id: str) -> None:
        """Stop a kernel, where it still runs."""
        for known in (self.looked_at, self.visitors, self.used, self.pages):
            known.pop(kernel_id, None)
        if kernel_id in self:
            await self.shutdown_kernel(kernel_id, now=True)  # type: ignore[no-untyped-call]
