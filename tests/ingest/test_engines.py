"""Sets of transactions that lie in a store, or are counted elsewhere: the same bytes, and nothing half done."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from r57lib.data.lines import LineSet, check_set, opened, set_at
from r57lib.errors import BadData, FailedRun, WrongCall
from r57lib.ingest import engines, lines
from r57lib.ingest.engines import count_month, counter
from r57lib.ingest.lines import FINEST, take_aggregates, take_lines
from tests.conftest import DATA, ROOT, call_r57
from tests.measures.test_usage import lines_of, provinces, written
from tests.stores import BUCKET, Store, storing

CODES = [code for code, _ in provinces()]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("sets") / "made")


@pytest.fixture(scope="module")
def taken(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the set in the folder comes to on this machine."""
    data = tmp_path_factory.mktemp("taken")
    take_lines(made, data, CODES)
    return data / "usage"


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with storing() as running:
        yield running


@pytest.fixture(scope="module")
def there(store: Store, made: Path) -> str:
    return store.put(made, "set")


def parquet(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.parquet")}


def told(folder: Path) -> Any:
    return json.loads((folder / "receipt.json").read_text(encoding="utf-8"))


# --- in a store ------------------------------------------------------------------------------------------------------


@pytest.mark.server
def test_a_set_in_a_store_is_counted_like_one_in_a_folder(there: str, taken: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(DATA, tmp_path / "data", ignore=shutil.ignore_patterns("usage")))
    done = call_r57("aggregate", there, "--data", data)
    assert done.returncode == 0, done.stderr
    assert "made up" in done.stdout
    assert parquet(data / "usage") == parquet(taken)
    here, said = told(taken), told(data / "usage")
    assert {name: said[name] for name in ("rows", "first_day", "last_day", "synthetic", "law", "files")} == {
        name: here[name] for name in ("rows", "first_day", "last_day", "synthetic", "law", "files")
    }
    assert said["counted"] == {"by": "duckdb", "from": there}
    assert "fresh" in call_r57("aggregate", there, "--data", data).stderr


@pytest.mark.server
def test_what_is_not_whole_in_a_store_is_named(store: Store, made: Path, tmp_path: Path) -> None:
    address, client = store.put(made, "broken"), store.client()
    key = lines_of(made)[1].relative_to(made).as_posix()
    whole = (made / key).read_bytes()
    for body, said in (
        (whole[:-200], "bytes where set.json names"),
        (whole[:-4] + b"xxxx", "cannot be read as Parquet"),
    ):
        client.put_object(Bucket=BUCKET, Key=f"broken/{key}", Body=body)
        with pytest.raises(BadData, match=said) as caught:
            take_lines(set_at(address), tmp_path, CODES)
        assert f"{address}/{key}" in str(caught.value) and "Traceback" not in str(caught.value)
    client.delete_object(Bucket=BUCKET, Key=f"broken/{key}")
    with pytest.raises(BadData):
        take_lines(set_at(address), tmp_path, CODES)
    assert not list(tmp_path.iterdir())


@pytest.mark.server
def test_a_set_that_changes_while_it_is_counted_is_not_taken(
    store: Store, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = store.put(made, "moving")
    count, client = lines.counted, store.client()

    def meanwhile(*given: Any) -> Any:
        done = count(*given)
        key = lines_of(made)[1].relative_to(made).as_posix()
        client.put_object(Bucket=BUCKET, Key=f"moving/{key}", Body=(made / key).read_bytes()[::-1])
        return done

    monkeypatch.setattr(lines, "counted", meanwhile)
    with pytest.raises((BadData, FailedRun)):
        take_lines(set_at(address), tmp_path, CODES)
    assert not list(tmp_path.iterdir())


@pytest.mark.server
def test_a_store_that_ends_in_the_middle_leaves_what_was_there(
    made: Path, taken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(taken, tmp_path / "usage")
    before = {path.name: path.read_bytes() for path in (tmp_path / "usage").iterdir()}
    with storing() as store:
        address = store.put(made, "set")
        count = lines.counted

        def ended(*given: Any) -> Any:
            store.process.kill()
            store.process.wait(10)
            return count(*given)

        monkeypatch.setattr(lines, "counted", ended)
        with pytest.raises(FailedRun, match="the store does not answer as it should") as caught:
            take_lines(set_at(address), tmp_path, CODES)
        assert "\n" not in str(caught.value) and address in str(caught.value)
    assert {path.name: path.read_bytes() for path in (tmp_path / "usage").iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["usage"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (("s4://r57/set",), "no store is called 's4'; did you mean 's3'?"),
        (("set", "--engine", "dusk"), "did you mean 'dask'?"),
        (("set", "--engine", "dask"), "--engine dask needs --scheduler tcp://HOST:8786"),
        (("set", "--engine", "spark"), "--engine spark needs --master spark://HOST:7077"),
        (("set", "--scheduler", "tcp://127.0.0.1:1"), "--scheduler goes with --engine dask"),
    ],
)
def test_a_wrong_call_says_what_is_right(call: tuple[str, ...], said: str) -> None:
    done = call_r57("aggregate", *call, "--data", DATA)
    assert done.returncode == 2 and said in done.stderr, done.stderr


# --- counted elsewhere -----------------------------------------------------------------------------------------------


def in_threads(found: LineSet) -> lines.Counts:
    """Workers without a cluster: what is told of each month is all that comes back."""
    with ThreadPoolExecutor(2) as workers:
        return engines._merged(found, list(workers.map(count_month, engines._shares(found))), "threads")


def test_months_that_are_counted_one_by_one_come_to_the_same(made: Path, taken: Path, tmp_path: Path) -> None:
    take_lines(made, tmp_path, CODES, in_threads)
    assert parquet(tmp_path / "usage") == parquet(taken)


def test_a_worker_that_reads_another_file_counts_nothing(made: Path, tmp_path: Path) -> None:
    (address, year, month, names), *_ = engines._shares(check_set(made))
    told = count_month((address, year, month, dict.fromkeys(names, "another")))
    assert told["data"] and "is another file where a worker reads it" in told["error"]
    assert str(made) in told["error"]


def test_a_worker_names_the_file_whose_lines_cannot_be(made: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(made, tmp_path / "set"))
    (copied / "set.json").unlink()
    (copied / "_SUCCESS").touch()
    path = lines_of(copied)[1]
    duckdb.sql(f"COPY (SELECT * REPLACE (dossiers + 5 AS online_dossiers) FROM read_parquet('{path}', "
               f"hive_partitioning = false)) TO '{path}.new' (FORMAT parquet)")  # fmt: skip
    Path(f"{path}.new").replace(path)
    with pytest.raises(BadData, match=f"{path.name}.*'online_dossiers' is not 0 or more"):
        take_lines(copied, tmp_path, CODES, in_threads)
    assert [each.name for each in tmp_path.iterdir()] == ["set"]


@pytest.mark.server
def test_dask_workers_count_a_set_in_a_store_though_one_is_killed(there: str, taken: Path, tmp_path: Path) -> None:
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster:  # type: ignore[no-untyped-call]
        count = counter("dask", cluster.scheduler_address)
        assert count
        with ThreadPoolExecutor(1) as beside:
            done = beside.submit(take_lines, set_at(there), tmp_path, CODES, count)
            first = next(iter(cluster.workers.values()))
            while not done.done() and not cluster.scheduler.tasks:
                pass
            if first.process and first.process.pid:
                first.process.process._process.kill()
            receipt, _ = done.result(120)
    assert parquet(tmp_path / "usage") == parquet(taken)
    assert receipt["counted"]["by"].startswith("dask at tcp://127.0.0.1:")


_ON_SPARK = """
import sys
from pathlib import Path
from r57lib.data.lines import set_at
from r57lib.ingest.engines import counter
from r57lib.ingest.lines import take_lines
address, data, codes = sys.argv[1:]
count = counter("spark", "local-cluster[2,1,512]")
print(take_lines(set_at(address), Path(data), codes.split(","), count)[0]["counted"])
"""


@pytest.mark.engines
def test_spark_counts_a_set_in_a_store(there: str, taken: Path, tmp_path: Path) -> None:
    """In the engines' own environment, with executors in processes of their own."""
    subprocess.run(["make", "--silent", "engines"], cwd=ROOT, check=True, timeout=900, stdout=subprocess.DEVNULL)
    command = [str(ROOT / ".venv-engines" / "bin" / "python"), "-c", _ON_SPARK, there, str(tmp_path), ",".join(CODES)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    told = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.executor.memory": "512m"}
    (tmp_path / "spark").mkdir()
    settings = "".join(f"{name} {value}\n" for name, value in told.items())
    (tmp_path / "spark" / "spark-defaults.conf").write_text(settings, encoding="utf-8")
    environment |= {"SPARK_CONF_DIR": str(tmp_path / "spark"), "SPARK_LOCAL_HOSTNAME": "localhost"}
    environment |= {"PYTHONPATH": str(ROOT), "SPARK_LOCAL_IP": "127.0.0.1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "'by': 'spark at local-cluster[2,1,512]'" in done.stdout
    assert parquet(tmp_path / "usage") == parquet(taken)


def test_a_scheduler_that_is_not_there_is_said(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_CONNECT_SECONDS", 1)
    with pytest.raises(FailedRun, match=r"tcp://127\.0\.0\.1:1"):
        take_lines(made, tmp_path, CODES, counter("dask", "tcp://127.0.0.1:1"))
    assert not list(tmp_path.iterdir())


# --- counts that are handed in ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def counts(made: Path) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    found = check_set(made)
    with opened(found.files, found.catalogue) as there:
        sums, rows, first, last = lines.counted(there, found, FINEST)
        frame, services = sums.lines.to_native().df(), there.services.to_native().df()
    said = {"rows": rows, "first_day": first, "last_day": last, "synthetic": "made up", "by": "an office"}
    return frame, services, said


def test_counts_that_are_handed_in_come_to_the_same(
    counts: tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]], taken: Path, tmp_path: Path
) -> None:
    frame, services, said = counts
    receipt, done = take_aggregates(frame.sample(frac=1, random_state=1), services, said, tmp_path, CODES)
    assert done and parquet(tmp_path / "usage") == parquet(taken)
    assert receipt["rows"] == told(taken)["rows"] and receipt["counted"] == {"by": "an office"}
    assert take_aggregates(frame, services, said, tmp_path, CODES)[1] is False
    marked = {**said, "synthetic": ""}
    assert take_aggregates(frame, services, marked, tmp_path, CODES)[1] is True, "another mark is another set"
    assert told(tmp_path / "usage")["synthetic"] == ""


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda frame, said: (frame.drop(columns="channel"), said), "column 'channel' is missing"),
        (lambda frame, said: (frame.assign(dossiers=0), said), "dossiers is not 1 or more"),
        (lambda frame, said: (frame.assign(online_dossiers=frame["dossiers"] + 1), said), "no more than dossiers"),
        (lambda frame, said: (pd.concat([frame, frame.head(1)]), said), "the row is there twice"),
        (lambda frame, said: (frame.assign(level=""), said), "a code is missing"),
        (
            lambda frame, said: (frame.replace({"province_code": {"04": "99"}}), said),
            "unknown province_code '99'",
        ),
        (lambda frame, said: (frame.assign(dossiers=frame["dossiers"] + 0.5), said), "must be whole numbers"),
        (lambda frame, said: (frame[frame["month"] != 12], said | {"rows": 9}), "is left out between"),
        (lambda frame, said: (frame, said | {"rows": 10**12}), "a line has one at least"),
        (lambda frame, said: (frame, said | {"first_day": "2020-01-01"}), "is not in"),
        (lambda frame, said: (frame, said | {"last_day": "soon"}), "last_day"),
        (lambda frame, said: (frame, {k: v for k, v in said.items() if k != "synthetic"}), "'synthetic' is not told"),
        (lambda frame, said: (frame.head(0), said), "there is no row"),
    ],
)
def test_what_cannot_be_counts_is_refused(
    counts: tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]], tmp_path: Path, spoil: Callable[..., Any], says: str
) -> None:
    frame, services, said = counts
    frame, said = spoil(frame, said)
    with pytest.raises(BadData, match=says):
        take_aggregates(frame, services, said, tmp_path, CODES)
    assert not list(tmp_path.iterdir())


def test_an_address_of_a_file_is_a_folder(made: Path) -> None:
    assert set_at(made.as_uri()) == made and set_at(str(made)) == made
    with pytest.raises(WrongCall, match="does not exist"):
        check_set(set_at("file:///nowhere/at/all"))
