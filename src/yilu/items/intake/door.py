"""What rows are judged by at the door, and the list of source codes that nobody has mapped yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from yilu.items.intake.chunk import Limits, MappingError
from yilu.items.intake.mapping import Mapping
from yilu.items.intake.masking import MAX_SHOWN, shown_text, shown_texts
from yilu.items.keys import Key
from yilu.items.schema import ITEM_CLASSES, OUTCOMES, SENDER_KINDS

FURTHER = "(further codes)"
"""What stands for all unmapped codes beyond the bound."""
_REMEMBERED = 4096
"""Texts whose masking is remembered, at most."""


@dataclass(frozen=True)
class Door:
    """The mapping, the network's ids by code (``lookups``, by column), the key, and the time of receipt (Unix seconds).

    ``time_zone`` holds for times without offset, ``province_zone`` for local days. ``operator``: the id of the one operator whose rows are let in, 0 for all.
    """

    mapping: Mapping
    lookups: dict[str, dict[str, int]]
    key: Key
    time_zone: str
    province_zone: str
    received_at: int
    limits: Limits
    operator: int = 0


@dataclass
class Codes:
    """Source codes of unmapped events, numbered from 1 in the order they come; bounded in number and length.

    Every block asks about the same few texts, and masking is slow on single ones: ``asked`` and ``places`` remember the answers.
    """

    most: int
    numbers: dict[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    def number(self, text: str) -> int:
        """The number of a source code; beyond the bound all share one, and one that may not be shown stands as its length."""
        known = self.asked.get(text)
        if known is not None:
            return known
        found = shown_text("kind", text)[:MAX_SHOWN]
        if found not in self.numbers and len(self.numbers) >= self.most:
            found = FURTHER
        number = self.numbers.setdefault(found, len(self.numbers) + 1)
        if len(self.asked) < _REMEMBERED:
            self.asked[text] = number
        return number

    def shown_places(self, texts: list[str]) -> list[str]:
        """``texts`` of places as they may be shown."""
        new = [text for text in texts if text not in self.places]
        if new and len(self.places) + len(new) > _REMEMBERED:
            return shown_texts("place", texts)
        self.places.update(zip(new, shown_texts("place", new), strict=True))
        return [self.places[text] for text in texts]


def lookups(mapping: Mapping, network: Any) -> dict[str, dict[str, int]]:
    """Ids by code for each coded column: the mapping's values, then the network's codes.

    Raises MappingError where a value or a constant of the mapping names a code that is not there.
    """
    tables: dict[str, dict[str, int]] = {
        "operator": network.operators.index_of_code,
        "facility": network.facilities.index_of_code,
        "origin": network.areas.index_of_code,
        "destination": network.areas.index_of_code,
        "service_level": network.service_levels.index_of_code,
        "item_class": _with_ids(ITEM_CLASSES),
        "sender_kind": _with_ids(SENDER_KINDS),
        "outcome": _with_ids(OUTCOMES),
    }
    found = {}
    for name, table in tables.items():
        values = mapping.values.get(name, {})
        for text, code in values.items():
            if code not in table:
                _unknown(mapping, f"values.{name}.{text}", code)
        found[name] = {**table, **{text: table[code] for text, code in values.items()}}
        for rule in mapping.rules:
            constant = rule.columns[name].value if name in rule.columns else ""
            if constant and constant not in found[name]:
                _unknown(mapping, name, constant)
    return found


def _unknown(mapping: Mapping, key: str, code: str) -> None:
    raise MappingError(
        f"mapping {mapping.name}, key {key}: {code[:60]!r} stands there, a code of the province folder is expected",
        next_step="correct the mapping, or add the code to the province folder",
        zh=f"映射 {mapping.name},键 {key}:现为 {code[:60]!r},应为省份文件夹中的编码",
        next_step_zh="改正映射,或在省份文件夹中补充该编码",
    )


def _with_ids(table: dict[str, int]) -> dict[str, int]:
    return {**table, **{str(i): i for i in table.values()}}
