"""What `r57 aggregate` costs where a set lies in a store, by who counts: this machine, Dask, Spark; and on a disk.

    make setup engines && .venv/bin/python -m benchmarks.stores [--rows N] [--output benchmarks/scale.md]

Each side takes the same made-up set in, from nothing, one after the other, off an S3 server on this machine that counts
what it sends; all must give the same bytes. Server, client, workers and executors share the cores.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from benchmarks.transactions import ENGINES, ROOT, made
from tests.stores import storing

TAKE = """
import sys, time
from pathlib import Path
from r57lib.data.lines import set_at
from r57lib.ingest.engines import counter
from r57lib.ingest.lines import take_lines
address, data, engine, at, codes = sys.argv[1:]
begun = time.perf_counter()
take_lines(set_at(address), Path(data), codes.split(","), counter(engine, at))
print(time.perf_counter() - begun)
"""
SPARK = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.executor.memory": "1g"}


@contextmanager
def dask() -> Iterator[str]:
    """The address of a scheduler with two workers."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster:
        yield cluster.scheduler_address


def take(python: str, address: str, engine: str, at: str, codes: list[str]) -> tuple[float, str]:
    """Seconds, and the digest of what was written."""
    with tempfile.TemporaryDirectory() as data:
        settings = Path(data, "spark-defaults.conf")
        settings.write_text("".join(f"{name} {value}\n" for name, value in SPARK.items()), encoding="utf-8")
        told = {"PYTHONPATH": str(ROOT), "SPARK_CONF_DIR": data, "SPARK_LOCAL_IP": "127.0.0.1"}
        call = [python, "-c", TAKE, address, data, engine, at, ",".join(codes)]
        done = subprocess.run(call, cwd=ROOT, env={**os.environ, **told}, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{engine}: {done.stderr[-2000:]}")
        files = sorted(Path(data, "usage").glob("*.parquet"))
        digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
        return float(done.stdout.split()[-1]), digest


def main() -> None:
    """Measure all sides, and write the table."""
    from r57lib.data.load import load_tables

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--sets", type=Path, default=Path(tempfile.gettempdir()) / "r57-sets")
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    given.sets.mkdir(parents=True, exist_ok=True)
    folder = made(given.rows, given.sets)
    size = sum(path.stat().st_size for path in folder.rglob("*.parquet")) / 1e6
    codes = sorted(load_tables(ROOT / "data")["provinces"]["province_code"])
    lines, digests, first = [], set(), 0.0
    with storing() as store, dask() as scheduler:
        address = store.put(folder, "set")
        sides = {
            "DuckDB, a folder": (sys.executable, str(folder), "duckdb", ""),
            "DuckDB, S3": (sys.executable, address, "duckdb", ""),
            "Dask, two workers, S3": (sys.executable, address, "dask", scheduler),
            "Spark, two executors, S3": (str(ENGINES), address, "spark", "local-cluster[2,1,1024]"),
        }
        for name, (python, place, engine, at) in sides.items():
            before = store.moved()
            seconds, digest = take(python, place, engine, at, codes)
            moved = {key: value - before[key] for key, value in store.moved().items()}
            first = first or seconds
            digests.add(digest)
            cells = f"{moved['bytes'] / 1e6:.1f} MB | {moved['requests']:,}"
            lines.append(f"| {name} | {seconds:.1f} s | {seconds / first:.1f} | {cells} |")
            print(lines[-1], file=sys.stderr, flush=True)
    if len(digests) != 1:
        sys.exit("the sides differ in what they wrote")
    load = os.getloadavg()[0]
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "distributed", "s3fs", "moto"))
    text = "\n".join([
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {packages}; load at the end {load:.1f}. "
        f"{given.rows:,} made-up lines, {size:.1f} MB; all sides wrote the same bytes ({digests.pop()[:12]}).",
        "", "| side | seconds | x a folder | sent by the store | requests |", "|---|---:|---:|---:|---:|", *lines, "",
    ])  # fmt: skip
    print(text)
    if given.output:
        before, mark, rest = given.output.read_text(encoding="utf-8").partition("<!-- stores -->\n")
        _, end, after = rest.partition("<!-- end of stores -->")
        given.output.write_text(before + mark + text + end + after, encoding="utf-8")


if __name__ == "__main__":
    main()
