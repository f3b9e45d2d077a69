"""Branch and bound over which sites are open, on top of a Lagrangean relaxation: the same for every problem of this package.

Best bound first. In each node the multipliers that its parent ended with are driven on, sites are fixed by their reduced costs, and one that the relaxation is undecided about is branched on. All that a bound rests on is kept
as the proof. Source of the scheme: Christofides and Beasley, European Journal of Operational Research 10 (1982); Beasley, ibid. 65 (1993).
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from yilu.design.location.plans import Ints, Node, Proof, Status
from yilu.design.location.problems import Bools, Floats
from yilu.design.stop import Progress, Stop

NO_SITES: Ints = np.zeros(0, np.int64)
_ROOT_CHUNKS, _ROOT_ROUNDS = 60, 60
_NODE_ROUNDS = 60
_SHAKES = 4
_EQUAL, _WHOLE = 1e-9, 1e-6
_MOST_NUMBERS = 40_000_000
"""Multipliers that all nodes of a proof may hold together (320 MB); past that the search ends with the bound it has."""


@dataclass(frozen=True)
class Tightened:
    """What driving the multipliers brought: the best ``bound`` and ``multipliers`` (n,), the length of ``step`` to go on with, bounds (m,) if a site were shut or open instead (-inf: nothing known), how often each site was chosen (``share``, (m,)),
    and the sites ``chosen`` at the best multipliers."""

    bound: float
    multipliers: Floats
    step: float
    if_shut: Floats
    if_open: Floats
    share: Floats
    chosen: Bools


class Relaxation(Protocol):
    """A problem as the search sees it."""

    sites: int
    whole: bool
    """Whether every cost is a whole number, so that bounds may be rounded up."""

    def start(self, open_: Bools) -> Floats:
        """Multipliers to begin with, made from a plan."""
        ...

    def tighten(self, multipliers: Floats, step: float, status: Status, target: float, rounds: int) -> Tightened:
        """Drive the multipliers so many rounds, or until the bound is ``target``."""
        ...

    def last(self, status: Status) -> Bools | None:
        """The open sites, where the status leaves but one choice."""
        ...

    def exact(self, open_: Bools, enough: float) -> tuple[float, Floats]:
        """What no plan with just these sites open can undercut, and multipliers whose bound is that, or (no such plan: inf) at least ``enough``."""
        ...

    def improved(self, open_: Bools, status: Status, cost: float) -> tuple[float, Bools]:
        """A plan near these sites that uses none that is shut, and its cost; it may give up where ``cost`` is out of reach."""
        ...

    def shrink(self, status: Status) -> None:
        """From now on all nodes have at least these sites shut."""
        ...


@dataclass
class _Part:
    """A node while the search goes on."""

    multipliers: Floats
    status: Status
    bound: float
    step: float
    share: Floats
    shut: Ints = field(default_factory=lambda: NO_SITES)
    opened: Ints = field(default_factory=lambda: NO_SITES)
    site: int = -1
    then: tuple[int, ...] = ()


@dataclass(frozen=True)
class Found:
    """What the search ends with; ``status`` (m,): what was fixed for all plans cheaper than the one found."""

    open: Bools
    cost: float
    bound: float
    proof: Proof
    trace: tuple[Progress, ...]
    status: Status
    stopped: bool


class Search:
    """One run of branch and bound: `run` does it. ``open_``, ``cost``: the plan to begin with, which must be one (finite cost)."""

    def __init__(
        self, relaxation: Relaxation, open_: Bools, cost: float, status: Status, stop: Stop, seed: int
    ) -> None:
        self.relaxation, self.stop = relaxation, stop
        self.open, self.cost = open_.copy(), cost
        self.draw = np.random.default_rng(seed)
        self.iterations = 0
        self.trace: list[Progress] = []
        start = relaxation.start(open_)
        self.parts = [_Part(start, status.copy(), -math.inf, 1.0, np.zeros(relaxation.sites))]
        self.root = 0
        self.leaves: list[tuple[float, int]] = []
        self.fixed_at = math.inf
        self.shake = 0

    def run(self) -> Found:
        """Tighten the root, then branch, until the plan is proven, the rule says stop, or the proof is as large as it may be."""
        stopped = self._asked() or self._tighten_root()
        most = max(64, _MOST_NUMBERS // len(self.parts[0].multipliers))
        heapq.heappush(self.leaves, (self.parts[self.root].bound, self.root))
        while not stopped and self._open(*self.leaves[0]) and len(self.parts) < most:
            self._branch(heapq.heappop(self.leaves)[1])
            stopped = self._asked()
        self.trace.append(Progress(self.cost, self._bound(), self.iterations))
        proof = tuple(Node(p.multipliers, p.shut, p.opened, p.site, p.then) for p in self.parts)
        return Found(
            self.open, self.cost, self._bound(), proof, tuple(self.trace), self.parts[self.root].status, stopped
        )

    def _open(self, bound: float, number: int) -> bool:
        """Whether the leaf of the least bound may hold a cheaper plan, and can be branched on."""
        return not self._proven(bound) and bool((self.parts[number].status == 0).any())

    def _tighten_root(self) -> bool:
        """Whether the rule said stop before the root was as tight as it gets."""
        before = -math.inf
        for chunk in range(_ROOT_CHUNKS):
            done = self._tighten(self.root, _ROOT_ROUNDS)
            status = self.parts[self.root].status
            self._try(done.chosen, status)
            if self._asked():
                return True
            self._shake(status)
            self.root = self._fix(self.root, done)
            root = self.parts[self.root]
            self.relaxation.shrink(root.status)
            if self._asked():
                return True
            if self._proven(root.bound) or self._settle(root):
                return False
            if chunk % 4 == 3:
                if chunk > 8 and root.bound - before < 0.05 * (self.cost - root.bound):
                    return False
                before = root.bound
        return False

    def _branch(self, number: int) -> None:
        """Two children of a part, each tightened."""
        part = self.parts[number]
        undecided = np.flatnonzero(part.status == 0)
        part.site = int(undecided[np.argmin(np.abs(part.share[undecided] - 0.5))])
        for value in (-1, 1):
            status = part.status.copy()
            status[part.site] = value
            child = len(self.parts)
            self.parts.append(_Part(part.multipliers, status, part.bound, 0.5, part.share))
            part.then = (*part.then, child)
            if not self._settle(self.parts[child]):
                done = self._tighten(child, _NODE_ROUNDS)
                if not self._proven(self.parts[child].bound):
                    self._try(done.chosen, status)
                    child = self._fix(child, done)
                    self._settle(self.parts[child])
            heapq.heappush(self.leaves, (self.parts[child].bound, child))
        self._shake(self.parts[self.root].status)

    def _tighten(self, number: int, rounds: int) -> Tightened:
        part = self.parts[number]
        done = self.relaxation.tighten(part.multipliers, part.step, part.status, self._target(), rounds)
        self.iterations += rounds
        part.step, part.share = done.step, done.share
        if done.bound >= part.bound:
            part.bound, part.multipliers = done.bound, done.multipliers
        return done

    def _fix(self, number: int, done: Tightened) -> int:
        """Fix sites whose other choice costs no less than the plan; the number of the part that is left, a child of the one whose multipliers showed it."""
        part = self.parts[number]
        if done.multipliers is not part.multipliers or self._proven(part.bound):
            return number
        shut = (part.status == 0) & self._beyond(done.if_open)
        opened = (part.status == 0) & self._beyond(done.if_shut) & ~shut
        if not (shut.any() or opened.any()):
            return number
        self.fixed_at = min(self.fixed_at, *done.if_open[shut], *done.if_shut[opened])
        status = part.status.copy()
        status[shut], status[opened] = -1, 1
        part.shut, part.opened, part.then = np.flatnonzero(shut), np.flatnonzero(opened), (len(self.parts),)
        self.parts.append(_Part(part.multipliers, status, part.bound, part.step, part.share))
        return len(self.parts) - 1

    def _settle(self, part: _Part) -> bool:
        """Where but one choice is left, it is priced exactly and the part is done."""
        only = self.relaxation.last(part.status)
        if only is None:
            return False
        least, part.multipliers = self.relaxation.exact(only, self.cost)
        part.bound = least if math.isfinite(least) else self.cost
        part.status = np.where(only, 1, -1).astype(np.int8)
        if least < self.cost:
            self._try(only, part.status)
        return True

    def _try(self, open_: Bools, status: Status) -> None:
        self._keep(*self.relaxation.improved(open_, status, self.cost))

    def _keep(self, cost: float, open_: Bools) -> None:
        if cost < self.cost * (1 - 1e-12):
            self.cost, self.open = cost, open_

    def _shake(self, status: Status) -> None:
        """Variable neighbourhood search round the best plan: exchange a few sites at random, then improve."""
        inside, outside = np.flatnonzero(self.open & (status == 0)), np.flatnonzero(~self.open & (status == 0))
        self.shake = self.shake % _SHAKES + 1
        k = min(self.shake, len(inside), len(outside))
        if k:
            shaken = self.open.copy()
            shaken[self.draw.choice(inside, k, replace=False)] = False
            shaken[self.draw.choice(outside, k, replace=False)] = True
            self._try(shaken, status)

    def _rounded(self, bound: float) -> float:
        return math.ceil(bound - _WHOLE) if self.relaxation.whole and math.isfinite(bound) else bound

    def _proven(self, bound: float) -> bool:
        return self._rounded(bound) >= self.cost * (1 - _EQUAL)

    def _target(self) -> float:
        """The bound at which a part can hold nothing cheaper."""
        return self.cost - 1 + 2 * _WHOLE if self.relaxation.whole else self.cost * (1 - _EQUAL)

    def _beyond(self, bounds: Floats) -> Bools:
        return bounds >= self._target()

    def _bound(self) -> float:
        lowest = self.leaves[0][0] if self.leaves else self.parts[self.root].bound
        return min(self.cost, self._rounded(min(lowest, self.fixed_at)))

    def _asked(self) -> bool:
        self.trace.append(Progress(self.cost, self._bound(), self.iterations))
        return self.stop(self.trace[-1])
