"""Figures as they are printed: what rounding leaves open, what a word such as 超 or 约 says, and what each row states of a quantity."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from yilu.plan.model import Fact, Plan, Project, Reference, Target
from yilu.plan.units import factor, units

ABOUT = 0.1
"""约, 左右, 近: a figure this far off is still about it, as a share (A)."""
FAR = 0.25
"""As a share, how far off a figure is surely not about it (A); in between nobody can tell."""
_SIGNS = "<>≤≥≈ "


@dataclass(frozen=True)
class Interval:
    """All figures from ``low`` up to ``high``, in the unit of whoever has it; either may be infinite."""

    low: float
    high: float

    def meets(self, other: Interval) -> bool:
        """Whether they have more than an end in common, or are one and the same figure."""
        if self.low == self.high or other.low == other.high:
            return self.low <= other.high and other.low <= self.high
        return self.low < other.high and other.low < self.high

    def holds(self, other: Interval) -> bool:
        """Whether all of ``other`` lies within."""
        return self.low <= other.low and other.high <= self.high

    def times(self, factor: float) -> Interval:
        """All figures multiplied by a positive factor."""
        return Interval(self.low * factor, self.high * factor)

    @property
    def text(self) -> str:
        """The ends as people read them."""
        low, high = ("" if math.isinf(x) else f"{x:.6g}" for x in (self.low, self.high))
        dash = " – " if "-" in low + high else "–"
        return f"{low}{dash}{high}" if low or high else ""


def rounded(value: Decimal) -> Interval:
    """What a figure may have been before it was rounded to the digits that are printed."""
    exponent = value.as_tuple().exponent
    half = 0.5 * 10.0 ** (exponent if isinstance(exponent, int) else 0)
    return Interval(float(value) - half, float(value) + half)


def meant(value: Decimal, value_to: Decimal | None, comparator: str) -> Interval:
    """What the printed figure and the word beside it allow."""
    printed = rounded(value)
    if value_to is not None:
        return Interval(printed.low, rounded(value_to).high)
    match comparator:
        case "above" | "at_least":
            return Interval(float(value), math.inf)
        case "below" | "at_most":
            return Interval(-math.inf, float(value))
        case "about":
            return Interval(min(printed.low, float(value) * (1 - ABOUT)), max(printed.high, float(value) * (1 + ABOUT)))
        case _:
            return printed


def unit_name(unit: str, zh: bool) -> str:
    """A unit's sign in Chinese, or its name in English; per cent is a sign in both."""
    return unit if zh or unit in ("", "%") else units()[unit].en


def unit_behind(figure: str, unit: str, zh: bool) -> str:
    """A unit as it is said behind a figure: in English times a power of ten, and one of a thing without the s of several."""
    name = unit_name(unit, zh)
    if zh or not name:
        return name
    if name.startswith("10"):
        return f"× {name}"
    return name.removesuffix("s") if figure.lstrip(_SIGNS) == "1" and " " not in name else name


def with_unit(figure: str, unit: str, zh: bool) -> str:
    """A figure with the name of its unit in one of both languages; empty where there is no figure."""
    return f"{figure} {unit_behind(figure, unit, zh)}".strip() if figure else ""


@dataclass(frozen=True)
class Place:
    """Where a figure stands: TABLE:CODE (with @baseline), section, the document's words, the figure, its unit, its basis."""

    row: str
    section: str
    quote: str
    figure: str
    unit: str
    basis_zh: str = ""
    basis_en: str = ""


