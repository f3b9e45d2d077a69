"""Which checks an item owes under the province's obligations, as a table for the kernels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from yilu.items.schema import ITEM_CLASSES, SENDER_KINDS
from yilu.network import Network
from yilu.network.rules import CHECKS

INSPECT, IDENTIFY, SCREEN, SCREEN_EARLY = 1, 2, 4, 8
"""Bits of an entry; ``SCREEN_EARLY``: screening is owed where the item is accepted, not at the processing site."""
CLASSES, SENDERS = 3, 3


def owed_table(network: Network, at: int) -> NDArray[np.uint8]:
    """What is owed at acceptance at ``at`` (UTC seconds): bits, shape (A, A, 3, 3) by origin, destination, item class - 1, sender kind - 1."""
    rules, size = network.obligation_rules, len(network.area_level)
    table = np.zeros((size, size, CLASSES, SENDERS), np.uint8)
    names_of_class = {number: name for name, number in ITEM_CLASSES.items()}
    names_of_sender = {number: name for name, number in SENDER_KINDS.items()}
    for r in range(len(rules.check)):
        if not rules.since[r] <= at < rules.until[r]:
            continue
        bit = (INSPECT, IDENTIFY, SCREEN)[int(rules.check[r])]
        early = SCREEN_EARLY if CHECKS[int(rules.check[r])] == "screen" else 0
        here = rules.origin[r][:, None] & rules.destination[r][None, :]
        for k in range(CLASSES):
            for s in range(SENDERS):
                if rules.item_class[r] in ("", names_of_class[k + 1]) and rules.sender_kind[r] in (
                    "",
                    names_of_sender[s + 1],
                ):
                    entries = table[:, :, k, s]
                    entries[here] &= np.uint8(255 - bit - early)
                    if rules.owed[r]:
                        entries[here] |= np.uint8(bit + (0 if rules.processing[r] else early))
    return table
