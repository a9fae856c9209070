"""Voila with its doors closed: our pages, our kernels, and of its routes only those that these need."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
from tornado.ioloop import IOLoop
from traitlets.config import Config
from voila.app import Voila

from r57lib.errors import WrongCall
from r57lib.serve.cells import prepared, translated
from r57lib.serve.channel import SAID
from r57lib.serve.embed import ORIGINS
from r57lib.serve.journal import USER
from r57lib.serve.pages import ReadyMade, Site
from r57lib.serve.routes import routes
from r57lib.serve.sessions import Sessions
from r57lib.serve.start import Door, is_loopback
from r57lib.warm import kernels

CELL_SECONDS = 60
LIVE_AT_A_TIME = 4
"""Pages that become live at the same moment; the others are read meanwhile, and have the cores to draw their charts."""
IDLE_SECONDS = 5 * 60
"""A page on which nobody changes anything for so long sleeps again: the next change wakes it."""
FAREWELL_SECONDS = 5
PAGE_DESCRIPTORS, OTHER_DESCRIPTORS = 24, 300
"""As many as a live page takes at most, and all else: who reads, files, the process that forks."""
SOCKET_PATH = 107 if sys.platform == "linux" else 103
"""So many letters may the path of a socket have."""
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # Vega writes the sizes of its drawings as styles
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


class Workbench(Voila):  # type: ignore[misc]
    """The server of the dashboards."""

    name = "r57"
    site: Site
    door: Door

    def load_config_file(self, *args: Any, **kwargs: Any) -> None:
        """Read no file: a voila.json in some folder of Jupyter's would loosen the guards."""

    def setup_template_dirs(self) -> None:
        """Our template alone."""
        self.template_paths = [str(Path(__file__).parent / "template" / "r57")]
        self.static_paths: list[str] = []

    def init_settings(self) -> dict[str, Any]:
        """Voila's settings, with our site, and with strange hosts refused."""
        settings = super().init_settings()
        self.kernel_manager.allowed_message_types = list(SAID)
        names = {"localhost", self.ip} if is_loopback(self.ip) else _names_of_this_machine() | {self.ip}
        ready = ReadyMade(self.site.names, Path(self.connection_dir_root))
        own = "127.0.0.1" if self.ip in ("", "0.0.0.0", "::") else f"[{self.ip}]" if ":" in self.ip else self.ip
        address = f"http://{own}:{self.port}{self.base_url}"
        result: dict[str, Any] = {
            **settings,
            "r57_site": self.site,
            "r57_ready": ready,
            "r57_turns": asyncio.Semaphore(LIVE_AT_A_TIME),
            "r57_refresh": lambda version: ready.refresh(version, address, self.identity_provider.token),
            "allow_remote_access": False,
            "local_hostnames": sorted(names),
            "compress_response": True,
            "xsrf_cookie_kwargs": {"samesite": "Lax", "httponly": True, "path": self.base_url},
            USER: self.door.user_header,
            ORIGINS: self.door.embed_from,
        }
        IOLoop.current().add_callback(result["r57_refresh"], self.site.view().everything.version)
        return result

    def init_handlers(self) -> list[Any]:
        """Our routes alone."""
        page = {
            "template_paths": self.template_paths,
            "config": self.config,
            "voila_configuration": self.voila_configuration,
        }
        return routes(self.base_url, page, token=bool(self.door.token), framed=bool(self.door.embed_from))

    def stop(self) -> None:
        """End the kernels and what forks them: one that was only starting would make their folder again."""
        try:
            self.ioloop.run_sync(self.kernel_manager.shutdown_all, timeout=FAREWELL_SECONDS)
        except TimeoutError:
            self.log.warning("kernels did not end within %d seconds, and are killed", FAREWELL_SECONDS)
        finally:
            kernels.stop()


def _names_of_this_machine() -> set[str]:
    """By which others may ask for a server that listens on an address of theirs."""
    addresses = (each.address.partition("%")[0] for card in psutil.net_if_addrs().values() for each in card)
    return {"localhost", socket.gethostname(), socket.getfqdn(), *addresses}


