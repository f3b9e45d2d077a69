"""What comes out: plans with their cost, and a proof of how far they may be from the best that anyone can recompute (see `certificate`)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.design.location.problems import Floats
from yilu.design.stop import Progress, gap

Ints = NDArray[np.int64]
Status = NDArray[np.int8]
"""Of each site (m,): 1 held open, -1 shut, 0 undecided."""


@dataclass(frozen=True)
class Node:
    """One node of the proof: a part of all plans, in which some sites are held open and some shut.

    ``multipliers`` (n,): prices of serving each customer, whose Lagrangean bound holds for this part. ``shut`` and ``opened``: sites (indices) for which the same multipliers show that the
    opposite would cost no less than the plan. ``then``: places in the proof of the nodes that what is left falls into: none (a leaf), one (the same part, with these sites fixed),
    or two, in which ``site`` (else -1) is shut and open.
    """

    multipliers: Floats
    shut: Ints
    opened: Ints
    site: int
    then: tuple[int, ...]


Proof = tuple[Node, ...]
"""A tree of parts; the first node is the whole."""


@dataclass(frozen=True)
class MedianPlan:
    """``open`` (p,): sites, ascending. ``allocation`` (n,): the site that serves each customer. ``cost``, ``bound``: in the unit of the costs; no plan is cheaper than the bound.
    ``trace``: what was known after each step."""

    open: Ints
    allocation: Ints
    cost: float
    bound: float
    proof: Proof
    trace: tuple[Progress, ...]

    @property
    def gap(self) -> float:
        """The share of the cost that may be above the best."""
        return gap(self.cost, self.bound)


@dataclass(frozen=True)
class LocationPlan:
    """``open`` (k,): sites, ascending. ``share`` (n, k): of each customer's demand that goes to each open site. ``load`` (k,): what each site takes, in units of demand. ``cost``, ``bound``: as
    of `MedianPlan`. ``proven_by``: ``multipliers`` where the proof alone carries the bound, ``highs`` where the integer programme that HiGHS solved raised it further; then the proof's own bound is what `certificate` recomputes.
    """

    open: Ints
    share: Floats
    load: Floats
    cost: float
    bound: float
    proven_by: str
    proof: Proof
    trace: tuple[Progress, ...]

    @property
    def gap(self) -> float:
        """The share of the cost that may be above the best."""
        return gap(self.cost, self.bound)
