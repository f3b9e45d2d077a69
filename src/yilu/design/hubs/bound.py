"""A certified lower bound for single allocation, by Lagrangean duality.

The pair term of the model is bounded by transport: q_ij(z_i, z_j) = W_ij · max {Σ_a F_a (z_ia − z_ja) : |F_a − F_b| ≤ D_ab} where D is a metric
and W_ij = w_ij + w_ji. With one such function F^ij per pair the pair terms are linear, and what is left,

    θ_ia = c_ia + Σ_{j>i} W_ij F^ij_a − Σ_{j<i} W_ji F^ji_a,    min Σ_i Σ_a θ_ia z_ia + Σ_a f_a y_a   over assignments to p open labels,

is a p-median problem, bounded again with a price u_i on Σ_a z_ia = 1:

    L(F, u) = Σ_i u_i + (the p least of, or all negative) ρ_a,    ρ_a = f_a + (θ_aa − u_a) + Σ_{i≠a} min(0, θ_ia − u_i).

A load term makes ρ_a a knapsack: whole nodes where a label has but a capacity, else parts of nodes. Where the number of labels is free and each has a capacity Q_a,
those that open hold everything, Σ_a Q_a y_a ≥ Σ_i o_i (Cornuéjols, Sridharan and Thizy 1991). Every F that keeps |F_a − F_b| ≤ D_ab gives a valid bound. L grows by a deflected subgradient: the averaged
allocation z̄ moves F^ij by s (z̄_i − z̄_j) and u_i by s W_i (1 − Σ_a z̄_ia); F is brought back between the envelopes of McShane (1934). Where
the pair cost is no metric, two functions with f_a + g_b ≤ q_ij(a, b) stand for F and −F.
The projection of the path formulation is that of Adams and Johnson's first level (RLT-1); Camerini, Fratta and Maffioli (1975) on deflection.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numba import njit, prange

from yilu.design.hubs import transport
from yilu.design.hubs.model import Bools, Floats, Ints, Model, only

_KEEP = 0.92
_FARTHEST = 1e3
"""No price moves further than this many gaps at once: where nothing is left to decide, steps would grow beyond what is exact in floating point."""
_UNITS = 1000
"""Parts of all load by which room is counted."""
_HELD = 1e-9
"""How far, of itself, a load may be beyond what a label holds."""
_STEPS = 2000
"""Turns of an exact knapsack at most; beyond, its nodes may be split."""
_PAST = 1e-4
"""Steps aim so much of the best cost past it at the least: steps towards it alone come ever closer and never there."""
PRIMED = 100
"""Rounds at the start in which only u moves: they cost a hundredth of the others and take most of the way."""


@dataclass
class Dual:
    """Where the dual stands: ``f`` and ``g`` of the pairs (see transport) and ``u`` (n,)."""

    f: Floats
    g: Floats
    u: Floats

    def only(self, kept: Ints) -> Dual:
        """Over some of the labels."""
        return Dual(np.ascontiguousarray(self.f[:, kept]), np.ascontiguousarray(self.g[:, kept]), self.u.copy())

    def take(self, other: Dual) -> None:
        """Become as ``other``, in place."""
        self.f[:], self.g[:], self.u[:] = other.f, other.g, other.u


@njit(cache=True, parallel=True)
def _prices(theta, u, fixed, node, allowed, weight, slope, knee, room, is_loaded, rho, taken):
    """ρ (K,) and the allocation (n, K) each label would take were it open."""
    n, k = theta.shape
    for a in prange(k):
        own = node[a]
        if not allowed[own, a]:
            rho[a] = np.inf
            taken[:, a] = False
            continue
        value = fixed[a] + theta[own, a] - u[own]
        for i in range(n):
            taken[i, a] = i == own or (allowed[i, a] and (is_loaded or theta[i, a] < u[i]))
        if not is_loaded:
            for i in range(n):
                if i != own and taken[i, a]:
                    value += theta[i, a] - u[i]
        else:
            whole = np.inf
            if room[a] < np.inf and slope.shape[1] == 2:
                whole = whole_knapsack(theta[:, a], u, weight, room[a], own, taken[:, a])
            if whole == np.inf:
                whole = _knapsack(theta[:, a], u, weight, slope[a], knee[a], own, taken[:, a])
            value += whole
        rho[a] = value


@njit(cache=True)
def _knapsack(theta, u, weight, slope, knee, own, taken):
    """The load term and the nodes worth taking, in parts: most profit by weight first, until a unit more costs more than it brings."""
    n = len(theta)
    ratio = np.empty(n)
    for i in range(n):
        ratio[i] = np.inf if i == own or not taken[i] else (theta[i] - u[i]) / max(weight[i], 1e-12)
        taken[i] = i == own
    load, value = 0.0, 0.0
    piece, pieces = 0, len(slope)
    left = weight[own]
    while left > 0.0:  # the hub's own node comes whole
        some = min(left, knee[piece + 1] - load)
        value += slope[piece] * some
        load += some
        left -= some
        if left > 0.0:
            piece += 1
    for i in np.argsort(ratio):
        if ratio[i] == np.inf:
            break
        left = weight[i]
        if left <= 0.0:
            taken[i] = theta[i] < u[i]
            value += min(0.0, theta[i] - u[i])
            continue
        while left > 0.0:
            if load >= knee[piece + 1] and piece + 1 < pieces:
                piece += 1
            if ratio[i] + slope[piece] >= 0.0:
                return value
            some = min(left, knee[piece + 1] - load)
            value += (ratio[i] + slope[piece]) * some
            load += some
            left -= some
        taken[i] = True
    return value


@njit(cache=True)
def whole_knapsack(theta, u, weight, room, own, taken):
    """The nodes worth taking into a room, each whole or not at all: depth first, the best by weight first, with the bound of Dantzig (Horowitz and Sahni 1974).

    Inf, and ``taken`` as it was, where the own node has no room or this takes too long.
    """
    n = len(theta)
    left = room * (1 + _HELD) - weight[own]
    if left < 0.0:
        return np.inf
    ratio = np.empty(n)
    free = 0.0
    count = 0
    for i in range(n):
        ratio[i] = np.inf
        if i != own and taken[i] and theta[i] < u[i]:
            if weight[i] <= 0.0:
                free += theta[i] - u[i]
            elif weight[i] <= left:
                ratio[i] = (theta[i] - u[i]) / weight[i]
                count += 1
    order = np.argsort(ratio)[:count]
    size, profit = weight[order], u[order] - theta[order]
    inside, best_inside = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    best, value, j, steps = 0.0, 0.0, 0, 0
    while True:
        k, room_then, most = j, left, value
        while k < count and size[k] <= room_then:
            room_then -= size[k]
            most += profit[k]
            k += 1
        if k < count:
            most += profit[k] * room_then / size[k]
        if most > best * (1 + 1e-12):
            for t in range(j, k):
                inside[t] = True
                left -= size[t]
                value += profit[t]
            j = k
            if value > best:
                best = value
                best_inside[:j] = inside[:j]
                best_inside[j:] = False
            if j < count:
                inside[j] = False
                j += 1
                steps += 1
                if steps > _STEPS:
                    return np.inf
                continue
        i = j - 1
        while i >= 0 and not inside[i]:
            i -= 1
        if i < 0:
            break
        inside[i] = False
        left += size[i]
        value -= profit[i]
        j = i + 1
    for i in range(n):
        taken[i] = i == own or (taken[i] and weight[i] <= 0.0 and theta[i] < u[i])
    for t in range(count):
        taken[order[t]] = best_inside[t]
    return free - best


def chosen(model: Model, rho: Floats) -> Ints:
    """The labels of least ρ: as many of each tier as there must be, or all that pay, and more until they hold everything (one at least); forced ones among them.

    None where there are too few.
    """
    forced = model.forced
    out: list[int] = np.flatnonzero(forced).tolist()
    if is_covering(model):
        return np.flatnonzero(covering(rho, *_units(model), forced))
    if model.is_free:
        out += np.flatnonzero((rho < 0) & ~forced).tolist()
        return np.array(out or np.argsort(rho)[:1], np.int64)
    for tier, count in enumerate(model.count.tolist()):
        own = np.flatnonzero((model.tier == tier) & ~forced)
        wanted = count - int((model.tier[forced] == tier).sum())
        if wanted < 0 or wanted > len(own):
            return np.zeros(0, np.int64)
        out += own[np.argsort(rho[own], kind="stable")[:wanted]].tolist()
    return np.array(out)


def is_covering(model: Model) -> bool:
    """Whether it takes a choice of labels to have room for all load: their number is free, and each holds only so much."""
    return model.is_free and bool(np.isfinite(model.room).all())


def _units(model: Model) -> tuple[Ints, int]:
    """(room of each label (K,), all load) in whole units, rounded such that whatever has room enough still has."""
    unit = max(float(model.weight.sum()), 1e-300) / _UNITS
    return np.minimum(np.ceil(model.room * (1 + _HELD) / unit), _UNITS).astype(np.int64), _UNITS


@njit(cache=True)
def least_left(rho, room, need, forced):
    """(K + 1, need + 1): the least Σρ of labels from a on that bring the room taken so far, u, to ``need``; inf where they can't."""
    k = len(rho)
    left = np.full((k + 1, need + 1), np.inf)
    left[k, need] = 0.0
    for a in range(k - 1, -1, -1):
        for u in range(need + 1):
            taken = rho[a] + left[a + 1, min(need, u + room[a])]
            left[a, u] = taken if forced[a] else min(taken, left[a + 1, u])
    return left


