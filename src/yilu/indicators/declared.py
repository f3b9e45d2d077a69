"""Indicators as they are declared in ``catalogue.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from yilu.network import toml_file
from yilu.network.toml_file import wrong

UNITS: dict[str, tuple[str, str]] = {
    "items": ("件", "items"),
    "share": ("%", "%"),
    "per_100k": ("件/十万件", "per 100,000 items"),
    "hours": ("小时", "hours"),
    "days": ("天", "days"),
    "items_per_head": ("件/人", "items a head"),
    "events_per_item": ("次/件", "scans an item"),
}
BETTER = ("up", "down", "none")
PURPOSES: dict[str, tuple[str, str]] = {
    "statistics": ("统计", "statistics"),
    "supervision": ("监管", "supervision"),
    "both": ("统计与监管", "both"),
}
"""What an indicator may be used for. What is for statistics alone is never shown to supervise anyone."""


@dataclass(frozen=True)
class Indicator:
    """One indicator. ``better``: whether more is better, or less. Numerator, denominator (empty: a sum), basis (口径) and definition in words; ``source``: Chinese, English."""

    id: str
    zh: str
    en: str
    unit: str
    better: str
    definition_zh: str
    definition_en: str
    numerator: str
    denominator: str
    basis_zh: str
    basis_en: str
    source: tuple[str, str]
    purpose: str

    def serves(self, purpose: str) -> bool:
        """Whether it may be used for a purpose."""
        return self.purpose in ("both", purpose)


@lru_cache(maxsize=1)
def catalogue() -> dict[str, Indicator]:
    """All indicators by id."""
    text = (files("yilu.indicators") / "catalogue.toml").read_text(encoding="utf-8")
    return parsed(text, "catalogue.toml")


def parsed(text: str, file: str) -> dict[str, Indicator]:
    """A catalogue from its text. Raises InputError: ``file``, key, value, and what was expected."""
    raw = toml_file.parsed(text, file)
    for key in raw:
        if key != "indicator":
            raise wrong(file, key, None, "[[indicator]] alone")
    found: dict[str, Indicator] = {}
    for number, given in enumerate(raw.get("indicator", ()), 1):
        one = _indicator(number, given, file)
        if one.id in found:
            raise wrong(file, f"indicator {one.id}", one.id, "an id that no other indicator has")
        found[one.id] = one
    return found


_KEYS: dict[str, type] = dict.fromkeys(Indicator.__dataclass_fields__, str)


def _indicator(number: int, given: Any, file: str) -> Indicator:
    key = f"indicator {given.get('id', number) if isinstance(given, dict) else number}"
    whole = toml_file.whole(given, key, file, _KEYS)
    for name, choices in (("unit", UNITS), ("better", BETTER), ("purpose", PURPOSES)):
        if whole[name] not in choices:
            raise wrong(file, f"{key}, {name}", whole[name], f"one of {', '.join(choices)}")
    for name, value in whole.items():
        if not value and name != "denominator":
            raise wrong(file, f"{key}, {name}", value, "text that is not empty")
    return Indicator(**{**whole, "source": toml_file.in_both(whole["source"])})
