"""A timetable laid out: which departures there are, when they come, when what they bring can leave again, who may ride."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tests.dispatch.small_timetable import DAY, small
from tests.network.province_folders import Rows
from yilu.dispatch.connections import NEVER
from yilu.dispatch.scan import earliest
from yilu.dispatch.timetable import Timetable, ready_at, riding, timetable
from yilu.errors import InputError


def _told(of: Timetable) -> list[tuple[str, str, str]]:
    """(lane, departure, arrival) of every connection, in UTC."""
    codes, c = of.network.lanes.code, of.connections
    utc = [
        [f"{datetime.fromtimestamp(int(t), ZoneInfo('UTC')):%m-%d %H:%M}" for t in of.at(column)]
        for column in (c.departs, c.arrives)
    ]
    return [(str(codes[of.lane[r]]), *times) for r, *times in zip(c.row, *utc, strict=True)]  # type: ignore[misc]


def _lane(**more: object) -> dict[str, object]:
    return {
        "code": "x",
        "source_facility": "S",
        "target_facility": "G",
        "mode": "rail",
        "departures": "09:00",
        "minutes": 100,
        **more,
    }


def test_departures_are_those_of_the_days_on_which_a_lane_runs(tmp_path: Path) -> None:
    """Weekdays, a period, skipped days: 2025-11-10 is a Monday."""
    lanes: Rows = [
        _lane(code="every"), _lane(code="monday", weekdays="mon"), _lane(code="from", valid_from="2025-11-12"), _lane(code="until", valid_to="2025-11-11"),
        _lane(code="but", skips="2025-11-11;2025-11-12"),
    ]  # fmt: skip
    of = timetable(small(tmp_path / "p", lanes=lanes), date(2025, 11, 10), 3)
    days = {
        lane: [told[1][:5] for told in _told(of) if told[0] == lane]
        for lane in ("every", "monday", "from", "until", "but")
    }
    assert days == {
        "every": ["11-10", "11-11", "11-12"], "monday": ["11-10"], "from": ["11-12"], "until": ["11-10"], "but": ["11-10"],
    }  # fmt: skip


def test_an_overnight_departure_arrives_on_the_next_day(tmp_path: Path) -> None:
    """23:50 in Berlin with 100 minutes by rail arrives at 01:30 of the next local day, and connects to what leaves then."""
    lanes: Rows = [
        _lane(code="in", source_facility="D1", target_facility="S", departures="23:50"),
        _lane(code="on", departures="03:45"),
    ]
    of = timetable(small(tmp_path / "p", lanes=lanes), DAY, 2)
    assert ("in", "11-11 22:50", "11-12 00:30") in _told(of)
    tree = earliest(of.connections, 2, 23 * 60)
    assert tree.ready[1] == 24 * 60 + 3 * 60 + 45  # the wave of 03:00 takes 45 minutes
    assert tree.arrives[of.facilities + 5] == 24 * 60 + 3 * 60 + 45 + 100


def test_departures_of_a_zone_abroad_follow_its_own_daylight_saving(tmp_path: Path) -> None:
    """A lane written in New York's time leaves at 13:00 UTC in summer and at 14:00 from 2 November 2025 on; Berlin's own changed a week before."""
    lanes: Rows = [_lane(code="there", time_zone="America/New_York"), _lane(code="here")]
    of = timetable(small(tmp_path / "p", lanes=lanes), date(2025, 10, 25), 9)
    times = {lane: [told[1] for told in _told(of) if told[0] == lane] for lane in ("there", "here")}
    assert [t[6:] for t in times["there"]] == ["13:00"] * 8 + ["14:00"]
    assert [t[6:] for t in times["here"]] == ["07:00"] + ["08:00"] * 8


def test_what_arrives_can_leave_when_a_plain_reading_of_the_rules_says(tmp_path: Path) -> None:
    """Opening, customs, then the next wave or the minutes of sorting, minute by minute; and never earlier for what comes later."""
    handling: Rows = [
        {"kind": "sort_centre", "opens": "05:00", "closes": "01:00", "customs_minutes": 25, "waves": "03:00;12:30;22:00", "wave_minutes": 45},
        {"kind": "depot", "opens": "06:00", "closes": "22:00", "sort_minutes": 20},
        {"facility": "D3", "sort_minutes": 7},
    ]  # fmt: skip
    network = small(tmp_path / "p", handling=handling)
    of = timetable(network, DAY, 1)
    minute = np.arange(0, 2880)

    def ready(facility: int) -> np.ndarray:
        at = ready_at(network, of.handled, np.full(len(minute), facility), of.at(minute))
        return of.minute(at)

    def plain(m: int, opens: int, closes: int, customs: int, waves: tuple[int, ...], take: int) -> int:
        while not (opens <= m % 1440 < closes if opens < closes else m % 1440 >= opens or m % 1440 < closes):
            m += 1
        m += customs
        while waves and m % 1440 not in waves:
            m += 1
        return m + take

    assert ready(1).tolist() == [plain(m, 300, 60, 25, (180, 750, 1320), 45) for m in minute.tolist()]
    assert ready(2).tolist() == [plain(m, 360, 1320, 0, (), 20) for m in minute.tolist()]
    assert ready(4).tolist() == [m + 7 for m in minute.tolist()]
    assert ready(5).tolist() == [m + 1 for m in minute.tolist()]  # nothing is said of gateways
    assert all((np.diff(ready(f)) >= 0).all() for f in (1, 2, 4, 5))


def test_an_item_rides_its_own_carrier_s_lanes_and_those_of_its_alliance(tmp_path: Path) -> None:
    """Everybody's lanes, one's own, those of the brand above a branch; an alliance's for its members alone; without a carrier all are pooled."""
    lanes: Rows = [
        _lane(code="all"), _lane(code="a", operator="A"), _lane(code="b", operator="B"), _lane(code="a-pact", operator="A", alliance="pact"),
        _lane(code="b-pact", operator="B", alliance="pact"), _lane(code="c", operator="C"), _lane(code="a1", operator="A1"),
    ]  # fmt: skip
    network = small(tmp_path / "p", lanes=lanes)

    def of(operator: str | None) -> set[str]:
        return set(network.lanes.code[riding(network, operator)].tolist())

    assert of(None) == {"all", "a", "b", "a-pact", "b-pact", "c", "a1"}
    assert of("A") == {"all", "a", "a-pact", "b-pact"}
    assert of("A1") == {"all", "a", "a1", "a-pact", "b-pact"}
    assert of("B") == {"all", "b", "a-pact", "b-pact"}
    assert of("C") == {"all", "c"}
    with pytest.raises(InputError, match="operator"):
        of("Z")


