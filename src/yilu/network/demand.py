"""Demand: shares of items by origin and destination, built from official figures by the method of docs/explain/demand.md."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.network.distance import great_circle_km
from yilu.network.tables import Areas, Figures, Floats, StatedDemand

SAME_CITY, INTERCITY, ABROAD = 0, 1, 2
MARKETS: tuple[str, ...] = ("same_city", "intercity", "abroad")
"""Markets by number: 同城, 异地, 国际及港澳台."""

DECAY = 0.5
"""Items fall with the 0.5th power of distance (S): parcels care far less for distance than passengers."""
LEAST_KM = 30.0
"""Nearer places count as this far apart (S)."""
_ROUNDS = 500
_WITHIN = 1e-12


@dataclass(frozen=True)
class Demand:
    """Shares of items (n,): origin and destination area ids (city level, or a member outside), market, share; the shares add up to 1.

    The whole is every item accepted in the province or delivered to it. Empty where the folder has neither figures nor shares.
    """

    origin: NDArray[np.uint16]
    destination: NDArray[np.uint16]
    market: NDArray[np.uint8]
    share: NDArray[np.float64]

    def by_pair(self, areas: int) -> NDArray[np.float64]:
        """Shares from area to area (areas, areas), by id."""
        out = np.zeros((areas, areas))
        np.add.at(out, (self.origin.astype(np.int64), self.destination.astype(np.int64)), self.share)
        return out


def demand_of(areas: Areas, figures: Figures, stated: StatedDemand) -> Demand:
    """The demand that the folder states, or else the one built from its figures, or else none."""
    if len(stated.share):
        ids = areas.index_of_code
        origin = np.array([ids[str(c)] for c in stated.origin], np.int64)
        destination = np.array([ids[str(c)] for c in stated.destination], np.int64)
        return _demand(areas, origin, destination, np.asarray(stated.share))
    if not len(figures.value):
        none = np.empty(0, np.int64)
        return _demand(areas, none, none, np.empty(0))
    return built(areas, figures)


def _demand(areas: Areas, origin: NDArray[np.int64], destination: NDArray[np.int64], share: Floats) -> Demand:
    some = share > 0
    origin, destination, share = origin[some], destination[some], share[some]
    row = np.zeros(int(areas.id.max()) + 1, np.int64)
    row[areas.id] = np.arange(len(areas.id))
    beyond = areas.beyond_customs
    crosses = beyond[row[origin]] != beyond[row[destination]]
    market = np.where(crosses, ABROAD, np.where(origin == destination, SAME_CITY, INTERCITY)).astype(np.uint8)
    total = share.sum() or 1.0
    return Demand(origin.astype(np.uint16), destination.astype(np.uint16), market, np.asarray(share / total))


@dataclass(frozen=True)
class _Places:
    """Rows of areas: cities inside, provinces outside, members beyond customs."""

    cities: NDArray[np.int64]
    provinces: NDArray[np.int64]
    abroad: NDArray[np.int64]


def _values(figures: Figures, measure: str) -> dict[str, float]:
    rows = np.flatnonzero(figures.measure == measure)
    return {str(figures.subject[i]): float(figures.value[i]) for i in rows}


def populations(areas: Areas, figures: Figures) -> dict[str, float]:
    """Inhabitants by area code: as stated; cities without a figure share what is left of the province by village and residents' committees."""
    known = _values(figures, "population")
    cities = np.flatnonzero((areas.level == "city") & areas.inside)
    missing = [i for i in cities if str(areas.code[i]) not in known]
    top = [str(c) for c in areas.code[(areas.level == "province") & areas.inside]]
    total = next((known[c] for c in top if c in known), 0.0)
    left = total - sum(known.get(str(areas.code[i]), 0.0) for i in cities)
    weight = {i: float(areas.villages[i] + areas.communities[i]) or 1.0 for i in cities}
    if left <= 0:
        # No total to share: as many for each committee as in the cities that have a figure.
        counted = sum(weight[i] for i in cities if i not in missing)
        left = (sum(known[str(areas.code[i])] for i in cities if i not in missing) / counted if counted else 1.0) * sum(
            weight[i] for i in missing
        )
    whole = sum(weight[i] for i in missing)
    return known | {str(areas.code[i]): left * weight[i] / whole for i in missing}


