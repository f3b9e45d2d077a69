"""Capacities in the bound of hubs: what fits whole into a room, and which hubs together hold everything, against trying all choices."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yilu.design.hubs.bound import covering, covering_otherwise, whole_knapsack
from yilu.design.hubs.certificate import packed

_SMALL = st.integers(0, 40).map(lambda x: x / 8)
_PROFITS = st.lists(st.tuples(_SMALL, st.integers(-40, 16).map(lambda x: x / 8)), min_size=1, max_size=9)


@settings(deadline=None)
@given(_PROFITS, _SMALL, st.integers(0, 8))
def test_nodes_are_taken_whole_as_trying_all_choices_takes_them(
    nodes: list[tuple[float, float]], room: float, own: int
) -> None:
    """Any nodes with any weight and gain, and a room that the own node may be too large for: planner's and checker's least sum are the least of all choices that fit."""
    own = min(own, len(nodes) - 1)
    weight, gain = np.array(nodes).T
    taken = np.ones(len(nodes), np.bool_)
    found = whole_knapsack(gain.copy(), np.zeros(len(nodes)), weight, room, own, taken)
    others = [i for i in range(len(nodes)) if i != own]
    spare = room * (1 + 1e-9) - weight[own]
    if spare < 0:
        assert found == np.inf
        return
    sums = [
        gain[[i for i, x in zip(others, choice, strict=True) if x]].sum()
        for choice in product((0, 1), repeat=len(others))
        if weight[[i for i, x in zip(others, choice, strict=True) if x]].sum() <= spare
    ]
    assert found == pytest.approx(min(sums))
    assert taken[own] and gain[[i for i in others if taken[i]]].sum() == pytest.approx(min(sums))
    assert weight[taken].sum() <= room * (1 + 1e-9) + 1e-12
    assert packed(gain[others], weight[others], spare) == pytest.approx(min(sums))


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-20, 40), st.integers(0, 30), st.sampled_from([0, 0, 0, 1])), min_size=1, max_size=9
    ),
    st.integers(1, 120),
)
def test_hubs_that_hold_everything_are_chosen_as_trying_all_choices_chooses_them(
    labels: list[tuple[int, int, int]], need: int
) -> None:
    """Any labels, some of which must open, and any load: the least sum, and what it is with each label and without it, are those of all choices with room enough, inf where there is none."""
    rho, room, must = (np.array(x) for x in zip(*labels, strict=True))
    given_labels = (rho.astype(float), room.astype(np.int64), need, must.astype(bool))
    inside, (by_it, past) = covering(*given_labels), covering_otherwise(*given_labels)
    each = np.array(list(product((0, 1), repeat=len(rho))), bool)
    each = each[((each | ~must.astype(bool)).all(axis=1)) & (each @ room >= need)]
    sums = each @ rho
    for a in range(len(rho)):
        assert by_it[a] == min(sums[each[:, a]], default=np.inf)
        assert past[a] == min(sums[~each[:, a]], default=np.inf)
    if len(each):
        assert rho[inside].sum() == sums.min() and room[inside].sum() >= need
    else:
        assert not inside.any()
