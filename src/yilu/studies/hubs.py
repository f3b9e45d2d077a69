"""Where should the province's hubs be, and what does the plan's own choice cost against that?

All questions are asked of one model (``yilu.design.matrices``): the best sites for a number of hubs, the best for a system of tiers, and the plan's system,
which names cities: each of them is a tier of its own with one hub, whose county unit the model picks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.design.hub_rates import TIERS
from yilu.design.hubs import HubPlan, HubProblem, solve
from yilu.design.hubs.model import cost_of
from yilu.design.hubs.problem import labels
from yilu.design.hubs.search import allocated
from yilu.design.matrices import HubMatrices, problem
from yilu.design.stop import Progress, Stop
from yilu.errors import InputError
from yilu.network import Network

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Report = Callable[[Progress], None]
CONTESTED = 0.01
"""A hub is contested where another city in its place costs less than this share more of the cost that hubs can change (all but ``HubMatrices.floor``)."""


def _silent(_: Progress) -> None:
    pass


@dataclass(frozen=True)
class System:
    """Hubs as the plan states them: for each the cities (area ids) of which one has it, and its tier (``TIERS``)."""

    cities: tuple[tuple[int, ...], ...]
    tiers: tuple[str, ...]

    @property
    def counts(self) -> tuple[int, ...]:
        """How many hubs of each of ``TIERS``."""
        return tuple(self.tiers.count(t) for t in TIERS)


@dataclass(frozen=True)
class Design:
    """A hub plan with its meaning: ``hubs`` (p,) rows of units, ``tier`` of each ("" where hubs have none), ``allocation`` (n,) rows of hubs' units,
    what was solved and what came out of it."""

    hubs: Ints
    tier: tuple[str, ...]
    allocation: Ints
    asked: HubProblem
    plan: HubPlan


@dataclass(frozen=True)
class Measured:
    """What a design does in a day: yuan by part, mean hours and km of an item within the province, share of promised items in time, kg CO2e."""

    collection_yuan: float
    transfer_yuan: float
    distribution_yuan: float
    onward_yuan: float
    hours: float
    in_time: float
    carbon_kg: float
    items: float

    @property
    def cost_yuan(self) -> float:
        """All of a day's cost."""
        return self.collection_yuan + self.transfer_yuan + self.distribution_yuan + self.onward_yuan


def stated(network: Network, as_one: str = "") -> System:
    """The hubs of the province's facilities that are not closed. ``as_one``: a cluster of hubs that counts as one hub in any of its cities.

    Raises InputError where there are none, or one has no tier.
    """
    f = network.facilities
    rows = np.flatnonzero((f.kind == "hub") & (f.status != "closed"))
    if not len(rows):
        raise InputError(
            "facilities.csv",
            "rows of kind hub",
            next_step="Give the plan's hubs, or ask for a number of hubs with --p.",
        )
    for row in rows:
        if not str(f.tier[row]):
            raise InputError(
                "facilities.csv",
                "one of " + ", ".join(TIERS),
                row=int(row) + 1,
                column="tier",
                next_step="Give the tier of each hub.",
            )
    city = [int(network.area_city[network.facility_area[f.id[row]]]) for row in rows]
    tier = [str(f.tier[row]) for row in rows]
    joined = [n for n, row in enumerate(rows) if as_one and str(f.cluster[row]) == as_one]
    groups: list[tuple[tuple[int, ...], str]] = [((city[n],), tier[n]) for n in range(len(rows)) if n not in joined]
    if joined:
        groups.append((tuple(city[n] for n in joined), min((tier[n] for n in joined), key=TIERS.index)))
    groups.sort(key=lambda g: TIERS.index(g[1]))
    return System(tuple(g[0] for g in groups), tuple(g[1] for g in groups))


def without_tiers(system: System) -> System:
    """The same cities, all hubs of one kind and without discount: what a design of free sites compares with."""
    return System(system.cities, ("",) * len(system.tiers))


