"""Costs of pairs read in rows against the formula, pair by pair."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numba import njit

from tests.design.hub_cases import made, timed
from yilu.design.hubs.model import costs_to, pair_cost
from yilu.design.hubs.problem import labels


@njit
def one_by_one(pairs, i, a, j, out):  # type: ignore[no-untyped-def]
    """What ``costs_to`` says, label by label."""
    for b in range(len(out)):
        out[b] = pair_cost(pairs, i, a, j, b)


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("what", ["", "volume", "penalty", "hard"])
def test_rows_say_what_the_formula_says(what: str, direct: bool) -> None:
    """Search values plans by the formula and the bound by rows: where they differed in the last bit, a pair at its deadline would be late in one and in time in the other."""
    n, late, lanes = 5, 0, 0
    for seed in range(6):
        problem = made(seed, n, 2, seed % 2 == 0)
        if what:
            problem = timed(problem, seed, what, 2.0)
        if direct:
            lane = np.random.default_rng(seed).uniform(0.5, 4.0, (n, n)) * problem.transfer
            problem = replace(problem, direct=lane)
        model = labels(problem)
        rows, formula = np.empty(len(model.fixed)), np.empty(len(model.fixed))
        for i, j in np.argwhere(~np.eye(n, dtype=bool)).tolist():
            for a in range(len(model.fixed)):
                costs_to(model.pairs, i, a, j, rows)
                one_by_one(model.pairs, i, a, j, formula)
                assert rows.tolist() == formula.tolist()
                plain = problem.flow[i, j] * model.pairs.between[a] + problem.flow[j, i] * model.pairs.back[a]
                late, lanes = late + int((rows > plain).sum()), lanes + int((rows < plain).sum())
    assert (late > 0) == bool(what) and (lanes > 0) == (direct and what != "volume")
