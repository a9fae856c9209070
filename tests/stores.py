"""An S3 server on this machine, for tests of sets that lie in a store: a process of its own, to be ended at will."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

BUCKET = "r57"
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
_SERVE = """
import json, logging, sys, threading
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

logging.getLogger("werkzeug").setLevel(logging.ERROR)
store, moved = DomainDispatcherApplication(create_backend_app), {"bytes": 0, "requests": 0}

def counting(environ, start):
    if environ["PATH_INFO"] == "/moved":
        start("200 OK", [])
        return [json.dumps(moved).encode()]
    moved["requests"] += 1
    parts = list(store(environ, start))
    moved["bytes"] += sum(map(len, parts))
    return parts

server = make_server("127.0.0.1", 0, counting, threaded=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.port, flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True)
class Store:
    """A server that runs, and how a client finds it."""

    url: str
    process: subprocess.Popen[str]

    @property
    def environment(self) -> dict[str, str]:
        return KEYS | {"AWS_ENDPOINT_URL": self.url}

    def client(self) -> Any:
        import boto3

        return boto3.client("s3", endpoint_url=self.url)

    def moved(self) -> dict[str, int]:
        """What it has sent so far: bytes of contents, and how many requests it has answered."""
        with urlopen(f"{self.url}/moved") as answer:
            told: dict[str, int] = json.load(answer)
        return told

    def put(self, folder: Path, name: str) -> str:
        """The files of a folder as objects below a name; their address."""
        client = self.client()
        for path in folder.rglob("*"):
            if path.is_file():
                client.upload_file(str(path), BUCKET, f"{name}/{path.relative_to(folder).as_posix()}")
        return f"s3://{BUCKET}/{name}"


@contextmanager
def storing() -> Iterator[Store]:
    """A server with an empty bucket; the environment of this process leads to it meanwhile."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    before = dict(os.environ)
    try:
        assert process.stdout
        port = next(line for line in process.stdout if re.fullmatch(r"\d+\n", line)).strip()
        store = Store(f"http://127.0.0.1:{port}", process)
        os.environ.update(store.environment)
        store.client().create_bucket(Bucket=BUCKET)
        yield store
    finally:
        os.environ.clear()
        os.environ.update(before)
        process.kill()
        process.communicate()
