"""``yilu alerts`` and ``yilu indicators`` from outside: what machines and people see, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.both_languages import assert_both
from yilu.cli.app import app
from yilu.cli.ingest import ingest_into
from yilu.run.facts import Facts
from yilu.settings import load
from yilu.twin.plan import DayPlan
from yilu.twin.write import write_day

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs commands on a store of a day that leaves some checks out."""
    root = tmp_path_factory.mktemp("watch")
    facts = Facts(load(store=root / "store", key_file=root / "key", buckets=4))
    write_day(DayPlan(facts.network, date(2025, 6, 3), 4000).with_rates(missing_check=0.01), root / "events")
    ingest_into(facts, str(root / "events"), "yilu", "", shown=False)

    def one(*arguments: str, language: str = "en") -> Result:
        env = {"YILU_STORE": str(root / "store"), "YILU_KEY_FILE": str(root / "key"), "YILU_LANGUAGE": language}
        return CliRunner().invoke(app, list(arguments), env=env)

    return one


def answer(result: Result) -> dict:
    """The JSON that a command printed."""
    assert result.exit_code == 0, result.output
    found: dict = json.loads(result.stdout)
    return found


def test_alerts_count_what_the_cube_of_checks_counts(run: Run) -> None:
    """Evidence of the three missing checks adds up to the cube's missing ones, each check by itself."""
    found = answer(run("alerts", "--all", "--json"))["alerts"]
    checks = {c["check"]: c["missing"] for c in answer(run("status", "--json"))["checks"]}
    for check, rule in (("inspect", "inspection_missing"), ("identify", "identification_missing"), ("screen", "screening_missing")):  # fmt: skip
        assert sum(a["items"] for a in found if a["rule"] == rule) == checks[check]
    assert sum(checks.values()) > 20


def test_one_alert_shows_its_evidence(run: Run) -> None:
    """As many pseudonyms as it counts items; each is an item that `yilu item` knows; what it stands on is said in the reader's language."""
    first = answer(run("alerts", "--json"))["alerts"][0]
    assert "evidence" not in first
    [alone] = answer(run("alerts", first["id"], "--json"))["alerts"]
    assert len(alone["evidence"]) == first["items"]
    assert_both((alone["stands_on"], alone["stands_on_en"]))
    assert answer(run("item", alone["evidence"][0]["item"], "--json"))["journeys"]
    shown = run("alerts", first["id"]).output
    assert alone["evidence"][0]["item"] in shown and alone["stands_on_en"] in shown
    assert alone["stands_on"] not in shown and alone["stands_on"] in run("alerts", first["id"], language="zh").output


def test_alerts_narrow_and_refuse(run: Run) -> None:
    """By rule and operator; an unknown rule, operator or alert is an error with the next step."""
    every = answer(run("alerts", "--json"))["alerts"]
    some = answer(run("alerts", "--rule", "screening_missing", "--operator", "ZTO", "--json"))["alerts"]
    assert some == [a for a in every if a["rule"] == "screening_missing" and a["operator"] == "ZTO"] != []
    for wrong in (("--rule", "weather"), ("--operator", "NOBODY"), ("0123456789abcdef",)):
        refused = run("alerts", *wrong)
        assert refused.exit_code != 0 and wrong[-1] in str(refused.exception)


def test_a_silence_hides_and_a_withdrawn_one_shows_again(run: Run, tmp_path: Path) -> None:
    """Alerts under a silence are not listed, but counted and shown with --all; withdrawn, they are listed again."""
    everything = len(answer(run("alerts", "--json"))["alerts"])
    row = "S-1,screening_missing,,,2025-01-01T00:00:00+08:00,2026-01-01T00:00:00+08:00,"
    head = "silence,rule,operator,facility,silent_from,silent_to,status\n"
    for status in ("declared", "withdrawn"):
        file = tmp_path / f"{status}.csv"
        file.write_text(f"{head}{row}{status}\n", encoding="utf-8")
        assert answer(run("feed", "silences", str(file), "--json"))["counts"]["used"] == 1
        left = answer(run("alerts", "--json"))["alerts"]
        whole = answer(run("alerts", "--all", "--json"))["alerts"]
        quiet = [a for a in whole if a["silenced_by"]]
        assert len(left) + len(quiet) == everything == len(whole)
        assert bool(quiet) == (status == "declared") and all(a["rule"] == "screening_missing" for a in quiet)


