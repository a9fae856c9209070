"""Measures of transactions: the same digits from every engine; no figure from a set that is not whole."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from importlib.metadata import packages_distributions
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from r57lib.data.lines import MARK_KEY, SET_RECEIPT, check_set, lazy, opened, opened_set
from r57lib.data.load import load_tables
from r57lib.data.periods import Month
from r57lib.errors import BadData, WrongCall
from r57lib.ingest.rows import MARK
from r57lib.ingest.samples import FIRST, LAW, Country, day_weight, lines_of_days, write_lines
from r57lib.measures.usage import long_tail, service_usage, supply_beside_usage, usage_rate, where
from tests.conftest import DATA, ROOT, call_r57
from tests.engines import ENGINES, exact, measures, with_pandas

ENVIRONMENT = ROOT / ".venv-engines" / "bin" / "python"
ROWS, BEGIN, END = 30_000, date(2025, 11, 1), date(2026, 1, 31)


def provinces() -> list[tuple[str, str]]:
    rows = load_tables(DATA)["provinces"]
    return list(zip(rows["province_code"], rows["province_kind"], strict=True))


def written(folder: Path, seed: int = 57) -> Path:
    return write_lines(folder, provinces(), ROWS, seed, first=BEGIN, last=END)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("sets") / "made")


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "set"))


@pytest.fixture(scope="module")
def from_duckdb(made: Path) -> dict[str, list[list[str]]]:
    with opened_set(made) as there:
        return exact(measures(there.lines.to_native(), there.services.to_native()))


@pytest.mark.server
def test_measuring_asks_for_no_package_that_the_engines_lack() -> None:
    """Their own test asks them, where it is run; this one looks at what is imported."""
    asked = "import sys; had = set(sys.modules); import tests.engines; print(*set(sys.modules) - had)"
    imported = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    owners = packages_distributions()
    needed = {owner.lower() for name in imported.stdout.split() for owner in owners.get(name, ())} - {"r57"}
    locked = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements-engines.lock").read_text(encoding="utf-8"), re.M))
    assert "pandas" in needed and needed <= locked


@pytest.fixture(scope="module")
def others(made: Path) -> Iterator[Callable[[str], dict[str, list[list[str]]]]]:
    """What the other engines measure, each asked for in an environment that has them; Spark runs beside the rest."""
    subprocess.run(["make", "--silent", "engines"], cwd=ROOT, check=True, timeout=900, stdout=subprocess.DEVNULL)
    quick, slow = [name for name in ENGINES if name != "spark"], ["spark"]
    command = [ENVIRONMENT, "-m", "tests.engines", made]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    running = [
        subprocess.Popen([*command, *names], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for names in (quick, slow)
    ]
    results = [process.communicate(timeout=600) for process in running]
    assert [process.returncode for process in running] == [0, 0], [error[-2000:] for _, error in results]
    measured = {name: each for out, _ in results for name, each in json.loads(out.splitlines()[-1]).items()}
    yield lambda name: measured[name]


def test_pandas_without_arrow_gives_the_same_digits(made: Path, from_duckdb: dict[str, list[list[str]]]) -> None:
    def read(path: Path) -> pd.DataFrame:
        return duckdb.read_parquet(str(path), hive_partitioning=False).df()

    assert all(len(rows) > 1 for rows in from_duckdb.values())
    assert exact(with_pandas(made, read)) == from_duckdb


@pytest.mark.engines
@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_gives_the_same_digits(
    engine: str,
    from_duckdb: dict[str, list[list[str]]],
    others: Callable[[str], dict[str, list[list[str]]]],
) -> None:
    assert others(engine) == from_duckdb


def small() -> pd.DataFrame:
    rows = [
        (2024, 12, "ministry", "01", "A", "app", 10, 8),
        (2025, 1, "ministry", "01", "A", "app", 10, 9),
        (2025, 1, "commune", "04", "B", "counter", 30, 0),
        (2025, 2, "commune", "04", "B", "portal", 5, 5),
    ]
    columns = ["year", "month", "level", "province_code", "service_id", "channel", "dossiers", "online_dossiers"]
    return pd.DataFrame(rows, columns=columns)


def catalogue() -> pd.DataFrame:
    begun = pd.Timestamp(2020, 1, 1)
    rows = [("A", "ministry", begun, pd.Timestamp(2025, 1, 31)), ("B", "commune", begun, pd.NaT),
            ("C", "commune", begun, begun), ("D", "commune", pd.Timestamp(2025, 2, 1), pd.NaT)]  # fmt: skip
    return pd.DataFrame(rows, columns=["service_id", "level", "offered_since", "online_since"])


def test_a_rate_has_its_numerator_and_denominator() -> None:
    flow = usage_rate(lazy(small()), span="month", by=("level",))
    row = flow.query("year == 2025 and month == 1 and level == 'ministry'").iloc[0]
    assert (row["online_dossiers"], row["dossiers"], row["usage_rate"], row["span"]) == (9, 10, 0.9, "month")


def test_the_stock_of_a_year_ends_with_the_month_looked_at() -> None:
    stock = usage_rate(lazy(small()), span="year", month=Month(2025, 1))
    assert list(stock[["year", "dossiers", "online_dossiers"]].itertuples(index=False, name=None)) == [
        (2024, 10, 8),
        (2025, 40, 9),
    ]
    assert "month" not in stock


@pytest.mark.parametrize("span", ["both", "month,year", ("month", "year"), ["year"], "", None])
def test_flow_and_stock_are_never_joined(span: object) -> None:
    with pytest.raises(WrongCall, match="never joined; ask for 'month' or for 'year'"):
        usage_rate(lazy(small()), span=span)  # type: ignore[arg-type]


def test_a_key_that_is_none_is_refused_with_the_nearest() -> None:
    with pytest.raises(WrongCall, match="unknown key 'chanel'; did you mean 'channel'"):
        usage_rate(lazy(small()), span="year", by=("chanel",))
    with pytest.raises(WrongCall, match="unknown key 'province'"):
        where(lazy(small()), province="01")
    with pytest.raises(WrongCall, match="narwhals knows no list"):
        lazy([1, 2])


def test_supply_and_usage_are_two_indicators_of_a_level() -> None:
    rows = supply_beside_usage(lazy(small()), lazy(catalogue()), span="month", month=Month(2025, 1)).set_index("level")
    assert rows.loc["ministry", ["services", "end_to_end_services", "supply_rate"]].tolist() == [1, 1, 1.0]
    assert rows.loc["commune", ["services", "end_to_end_services", "supply_rate"]].tolist() == [2, 1, 0.5]
    assert rows.loc["commune", "usage_rate"] == 0.0
    later = supply_beside_usage(lazy(small()), lazy(catalogue()), span="month", month=Month(2025, 2)).set_index("level")
    assert pd.isna(later.loc["ministry", "usage_rate"]), "no dossier, no rate"


def test_services_that_exist_and_are_not_used_are_counted() -> None:
    usage = service_usage(lazy(small()), lazy(catalogue()), span="year", month=Month(2025, 2))
    assert dict(zip(usage["service_id"], usage["dossiers"], strict=True)) == {"A": 10, "B": 35, "C": 0, "D": 0}
    tail = long_tail(usage).set_index("level")
    assert tail.loc["", ["services", "unused", "end_to_end_unused", "carrying"]].tolist() == [4, 2, 1, 2]
    assert tail.loc["ministry", "carrying"] == 1
    nobody = long_tail(usage.assign(dossiers=0))
    assert nobody.loc[0, "carrying"] == 0


# --- a set that is not whole -----------------------------------------------------------------------------------------


def lines_of(folder: Path) -> list[Path]:
    return sorted(folder.glob("year=*/month=*/*.parquet"))


def again(folder: Path, path: Path, select: str) -> None:
    """A file written anew, and named by Spark's receipt instead of ours, which would notice its size."""
    beside = path.with_suffix(".new")
    duckdb.sql(
        f"COPY (SELECT {select} FROM read_parquet('{path}', hive_partitioning=false)) TO '{beside}' (FORMAT parquet)"
    )
    beside.replace(path)
    (folder / SET_RECEIPT).unlink()
    (folder / "_SUCCESS").touch()