def test_goods_kept_from_a_mode_take_another_or_none(tmp_path: Path) -> None:
    """Lithium cells are kept from the air: by rail they come later, and where only aircraft fly they never come."""
    lanes: Rows = [
        _lane(code="fly", mode="belly", minutes=60),
        _lane(code="rail", minutes=600),
        _lane(code="back", source_facility="G", target_facility="S", mode="freighter"),
    ]
    of = timetable(small(tmp_path / "p", lanes=lanes), DAY, 2)
    place = of.facilities + 5
    for without, minutes in ((frozenset[str](), 60), (frozenset({"belly", "freighter"}), 600)):
        assert earliest(of.usable(None, without).connections, 1, 0).arrives[place] == 9 * 60 + minutes
    assert (
        earliest(of.usable(None, frozenset({"belly", "freighter", "rail"})).connections, 1, 0).arrives[place] == NEVER
    )


def test_nothing_is_passed_on_through_a_depot_and_a_county_s_own_items_are_sorted(tmp_path: Path) -> None:
    """From a depot to itself the way leads over the sort centre; a depot that is reached is no way to another."""
    of = timetable(small(tmp_path / "p"), DAY, 3)
    tree = earliest(of.connections, 2, 10 * 60)
    to_itself = [of.network.lanes.code[of.lane[of.connections.row[c]]] for c in tree.journey(of.facilities + 2)]
    assert to_itself == ["in1", "out1"]
    assert tree.arrives[2] == 10 * 60 and (tree.arrives[[3, 4]] == NEVER).all()


def test_costs_and_carbon_are_rounded_up_and_spread_over_a_full_departure(tmp_path: Path) -> None:
    """Tenths of a yuan and tens of grams; a lane without limit has no share of its fixed cost."""
    lanes: Rows = [
        _lane(code="full", capacity_items=1000, fixed_cost=123, item_cost=0.5, carbon_g=41),
        _lane(code="open", fixed_cost=123, item_cost=0.5, departures="10:00"),
    ]
    of = timetable(small(tmp_path / "p", lanes=lanes), DAY, 1)
    assert of.connections.cost.tolist() == [7, 5] and of.connections.carbon.tolist() == [5, 0]
    assert of.room.tolist() == [1000, np.iinfo(np.int64).max]


def test_a_timetable_that_cannot_be_laid_out_says_why(tmp_path: Path) -> None:
    """No lanes, no days, too many days."""
    network = small(tmp_path / "p")
    for days in (0, 32):
        with pytest.raises(InputError, match="1 to 31"):
            timetable(network, DAY, days)
    with pytest.raises(InputError, match="lanes"):
        timetable(small(tmp_path / "q", lanes=[]), DAY, 1)
