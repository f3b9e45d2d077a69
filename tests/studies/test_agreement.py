"""Predictions beside rehearsals: equal where they must be, apart where room or the order of queues makes them so; and the command that shows it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from tests.dispatch.small_timetable import DAY, FACILITIES, HANDLING, LANES, ROADS, small
from tests.studies.test_disruption import D1, D2, D3, HOUR, NIGHT, SPARE, _closure, _study, _timetable, _underway
from tests.twin.test_rehearsal import A_DAY, DEMAND
from yilu.cli.app import main
from yilu.dispatch.assignment.day import AssignmentDay, assignment_day
from yilu.dispatch.assignment.solving import solve
from yilu.dispatch.ends import ends
from yilu.dispatch.promise import attained, promises
from yilu.dispatch.spread import Leg, Spread, written
from yilu.dispatch.timetable import timetable
from yilu.errors import InputError
from yilu.network import Network
from yilu.studies.agreement import Kept, of_assignment, of_chances, of_disruption, of_promises, standard_error
from yilu.twin.rehearsal.assigned import following
from yilu.twin.rehearsal.days import days, rehearse
from yilu.twin.rehearsal.moving import Manners
from yilu.twin.rehearsal.stage import stage

SLOW = tuple({**lane, "minutes": 540} if lane["code"] == "out3" else lane for lane in LANES)
"""What leaves for D3 at 06:00 misses its last round of the day, so that promises depend on the hour."""


def _province(folder: Path, **tables: object) -> Network:
    network = small(folder / "p", demand=DEMAND, facilities=FACILITIES[:4], **({"lanes": SLOW} | tables))  # type: ignore[arg-type]
    (folder / "p" / "timetable.toml").write_text(f"items_a_day = {A_DAY}\n", encoding="utf-8")
    return network


def _main(arguments: list[str]) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)


def _assigned(folder: Path, room: int) -> AssignmentDay:
    lanes = tuple({**lane, "capacity_items": room} for lane in LANES)
    network = _province(folder, lanes=lanes)
    return assignment_day(timetable(network, DAY, 7), ends(network))


def test_promises_agree_where_everything_has_room(tmp_path: Path) -> None:
    """Without bounds no item comes at another minute than predicted, so that shares differ by what drawing does; without limits in the timetable rehearsals with and without bounds are one."""
    of = days(_province(tmp_path), DAY, 2000)
    free, bound = (rehearse(of, stage(of.timetable, of.stands_for, room=room)) for room in (False, True))
    found = of_promises(free, bound)
    told = attained(promises(timetable(of.timetable.network, DAY, of.horizon), of.ends, hours=of.accepted.hours))
    assert found.different == 0 and found.unbounded == found.bounded and 0 < told.volume_kept < 1
    whole, level = found.unbounded
    assert (whole.level, level.level, whole.items) == (0, 1, 2 * 2000) and whole.items == level.items
    assert whole.predicted == pytest.approx(told.volume_kept) and all(row.agrees for row in found.unbounded)
    assert (
        abs(whole.rehearsed - whole.predicted) <= 2 / 2000
    )  # two edges between what is kept and what isn't, one item each


def test_shares_that_differ_by_more_than_drawing_does_are_told() -> None:
    """The standard error is that of independent draws; four of them apart is no agreement, two of them is."""
    assert standard_error(0.9, 900) == pytest.approx(0.01) and standard_error(0.5, 0) == 0
    assert Kept(0, 900, 0.9, 0.92, 0.01).agrees and not Kept(0, 900, 0.9, 0.86, 0.01).agrees


def test_probabilities_agree_when_rides_are_drawn(tmp_path: Path) -> None:
    """On lanes that vary widely the probability of keeping a promise is the share of the rehearsed that keep it, within four errors between days; and it isn't the share of days on which rides are as planned."""
    of = days(_province(tmp_path), DAY, 3000, counted=14)
    n = len(of.timetable.network.lanes.code)
    wide = Spread(np.full(n, 1.1), np.full(n, 0.35), np.ones(n, np.bool_))
    run = rehearse(
        of, stage(of.timetable, of.stands_for, room=False, rides=wide, seed=3), Manners(keeps_lane=True, early=True)
    )
    whole, level = of_chances(run, wide)
    assert (whole.level, level.level, whole.items) == (0, 1, 14 * 3000) and 0.001 < whole.error < 0.1
    assert abs(whole.rehearsed - whole.predicted) <= 4 * whole.error
    plain = attained(promises(timetable(of.timetable.network, DAY, of.horizon), of.ends, hours=of.accepted.hours))
    assert abs(plain.volume_kept - whole.predicted) > 0.03


