"""What it costs when a hub is lost for a day: its nodes go to the hubs that are left, all other nodes stay where they are.

For a plan with hubs H and allocation h, hub k lost, with N_k = {i : h_i = k}:

    min_z  cost(z)   s.t.  Σ_{m ∈ H∖k} z_im = 1 for i ∈ N_k,   z_i = h_i for all other i,   z ∈ {0, 1},

f_k included, since a lost hub is still paid for. Loads, deadlines and all else count as in the plan's problem. With q_k the probability that k is lost on a day, no two at once,
the expected cost of a day is (1 − Σ_k q_k) cost + Σ_k q_k cost_k. The plan is looked at, not chosen, with losses in mind; the problem that chooses is that of An, Zhang
and Zeng (2015), "The reliable hub-and-spoke design problem" (Transportation Research B 77).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from yilu.design.hubs.evaluation import Plan, limits_broken, start_of
from yilu.design.hubs.model import Floats, Ints, Model, cost_of, only
from yilu.design.hubs.problem import HubError, HubProblem, labels
from yilu.design.hubs.solve import proven
from yilu.design.stop import Stop


@dataclass(frozen=True)
class Losses:
    """By lost hub, in the order of the plan's hubs: ``cost`` (p,) of the day and ``bound`` (p,) that no reallocation is below, both inf for a hub whose nodes no
    other may serve; ``allocation`` (p, n), the plan's own there; ``breaks``: what limits the day breaks, "" for none; ``usual``: cost of a day with all hubs; ``expected``."""

    cost: Floats
    bound: Floats
    allocation: Ints
    breaks: tuple[str, ...]
    usual: float
    expected: float


def losses(problem: HubProblem, plan: Plan, probability: Floats, stop: Stop, seed: int = 0) -> Losses:
    """The cost of losing each hub of ``plan`` in turn, with the best reallocation of its nodes found until ``stop`` says so, and a proven bound.

    ``stop`` is asked anew for each hub: rounds count by hub, a clock runs on from the first.
    ``probability`` (p,) that each hub is lost, 1 together at most. A limit that the day breaks costs here what it costs in the search, more than any plan, so that the
    least of it is broken; ``cost`` then holds that price. Raises HubError for a ``plan`` that is none of the problem's and for probabilities that cannot be.
    """
    model = labels(problem)
    at = start_of(problem, model, plan)
    p = len(plan.hubs)
    if probability.shape != (p,) or not (probability >= 0).all() or not probability.sum() <= 1.0 + 1e-9:
        raise HubError(
            f"probability is {probability.tolist()}: expected {p} numbers from 0 on, one a hub, 1 together at most"
        )
    cost, bound = np.full(p, np.inf), np.full(p, np.inf)
    allocation, breaks = np.repeat(plan.allocation[None], p, axis=0), [""] * p
    for h, hub in enumerate(plan.hubs.tolist()):
        left, kept = _without(model, at, hub)
        if left is None:
            continue
        found = proven(left, stop, np.random.default_rng(seed))
        lost = at[hub]
        own = float(model.fixed[lost])
        cost[h], bound[h] = found.cost + own, found.bound + own
        labels_of = kept[found.at]
        allocation[h] = model.node[labels_of]
        breaks[h] = next(limits_broken(problem, allocation[h], model.tier[labels_of]), "")
    usual = cost_of(model, at)
    risk = np.where(probability > 0, probability * np.where(probability > 0, cost, 0.0), 0.0)
    return Losses(
        cost, bound, allocation, tuple(breaks), usual, float((1.0 - probability.sum()) * usual + risk.sum())
    )  # fmt: skip


def _without(model: Model, at: Ints, hub: int) -> tuple[Model | None, Ints]:
    """(the model over the plan's other hubs, all forced, in which only the lost hub's nodes may move; its labels in the whole); None where a node has nowhere to go."""
    kept = np.setdiff1d(np.unique(at), at[[hub]])
    if not len(kept):
        return None, kept
    left = only(model, kept)
    stays = at != at[hub]
    allowed = left.allowed.copy()
    allowed[stays] = at[stays][:, None] == kept[None, :]
    if not allowed.any(axis=1).all():
        return None, kept
    count = np.full_like(model.count, -1) if model.is_free else np.bincount(left.tier, minlength=len(model.count))
    return replace(left, allowed=allowed, forced=np.ones(len(kept), np.bool_), count=count), kept
