"""A plan evaluated with a store beside it: what its days measure is shown on its own basis, and judged only where they are a year's."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.plan.test_plan_commands import run
from yilu.cli.ingest import ingest_into
from yilu.cli.plan_evaluate import observed
from yilu.indicators import Period, values
from yilu.plan import load
from yilu.run.facts import Facts
from yilu.settings import load as load_settings
from yilu.twin.plan import DayPlan
from yilu.twin.write import write_day


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """Two days of the twin, taken in."""
    root = tmp_path_factory.mktemp("evaluated")
    facts = Facts(load_settings(store=root / "store", key_file=root / "key", buckets=4))
    write_day(DayPlan(facts.network, date(2025, 6, 3), 2000, seed=5, days=2), root / "events")
    ingest_into(facts, str(root / "events"), "yilu", "", shown=False)
    return facts


def evaluated(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, opened: Facts, out: Path, *words: str) -> Any:  # fmt: skip
    """What the command says as JSON."""
    monkeypatch.setenv("YILU_KEY_FILE", str(opened.settings.key_file))
    monkeypatch.setenv("YILU_BUCKETS", "4")
    assert run("evaluate", "--store", str(opened.root), "--out", str(out), *words, "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_values_are_those_of_the_indicators(opened: Facts) -> None:
    """Each indicator that measures a target has the value that `yilu indicators` gives of the year, over the days that brought items; a year without events has none."""
    seen = observed(opened, load("guangdong"), 2025, "", True)
    assert {"checks_rate", "rate_72h", "items_per_head"} <= set(seen)
    year = Period(date(2025, 1, 1), date(2025, 12, 31))
    for row in values(opened.read(), opened.network, sorted(seen), year):
        assert seen[row["indicator"]].value == row["value"]
    assert {(o.days, o.of, o.twin) for o in seen.values()} == {(2, 365, True)}
    assert observed(opened, load("guangdong"), 2024, "", True) == {}


def test_the_twin_is_shown_and_not_judged(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, opened: Facts, tmp_path: Path
) -> None:
    """No verdict changes by a twin's store; what it measures stands beside, marked as made up; the report says so."""
    found = evaluated(capsys, monkeypatch, opened, tmp_path, "--twin")
    judged = {t["row"].removeprefix("targets:"): t for t in found["targets"]}
    checks = judged["three_checks"]
    assert checks["verdict"] == "unmeasurable" and checks["actual"]["official"] is False and checks["actual"]["grade"] == "S"  # fmt: skip
    assert "孪生" in checks["reasons_zh"][0] and "twin" in judged["service_country"]["reasons_en"][0]
    assert judged["items_per_head"]["actual"]["official"] is False and judged["items_per_head"]["refs"][1] == "S48"
    assert found["sums"][0]["counts"]["unmeasurable"] == 33
    report = Path(next(f for f in found["files"] if f.endswith("en.html"))).read_text(encoding="utf-8")
    assert "made up by the twin, not real" in report


def test_two_days_are_no_year(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, opened: Facts, tmp_path: Path
) -> None:
    """A store that isn't called the twin's is told as monitoring, and its two days are judged no year."""
    found = evaluated(capsys, monkeypatch, opened, tmp_path)
    [checks] = [t for t in found["targets"] if t["row"] == "targets:three_checks"]
    assert checks["verdict"] == "unmeasurable" and "2 of the year's 365 days" in checks["reasons_en"][0]
    assert checks["actual"]["grade"] == "X" and "monitoring basis" in checks["actual"]["basis_en"]