def cut(folder: Path) -> Path:
    path = lines_of(folder)[1]
    path.write_bytes(path.read_bytes()[:-9])
    return path


def cut_and_unnoticed(folder: Path) -> Path:
    path = cut(folder)
    (folder / SET_RECEIPT).unlink()
    (folder / "_SUCCESS").touch()
    return path


def text(folder: Path) -> Path:
    path = lines_of(folder)[0].with_name("more.parquet")
    path.write_text("day,dossiers\n")
    (folder / SET_RECEIPT).unlink()
    (folder / "_SUCCESS").touch()
    return path


def gone(folder: Path) -> Path:
    path = lines_of(folder)[0]
    path.unlink()
    path.with_name("other.parquet").write_bytes(lines_of(folder)[0].read_bytes())
    return path


def empty(folder: Path) -> Path:
    path = lines_of(folder)[0]
    path.unlink()
    return path.parent


def left_out(folder: Path) -> Path:
    shutil.rmtree(lines_of(folder)[1].parent)
    return folder


def unfinished(folder: Path) -> Path:
    (folder / SET_RECEIPT).unlink()
    return folder


def no_column(folder: Path) -> Path:
    path = lines_of(folder)[0]
    again(folder, path, "* EXCLUDE channel, channel AS chanel")
    return path


def wrong_type(folder: Path) -> Path:
    path = lines_of(folder)[0]
    again(folder, path, "* REPLACE (dossiers::VARCHAR AS dossiers)")
    return path


def stranger(folder: Path) -> Path:
    path = lines_of(folder)[0].with_name("more.parquet")
    path.write_bytes(lines_of(folder)[0].read_bytes())
    return path


