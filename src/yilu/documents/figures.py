"""Figures as text, the same in both languages: thousands apart, shares in per cent, a dash where there is no value."""

from __future__ import annotations

from yilu.documents.model import Text, Words

NONE = "–"


def count(n: float | None) -> str:
    """A count, thousands apart."""
    return NONE if n is None else f"{round(n):,}"


def share(rate: float | None) -> str:
    """A share in per cent; 100 stands only where nothing is lacking."""
    if rate is None:
        return NONE
    return f"{100 * (min(rate, 0.9999) if rate < 1 else rate):.2f}%"


def amount(value: float | None) -> str:
    """A measured amount (hours, days) with one place, two below 10."""
    return NONE if value is None else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def growth(now: float | None, then: float | None) -> str:
    """Change in per cent of what it was, with its sign; a dash where there was nothing."""
    if now is None or not then:
        return NONE
    return _signed(100 * (now - then) / then, "%", 1)


def points(now: float | None, then: float | None) -> Words:
    """Change of a share in percentage points (个百分点), with its sign."""
    if now is None or then is None:
        return NONE
    change = _signed(100 * (now - then), "", 2)
    return Text(f"{change}个百分点", f"{change} pp")


def _signed(value: float, unit: str, places: int) -> str:
    shown = f"{abs(value):,.{places}f}"
    sign = "" if float(shown.replace(",", "")) == 0 else "+" if value > 0 else "−"
    return f"{sign}{shown}{unit}"
