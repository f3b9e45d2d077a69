"""How a report says figures: digits as they were printed, growth in per cent, change of shares in percentage points (个百分点), references in brackets."""

from __future__ import annotations

import math
from collections.abc import Iterable

from yilu.documents.figures import NONE
from yilu.documents.model import Text, both
from yilu.plan.evaluation.evidence import Measured
from yilu.plan.evaluation.promises import Promise
from yilu.plan.evaluation.rules import VERDICTS
from yilu.plan.figures import unit_behind, unit_name


def verdict(code: str) -> Text:
    """A verdict in words."""
    return Text(*VERDICTS[code])


def number(value: float | None, step: float = 0.0) -> str:
    """A figure with the places it was printed with, thousands apart; what is computed has one place, two below 10."""
    if value is None:
        return NONE
    places = max(0, round(-math.log10(step))) if step else 1 if abs(value) >= 10 else 2
    return f"{value:,.{places}f}".replace("-", "−")


def measured(m: Measured | None) -> str:
    """A figure as it is known."""
    return NONE if m is None else number(m.value, m.step)


def per_cent(value: float | None) -> str:
    """Per cent with one place; 100 stands only where nothing is lacking."""
    return NONE if value is None else f"{min(value, 99.9) if value < 100 else value:.1f}%".replace("-", "−")


def signed(value: float | None, places: int = 1) -> str:
    """A figure with its sign."""
    if value is None:
        return NONE
    shown = f"{abs(value):,.{places}f}"
    return ("" if not float(shown.replace(",", "")) else "+" if value > 0 else "−") + shown


def with_unit(figure: str, unit: str) -> Text:
    """A figure with its unit in both languages."""
    return Text(f"{figure}{unit_behind(figure, unit, True)}", f"{figure} {unit_behind(figure, unit, False)}")


def in_unit(unit: str) -> Text:
    """A unit in both languages."""
    return Text(unit_name(unit, True), unit_name(unit, False))


def cited(refs: Iterable[str]) -> str:
    """References as they stand behind a figure: [T2][S49]."""
    return "".join(f"[{r}]" for r in refs)


def listed(refs: Iterable[str]) -> str:
    """References in a column of their own."""
    return " ".join(refs)


def of_year(m: Measured | None) -> str:
    """The year of a figure, with a star where it isn't a reported one."""
    return NONE if m is None else f"{m.year}{'' if m.status == 'reported' else '*'}"


def said(p: Promise) -> Text:
    """The target as printed, thousands apart, with its unit, no blank in Chinese."""
    return Text(p.said.zh.replace(" ", ""), p.said.en)


def named(p: Promise) -> Text:
    """The name of a promise with its unit."""
    return both("{n}({u})", "{n} ({u})", n=p.name, u=in_unit(p.unit))


def baseline(p: Promise) -> str:
    """The baseline as printed."""
    return NONE if p.baseline is None else f"{p.baseline:,.10g}"


def target(p: Promise) -> Text:
    """The target as printed, without its unit where it has a figure."""
    return Text(_bare(p.said.zh, p.unit, True), _bare(p.said.en, p.unit, False))


def _bare(said: str, unit: str, zh: bool) -> str:
    """A figure without its unit, be it of one or of several."""
    for figure in ("2", "1"):
        said = said.removesuffix(unit_behind(figure, unit, zh)).strip()
    return said
