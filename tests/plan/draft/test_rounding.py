"""Values as plans print them."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.plan.draft.rounding import TOLERANCE, on, places, significant, together


def slope(width: float) -> object:
    """A chance that falls by one over ``width`` of the logarithm."""
    return lambda value: 0.5 - math.log(value) / width


@given(
    values=st.lists(st.floats(0.01, 1e7), min_size=1, max_size=4),
    width=st.floats(0.2, 50),
    least=st.sampled_from([Decimal(0), Decimal(1)]),
)
def test_rounded_values_keep_their_order_and_their_chance(values: list[float], width: float, least: Decimal) -> None:
    """On one step, in the same order, and where the unit allows it with a chance that rounding moved by no more than the tolerance; things that are counted stay whole."""
    likely = slope(width)
    rounded, step = together(values, [likely] * len(values), least, above_zero=True)  # type: ignore[list-item]
    assert all(r > 0 and r % step == 0 for r in rounded)
    assert [r for _, r in sorted(zip(values, rounded, strict=True))] == sorted(rounded)
    assert not least or all(r == r.to_integral_value() for r in rounded)
    if step > least:
        moved = [abs(math.log(float(r) / v)) / width for r, v in zip(rounded, values, strict=True)]
        assert max(moved) <= TOLERANCE + 1e-9


@pytest.mark.parametrize(
    ("value", "width", "expected"), [(708.03, 0.5, "710"), (4281.4, 1.2, "4300"), (708.03, 12.0, "700"), (0.2871, 3.0, "0.3"), (0.28713, 0.01, "0.2871")]
)  # fmt: skip
def test_as_round_as_the_band_is_wide(value: float, width: float, expected: str) -> None:
    """The wider the distribution, the rounder the figure; a narrow one keeps its digits."""
    likely = slope(width)
    (rounded,), _ = together([value], [likely], Decimal(0), above_zero=True)  # type: ignore[list-item]
    assert str(rounded) == expected


def test_figures_have_no_exponent() -> None:
    """What is written into a table is plain: thousands have their zeros, digits of a step stay."""
    assert str(on(4281.4, Decimal("1E+2").quantize(Decimal(1)))) == "4300"
    assert str(on(Decimal("6.42"), Decimal("0.5"))) == "6.5" and str(on(6.01, Decimal("0.5"), up=True)) == "6.5"
    assert [str(significant(v)) for v in (541700.4, 117454.0, 35.6412, 0.051234, 0.0)] == ["541700", "117500", "35.64", "0.05123", "0"]  # fmt: skip


def test_what_is_counted_is_whole() -> None:
    """Outlets, firms, persons come one by one; items in hundreds of millions and per cents don't."""
    assert [places(u) for u in ("个", "家", "人", "亿件", "%", "分", "万组")] == [1, 1, 1, 0, 0, 0, 0]