def configuration(site: Site, sockets: Path, door: Door) -> Config:
    """Every setting of the server, each with what happens without it."""
    config = Config()
    config.Voila.ip = door.host
    config.Voila.port = door.port
    config.Voila.base_url = door.base
    config.Voila.port_retries = 0  # another port than the one asked for would not be found
    config.Voila.open_browser = False
    config.Voila.connection_dir_root = str(sockets)
    config.Voila.token = door.token
    config.IdentityProvider.cookie_options = {"samesite": "Lax"}  # a link in a mail leads in, a foreign form does not
    config.Voila.root_dir = str(site.notebooks)
    config.Voila.tornado_settings = {
        "headers": {
            "Content-Security-Policy": _POLICY,
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
            "Server": "r57",  # not which versions of what are installed
        }
    }
    config.PasswordIdentityProvider.allow_password_change = False  # who has the token does not make it another's
    config.VoilaConfiguration.template = "r57"
    config.VoilaConfiguration.file_allowlist = []  # Voila's lists can be passed by; its route is gone besides
    config.VoilaConfiguration.allow_template_override = "NO"  # an unknown template hangs, and keeps a kernel
    config.VoilaConfiguration.allow_theme_override = "NO"
    config.VoilaConfiguration.show_tracebacks = (
        True  # else what cells print to stderr goes; our template shows no error
    )
    config.VoilaConfiguration.prelaunch_hook = prepared(site)
    config.VoilaExporter.filters = {"r57_own": translated}
    config.VoilaConfiguration.multi_kernel_manager_class = Sessions
    config.VoilaExecutor.timeout = CELL_SECONDS  # a cell that hangs ends
    config.Sessions.places = door.sessions
    config.MappingKernelManager.cull_idle_timeout = IDLE_SECONDS
    config.MappingKernelManager.cull_interval = 60
    config.MappingKernelManager.cull_connected = True  # a forgotten tab holds no place for ever
    if hasattr(os, "fork"):  # elsewhere a socket is no file
        config.KernelManager.transport = "ipc"  # no port for a stranger on this machine to listen to
    config.KernelRestarter.restart_limit = 0  # a new, empty kernel would be no page: its visitor is told instead
    config.KernelRestarter.time_to_dead = 1.0
    return config


def run_server(site: Site, door: Door) -> None:
    """Serve a site until the process is ended; address and data have been looked at."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("r57").setLevel(logging.INFO)
    _allow_descriptors(door.sessions)
    kernels.warm_provisioning("r57lib.figures.registry:rehearse_months", str(site.data), ",".join(site.names))
    site.assets, site.both_words()
    config = configuration(site, _sockets(), door)
    Workbench.site, Workbench.door = site, door
    app = Workbench.instance(config=config)
    app.initialize(argv=[])
    app.log.setLevel(logging.INFO)  # else each message of a kernel is made a line that nobody sees
    signal.signal(signal.SIGINT, app._handle_signal_stop)
    app.start()


def _allow_descriptors(sessions: int) -> None:
    """Have as many as all places need; without one, zeromq would end the server. Raises `WrongCall` for too few."""
    if not hasattr(os, "fork"):  # Windows has no such limit
        return
    import resource

    needed = OTHER_DESCRIPTORS + PAGE_DESCRIPTORS * sessions
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        most = (hard - OTHER_DESCRIPTORS) // PAGE_DESCRIPTORS
        enough = f"enough for --sessions {most}; " if most > 0 else ""
        raise WrongCall(
            f"{sessions} places need {needed} open files, and this process may have {hard}: "
            f"{enough}`ulimit -n` or LimitNOFILE= of systemd allows more"
        )
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def _sockets() -> Path:
    """A folder for the kernels' sockets that no other user can enter; what a killed server left is removed."""
    root = _short_folder()
    for old in root.glob("r57-serve-*-*"):
        owner = old.name.rpartition("-")[2]
        own = not hasattr(os, "getuid") or old.lstat().st_uid == os.getuid()
        if own and owner.isdecimal() and old.is_dir() and not old.is_symlink() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(old, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix="r57-serve-", suffix=f"-{os.getpid()}", dir=root))
    atexit.register(_remove, folder)
    return folder


def _short_folder() -> Path:
    """Where the path of a socket is not too long for the system, as in the folder that macOS gives to each user.

    Raises `WrongCall` where there is none.
    """
    given = tempfile.gettempdir()
    if not hasattr(os, "fork"):  # there a socket is no file
        return Path(given)
    most = SOCKET_PATH - len(f"/r57-serve-12345678-{os.getpid()}/voila_12345678/kernel-{uuid4()}-ipc-5")
    for folder in (given, "/tmp"):
        if len(os.fsencode(folder)) <= most and os.access(folder, os.W_OK | os.X_OK):
            return Path(folder)
    raise WrongCall(
        f"the folder for temporary files, '{given}', is too long for the sockets of kernels: "
        f"set TMPDIR to one of at most {most} letters, such as /tmp"
    )


def _remove(folder: Path) -> None:
    """Remove a folder into which a kernel that is ending may still write."""
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)
