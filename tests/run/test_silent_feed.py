"""A store with a feed that has fallen silent, and a protected period: what ``yilu alerts`` and the daily report say of both, alike."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from yilu.cli.app import app
from yilu.cli.ingest import ingest_into
from yilu.network.province import folder_of
from yilu.run.facts import Facts
from yilu.settings import load
from yilu.twin.plan import DayPlan
from yilu.twin.write import write_day

Run = Callable[..., Result]

LAST = datetime(2025, 5, 31, 12, tzinfo=UTC)
"""The dead feed's last moment: most of its items are open then, some have left without a check."""
PERIOD = """
[[protected]]
id = "games-2025"
zh = "运动会"
en = "Games"
first = 2025-06-03
last = 2025-06-03
area = "440300"
[protected.severity]
inspection_missing = 4
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a province of our own, and a store that two feeds told: one of two days ago and no more, one of a day that leaves checks out."""
    found = tmp_path_factory.mktemp("silent")
    shutil.copytree(folder_of("guangdong"), found / "province")
    facts = Facts(load(store=found / "store", key_file=found / "key", buckets=4, province=str(found / "province")))
    for feed, day, items in (("dead", date(2025, 5, 31), 400), ("alive", date(2025, 6, 3), 3000)):
        write_day(DayPlan(facts.network, day, items, seed=items).with_rates(missing_check=0.03), found / feed)
        if feed == "dead":
            for file in (found / feed).glob("*.parquet"):
                told = pq.read_table(file)
                pq.write_table(told.filter(pc.less(told["at"], pa.scalar(LAST, told["at"].type))), file)
        ingest_into(facts, str(found / feed), "yilu", feed, shown=False)
    return found


@pytest.fixture
def run(root: Path) -> Run:
    """Runs commands on the store."""

    def one(*arguments: str, language: str = "en") -> Result:
        env = {"YILU_STORE": str(root / "store"), "YILU_KEY_FILE": str(root / "key"), "YILU_PROVINCE": str(root / "province"), "YILU_LANGUAGE": language}  # fmt: skip
        return CliRunner().invoke(app, list(arguments), env=env)

    return one


def answer(result: Result) -> dict[str, Any]:
    """The JSON that a command printed."""
    assert result.exit_code == 0, (result.output, result.exception)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_alerts_and_report_say_the_same_of_what_is_complete(run: Run, root: Path, tmp_path: Path) -> None:
    """Up to the watermark of the feed that still tells; the silent one is named by both, with its latest event, and by the alerts that hang on it."""
    told = answer(run("alerts", "--all", "--json"))
    report = answer(run("report", "daily", "--date", "2025-06-04", "--out", str(tmp_path), "--format", "html", "--json"))["report"]  # fmt: skip
    by_name = {f["name"]: f for f in report["feeds"]}
    assert (
        told["complete_to"] == report["complete_to"] == by_name["alive"]["complete_to"] > by_name["dead"]["complete_to"]
    )
    assert told["silent_feeds"] == [{"feed": "dead", "latest": by_name["dead"]["latest"]}]
    assert [by_name[n]["silent"] for n in ("alive", "dead")] == [False, True]
    hanging = [a for a in told["alerts"] if a["silent_feeds"]]
    assert hanging and all(a["silent_feeds"] == ["dead"] for a in hanging)
    assert all(a["life"] == "provisional" or a["until"] is None for a in hanging)
    for language, words in (("zh", "数据源已中断：dead"), ("en", "Feeds that have fallen silent: dead")):
        assert words in (tmp_path / f"daily-2025-06-04-{language}.html").read_text(encoding="utf-8")
    shown = run("alerts", hanging[0]["id"], language="zh").output
    assert "已中断的数据源" in shown and "dead 已中断" in shown


def test_a_period_makes_more_of_the_alerts_of_its_items(run: Run, root: Path) -> None:
    """With a period of one city and day the same alerts are told, those of a missing inspection of its items as grave; without it, as before."""
    path = root / "province" / "rules.toml"
    before = {a["id"]: a for a in answer(run("alerts", "--all", "--json"))["alerts"]}
    path.write_text(PERIOD, encoding="utf-8")
    try:
        found = {a["id"]: a for a in answer(run("alerts", "--all", "--json"))["alerts"]}
        listed = run("alerts", "--rule", "inspection_missing", language="zh").output
        path.write_text(PERIOD.replace("440300", "nowhere"), encoding="utf-8")
        wrong = run("alerts", "--json")
    finally:
        path.unlink()
    assert found.keys() == before.keys()
    graver = {i for i, a in found.items() if a["severity"] != before[i]["severity"]}
    assert graver == {i for i, a in found.items() if a["protected"]} != set()
    for i in graver:
        assert (found[i]["rule"], found[i]["severity"], found[i]["protected"]) == (
            "inspection_missing",
            4,
            ["games-2025"],
        )
        assert found[i]["day"] >= "2025-06-03"
    assert any(a["rule"] == "inspection_missing" and not a["protected"] for a in found.values())
    assert "运动会" in listed and "严重" in listed
    assert wrong.exit_code != 0 and "nowhere" in str(wrong.exception) and "rules.toml" in str(wrong.exception)
