"""Shares and profiles: the day looks like the demand and the rates it is made from."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from twin_days import DAY, ITEMS, Day, joined

from yilu.items import s10
from yilu.network import Network
from yilu.twin.compile import PROFILE
from yilu.twin.day import simulate_events
from yilu.twin.plan import DayPlan


def near(count: float, share: float, of: int, sigmas: float = 4.5) -> bool:
    """Whether a count fits a share of ``of`` independent trials."""
    return abs(count - share * of) <= sigmas * np.sqrt(of * share * (1 - share)) + 1


def test_markets_and_directions_follow_demand(day: Day, ask: Any) -> None:
    """Same-city, intercity, cross-border, inbound and outbound shares are those of the network's demand."""
    n, d = day.plan.network, day.plan.network.demand
    ids = n.areas.index_of_code
    rows = ask(
        "select origin, destination, count(distinct operator || waybill) from e where kind = 'accept' group by all"
    )
    origin, destination = (np.array([ids[r[i]] for r in rows]) for i in (0, 1))
    many = np.array([r[2] for r in rows])
    assert many.sum() == ITEMS
    crosses = n.area_beyond_customs[origin] != n.area_beyond_customs[destination]
    same = n.area_city[origin] == n.area_city[destination]
    for got, share in (
        (many[same].sum(), d.share[d.market == 0].sum()),
        (many[crosses].sum(), d.share[d.market == 2].sum()),
        (many[~n.area_inside[origin]].sum(), d.share[~n.area_inside[d.origin]].sum()),
        (many[~n.area_inside[destination]].sum(), d.share[~n.area_inside[d.destination]].sum()),
    ):
        assert near(got, float(share), ITEMS), (got, share)


def test_each_city_sends_its_share(day: Day, ask: Any) -> None:
    """Acceptances by city follow demand, city by city."""
    n, d = day.plan.network, day.plan.network.demand
    ids = n.areas.index_of_code
    got = np.zeros(len(n.area_city))
    for code, many in ask(
        "select origin, count(distinct operator || waybill) from e where kind = 'accept' group by all"
    ):
        got[n.area_city[ids[code]]] += many
    wanted = np.bincount(n.area_city[d.origin], d.share, len(got))
    assert all(near(a, b, ITEMS, 5) for a, b in zip(got, wanted, strict=True))


def test_acceptances_follow_the_hours(ask: Any) -> None:
    """Items of a day are spread over its hours exactly as the profile says, to one item an hour."""
    rows = dict(
        ask(
            "select (t + 8 * 3600) % 86400 // 3600 h, count(distinct operator || waybill) from e where kind = 'accept' group by 1"
        )
    )
    wanted = ITEMS * np.array(PROFILE) / sum(PROFILE)
    assert max(abs(rows[h] - wanted[h]) for h in range(24)) <= 2


def test_disorder_is_as_planned(day: Day, ask: Any) -> None:
    """Late records, repeats, conflicts and unknown places come at their rates."""
    rates, items = day.plan.rates, "coalesce(item_class, '') <> 'container'"
    total = ask(f"select count(*) from e where {items}")[0][0]
    same = "operator, waybill, kind, facility, t, piece"
    late = ask(f"select count(*) from (select 1 from e where {items} group by {same} having min(rec) - min(t) > 600)")[
        0
    ][0]
    repeated = ask(f"""select sum(n - 1) from (select count(*) n from e where {items}
        group by operator, waybill, kind, facility, t, piece, weight_g) where n > 1""")[0][0]
    conflicts = ask(
        "select count(*) from (select 1 from e where kind = 'accept' group by operator, waybill having count(distinct weight_g) > 1)"
    )
    assert near(late, rates.late_record, total, 6)
    assert near(repeated, rates.repeat, total, 6)
    assert near(conflicts[0][0], rates.conflict, ITEMS)
    assert ask("select count(*) from e where facility = 'ZZ-0000'")[0][0] > 20
    assert ask("select count(*) from e where rec < t")[0][0] == 0


def test_most_items_keep_the_promise(day: Day, ask: Any) -> None:
    """Natural lateness is a few per cent: of the items that have a promise, 93 to 99 % are delivered by it."""
    n, ids = day.plan.network, day.plan.network.areas.index_of_code
    rows = ask("""with a as (select operator, waybill, min(t) t, any_value(origin) o, any_value(destination) d from e where kind = 'accept' group by all),
        x as (select operator, waybill, min(t) done from e where kind = 'deliver' group by all)
        select a.t, o, d, done from a join x using (operator, waybill)""")
    at, done = np.array([r[0] for r in rows]), np.array([r[3] for r in rows])
    due = n.promise(at, [ids[r[1]] for r in rows], [ids[r[2]] for r in rows]).astype(np.int64)
    assert (due > 0).mean() > 0.9
    assert 0.93 < (done <= due)[due > 0].mean() < 0.99


def test_some_operators_state_the_same_promise(day: Day, ask: Any) -> None:
    """What an operator promises is the service level's promise, stated at acceptance and only there."""
    n, ids = day.plan.network, day.plan.network.areas.index_of_code
    rows = ask("select t, origin, destination, due from e where due is not null and kind = 'accept'")
    due = n.promise(np.array([r[0] for r in rows]), [ids[r[1]] for r in rows], [ids[r[2]] for r in rows])
    assert len(rows) > 10_000
    assert np.array_equal(due, [r[3] for r in rows])
    assert ask("select count(*) from e where due is not null and kind not in ('accept', 'piece')")[0][0] == 0


