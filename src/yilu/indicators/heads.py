"""How many people live where: what sums a head are divided by."""

from __future__ import annotations

from typing import Any

import numpy as np

from yilu.indicators.cells import region_of
from yilu.network import Network
from yilu.network.demand import populations

_UNITS = {"万人": 10_000, "人": 1}


def heads_of(network: Network, group: dict[str, Any], areas: tuple[int, ...] = ()) -> float | None:
    """Inhabitants of the group's city or region, of the cities asked for, or of the province; None where no figure tells.

    The stated figures stand in ``figures.csv`` of the province, each with its grade and source; cities without one share what is
    left of the province (``network.demand.populations``).
    """
    people = _people(network)
    if not people:
        return None
    cities = set(areas or people)
    if "area" in group:
        cities &= {group["area"]}
    if "region" in group:
        region = region_of(network)
        cities &= {c for c in people if int(region[c]) == group["region"]}
    return sum(people.get(c, 0.0) for c in cities) or None


def _people(network: Network) -> dict[int, float]:
    """Inhabitants by id of the province's cities; empty where its figures tell none, or in a unit that isn't known."""
    figures, areas = network.figures, network.areas
    units = {str(u) for u, m in zip(figures.unit, figures.measure, strict=True) if m == "population"}
    if len(units) != 1 or not units <= set(_UNITS):
        return {}
    scale, found = _UNITS[units.pop()], populations(areas, figures)
    cities = np.flatnonzero((areas.level == "city") & areas.inside)
    return {int(areas.id[i]): scale * found[str(areas.code[i])] for i in cities}
