"""Rules as the fold takes them: the checks that Guangdong owes, promises, and the how-to page's province."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.items.clock import promised
from yilu.items.rules import Rules, packed
from yilu.items.rules_of import rules_of
from yilu.items.schema import ITEM_CLASSES, SENDER_KINDS
from yilu.network import Network, check, load
from yilu.network.rules import CHECKS

AT = int(datetime(2025, 6, 3, 9, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp())


def owes(network: Network, name: str, item_class: str, sender: str, at: int = AT, origin: str = "440106") -> str:
    """What the table says, read row by row: the latest place of a check that is owed, or empty."""
    o, ids = network.obligation_rules, network.areas.index_of_code
    found = ""
    for i in range(len(o.check)):
        fits = CHECKS[o.check[i]] == name and o.since[i] <= at < o.until[i] and o.origin[i, ids[origin]]
        if fits and str(o.item_class[i]) in ("", item_class) and str(o.sender_kind[i]) in ("", sender):
            found = ("processing" if o.processing[i] else "acceptance") if o.owed[i] else ""
    return found


@pytest.mark.parametrize("item_class", ["letter", "parcel", "express"])
@pytest.mark.parametrize("sender", ["casual", "contract", "contract_unfiled"])
def test_checks_owed_in_guangdong(guangdong: Network, item_class: str, sender: str) -> None:
    """Contents: all but letters. Sender: all but letters and contract senders with a filed agreement. X-ray: all, at processing."""
    letter = item_class == "letter"
    assert owes(guangdong, "inspect", item_class, sender) == ("" if letter else "acceptance")
    assert owes(guangdong, "identify", item_class, sender) == ("" if letter or sender == "contract" else "acceptance")
    assert owes(guangdong, "screen", item_class, sender) == "processing"


def test_nothing_is_owed_outside_or_before_the_law(guangdong: Network) -> None:
    """Items accepted outside the province owe nothing here; identity is owed from 1 May 2018 of the province's own time."""
    for name in CHECKS:
        assert owes(guangdong, name, "express", "casual", origin="110000") == ""
    began = int(datetime(2018, 4, 30, 16, tzinfo=UTC).timestamp())
    assert owes(guangdong, "identify", "express", "casual", began - 1) == ""
    assert owes(guangdong, "identify", "express", "casual", began) == "acceptance"


@pytest.mark.parametrize(
    ("a", "b", "level"),
    [
        ("440106", "440103", "half_day"), ("440100", "440106", "half_day"), ("440106", "440304", "next_day"),
        ("440106", "810000", "next_day"), ("440106", "440203", "two_day"), ("440304", "310000", "two_day"),
        ("440106", "430000", "three_day"), ("440203", "110000", "three_day"), ("440203", "810000", ""),
        ("440106", "710000", ""), ("440106", "INT-NAM", ""), ("440000", "440106", "two_day"),
    ],
)  # fmt: skip
def test_levels_of_pairs(guangdong: Network, a: str, b: str, level: str) -> None:
    """The plan's four products by pair of areas, both ways; none across customs but within the cluster."""
    n = guangdong
    ids, expected = n.areas.index_of_code, n.service_levels.index_of_code.get(level, 0)
    assert n.level_of_pair[ids[a], ids[b]] == n.level_of_pair[ids[b], ids[a]] == expected


def test_promises_of_guangdong(guangdong: Network) -> None:
    """Accepted at nine: today, tomorrow, the day after and the third day; accepted at seven in the evening: a day later each."""
    n = guangdong
    zone, ids = ZoneInfo(n.time_zone), n.areas.index_of_code
    for hour, more in ((9, 0), (19, 1)):
        at = int(datetime(2025, 6, 3, hour, tzinfo=zone).timestamp())
        for place, day, due in (("440103", 3, 20), ("440304", 4, 22), ("440203", 5, 22), ("430000", 6, 22)):
            found = int(n.promise(np.array([at]), ids["440106"], ids[place])[0])
            assert datetime.fromtimestamp(found, zone) == datetime(2025, 6, day + more, due, tzinfo=zone), place


@pytest.fixture(scope="module")
def rules(guangdong: Network) -> Rules:
    """Guangdong's rules."""
    return rules_of(guangdong)


@given(st.integers(1_500_000_000, 4_000_000_000), st.integers(1, 195), st.integers(1, 195), st.integers(0, 15))
def test_network_and_fold_promise_alike(
    guangdong: Network, rules: Rules, at: int, origin: int, destination: int, level: int
) -> None:
    """What the network promises to carriers' feeds is what the fold derives, second for second."""
    ours = int(guangdong.promise(np.array([at]), origin, destination, level)[0])
    assert ours == promised(at, origin, destination, level, packed(rules))


def test_rules_hold_the_network(guangdong: Network, rules: Rules) -> None:
    """Shapes agree by area and facility, limits are in the units of the fold, classes and senders are its numbers."""
    areas, places, rows = len(guangdong.area_level), len(guangdong.facility_area), len(guangdong.obligations.check)
    assert rules.level_of_pair.shape == (areas, areas) and rules.owed_origin.shape == (rows, areas)
    assert len(rules.facility_area) == len(rules.processing) == len(rules.longitude) == places
    assert (
        rules.limits.tolist() == [90 * 86400, 300, 100, 3 * 86400, 96 * 3600, 30 * 3600]
        and len(rules.level_first) == 17
    )
    assert set(rules.owed_class.tolist()) <= {0, *ITEM_CLASSES.values()}
    assert SENDER_KINDS["contract"] in rules.owed_sender
    assert np.array_equal(np.diff(rules.level_first)[1:5], [1, 1, 1, 1]) and rules.level_first[-1] == 4


def test_the_province_of_the_page(small: Path) -> None:
    """The folder of the how-to page has no fault, loads, and gives rules without promises and without checks."""
    assert check(small) == []
    network = load(small)
    assert network.facilities.index_of_code["A-SORT"] == 1 and network.name_en == "Example"
    found = rules_of(network, reuse_days=30)
    assert len(found.amount) == 0 and len(found.owed) == 0 and found.limits[0] == 30 * 86400
    assert len(packed(found)) > 0


def test_new_rules_hold_from_their_day(small: Path) -> None:
    """A later row changes only what is accepted from its local day on."""
    (small / "service_levels.csv").write_text("id,code,name_zh,scopes\n1,day,次日,province\n", encoding="utf-8")
    (small / "promise_rules.csv").write_text(
        "service_level,valid_from,clock,amount\nday,2025-03-01,elapsed,24\nday,2024-01-01,elapsed,48\n",
        encoding="utf-8",
    )
    network = load(small)
    change = int(datetime(2025, 3, 1, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp())
    at = np.array([change - 1, change])
    assert (network.promise(at, 2, 3) - at).tolist() == [48 * 3600, 24 * 3600]