def test_a_protected_period_asks_for_more_while_it_is_declared(run: Run, tmp_path: Path) -> None:
    """Letters inspected too, nothing taken for Hainan, a report every day: told while the lines stand, and the cube of checks as before; withdrawn, all is as it was."""
    before, checks = answer(run("alerts", "--all", "--json"))["alerts"], answer(run("status", "--json"))["checks"]
    head = "line,period,protected_from,protected_to,measure,side,area,item_class,operator,status\n"
    times = "2025-06-01T00:00:00+08:00,2025-06-10T00:00:00+08:00"
    lines = (
        "L1,P-2025,{},inspect,,,letter,,{}",
        "L2,P-2025,{},closed,destination,460000,,,{}",
        "L3,P-2025,{},zero_report,,,,ZTO,{}",
    )
    told = {}
    for status in ("declared", "withdrawn"):
        file = tmp_path / f"{status}.csv"
        file.write_text(head + "".join(line.format(times, status) + "\n" for line in lines), encoding="utf-8")
        assert answer(run("feed", "protected_periods", str(file), "--json"))["counts"]["used"] == 3
        told[status] = answer(run("alerts", "--all", "--json"))["alerts"]
        assert answer(run("status", "--json"))["checks"] == checks
    assert told["withdrawn"] == before
    new = [a for a in told["declared"] if a not in before]
    assert {a["rule"] for a in new} == {"protected_check_missing", "protected_acceptance", "zero_report_missing"}
    assert {(a["operator"], a["items"], a["life"]) for a in new if a["rule"] == "zero_report_missing"} == {
        ("ZTO", 0, "firing")
    }
    assert not any(a["facility"].startswith("GW") for a in new if a["rule"] == "protected_acceptance")


def test_a_faulty_line_of_a_period_is_quarantined(run: Run, tmp_path: Path) -> None:
    """File, row, column, value and what was expected, for a measure, an area or a time that can't be; nothing of the line is kept."""
    head = "line,period,protected_from,protected_to,measure,area,status\n"
    rows = (
        ("L1,P-2025,2025-06-01T00:00:00+08:00,2025-06-10T00:00:00+08:00,search,,declared", "measure", "search"),
        ("L2,P-2025,2025-06-01T00:00:00+08:00,2025-06-10T00:00:00+08:00,screen,999999,declared", "area", None),
        ("L3,P-2025,2025-06-11T00:00:00+08:00,2025-06-10T00:00:00+08:00,screen,,declared", "protected_from", None),
        ("L4,P-2025,2025-06-01,2025-06-10T00:00:00+08:00,screen,,declared", "protected_from", "2025-06-01"),
    )
    file = tmp_path / "faulty.csv"
    file.write_text(head + "".join(row + "\n" for row, _, _ in rows), encoding="utf-8")
    found = answer(run("feed", "protected_periods", str(file), "--json"))
    assert found["counts"]["used"] == 0
    for wrong, (number, (_, column, value)) in zip(found["quarantine"], enumerate(rows, 1), strict=True):
        assert (wrong["file"], wrong["row"], wrong["column"]) == ("faulty.csv", number, column) and wrong["expected"]
        assert value is None or wrong["value"] == value


def test_people_see_alerts_in_their_language(run: Run) -> None:
    """Chinese and English, each with nothing of the other in the table's head."""
    chinese, english = run("alerts", language="zh").output, run("alerts", language="en").output
    assert "过机安检缺失" in chinese and "较重" in chinese and "severity" not in chinese
    assert "X-ray screening missing" in english and "serious" in english and "级别" not in english


def test_indicators_by_operator_add_up(run: Run) -> None:
    """Groups of the JSON answer bear codes and add up to the whole; the period is that of the latest event unless a day is given."""
    [whole] = answer(run("indicators", "accepted", "--day", "2025-06-03", "--period", "day", "--json"))["values"]
    parts = answer(run("indicators", "accepted", "--day", "2025-06-03", "--period", "day", "--by", "operator", "--json"))["values"]  # fmt: skip
    assert sum(p["value"] for p in parts) == whole["value"] > 3000
    assert {"ZTO", "SF"} <= {p["operator"] for p in parts}
    month = answer(run("indicators", "accepted", "--compare", "--json"))
    assert (month["from"], month["to"]) == ("2025-06-01", "2025-06-30") and month["basis"] == "monitoring"
    assert month["values"][0]["before"] == 0


def test_indicators_people_see(run: Run) -> None:
    """All indicators with their names in the language that is set; one alone with its basis and source in that language alone."""
    assert "准时率(收寄)" in run("indicators", language="zh").output
    alone = run("indicators", "screening_rate", "--by", "operator").output
    assert "ZTO Express" in alone and "Basis: As inspection rate" in alone
    assert "Source: the plan: the three checks" in alone and "规划三项制度" not in alone


@pytest.mark.parametrize(
    "wrong",
    [("happiness",), ("--by", "weather"), ("--area", "999999"), ("--operator", "X"), ("--day", "yesterday"), ("--day", "2025-06-03", "--until", "2025-06-01")],
)  # fmt: skip
def test_indicators_refuse_what_there_is_not(run: Run, wrong: tuple[str, ...]) -> None:
    """An unknown indicator, group, code or day ends with exit code 2 and names it."""
    refused = run("indicators", *wrong)
    assert refused.exit_code != 0 and refused.exception is not None
    assert getattr(refused.exception, "exit_code", 2) == 2
