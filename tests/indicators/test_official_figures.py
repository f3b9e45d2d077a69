"""The page that shows the twin beside official figures is what a fresh day gives, and what it claims to hold is held."""

from __future__ import annotations

import pytest

from benchmarks.official_figures import FIGURES, PAGE, Found, found, page
from yilu.network import load


@pytest.fixture(scope="module")
def day() -> Found:
    """The day of the page."""
    return found()


def test_the_page_is_what_a_day_gives(day: Found) -> None:
    """A change of the twin, of demand or of an indicator can't leave the page behind."""
    assert PAGE.read_text(encoding="utf-8") == page(day, load("guangdong")), "run: ./do bench official_figures --write"


@pytest.mark.parametrize("figure", [f for f in FIGURES if f.off is not None], ids=lambda f: f.id)
def test_held_figures_lie_within_the_stated_error(day: Found, figure) -> None:
    """Shares of markets, regions and mail, and the balance, come out as published, within what the page states."""
    assert figure.off > 0 and figure.official is not None
    assert abs(day.figures[figure.id] - figure.official) <= figure.off


def test_cities_are_as_demand_has_them(day: Found) -> None:
    """All 21 cities within 0.8 per cent of all items; their shares add up to all of them."""
    assert len(day.cities) == 21
    assert max(abs(got - meant) for got, meant in day.cities.values()) <= 0.8
    assert sum(got for got, _ in day.cities.values()) == pytest.approx(100)


def test_official_figures_are_those_of_the_province() -> None:
    """What the page says was published stands in the province's figures, from which demand is made, with the same grade."""
    figures = load("guangdong").figures
    rows = zip(figures.measure, figures.subject, figures.value, figures.grade, strict=True)
    held = {(str(m), str(s)): (float(v), str(g)) for m, s, v, g in rows}
    whole = sum(held["items", m][0] for m in ("same_city", "intercity", "abroad"))
    expected = {
        "balance": held["balance", "440000"],
        **{f"region_{r}": held["region_share", r] for r in ("44-PRD", "44-E", "44-W", "44-N")},
        **{
            here: (100 * held["items", there][0] / whole, held["items", there][1])
            for here, there in (("same_city", "same_city"), ("intercity", "intercity"), ("beyond", "abroad"))
        },
    }
    shown = {f.id: (f.official, f.grade) for f in FIGURES if f.id in expected}
    assert {k: (pytest.approx(v), g) for k, (v, g) in expected.items()} == shown
