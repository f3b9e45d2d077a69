"""Lives of items: what happens to an item happens in a possible order, at possible speed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from twin_days import Day

from yilu.items.kinds import BY_CODE, KINDS
from yilu.network.distance import great_circle_km
from yilu.twin.scans import MARK_BAG, MARK_UNKNOWN_PLACE, MARK_UNMAPPED
from yilu.twin.traits import accepted, day_of

_CODE = {kind.id: kind.code for kind in KINDS}


def by_life(day: Day) -> tuple[np.ndarray, ...]:
    """(life number, time, kind, place, marks) of each scan in life order; repeats of one scan directly after it are left out."""
    rows = day.scans.astype(np.int64)
    life = rows[:, 0] << 8 | rows[:, 4] >> 16 & 255
    at, kind, place, marks = rows[:, 1], rows[:, 4] & 255, rows[:, 3] & 0xFFFFF, rows[:, 4] >> 24
    fresh = np.ones(len(rows), np.bool_)
    fresh[1:] = (life[1:] != life[:-1]) | (at[1:] != at[:-1]) | (kind[1:] != kind[:-1])
    return life[fresh], at[fresh], kind[fresh], place[fresh], marks[fresh]


def test_true_times_never_fall_along_a_life(day: Day) -> None:
    """An item isn't delivered before it departs, nor screened before it is accepted."""
    life, at, _, _, _ = by_life(day)
    same = life[1:] == life[:-1]
    assert np.all(np.diff(at)[same] >= 0)


def test_every_life_begins_and_ends_once(day: Day) -> None:
    """Each item is accepted once (a piece linked once), and ends with delivery, loss, destruction or cancelling."""
    life, _, kind, _, _ = by_life(day)
    first = np.concatenate([[True], life[1:] != life[:-1]])
    last = np.concatenate([first[1:], [True]])
    begins = np.isin(kind, [BY_CODE["accept"].id, BY_CODE["piece"].id])
    assert np.array_equal(begins, first)
    ends = [BY_CODE[c].id for c in ("deliver", "lost", "destroy", "cancel")]
    assert set(np.unique(kind[last])) <= set(ends)
    # A delivery that isn't the end was scanned by mistake, and the next scan voids it.
    early = np.flatnonzero((kind == BY_CODE["deliver"].id) & ~last)
    assert len(early) > 5
    assert np.all(kind[early + 1] == BY_CODE["void"].id)


def test_items_are_numbered_by_acceptance(day: Day) -> None:
    """Items in the order of their numbers are items in the order of acceptance: that is what lets slices be complete."""
    _, at, kind, _, _ = by_life(day)
    times = at[kind == BY_CODE["accept"].id]
    assert np.all(np.diff(times) >= 0)
    book = day.made.packed
    for item in (0, 1, 5000, len(times) - 1):
        earliest, _ = accepted(item, day_of(item, book), 0.0, book)
        assert earliest <= times[item] <= accepted(item, day_of(item, book), 0.9999999, book)[0]


def test_nothing_travels_faster_than_it_can(day: Day) -> None:
    """Between scans at places more than 50 km apart lie times that road, rail or aircraft can keep (250 m/s)."""
    life, at, _, place, marks = by_life(day)
    known = (marks & MARK_UNKNOWN_PLACE) == 0
    life, at, place = life[known], at[known], place[known]
    n = day.plan.network
    km = great_circle_km(
        n.facility_lon[place[1:]], n.facility_lat[place[1:]], n.facility_lon[place[:-1]], n.facility_lat[place[:-1]]
    )
    far = (life[1:] == life[:-1]) & (km > 50)
    assert far.sum() > 50_000
    assert np.max(1000 * km[far] / np.maximum(np.diff(at)[far], 1)) < 250


def test_every_kind_of_event_happens(day: Day, ask: Any) -> None:
    """A day at 1:1,000 holds all kinds of event, and a code that no table knows in the place of `other`."""
    found = dict(ask("select kind, count(*) from e group by 1"))
    wanted = {kind.code for kind in KINDS} - {"other"}
    assert wanted - set(found) == set()
    assert set(found) - wanted == {"weighed"}
    assert sum(found.values()) == day.events.num_rows
    bags = np.count_nonzero(day.scans[:, 4] >> 24 & MARK_BAG)
    assert bags == 0
    assert found["weighed"] == np.count_nonzero(day.scans[:, 4] >> 24 & MARK_UNMAPPED)


