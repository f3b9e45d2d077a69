"""Chance as a pure function: every draw follows from (seed, item) alone, so a day can be made in any blocks.

A stream of draws is one 64-bit word ``s``: SplitMix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number
generators") adds an odd constant and mixes. Kernels take ``s``, draw, and hand the new ``s`` on.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

_STEP = np.uint64(0x9E3779B97F4A7C15)
_A = np.uint64(0xBF58476D1CE4E5B9)
_B = np.uint64(0x94D049BB133111EB)
_UNIT = 1.0 / 9007199254740992.0


@njit(cache=True, nogil=True)
def mixed(z):
    """SplitMix64's output function of the 64-bit word ``z``."""
    z = (z ^ (z >> np.uint64(30))) * _A
    z = (z ^ (z >> np.uint64(27))) * _B
    return z ^ (z >> np.uint64(31))


@njit(cache=True, nogil=True)
def stream(seed, subject):
    """The stream of ``subject`` (an item, a bag) under ``seed``; both uint64."""
    return mixed(mixed(seed + _STEP) ^ (subject * _STEP))


@njit(cache=True, nogil=True)
def step(s):
    """The stream one draw on."""
    return s + _STEP


@njit(cache=True, nogil=True)
def unit(s):
    """The draw at ``s`` as a number in [0, 1)."""
    return float(mixed(s) >> np.uint64(11)) * _UNIT


@njit(cache=True, nogil=True)
def units(seed, subjects):
    """The first draw of each of ``subjects`` (n,) in [0, 1): the same for the same subject."""
    out = np.empty(len(subjects))
    for i in range(len(subjects)):
        out[i] = unit(stream(np.uint64(seed), np.uint64(subjects[i])))
    return out


def alias(weights: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Vose's alias table of ``weights`` (n,): (threshold (n,), other (n,)); pick i = ⌊u·n⌋, then i or other[i].

    Raises ValueError when no weight is positive.
    """
    share = np.asarray(weights, np.float64)
    if not share.sum() > 0:
        raise ValueError("no positive weight to draw from")
    share = share * (len(share) / share.sum())
    threshold, other = np.ones(len(share)), np.arange(len(share), dtype=np.int32)
    small = [i for i in range(len(share)) if share[i] < 1]
    large = [i for i in range(len(share)) if share[i] >= 1]
    while small and large:
        low, high = small.pop(), large[-1]
        threshold[low], other[low] = share[low], high
        share[high] -= 1 - share[low]
        if share[high] < 1:
            small.append(large.pop())
    return threshold, other
