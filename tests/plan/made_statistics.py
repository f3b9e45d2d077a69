"""Statistics and a plan made for a test: series of one province and its nation, a target for each, no file."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from yilu.plan import Plan, Target
from yilu.plan.model import Section
from yilu.plan.period import period
from yilu.plan.statistics import Series, Statistic, Statistics, last_place

PROVINCE, NATION = "330000", "CN"


def series_of(code: str, unit: str, kind: str = "flow", better: str = "more", parts: tuple[str, ...] = ()) -> Series:
    """A declared series."""
    return Series(code, code, code, unit, kind, better, "statistics", parts, "", "", "made up", "made up")


def statistics_of(figures: Mapping[Series, Mapping[int, str]], area: str = PROVINCE) -> Statistics:
    """Statistics with these levels of one area, as they are written."""
    rows = [
        Statistic(
            0, s.code, area, period(str(year)), "level", float(text), s.unit, float(last_place(Decimal(text))), "reported", "", "statistics", "A",
            "made up", "",
        )
        for s, levels in figures.items() for year, text in levels.items()
    ]  # fmt: skip
    numbered = tuple(Statistic(**{**vars(r), "row": n}) for n, r in enumerate(rows, 1))
    return Statistics(Path("made"), {s.code: s for s in figures}, numbered)


def target_of(code: str, unit: str, measured_by: str, **given: Any) -> Target:
    """A target of 2025 with a baseline of 2020."""
    plain: dict[str, Any] = {
        "code": code, "zh": f"指标{code}", "en": f"Indicator {code}", "quantity": code, "unit": unit, "basis_zh": "", "basis_en": "", "baseline_year": 2020,
        "baseline": Decimal(50), "target_year": 2025, "target": Decimal(60), "target_to": None, "comparator": "at_least", "kind": "unstated", "growth": None,
        "growth_as": "", "growth_comparator": "equals", "section": "1", "item": "", "quote": code, "places": (), "responsible": "", "measured_by": measured_by,
        "needed_zh": "", "needed_en": "", "same_as": "",
    }  # fmt: skip
    return Target(**plain | given)


def plan_of(*targets: Target) -> Plan:
    """A plan of 2021 to 2025 with these targets."""
    return Plan(
        name="made", zh="规划", en="Plan", from_year=2021, to_year=2025, baseline_year=2020, published="2021-01", source="made up",
        sections=(Section("1", "目标", "Goals"),), targets=targets, facts=(), programmes=(), tasks=(), coverage=(), relations=(), references=(),
    )  # fmt: skip
