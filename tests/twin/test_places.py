"""Ways from outlets to their sites are the network's ways."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from yilu import network as networks
from yilu.network.distance import Ways, facility_ways
from yilu.twin import places

DAY = date(2025, 11, 11)
NETWORK = networks.load("guangdong")
AREAS = np.unique(np.concatenate([NETWORK.demand.origin, NETWORK.demand.destination]))
SITES = places.sites_of(NETWORK, AREAS)


def test_outlets_go_the_ways_of_the_network() -> None:
    """From each outlet to its site it takes what the network's way takes, crossings with it; a quarter of an hour at least, nothing within a site."""
    outlets = places.outlets_of(NETWORK, AREAS, SITES, DAY)
    site = SITES.facility[outlets.site]
    ways = facility_ways(NETWORK, outlets.facility, site, DAY)
    expected = np.maximum(900, 3600 * (ways.km / places.LOCAL_KM_H + ways.extra_h))
    expected[outlets.facility == site] = 0
    assert len(np.unique(outlets.local_s)) > 10
    assert np.allclose(outlets.local_s, expected, atol=1)


def test_a_crossing_lengthens_the_way_and_no_road_is_a_straight_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the network says of a way counts: an hour at a ferry is an hour more; an outlet that no road leads to still sends."""
    plain = places.outlets_of(NETWORK, AREAS, SITES, DAY)
    far = plain.local_s > 900

    def by_ferry(*asked: object) -> Ways:
        found = facility_ways(*asked)  # type: ignore[arg-type]
        return Ways(found.km, found.extra_h + 1, found.crossing)

    def no_road(*asked: object) -> Ways:
        found = facility_ways(*asked)  # type: ignore[arg-type]
        return Ways(np.full_like(found.km, np.inf), found.extra_h, found.crossing)

    monkeypatch.setattr(places, "facility_ways", by_ferry)
    slower = places.outlets_of(NETWORK, AREAS, SITES, DAY)
    assert np.allclose(slower.local_s[far] - plain.local_s[far], 3600, atol=1)
    monkeypatch.setattr(places, "facility_ways", no_road)
    straight = places.outlets_of(NETWORK, AREAS, SITES, DAY).local_s
    assert (straight >= 0).all() and (straight <= plain.local_s).all()
