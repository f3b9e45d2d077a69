"""Which items a rule may speak of: a quick look at states and at single events, that leaves out nobody.

Telling an item's life again costs a look into the log. Most items give no rule any cause, and their states show it: only the others, and
those of which a single event is suspicious, are told again.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.items.clock import check_statuses, outcome_of, promise_of
from yilu.items.fields import FLAGS, NEVER
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
_SHIPMENT = int(FLAGS["shipment"][0])
AGAIN_S = 60
"""Time of feeds after which an item is looked at again whose moment has come for one feed and not yet for another."""


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
    out, least = np.empty(len(rows), np.bool_), catalogue.strictest
    _suspicious(
        rows, rules, watermark, 3600 * min(least("stalled_hours"), least("stalled_abroad_hours")),
        3600 * min(least("backlog_hours"), least("stalled_hours")), 3600 * least("late_hours"), _WAITING, out,
    )  # fmt: skip
    return out


@njit(cache=True, nogil=True, inline="always")
def _sooner(due, moment, lowest, latest):
    """The sooner of two seconds; a moment that some feed has reached and not yet this one, which may be the item's, is asked for again."""
    if moment >= latest:
        return min(due, np.int64(moment))
    return min(due, np.int64(latest + AGAIN_S)) if moment >= lowest else due


@njit(cache=True, nogil=True)
def _next_due(rows, rules, lowest, latest, waits, stayed, lates, closed_s, closures, waiting, out):
    """Fill ``out`` (n,) with the second after which time alone may let a rule speak of each state, ``NEVER`` if it can't."""
    for i in range(len(rows)):
        row = rows[i]
        out[i] = NEVER
        if row["last"] == 0 or row["flags"] & _NOT_JUDGED or row["classes"] & np.uint8(15) >= CONTAINER_CLASS:
            continue
        outcome, _ = outcome_of(row)
        if outcome == _DELIVERED and not row["flags"] & _SHIPMENT:
            continue
        last = np.int64(row["last"] >> np.uint64(32))
        place = np.int64(row["last"] & np.uint64(0xFFFFFF))
        known = place if place < size(rules, PROCESSING) else 0
        due = np.int64(NEVER)
        if not waiting[np.int64((row["last"] >> np.uint64(24)) & np.uint64(0xFF))]:
            for wait in waits:
                due = _sooner(due, last + wait, lowest, latest)
        if value(rules, PROCESSING, known) and row["arrived"] != 0:
            for wait in stayed:
                due = _sooner(due, np.int64(row["arrived"]) + wait, lowest, latest)
        promise = np.int64(promise_of(row, rules)) if outcome == 0 else np.int64(0)
        if promise != 0:
            for wait in lates:
                due = _sooner(due, promise + wait, lowest, latest)
        for since in closures:  # that rule holds from the second itself on
            due = _sooner(due, max(last, since) + closed_s - 1, lowest, latest)
        out[i] = due


def next_due(
    rows: NDArray[np.void],
    rules: NDArray[np.uint32],
    lowest: int,
    latest: int,
    catalogue: Catalogue,
    closures: list[int],
) -> NDArray[np.uint32]:
    """The second (n,) after which states should be looked at again though nothing came for them; ``NEVER`` if time makes no difference.

    ``lowest``, ``latest``: the least and the greatest watermark of feeds that still tell; a moment before the least is over for all of them. ``closures``: since when crossings are closed. ``rules``: packed.
    """
    out = np.empty(len(rows), np.uint32)
    waits, stayed, lates = (
        3600 * np.unique(np.concatenate([catalogue.each(n) for n in names]))
        for names in (("stalled_hours", "stalled_abroad_hours"), ("backlog_hours",), ("late_hours",))
    )
    closed_s, since = 3600 * catalogue["closure_hours"], np.array(closures, np.int64)
    _next_due(rows, rules, lowest, latest, waits, stayed, lates, closed_s, since, _WAITING, out)
    return out


def of_events(batch: Events, filed: Filed, catalogue: Catalogue) -> NDArray[np.bool_]:
    """Which events (n,) give a rule cause by themselves: recorded long after, or at an outlet without a filing."""
    place, at = batch.place.astype(np.int64), batch.at.astype(np.int64)
    behind = batch.recorded_at.astype(np.int64) - at > 3600 * catalogue.strictest("backfill_hours")
    suspicious = (behind & np.isin(batch.kind, _CHECKS)) | filed.lacks(place, at)
    return np.asarray(suspicious & own(batch))
