"""Counts a set of transactions on the machines of others: each month by DuckDB where a Dask or Spark worker runs.

A month's lines are counted next to the worker, and its counts alone come back, so every engine gives the same digits.
Workers reach the set by the same address, and have this package installed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from r57lib.data.lines import COMMUNE, LineSet, is_here, opened, reached, set_at
from r57lib.data.periods import Month
from r57lib.errors import BadData, FailedRun, R57Error, WrongCall, wrong_choice
from r57lib.ingest.communes import cells_of
from r57lib.ingest.lines import FINEST, Counts, counted

ENGINES = ("duckdb", "dask", "spark")
"""Who counts: this machine, the workers of a Dask scheduler, the executors of a Spark master."""
_CONNECT_SECONDS = 10

Share = tuple[str, int, int, dict[str, str]]
"""The address of a set, a year, a month, and its files with their checksums as the caller sees them."""


def counter(engine: str, at: str) -> Callable[[LineSet], Counts] | None:
    """Who counts a set, `at` the address of a scheduler or master; nothing for this machine itself.

    Raises `WrongCall` for an engine that is not known, without its address, or whose package is not installed.
    """
    if engine not in ENGINES:
        raise wrong_choice("engine", engine, ENGINES)
    if engine == "duckdb":
        if at:
            raise WrongCall(f"'{at}': DuckDB counts on this machine; name --engine dask or --engine spark for another")
        return None
    if not at:
        told = "--scheduler tcp://HOST:8786" if engine == "dask" else "--master spark://HOST:7077"
        raise WrongCall(f"--engine {engine} needs {told}")
    run = {"dask": _on_dask, "spark": _on_spark}[engine]
    return lambda found: _merged(found, run(at, _shares(found)), f"{engine} at {at}")


def count_month(part: Share) -> dict[str, Any]:
    """What a worker does: the counts of a month by `FINEST`, its lines and days, and the file of its cells.

    `error` says what is wrong with it.
    """
    address, year, month, names = part
    folder = set_at(address)
    files = tuple(folder / name for name in names)
    try:
        with reached(folder):
            found = LineSet(folder, {Month(year, month): files})
            other = [name for name, digest in names.items() if found.digest(folder / name) != digest]
            if other:
                raise BadData(f"{folder / other[0]}: is another file where a worker reads it; let all reach one set")
            with opened(files, found.catalogue) as there:
                sums, rows, first, last = counted(there, found, FINEST)
                frame: pd.DataFrame = sums.lines.to_native().df()
                cells = b""
                if COMMUNE in there.lines.collect_schema().names():
                    with TemporaryDirectory() as scratch:
                        cells = cells_of(there, Path(scratch)).read_bytes()
    except R57Error as error:
        return {"error": str(error), "data": isinstance(error, BadData)}
    return {"frame": frame, "rows": rows, "first": first, "last": last, "cells": cells}


def _shares(found: LineSet) -> list[Share]:
    address = str(found.folder.resolve() if is_here(found.folder) else found.folder)
    named = {
        month: {path.relative_to(found.folder).as_posix(): found.digest(path) for path in files}
        for month, files in sorted(found.months.items())
    }
    return [(address, month.year, month.month, names) for month, names in named.items()]


def _merged(found: LineSet, told: Sequence[dict[str, Any]], by: str) -> Counts:
    for each in told:
        if "error" in each:
            raise BadData(each["error"]) if each["data"] else FailedRun(each["error"])
    return Counts(
        frame=pd.concat([each["frame"] for each in told], ignore_index=True),
        rows=sum(each["rows"] for each in told),
        first_day=min(each["first"] for each in told),
        last_day=max(each["last"] for each in told),
        by=by,
        place=found.address,
        communes=tuple(each["cells"] for each in told if each["cells"]),
    )


def _on_dask(address: str, parts: list[Share]) -> list[dict[str, Any]]:
    try:
        from distributed import Client
    except ImportError:
        raise WrongCall("--engine dask needs more packages: pip install 'r57[cluster]'") from None
    try:
        with Client(address, timeout=_CONNECT_SECONDS, set_as_default=False) as client:  # type: ignore[no-untyped-call]
            told: list[dict[str, Any]] = client.gather(client.map(count_month, parts, pure=False, retries=2))
            return told
    except Exception as error:  # a scheduler's own, a worker's that died too often, or one without this package
        raise FailedRun(f"{address}: {_first_line(error)}") from None


def _on_spark(master: str, parts: list[Share]) -> list[dict[str, Any]]:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise WrongCall("--engine spark needs the package pyspark, and Java") from None
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    try:
        builder = SparkSession.builder.master(master).appName("r57 aggregate")
        spark = builder.config("spark.ui.showConsoleProgress", "false").getOrCreate()
        try:
            told: list[dict[str, Any]] = spark.sparkContext.parallelize(parts, len(parts)).map(count_month).collect()
            return told
        finally:
            spark.stop()
    except Exception as error:
        raise FailedRun(f"{master}: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    """What is said first; of what Java raised, which exception it was."""
    said = [line.removeprefix(": ") for line in str(error).splitlines() if line]
    return next((line for line in said if "Exception: " in line), next(iter(said), type(error).__name__))