def sending_shares(areas: Areas, figures: Figures, inhabitants: dict[str, float]) -> dict[str, float]:
    """Share of each city in the items accepted: stated city shares; the rest of its region's share by inhabitants."""
    region_share, city_share = _values(figures, "region_share"), _values(figures, "city_share")
    cities = list(np.flatnonzero((areas.level == "city") & areas.inside))
    shares = {str(areas.code[i]): 0.0 for i in cities}
    for region in sorted({str(areas.parent[i]) for i in cities}):
        mine = [str(areas.code[i]) for i in cities if str(areas.parent[i]) == region]
        open_ = [c for c in mine if c not in city_share]
        fixed = {c: city_share[c] for c in mine if c in city_share}
        whole = region_share.get(
            region, 100.0 * sum(inhabitants[c] for c in mine) / sum(inhabitants[str(areas.code[i])] for i in cities)
        )
        left = max(whole - sum(fixed.values()), 0.0)
        people = sum(inhabitants[c] for c in open_)
        shares |= fixed | {c: left * inhabitants[c] / people for c in open_}
    total = sum(shares.values())
    return {c: s / total if total else 1 / len(shares) for c, s in shares.items()}


def fitted(seed: Floats, rows: Floats, columns: Floats) -> Floats:
    """``seed`` (n, m) scaled by rows and columns until its sums are ``rows`` (n,) and ``columns`` (m,).

    Iterative proportional fitting (Deming and Stephan 1940): of all tables with these sums the nearest to the seed in relative entropy.
    Raises ValueError where the two totals differ.
    """
    if not np.isclose(rows.sum(), columns.sum(), rtol=1e-9):
        raise ValueError(f"row sums {rows.sum()} and column sums {columns.sum()} differ")
    table = seed.astype(np.float64)
    for _ in range(_ROUNDS):
        table *= np.divide(rows, table.sum(1), out=np.zeros_like(rows), where=table.sum(1) > 0)[:, None]
        across = table.sum(0)
        if np.abs(across - columns).max() <= _WITHIN * columns.sum():
            break
        table *= np.divide(columns, across, out=np.zeros_like(columns), where=across > 0)[None, :]
    return table


def built(areas: Areas, figures: Figures) -> Demand:
    """The demand that follows from ``figures`` (docs/explain/demand.md). ``checking`` sees to it that the figures needed are there."""
    items, ratio = _values(figures, "items"), next(iter(_values(figures, "balance").values()))
    within = next(iter(_values(figures, "within_province").values())) / 100
    abroad_share = _values(figures, "abroad_share")
    people = populations(areas, figures)
    code = [str(c) for c in areas.code]
    at = _Places(
        np.flatnonzero((areas.level == "city") & areas.inside),
        np.array([i for i in range(len(code)) if areas.level[i] == "province" and not areas.inside[i] and not areas.beyond_customs[i] and code[i] in people], np.int64),
        np.array([i for i in range(len(code)) if code[i] in abroad_share], np.int64),
    )  # fmt: skip
    if not len(at.cities):
        none = np.empty(0, np.int64)
        return _demand(areas, none, none, np.empty(0))
    share = sending_shares(areas, figures, people)
    sends = np.array([share[code[i]] for i in at.cities])
    takes = np.array([people[code[i]] for i in at.cities])
    takes = takes / takes.sum()
    far = np.array([people[code[i]] for i in at.provinces])
    far = far / far.sum()
    accepted = items["same_city"] + items["intercity"] + items["abroad"]
    from_abroad = items["abroad"] / ratio
    same = sends * np.sqrt(takes)
    same = items["same_city"] * same / same.sum()
    # Figures of different years can ask for less than nothing of a small city: then it has none.
    out = np.maximum(sends * accepted - same - sends * items["abroad"], 0.0)
    into = np.maximum(takes * (accepted / ratio - from_abroad) - same, 0.0)
    stays = min(out.sum() * within, into.sum())
    if not len(far):
        stays, into = out.sum(), out.sum() * takes
    leaves, arrives = out.sum() - stays, into.sum() - stays
    ends = np.concatenate([at.cities, at.provinces])
    lon, lat = areas.lon[ends], areas.lat[ends]
    km = great_circle_km(lon[:, None], lat[:, None], lon[None, :], lat[None, :])
    seed = np.maximum(km, LEAST_KM) ** -DECAY
    seed[len(at.cities) :, len(at.cities) :] = 0.0
    np.fill_diagonal(seed, 0.0)
    flow = fitted(seed, np.concatenate([out, arrives * far]), np.concatenate([into, leaves * far]))
    parts = np.array([abroad_share[code[i]] for i in at.abroad])
    parts = parts / parts.sum()
    ids = areas.id
    a, b = np.nonzero(flow)
    grid_c, grid_x = np.repeat(at.cities, len(at.abroad)), np.tile(at.abroad, len(at.cities))
    origin = np.concatenate([ids[at.cities], ids[ends[a]], ids[grid_c], ids[grid_x]])
    destination = np.concatenate([ids[at.cities], ids[ends[b]], ids[grid_x], ids[grid_c]])
    share_of = np.concatenate(
        [
            same,
            flow[a, b],
            np.outer(sends * items["abroad"], parts).ravel(),
            np.outer(takes * from_abroad, parts).ravel(),
        ]
    )
    return _demand(areas, origin, destination, share_of)