@pytest.mark.parametrize("name", ["inspect", "identify", "screen"])
def test_every_owed_check_is_made_in_time(ask: Any, name: str) -> None:
    """With no misses planned, whoever owes a check makes it, before the place is left where it is owed; others don't."""
    owed = {
        "inspect": "item_class <> 'letter'",
        "identify": "item_class <> 'letter' and sender_kind <> 'contract'",
        "screen": "true",
    }[name]
    left = "facility like 'SC-%' or facility like 'HUB-%'" if name == "screen" else "true"
    rows = ask(f"""
        with i as (
            select operator, waybill, min(t) filter (kind = '{name}') made,
                min(t) filter (kind in ('depart', 'bag') and ({left})) gone,
                bool_or(kind = 'accept' and origin like '44%' and ({owed})) owed,
                bool_or(kind = 'accept') here
            from e where piece is null group by all)
        select count(*) filter (owed and gone is not null), count(*) filter (owed and gone is not null and (made is null or made > gone)),
            count(*) filter (here and not owed and made is not null) from i
    """)
    due, missing, needless = rows[0]
    assert due > 10_000
    assert missing == 0
    assert needless == 0


def test_bags_hold_what_is_put_into_them(ask: Any) -> None:
    """A bag leaves after its last item came in, arrives before its first one is taken out, and belongs to one lane and operator."""
    rows = ask("""
        with m as (select container bag, operator, max(t) filter (kind = 'bag') last_in, min(t) filter (kind = 'unbag') first_out,
                count(distinct waybill) members, count(distinct facility) filter (kind = 'bag') here,
                any_value(facility) filter (kind = 'bag') place
            from e where container is not null group by all),
        b as (select waybill bag, operator, max(t) filter (kind = 'depart') gone, max(t) filter (kind = 'arrive') came,
                min(t) filter (kind = 'seal') sealed, max(t) filter (kind = 'unseal') opened, any_value(facility) filter (kind = 'depart') place
            from e where item_class = 'container' group by all)
        select count(*), count(b.bag), sum((m.last_in > sealed or sealed > gone or gone >= came or came > opened or opened > m.first_out)::int),
            sum((m.here <> 1 or m.place <> b.place)::int), avg(m.members), max(m.members) from m full join b using (bag, operator)
    """)
    both, bags, disordered, misplaced, mean, most = rows[0]
    assert both == bags > 500
    assert disordered == 0
    assert misplaced == 0
    assert 10 < mean < 40 and most < 100


def test_links_lead_to_numbers_that_exist(ask: Any) -> None:
    """A relabelled item and a piece name a number that was accepted; a voiding names an event that was sent."""
    linked, known = ask("""
        select count(*), count(a.waybill) from (select distinct operator, waybill, parent from e where parent is not null) c
        left join (select distinct operator, waybill from e where kind = 'accept') a on a.operator = c.operator and a.waybill = c.parent
    """)[0]
    assert linked == known > 500
    voids, found = ask("""
        select count(*), count(d.event_id) from (select distinct voids, waybill from e where voids is not null) v
        left join (select distinct event_id, waybill from e where kind = 'deliver') d on d.event_id = v.voids and d.waybill = v.waybill
    """)[0]
    assert voids == found > 5
    after = ask("""select count(*) from (select operator, parent old, min(t) since from e where kind = 'relabel' group by all) r
        join e on e.operator = r.operator and e.waybill = r.old where e.t > r.since""")[0][0]
    assert after == 0


def test_returned_items_end_where_they_began(ask: Any) -> None:
    """The delivery after a return is the sender's: at the outlet of acceptance."""
    rows = ask("""with i as (select operator, waybill, any_value(facility) filter (kind = 'accept') first,
            bool_or(kind = 'return') back, any_value(facility) filter (kind = 'deliver') place, count(distinct t) filter (kind = 'relabel') moved
            from e where piece is null group by all)
        select count(*), sum((place <> first)::int) from i where back and first is not null and moved = 0""")
    assert rows[0][0] > 50
    assert rows[0][1] == 0
