"""Why revenue is where it is: its change as the exact sum of what volume, mix and unit price did (LMDI-I, additive).

Revenue of class i is V_i = Q · S_i · P_i: all items, the class's share of them, its revenue an item. Between two years the part of each factor x is

    ΔV_x = Σ_i L(V_i after, V_i before) · ln(x_i after ÷ x_i before),      L(a, b) = (a − b) ÷ (ln a − ln b)

(Ang, *Energy Policy* 32, 2004 and 33, 2005, "The LMDI approach to decomposition analysis: a practical guide"). The parts add up without a remainder, don't depend on the order of factors, and change their sign when the years are exchanged. Zeros are
taken as the limit of small values (Ang and Liu, *Energy Policy* 35, 2007): a class that begins or ends is a matter of mix alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

PARTS: dict[str, tuple[str, str]] = {
    "volume": ("业务量", "volume"),
    "mix": ("结构", "mix"),
    "price": ("单价", "revenue per item"),
    "other": ("无业务量对应的收入", "revenue without items"),
}
"""What a change of revenue is made of, in both languages."""


@dataclass(frozen=True)
class Explained:
    """A change of revenue and its parts, in the unit of revenue.

    ``classes``: what items are told apart by (same-city, intercity, international; regions; cities), k of them; ``volume``, ``mix``, ``price``: shape (k,), the part of each class in each factor; ``other``: the change of
    revenue that belongs to no items. ``before``, ``after``: all revenue. volume + mix + price + other = after − before, to rounding.
    """

    since: int
    until: int
    classes: tuple[str, ...]
    before: float
    after: float
    volume: Floats
    mix: Floats
    price: Floats
    other: float

    @property
    def change(self) -> float:
        """After − before."""
        return self.after - self.before

    @property
    def parts(self) -> dict[str, float]:
        """The sum of each part over classes, by the names of `PARTS`."""
        return {
            "volume": float(self.volume.sum()),
            "mix": float(self.mix.sum()),
            "price": float(self.price.sum()),
            "other": self.other,
        }

    @property
    def of_classes(self) -> Floats:
        """What each class adds to the change, all its parts together, shape (k,)."""
        return self.volume + self.mix + self.price


def log_mean(a: ArrayLike, b: ArrayLike) -> Floats:
    """The logarithmic mean L(a, b), any shape, a and b 0 or more: a where they are equal, 0 where one is 0. It lies between the geometric and the arithmetic mean."""
    x, y = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(b, np.float64))
    out = np.zeros(x.shape)
    both = (x > 0) & (y > 0)
    ratio = np.log(x[both] / y[both])
    grown = np.where(ratio == 0, 1.0, np.expm1(ratio) / np.where(ratio == 0, 1.0, ratio))
    out[both] = y[both] * grown
    return out


def parts_of(before: ArrayLike, after: ArrayLike) -> Floats:
    """What each factor of each class adds to Σ of their products: shape (f, k), for ``before`` and ``after`` of that shape, 0 or more.

    Where the product of a class is 0 at one end, all of its change belongs to the factors that are 0 there, in equal parts: the limit of replacing each 0 by one small value. ValueError: other shapes, negative or not finite.
    """
    first, last = np.asarray(before, np.float64), np.asarray(after, np.float64)
    if first.shape != last.shape or first.ndim != 2:
        raise ValueError(f"factors of one shape (factors, classes) expected, got {first.shape} and {last.shape}")
    for x in (first, last):
        if not np.isfinite(x).all() or (x < 0).any():
            raise ValueError("factors must be finite and 0 or more")
    start, end = first.prod(axis=0), last.prod(axis=0)
    both = (start > 0) & (end > 0)
    safe = [np.where(both, x, 1.0) for x in (first, last)]
    parts = log_mean(end, start) * np.log(safe[1] / safe[0])
    for zero, change in ((first == 0, np.where(end > 0, end, 0.0)), (last == 0, np.where(start > 0, -start, 0.0))):
        at = zero.any(axis=0) & ~both
        parts += np.where(at, zero / np.maximum(zero.sum(axis=0), 1) * change, 0.0)
    return parts


def explain(
    years: tuple[int, int],
    classes: Sequence[str],
    volumes: tuple[ArrayLike, ArrayLike],
    revenues: tuple[ArrayLike, ArrayLike],
    other: tuple[float, float] = (0.0, 0.0),
) -> Explained:
    """The change of revenue between two years by class, each of ``volumes`` and ``revenues`` of shape (k,); ``other``: revenue without items.

    With one class alone (all items) it is volume × revenue per item, and mix is 0. A class with no items at one end has the other end's revenue per item there. ValueError: shapes, negative or missing figures, revenue of a class without items, no items at all.
    """
    v0, v1, r0, r1 = (np.asarray(x, np.float64) for x in (*volumes, *revenues))
    k = len(classes)
    if k == 0 or any(x.shape != (k,) for x in (v0, v1, r0, r1)):
        raise ValueError(f"{k} classes, but figures of shapes {v0.shape}, {v1.shape}, {r0.shape}, {r1.shape}")
    for name, volume, revenue in ((years[0], v0, r0), (years[1], v1, r1)):
        _sound(str(name), volume, revenue)
    p0, p1 = _prices(v0, r0, v1, r1)
    factors = [np.stack([np.full(k, v.sum()), v / v.sum(), p]) for v, p in ((v0, p0), (v1, p1))]
    parts = parts_of(*factors)
    return Explained(
        years[0], years[1], tuple(classes), float(r0.sum()) + other[0], float(r1.sum()) + other[1], parts[0], parts[1], parts[2], other[1] - other[0],
    )  # fmt: skip


def chained(
    years: Sequence[int],
    classes: Sequence[str],
    volumes: ArrayLike,
    revenues: ArrayLike,
    other: ArrayLike | None = None,
) -> tuple[Explained, tuple[Explained, ...]]:
    """The change over several years as the sum of its steps, and the steps. ``volumes``, ``revenues``: (years, k); ``other``: (years,).

    A chain weighs each step with its own years, and so follows what happened between; the two ends alone may give other parts of the same sum. Years may have gaps. ValueError: as `explain`; fewer than two years, or not rising.
    """
    v, r = np.asarray(volumes, np.float64), np.asarray(revenues, np.float64)
    rest = np.zeros(len(years)) if other is None else np.asarray(other, np.float64)
    if len(years) < 2 or any(b <= a for a, b in pairwise(years)):
        raise ValueError("two years or more, rising, expected")
    if not len(years) == len(v) == len(r) == len(rest):
        raise ValueError(
            f"{len(years)} years, but {len(v)} rows of volumes, {len(r)} of revenues, {len(rest)} of others"
        )
    steps = tuple(
        explain(
            (years[i], years[i + 1]), classes, (v[i], v[i + 1]), (r[i], r[i + 1]), (float(rest[i]), float(rest[i + 1]))
        )
        for i in range(len(years) - 1)
    )
    whole = Explained(
        years[0], years[-1], tuple(classes), steps[0].before, steps[-1].after,
        np.sum([s.volume for s in steps], axis=0), np.sum([s.mix for s in steps], axis=0), np.sum([s.price for s in steps], axis=0),
        sum(s.other for s in steps),
    )  # fmt: skip
    return whole, steps


def nested(volumes: tuple[ArrayLike, ArrayLike], revenues: tuple[ArrayLike, ArrayLike]) -> Floats:
    """The change between two years by region and class at once: shape (4, r, k) for volumes and revenues of shape (r, k): all items, the region's share of them, the class's share of the region's, revenue per item.

    A region without items at one end has the other end's mix there. ValueError: as `explain`.
    """
    v0, v1, r0, r1 = (np.asarray(x, np.float64) for x in (*volumes, *revenues))
    if v0.ndim != 2 or not v0.shape == v1.shape == r0.shape == r1.shape:
        raise ValueError("volumes and revenues of one shape (regions, classes) expected")
    _sound("before", v0, r0)
    _sound("after", v1, r1)
    p0, p1 = _prices(v0, r0, v1, r1)
    within = [np.divide(v, v.sum(axis=1, keepdims=True), out=np.zeros_like(v), where=v.sum(axis=1, keepdims=True) > 0) for v in (v0, v1)]  # fmt: skip
    within[0], within[1] = _filled(within[0], within[1], v0), _filled(within[1], within[0], v1)
    factors = []
    for v, w, p in ((v0, within[0], p0), (v1, within[1], p1)):
        region = np.broadcast_to(v.sum(axis=1, keepdims=True) / v.sum(), v.shape)
        factors.append(np.stack([np.full(v.shape, v.sum()), region, w, p]).reshape(4, -1))
    return parts_of(*factors).reshape(4, *v0.shape)


def _filled(share: Floats, of_other_end: Floats, volume: Floats) -> Floats:
    return np.where(volume.sum(axis=1, keepdims=True) > 0, share, of_other_end)


def _sound(when: str, volume: Floats, revenue: Floats) -> None:
    for name, x in (("volume", volume), ("revenue", revenue)):
        if not np.isfinite(x).all() or (x < 0).any():
            raise ValueError(f"{when}: {name} must be there and 0 or more for every class")
    if ((volume == 0) & (revenue > 0)).any():
        raise ValueError(f"{when}: revenue of a class without items; give it as other")
    if volume.sum() == 0:
        raise ValueError(f"{when}: no items at all")


def _prices(v0: Floats, r0: Floats, v1: Floats, r1: Floats) -> tuple[Floats, Floats]:
    """Revenue per item at both ends; where there are no items, that of the other end (0 where there are none at either)."""
    p0, p1 = (np.divide(r, v, out=np.zeros_like(r), where=v > 0) for v, r in ((v0, r0), (v1, r1)))
    return np.where(v0 > 0, p0, p1), np.where(v1 > 0, p1, p0)
