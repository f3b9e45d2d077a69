"""Parts of a change of revenue: published figures, a line integral, and what any decomposition must keep."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.integrate import quad

from yilu.plan.decomposition import chained, explain, log_mean, nested, parts_of

AMOUNT = st.floats(0.01, 1e6)
WITH_ZEROS = st.one_of(st.just(0.0), AMOUNT)


def test_two_industries() -> None:
    """Energy of two industries as output, structure and intensity, an example of the kind of Ang (2005), worked out by hand with L(80, 30) = 50.98 and L(16, 20) = 17.93: 50 to 96, by 32.4, 38.3 and −24.7; a wrong weight or ratio changes all three."""
    before = np.array([[50, 50], [0.2, 0.8], [3.0, 0.5]])
    after = np.array([[80, 80], [0.5, 0.5], [2.0, 0.4]])
    parts = parts_of(before, after)
    assert parts.sum(axis=1) == pytest.approx([32.4, 38.3, -24.7], abs=0.05)
    assert parts.sum() == pytest.approx(46, rel=1e-14)


def test_published_logarithmic_means() -> None:
    """L(0.5913, 0.5650) is 0.578 in the tables of the US energy intensity indicators; and it is a where a = b, 0 where one is 0, the same either way round."""
    assert float(log_mean(0.5913, 0.5650)) == pytest.approx(0.578, abs=5e-4)
    assert log_mean([3.0, 0.0, 0.0, 2.0], [3.0, 5.0, 0.0, 7.0]) == pytest.approx([3, 0, 0, 5 / math.log(3.5)])
    assert float(log_mean(1.0, 1.0 + 1e-12)) == pytest.approx(1.0, rel=1e-11)


@given(st.integers(1, 4).flatmap(lambda k: arrays(np.float64, (2, 3, k), elements=st.floats(0.01, 100))))
def test_parts_are_line_integrals(factors: np.ndarray) -> None:
    """Each part is ∫ V dln x along the path on which every factor grows evenly: worked out by quadrature, without a logarithmic mean."""
    before, after = factors
    found = parts_of(before, after)
    for i in range(before.shape[1]):
        rates = np.log(after[:, i] / before[:, i])
        start = before[:, i].prod()
        area = quad(lambda t, s, r: s * math.exp(t * r), 0, 1, args=(start, rates.sum()), epsrel=1e-11)[0]
        assert found[:, i] == pytest.approx(area * rates, rel=1e-8, abs=1e-9 * max(1.0, area))


@given(st.integers(1, 4).flatmap(lambda k: arrays(np.float64, (2, 4, k), elements=WITH_ZEROS)))
def test_parts_add_up_and_turn_with_time(factors: np.ndarray) -> None:
    """Whatever is 0 at either end, the parts sum to the change, change their sign when the years are exchanged, and a factor that stays adds nothing."""
    before, after = factors / 1e3
    parts = parts_of(before, after)
    assert np.isfinite(parts).all()
    whole = max(before.prod(axis=0).sum(), after.prod(axis=0).sum())
    assert parts.sum() == pytest.approx(after.prod(axis=0).sum() - before.prod(axis=0).sum(), abs=1e-11 * whole)
    assert parts_of(after, before) == pytest.approx(-parts, abs=1e-11 * whole)
    assert not parts_of(before, before).any()
    held = after.copy()
    held[1] = before[1]
    assert not parts_of(before, held)[1][before[1] > 0].any()


@pytest.mark.parametrize("zeros", [1, 2, 3])
def test_zeros_are_the_limit_of_small_values(zeros: int) -> None:
    """A class with 1 to 3 factors that begin at 0 is shared among them as replacing each 0 by one ever smaller value does; the distance falls as 1 / ln of it."""
    after = np.array([[4.0], [3.0], [2.0]])
    before = np.array([[5.0], [6.0], [7.0]])
    before[:zeros] = 0
    limit = parts_of(before, after)
    far = [np.abs(parts_of(np.where(before == 0, d, before), after) - limit).max() for d in (1e-10, 1e-40, 1e-90)]
    assert far[0] > far[1] > far[2]
    assert far[2] * 90 == pytest.approx(far[1] * 40, rel=0.2)
    assert limit.sum() == pytest.approx(24)


def test_revenue_of_two_factors() -> None:
    """With all items as one class: volume × price by hand, L = Δ ÷ ln ratio; mix is nothing. The figures are Guangdong's of 2020 and 2025: volume adds, price takes."""
    e = explain((2020, 2025), ["all"], ([220.8], [460.0]), ([2182.5], [3002.0]))
    weight = (3002 - 2182.5) / math.log(3002 / 2182.5)
    assert e.parts["volume"] == pytest.approx(weight * math.log(460 / 220.8))
    assert e.parts["price"] == pytest.approx(weight * math.log((3002 / 460) / (2182.5 / 220.8)))
    assert e.parts["mix"] == e.parts["other"] == 0
    assert sum(e.parts.values()) == pytest.approx(819.5, abs=1e-10)
    assert e.parts["volume"] > 1800 and e.parts["price"] < -1000