@dataclass(frozen=True)
class Statement:
    """What one row says of a quantity in a year. ``role``: fact, baseline, promise or reference.

    ``value`` and ``value_to`` in ``unit``; ``since``: first year of a mean or sum over years; ``section``: of a reference its area.
    """

    row: str
    role: str
    quantity: str
    zh: str
    en: str
    year: int
    since: int | None
    value: Decimal
    value_to: Decimal | None
    comparator: str
    unit: str
    basis_zh: str
    basis_en: str
    section: str
    quote: str
    places: tuple[str, ...]

    @property
    def allowed(self) -> Interval:
        """What the words allow; where each of several places has so many, of all places together."""
        times = len(self.places) if self.comparator == "each" else 1
        if times > 1:
            return Interval(float(self.value) * times, float(self.value_to or self.value) * times)
        return meant(self.value, self.value_to, self.comparator)

    @property
    def printed(self) -> Interval:
        """What rounding alone leaves open, whatever word stands beside the figure."""
        return meant(self.value, self.value_to, "equals")

    @property
    def figure(self) -> str:
        """The figure with the sign of its comparator, digits as the document has them, without its unit."""
        return self._written(str)

    def said(self, zh: bool) -> str:
        """The figure with its unit, in one of both languages, thousands apart as in every other column of figures."""
        return with_unit(self._written("{:,}".format), self.unit, zh)

    def _written(self, digits: Callable[[Decimal], str]) -> str:
        sign = {
            "above": ">", "at_least": "≥", "below": "<", "at_most": "≤", "about": "≈",
        }.get(self.comparator, "")  # fmt: skip
        end = "" if self.value_to is None else f"–{digits(self.value_to)}"
        times = f" × {len(self.places)}" if self.comparator == "each" else ""
        return f"{sign}{digits(self.value)}{end}{times}"

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.row, self.section, self.quote, self.figure, self.unit, self.basis_zh, self.basis_en)

    @property
    def plain(self) -> float:
        """One of its unit in the plainest unit of the dimension."""
        return float(units()[self.unit].factor) if self.unit else 1.0


def statements(plan: Plan) -> dict[str, Statement]:
    """What every row with a figure states, by TABLE:CODE; a target's baseline by TABLE:CODE@baseline."""
    return {s.row: s for s in _all(plan)}


def _all(plan: Plan) -> Iterator[Statement]:
    by_code = {t.code: t for t in plan.targets}
    for target in plan.targets:
        first = by_code.get(target.same_as, target)
        yield from _of_target(target, target.quantity or first.quantity or first.code)
    for fact in plan.facts:
        if fact.value is not None:
            yield _of_fact(fact, fact.value)
    for project in plan.projects:
        if project.value is not None:
            yield _of_project(project, project.value)
    for reference in plan.references:
        yield _of_reference(reference)


def _of_target(t: Target, quantity: str) -> Iterator[Statement]:
    def one(row: str, role: str, year: int, value: Decimal, value_to: Decimal | None, comparator: str) -> Statement:
        return Statement(
            row, role, quantity, t.zh, t.en, year, None, value, value_to, comparator, t.unit, t.basis_zh, t.basis_en,
            t.section, t.quote, t.places,
        )  # fmt: skip

    if t.baseline is not None and t.baseline_year is not None:
        yield one(f"targets:{t.code}@baseline", "baseline", t.baseline_year, t.baseline, None, "equals")
    if t.target is not None:
        yield one(f"targets:{t.code}", "promise", t.target_year, t.target, t.target_to, t.comparator)


def _of_fact(f: Fact, value: Decimal) -> Statement:
    return Statement(
        f"current_state:{f.code}", "fact", f.quantity, f.zh, f.en, f.year, f.from_year, value, f.value_to, f.comparator, f.unit, f.basis_zh,
        f.basis_en, f.section, f.quote, f.places,
    )  # fmt: skip


def _of_project(p: Project, value: Decimal) -> Statement:
    return Statement(
        f"projects:{p.code}", "promise", p.quantity, p.zh, p.en, p.due, None, value, p.value_to, p.comparator, p.unit, p.basis_zh,
        p.basis_en, p.section, p.quote, p.places,
    )  # fmt: skip


def _of_reference(r: Reference) -> Statement:
    return Statement(
        f"references:{r.code}", "reference", r.quantity, r.zh, r.en, r.year, None, r.value, None, "equals", r.unit, r.basis_zh, r.basis_en,
        r.area, r.source, (),
    )  # fmt: skip


def into(statement: Statement, unit: str) -> float | None:
    """The factor that makes its figures those of ``unit``; None where they can't be converted."""
    by = factor(statement.unit, unit)
    return None if by is None else float(by)
