"""What rules say of a synthetic province that lies in known ways, against the truth that it was made with."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from yilu.cli.app import app
from yilu.errors import InputError
from yilu.network import load
from yilu.supervision.rules.declared import declared
from yilu.supervision.rules.of_feeds import SHARES

SCALE = 0.0003
REGISTERS = {"protected_check_missing", "protected_acceptance", "zero_report_missing"}
UNUSUAL = {"unusual_low", "unusual_high"}
HEAD = 'zh = "试"\nen = "trial"\n'
RARE = HEAD + "".join(
    f'[[fault]]\nkind = "{kind}"\nfrom = "+0 00:00"\nuntil = "+20 00:00"\n{more}\n'
    for kind, more in (
        *((f"{check}_{what}", "share = 0.004") for check in ("inspection", "identification", "screening") for what in ("missing", "backfilled", "after")),
        ("stalled", "share = 0.003"), ("late", "share = 0.002"), ("impossible_travel", 'share = 0.004\nto = "SC-440800"'),
        ("false_signing", "share = 0.004"), ("scan_after_delivery", "share = 0.003"),
    )
)  # fmt: skip
"""Faults of single items, all over the province."""
CROWDS = (
    HEAD
    + """
[[fault]]
kind = "screening_off"
from = "+0 09:00"
until = "+0 17:00"
facility = "SC-440100"
operator = "ZTO"

[[fault]]
kind = "backlog"
from = "+0 16:00"
until = "+1 08:00"
facility = "SC-440600"
share = 0.9

[[fault]]
kind = "unfiled_outlet"
from = "+0 00:00"
until = "+30 00:00"
facility = "DP-440608"

[[fault]]
kind = "impossible_travel"
from = "+0 00:00"
until = "+3 00:00"
to = "SC-440800"
minutes = 20
share = 0.01
operator = "SF"
"""
)
"""Faults of places, that a rule sees by their number."""
FEEDS = (
    HEAD
    + """
[[fault]]
kind = "sender_token"
from = "+0 00:00"
until = "+1 00:00"
facility = "DP-440106"
operator = "SF"

[[fault]]
kind = "silent_feed"
from = "+1 07:00"
until = "+1 19:00"
operator = "YTO"
"""
    + "".join(
        f'[[fault]]\nkind = "{kind}"\nfrom = "+0 06:00"\nuntil = "+2 00:00"\noperator = "{operator}"\nshare = {share}\n'
        for kind, operator, share in (
            ("duplicates", "ZTO", 0.4), ("late_record", "STO", 0.4), ("disorder", "YUNDA", 0.9), ("clock_ahead", "SF", 0.05),
            ("unknown_place", "ZTO", 1.0), ("unmapped", "JT", 1.0),
        )
    )
)  # fmt: skip
"""Faults of feeds: what was done is right, what is told of it is not."""
_AS_RULE = {
    "closed_crossing": "crossing_closed", "duplicates": "feed_repeats", "late_record": "feed_late_record", "clock_ahead": "feed_clock_ahead", "unknown_place": "feed_unknown_place",
    "unmapped": "feed_unmapped",
}  # fmt: skip
"""The rule that speaks of a fault by another name."""
Run = Callable[..., Result]


def province(root: Path, scenario: str, *options: str) -> Run:
    """Runs commands on a store that has taken in a day with this scenario and the register that belongs to it."""
    (root / "scenario.toml").write_text(scenario, encoding="utf-8")

    def one(*arguments: str) -> Result:
        env = {
            "YILU_STORE": str(root / "store"),
            "YILU_KEY_FILE": str(root / "key"),
            "YILU_LANGUAGE": "en",
            "YILU_BUCKETS": "8",
        }
        return CliRunner().invoke(app, list(arguments), env=env)

    days = one(
        "simulate",
        str(root / "days"),
        "--scale",
        str(SCALE),
        "--scenario",
        str(root / "scenario.toml"),
        "--json",
        *options,
    )
    assert days.exit_code == 0, days.output
    assert one("ingest", str(root / "days"), "--json").exit_code == 0
    filings = root / "days" / "truth" / "outlet_filings.csv"
    if filings.exists():
        assert one("feed", "outlet_filings", str(filings)).exit_code == 0
    return one


@pytest.mark.parametrize(
    ("scenario", "rules"),
    [
        (RARE, {"inspection_missing", "identification_missing", "screening_missing", "check_after", "check_backfilled", "stalled", "late",
                "impossible_travel", "false_signing", "scan_after_delivery"}),
        (CROWDS, {"screening_missing", "screening_off", "backlog", "unfiled_outlet", "impossible_travel"}),
    ],
    ids=["rare", "crowds"],
)  # fmt: skip
def test_evidence_is_the_truth_item_by_item(tmp_path: Path, scenario: str, rules: set[str]) -> None:
    """Of every planted fault, knock-on effects included, nothing is missed; nothing else is said; every kind has evidence."""
    run = province(tmp_path, scenario)
    held = run("verify", str(tmp_path / "days" / "truth" / "truth.parquet"), "--json")
    found = json.loads(held.stdout)
    assert held.exit_code == 0 and found["equal"], found
    assert {r["rule"] for r in found["rules"]} == rules
    assert all(r["true"] == r["said"] >= 5 for r in found["rules"]), found


def test_faults_of_feeds_are_the_truth_of_items_and_of_counts(tmp_path: Path) -> None:
    """Two days: a token too often, a feed that is silent, repeats, late and shaken recording, clocks ahead, unknown places, unmapped codes. All that follows,
    of lives that lost scans and of operators' days, is found as it is true, and nothing else."""
    run = province(tmp_path, FEEDS, "--days", "2")
    held = run("verify", str(tmp_path / "days" / "truth" / "truth.parquet"), "--json")
    found = json.loads(held.stdout)
    assert held.exit_code == 0 and found["equal"], found
    assert {r["rule"] for r in found["rules"]} >= {"sender_token", "silent_feed", *SHARES}
    _holds_no_token(tmp_path)
    assert run("retain", "--json").exit_code == 0
    _holds_no_token(tmp_path)
    again = json.loads(run("verify", str(tmp_path / "days" / "truth" / "truth.parquet"), "--json").stdout)
    assert again["equal"], again


