"""Which items a protected period of ``rules.toml`` binds, and what of them is judged more strictly.

A period binds an item by its acceptance (its first event, where no acceptance is known), its origin or destination, class, kind of sender and operator. Evidence carries
the periods that bind its item, a bit for each, so that what follows from many items, and alerts, can go by them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.items.schema import ITEM_CLASSES, SENDER_KINDS
from yilu.network import Network
from yilu.network.local_time import LAST, local_time
from yilu.network.toml_file import wrong
from yilu.supervision.rules.declared import RULE_FILE, Catalogue, Protected

Bits = NDArray[np.uint32]


@dataclass(frozen=True)
class Binding:
    """A period as items are held against it: UTC seconds ``since`` ≤ acceptance < ``until``; ``within`` (A,) areas on its side; 0 for any class, kind of sender, operator."""

    since: int
    until: int
    within: NDArray[np.bool_]
    at_origin: bool
    item_class: int
    sender_kind: int
    operator: int


def bindings_of(network: Network, catalogue: Catalogue) -> tuple[Binding, ...]:
    """The catalogue's periods, in order. Raises InputError where one names an area or an operator that the province doesn't have."""
    return tuple(_binding(network, period) for period in catalogue.protected)


def _binding(network: Network, period: Protected) -> Binding:
    def known(name: str, code: str, codes: dict[str, int]) -> int:
        if code and code not in codes:
            raise wrong(RULE_FILE, f"protected {period.id}, {name}", code, f"a code of {name}s of the province")
        return codes[code] if code else 0

    known("area", period.area, network.areas.index_of_code if period.area else {})
    within = network.under(period.area) if period.area else np.ones(len(network.area_inside), np.bool_)
    clock = local_time(network.time_zone)
    since, last = clock.midnight(period.first.isoformat()), clock.midnight(period.last.isoformat())
    day = int(clock.local_day(last))
    until = min(LAST, int(clock.utc((day + 1) * 86400)))
    return Binding(
        since, until, np.asarray(within, np.bool_), period.side == "accepted",
        ITEM_CLASSES[period.item_class] if period.item_class else 0, SENDER_KINDS[period.sender_kind] if period.sender_kind else 0,
        known("operator", period.operator, network.operators.index_of_code if period.operator else {}),
    )  # fmt: skip


def bound(
    rows: NDArray[np.void], origin: NDArray[np.int64], destination: NDArray[np.int64], bindings: tuple[Binding, ...]
) -> Bits:
    """The periods (n,), a bit each in the catalogue's order, that bind items of these states; ``origin``, ``destination``: areas."""
    out = np.zeros(len(rows), np.uint32)
    if not bindings:
        return out
    at = ((rows["start"] >> np.uint64(31)) & np.uint64(0xFFFFFFFF)).astype(np.int64)
    item_class, sender = rows["classes"] & 15, rows["classes"] >> 4
    for number, b in enumerate(bindings):
        fits = (b.since <= at) & (at < b.until) & b.within[origin if b.at_origin else destination]
        for asked, told in ((b.item_class, item_class), (b.sender_kind, sender), (b.operator, rows["operator"])):
            if asked:
                fits &= told == asked
        out |= fits.astype(np.uint32) << np.uint32(number)
    return out


def within(catalogue: Catalogue, threshold: str, periods: Bits) -> NDArray[np.int64]:
    """The value of a threshold (n,) for items that these periods bind: the strictest of theirs."""
    out = np.full(len(periods), catalogue[threshold], np.int64)
    for number, period in enumerate(catalogue.protected):
        if threshold in period.thresholds:
            fits = _bit(periods, number)
            out[fits] = np.minimum(out[fits], period.thresholds[threshold])
    return out


def enough(catalogue: Catalogue, threshold: str, group: NDArray[np.int64], periods: Bits) -> NDArray[np.bool_]:
    """Which rows (n,) are in a group of enough of them: all of its rows as asked outside periods, or those that one period binds as that asks."""
    found = np.bincount(group)[group] >= catalogue[threshold]
    for number, period in enumerate(catalogue.protected):
        if threshold in period.thresholds:
            fits = _bit(periods, number)
            found |= fits & (np.bincount(group, weights=fits)[group] >= period.thresholds[threshold])
    return np.asarray(found)


def _bit(periods: Bits, number: int) -> NDArray[np.bool_]:
    return np.asarray(periods >> np.uint32(number) & np.uint32(1), np.bool_)
