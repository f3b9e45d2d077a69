"""Returns of made-up enterprises, sound by construction, for tests to spoil."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

PARTS = {"express_volume": ("same_city", "intercity", "abroad"), "express_revenue": ("same_city_revenue", "intercity_revenue", "abroad_revenue", "other_express_revenue")}  # fmt: skip
MONTHLY = (*PARTS["express_volume"], "express_volume", *PARTS["express_revenue"], "express_revenue")
QUARTERLY = (*PARTS["express_volume"], "express_volume", "express_revenue")
_PRICE = {"same_city": 6.0, "intercity": 8.0, "abroad": 60.0}


@dataclass(frozen=True)
class Line:
    """One row of a file of returns: volumes in items, revenues in yuan, both whole."""

    enterprise: str
    period: str
    series: str
    value: int
    unit: str

    def times(self, factor: float) -> Line:
        """The row with another value."""
        return replace(self, value=round(self.value * factor))


def sound(seed: int, months: int, enterprise: str = "EX-E1", first: int = 2025 * 12) -> list[Line]:
    """Returns of ``months`` months and of the quarters they complete: growing, noisy by 3 %, sums exact."""
    draw = random.Random(seed)
    base = {
        "same_city": 10 ** draw.uniform(5.5, 6.5),
        "intercity": 10 ** draw.uniform(6.2, 7.2),
        "abroad": 10 ** draw.uniform(4.5, 5.5),
    }
    held: dict[tuple[int, str], int] = {}
    lines = []
    for m in range(months):
        at = first + m
        name = f"{at // 12}-{at % 12 + 1:02}"
        for part in PARTS["express_volume"]:
            held[at, part] = round(base[part] * 1.01**m * draw.uniform(0.97, 1.03))
            held[at, f"{part}_revenue"] = round(held[at, part] * _PRICE[part] * draw.uniform(0.98, 1.02))
        held[at, "other_express_revenue"] = round(held[at, "intercity_revenue"] * 0.05 * draw.uniform(0.97, 1.03))
        for total, parts in PARTS.items():
            held[at, total] = sum(held[at, p] for p in parts)
        lines += [Line(enterprise, name, s, held[at, s], unit(s)) for s in MONTHLY]
        if at % 3 == 2 and m >= 2:
            quarter = f"{at // 12}Q{at % 12 // 3 + 1}"
            lines += [Line(enterprise, quarter, s, sum(held[at - i, s] for i in range(3)), unit(s)) for s in QUARTERLY]
    return lines


def unit(series: str) -> str:
    """The unit in which a series is reported here."""
    return "元" if series.endswith("revenue") else "件"


def write(path: Path, lines: Sequence[Line]) -> Path:
    """The file of these rows."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("enterprise", "period", "series", "value", "unit"))
        out.writerows((x.enterprise, x.period, x.series, x.value, x.unit) for x in lines)
    return path
