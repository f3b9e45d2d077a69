"""Which items a rule may speak of: a quick look at states and at single events, that leaves out nobody.

Telling an item's life again costs a look into the log. Most items give no rule any cause, and their states show it: only the others, and
those of which a single event is suspicious, are told again.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.items.clock import check_statuses, outcome_of, promise_of
from yilu.items.fields import FLAGS
from yilu.items.rules import PROCESSING, size, value
from yilu.items.schema import Events
from yilu.network.rules import CHECKS
from yilu.supervision.rules.declared import Catalogue
from yilu.supervision.rules.lives import CONTAINER_CLASS, NOT_JUDGED, WAITING, kinds, own
from yilu.supervision.rules.registers import Filed

_TOLD = int(FLAGS["impossible"][0] | FLAGS["after"][0] | FLAGS["waited"][0] | FLAGS["shipment"][0])
"""Flags that are cause enough. A shipment is delivered by its pieces: what its own events say of that shows when they are told again only."""
_NOT_JUDGED = int(NOT_JUDGED)
_CHECKS = kinds(*CHECKS)
_WAITING = np.zeros(256, np.bool_)
_WAITING[WAITING] = True
_DELIVERED = 1


@njit(cache=True, nogil=True)
def _suspicious(rows, rules, watermark, stalled_s, stayed_s, late_s, waiting, out):
    """Fill ``out`` (n,) with whether a rule may speak of each state; ``watermark``: the latest of any feed."""
    for i in range(len(rows)):
        row = rows[i]
        out[i] = False
        if row["last"] == 0 or row["flags"] & _NOT_JUDGED or row["classes"] & np.uint8(15) >= CONTAINER_CLASS:
            continue
        if row["flags"] & _TOLD:
            out[i] = True
            continue
        a, b, c = check_statuses(row, rules)
        if a >= 3 or b >= 3 or c >= 3:
            out[i] = True
            continue
        outcome, ended = outcome_of(row)
        promise = promise_of(row, rules)
        over = ended if outcome != 0 else watermark
        if promise != 0 and over - promise > late_s:
            out[i] = True
            continue
        if outcome == _DELIVERED:
            continue
        last = np.int64(row["last"] >> np.uint64(32))
        place = np.int64(row["last"] & np.uint64(0xFFFFFF))
        known = place if place < size(rules, PROCESSING) else 0
        kind = np.int64((row["last"] >> np.uint64(24)) & np.uint64(0xFF))
        if (watermark - last > stalled_s and not waiting[kind]) or (
            value(rules, PROCESSING, known) and row["arrived"] != 0 and watermark - np.int64(row["arrived"]) > stayed_s
        ):
            out[i] = True


def of_states(
    rows: NDArray[np.void], rules: NDArray[np.uint32], watermark: int, catalogue: Catalogue
) -> NDArray[np.bool_]:
    """Which states (n,) a rule may speak of, as far as states show it. ``rules``: packed."""
    out = np.empty(len(rows), np.bool_)
    _suspicious(
        rows, rules, watermark, 3600 * min(catalogue["stalled_hours"], catalogue["stalled_abroad_hours"]),
        3600 * min(catalogue["backlog_hours"], catalogue["stalled_hours"]), 3600 * catalogue["late_hours"], _WAITING, out,
    )  # fmt: skip
    return out


def of_events(batch: Events, filed: Filed, catalogue: Catalogue) -> NDArray[np.bool_]:
    """Which events (n,) give a rule cause by themselves: recorded long after, or at an outlet without a filing."""
    place, at = batch.place.astype(np.int64), batch.at.astype(np.int64)
    behind = batch.recorded_at.astype(np.int64) - at > 3600 * catalogue["backfill_hours"]
    suspicious = (behind & np.isin(batch.kind, _CHECKS)) | filed.lacks(place, at)
    return np.asarray(suspicious & own(batch))