def clusters(network: Network) -> list[str]:
    """Clusters of hubs that the facilities name."""
    f = network.facilities
    return sorted({str(c) for c in f.cluster[f.kind == "hub"]} - {""})


def best(
    m: HubMatrices,
    p: int,
    stop: Stop,
    seed: int = 0,
    deadlines: str = "",
    penalty: float = 0.0,
    report: Report = _silent,
    proof: bool = False,
) -> Design:
    """The best ``p`` hubs on any county unit, all of one tier. ``proof``: keep one for ``certificate``."""
    return _solved(problem(m, (p,), None, deadlines, penalty), ("",), stop, seed, report, proof)


def best_system(
    m: HubMatrices,
    counts: tuple[int, ...],
    stop: Stop,
    seed: int = 0,
    deadlines: str = "",
    penalty: float = 0.0,
    report: Report = _silent,
    proof: bool = False,
) -> Design:
    """The best hubs on any county unit, ``counts`` of each of ``TIERS``."""
    return _solved(problem(m, counts, TIERS, deadlines, penalty), TIERS, stop, seed, report, proof)


def as_planned(
    m: HubMatrices,
    system: System,
    stop: Stop,
    seed: int = 0,
    deadlines: str = "",
    penalty: float = 0.0,
    report: Report = _silent,
    proof: bool = False,
) -> Design:
    """The plan's system: its cities and tiers, or ``without_tiers``, the best county unit in each city."""
    candidates = np.stack([np.isin(m.city, cities) for cities in system.cities], axis=1)
    of_tier = system.tiers if system.tiers[0] else None
    asked = problem(m, (1,) * len(system.tiers), of_tier, deadlines, penalty, candidates=candidates)
    return _solved(asked, system.tiers, stop, seed, report, proof)


def _solved(
    asked: HubProblem, tiers: tuple[str, ...], stop: Stop, seed: int, report: Report, proof: bool = False
) -> Design:
    plan = solve(asked, stop, seed, report, proof)
    return Design(plan.hubs, tuple(tiers[t] for t in plan.tiers), plan.allocation, asked, plan)


def measured(m: HubMatrices, design: Design) -> Measured:
    """What a design does, worked out from the matrices alone."""
    at = design.allocation
    unit = np.arange(len(at))
    sent, got = m.flow.sum(axis=1), m.flow.sum(axis=0)
    tier = dict(zip(design.hubs.tolist(), design.tier, strict=True))
    single = m.rates["discount", "single"]
    alpha = np.array(
        [[m.rates.discount(tier[a], tier[b]) if tier[a] else single for b in at.tolist()] for a in at.tolist()]
    )
    across = (at[:, None], at[None, :])
    minutes = m.collect[unit, at][:, None] + m.across[across] + m.distribute[at, unit][None, :]
    carbon = m.carbon_in[unit, at][:, None] + m.carbon_across[across] + m.carbon_out[at, unit][None, :]
    promised = (m.flow > 0) & np.isfinite(m.due)
    kept = promised & (minutes <= m.due)
    outside = m.sent_on @ m.carbon_in[unit, at] + m.got_on @ m.carbon_out[at, unit]
    outside += m.rates.carbon_kg_item_km("transfer") * m.onward_item_km[unit, at].sum()
    return Measured(
        collection_yuan=float(sent @ m.collection[unit, at]),
        transfer_yuan=float((m.flow * alpha * m.transfer[across]).sum()),
        distribution_yuan=float(got @ m.distribution[at, unit]),
        onward_yuan=float(m.onward[unit, at].sum()),
        hours=float((m.flow * minutes).sum() / m.flow.sum() / 60),
        in_time=float(m.flow[kept].sum() / m.flow[promised].sum()) if promised.any() else float("nan"),
        carbon_kg=float((m.flow * carbon).sum() + outside),
        items=m.items_a_day,
    )  # fmt: skip