def test_a_mere_shift_is_mix() -> None:
    """Items that move from a dear class to a cheap one at unchanged prices and number: all is mix; at equal prices a shift is worth nothing."""
    e = explain((1, 2), ["a", "b"], ([50, 50], [40, 60]), ([500, 100], [400, 120]))
    assert e.parts == pytest.approx({"volume": 0, "mix": -80, "price": 0, "other": 0}, abs=1e-12)
    e = explain((1, 2), ["a", "b"], ([50, 50], [40, 60]), ([100, 100], [80, 120]))
    assert e.parts["mix"] == pytest.approx(0, abs=1e-12)


def test_a_class_that_begins_or_ends_is_mix() -> None:
    """A class without items at one end has no price there: what it brings or takes is mix, and other revenue stands apart."""
    e = explain((1, 2), ["old", "new"], ([10, 0], [0, 10]), ([30, 0], [0, 70]), (5, 8))
    assert e.mix == pytest.approx([-30, 70]) and not e.price.any() and not e.volume.any()
    assert (e.before, e.after, e.other) == (35, 78, 3)
    assert sum(e.parts.values()) == pytest.approx(e.change)


def test_a_chain_is_the_sum_of_its_steps() -> None:
    """Over several years the parts are those of the steps, they still add up, and they may differ from those of the two ends."""
    volumes, revenues = [[10, 5], [20, 4], [15, 9]], [[100, 80], [150, 90], [120, 99]]
    whole, steps = chained([2020, 2022, 2025], ["a", "b"], volumes, revenues, [1, 2, 4])
    assert [s.change for s in steps] == pytest.approx([61, -19])
    for name, value in whole.parts.items():
        assert value == pytest.approx(sum(s.parts[name] for s in steps))
    assert sum(whole.parts.values()) == pytest.approx(whole.change)
    ends = explain((2020, 2025), ["a", "b"], (volumes[0], volumes[2]), (revenues[0], revenues[2]), (1, 4))
    assert ends.change == whole.change and ends.parts["mix"] != pytest.approx(whole.parts["mix"], rel=1e-3)
    assert whole.of_classes.sum() + whole.other == pytest.approx(whole.change)


@given(arrays(np.float64, (4, 3, 2), elements=AMOUNT))
def test_regions_and_classes_at_once(figures: np.ndarray) -> None:
    """By region and class the parts add up, and price is what a flat decomposition over all cells gives: how shares are nested can't change it."""
    v0, v1, r0, r1 = figures
    parts = nested((v0, v1), (r0, r1))
    assert parts.sum() == pytest.approx(r1.sum() - r0.sum(), abs=1e-9 * (r0.sum() + r1.sum()))
    flat = explain((1, 2), [str(i) for i in range(6)], (v0.ravel(), v1.ravel()), (r0.ravel(), r1.ravel()))
    assert parts[3].ravel() == pytest.approx(flat.price, rel=1e-9, abs=1e-9 * r1.sum())
    assert (parts[1] + parts[2]).ravel() == pytest.approx(flat.mix, rel=1e-7, abs=1e-9 * (r0.sum() + r1.sum()))


def test_a_region_that_begins() -> None:
    """A region without items before comes in by its share alone."""
    parts = nested(([[4, 6], [0, 0]], [[4, 6], [3, 7]]), ([[8, 6], [0, 0]], [[8, 6], [6, 7]]))
    assert parts[1, 1] == pytest.approx([6, 7]) and not parts[2:, 1].any()
    assert parts.sum() == pytest.approx(13)


@pytest.mark.parametrize(
    ("volumes", "revenues", "says"),
    [
        (([1, 2], [1, 2]), ([1], [1]), "2 classes"),
        (([1, -2], [1, 2]), ([1, 1], [1, 1]), "volume"),
        (([1, 2], [1, np.nan]), ([1, 1], [1, 1]), "1999: volume"),
        (([1, 0], [1, 2]), ([1, 1], [1, 1]), "without items"),
        (([0, 0], [1, 2]), ([0, 0], [1, 1]), "no items at all"),
    ],
)
def test_faulty_figures_are_named(volumes: tuple, revenues: tuple, says: str) -> None:
    """A missing year, a negative figure, revenue of nothing: an error that names the year and what is wrong, never a number."""
    with pytest.raises(ValueError, match=says):
        explain((1990, 1999), ["a", "b"], volumes, revenues)
