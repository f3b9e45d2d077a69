"""Alerts: what is told together, under which identity, how long, and what keeps quiet."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.network import Network, load
from yilu.supervision import alerts
from yilu.supervision.alerts import Silence, alerts_of, identity
from yilu.supervision.rules.declared import Protected, declared
from yilu.supervision.rules.evidence import EVIDENCE, evidence, joined

DAY = 86400
BASE = 1_748_908_800 - 8 * 3600  # midnight of 3 June 2025 in Guangdong


@pytest.fixture(scope="module")
def guangdong() -> Network:
    """The first province."""
    return load("guangdong")


def number(rule: str) -> int:
    """The number of a rule."""
    return declared().number(rule)


def test_evidence_of_a_rule_operator_place_and_local_day_is_one_alert(guangdong: Network) -> None:
    """The local day parts evidence, not the UTC day; each alert counts its items and tells from when to when."""
    found = joined([
        evidence(number("stalled"), [1, 2], 0, 5, 40, [BASE + 10, BASE + DAY - 1]),
        evidence(number("stalled"), [3], 0, 5, 40, [BASE + DAY]),
        evidence(number("stalled"), [4], 0, 6, 40, [BASE + 10]),
        evidence(number("late"), [1], 0, 5, 40, [BASE + 10]),
    ])  # fmt: skip
    told, of = alerts_of(found, guangdong, declared())
    assert sorted((a.rule, a.operator, a.items, a.first - BASE, a.last - BASE) for a in told) == [
        ("late", 5, 1, 10, 10), ("stalled", 5, 1, DAY, DAY), ("stalled", 5, 2, 10, DAY - 1), ("stalled", 6, 1, 10, 10),
    ]  # fmt: skip
    assert [told[i].rule for i in of] == [
        {r.number: r.id for r in declared().rules.values()}[int(n)] for n in found["rule"]
    ]


def test_an_identity_is_made_of_codes(guangdong: Network) -> None:
    """The same codes give the same identity in any store; any other rule, operator, place or day gives another."""
    told, _ = alerts_of(evidence(number("late"), [1], 0, 3, 44, [BASE]), guangdong, declared())
    place = str(guangdong.facilities.code[list(guangdong.facilities.id).index(44)])
    day = int(guangdong.local_day(BASE))
    assert told[0].id == identity("late", "SF", place, day)
    others = [
        ("stalled", "SF", place, day),
        ("late", "ZTO", place, day),
        ("late", "SF", "X", day),
        ("late", "SF", place, day + 1),
    ]
    assert len({identity(*o) for o in others} | {told[0].id}) == 5


def test_lives_of_alerts(guangdong: Network) -> None:
    """Resolved when all evidence of a rule that can resolve has ended; firing before; provisional where nothing of it is sure."""
    found = joined([
        evidence(number("stalled"), [1, 2], 0, 5, 40, BASE, [BASE + 9, BASE + 30]),
        evidence(number("stalled"), [1, 2], 0, 6, 40, BASE, [BASE + 9, 0]),
        evidence(number("inspection_missing"), [1], 0, 5, 40, BASE, 0, True),
        evidence(number("inspection_missing"), [1, 2], 0, 6, 40, BASE, 0, [True, False]),
    ])  # fmt: skip
    told, _ = alerts_of(found, guangdong, declared())
    assert {(a.rule, a.operator): (a.life, a.until) for a in told} == {
        ("stalled", 5): ("resolved", BASE + 30), ("stalled", 6): ("firing", 0),
        ("inspection_missing", 5): ("provisional", 0), ("inspection_missing", 6): ("firing", 0),
    }  # fmt: skip
    assert {a.life for a in told} == set(alerts.LIVES)


def test_the_graver_rule_keeps_what_follows_from_it_quiet(guangdong: Network) -> None:
    """A machine that was off inhibits the missing screenings it explains; one item that it doesn't explain, and the alert is told."""
    off = evidence(number("screening_off"), [1, 2], 0, 5, 3, BASE)
    missing = evidence(number("screening_missing"), [1, 2], 0, 5, 3, BASE)
    other = evidence(number("inspection_missing"), [1, 2], 0, 5, 3, BASE)
    one_more = evidence(number("screening_missing"), [9], 0, 5, 3, BASE)
    told, _ = alerts_of(joined([off, missing, other]), guangdong, declared())
    assert {a.rule: (a.inhibited_by, a.told) for a in told} == {
        "screening_off": ((), True), "screening_missing": (("screening_off",), False), "inspection_missing": ((), True),
    }  # fmt: skip
    told, _ = alerts_of(joined([off, missing, one_more]), guangdong, declared())
    assert all(a.told for a in told) and [a.items for a in told if a.rule == "screening_missing"] == [3]


