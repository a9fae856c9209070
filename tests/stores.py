"""An S3 server on this machine, for tests of sets that lie in a store: a process of its own, to be ended at will."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BUCKET = "r57"
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
_SERVE = """
import logging, sys, time
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
server.start()
print(server.get_host_and_port()[1], flush=True)
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
