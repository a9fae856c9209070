"""Warnings: each told once when it begins and once when it ends, and shown on the page of all months."""

from __future__ import annotations

import re
import shutil
import sys
import types
from email import message_from_bytes, policy
from pathlib import Path

import pandas as pd
import pytest

from r57lib import open_view
from r57lib.errors import WrongCall
from r57lib.figures.alerting import warnings_of
from r57lib.report.alerts import read_alerts
from r57lib.report.notify import parse_target
from tests.batching import MONTH, Batch, report_otherwise
from tests.conftest import DATA, ROOT

OPERATORS = (ROOT / "docs" / "operator.md").read_text(encoding="utf-8")
RULES = re.findall(r"^```text\n(alerts:\n.*?)^```", OPERATORS, re.M | re.S)[0]
USAGE = "Dossiers handled end to end online: more than 51% (18 December 2025), below 60%"


@pytest.fixture
def batch(tmp_path: Path) -> Batch:
    batch = Batch(tmp_path, data=Path(shutil.copytree(DATA, tmp_path / "data")))
    (tmp_path / "told").mkdir()
    return batch


def told(batch: Batch) -> list[list[str]]:
    """The lines of each mail about warnings, in English."""
    paths = sorted((batch.folder / "told").glob("r57-*-alert*.eml"), key=lambda path: (len(path.name), path.name))
    mails = (message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths)
    return [mail.get_content().split("\n\n")[1].splitlines() for mail in mails]  # type: ignore[attr-defined]


def publish(batch: Batch, *more: str) -> None:
    done = batch.publish("--notify", str(batch.folder / "told"), *more)
    assert done.returncode == 0, done.stderr


def shelf(batch: Batch) -> str:
    return (batch.reports / "index.en.html").read_text(encoding="utf-8")


@pytest.mark.whole
def test_a_warning_is_told_once_when_it_begins_and_once_when_it_ends(batch: Batch) -> None:
    rules = "alerts: [{indicator: usage_end_to_end, below: 0.6}]"
    (batch.folder / "alerts.yaml").write_text(rules, encoding="utf-8")
    publish(batch)
    publish(batch)
    assert [[line for line in mail if line.startswith("- ")] for mail in told(batch)] == [[f"- New: {USAGE}"]]
    assert USAGE in shelf(batch) and "Warnings" in shelf(batch)
    report_otherwise(batch.data, "P-better", "0.61", reported_on="2026-03-06")
    publish(batch)
    publish(batch)
    assert [mail[1] for mail in told(batch)] == [f"- New: {USAGE}", f"- Over: {USAGE}"]
    assert "Warnings" not in shelf(batch)
    report_otherwise(batch.data, "P-worse", "0.41", reported_on="2026-03-07")
    publish(batch)
    (batch.folder / "alerts.yaml").unlink()
    publish(batch)
    assert [mail[1].split(":")[0] for mail in told(batch)] == ["- New", "- Over", "- New", "- Over"]


def test_a_warning_that_could_not_be_told_is_told_by_the_next_call(batch: Batch) -> None:
    (batch.folder / "alerts.yaml").write_text("alerts: [{overdue_above: 0.05}]", encoding="utf-8")
    done = batch.publish("--notify", "http://127.0.0.1:9/")
    assert done.returncode == 1 and "could not tell" in done.stderr
    publish(batch)
    assert len(told(batch)) == 1


def test_each_kind_of_rule_has_its_warning(batch: Batch) -> None:
    (batch.folder / "alerts.yaml").write_text(RULES, encoding="utf-8")
    rules = read_alerts(batch.folder / "alerts.yaml")
    view = open_view(month="2026-01", language="en", data=DATA)
    found = warnings_of(view, rules)
    kinds = {key.split("/")[0] for key in found}
    assert kinds == {"usage_end_to_end", "pace", "overdue", "missed"}  # no register was taken in
    assert all(not text[0].islower() and "{" not in text for text in found.values())
    assert warnings_of(view.in_language("vi"), rules).keys() == found.keys()
    limited = warnings_of(view, [{"overdue_above": "0.99"}, {"pace_below": "0"}, {"indicator": "usage_end_to_end",
                                                                                 "above": "0.99"}])  # fmt: skip
    assert limited == {}