def test_a_typhoon_raises_one_alert_not_thousands(guangdong: Network) -> None:
    """Three thousand items stall before a closed crossing, late and piled up: a person is told of the crossing alone."""
    items = np.arange(1, 3001)
    found = joined(
        [evidence(number(r), items, 0, 5, 29, BASE) for r in ("crossing_closed", "stalled", "late", "backlog")]
    )
    told, _ = alerts_of(found, guangdong, declared())
    assert [a.rule for a in told if a.told] == ["crossing_closed"] and len(told) == 4


def test_silences_cover_what_they_name_while_they_last(guangdong: Network) -> None:
    """By rule, operator and place, each or any, and no longer than stated."""
    found = joined([evidence(number("late"), [1], 0, o, p, BASE) for o in (5, 6) for p in (40, 41)])

    def quiet(silence: Silence, now: int) -> set[tuple[int, int]]:
        told, _ = alerts_of(found, guangdong, declared(), (silence,), now)
        assert all(a.told == (a.silenced == "") for a in told)
        return {(a.operator, a.place) for a in told if a.silenced == "s"}

    assert quiet(Silence("s", 10, 20), 10) == {(5, 40), (5, 41), (6, 40), (6, 41)}
    assert quiet(Silence("s", 10, 20), 20) == quiet(Silence("s", 10, 20), 9) == set()
    assert quiet(Silence("s", 10, 20, operator=5), 15) == {(5, 40), (5, 41)}
    assert quiet(Silence("s", 10, 20, place=41), 15) == {(5, 41), (6, 41)}
    assert quiet(Silence("s", 10, 20, rule="stalled"), 15) == set()


def test_silences_cover_an_area_with_all_below_it(guangdong: Network) -> None:
    """A city's silence covers its sort centre and its depots, and no other's; an area that there is not covers nothing; one without a place is in none."""
    places = {c: guangdong.facilities.index_of_code[c] for c in ("SC-440300", "DP-440305", "SC-440100")}
    found = joined([evidence(number("late"), [1], 0, 5, p, BASE) for p in (*places.values(), 0)])

    def quiet(area: str) -> set[str]:
        told, _ = alerts_of(found, guangdong, declared(), (Silence("s", 10, 20, area=area),), 15)
        return {guangdong.facilities.code_of_id.get(a.place, "") for a in told if not a.told}

    assert quiet("440300") == {"SC-440300", "DP-440305"}
    assert quiet("440000") == set(places)
    assert quiet("999999") == set() and quiet("") == {*places, ""}


def test_what_is_unusual_is_no_violation(guangdong: Network) -> None:
    """It has a severity of its own below all others, keeps nothing quiet and is kept quiet by nothing, whatever else is said of its place."""
    facility = np.zeros(1, np.uint64)
    found = joined([
        evidence(number("unusual_low"), facility, 0, 0, 29, BASE), evidence(number("silent_feed"), facility, 0, 5, 0, BASE),
        *(evidence(number(r), [1, 2], 0, 5, 29, BASE) for r in ("crossing_closed", "stalled", "backlog")),
    ])  # fmt: skip
    told, _ = alerts_of(found, guangdong, declared())
    assert {a.rule: (a.unusual, a.told) for a in told} == {
        "silent_feed": (False, True), "crossing_closed": (False, True), "stalled": (False, False), "backlog": (False, False), "unusual_low": (True, True),
    }  # fmt: skip
    assert told[-1].rule == "unusual_low" and told[-1].items == 0


def test_alerts_that_hang_on_a_silent_feed_name_it(guangdong: Network) -> None:
    """What has not ended and may, and what is provisional, of a silent feed's items; not what has ended, not what never ends by itself, not what another feed tells of."""
    cases = {
        ("stalled", 1, 0, False): ("dead",), ("stalled", 2, BASE + 9, False): (), ("stalled", 3, 0, True): ("dead",),
        ("inspection_missing", 4, 0, False): (), ("inspection_missing", 5, 0, True): ("dead",),
    }  # fmt: skip
    rows = [
        evidence(number(rule), [operator], 0, operator, 40, BASE, until, unsure, 0, 2)
        for rule, operator, until, unsure in cases
    ]
    alive = evidence(number("late"), [7], 0, 7, 40, BASE, 0, False, 0, 1)
    mixed = [evidence(number("late"), [8, 9], 0, 8, 40, BASE, 0, False, 0, source) for source in (1, 2, 3)]
    told, _ = alerts_of(joined([*rows, alive, *mixed]), guangdong, declared(), silent={2: "dead", 3: "also"})
    found = {(a.rule, a.operator): a.silent_feeds for a in told}
    assert found == {(r, o): expected for (r, o, _, _), expected in cases.items()} | {("late", 7): (), ("late", 8): ("also", "dead")}  # fmt: skip


