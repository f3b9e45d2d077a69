"""A province's day as a problem, and what is made of its plan: held against the promises of the same timetable, and against sums over paths."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from tests.dispatch.small_timetable import DAY, FACILITIES, HANDLING, LANES, small
from yilu.cli.app import main
from yilu.cli.assign_tables import HEADS
from yilu.dispatch.assignment.advice import ADD, ENLARGE, advice, bottlenecks, returns, rows
from yilu.dispatch.assignment.day import AssignmentDay, Kind, assignment_day
from yilu.dispatch.assignment.load_plan import bagging, followed, load_plan
from yilu.dispatch.assignment.plan import AssignmentPlan
from yilu.dispatch.assignment.pricing import Prices, by_sweep, journeys
from yilu.dispatch.assignment.solving import solve
from yilu.dispatch.ends import Ends, ends
from yilu.dispatch.promise import attained, laid_out, promises
from yilu.dispatch.timetable import handled_by, timetable
from yilu.errors import InputError
from yilu.network import load
from yilu.network.default_timetable import with_timetable
from yilu.network.timetable_rules import timetable_rules

DEMAND = tuple({"origin": f"C{i}", "destination": f"C{j}", "share": 0.2 if i < j else 0.1} for i in (1, 2, 3) for j in (1, 2, 3) if i != j) + ({"origin": "C1", "destination": "C1", "share": 0.1},)  # fmt: skip
TIGHT = tuple({**lane, "capacity_items": 300} for lane in LANES)
SORTS = ({**HANDLING[0], "items_an_hour": 60}, *HANDLING[1:])
ITEMS = 1000


def _day(folder: Path, **tables: object) -> AssignmentDay:
    network = small(folder / "p", demand=DEMAND, facilities=FACILITIES[:4], **tables)  # type: ignore[arg-type]
    (folder / "p" / "timetable.toml").write_text(f"items_a_day = {ITEMS}\n", encoding="utf-8")
    return assignment_day(timetable(network, DAY, 7), ends(network))


@pytest.fixture
def tight(tmp_path: Path) -> AssignmentDay:
    """The small province with too little room."""
    return _day(tmp_path, lanes=TIGHT, handling=SORTS)


@pytest.fixture
def plan(tight: AssignmentDay) -> AssignmentPlan:
    """Its plan."""
    return solve(tight.problem)


def test_without_limits_what_is_late_is_what_promises_say_isnt_kept() -> None:
    """On Guangdong's generated timetable, at no prices, each hour's items of each pair come late exactly where the earliest journey of ``promises`` does."""
    timetable_, all_ends = laid_out(load("guangdong"), date(2025, 11, 11))
    some = Ends(all_ends.network, *(getattr(all_ends, n)[::5] for n in ("area", "facility", "collects", "delivers")))
    day = assignment_day(timetable_, some)
    of = day.problem
    found = journeys(of, by_sweep(of), Prices(np.zeros(len(of.capacity)), 1e9, 1e6, 1.0))
    promised = promises(timetable_, some)
    share = attained(promised).volume_kept
    weight = (promised.weight[..., None] * promised.promised).sum() / (promised.weight.sum() * len(promised.hours))
    c, network = of.commodities, some.network
    to = network.facility_area[of.sweeps.end[c.sweep]]
    counts = network.level_of_pair[some.area[c.origin], to] > 0
    late = float(c.items @ (counts & (found.late | found.spilled)))
    assert np.isclose(late / of.items, (1 - share) * weight, rtol=1e-9)


def test_generated_facilities_sort_all_that_their_lanes_bring() -> None:
    """At every facility with a limit, items sorted within the rules' hours are at least what all its lanes can bring a day."""
    network = with_timetable(load("guangdong"), date(2025, 11, 11))
    hours, handled, lanes = timetable_rules(network.folder)["sorting_hours"], handled_by(network), network.lanes
    brought = np.zeros(len(handled))
    target = [network.facilities.index_of_code[str(code)] for code in lanes.target_facility]
    np.add.at(
        brought, target, [len(t.split(";")) * c for t, c in zip(lanes.departures, lanes.capacity_items, strict=True)]
    )
    an_hour = np.where(handled >= 0, network.handling.items_an_hour[handled], 0)
    limited = an_hour > 0
    assert limited.sum() > 40 and (an_hour[limited] * hours >= brought[limited]).all()