def test_open_tasks_of_a_body_that_fall_due_are_counted(tmp_path: Path) -> None:
    from r57lib.figures import alerting

    view = open_view(month=MONTH, language="en", data=DATA)
    day = pd.Timestamp(view.day)
    due = {"MOH": (3, 14, 15), "MOF": (1, -1)}
    rows = [(body, day + pd.Timedelta(days=each), pd.NaT) for body, days in due.items() for each in days]
    tasks = pd.DataFrame([*rows, ("MOH", day, day)], columns=["lead_agency", "due_date", "completed_date"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alerting.register, "tasks_of", lambda tables: tasks)
        every = warnings_of(view, [{"due_in_days": "14"}])
        one = warnings_of(view, [{"due_in_days": "14", "agency": "MOH"}])
    assert every["due/MOH"] == "Ministry of Health: 2 tasks fall due by 14 January 2026"
    assert every.keys() == {"due/MOH", "due/MOF"} and one.keys() == {"due/MOH"}


WRONG = {
    "alerts: [{indicator: usage_end_to_end}]": "line 1: an alert of an indicator needs 'below' or 'above'",
    "alerts: [{pace_bellow: 1}]": "unknown key 'pace_bellow'; did you mean 'pace_below'?",
    "alerts: [{pace_below: fast}]": "'pace_below' must be a number such as 0.9, and is 'fast'",
    "alerts: [{pace_below: 0.9, agency: MOH}]": "'agency' does not go with 'pace_below'",
    "alerts: [{target: mised}]": "'target' must be 'missed'; did you mean 'missed'?",
    "alerts: [{due_in_days: 1.5}]": "'due_in_days' must be a whole number",
    "alerts: [{scope: national}]": "an alert has one of indicator, pace_below, ",
    "alarms: []": "unknown key 'alarms'; did you mean 'alerts'?",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_rule_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "alerts.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WrongCall) as refused:
        read_alerts(path)
    assert WRONG[text] in str(refused.value)


def test_an_unknown_indicator_is_refused_before_anything_runs(batch: Batch) -> None:
    (batch.folder / "alerts.yaml").write_text("alerts: [{indicator: usage_end_to_ned, below: 1}]", encoding="utf-8")
    done = batch.publish()
    assert done.returncode == 2 and "did you mean 'usage_end_to_end'?" in done.stderr
    assert not batch.published.exists()


def test_chat_rooms_are_told_through_apprise(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    """An extra: where it is not installed a line says so; its addresses stand in a file that nobody else can read."""
    rooms, sent = batch.folder / "rooms.txt", list[tuple[str, str]]()
    rooms.write_text("# the office\njson://127.0.0.1/S3CRET\n", encoding="utf-8")
    with pytest.raises(WrongCall, match="can be read by others"):
        parse_target(f"apprise:{rooms}")
    rooms.chmod(0o600)
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(WrongCall, match=r"not installed here: pip install -e '.\[chat\]'"):
        parse_target(f"apprise:{rooms}")

    class Apprise:
        def add(self, address: str) -> bool:
            self.address = address
            return "://" in address

        def notify(self, title: str, body: str) -> bool:
            sent.append((self.address, title))
            return len(sent) > 1

    monkeypatch.setitem(sys.modules, "apprise", types.SimpleNamespace(Apprise=Apprise))
    target = ("--notify", f"apprise:{rooms}")
    done = batch.publish(*target)
    assert done.returncode == 1 and f"could not tell apprise:{rooms}: address 1 did not take" in done.stderr
    assert "S3CRET" not in done.stderr
    assert batch.publish(*target).returncode == batch.publish(*target).returncode == 0
    assert [address for address, _ in sent] == ["json://127.0.0.1/S3CRET"] * 2
