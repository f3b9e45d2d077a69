"""What a code is called on a screen, in Chinese and in English: ``titles.csv``, one row per code."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Title:
    """A code's names; ``unit`` says how its figures are shown: share (in per cent), hours, or as they are."""

    zh: str
    en: str
    unit: str


@cache
def titles() -> dict[tuple[str, str], Title]:
    """All titles by group and code."""
    text = (files("yilu.cli") / "titles.csv").read_text(encoding="utf-8")
    return {(r["group"], r["code"]): Title(r["zh"], r["en"], r["unit"]) for r in csv.DictReader(text.splitlines())}


def title(group: str, code: str, zh: bool) -> str:
    """What ``code`` of ``group`` is called; the code itself where nobody named it."""
    found = titles().get((group, code))
    return code if found is None else found.zh if zh else found.en


def figure(code: str, value: object, zh: bool) -> object:
    """A cell of the column ``code`` as it is shown: shares in per cent, values that are codes by their titles."""
    found = titles().get(("column", code))
    if found is not None and found.unit == "share":
        return percent(value if isinstance(value, float) else None)
    if found is not None and found.unit == "hours" and isinstance(value, float):
        return round(value, 1) if value >= 1 else round(value, 2)
    return title(code, value, zh) if isinstance(value, str) else value


def clock(minute: int) -> str:
    """A minute of the day as hours and minutes."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def percent(rate: float | None) -> str:
    """A share in per cent, a dash where there is none; 100 % stands only where nothing is lacking."""
    if rate is None:
        return "–"
    cut = min(rate, 0.9999) if rate < 1 else rate
    return f"{100 * cut:.2f} %"