def test_rows_are_the_departures_and_waves_with_what_they_take(tight: AssignmentDay) -> None:
    """Twelve departures with their lanes' room; three waves, each with an hour's items for as long as it is since the last."""
    p = tight.places
    assert (tight.problem.capacity[p.row_lane >= 0] == 300).all() and (p.row_lane >= 0).sum() == 12
    waves = np.flatnonzero(p.row_lane < 0)
    assert dict(zip(p.row_minute[waves].tolist(), tight.problem.capacity[waves].tolist(), strict=True)) == {180: 300.0, 750: 570.0, 1320: 570.0}  # fmt: skip
    assert tight.problem.items == pytest.approx(ITEMS)


def test_loads_are_sums_over_paths_and_nothing_is_overloaded(tight: AssignmentDay, plan: AssignmentPlan) -> None:
    """Items of paths by the events that they use, carried and spilled together all items of the day, and spilled proven."""
    f, of = plan.flows, tight.problem
    by_hand = np.zeros(len(of.capacity))
    for p in range(len(f)):
        for event in f.events[f.first[p] : f.first[p + 1]]:
            if of.events.row[event] >= 0:
                by_hand[of.events.row[event]] += f.items[p]
    assert np.allclose(by_hand, plan.load) and (plan.load <= of.capacity + 1e-6).all()
    assert 0 < plan.spilled < of.items and np.isclose(f.items.sum() + plan.spilled, of.items)
    assert plan.gap_items < 1e-6 and plan.gap_cost < 1e-6


def test_a_load_plan_has_one_row_a_wave_destination_and_kind_and_can_be_followed(tight: AssignmentDay, plan: AssignmentPlan) -> None:  # fmt: skip
    """Rows are unique, hold all that leaves after waves, name departures of the wave's facility; followed, nothing else leaves sorting places, and it is no better than proven."""
    lp, bags = load_plan(plan, tight.places), bagging(plan, tight.places)
    keys = set(zip(lp.wave.tolist(), lp.end.tolist(), lp.kind.tolist(), strict=True))
    assert len(keys) == len(lp) > 0 and (lp.by_primary >= lp.by_overflow).all()
    assert (tight.places.lane[lp.wave] < 0).all() and (tight.places.lane[lp.primary] >= 0).all()
    assert (tight.places.facility[lp.primary] == tight.places.facility[lp.wave]).all()
    assert np.isclose(lp.items.sum(), bags.items.sum()) and np.isclose(lp.items.sum(), plan.flows.items.sum())
    kept = followed(plan, lp, tight.places)
    used = set(kept.flows.events.tolist())
    sorts = {e for e in used if tight.places.lane[e] >= 0 and tight.places.facility[e] == tight.places.facility[lp.wave[0]]}  # fmt: skip
    assert sorts <= {*lp.primary.tolist(), *lp.overflow.tolist()}
    assert (kept.load <= tight.problem.capacity + 1e-6).all() and kept.spilled >= plan.bounds.spilled - 1e-6


def test_more_room_where_a_price_stands_saves_what_it_says_at_most(tight: AssignmentDay, plan: AssignmentPlan) -> None:
    """Of each row with a price, ten items more of room save no more than ten times the price, plans that spill and delay no more being compared."""
    r = rows(plan)
    priced = np.flatnonzero(r.price > 1e-6)
    assert len(priced) and np.allclose(r.factor[priced], 1.0, atol=1e-6)
    for row in priced[:4]:
        wider = tight.problem.capacity + 10.0 * (np.arange(len(r.price)) == row)
        other = replace(plan, problem=replace(tight.problem, capacity=wider))
        prices = plan.prices
        order = by_sweep(tight.problem)
        found = journeys(other.problem, order, prices)
        least = float(tight.problem.commodities.items @ found.value) - float(wider @ prices.rows) - prices.spill * plan.spilled - prices.late * plan.late  # fmt: skip
        assert least == pytest.approx(plan.bounds.cost - 10 * r.price[row], abs=1e-4)


