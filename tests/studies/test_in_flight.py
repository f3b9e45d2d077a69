"""Items on their way: read from a small simulated store as plain Python places them one by one, and expected from demand so that nothing is lost."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tests.dispatch.small_timetable import DAY, LANES, small
from yilu.cli.app import app
from yilu.dispatch.connections import NEVER
from yilu.dispatch.ends import Ends, ends
from yilu.dispatch.profiles import Profile, profile
from yilu.dispatch.promise import laid_out, weights
from yilu.dispatch.spread import read_legs
from yilu.dispatch.timetable import Timetable, riding_minutes, timetable
from yilu.errors import YiluError
from yilu.items.history import history
from yilu.items.kinds import BY_ID
from yilu.items.reading import Snapshot, table_of_items
from yilu.items.retold import retell
from yilu.items.rules import packed
from yilu.network import Network, load
from yilu.network.default_timetable import with_timetable
from yilu.run.facts import Facts
from yilu.settings import load as load_settings
from yilu.studies.in_flight import (
    UNPLACED,
    arrive_by,
    expected,
    of_facts,
    of_operator,
    open_items,
    placed_items,
    stations,
    unjudged,
)
from yilu.studies.legs import learn, rides
from yilu.twin.day import simulate
from yilu.twin.plan import DayPlan

CUT = datetime(2025, 6, 3, 13, tzinfo=UTC)
"""21:00 in Guangdong: what was accepted through the day is at depots, on lanes, in sort centres and with couriers."""
ITEMS = 4000


def options(root: Path) -> dict[str, str]:
    """Settings of the store."""
    return {
        "YILU_STORE": str(root / "store"),
        "YILU_KEY_FILE": str(root / "key"),
        "YILU_LANGUAGE": "en",
        "YILU_BUCKETS": "4",
    }


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that has taken in what was scanned of a day up to ``CUT``; scans.parquet holds the same."""
    root = tmp_path_factory.mktemp("in-flight")
    plan = DayPlan(load("guangdong"), date(2025, 6, 2), ITEMS)
    scans = pa.concat_tables(list(simulate(plan))).unify_dictionaries().combine_chunks()
    # A piece that bears a number of its own and its place in the shipment besides is a matter of its own.
    pieces = scans.filter(pa.compute.equal(scans["kind"], "piece"))["waybill"]
    scans = scans.filter(pa.compute.invert(pa.compute.is_in(scans["waybill"], pieces.combine_chunks())))
    early = scans.filter(pa.compute.less_equal(scans["at"], pa.scalar(CUT, scans.schema.field("at").type)))
    pq.write_table(early, root / "scans.parquet")
    done = CliRunner().invoke(app, ["ingest", str(root / "scans.parquet"), "--json"], env=options(root))
    assert done.exit_code == 0, done.output
    return root


def opened(root: Path) -> tuple[Snapshot, Timetable, Ends]:
    """The facts and a timetable from the day they end on."""
    facts = Facts(load_settings(store=root / "store", key_file=root / "key", buckets=4))
    network = with_timetable(facts.network, date(2025, 6, 3))
    return facts.read(), timetable(network, date(2025, 6, 3), 10), ends(network)