def test_without_spread_chances_are_promises(tmp_path: Path) -> None:
    """Where no ride varies, drawn days and probabilities are those of the plain timetable."""
    of = days(_province(tmp_path), DAY, 2000)
    n = len(of.timetable.network.lanes.code)
    none = Spread(np.ones(n), np.zeros(n), np.ones(n, np.bool_))
    free = rehearse(of, stage(of.timetable, of.stands_for, room=False))
    run = rehearse(of, stage(of.timetable, of.stands_for, room=False, rides=none), Manners(keeps_lane=True, early=True))
    for a, b in zip(of_chances(run, none), of_promises(free, free).unbounded, strict=True):
        assert (a.rehearsed, a.items) == (b.rehearsed, b.items) and a.predicted == pytest.approx(b.predicted)


def test_a_disruption_breaks_what_is_predicted(tmp_path: Path) -> None:
    """Each item for itself: the closed lane of ``test_disruption`` breaks 8 promises by waiting and 3 with new ways, rehearsed as predicted; undisturbed none."""
    of = _timetable(tmp_path, SPARE, NIGHT)
    due = 24 * HOUR + 10 * HOUR
    underway = _underway(of, (D1, 18 * HOUR, D3, due, 8), (D1, 19 * HOUR + 30, D3, due, 4))
    found = _study(of, underway, _closure(of, "lane", "in1", 18 * HOUR + 30, 20 * HOUR))
    told = of_disruption(found, 12)
    assert told.stands_for == 1.0 and told.undisturbed == told.sorted_undisturbed == 0
    assert (told.waiting.predicted, told.waiting.rehearsed, told.first_come.rehearsed) == (8, 8, 8)
    assert (told.new_ways.predicted, told.new_ways.rehearsed) == (3, 3)
    assert told.waiting.error == pytest.approx(np.sqrt(8)) and told.new_ways.error == pytest.approx(np.sqrt(3))


def test_a_closed_place_is_as_the_study_has_it(tmp_path: Path) -> None:
    """Items on a ride to a sort centre that closes, and to a depot that does, come when the study says."""
    of = _timetable(tmp_path)
    rows = ((D1, 9 * HOUR, D3, 24 * HOUR + 7 * HOUR, 2), (D1, 18 * HOUR, D3, 24 * HOUR + 18 * HOUR, 3))
    for place, begins, ends_at in (("S", 11 * HOUR, 15 * HOUR), ("D3", 15 * HOUR, 32 * HOUR)):
        found = _study(of, _underway(of, *rows), _closure(of, "facility", place, begins, ends_at))
        told = of_disruption(found, 5)
        assert (
            told.waiting.rehearsed == told.waiting.predicted == 2 and told.undisturbed == told.sorted_undisturbed == 0
        )
        assert told.new_ways.rehearsed == told.new_ways.predicted


def test_who_waits_longest_goes_first_unless_planned(tmp_path: Path) -> None:
    """Eight items miss a closed departure and are late with the next one, which has room for nine and three planned on. Planned first these are in time, as the study has it; first come first loaded, two of them miss it."""
    lanes = [lane | ({"capacity_items": 9} if lane["code"] == "in1" else {}) for lane in LANES]
    of = timetable(small(tmp_path, lanes=tuple(lanes), road_times=ROADS[:1]), DAY, 6)
    underway = _underway(of, (D1, 18 * HOUR, D3, 34 * HOUR, 8), (D1, 34 * HOUR, D3, 40 * HOUR, 3))
    found = _study(of, underway, _closure(of, "lane", "in1", 18 * HOUR + 30, 20 * HOUR))
    told = of_disruption(found, 11)
    assert (told.waiting.predicted, told.waiting.rehearsed, told.sorted_waiting.rehearsed) == (8, 8, 8)
    assert (told.first_come.predicted, told.first_come.rehearsed) == (8, 10)