def test_a_million_pieces_of_evidence_take_seconds(guangdong: Network) -> None:
    """A million rows in some hundred thousand groups, with inhibition and twenty silences: less than fifteen seconds of processor time."""
    random, n = np.random.default_rng(1), 1_000_000
    found = np.zeros(n, EVIDENCE)
    found["rule"] = random.choice([number(r) for r in ("stalled", "late", "crossing_closed", "inspection_missing")], n)
    found["key"], found["operator"], found["place"] = (
        random.integers(1, n, n),
        random.integers(1, 27, n),
        random.integers(1, 200, n),
    )
    found["at"] = BASE + random.integers(0, 10 * DAY, n)
    silences = tuple(Silence(f"s{i}", 0, 1 << 40, operator=i + 1, area="440300") for i in range(20))
    begun = time.process_time()
    told, of = alerts_of(found, guangdong, declared(), silences, BASE)
    assert time.process_time() - begun < 15
    assert len(told) > 100_000 and len(of) == n and 0 < sum(not a.told for a in told) < len(told)


GAMES = Protected(
    "games",
    "运动会",
    "Games",
    date(2025, 6, 1),
    date(2025, 6, 9),
    thresholds={"stalled_hours": 48},
    severity={"late": 2},
)
FAIR = Protected("fair", "博览会", "Fair", date(2025, 6, 1), date(2025, 6, 9), severity={"stalled": 3})

rows = st.lists(
    st.tuples(
        st.sampled_from([number("stalled"), number("late"), number("crossing_closed"), number("inspection_missing")]),
        st.integers(1, 5), st.integers(1, 3), st.integers(0, 3), st.integers(BASE, BASE + 2 * DAY), st.sampled_from([0, BASE + 3 * DAY]), st.booleans(), st.integers(0, 3),
    ),
    max_size=25,
)  # fmt: skip


@given(rows, st.randoms())
def test_alerts_are_those_of_a_plain_grouping_in_any_order(rows: list[tuple], random: object) -> None:
    """Held against dictionaries of plain Python: groups, counts, lives, inhibition and what protected periods make graver, whatever the order of the evidence."""
    network = load("guangdong")
    catalogue = replace(declared(), protected=(GAMES, FAIR))
    random.shuffle(rows)  # type: ignore[attr-defined]
    found = np.zeros(len(rows), EVIDENCE)
    for i, (rule, key, operator, place, at, until, provisional, periods) in enumerate(rows):
        found[i] = evidence(rule, [key], 0, operator, place, at, until, provisional, periods)[0]
    names = {r.number: r for r in catalogue.rules.values()}
    groups: dict[tuple, list[tuple]] = defaultdict(list)
    for row in rows:
        place = 0 if row[0] == number("crossing_closed") else row[3]
        groups[row[0], row[2], place, (row[4] + 8 * 3600) // DAY].append(row)
    closed = {r[1] for r in rows if r[0] == number("crossing_closed")}
    expected = {}
    for (rule, operator, place, day), mine in groups.items():
        over = names[rule].resolves and all(r[5] for r in mine)
        life = "resolved" if over else "firing" if not all(r[6] for r in mine) else "provisional"
        hushed = rule in (number("stalled"), number("late")) and all(r[1] in closed for r in mine)
        games, fair = (any(r[7] >> bit & 1 for r in mine) for bit in (0, 1))
        tighter = (("games",) if games and rule in (number("stalled"), number("late")) else ()) + (("fair",) if fair and rule == number("stalled") else ())  # fmt: skip
        severity = 3 if "fair" in tighter else 2 if games and rule == number("late") else names[rule].severity
        expected[names[rule].id, operator, place, day] = (len(mine), life, hushed, severity, tighter)
    told, of = alerts_of(found, network, catalogue)
    assert {
        (a.rule, a.operator, a.place, a.day): (a.items, a.life, not a.told, a.severity, a.protected) for a in told
    } == expected
    assert [(told[i].rule, told[i].operator) for i in of] == [
        (names[int(r["rule"])].id, int(r["operator"])) for r in found
    ]
    assert all(told[i].place in (0, int(r["place"])) for i, r in zip(of, found, strict=True))
