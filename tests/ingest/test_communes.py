"""Sets whose lines name communes: the counts come to what the lines come to, and no code is guessed at."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from r57lib.data.lines import COMMUNE, MARK_KEY, check_set, opened
from r57lib.disk import alone
from r57lib.errors import BadData, FailedRun, WrongCall
from r57lib.ingest import communes
from r57lib.ingest.lines import FINEST, take_aggregates, take_lines
from r57lib.ingest.rows import MARK
from r57lib.ingest.samples import write_lines
from r57lib.measures.usage import totals
from tests.conftest import DATA, call_r57
from tests.ingest.test_engines import CODES, in_threads, parquet, told
from tests.measures.test_usage import lines_of, provinces

SUMS = ["dossiers", "online_dossiers"]


def written(folder: Path) -> Path:
    return write_lines(folder, provinces(), 6000, first=date(2025, 12, 20), last=date(2026, 1, 12), communes=50)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("sets") / "made")


@pytest.fixture(scope="module")
def taken(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("taken")
    take_lines(made, data, CODES)
    return data / "usage"


@pytest.fixture(scope="module")
def lines(made: Path) -> pd.DataFrame:
    found = check_set(made)
    with opened(found.files, found.catalogue) as there:
        frame: pd.DataFrame = there.lines.to_native().df()
    return frame.assign(commune_code=frame[COMMUNE].fillna(""))


def rewritten(folder: Path, target: Path, columns: str, *numbers: int) -> Path:
    """A copy of a set with other columns in its files of these numbers; in all, where none is named."""
    shutil.copytree(folder, target)
    (target / "set.json").unlink()
    (target / "_SUCCESS").touch()
    paths = lines_of(target)
    for path in [paths[number] for number in numbers] or paths:
        duckdb.sql(f"COPY (SELECT {columns} FROM read_parquet('{path}', hive_partitioning = false)) TO '{path}.new' "
                   "(FORMAT parquet)")  # fmt: skip
        Path(f"{path}.new").replace(path)
    return target


def test_a_made_up_set_names_communes_that_there_are_not(made: Path, lines: pd.DataFrame, tmp_path: Path) -> None:
    assert lines.loc[lines["level"] == "ministry", COMMUNE].eq("").all()
    named = lines[lines["level"] != "ministry"]
    assert named[COMMUNE].between("90001", "90050").all() and named[COMMUNE].nunique() == 50
    assert named.groupby(COMMUNE)["province_code"].nunique().eq(1).all() and len(lines) == 6000
    assert not lines.duplicated(["day", "province_code", "service_id", "channel", COMMUNE]).any()
    for path in lines_of(made):
        assert duckdb.sql(f"SELECT decode(value) FROM parquet_kv_metadata('{path}') WHERE key = '{MARK_KEY}'::BLOB"
                          ).fetchall() == [(MARK,)]  # fmt: skip
    again = written(tmp_path / "again")
    assert {path.relative_to(again): path.read_bytes() for path in lines_of(again)} == {
        path.relative_to(made): path.read_bytes() for path in lines_of(made)
    }
    with pytest.raises(WrongCall, match=r"--communes 33: made-up ones are 34, one a province, to 9,999"):
        write_lines(tmp_path / "few", provinces(), 10, communes=33)


def test_the_counts_come_to_what_the_lines_come_to(lines: pd.DataFrame, taken: Path, tmp_path: Path) -> None:
    for name, keys in communes.BY_COMMUNE.items():
        told_of = duckdb.read_parquet(str(taken / f"{name}.parquet")).df()
        expected = lines.groupby(list(keys), as_index=False, observed=True)[SUMS].sum().sort_values(list(keys))
        assert list(told_of.columns) == [*keys, *SUMS] and len(told_of) > 60
        assert told_of.values.tolist() == expected.values.tolist()
    without = int(lines.loc[lines[COMMUNE] == "", "dossiers"].sum())
    assert told(taken)["communes"] == {"communes": 50, "dossiers": without} and without > 0
    assert told(taken)["synthetic"] == MARK


def test_the_other_aggregates_are_those_of_lines_without_communes(made: Path, taken: Path, tmp_path: Path) -> None:
    bare = rewritten(made, tmp_path / "bare", f"* EXCLUDE ({COMMUNE})")
    take_lines(bare, tmp_path, CODES)
    whole, alone = parquet(taken), parquet(tmp_path / "usage")
    assert set(alone) == {"places.parquet", "services.parquet", "catalogue.parquet"}
    assert {name: whole[name] for name in alone} == alone and "communes" not in told(tmp_path / "usage")


def test_months_that_are_counted_elsewhere_come_to_the_same_bytes(made: Path, taken: Path, tmp_path: Path) -> None:
    take_lines(made, tmp_path, CODES, in_threads)
    assert parquet(tmp_path / "usage") == parquet(taken)
    assert take_lines(made, tmp_path, CODES)[1] is False
    assert [path.name for path in tmp_path.iterdir()] == ["usage"]


def test_little_memory_changes_no_byte(
    made: Path, taken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(communes, "_MEMORY", "30MB")
    take_lines(made, tmp_path, CODES)
    assert parquet(tmp_path / "usage") == parquet(taken)


def handed_in(made: Path, lines: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any], pd.DataFrame]:
    found = check_set(made)
    with opened(found.files, found.catalogue) as there:
        frame, services = totals(there.lines, FINEST).to_native().df(), there.services.to_native().df()
    days = [f"{day:%Y-%m-%d}" for day in (lines["day"].min(), lines["day"].max())]
    said = {"rows": len(lines), "first_day": days[0], "last_day": days[1], "synthetic": MARK, "by": "an office"}
    cells = lines.groupby(list(communes.CELL), as_index=False, observed=True)[SUMS].sum()
    return frame, services, said, cells


def test_counts_of_communes_can_be_handed_in(made: Path, lines: pd.DataFrame, taken: Path, tmp_path: Path) -> None:
    frame, services, said, cells = handed_in(made, lines)
    shuffled = cells.sample(frac=1, random_state=1)
    receipt, _ = take_aggregates(frame, services, said, tmp_path, CODES, communes=shuffled)
    assert parquet(tmp_path / "usage") == parquet(taken)
    assert receipt["communes"] == told(taken)["communes"]
    assert take_aggregates(frame, services, said, tmp_path, CODES, communes=cells)[1] is False
    more = cells.assign(dossiers=cells["dossiers"].where(cells.index != 7, cells["dossiers"] + 1))
    with pytest.raises(BadData, match=r"counts of communes: in 2025-12, province .* they come to .* the services have"):
        take_aggregates(frame, services, said, tmp_path, CODES, communes=more)
    with pytest.raises(BadData, match=r"counts of communes of .*: the row is there twice"):
        take_aggregates(frame, services, said, tmp_path, CODES, communes=pd.concat([cells, cells.head(1)]))
    with pytest.raises(BadData, match="commune_code must be text, since its zeros belong to it"):
        numbers = pd.to_numeric(cells[COMMUNE]).fillna(0).astype("int64")
        take_aggregates(frame, services, said, tmp_path, CODES, communes=cells.assign(commune_code=numbers))
    assert parquet(tmp_path / "usage") == parquet(taken), "what was there stays"
    take_aggregates(frame, services, said, tmp_path, CODES)
    assert "communes.parquet" not in parquet(tmp_path / "usage")


def code(text: str) -> str:
    return f"* REPLACE (CASE WHEN {COMMUNE} = '90007' THEN '{text}' ELSE {COMMUNE} END AS {COMMUNE})"


@pytest.mark.parametrize(
    ("columns", "numbers", "says"),
    [
        (code("123"), (), "commune_code '123' is not five digits, such as '00123', nor empty (codes like this: 1, "),
        (code(" 90007"), (), "commune_code ' 90007' is not five digits"),
        (code("9000a"), (1,), "commune_code '9000a' is not five digits"),
        (code("90050"), (), "commune_code '90050' is in the provinces"),
        (f"* REPLACE ({COMMUNE}::INTEGER AS {COMMUNE})", (), "column 'commune_code' is INTEGER, and must be text, "
         "since the zeros that a code begins with belong to it: '00123'"),
        (code("9" * 99), (), f"commune_code '{'9' * 40}' is not five digits"),
        (f"* EXCLUDE ({COMMUNE}), {COMMUNE} AS Commune_Code", (),
         "column 'Commune_Code' must be written 'commune_code'"),
        (f"* EXCLUDE ({COMMUNE})", (1,), "column 'commune_code' is missing, and other files of the set have it"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_commune_is_told_and_not_guessed_at(
    made: Path, tmp_path: Path, columns: str, numbers: tuple[int, ...], says: str
) -> None:
    spoilt = rewritten(made, tmp_path / "set", columns, *numbers)
    for count in (None, in_threads):
        with pytest.raises(BadData) as caught:
            take_lines(spoilt, tmp_path, CODES, count)
        assert says in str(caught.value)
        assert lines_of(spoilt)[-1 if numbers else 0].name in str(caught.value) or count
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_lines_may_name_no_commune_and_zeros_stay(made: Path, taken: Path, tmp_path: Path) -> None:
    """An empty code and one that is missing are the same; '00007' is not '7'."""
    named = f"coalesce('0' || substr({COMMUNE}, 2), '')"
    other = f"* REPLACE (CASE WHEN dossiers > 1 THEN nullif({named}, '') ELSE {named} END AS {COMMUNE})"
    take_lines(rewritten(made, tmp_path / "set", other), tmp_path, CODES)
    file = str(tmp_path / "usage" / "communes.parquet")
    codes = {row[0] for row in duckdb.sql(f"SELECT DISTINCT {COMMUNE} FROM '{file}'").fetchall()}
    assert "00007" in codes and "" in codes and "00000" not in codes
    rows = [duckdb.read_parquet(str(each / "commune_services.parquet")).shape for each in (tmp_path / "usage", taken)]
    assert rows[0] == rows[1], "what names none is one"
    assert told(tmp_path / "usage")["communes"]["dossiers"] == told(taken)["communes"]["dossiers"]


def test_what_a_killed_process_left_goes_and_what_a_living_one_builds_stays(made: Path, tmp_path: Path) -> None:
    for name in ("dead", "living"):
        (tmp_path / f".usage.{name}.new").mkdir()
        (tmp_path / f".usage.{name}.lock").touch()
    with alone(tmp_path / ".usage.living.lock", "counts are being made"):
        take_lines(made, tmp_path, CODES)
        assert {path.name for path in tmp_path.iterdir()} == {".usage.living.new", ".usage.living.lock", "usage"}


def test_counts_that_a_killed_process_had_put_aside_are_put_back(made: Path, tmp_path: Path) -> None:
    """Where a system cannot exchange two names, they have none of their own for an instant."""
    (tmp_path / ".usage.dead.new.old").mkdir()
    (tmp_path / ".usage.dead.new.old" / "kept").touch()
    (tmp_path / ".usage.dead.lock").touch()

    def ends(_: object) -> Any:
        raise FailedRun("the workers are gone")

    with pytest.raises(FailedRun, match="the workers are gone"):
        take_lines(made, tmp_path, CODES, ends)
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["usage", "usage/kept"]


def test_a_full_disk_is_told_and_what_was_there_stays(made: Path, taken: Path, tmp_path: Path) -> None:
    """A small file fits, and a larger one does not: at first not those of services, then not those of communes."""
    (tmp_path / "usage").mkdir()
    (tmp_path / "usage" / "kept").touch()
    sizes = {name: len(content) for name, content in parquet(taken).items()}
    for bound in (sizes["services.parquet"], max(sizes.values())):
        pid = os.fork()
        if not pid:
            resource.setrlimit(resource.RLIMIT_FSIZE, (bound - 1, bound - 1))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            said = ""
            try:
                take_lines(made, tmp_path, CODES)
            except FailedRun as error:
                said = str(error)
            finally:
                os._exit("usage: the counts cannot be written: File too large; what was there stays" not in said)
        assert os.waitpid(pid, 0)[1] == 0
        assert [path.name for path in tmp_path.rglob("*")] == ["usage", "kept"]


@pytest.fixture
def trial(tmp_path: Path) -> Callable[..., Any]:
    def call(*words: str) -> Any:
        return call_r57("sample", *words, "--out", tmp_path / "made")

    return call


@pytest.mark.whole
def test_communes_are_asked_for_by_an_option(trial: Callable[..., Any], tmp_path: Path) -> None:
    done = trial("transactions", "--rows", "2000", "--communes", "40")
    assert done.returncode == 0, done.stderr
    assert check_set(tmp_path / "made").communes
    assert "communes is for transactions" in trial("register", "--communes", "40").stderr
    assert json.loads((tmp_path / "made" / "set.json").read_text(encoding="utf-8"))["synthetic"] == MARK


def test_a_check_names_counts_that_are_not_as_they_were_written(taken: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(DATA, tmp_path / "data"))
    shutil.copytree(taken, data / "usage")
    assert call_r57("check", "--data", data).returncode == 0
    (data / "usage" / "places.parquet").unlink()
    shutil.copy(data / "usage" / "communes.parquet", data / "usage" / "commune_services.parquet")
    for language, said in (("en", "is missing or was changed; run `r57 aggregate` again"), ("vi", "chạy lại")):
        done = call_r57("check", "--data", data, "--language", language)
        assert done.returncode == 1 and "error: usage/commune_services.parquet: " in done.stdout and said in done.stdout
