"""Good plans for hub problems that share their hubs: which label is open from which part on, and an allocation for each part.

A plan is ``since`` (K,): the part from which a label is open, S where it never is. Moves exchange the dates of two labels of one tier, which changes a hub for
another, or the order in which two are opened; where the number of hubs is free, a label opens or closes. They are ranked part by part as in ``search``
and carried out in all parts at once; the first that is better is kept (shaking: Hansen and Mladenović 2001).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from yilu.design.hubs import search
from yilu.design.hubs.model import Floats, Ints, Model, cost_of, only

_TRIED = 6
"""Interchanges carried out of those ranked, for each part."""


@dataclass(frozen=True)
class Linked:
    """S models over the same n nodes and K labels: ``weight`` (S,) of each one's cost, all above 0; ``stays``: hubs of a part are hubs of every later one, else
    all parts have the same hubs."""

    models: tuple[Model, ...]
    weight: Floats
    stays: bool

    @property
    def never(self) -> int:
        """The date of a label that does not open."""
        return len(self.models)


@dataclass(frozen=True)
class LinkedPlan:
    """``since`` (K,) the part from which each label is open; ``at`` (S, n) labels; ``costs`` (S,) of the parts and ``cost``, weighted."""

    since: Ints
    at: Ints
    costs: Floats
    cost: float


def is_plan(linked: Linked, since: Ints) -> bool:
    """Whether every part has its number of hubs, its required and no forbidden ones, and no site has two tiers."""
    opened = np.flatnonzero(since < linked.never)
    node = linked.models[0].node
    if len(np.unique(node[opened])) < len(opened):
        return False
    for s, model in enumerate(linked.models):
        hubs = np.flatnonzero(since <= s)
        if not len(hubs) or (model.forced & (since > s)).any() or not model.allowed[node[hubs], hubs].all():
            return False
        if not model.is_free and (np.bincount(model.tier[hubs], minlength=len(model.count)) != model.count).any():
            return False
    return True


def valued(linked: Linked, at: Ints) -> LinkedPlan:
    """The plan of allocations ``at`` (S, n) of labels."""
    since = np.full(len(linked.models[0].fixed), linked.never)
    for s in reversed(range(linked.never)):
        since[at[s]] = s
    costs = np.array([cost_of(model, at[s]) for s, model in enumerate(linked.models)])
    return LinkedPlan(since, at, costs, float(linked.weight @ costs))


def placed(linked: Linked, since: Ints, start: Ints | None = None) -> LinkedPlan:
    """The best allocations found to the hubs of ``since``, from ``start`` (S, n) labels where they are still open."""
    found = [
        search.allocated(model, np.flatnonzero(since <= s), None if start is None else start[s])
        for s, model in enumerate(linked.models)
    ]
    costs = np.array([cost for _, cost in found])
    return LinkedPlan(since, np.array([at for at, _ in found]), costs, float(linked.weight @ costs))


def begun(linked: Linked, rng: Generator) -> Iterator[LinkedPlan]:
    """Plans to begin with: each part's hubs found in turn, from the first on with what is open kept, from the last on within what opens later; for parts with
    the same hubs, what each part by itself would have."""
    if linked.stays:
        turns = [_forward, _backward, _required_first]
        dates = [turn(linked, rng) for turn in turns]
    else:
        dates = [np.where(np.isin(np.arange(len(m.fixed)), _alone(m, rng)), 0, linked.never) for m in linked.models]
    for since in dates:
        if is_plan(linked, since):
            yield placed(linked, since)


def _alone(model: Model, rng: Generator) -> Ints:
    """Hubs that are good for one part, none where what is open already leaves too few sites."""
    hubs = search.opened(model, rng)
    return np.unique(search.improved(model, *search.allocated(model, hubs))[0]) if len(hubs) else hubs


def _forward(linked: Linked, rng: Generator) -> Ints:
    since = np.full(len(linked.models[0].fixed), linked.never)
    for s, model in enumerate(linked.models):
        hubs = _alone(replace(model, forced=model.forced | (since < s)), rng)
        since[hubs] = np.minimum(since[hubs], s)
    return since


def _backward(linked: Linked, rng: Generator) -> Ints:
    since = np.full(len(linked.models[0].fixed), linked.never)
    kept = np.arange(len(since))
    for s in reversed(range(linked.never)):
        kept = kept[_alone(only(linked.models[s], kept), rng)]
        since[kept] = s
    return since


def _required_first(linked: Linked, rng: Generator) -> Ints:
    """From the first part on, sites that a later part requires before others: with one tier this is a plan wherever there is any."""
    model = linked.models[0]
    since = np.full(len(model.fixed), linked.never)
    later = np.logical_or.reduce([m.forced for m in linked.models])
    order = np.lexsort((rng.random(len(since)), ~later))
    for s, model in enumerate(linked.models):
        since[model.forced] = np.minimum(since[model.forced], s)
        for a in order.tolist():
            taken = since < linked.never
            wanted = 1 if model.is_free else int(model.count[model.tier[a]])
            own = taken if model.is_free else taken & (model.tier == model.tier[a])
            if int(own.sum()) < wanted and model.allowed[model.node[a], a] and model.node[a] not in model.node[taken]:
                since[a] = s
    return since


def improved(linked: Linked, plan: LinkedPlan, is_over: Callable[[], bool] = lambda: False) -> LinkedPlan:
    """Moves until none of those ranked best is better, or ``is_over``, asked before each."""
    while True:
        for since, start in _moves(linked, plan):
            if is_over():
                return plan
            found = placed(linked, since, start)
            if found.cost < plan.cost - 1e-9 * abs(plan.cost):
                plan = found
                break
        else:
            return plan


def _moves(linked: Linked, plan: LinkedPlan) -> Iterator[tuple[Ints, Ints]]:
    """(dates, labels (S, n) to start from) of the moves worth trying."""
    seen: set[bytes] = set()
    for s, model in enumerate(linked.models):
        hubs = np.unique(plan.at[s])
        for x, b in search.interchanges(model, plan.at[s], _TRIED):
            a = int(hubs[x]) if x >= 0 else -1
            for since in _dated(linked, plan.since, s, a, b):
                if since.tobytes() not in seen and is_plan(linked, since):
                    seen.add(since.tobytes())
                    yield since, _renamed(plan, since, a, b)


def _dated(linked: Linked, since: Ints, s: int, a: int, b: int) -> Iterator[Ints]:
    """What the dates become where label ``a`` closes and ``b`` opens in part ``s``, -1: none does."""
    dates = {"exchange": since.copy()}
    if a >= 0 and b >= 0:
        dates["exchange"][[a, b]] = since[[b, a]]
    elif a >= 0:
        dates["exchange"][a] = linked.never
        dates["later"] = since.copy()
        dates["later"][a] = s + 1 if linked.stays else linked.never
    else:
        dates["exchange"][b] = s if linked.stays else 0
    yield from dates.values()


def _renamed(plan: LinkedPlan, since: Ints, a: int, b: int) -> Ints:
    """The plan's labels with b in a's place where a closes and b opens."""
    start = plan.at.copy()
    if a >= 0 and b >= 0:
        for s in range(len(start)):
            if since[a] > s >= since[b]:
                start[s, start[s] == a] = b
    return start


def shaken(linked: Linked, plan: LinkedPlan, strength: int, rng: Generator) -> LinkedPlan:
    """The plan with the dates of ``strength`` pairs of labels exchanged at random, allocated anew; where the number is free, some open or close."""
    since, start = plan.since, plan.at
    tier = linked.models[0].tier
    for _ in range(strength):
        a = int(rng.choice(np.flatnonzero(since < linked.never)))
        others = np.flatnonzero((tier == tier[a]) & (since != since[a]))
        act = int(rng.integers(4)) if linked.models[0].is_free else 0
        changed = since.copy()
        if act == 2:
            changed[a] = linked.never
        elif not len(others):
            continue
        else:
            b = int(rng.choice(others))
            if act == 3:
                changed[b] = since[a]
            else:
                changed[[a, b]] = since[[b, a]]
        if is_plan(linked, changed):
            since = changed
    return placed(linked, since, start)
