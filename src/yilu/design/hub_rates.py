"""What a hub study is charged with: yilu's own rates (``hub_rates.toml``), and what a province folder's ``hub_rates.toml`` replaces of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from yilu.network import toml_file
from yilu.network.schema import GRADES

FILE = "hub_rates.toml"
TIERS: tuple[str, ...] = ("global", "national", "regional")
"""Tiers of hubs, the highest first."""
_MOST = 1e6
_SHARES = ("fill", *(f"{a}_{b}" for n, a in enumerate(TIERS) for b in TIERS[n:]), "single")
_ABOVE_NOTHING = ("items", "fill", "km_h")


@dataclass(frozen=True)
class Rate:
    """One value with the grade (``yilu.network.schema.GRADES``) and source (Chinese, English) it stands on."""

    value: float
    grade: str
    source: tuple[str, str]


@dataclass(frozen=True)
class HubRates:
    """Rates by table and name, as ``rates["transfer", "km_h"]``."""

    of: dict[tuple[str, str], Rate]

    def __getitem__(self, key: tuple[str, str]) -> float:
        return self.of[key].value

    def yuan_item_km(self, stage: str) -> float:
        """Cost of an item and kilometre: yuan a vehicle kilometre over items in it."""
        return self[stage, "yuan_km"] / (self[stage, "items"] * self[stage, "fill"])

    def carbon_kg_item_km(self, stage: str) -> float:
        """kg CO2e of an item and kilometre."""
        return self[stage, "carbon_g_tkm"] * self["handling", "item_kg"] / 1e6

    def discount(self, one: str, other: str) -> float:
        """α between hubs of two tiers."""
        first, second = sorted((one, other), key=TIERS.index)
        return self["discount", f"{first}_{second}"]


def hub_rates(folder: Path) -> HubRates:
    """The rates that hold for a province folder.

    Raises InputError naming file, key and value for a rate that there isn't, one without grade or source, and a value out of bounds.
    """
    held = dict(_rates((files("yilu.design") / FILE).read_text(encoding="utf-8")))
    own = folder / FILE
    if own.is_file():
        for key, rate in _rates(own.read_text(encoding="utf-8")):
            if key not in held:
                raise toml_file.wrong(
                    FILE, ", ".join(key), None, "one of " + ", ".join(sorted({", ".join(k) for k in held}))
                )
            held[key] = rate
    return HubRates(held)


def _rates(text: str) -> Iterator[tuple[tuple[str, str], Rate]]:
    raw = toml_file.parsed(text, FILE)
    for section in raw:
        for name, given in toml_file.table(raw, section, FILE).items():
            yield (section, name), _rate(f"{section}, {name}", name, given)


def _rate(key: str, name: str, given: Any) -> Rate:
    number = given.get("value") if isinstance(given, dict) else None
    if isinstance(number, int) and not isinstance(number, bool):
        given = given | {"value": float(number)}
    held = toml_file.whole(given, key, FILE, {"value": float, "grade": str, "source": str})
    value, most = held["value"], 1.0 if name in _SHARES else _MOST
    if not 0 <= value <= most or (name in _ABOVE_NOTHING and not value):
        raise toml_file.wrong(
            FILE, f"{key}, value", value, f"a number {'above' if name in _ABOVE_NOTHING else 'from'} 0 to {most:g}"
        )
    if held["grade"] not in GRADES:
        raise toml_file.wrong(FILE, f"{key}, grade", held["grade"], "one of " + ", ".join(GRADES))
    if not held["source"].strip():
        raise toml_file.wrong(FILE, f"{key}, source", held["source"], "where the value is from")
    return Rate(value, held["grade"], toml_file.in_both(held["source"]))
