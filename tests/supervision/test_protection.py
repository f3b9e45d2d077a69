"""Protected periods: extra checks, areas closed to acceptance, zero reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa

from tests.items.lives import ITEMS, Event, K
from tests.items.small_network import BASE, DAY, HOUR, NET
from tests.supervision import watched
from tests.supervision.test_judging import compare, scan
from yilu.supervision.rules.declared import declared
from yilu.supervision.rules.of_protection import protection_of, zero_reports

C = declared()
NAMES = {r.number: r.id for r in C.rules.values()}


def told(world: list[Event]) -> set[tuple[str, int, float, int]]:
    """(rule, item, hours after the base, place) of what rules of registers say, held against plain Python."""
    rules = {"protected_check_missing", "protected_acceptance"}
    found = compare(world, [world], None, registers=True)
    return {(r, k, round((at - BASE) / HOUR, 2), p) for r, k, _, p, at, _ in found if r in rules}


def checked(at: float = 80, **more: int) -> list[Event]:
    """An item inspected and screened as the law asks, from outlet 1 by site 2 to area 4; at 80 hours it owes no identification."""
    steps = (("accept", at, 1, more), ("inspect", at, 1, {}), ("arrive", at + 1, 2, {}), ("screen", at + 1, 2, {}), ("depart", at + 2, 2, {}), ("deliver", at + 6, 4, {}))  # fmt: skip
    return [scan(kind, hours, place, **stated) for kind, hours, place, stated in steps]


def test_an_extra_check_is_missed_and_a_check_that_was_made_is_not() -> None:
    """In the period senders are identified too: without it the item is told of as it leaves, with it not; one identified after that is."""
    bare, asked = checked(item_class=2), scan("identify", 80, 1)
    late = scan("identify", 83, 2)
    assert told(bare) == {("protected_check_missing", ITEMS[0], 82, 1)}
    assert told([*bare, asked]) == set()
    assert told([*bare, late]) == {("protected_check_missing", ITEMS[0], 82, 1)}


def test_what_the_law_owes_anyway_is_not_told_twice() -> None:
    """A screening that the ordinary obligations say missing stays with them, though a line of the period asks for it too."""
    world = [e for e in [*checked(item_class=2), scan("identify", 80, 1)] if e["kind"] != K["screen"]]
    found = {r for r, *_ in compare(world, [world], None, registers=True)}
    assert "screening_missing" in found and "protected_check_missing" not in found


def test_the_stricter_of_two_lines_decides_where_a_check_is_due() -> None:
    """Screened at the site: in time for the line that asks for it there; of a contract sender the other line asks for it before the outlet is left."""
    ordinary = [*checked(item_class=2), scan("identify", 80, 1), scan("depart", 80.5, 1)]
    contract = [{**e, "sender_kind": 2} if e["kind"] == K["accept"] else e for e in ordinary]
    assert told(ordinary) == set()
    assert told(contract) == {("protected_check_missing", ITEMS[0], 80.5, 1)}


def test_letters_are_inspected_to_a_protected_place_only() -> None:
    """A line for letters to an area binds no parcel and no letter to elsewhere."""
    letter = [e for e in [*checked(item_class=1), scan("identify", 80, 1)] if e["kind"] != K["inspect"]]
    elsewhere = [{**e, "destination": 2} for e in letter]
    assert told(letter) == {("protected_check_missing", ITEMS[0], 82, 1)}
    assert told(elsewhere) == set()


def test_acceptance_while_closed() -> None:
    """Closed to express items to an area from its first second until before its last; parcels are taken, and what is accepted outside is not judged."""
    for at, item_class, forbidden in (
        (20, 3, True),
        (19.99, 3, False),
        (71.99, 3, True),
        (72, 3, False),
        (30, 2, False),
    ):
        world = [*checked(at, item_class=item_class), scan("identify", at, 1)]
        assert told(world) == ({("protected_acceptance", ITEMS[0], at, 1)} if forbidden else set()), at
    outside = [{**e, "place": 5} if e["kind"] == K["accept"] else e for e in checked(30, item_class=3)]
    assert told(outside) == set()


def test_a_line_is_withdrawn_or_of_one_operator() -> None:
    """Withdrawn lines ask nothing; a line of an operator binds its items only; lines of an area that there is not ask nothing."""
    lines = [watched.period(line) for line in watched.LINES]
    assert watched.protection([{**r, "status": "withdrawn"} for r in lines]).regimes == ()
    assert watched.protection([{**r, "area": "X"} for r in lines]).regimes == ()
    parts = watched.protection([lines[0], {**lines[4], "operator": 7}]).regimes
    assert [(r.operator, len(r.rules.owed)) for r in parts] == [(0, 1), (7, 1)]


def reports(*rows: tuple[int, str, str]) -> list[dict[str, object]]:
    """Rows of the register of zero reports: operator, day, UTC time."""
    return [
        {"period": "P-2024", "operator": o, "day": date.fromisoformat(d), "reported_at": watched.utc(t), "cases": 0, "status": "received"}
        for o, d, t in rows
    ]  # fmt: skip


def asking(operator: int | None = None) -> list[dict[str, object]]:
    """A period of three days that asks for zero reports: from noon of 4 April to noon of 7 April in Berlin."""
    line = (
        "Z1",
        "zero_report",
        "accepted",
        "",
        "",
        "",
        "acceptance",
        watched.utc("2024-04-04T10:00"),
        watched.utc("2024-04-07T10:00"),
    )
    return [watched.period(line, operator=operator)]


def missing(rows: list[dict[str, object]], came: list[dict[str, object]], now: str) -> set[tuple[int, str, str]]:
    """(operator, from, until) in UTC."""
    hours = [
        (watched.utc("2024-04-01T08:00"), 1, 1),
        (watched.utc("2024-04-05T20:00"), 1, 2),
        (watched.utc("2024-04-01T08:00"), 5, 3),
    ]
    cells = pa.table({"hour": [at // HOUR for at, _, _ in hours], "facility": [p for _, p, _ in hours], "operator": [o for _, _, o in hours]})  # fmt: skip
    found = zero_reports(cells, watched.network(), watched.protection(rows, came), watched.utc(now), C)
    assert not found["key"].any() and {NAMES[int(r)] for r in found["rule"]} <= {"zero_report_missing"}
    text = lambda at: datetime.fromtimestamp(int(at), UTC).strftime("%d %H:%M") if at else ""  # noqa: E731
    return {(int(r["operator"]), text(r["at"]), text(r["until"])) for r in found}


def test_zero_reports_are_owed_by_who_works_in_the_province() -> None:
    """At 18:00 local of each day in the period, by operators scanned inside before: 2 only begins on the 5th in the evening, 3 works outside."""
    assert missing(asking(), [], "2024-04-08T00:00") == {
        (1, "04 16:00", ""), (1, "05 16:00", ""), (1, "06 16:00", ""), (2, "06 16:00", "")
    }  # fmt: skip
    assert missing(asking(), [], "2024-04-05T15:59") == {(1, "04 16:00", "")}
    assert missing(asking(9), [], "2024-04-05T15:59") == {(9, "04 16:00", "")}
    assert missing([], [], "2024-04-08T00:00") == set()


def test_a_report_in_time_says_nothing_and_a_late_one_ends_it() -> None:
    """In time to the second; later: the evidence ends as it came; a withdrawn report counts as none."""
    came = reports((1, "2024-04-04", "2024-04-04T16:00"), (1, "2024-04-05", "2024-04-05T16:01"))
    assert missing(asking(1), came, "2024-04-06T00:00") == {(1, "05 16:00", "05 16:01")}
    gone = [{**r, "status": "withdrawn"} for r in came]
    assert missing(asking(1), gone, "2024-04-06T00:00") == {(1, "04 16:00", ""), (1, "05 16:00", "")}


def test_the_hour_is_the_province_s() -> None:
    """A province that asks for reports by nine in the morning hears of a missing one then."""
    early = replace(
        C, thresholds=C.thresholds | {"zero_report_hour": replace(C.thresholds["zero_report_hour"], value=9)}
    )
    cells = pa.table({n: pa.array([], pa.int64()) for n in ("hour", "facility", "operator")})
    found = zero_reports(
        cells, watched.network(), watched.protection(asking(1)), watched.utc("2024-04-06T00:00"), early
    )
    assert [datetime.fromtimestamp(int(t), UTC).hour for t in found["at"]] == [7]


def test_no_register_asks_nothing() -> None:
    """Without lines there is no regime and no report to wait for."""
    assert NET.day(BASE + DAY) == NET.day(BASE) + 1
    empty = protection_of(watched.network(), watched.RULES, *(pa.table({n: pa.array([]) for n in ("status", "measure")}) for _ in range(2)))  # fmt: skip
    assert empty.regimes == () and empty.reporting == () and np.size(empty.received) == 1