def plain(
    item: dict[str, Any], since: int, of: Timetable, all_ends: Ends, as_of: int, profiles: dict[int, Profile]
) -> tuple[str, set[tuple[int, int]], int, int]:
    """Where one item is, said item by item: (reason or operator, the (place, ready) where it may stand, destination, due)."""
    network, c = of.network, of.connections
    kind, at = BY_ID[item["last_kind"]].code, int(item["last_at"].timestamp())
    areas = network.area_parent
    target = item["destination"]
    rows = {int(a): n for n, a in enumerate(all_ends.area)}
    while target and target not in rows:
        target = int(areas[target])
    if not target and item["destination"]:
        target = min(
            (a for a in rows if network.area_city[a] == network.area_city[item["destination"]]), key=rows.get, default=0
        )  # type: ignore[arg-type]
    end_facility = int(all_ends.facility[rows[target]]) if target else -1
    place = item["last_place"]
    at_end = place in set(all_ends.facility.tolist())
    if kind in ("out_for_delivery", "attempt", "locker", "station") or (
        at_end and place == end_facility and kind in ("unload", "arrive", "unseal", "unbag", "sort")
    ):
        return "in_delivery", set(), 0, 0
    if not place:
        return "place", set(), 0, 0
    leaving = {int(s) for s in np.unique(c.source)}
    if place not in leaving:
        same = [f for f in sorted(leaving) if network.area_city[network.facility_area[f]] == network.area_city[network.facility_area[place]]]  # fmt: skip
        place = next((f for does in (_does(network, place), 1) for f in same if _does(network, f) == does), 0)
        if not place:
            return "no_lane", set(), 0, 0
    if not target:
        return "destination", set(), 0, 0
    now, minute = -((of.begins - as_of) // 60), -((of.begins - at) // 60)
    if kind in ("sort", "bag", "seal", "load"):
        ready = minute
    elif kind in ("accept", "identify", "inspect") and place in set(all_ends.facility.tolist()):
        ready = int(of.minute(all_ends.leaves(int(np.flatnonzero(all_ends.facility == place)[0]), at)))
    else:
        came = -((of.begins - (min(since, at) if since else at)) // 60)
        ready = int(of.ready(np.array([place]), np.array([max(came, 0)]))[0])
    ready = max(ready, now)
    goal = of.facilities + end_facility
    to_goal = profiles[goal] = profiles.get(goal) or profile(c, goal)
    due = all_ends.arrive_by(rows[target], of, int(item["promise_at"].timestamp())) if item["promise_at"] else unjudged(of)  # fmt: skip
    stands = {(place, ready)}
    if kind == "depart":
        legs = [k for k in np.flatnonzero(c.source == place) if c.departs[k] >= ready]
        comes = {int(k): int(c.arrives[k] if c.target[k] == goal else to_goal.arrivals(int(c.target[k]), c.ready[k : k + 1])[0]) for k in legs}  # fmt: skip
        best = min(comes.values(), default=NEVER)
        if best < NEVER:
            # Of ways that come at once any may be taken; how long a leg takes is the lane's, from when it left.
            stands = set()
            for k in (k for k, comes_at in comes.items() if comes_at == best):
                lane = of.lane[c.row[k : k + 1]].astype(np.int64)
                there = max(minute + int(riding_minutes(network, lane, of.at(np.array([minute])))[0]), now)
                target_place = int(c.target[k])
                stands.add((target_place, there if target_place == goal else int(of.ready(np.array([target_place]), np.array([there]))[0])))  # fmt: skip
    return str(item["operator"]), stands, goal, max(min(due, unjudged(of)), 0)


def _does(network: Network, facility: int) -> int:
    """Customs 2, sorting 1, else 0."""
    kind = network.facilities.kind[network.facilities.id == facility][0]
    return 2 if kind in ("office_of_exchange", "international_centre") else int(network.facility_processing[facility])


def test_facts_are_read_as_plain_python_places_them(store: Path) -> None:
    """Every open item of the store, placed one by one by plain means from what a person can query: the same places, minutes, ends and reasons; departed ones at the end of the same leg."""
    snapshot, of, all_ends = opened(store)
    at, flat, profiles = stations(of, all_ends), packed(snapshot.rules), dict[int, Profile]()
    reasons, by_plain, compared = Counter[str](), Counter[str](), 0
    for bucket in range(snapshot.at.buckets):
        rows = snapshot.rows(bucket)
        placed, left_out, _ = placed_items(open_items(rows, flat), of, all_ends, at, snapshot.as_of)
        reasons.update(left_out)
        mine = iter(zip(placed.kind.tolist(), placed.place.tolist(), placed.ready.tolist(), placed.destination.tolist(), placed.due.tolist(), strict=True))  # fmt: skip
        for item, since in zip(table_of_items(rows, snapshot.rules).to_pylist(), rows["arrived"].tolist(), strict=True):
            if item["outcome"] or not item["last_at"] or item["flags"] & (512 | 1024) or item["item_class"] >= 4:
                continue
            who, stands, goal, due = plain(item, since, of, all_ends, snapshot.as_of, profiles)
            if who in UNPLACED:
                by_plain[who] += 1
                continue
            operator, place, ready, destination, until = next(mine)
            assert (operator, destination, until) == (int(who), goal, due)
            assert (place, ready) in stands, (item, place, ready, stands)
            compared += 1
        assert next(mine, None) is None
    assert {why: reasons[why] for why in UNPLACED} == {why: by_plain[why] for why in UNPLACED}
    assert compared > 500 and reasons["in_delivery"] > 10


def test_as_many_items_are_found_as_scans_tell(store: Path) -> None:
    """DuckDB over the scans themselves: numbers that were accepted and neither delivered nor returned, ended nor replaced by another are all of those placed and left out, by operator."""
    snapshot, of, all_ends = opened(store)
    found = of_facts(snapshot, of, all_ends)
    ids = of.network.operators.index_of_code
    counts = duckdb.sql(f"""
        SELECT operator, count(*) FROM (
            SELECT operator, waybill, bool_or(kind IN ('deliver', 'return', 'lost', 'destroy', 'cancel')) AS over, bool_or(item_class IN ('container', 'vehicle')) AS holds
            FROM read_parquet('{store / "scans.parquet"}')
            WHERE waybill NOT IN (SELECT parent FROM read_parquet('{store / "scans.parquet"}') WHERE kind = 'relabel') GROUP BY ALL
        ) WHERE NOT over AND NOT coalesce(holds, FALSE) AND waybill NOT IN (SELECT container FROM read_parquet('{store / "scans.parquet"}') WHERE container IS NOT NULL) GROUP BY operator
    """).fetchall()  # fmt: skip
    assert int(found.groups.items.sum()) + sum(found.unplaced.values()) == sum(n for _, n in counts)
    alone = {code: of_facts(snapshot, of, all_ends, of_operator(ids[code])) for code, _ in counts}
    assert {code: int(u.groups.items.sum()) + sum(u.unplaced.values()) for code, u in alone.items()} == dict(counts)
    assert found.on_lanes == sum(u.on_lanes for u in alone.values()) > 0


def test_arrive_by_is_that_of_one_end(tmp_path: Path) -> None:
    """For each due moment the last minute of arriving is the one that is found for a single end; without a promise, or beyond the timetable, it can't be judged."""
    of, all_ends = timetable(small(tmp_path), DAY, 6), ends(small(tmp_path))
    due = of.begins + np.arange(0, 5 * 86_400, 4_321)
    for end in range(len(all_ends)):
        one = [all_ends.arrive_by(end, of, int(d)) for d in due]
        assert arrive_by(all_ends, of, np.full(len(due), end), due).tolist() == one
    apart = np.array([0, of.begins + 7 * 86_400])
    assert arrive_by(all_ends, of, np.zeros(2, np.int64), apart).tolist() == [unjudged(of)] * 2


def test_what_is_expected_is_the_demand() -> None:
    """Two days of Guangdong's demand: whole items that add up to the rules' items a day, by origin and destination as the province's weights share them, ready with the couriers' rounds."""
    network = load("guangdong")
    of, all_ends = laid_out(network, date(2025, 11, 11))
    groups = expected(of, all_ends, 2).groups
    share = weights(of.network, all_ends)
    assert groups.items.sum() == pytest.approx(2 * 137_000_000, abs=1) and (groups.items > 0).all()
    row = np.full(2 * of.facilities, -1)
    row[all_ends.facility] = row[of.facilities + all_ends.facility] = np.arange(len(all_ends))
    sums = np.zeros(share.shape)
    np.add.at(sums, (row[groups.place], row[groups.destination]), groups.items)
    assert np.abs(sums - 2 * 137_000_000 * share).max() <= 1.0
    times = {int(of.minute(all_ends.leaves(0, of.begins + 3600 * h))) for h in (8, 12, 19)}
    assert times <= set(groups.ready[groups.place == all_ends.facility[0]].tolist())


def test_the_command_over_facts(store: Path, tmp_path: Path) -> None:
    """A store's items through the command: figures that add up, rows of advice by operator, a CSV and documents in both languages; the closed hub of the plan touches none of the twin's, its sort centre does."""
    run = CliRunner().invoke(app, ["disrupt", "--facility", "SC-440100", "--hours", "8", "--out", str(tmp_path / "out"), "--json"], env=options(store))  # fmt: skip
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    assert told["affected"] == told["other_way"] + told["own_lanes"] + told["no_way"] > 0
    assert told["broken_all_room"] <= told["broken_new_ways"] <= told["affected"]
    rows = [r for r in told["advice"] if r["action"] != "room"]
    assert sum(r["items"] for r in rows) == told["affected"] and all(r["operator"] for r in rows)
    assert not told["expected"] and told["moment"].startswith("2025-06-03T2") and set(told["unplaced"]) == set(UNPLACED)
    names = {Path(f).name for f in told["files"]}
    assert names == {"advice.csv", *(f"disruption-{la}.{form}" for la in ("zh", "en") for form in ("docx", "html"))}
    csv = (tmp_path / "out" / "advice.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(csv) == 1 + len(told["advice"]) and "调度建议" in csv[1]
    one = CliRunner().invoke(app, ["disrupt", "--facility", "SC-440100", "--hours", "8", "--operator", rows[0]["operator"]], env=options(store) | {"YILU_LANGUAGE": "zh"})  # fmt: skip
    assert one.exit_code == 0 and "调度指令" in one.output and "受影响" in one.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--facility", "HUB-1"), ("HUB-1", "yilu network show facilities")),
        (("--lane", "HUB-440100:HUB-1"), ("HUB-440100:HUB-1", "yilu network timetable")),
        (("--area", "999"), ("999", "yilu network show areas")),
        (("--mode", "rocket"), ("rocket", "yilu network show lanes")),
        ((), ("--facility CODE",)),
        (("--facility", "SC-440100", "--from", "tomorrow"), ("tomorrow", "2025-11-11T20:00")),
        (("--facility", "SC-440100", "--from", "2020-01-01T08:00"), ("2020-01-01T08:00", "--expected")),
        (("--facility", "SC-440100", "--operator", "NOBODY"), ("NOBODY", "yilu network show operators")),
        (("--facility", "SC-440100", "--operator", "SF", "--expected"), ("--operator", "leave one")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(store: Path, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    """A code, lane, mode, time or operator that isn't there is named together with the next step, before anything is worked out."""
    run = CliRunner().invoke(app, ["disrupt", *arguments], env=options(store))
    assert isinstance(run.exception, YiluError) and run.exception.exit_code in (2, 3)
    said = str(run.exception) + run.exception.next_step
    assert all(word in said for word in words), said


def test_the_command_over_expected_items(tmp_path: Path) -> None:
    """A province with demand and no store: half its items a day go from the first city to the third, whose lane closes; figures and words say that they are expected."""
    shares = [{"origin": "C1", "destination": "C3", "share": 0.5}, {"origin": "C2", "destination": "C1", "share": 0.5}]
    province = tmp_path / "province"
    province.mkdir()
    small(province, demand=shares, lanes=[lane | {"capacity_items": 2_000} for lane in LANES])
    (province / "timetable.toml").write_text("items_a_day = 1_200\n", encoding="utf-8")
    asked = ["disrupt", "--expected", "--province", str(province), "--lane", "S:D3", "--from", "2025-11-11T05:00", "--hours", "6"]  # fmt: skip
    run = CliRunner().invoke(app, [*asked, "--json"], env=options(tmp_path))
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    # Rounds at 09:50 and 17:30 miss the 10:30 truck: the one of 19:00 takes what was accepted from 18:00 the day before until 17:00, a day's worth, to lie sorted at S for the departure of 06:00.
    before = 12 * 50
    assert told["expected"] and told["affected"] == before and told["own_lanes"] == before and told["broken_all_room"] == told["broken_waiting"]  # fmt: skip
    assert told["advice"][0]["facility"] == "S" and told["advice"][0]["departs"] == "2025-11-11T13:30:00+01:00"
    shown = CliRunner().invoke(app, asked, env=options(tmp_path))
    assert shown.exit_code == 0 and "Affected" in shown.output and "Wait for their own lanes" in shown.output


def test_legs_are_learnt_from_a_store(store: Path, tmp_path: Path) -> None:
    """`yilu legs` counts every ride that a plain walk over each item's history finds, and writes a table that `yilu promise` takes; modes hold the rides of their pairs."""
    run = CliRunner().invoke(app, ["legs", str(tmp_path / "legs.csv"), "--json"], env=options(store))
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    facts, of, _ = opened(store)
    learnt = learn(facts, of)
    assert (told["rides"], told["rows"]) == (learnt.rides, len(learnt.legs))
    pairs = [leg for leg in learnt.legs if leg.source]
    assert learnt.rides == learnt.no_lane + learnt.several_modes + sum(leg.items for leg in pairs) > 1000
    assert sum(leg.items for leg in learnt.legs if not leg.source) == sum(leg.items for leg in pairs) > 0
    keys = np.sort(np.concatenate([facts.rows(b)["key"] for b in range(4)]))[:150]
    events = retell(facts.events(keys), packed(facts.rules)).events
    found = rides(*(np.ascontiguousarray(getattr(events, name)) for name in ("key", "at", "kind", "place")))
    plainly = list[tuple[int, int, int, int]]()
    for key in keys:
        left = None
        for event in [e for e in history(facts, int(key)).events.to_pylist() if e["counts"] and e["place"]]:
            kind = BY_ID[event["kind"]].code
            if kind == "depart":
                left = (event["place"], event["at"])
            elif left and event["place"] != left[0]:
                if kind in ("unload", "arrive", "unseal", "unbag", "sort") and event["at"] > left[1]:
                    plainly.append((left[0], event["place"], left[1], event["at"]))
                left = None
    assert Counter(zip(*(c.tolist() for c in (found.source, found.target, found.left, found.reached)), strict=True)) == Counter(plainly)  # fmt: skip
    assert read_legs(tmp_path / "legs.csv") and len(plainly) > 50


def test_resilience_over_facts(store: Path, tmp_path: Path) -> None:
    """Losses of a store's items: the sort centre's costs what `yilu disrupt` says from the same moment; ranked, with each duration; a CSV with both names; a kind that is none is refused."""
    asked = [
        "resilience",
        "--kind",
        "sort_centre",
        "--lanes",
        "3",
        "--hours",
        "8",
        "--pairs",
        "2",
        "--out",
        str(tmp_path / "out"),
    ]
    run = CliRunner().invoke(app, [*asked, "--json"], env=options(store))
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    one = next(r for r in told["losses"] if r["code"] == "SC-440100")
    same = CliRunner().invoke(app, ["disrupt", "--facility", "SC-440100", "--hours", "8", "--json"], env=options(store))
    said = json.loads(same.stdout)
    assert told["begins"] == said["moment"] and not told["expected"] and one["affected"] > 0
    assert [one[n] for n in ("affected", "broken_waiting", "broken_new_ways", "stuck_new_ways")] == [said[n] for n in ("affected", "broken_waiting", "broken_new_ways", "no_way")]  # fmt: skip
    assert [r["rank"] for r in told["losses"]] == list(range(1, len(told["losses"]) + 1)) and len(told["pairs"]) == 2
    lines = (tmp_path / "out" / "resilience.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 1 + len(told["losses"]) and (tmp_path / "out" / "pairs.csv").exists()
    refused = CliRunner().invoke(app, ["resilience", "--kind", "castle"], env=options(store))
    assert isinstance(refused.exception, YiluError) and "castle" in str(refused.exception)


def test_resilience_over_expected_items(tmp_path: Path) -> None:
    """A province with demand: on a day with twice the items twice as many are affected by the same loss, where there is room for all; words in both languages say that they are expected."""
    shares = [{"origin": "C1", "destination": "C3", "share": 0.5}, {"origin": "C2", "destination": "C1", "share": 0.5}]
    province = tmp_path / "province"
    province.mkdir()
    small(province, demand=shares)
    (province / "timetable.toml").write_text("items_a_day = 1_200\n", encoding="utf-8")
    asked = ["resilience", "--expected", "--province", str(province), "--from", "2025-11-11T05:00"]
    told = [json.loads(CliRunner().invoke(app, [*asked, "--json", "--load", load], env=options(tmp_path)).stdout) for load in ("1", "2")]  # fmt: skip
    rows = [{(r["kind"], r["code"], r["hours"]): r["affected"] for r in t["losses"]} for t in told]
    assert rows[0].keys() == rows[1].keys() and {r["hours"] for r in told[0]["losses"]} == {1.0, 24.0}
    assert all(2 * n == rows[1][k] for k, n in rows[0].items()) and any(rows[0].values())
    for language, words in (("en", ("What losses cost", "expected from demand")), ("zh", ("失效代价", "按需求推算"))):
        shown = CliRunner().invoke(app, asked, env=options(tmp_path) | {"YILU_LANGUAGE": language})
        assert shown.exit_code == 0 and all(word in shown.output for word in words), shown.output