@njit(cache=True)
def covering(rho, room, need, forced):
    """Whether each label is in the choice (K,) of least Σρ with room for ``need``, by dynamic programming; none is where all have too little room."""
    left = least_left(rho, room, need, forced)
    inside = np.zeros(len(rho), np.bool_)
    u = 0
    if left[0, 0] < np.inf:
        for a in range(len(rho)):
            up = min(need, u + room[a])
            inside[a] = forced[a] or rho[a] + left[a + 1, up] < left[a + 1, u]
            u = up if inside[a] else u
    return inside


@njit(cache=True)
def covering_otherwise(rho, room, need, forced):
    """What the least Σρ with room for ``need`` is with each label and without it (K,), inf where it can't be: ``least_left`` met by what goes before."""
    left = least_left(rho, room, need, forced)
    before, then = np.full(need + 1, np.inf), np.empty(need + 1)
    before[0] = 0.0
    by_it, past = np.full(len(rho), np.inf), np.full(len(rho), np.inf)
    for a in range(len(rho)):
        then[:] = np.inf
        for u in range(need + 1):
            if before[u] == np.inf:
                continue
            up = min(need, u + room[a])
            by_it[a] = min(by_it[a], before[u] + rho[a] + left[a + 1, up])
            then[up] = min(then[up], before[u] + rho[a])
            if not forced[a]:
                past[a] = min(past[a], before[u] + left[a + 1, u])
                then[u] = min(then[u], before[u])
        before, then = then, before
    return by_it, past