@dataclass(frozen=True)
class Swaps:
    """What changing one hub of a design costs a day more. ``city`` (C,) area ids; ``unit`` (p, C) the unit (row) of that city that would have hub h
    instead, and ``yuan`` (p, C) what that costs, inf where the city has no free unit; ``lost`` (p,) with hub h gone, inf for the only one."""

    city: Ints
    unit: Ints
    yuan: Floats
    lost: Floats

    def elsewhere(self, m: HubMatrices, design: Design) -> list[tuple[int, float]]:
        """For each hub the best unit (row) in another city, and what it costs more."""
        more = np.where(self.city[None, :] == m.city[design.hubs][:, None], np.inf, self.yuan)
        best_of = np.argmin(more, axis=1)
        return [(int(self.unit[h, c]), float(more[h, c])) for h, c in enumerate(best_of.tolist())]

    def contested(self, m: HubMatrices, design: Design, within: float = CONTESTED) -> list[tuple[int, list[int]]]:
        """Hubs (rows of units) that another city could have at less than ``within`` of the cost that hubs can change more, with those cities (area ids), the cheapest first."""
        most = within * (design.plan.cost - m.floor)
        out = []
        for h, hub in enumerate(design.hubs.tolist()):
            near = [c for c in np.argsort(self.yuan[h], kind="stable").tolist() if self.yuan[h, c] <= most]
            others = [int(self.city[c]) for c in near if self.city[c] != m.city[hub]]
            out += [(hub, others)] if others else []
        return out


def swaps(m: HubMatrices, design: Design) -> Swaps:
    """Every hub of a design given up for every city, and given up altogether, its units and all others allocated anew.

    Of a city's units the one is tried that would be best if all but the given-up hub's units stayed where they are.
    """
    n, p = len(m.unit), len(design.hubs)
    asked = problem(m, (1,) * p, design.tier if design.tier[0] else None, candidates=np.ones((n, p), np.bool_))
    model = labels(asked)
    of = np.full((n, p), -1)
    of[model.node, model.tier] = np.arange(len(model.node))
    base = of[design.hubs, np.arange(p)]
    start = base[np.searchsorted(design.hubs, design.allocation)]
    cost = allocated(model, base, start)[1]
    all_cities, member = np.unique(m.city, return_inverse=True)
    unit, yuan, lost = (
        np.zeros((p, len(all_cities)), np.int64),
        np.full((p, len(all_cities)), np.inf),
        np.full(p, np.inf),
    )
    for h in range(p):
        others = np.delete(base, h)
        if len(others):
            lost[h] = allocated(model, others, start)[1] - cost
        guess = np.full(n, np.inf)
        for j in np.setdiff1d(np.arange(n), design.hubs).tolist():
            guess[j] = cost_of(model, _given_to(start, base[h], of[j, h], j))
        for c in range(len(all_cities)):
            j = int(np.argmin(np.where(member == c, guess, np.inf)))
            if np.isfinite(guess[j]) and member[j] == c:
                unit[h, c] = j
                yuan[h, c] = (
                    allocated(model, np.append(others, of[j, h]), _given_to(start, base[h], of[j, h], j))[1] - cost
                )
    return Swaps(all_cities, unit, yuan, lost)


def _given_to(start: Ints, old: int, new: int, unit: int) -> Ints:
    """Labels (n,) with all of the hub ``old`` at ``new``, which stands in ``unit``."""
    out = np.where(start == old, new, start)
    out[unit] = new
    return out


def with_hubs(m: HubMatrices, design: Design, stop: Stop, seed: int = 0) -> Design:
    """The same hubs with the same tiers in another day's matrices, units allocated anew."""
    n, p = len(m.unit), len(design.hubs)
    candidates = np.zeros((n, p), np.bool_)
    candidates[design.hubs, np.arange(p)] = True
    asked = problem(m, (1,) * p, design.tier if design.tier[0] else None, candidates=candidates, required=candidates)
    return _solved(asked, design.tier, stop, seed, _silent)


def cities(m: HubMatrices, design: Design) -> list[int]:
    """Cities (area ids) of a design's hubs, each once."""
    return sorted({int(c) for c in m.city[design.hubs]})