def no_catalogue(folder: Path) -> Path:
    (folder / SET_RECEIPT).unlink()
    (folder / "_SUCCESS").touch()
    (folder / "services.parquet").unlink()
    return folder / "services.parquet"


def odd_folder(folder: Path) -> Path:
    path = folder / "year=2026" / "month=13"
    path.mkdir()
    return path


BROKEN = [
    (cut, "bytes where set.json names"),
    (cut_and_unnoticed, "was cut short: a Parquet file ends with PAR1"),
    (text, "does not begin with PAR1"),
    (gone, "is missing; set.json names it with"),
    (empty, "holds no Parquet file; a partition has at least one"),
    (left_out, "2025-12 is left out between 2025-11 and 2026-01"),
    (unfinished, "neither set.json nor _SUCCESS is there"),
    (no_column, "column 'channel' is missing; did you mean 'chanel'"),
    (wrong_type, "column 'dossiers' is VARCHAR, and must be a whole number"),
    (stranger, "set.json does not name it"),
    (no_catalogue, "is missing; a set has a catalogue"),
    (odd_folder, "a month is a folder such as year=2025/month=01"),
]


@pytest.mark.parametrize(("spoil", "said"), BROKEN, ids=lambda each: getattr(each, "__name__", ""))
def test_a_set_that_is_not_whole_is_one_line_that_names_the_file(
    copied: Path, spoil: Callable[[Path], Path], said: str
) -> None:
    path = spoil(copied)
    with pytest.raises(BadData) as caught, opened_set(copied):
        pass
    with pytest.raises(BadData, match=re.escape(str(caught.value))):
        check_set(copied)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bytes_that_rotted_within_a_file_are_noticed_when_they_are_read(copied: Path) -> None:
    path = lines_of(copied)[1]
    data = bytearray(path.read_bytes())
    foot = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    data[foot // 2 : foot] = bytes(foot - foot // 2)  # the head and the foot stay
    path.write_bytes(data)
    found = check_set(copied)
    with (
        pytest.raises(BadData, match="cannot be read as Parquet, copy it again") as caught,
        opened(found.files, found.catalogue) as there,
    ):
        usage_rate(there.lines, span="year")
    assert str(caught.value).startswith(f"{path}: ")


# --- the made-up set -------------------------------------------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_seed_gives_the_same_bytes(made: Path, tmp_path: Path) -> None:
    assert contents(written(tmp_path / "twice")) == contents(made)
    other = contents(written(tmp_path / "other", seed=58))
    assert other.keys() == contents(made).keys()
    assert all(other[name] != data for name, data in contents(made).items())


def test_made_up_lines_say_so_wherever_they_go(made: Path) -> None:
    receipt = json.loads((made / SET_RECEIPT).read_text(encoding="utf-8"))
    assert receipt["synthetic"] == MARK
    assert receipt["rows"] == ROWS
    for path in made.rglob("*.parquet"):
        found = duckdb.sql(
            f"SELECT value FROM parquet_kv_metadata('{path}') WHERE key::VARCHAR = '{MARK_KEY}'"
        ).fetchall()
        assert found[0][0].decode() == MARK
        assert path.name.startswith("synthetic-") or path.name == "services.parquet"


def test_made_up_lines_have_the_shape_of_the_country() -> None:
    country = Country(57, tuple(code for code, _ in provinces()), frozenset({"01", "79"}))
    counts = lines_of_days(country, 200_000)
    assert sum(counts.values()) == 200_000
    assert counts[date(2025, 3, 4)] > 3 * counts[date(2025, 3, 8)], "a Tuesday and a Saturday"
    assert counts[date(2025, 1, 29)] < counts[date(2025, 1, 15)] / 8, "Tet"
    assert day_weight(date(2025, 9, 2)) < day_weight(date(2025, 9, 9)) / 5
    assert country.sizes.max() > 12 * country.sizes.min()
    unused = (country.services["weight"] == 0).mean()
    assert len(country.services) == 2_000
    assert 0.15 < unused < 0.3
    before, law, after = (country._log_odds(day)[0, 0] for day in (FIRST, LAW, date(2026, 1, 1)))
    assert (after - law) / (date(2026, 1, 1) - LAW).days > 3 * (law - before) / (LAW - FIRST).days


def test_too_many_rows_are_refused_in_one_line() -> None:
    country = Country(57, ("01", "04"), frozenset({"01"}))
    with pytest.raises(WrongCall, match=r"--rows 1000000: 3 days hold [\d,]+ lines at most"):
        lines_of_days(country, 1_000_000, date(2025, 1, 1), date(2025, 1, 3))


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep", encoding="utf-8")
    done = call_r57("sample", "transactions", "--rows", 10, "--output", tmp_path / "mine", "--data", DATA)
    assert done.returncode == 2
    assert "is there and is no set of transactions" in done.stderr
    assert [path.name for path in tmp_path.rglob("*.*")] == ["notes.txt"]
