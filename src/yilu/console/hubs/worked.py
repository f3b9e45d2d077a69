"""Designs as the study's functions find them, searched for behind the page and held; nothing here is reckoned anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import numpy as np

from yilu.console.hubs.asked import PENALTY_YUAN, SITES, TIERED, Question
from yilu.console.pages.page import Ask
from yilu.design.hubs import HubError
from yilu.design.matrices import HubMatrices, matrices, within
from yilu.design.stop import Stop, after, at_gap, either
from yilu.network import Network
from yilu.studies.hub_scenarios import of_scenario, scenarios
from yilu.studies.hubs import (
    Design,
    Measured,
    as_planned,
    best,
    best_system,
    measured,
    stated,
    swaps,
    with_hubs,
    without_tiers,
)

Job: TypeAlias = "tuple[tuple[Any, ...], Callable[[], Any]]"
"""What is searched for: its key, and how it is made."""
_GAP = 1e-4
"""A search ends earlier where so small a gap is proven."""


@dataclass(frozen=True)
class Worked:
    """A design found, the arrays it was found on, and what it does in a day."""

    asked: Question
    m: HubMatrices
    design: Design
    does: Measured

    @property
    def bound(self) -> float | None:
        """What no design of its kind is below, in what it was looked for by: yuan a day, or late items a day; None where none was found in the time."""
        plan = self.design.plan
        return max(plan.bound, 0.0) if plan.gap < 1 else None

    @property
    def gap(self) -> float | None:
        """Gap to the bound, of all of the value."""
        return self.design.plan.gap if self.bound is not None else None

    @property
    def gap_of_changeable(self) -> float | None:
        """Gap to the bound, of the cost that hubs can change."""
        if self.bound is None or not self.asked.is_of_cost:
            return None
        cost = self.design.plan.cost
        return (cost - self.bound) / (cost - self.m.floor)

    @property
    def in_time(self) -> float | None:
        """Share of promised items in time, None where nothing is promised."""
        return self.does.in_time if self.does.in_time == self.does.in_time else None

    @property
    def late_items(self) -> float | None:
        """Promised items a day that are late."""
        if self.in_time is None:
            return None
        return float(self.m.flow[np.isfinite(self.m.due)].sum()) * (1.0 - self.in_time)


def answer(ask: Ask, asked: Sequence[Job]) -> list[Any]:
    """What each gives, None for those that are being worked out; who asks waits for one of them at most."""
    found: list[Any] = []
    wait_s: float | None = None
    for key, make in asked:
        one = ask.seen.searched(key, make, wait_s)
        found.append(one)
        wait_s = wait_s if one is not None else 0.0
    return found


def design_of(ask: Ask, q: Question, seconds: int) -> Job:
    """A design as ``answer`` takes it."""
    day = ask.seen.latest_day

    def make() -> Worked:
        m = matrices_of(ask, day, q)
        found = searched(m, q, seconds)
        return Worked(q, m, found, measured(m, found))

    return ("hubs", day, q, seconds), make


def kept_in(ask: Ask, of: Worked, q: Question, seconds: int) -> Job:
    """The sites of a design, without tiers, in another question's matrices: units allocated anew."""
    day = ask.seen.latest_day

    def make() -> Worked:
        m = matrices_of(ask, day, q)
        found = with_hubs(m, untiered(of.design), stop(seconds))
        return Worked(q, m, found, measured(m, found))

    return ("hubs kept", day, of.asked, q, seconds), make


def swaps_of(ask: Ask, of: Worked, seconds: int) -> Job:
    """What changing one hub of a design costs."""
    return ("swaps", ask.seen.latest_day, of.asked, seconds), lambda: swaps(of.m, of.design)


def untiered(design: Design) -> Design:
    """The same sites, all of one kind."""
    return Design(design.hubs, ("",) * len(design.hubs), design.allocation, design.asked, design.plan)


def matrices_of(ask: Ask, day: date, q: Question) -> HubMatrices:
    """The arrays that a question is asked of: its demand, crossings as on the day, its time."""
    network = ask.seen.network
    m: HubMatrices = ask.seen.part_of_searches(("matrices", day, q.demand), lambda: _matrices(network, day, q.demand))
    return within(m, float(q.within)) if q.within else m


def _matrices(network: Network, day: date, demand: str) -> HubMatrices:
    if not demand:
        return matrices(network, day)
    return of_scenario(network, next(s for s in scenarios(network) if s.code == demand), day)


def stop(seconds: float) -> Stop:
    """When a search ends."""
    return either(after(seconds), at_gap(_GAP))


def searched(m: HubMatrices, q: Question, seconds: float) -> Design:
    """The design that a question asks for. Raises HubError, in both languages, where all promises must be kept and no hubs keep them."""
    try:
        return _searched(m, q, stop(seconds), PENALTY_YUAN if q.late == "penalty" else 0.0)
    except HubError as error:
        if q.late != "hard":
            raise
        raise HubError(
            error.message, zh="没有任何选址能让全部时限达成", next_step=error.next_step, next_step_zh="放宽时限,或改按“超时件数最少”“超时每件计费一元”求解"
        ) from error  # fmt: skip


def _searched(m: HubMatrices, q: Question, until: Stop, fine: float) -> Design:
    if q.system.isdigit():
        return best(m, int(q.system), until, deadlines=q.late, penalty=fine)
    kind, _colon, cluster = q.system.partition(":")
    system = stated(m.network, cluster)
    if kind == TIERED:
        return best_system(m, system.counts, until, deadlines=q.late, penalty=fine)
    return as_planned(m, without_tiers(system) if kind == SITES else system, until, deadlines=q.late, penalty=fine)
