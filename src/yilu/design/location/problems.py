"""What is to be planned: the p-median problem and capacitated facility location, checked on the way in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.errors import YiluError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MOST_PAIRS = 50_000_000
"""Customers times sites that a problem may have: 400 MB for the costs alone, three times that while it is solved."""


class Infeasible(YiluError):
    """No plan can be: ``customers`` and ``sites`` are those concerned (indices), ``shortage`` how much is missing, in the unit of what is short (sites, or units of demand)."""

    exit_code = 3

    def __init__(
        self, message: str, zh: str, next_step: str, next_step_zh: str,
        *, customers: tuple[int, ...] = (), sites: tuple[int, ...] = (), shortage: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(message, zh=zh, next_step=next_step, next_step_zh=next_step_zh)
        self.customers = customers
        self.sites = sites
        self.shortage = shortage


@dataclass(frozen=True)
class MedianProblem:
    """The p-median problem: open p sites so that customers come to the nearest open one at the least weighted cost.

        min  Σ_i Σ_j weight_i · cost_ij · x_ij + Σ_j fixed_j · y_j
        s.t. Σ_j x_ij = 1 for each customer i,  x_ij ≤ y_j,  Σ_j y_j = p,
             y_j = 1 where required, y_j = 0 where not allowed,  x_ij ≥ 0,  y_j ∈ {0, 1}

    Without p (None) as many are opened as pay: the uncapacitated facility location problem.
    Sources: Hakimi, Operations Research 12 (1964); ReVelle and Swain, Geographical Analysis 2 (1970).

    ``cost`` (n customers, m sites), of one unit of weight, 0 or more; inf: the site can't serve the customer. ``weight`` (n,), 0 or more; a customer of weight 0 costs nothing and must still be
    reached. ``p``: how many. ``allowed``, ``required`` (m,); ``fixed`` (m,): cost of opening, 0 or more.
    ValueError: shapes or values other than these. Infeasible: more sites wanted than may be opened, fewer than are required, a customer that no allowed site reaches.
    """

    cost: Floats
    weight: Floats
    p: int | None
    allowed: Bools
    required: Bools
    fixed: Floats

    @property
    def customers(self) -> int:
        """How many."""
        return int(self.cost.shape[0])

    @property
    def sites(self) -> int:
        """How many may be thought of, allowed or not."""
        return int(self.cost.shape[1])

    def __post_init__(self) -> None:
        _check_costs(self.cost)
        _check_shapes(self)
        _check_amounts("weight", self.weight)
        _check_amounts("fixed", self.fixed)
        _check_sites(self.cost, self.allowed, self.required)
        if self.p is None:
            return
        if self.p < 1:
            raise ValueError(f"p: at least one site expected, got {self.p}")
        may, must = int(self.allowed.sum()), int(self.required.sum())
        if self.p > may:
            raise Infeasible(
                f"p = {self.p} sites are to be opened, but only {may} of {self.sites} may be",
                f"要开设 {self.p} 处,但可选站点只有 {may} 处", f"Ask for at most {may}, or allow {self.p - may} more.",
                f"请不超过 {may} 处,或再放开 {self.p - may} 处。", shortage=self.p - may,
            )  # fmt: skip
        if self.p < must:
            raise Infeasible(
                f"p = {self.p} sites are to be opened, but {must} are required", f"要开设 {self.p} 处,但必开站点已有 {must} 处",
                f"Ask for at least {must}, or require {must - self.p} fewer.", f"请至少 {must} 处,或减少 {must - self.p} 处必开站点。",
                sites=_indices(self.required), shortage=must - self.p,
            )  # fmt: skip


@dataclass(frozen=True)
class LocationProblem:
    """Capacitated facility location: open sites of limited capacity and bring all demand to them at the least cost.

        min  Σ_i Σ_j demand_i · cost_ij · x_ij + Σ_j fixed_j · y_j
        s.t. Σ_j x_ij = 1 for each customer i,  Σ_i demand_i · x_ij ≤ capacity_j · y_j,  x_ij ≤ y_j,
             y_j = 1 where required, y_j = 0 where not allowed,  0 ≤ x_ij ≤ 1 (``single_source``: x_ij ∈ {0, 1}),  y_j ∈ {0, 1}

    Sources: Cornuéjols, Sridharan, Thizy, European Journal of Operational Research 50 (1991); for one source, Holmberg, Rönnqvist, Yuan, ibid. 113 (1999).

    ``cost`` (n customers, m sites), of one unit of demand, 0 or more; inf: the site can't serve the customer. ``demand`` (n,), ``capacity``, ``fixed`` (m,), 0 or more; a customer without demand
    takes no room and must still be reached. ``allowed``, ``required`` (m,).
    ValueError: shapes or values other than these. Infeasible: capacity that falls short of the demand in sum, a customer that no allowed site reaches, or (single source) one larger than every site that reaches it.
    """

    cost: Floats
    demand: Floats
    capacity: Floats
    fixed: Floats
    single_source: bool
    allowed: Bools
    required: Bools

    @property
    def customers(self) -> int:
        """How many."""
        return int(self.cost.shape[0])

    @property
    def sites(self) -> int:
        """How many may be thought of, allowed or not."""
        return int(self.cost.shape[1])

    def __post_init__(self) -> None:
        _check_costs(self.cost)
        _check_shapes(self)
        for name in ("demand", "capacity", "fixed"):
            _check_amounts(name, getattr(self, name))
        _check_sites(self.cost, self.allowed, self.required)
        asked, there = float(self.demand.sum()), float(self.capacity[self.allowed].sum())
        if asked > there * (1 + 1e-12):
            raise short(asked - there, asked, there)
        if self.single_source:
            room = np.where(np.isfinite(self.cost) & self.allowed, self.capacity, -1.0).max(axis=1)
            too_large = np.flatnonzero(self.demand > room * (1 + 1e-12))
            if too_large.size:
                i = int(too_large[0])
                missing = float(self.demand[i] - room[i])
                raise Infeasible(
                    f"customer {i} has a demand of {self.demand[i]:g}, and the largest site that reaches it holds {room[i]:g}",
                    f"客户 {i} 的需求为 {self.demand[i]:g},可达站点的最大容量只有 {room[i]:g}",
                    f"Add {missing:g} of capacity there, or let demand be split.", f"请在该处增加容量 {missing:g},或允许需求拆分。",
                    customers=tuple(int(k) for k in too_large), shortage=missing,
                )  # fmt: skip


def median_problem(
    cost: Floats, weight: Floats | None = None, p: int | None = None,
    *, allowed: Bools | None = None, required: Bools | None = None, fixed: Floats | None = None,
) -> MedianProblem:  # fmt: skip
    """A `MedianProblem`; what is left out is: weights 1, all sites allowed, none required, no fixed costs."""
    given = np.ascontiguousarray(cost, dtype=np.float64)
    n, m = given.shape if given.ndim == 2 else (0, 0)
    return MedianProblem(
        given, _floats(weight, n, 1.0), None if p is None else int(p),
        _bools(allowed, m, True), _bools(required, m, False), _floats(fixed, m, 0.0),
    )  # fmt: skip


def location_problem(
    cost: Floats, demand: Floats, capacity: Floats, fixed: Floats | None = None,
    *, single_source: bool = False, allowed: Bools | None = None, required: Bools | None = None,
) -> LocationProblem:  # fmt: skip
    """A `LocationProblem`; what is left out is: no fixed costs, demand may be split, all sites allowed, none required."""
    given = np.ascontiguousarray(cost, dtype=np.float64)
    m = given.shape[1] if given.ndim == 2 else 0
    return LocationProblem(
        given, np.asarray(demand, dtype=np.float64), np.asarray(capacity, dtype=np.float64), _floats(fixed, m, 0.0),
        single_source, _bools(allowed, m, True), _bools(required, m, False),
    )  # fmt: skip


def short(missing: float, asked: float, there: float) -> Infeasible:
    """The error for capacity that is short in sum."""
    return Infeasible(
        f"the demand is {asked:g}, the capacity of all allowed sites {there:g}: {missing:g} short",
        f"需求合计 {asked:g},可选站点容量合计 {there:g},缺口 {missing:g}",
        f"Add at least {missing:g} of capacity, or allow more sites.", f"请至少增加容量 {missing:g},或放开更多站点。",
        shortage=missing,
    )  # fmt: skip


def _floats(given: Floats | None, size: int, otherwise: float) -> Floats:
    return np.full(size, otherwise) if given is None else np.asarray(given, dtype=np.float64)


def _bools(given: Bools | None, size: int, otherwise: bool) -> Bools:
    return np.full(size, otherwise) if given is None else np.asarray(given, dtype=np.bool_)


def _indices(which: Bools) -> tuple[int, ...]:
    return tuple(int(k) for k in np.flatnonzero(which))


def _check_costs(cost: Floats) -> None:
    if cost.ndim != 2 or 0 in cost.shape:
        raise ValueError(f"cost: a matrix of customers by sites expected, at least one of each, got shape {cost.shape}")
    if cost.size > MOST_PAIRS:
        raise ValueError(f"cost: at most {MOST_PAIRS:,} pairs of customer and site expected, got {cost.size:,}")
    wrong = np.argwhere(~(cost >= 0))
    if len(wrong):
        i, j = (int(k) for k in wrong[0])
        raise ValueError(f"cost of customer {i} at site {j}: a number from 0 on or inf expected, got {cost[i, j]!r}")


def _check_shapes(problem: MedianProblem | LocationProblem) -> None:
    n, m = problem.cost.shape
    sizes = {"weight": n, "demand": n, "capacity": m, "fixed": m, "allowed": m, "required": m}
    for name, size in sizes.items():
        given = getattr(problem, name, None)
        if given is not None and given.shape != (size,):
            of = "customer" if size == n and name in ("weight", "demand") else "site"
            raise ValueError(f"{name}: one value for each of {size} {of}s expected, got shape {given.shape}")


def _check_amounts(name: str, given: Floats) -> None:
    wrong = np.flatnonzero(~(np.isfinite(given) & (given >= 0)))
    if wrong.size:
        raise ValueError(f"{name} {int(wrong[0])}: a finite number from 0 on expected, got {given[wrong[0]]!r}")


def _check_sites(cost: Floats, allowed: Bools, required: Bools) -> None:
    both = np.flatnonzero(required & ~allowed)
    if both.size:
        raise Infeasible(
            f"site {int(both[0])} is required and not allowed", f"站点 {int(both[0])} 既为必开又不可选",
            "Allow it, or don't require it.", "请放开该站点,或取消必开。", sites=tuple(int(k) for k in both),
        )  # fmt: skip
    lost = np.flatnonzero(~np.isfinite(cost[:, allowed]).any(axis=1))
    if lost.size:
        raise Infeasible(
            f"no allowed site reaches customer {int(lost[0])}: every cost is infinite ({lost.size} such in all)",
            f"客户 {int(lost[0])} 没有任何可选站点可达(共 {lost.size} 个)",
            "Give a finite cost to one site at least, or leave the customer out.", "请至少给出一个有限费用,或剔除该客户。",
            customers=tuple(int(k) for k in lost),
        )  # fmt: skip