def first(model: Model, at: Ints) -> Dual:
    """The dual to begin with, from a plan ``at`` (n,) of labels."""
    f, g = transport.first(model, at, transport.is_metric(model))
    theta = np.empty_like(model.linear)
    transport.thetas(model, model.pairs.flow + model.pairs.flow.T, f, g, theta)
    return Dual(f, g, theta[np.arange(len(at)), at].copy())


@dataclass(frozen=True)
class Pace:
    """How the steps shorten: the factor to begin with, after how many rounds without gain it is cut to four fifths, and where it ends."""

    first: float = 1.0
    stalls: int = 60
    last: float = 0.02


Note = Callable[[Ints, Dual, Model, Ints, Model], bool]
"""Told why a model shrinks: its labels, the dual that shows it, the model, the labels left (of those), the model over them; whether it may."""


def _unheard(labels: Ints, dual: Dual, before: Model, left: Ints, after: Model) -> bool:
    return True


class Ascent:
    """The dual on its way up, one ``step`` at a time.

    ``bound`` so far, and ``dual`` and ``share`` (n, K), the averaged allocation, where it was reached; ``model`` over the labels that reduced costs
    leave, and ``labels`` (K,) those in the model it began with. The bound is inf where the model allows no plan.
    """

    def __init__(
        self, model: Model, dual: Dual, share: Floats | None = None, pace: Pace = Pace(), note: Note = _unheard
    ) -> None:
        """``share``: of an ascent before, from which this one goes on."""
        self.model, self.labels, self.pace, self._note = model, np.arange(len(model.fixed)), pace, note
        self.bound, self.rounds = -np.inf, 0
        self.dual, self._now = dual.only(self.labels), dual.only(self.labels)
        self.share = np.zeros_like(model.linear) if share is None else share
        self._z = self.share
        self._length, self._stalls = pace.first, 0
        self._primed = PRIMED if share is None else 0
        self._pair = model.pairs.flow + model.pairs.flow.T
        self._of_node = np.maximum(self._pair.sum(axis=1), 1e-9)
        self._theta = np.empty_like(model.linear)
        transport.threads(model)

    @property
    def is_over(self) -> bool:
        """Whether steps have become too short to go on."""
        return self._length < self.pace.last or self.bound == np.inf

    def step(self, best: float, most: float | None = None) -> None:
        """One round, against the value ``best`` of the best plan known: value the dual, fix what it tells, move it.

        ``most``: plans dearer than this are left out by what is fixed, by default those dearer than ``best``, which then is only what steps aim at.
        """
        if self.rounds == 0 or self.rounds >= self._primed:
            transport.thetas(self.model, self._pair, self._now.f, self._now.g, self._theta)
        value, opened, rho, taken = _valued(self.model, self._theta, self._now.u)
        self._judge(value, best)
        self.rounds += 1
        if self.bound == np.inf:
            return
        if self.rounds % 25 == 0 and self.rounds > self._primed and value > self.bound - 0.2 * (best - self.bound):
            left, model = fixed(
                self.model, self._theta, self._now.u, rho, opened, value, best if most is None else most
            )
            if self._note(self.labels, self._now, self.model, left, model):
                self.model = model
                if len(left) < len(self.labels):
                    taken, opened = taken[:, left], np.flatnonzero(np.isin(left, opened))
                    self._shrink(left)
        if self.rounds == self._primed:
            self._length, self._stalls = self.pace.first, 0
        fresh = np.zeros_like(self._z)
        fresh[:, opened] = taken[:, opened]
        self._z = fresh if self.rounds == 1 and self._primed else _KEEP * self._z + (1 - _KEEP) * fresh
        missing = 1.0 - self._z.sum(axis=1)
        moves = self.rounds >= self._primed
        norm = float((self._of_node * missing**2).sum()) + (_norm(self._z, self._pair) if moves else 0.0)
        distance = self._length * 1.5 * max(best - self.bound, _PAST * abs(best))
        length = min(distance / max(norm, 1e-12), _FARTHEST * distance / float(self._of_node.max()))
        if moves:
            transport.step(self.model, self._pair, self._z, self._now.f, self._now.g, length)
        self._now.u += length * self._of_node * missing

    def _judge(self, value: float, best: float) -> None:
        """Keep a better point, go back to the best one from a collapse, shorten the steps where nothing is gained."""
        self._stalls = 0 if value > self.bound + 1e-7 * abs(best) else self._stalls + 1
        if value > self.bound:
            self.bound, self.share = value, self._z
            self.dual.take(self._now)
        elif value < self.bound - 0.5 * max(best - self.bound, 1e-6 * abs(best)) and self.rounds > self._primed + 10:
            self._now.take(self.dual)
            self._z, self._length = self.share, 0.7 * self._length
        if self._stalls >= self.pace.stalls:
            self._length, self._stalls = 0.8 * self._length, 0

    def _shrink(self, left: Ints) -> None:
        self.labels, self._theta = self.labels[left], np.empty((len(self._theta), len(left)))
        self.dual, self._now = self.dual.only(left), self._now.only(left)
        self.share, self._z = np.ascontiguousarray(self.share[:, left]), np.ascontiguousarray(self._z[:, left])
        transport.threads(self.model)


