"""Names of ids as (Chinese, English) pairs, which a page writes in its reader's language, and their codes, which addresses hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from yilu.items.kinds import KINDS
from yilu.network import Network
from yilu.network.schema import GRADES

Pair = tuple[str, str]
UNKNOWN: Pair = ("未知", "unknown")


@dataclass(frozen=True)
class Names:
    """Names and codes of a province's tables by id; of what has no row: unknown."""

    area: Mapping[int, Pair]
    facility: Mapping[int, Pair]
    operator: Mapping[int, Pair]
    level: Mapping[int, Pair]
    codes: Mapping[str, Mapping[int, str]]

    def of(self, table: str, id: int) -> Pair:
        """The name of an id of ``area``, ``facility``, ``operator`` or ``level``."""
        named: Mapping[int, Pair] = getattr(self, table)
        return named.get(int(id), UNKNOWN)

    def code(self, table: str, id: int) -> str:
        """Its code, empty for unknown."""
        return self.codes[table].get(int(id), "")


def _made(network: Network) -> Names:
    tables = {"area": network.areas, "facility": network.facilities, "operator": network.operators, "level": network.service_levels}  # fmt: skip
    named = {
        name: {int(i): (str(zh) or str(code), str(en) or str(code)) for i, code, zh, en in zip(t.id, t.code, t.name_zh, t.name_en, strict=True)}
        for name, t in tables.items()
    }  # fmt: skip
    return Names(**named, codes={name: t.code_of_id for name, t in tables.items()})


_HELD: dict[int, tuple[Network, Names]] = {}


def names_of(network: Network) -> Names:
    """The names of a province, made once."""
    held = _HELD.get(id(network))
    if held is None or held[0] is not network:
        held = _HELD[id(network)] = (network, _made(network))
    return held[1]


def listed(names: Iterable[Pair]) -> Pair:
    """Several names one after the other."""
    zh, en = [], []
    for one, other in names:
        zh.append(one)
        en.append(other)
    return "、".join(zh), ", ".join(en)


def grades(letters: Iterable[str]) -> Pair:
    """Grades of evidence with their meanings, each once, the best first."""
    held = set(letters)
    return listed((f"{g} {zh}", f"{g} {en}") for g, (zh, en) in GRADES.items() if g in held)


def kind(number: int) -> Pair:
    """The name of a kind of event."""
    return _KINDS.get(int(number), UNKNOWN)


_KINDS: dict[int, Pair] = {k.id: (k.zh, k.en) for k in KINDS}