def test_advice_names_full_rows_and_empty_departures(tight: AssignmentDay, plan: AssignmentPlan) -> None:
    """What is to be added or enlarged is full and priced, what is to be cancelled nearly empty; returns count each pair once; bottlenecks are full."""
    found, r = advice(tight, plan), rows(plan)
    wider = np.isin(found.what, [ADD, ENLARGE])
    assert (r.factor[found.row[wider]] > 0.99).all() and (r.factor[found.row[~wider]] <= 0.15).all()
    assert (np.diff(found.yuan) <= 1e-9).all()
    back = returns(tight, plan)
    assert len(back.a) == 3 and np.isclose((back.room_there + back.room_back).sum(), 12 * 300)
    assert (r.factor[bottlenecks(r, 5)] > 0.99).all()


def test_goods_kept_from_a_mode_never_ride_it(tmp_path: Path) -> None:
    """Half of the items may not go by rail: none of theirs does, some of the others' do."""
    rail = tuple({**lane, "code": lane["code"] + "r", "mode": "rail", "minutes": 20, "capacity_items": 100_000} for lane in LANES)  # fmt: skip
    made = _day(tmp_path, lanes=(*TIGHT, *rail))
    kinds = (Kind("any", share=0.5), Kind("no rail", "", frozenset({"rail"}), 0.5))
    day = assignment_day(made.timetable, made.ends, kinds)
    f = solve(day.problem).flows
    kind = day.problem.sweeps.kind[day.problem.commodities.sweep[f.commodity[f.path_of_use]]]
    lane = day.places.lane[f.events]
    by_rail = (lane >= 0) & (day.timetable.network.lanes.mode[np.maximum(lane, 0)] == "rail")
    assert by_rail[kind == 0].any() and not by_rail[kind == 1].any()


def test_kinds_without_a_share_or_of_an_unknown_mode_are_refused(tmp_path: Path) -> None:
    """No share at all, and a mode that no timetable has."""
    day = _day(tmp_path)
    with pytest.raises(InputError, match="shares"):
        assignment_day(day.timetable, day.ends, (Kind("none", share=0.0),))
    with pytest.raises(InputError, match="modes of"):
        assignment_day(day.timetable, day.ends, (Kind("any", "", frozenset({"balloon"})),))


def test_the_command_writes_its_tables_and_says_the_same_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """Every table of the declaration with its columns; items of paths and spilled add up to the day's; a folder that has tables is refused."""
    _day(tmp_path, lanes=TIGHT, handling=SORTS)
    command = ["assign", str(tmp_path / "p"), "--day", DAY.isoformat(), "--unsplit", "--out", str(tmp_path / "out"), "--json"]  # fmt: skip
    with pytest.raises(SystemExit) as left:
        main(command)
    told = json.loads(capsys.readouterr().out)
    assert left.value.code in (0, None) and told["items"] == pytest.approx(ITEMS)
    items = 0.0
    for table, heads in HEADS.items():
        with (tmp_path / "out" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            read = list(csv.DictReader(file))
        assert told["written"][f"{table}.csv"] == len(read)
        assert not read or tuple(read[0]) == heads
        items += sum(float(row["items"]) for row in read) if table in ("paths", "spilled") else 0.0
    assert items == pytest.approx(ITEMS, abs=0.1)
    assert told["unsplit"]["spilled"] >= told["split"]["spilled"] - 1e-3
    with pytest.raises(SystemExit) as again:
        main(command)
    assert again.value.code not in (0, None)


def test_the_command_shows_plans_bottlenecks_and_changes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For people: a table of plans in their language, and what is short."""
    _day(tmp_path, lanes=TIGHT, handling=SORTS)
    with pytest.raises(SystemExit) as left:
        main(["assign", str(tmp_path / "p"), "--day", DAY.isoformat()])
    shown = capsys.readouterr().out
    assert left.value.code in (0, None) and "可拆分" in shown and "瓶颈" in shown
