"""The measures of transactions from engines that a caller may bring, each over the same set of Parquet files.

Run by Python of `.venv-engines` (make engines): `python -m tests.engines SET ENGINE...` prints every measure as JSON.
pandas is asked in the tests' own environment, too, where no Arrow is; Polars needs Arrow for its answers.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from r57lib.data.lines import lazy
from r57lib.data.periods import Month
from r57lib.measures.usage import service_usage, supply_beside_usage, usage_rate, where

MONTH = Month(2025, 12)


def measures(lines: Any, services: Any) -> dict[str, pd.DataFrame]:
    """Each measure once, with and without keys, filters and an end."""
    frame, catalogue = lazy(lines), lazy(services)
    return {
        "flow": usage_rate(frame, span="month"),
        "flow by level and channel": usage_rate(frame, span="month", by=("level", "channel"), month=MONTH),
        "stock by province": usage_rate(frame, span="year", by=("province_code",), month=MONTH),
        "stock by service, filtered": usage_rate(
            where(frame, level="commune", channel="app"), span="year", by=("service_id",)
        ),
        "supply and usage": supply_beside_usage(frame, catalogue, span="month", month=MONTH),
        "services": service_usage(where(frame, province_code="04"), catalogue, span="year", month=MONTH),
    }


def exact(tables: dict[str, pd.DataFrame]) -> dict[str, list[list[str]]]:
    """Every table as texts, its rates to the last bit."""
    return {
        name: [list(table.columns), *([_text(cell) for cell in row] for row in table.itertuples(index=False))]
        for name, table in tables.items()
    }


def _text(cell: Any) -> str:
    return "-" if pd.isna(cell) else cell.hex() if isinstance(cell, float) else str(cell)


def with_pandas(folder: Path, read: Callable[[Path], pd.DataFrame] = pd.read_parquet) -> dict[str, pd.DataFrame]:
    lines = [_of_partition(read(path), path) for path in sorted(folder.glob("year=*/month=*/*.parquet"))]
    return measures(pd.concat(lines, ignore_index=True), read(folder / "services.parquet"))


def _of_partition(lines: pd.DataFrame, path: Path) -> pd.DataFrame:
    year, month = (int(part.partition("=")[2]) for part in path.parts[-3:-1])
    return lines.assign(year=year, month=month)


def with_polars(folder: Path) -> dict[str, pd.DataFrame]:
    import polars as pl

    types = {"year": pl.Int64, "month": pl.Int64}
    lines = pl.scan_parquet(folder / "year=*/month=*/*.parquet", hive_partitioning=True, hive_schema=types)
    return measures(lines, pl.scan_parquet(folder / "services.parquet"))


def with_dask(folder: Path) -> dict[str, pd.DataFrame]:
    import dask
    import dask.dataframe as dd

    paths = sorted(folder.glob("year=*/month=*/*.parquet"))
    parts = [dd.from_pandas(_of_partition(pd.read_parquet(path), path), npartitions=1) for path in paths]
    with dask.config.set(scheduler="synchronous"):
        return measures(dd.concat(parts), dd.read_parquet(folder / "services.parquet"))


def with_spark(folder: Path) -> dict[str, pd.DataFrame]:
    from pyspark.sql import SparkSession

    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_HOSTNAME": "localhost"}
    builder = SparkSession.builder.master("local-cluster[2,1,512]").appName("r57")
    for name, value in _SPARK.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    try:
        lines = spark.read.option("basePath", str(folder)).parquet(*map(str, sorted(folder.glob("year=*"))))
        return measures(lines, spark.read.parquet(str(folder / "services.parquet")))
    finally:
        spark.stop()


_QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # three Java machines that live for seconds
_SPARK = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": _QUICK,
    "spark.executor.extraJavaOptions": _QUICK,
    "spark.executor.memory": "512m",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.files.openCostInBytes": "0",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.session.timeZone": "UTC",
}

ENGINES = {"pandas": with_pandas, "polars": with_polars, "dask": with_dask, "spark": with_spark}

if __name__ == "__main__":
    print(json.dumps({name: exact(ENGINES[name](Path(sys.argv[1]))) for name in sys.argv[2:]}))