def _holds_no_token(root: Path) -> None:
    """No file of the store bears a token, and none but those of tokens has a column for its hash."""
    files = (root / "days").glob("events-*.parquet")
    tokens = {
        t for f in files for t in pq.read_table(f, columns=["sender_token"])["sender_token"].unique().to_pylist() if t
    }
    assert len(tokens) > 50
    for path in (p for p in (root / "store").rglob("*") if p.is_file()):
        if path.suffix != ".parquet":
            continue
        table = pq.read_table(path)
        assert ("token" in table.column_names) <= (path.parent.name == "tokens"), path
        for column in (c for c in table.columns if pa.types.is_string(c.type)):
            assert not tokens & set(column.unique().to_pylist()), path


def test_a_clean_province_raises_nothing(tmp_path: Path) -> None:
    """Four days without faults, looked at as the fourth ends: no rule has anything to say, of items or of counts, that is not provisional still."""
    env = {
        "YILU_STORE": str(tmp_path / "store"),
        "YILU_KEY_FILE": str(tmp_path / "key"),
        "YILU_LANGUAGE": "en",
        "YILU_BUCKETS": "8",
    }
    runner, days = CliRunner(), tmp_path / "days"
    made = runner.invoke(
        app, ["simulate", str(days), "--scale", "0.00005", "--days", "4", "--date", "2025-06-03", "--json"], env=env
    )
    assert made.exit_code == 0
    for file in sorted(days.glob("events-*.parquet")):
        if file.name >= "events-2025-06-07":
            file.unlink()
    assert runner.invoke(app, ["ingest", str(days), "--json"], env=env).exit_code == 0
    found = json.loads(runner.invoke(app, ["alerts", "--all", "--json"], env=env).stdout)["alerts"]
    assert [a for a in found if a["life"] != "provisional"] == []


def test_a_wrong_truth_is_told(tmp_path: Path) -> None:
    """One row of the truth with another second: one piece of evidence is missed and one is false, and the exit code says so."""
    run = province(tmp_path, RARE)
    path = tmp_path / "days" / "truth" / "truth.parquet"
    table = pq.read_table(path)
    first, *rest = table["at"].to_pylist()
    changed = pa.array([first + timedelta(seconds=1), *rest], table.schema.field("at").type)
    pq.write_table(table.set_column(table.schema.get_field_index("at"), "at", changed), path)
    held = run("verify", str(path), "--json")
    found = json.loads(held.stdout)
    assert held.exit_code == 1 and not found["equal"]
    assert [(r["missed"], r["false"]) for r in found["rules"] if r["missed"] or r["false"]] == [(1, 1)]
    seen = run("verify", str(path))
    assert "2 of" in seen.stderr and "differ" in seen.stderr
    assert isinstance(run("verify", str(tmp_path / "scenario.toml")).exception, InputError)


def test_the_province_s_own_scenario_plants_every_rule_of_lives() -> None:
    """The demonstration's scenario plants every kind but what takes weeks; rules of counts, and of periods that a register declares, are not planted in lives."""
    from yilu.twin.scenario import FAULTS, read

    network = load("guangdong")
    given = read(Path(str(network.folder)) / "faults.toml", network)
    assert {f.kind for f in given.faults} == set(FAULTS) - {"outlet_fading"}
    named = {
        "check_after"
        if k.endswith("_after")
        else "check_backfilled"
        if k.endswith("_backfilled")
        else _AS_RULE.get(k, k)
        for k in FAULTS
    }
    assert named - {"disorder"} == set(declared().rules) - {*REGISTERS, *UNUSUAL}