def test_numbers_are_each_their_own(day: Day, ask: Any) -> None:
    """A waybill number of an operator stands for one item; postal items across the border have valid S10 numbers."""
    assert ask("select count(distinct operator || waybill) from e where kind = 'accept'")[0][0] == ITEMS
    postal = ",".join(f"'{c}'" for c in day.plan.network.operators.code[day.plan.network.operators.kind == "post"])
    numbers = [
        r[0]
        for r in ask(
            f"select distinct waybill from e where operator in ({postal}) and length(waybill) = 13 and waybill ~ '^[A-Z]{{2}}[0-9]'"
        )
    ]
    assert len(numbers) > 300
    assert s10.is_s10(numbers).all()


def test_numbers_of_a_month_are_each_their_own(guangdong: Network) -> None:
    """No carrier gives a number again within weeks: not across days either, whatever form it has."""
    table = joined(DayPlan(guangdong, DAY, 3_000, days=30))
    accepted = table.filter(pc.equal(table["kind"], "accept"))
    together = pc.binary_join_element_wise(accepted["operator"], accepted["waybill"], " ")
    items = pc.binary_join_element_wise(together, accepted["at"].cast(pa.string()), " ")
    assert pc.count_distinct(together).as_py() == pc.count_distinct(items).as_py() > 80_000


def test_checks_go_missing_as_planned(guangdong: Network) -> None:
    """With a rate of misses, that share of owed checks has no event."""
    plan = DayPlan(guangdong, DAY, 20_000).with_rates(missing_check=0.1)
    table = joined(plan)
    kind = table["kind"].to_numpy(zero_copy_only=False)
    full = joined(DayPlan(guangdong, DAY, 20_000))["kind"].to_numpy(zero_copy_only=False)
    for check in ("inspect", "screen"):
        assert near((kind == check).sum(), 0.9, (full == check).sum(), 6)


def test_several_days_follow_each_other(guangdong: Network) -> None:
    """Each day has the items that the calendar gives it, accepted on that local day, and no number comes twice."""
    table = simulate_events(guangdong, 3000, seed=5, date=date(2025, 12, 31), days=3)
    events = table.filter(np.asarray([k == "accept" for k in table["kind"].to_pylist()]))
    days = [(t.timestamp() + 8 * 3600) // 86400 for t in events["at"].to_pylist()]
    numbers = list(zip(events["operator"].to_pylist(), events["waybill"].to_pylist(), strict=True))
    first = dict(reversed(list(zip(numbers, days, strict=True))))
    # A Wednesday, a Thursday and a Friday outside of any season: 1.03, 1.02 and 1.02 in the calendar.
    assert np.unique(list(first.values()), return_counts=True)[1].tolist() == [3090, 3060, 3060]
    assert len(first) == 9210


def test_days_follow_the_calendar(guangdong: Network) -> None:
    """The singles' day season of 2025 stands out from the weeks around it; a plan of one day holds what is asked for."""
    plan = DayPlan(guangdong, date(2025, 10, 13), 10_000, days=36)
    by_day = dict(zip((date(2025, 10, 13) + timedelta(days=d) for d in range(36)), plan.volumes, strict=True))
    season = [n for day, n in by_day.items() if date(2025, 10, 21) <= day <= date(2025, 11, 11)]
    assert 1.16 < np.mean(season) / 10_000 < 1.19
    assert max(by_day, key=by_day.get) == date(2025, 11, 11) and by_day[date(2025, 11, 11)] == 14_440
    assert sum(list(by_day.values())[:7]) == 70_000
    assert plan.total == sum(plan.volumes)
    assert DayPlan(guangdong, date(2025, 11, 11), 10_000).volumes == (10_000,)


def test_a_day_is_numbered_alone(guangdong: Network) -> None:
    """A number tells the day of acceptance and a running number within it, whatever the days before held."""
    plan = DayPlan(guangdong, date(2025, 12, 30), 2000, seed=4, days=3)
    table = joined(plan).to_pylist()
    plain = [r for r in table if r["kind"] == "accept" and r["operator"] == "ZTO"]
    lead, running = 1, (plan.date - date(2020, 1, 1)).days
    by_day: dict[int, list[int]] = {}
    for row in plain:
        by_day.setdefault(int(row["waybill"][lead : lead + 4]), []).append(int(row["waybill"][lead + 4 :]))
    assert sorted(by_day) == [running, running + 1, running + 2]
    for numbers, items in zip(by_day.values(), plan.volumes, strict=True):
        assert max(numbers) - min(numbers) < items


@pytest.mark.parametrize(
    "change",
    [
        {"items": 0},
        {"days": 0},
        {"days": 4000},
        {"items": 1 << 33},
        {"slice_minutes": 7},
        {"share_bagged": 1.5},
        {"date": date(1990, 1, 1)},
        {"seed": -1},
    ],
)
def test_impossible_plans_are_refused(guangdong: Network, change: dict[str, Any]) -> None:
    """A plan that can't be is refused when it is made, not after an hour."""
    with pytest.raises(ValueError, match=r"\d"):
        DayPlan(**{"network": guangdong, "date": DAY, "items": 1000, **change})
