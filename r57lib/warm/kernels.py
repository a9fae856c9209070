"""Warm kernels: each session's kernel is forked from one process that has imported the stack.

Wherever a fork is not to be had, the kernel is an ordinary one.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Mapping
from concurrent.futures import Future
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from r57lib.warm.process import ColdStart, Forked, WarmProcess

_log = logging.getLogger("r57.kernels")

_warm: WarmProcess | None = None
_reasons: set[str] = set()


def warm_provisioning(hook: str = "", *arguments: str) -> None:
    """Let every kernel of this process be forked from a warm one, which is started now.

    `hook` is `module:function`; it is called with the arguments in the warm process at its start and before each fork,
    to load data again that have changed.
    """
    global _warm
    stop()
    factory = KernelProvisionerFactory.instance()
    name = "r57-warm"
    factory.provisioners[name] = EntryPoint(name, "r57lib.warm.kernels:WarmProvisioner", factory.GROUP_NAME)
    factory.default_provisioner_name = name
    try:
        _warm = WarmProcess(hook, arguments)
    except (ColdStart, OSError) as error:
        _warn(str(error))


def stop() -> None:
    """End the warm process and its kernels; kernels that start from now on are ordinary ones."""
    global _warm
    former, _warm = _warm, None
    if former is not None:
        former.stop()
    _reasons.clear()


def _warn(reason: str) -> None:
    """Say a reason once: a server that starts a kernel for each visitor would fill its log with it."""
    if reason not in _reasons:
        _log.warning("kernels start the slow way: %s", reason)
        _reasons.add(reason)


async def run_forked(task: str, arguments: list[Any]) -> Forked | None:
    """Run a function, named `module:function`, in a process forked from the warm one; none where none is to be had."""
    request = {"task": task, "arguments": arguments, "env": dict(os.environ), "cwd": os.fspath(Path.cwd())}
    try:
        return await _forked(request)
    except ColdStart:
        return None


class WarmProvisioner(LocalProvisioner):
    """Forks a kernel where that can be, and starts an ordinary one where not."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork a kernel for the connection file of the command."""
        try:
            kernel = await _forked(_request(cmd, kwargs))
        except ColdStart as reason:
            _warn(str(reason))
            return await super().launch_kernel(cmd, **kwargs)
        self.process = kernel  # type: ignore[assignment]
        self.pid = self.pgid = kernel.pid  # it said that it leads a group of its own
        self.cwd = kwargs.get("cwd") or Path.cwd()
        return self.connection_info

    async def send_signal(self, signum: int) -> None:
        """Signal a forked kernel's group only while the kernel itself is there to own it."""
        if isinstance(self.process, Forked) and self.process.poll() is not None:
            return
        await super().send_signal(signum)


async def _forked(request: Mapping[str, Any]) -> Forked:
    if _warm is None:
        raise ColdStart("there is no warm process")
    future = _warm.fork(request)
    try:
        return await asyncio.wrap_future(future)
    except asyncio.CancelledError:
        future.add_done_callback(_end_unclaimed)
        raise


def _end_unclaimed(future: Future[Forked]) -> None:
    """End a kernel whose caller did not wait for it."""
    if not future.cancelled() and future.exception() is None:
        future.result().kill()


def _request(cmd: list[str], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """What the warm process must know; raises `ColdStart` for what a forked kernel cannot be."""
    if cmd[:4] != [sys.executable, "-m", "ipykernel_launcher", "-f"] or len(cmd) < 5:
        raise ColdStart(f"'{' '.join(cmd[:4])}' does not start a kernel of this Python")
    strange = [name for name in ("independent", "stdin", "stdout", "stderr") if kwargs.get(name)]
    if strange:
        raise ColdStart(f"a forked kernel cannot have a {strange[0]} of its own choice")
    env = kwargs.get("env")
    return {
        "arguments": cmd[3:],
        "env": dict(os.environ if env is None else env),
        "cwd": os.fspath(kwargs.get("cwd") or Path.cwd()),
    }
