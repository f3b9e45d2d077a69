"""What a closed crossing, a hub that piles up and an outlet that fades make true, against what is said of them; and how little a person is told."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tests.supervision.test_scenario import HEAD, Run, province
from yilu.cli.app import app

STORM = (
    HEAD
    + """
[[fault]]
kind = "closed_crossing"
crossing = "QIONGZHOU"
from = "+0 18:00"
until = "+5 12:00"

[[fault]]
kind = "backlog"
from = "+0 12:00"
until = "+1 12:00"
facility = "SC-440600"
"""
)
"""A typhoon: the strait is closed for four and a half days, and a hub stands still for a day."""


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    """A store that has taken in the storm with its registers, and the folder of its truth."""
    root = tmp_path_factory.mktemp("storm")
    run = province(root, STORM)
    truth = root / "days" / "truth"
    assert run("feed", "crossing_closures", str(truth / "crossing_closures.csv")).exit_code == 0
    return run, truth


def test_who_waits_before_a_closed_crossing_is_known_item_by_item(storm: tuple[Run, Path]) -> None:
    """Planted and true: everybody who waited half a day at a place that the strait parted from the goal, those who then stalled, and the hub's backlog."""
    run, truth = storm
    held = run("verify", str(truth / "truth.parquet"), "--json")
    found = json.loads(held.stdout)
    assert held.exit_code == 0 and found["equal"], found
    true = {r["rule"]: r["true"] for r in found["rules"]}
    assert set(true) == {"crossing_closed", "stalled", "backlog"} and min(true.values()) >= 20


def test_without_the_register_nobody_is_held_up_by_a_crossing(storm: tuple[Run, Path], tmp_path: Path) -> None:
    """The closure withdrawn, the same store says nothing of it, and what it kept quiet is told; declared again, all is as before."""
    run, truth = storm
    before = run("alerts", "--all", "--json").stdout
    for status in ("withdrawn", "declared"):
        file = tmp_path / f"{status}.csv"
        file.write_text((truth / "crossing_closures.csv").read_text().replace("declared", status), encoding="utf-8")
        assert run("feed", "crossing_closures", str(file)).exit_code == 0
        now = json.loads(run("alerts", "--all", "--json").stdout)["alerts"]
        assert ("crossing_closed" in {a["rule"] for a in now}) == (status == "declared")
        assert any(a["inhibited_by"] for a in now) == (status == "declared")
    assert now == json.loads(before)["alerts"]


def test_a_typhoon_over_a_hub_does_not_raise_ten_thousand_alerts(storm: tuple[Run, Path]) -> None:
    """A person is told at the most once for each operator and day of the crossing, and once for each operator and day of the hub; what waits is inhibited;
    all evidence is kept, and ``--all`` shows everything."""
    run, truth = storm
    everything = json.loads(run("alerts", "--all", "--json").stdout)["alerts"]
    told = [a for a in everything if a["items"] and not a["inhibited_by"] and not a["silenced_by"]]
    operators, days = {a["operator"] for a in everything}, {a["day"] for a in everything}
    assert {a["rule"] for a in told} == {"crossing_closed", "backlog"}
    assert len(told) <= 2 * len(operators) * len(days)
    assert max(Counter((a["rule"], a["operator"], a["day"]) for a in told).values()) == 1
    assert all(a["inhibited_by"] == ["crossing_closed"] for a in everything if a["rule"] == "stalled")
    kept: Counter[str] = Counter()
    for a in everything:
        kept[a["rule"]] += a["items"]
    assert kept == Counter(pq.read_table(truth / "truth.parquet")["rule"].to_pylist())
    shown = json.loads(run("alerts", next(a["id"] for a in told if a["rule"] == "crossing_closed"), "--json").stdout)
    assert {e["facility"] for e in shown["alerts"][0]["evidence"]} and all(
        e["item"] for e in shown["alerts"][0]["evidence"]
    )


FADING = (
    HEAD
    + """
[[fault]]
kind = "outlet_fading"
from = "+15 00:00"
until = "+22 00:00"
facility = "DP-440106"
share = 0.5

[[fault]]
kind = "outlet_fading"
from = "+15 00:00"
until = "+18 00:00"
facility = "DP-440304"
share = 0.9
"""
)
"""One outlet loses half of its acceptances from day to day, another nearly all, and takes them up again."""


def test_outlets_that_fade_are_told_with_who_works_there(tmp_path: Path) -> None:
    """Of three weeks and the days after them: the two outlets, their operator, from when, and until when the second one did; no other, although in the end all stop."""
    env = {
        "YILU_STORE": str(tmp_path / "store"),
        "YILU_KEY_FILE": str(tmp_path / "key"),
        "YILU_LANGUAGE": "en",
        "YILU_BUCKETS": "8",
    }
    (tmp_path / "s.toml").write_text(FADING, encoding="utf-8")
    one = lambda *arguments: CliRunner().invoke(app, list(arguments), env=env)  # noqa: E731
    days = str(tmp_path / "days")
    assert (
        one(
            "simulate", days, "--scale", "0.00005", "--days", "22", "--scenario", str(tmp_path / "s.toml"), "--json"
        ).exit_code
        == 0
    )
    assert one("ingest", days, "--json").exit_code == 0
    held = one("verify", f"{days}/truth/truth.parquet", "--json")
    found = json.loads(held.stdout)
    assert held.exit_code == 0, found
    assert {r["rule"]: (r["true"], r["said"]) for r in found["rules"]} == {"outlet_fading": (2, 2)}
    truth = pq.read_table(f"{days}/truth/truth.parquet").to_pylist()
    assert {(r["facility"], r["waybill"], r["until"] is None) for r in truth} == {
        ("DP-440106", None, True),
        ("DP-440304", None, False),
    }
    assert all(str(r["at"].date()) >= "2025-06-18" for r in truth)
