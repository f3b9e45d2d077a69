"""What a check can find: agreement, contradiction, or that it can't be told, each with the places, the figures and the reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from yilu.plan.figures import FAR, Interval, Place, Statement

VERDICTS: dict[str, tuple[str, str]] = {
    "contradicts": ("矛盾", "contradicts"),
    "undecidable": ("无法判定", "undecidable"),
    "agrees": ("相符", "agrees"),
}
"""Verdicts in the order in which they are listed."""

KINDS: dict[str, tuple[str, str]] = {
    "growth": ("年均增速", "growth per year"),
    "change": ("变化率", "change in all"),
    "increment": ("增量", "increment"),
    "share": ("占比", "share"),
    "ratio": ("比值", "ratio"),
    "gap": ("增速之差", "gap between growths"),
    "sum": ("合计", "sum"),
    "count": ("个数", "number of places"),
    "same": ("同一数量", "same quantity"),
    "advance": ("目标与现状", "promise and present state"),
    "practice": ("单位惯例", "usual unit"),
}
"""What was looked at."""


@dataclass(frozen=True)
class Finding:
    """One check. ``subject``: code of the relation, target or quantity.

    ``printed`` (in ``unit``) and ``computed`` or found elsewhere (in ``computed_unit``): figures as people read them; ``allowed``: what
    rounding of the printed figures allows the computed one to be; ``why``: what the verdict stands on.
    """

    kind: str
    verdict: str
    subject: str
    zh: str
    en: str
    why_zh: str
    why_en: str
    places: tuple[Place, ...]
    printed: str = ""
    unit: str = ""
    computed: str = ""
    computed_unit: str = ""
    allowed: str = ""

    def record(self) -> dict[str, Any]:
        """The finding as a machine reads it."""
        return asdict(self)


def judged(printed: Statement, computed: Interval, point: float) -> tuple[str, str, str]:
    """Verdict and reason in both languages: a printed figure against one that follows from others, both in one unit.

    ``computed``: what rounding of the others allows; ``point``: what follows from them as they are printed.
    """
    allowed = printed.allowed
    if printed.comparator == "about" and not allowed.meets(computed):
        off = abs(point - float(printed.value)) / abs(float(printed.value) or 1.0)
        if off <= FAR:
            return (
                "undecidable",
                f"“约”“左右”没有界限;算得的相差 {off:.0%}",
                f"“about” has no bounds; the computed figure is {off:.0%} off",
            )
        return "contradicts", f"相差 {off:.0%},不是“约”", f"{off:.0%} off, which is not about it"
    if not allowed.meets(computed):
        return "contradicts", "四舍五入解释不了差别", "rounding can't explain the difference"
    if printed.comparator in ("above", "below", "at_least", "at_most"):
        if allowed.holds(computed):
            return "agrees", "在所说的范围之内", "within the open range that is stated"
        return (
            "undecidable",
            "范围的界限在舍入误差之内",
            "the end of the open range lies within what rounding leaves open",
        )
    return "agrees", "在舍入允许的范围之内", "within what rounding allows"


def same_basis(one: Statement, other: Statement) -> bool:
    """Whether nothing tells that their bases differ: equal, or one of them not stated."""
    return not one.basis_zh or not other.basis_zh or one.basis_zh == other.basis_zh


def unlike(one: Statement, other: Statement) -> tuple[str, str]:
    """In both languages, that two bases differ."""
    zh = f"口径不同:“{one.basis_zh}”与“{other.basis_zh}”"
    return zh, f"bases differ: “{one.basis_en or one.basis_zh}” and “{other.basis_en or other.basis_zh}”"