def _valued(model: Model, theta: Floats, u: Floats) -> tuple[float, Ints, Floats, Bools]:
    """(L less what rounding may have added to it, the labels chosen, ρ (K,), allocations (n, K) of each label)."""
    rho, taken = np.empty(len(model.fixed)), np.empty(theta.shape, np.bool_)
    _prices(
        theta,
        u,
        model.fixed,
        model.node,
        model.allowed,
        model.weight,
        model.slope,
        model.knee,
        model.room,
        model.is_loaded,
        rho,
        taken,
    )
    opened = chosen(model, rho)
    if not len(opened):
        return np.inf, opened, rho, taken
    rounding = len(u) * np.finfo(float).eps * np.abs(u).sum()
    return float(u.sum() + rho[opened].sum() - rounding), opened, rho, taken


@njit(cache=True)
def _norm(z, pair):
    """Σ_{i<j} W_ij ‖z̄_i − z̄_j‖²."""
    n, k = z.shape
    out = 0.0
    for i in range(n):
        for j in range(i):
            if pair[j, i] > 0.0:
                square = 0.0
                for a in range(k):
                    square += (z[i, a] - z[j, a]) ** 2
                out += pair[j, i] * square
    return out


def fixed(
    model: Model, theta: Floats, u: Floats, rho: Floats, opened: Ints, value: float, best: float
) -> tuple[Ints, Model]:
    """(labels that a better plan may open, the model over them): others would lift the bound past ``best``, and so with allocations and with
    closing a label that must then open."""
    room = best - value + 1e-9 * abs(best)
    is_open, forced = np.zeros(len(rho), np.bool_), model.forced
    is_open[opened] = True
    opening, closing = np.zeros(len(rho)), np.zeros(len(rho))
    if is_covering(model):
        by_it, past = covering_otherwise(rho, *_units(model), forced)
        least = rho[is_open].sum()
        opening, closing = by_it - least, past - least
    elif model.is_free:
        idle = max(0.0, float(rho.min()))  # where no label pays, one opens all the same
        opening, closing = np.maximum(rho - idle, 0.0), np.maximum(-rho, 0.0)
    else:
        for tier in range(len(model.count)):
            own = model.tier == tier
            inside, outside = own & is_open & ~forced, own & ~is_open
            if inside.any():
                opening[outside] = rho[outside] - rho[inside].max()
                closing[inside] = (rho[outside].min() if outside.any() else np.inf) - rho[inside]
            else:
                opening[outside] = np.inf
    opening[is_open] = 0.0
    gain = (
        np.minimum(model.slope.min(axis=1), 0.0)[None, :] * model.weight[:, None]
    )  # where a hub must have a least load
    allowed = model.allowed & (opening[None, :] + np.maximum(theta - u[:, None] + gain, 0.0) <= room)
    labels = np.arange(len(rho))
    allowed[model.node, labels] = model.allowed[model.node, labels]
    left = np.flatnonzero((opening <= room) | forced)
    must = forced | (is_open & (closing > room))
    allowed[model.node[must]] = False
    allowed[model.node[must], labels[must]] = True
    return left, only(replace(model, allowed=allowed, forced=must), left)
