"""Figures on a line of text."""

from __future__ import annotations

from yilu.cli.strips import scale, strip


def test_bands_and_marks() -> None:
    """A narrow band lies over a wide one, marks over both, at their places on the scale."""
    line = strip(11, (0, 10), [(".", 1, 9), ("=", 3, 7)], [("o", 5), ("|", 10)])
    assert line == " ..==o==..|"


def test_what_lies_outside_shows_at_the_edge() -> None:
    """A band or mark that goes on is not cut silently; what isn't there is left out."""
    assert strip(5, (0, 4), [(".", -3, 9), ("=", None, None)], []) == "<...>"
    assert strip(5, (0, 4), [], [("*", 8), ("o", -1), ("|", None)]) == "<   >"


def test_scale() -> None:
    """From the least to the greatest; one figure alone has room on both sides, none has a scale all the same."""
    assert scale([3, None, 9, float("nan")]) == (3, 9)
    low, high = scale([5])
    assert low < 5 < high
    assert scale([None]) == (0, 1)