def test_full_waves_break_what_the_study_leaves_out(tmp_path: Path) -> None:
    """Where the sort centre sorts two an hour, sixteen items of a closed lane are too many for the wave that the study has them take with ten others; without limits on sorting it is as the study says."""
    sorts = ({**HANDLING[0], "items_an_hour": 2}, *HANDLING[1:])
    of = timetable(small(tmp_path, handling=sorts, road_times=ROADS[:1]), DAY, 6)
    underway = _underway(of, (D1, 18 * HOUR, D3, 35 * HOUR, 16), (D2, 34 * HOUR, D3, 42 * HOUR, 10))
    found = _study(of, underway, _closure(of, "lane", "in1", 18 * HOUR + 30, 20 * HOUR))
    told = of_disruption(found, 26)
    assert told.waiting.predicted == told.waiting.rehearsed == 16
    # The wave of 12:30 takes 19 of 26, those that came first.
    assert told.sorted_waiting.rehearsed == 16 + 7 and told.sorted_undisturbed == 0


def test_a_plan_with_room_is_followed_to_the_item(tmp_path: Path) -> None:
    """Where room doesn't bind, loads of departures follow the plan but for drawing, nothing is left behind, and late is what the plan says."""
    day = _assigned(tmp_path, 5000)
    plan = solve(day.problem)
    found = of_assignment(day, plan, 4000)
    assert found.behind.sum() == 0 and found.apart <= found.apart_by_drawing
    assert found.rehearsed.sum() == pytest.approx(found.planned.sum(), rel=0.01)
    assert abs(found.late.rehearsed - found.late.predicted) <= 3 * found.late.error + found.stands_for
    assert [row.level for row in found.kept] == [0, 1] and all(row.agrees for row in found.kept)


def test_a_tight_plan_is_followed_within_its_room(tmp_path: Path) -> None:
    """Where departures are full, loads still follow the plan, no departure holds more than it takes, and few more come late."""
    day = _assigned(tmp_path, 200)
    plan = solve(day.problem)
    assert plan.spilled > 0
    found = of_assignment(day, plan, round(plan.flows.items.sum()))
    assert found.stands_for == pytest.approx(1, rel=1e-3)
    assert (found.rehearsed <= 200 * found.stands_for + 1).all() and (found.rehearsed >= 195).any()
    assert found.apart < 0.05 and found.late.rehearsed >= found.late.predicted


