"""Units of figures (计量单位) by their Chinese sign: ``units.csv``. Figures convert where the dimension is the same: value × factor."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Unit:
    """A unit by its Chinese sign. Figures convert where ``dimension`` is the same: value × ``factor``."""

    code: str
    en: str
    dimension: str
    factor: Decimal


@cache
def units() -> dict[str, Unit]:
    """All units by code (units.csv)."""
    text = (files("yilu.plan") / "units.csv").read_text(encoding="utf-8")
    return {
        r["code"]: Unit(r["code"], r["en"], r["dimension"], Decimal(r["factor"]))
        for r in csv.DictReader(text.splitlines())
    }


def factor(unit: str, to: str) -> Decimal | None:
    """How many ``to`` one ``unit`` is; None where the one can't be converted into the other."""
    one, other = units().get(unit), units().get(to)
    if one is None or other is None or one.dimension != other.dimension:
        return None
    return one.factor / other.factor


def converted(value: float, unit: str, to: str) -> float:
    """``value`` in another unit of the same dimension; decimals as written stay what they are. Raises ValueError where it can't be."""
    by = factor(unit, to)
    if by is None:
        raise ValueError(f"{unit} can't be converted into {to}")
    return float(Decimal(repr(float(value))) * by)


def convertible(unit: str) -> str:
    """The units that ``unit`` can be converted into, in words; all units where there is no such."""
    one = units().get(unit)
    return "one of " + ", ".join(u.code for u in units().values() if one is None or u.dimension == one.dimension)