def test_the_day_that_repeats(tmp_path: Path) -> None:
    """Each day has the first day's departures with their lanes and room; journeys of items are those of the plan, moved by the day."""
    day = _assigned(tmp_path, 200)
    plan = solve(day.problem)
    of = following(day, plan, 500)
    c, n = of.timetable.connections, of.departures
    assert n == int((day.timetable.connections.departs < 1440).sum()) and len(c) == n * of.timetable.days
    assert (c.departs[n : 2 * n] == c.departs[:n] + 1440).all() and (of.timetable.lane[c.row[n : 2 * n]] == of.timetable.lane[c.row[:n]]).all()  # fmt: skip
    assert (np.diff(c.departs) >= 0).all()
    f, m = plan.flows, of.moving
    for i in range(0, len(of.path), 97):
        rides = m.rides[m.first[i] : m.first[i + 1]]
        events = f.events[f.first[of.path[i]] : f.first[of.path[i] + 1]]
        lanes = day.places.lane[events]
        if len(rides):
            assert of.timetable.lane[c.row[rides]].tolist() == lanes[lanes >= 0].tolist()
            assert c.departs[rides[0]] >= m.start[i] and (c.departs[rides[1:]] >= c.ready[rides[:-1]]).all()
            assert c.departs[rides[0]] - m.start[i] <= 1440 and c.target[rides[-1]] == m.destination[i]
    with pytest.raises(InputError, match="days"):
        following(day, plan, 500, counted=20)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small province as a folder, with too little room into D3."""
    lanes = tuple({**lane, "capacity_items": 150} if lane["code"] == "out3" else lane for lane in SLOW)
    _province(tmp_path, lanes=lanes)
    return tmp_path / "p"


def test_the_command_rehearses_days(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`yilu rehearse` tells shares with and without bounds, what leaves most behind, as JSON, files and tables in both languages; the same seed the same."""
    asked = ["rehearse", "--province", str(folder), "--day", DAY.isoformat(), "--items", "1000"]
    assert _main([*asked, "--json", "--out", str(tmp_path / "out")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["different"] == 0 and told["items_a_day"] == 1000 and told["stands_for"] == 1.0
    assert [r["level"] for r in told["levels"]] == ["all", "L1"] and told["levels_unbounded"][0]["agrees"]
    assert told["levels"][0]["rehearsed"] < told["levels_unbounded"][0]["rehearsed"] and not told["in_balance"]
    with (tmp_path / "out" / "departures.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12 and rows[0]["lane"] == "out3" and rows[0]["takes"] == "150" and int(rows[0]["left_behind"]) > 0  # fmt: skip
    assert [r["left_behind"] for r in rows if r["lane"] != "out3"] == ["0"] * 10
    with (tmp_path / "out" / "sorting.csv").open(encoding="utf-8") as file:
        assert {r["facility"] for r in csv.DictReader(file)} == {"S", "D1", "D2", "D3"}
    assert _main([*asked, "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again | {"files": told["files"]} == told


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_command_shows_tables(folder: Path, language: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """Days, a plan and a closure each have a table in the language asked for, whose code names no one had to spell."""
    monkeypatch.setenv("YILU_LANGUAGE", language)
    asked = ["rehearse", "--province", str(folder), "--items", "500"]
    expected = {"zh": ("预测达成率", "配载方案", "失约件"), "en": ("predicted", "by the assignment", "promises broken")}
    closure = ["--facility", "S", "--from", f"{DAY.isoformat()}T11:00"]
    for more, word in zip((["--day", DAY.isoformat()], ["--day", DAY.isoformat(), "--assigned"], closure), expected[language], strict=True):  # fmt: skip
        assert _main([*asked, *more]) == 0
        out = capsys.readouterr().out
        assert word in out and "rehearsal" not in out.lower()


def test_the_command_rehearses_rides_that_vary(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """With learnt legs it tells beside the plain shares those that are expected and rehearsed when rides vary; without, and where no lane is known to vary, none."""
    legs = tmp_path / "legs.csv"
    legs.write_text(written([Leg("", "", "road", 100, 1.1, 1.9)]), encoding="utf-8")
    asked = ["rehearse", "--province", str(folder), "--day", DAY.isoformat(), "--items", "1000"]
    assert _main([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["levels_varying"] == []
    assert _main([*asked, "--json", "--legs", str(legs)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["level"] for row in told["levels_varying"]] == ["all", "L1"]
    assert told["levels_varying"][0]["predicted"] != told["levels"][0]["predicted"]
    assert _main([*asked, "--legs", str(legs)]) == 0
    assert "在途有波动" in capsys.readouterr().out


def test_the_command_rehearses_a_plan_and_a_closure(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON: loads of each departure beside the plan's, and promises that a closure breaks as predicted and rehearsed."""
    asked = ["rehearse", "--province", str(folder), "--items", "1000", "--json"]
    assert _main([*asked, "--assigned", "--day", DAY.isoformat()]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert len(plan["departures"]) == 12 and plan["spilled"] > 0 and plan["loads_apart"] < 0.1
    assert _main([*asked, "--lane", "in1", "--from", f"{DAY.isoformat()}T18:00", "--hours", "17"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["waiting"]["predicted"] > 0
    assert abs(told["waiting"]["rehearsed"] - told["waiting"]["predicted"]) <= 3 * told["waiting"]["error"] + 2 * told["stands_for"]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "word"),
    [
        (["--assigned", "--facility", "S"], "--assigned"),
        (["--assigned", "--out", "x"], "--out"),
        (["--assigned", "--legs", "x"], "--legs"),
        (["--lane", "in1", "--day", "2025-11-11"], "--day"),
        (["--facility", "NONE", "--from", "2025-11-11T11:00"], "facility"),
        (["--items", "0"], "--items"),
        (["--day", "tomorrow"], "--day"),
    ],
)
def test_the_command_refuses(folder: Path, more: list[str], word: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What can't be asked together or isn't there is refused by name, before anything is worked out."""
    assert _main(["rehearse", "--province", str(folder), *more]) in (2, 3)
    assert word in capsys.readouterr().err
