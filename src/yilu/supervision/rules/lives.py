"""Items' lives as the rules look at them: each event beside the next one of its item, each item with its end, promise and checks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yilu.items import clock
from yilu.items.fields import FLAGS, NEVER
from yilu.items.kinds import BY_CODE
from yilu.items.retold import Retold
from yilu.items.rules import Rules, packed
from yilu.items.schema import Events
from yilu.supervision.rules.evidence import Evidence, evidence
from yilu.supervision.rules.protected import Binding, bound

Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]

NOT_JUDGED = np.uint16(FLAGS["continued"][0] | FLAGS["part"][0])
CONTAINER_CLASS = 4
"""Item classes from here on are containers and vehicles."""
OPEN_END = np.int64(1) << 62
"""An end that has not come."""


def kinds(*codes: str) -> NDArray[np.uint8]:
    """Numbers of kinds of events."""
    return np.array([BY_CODE[c].id for c in codes], np.uint8)


WAITING = kinds("locker", "station", "customs_hold", "export_customs", "import_customs")
"""Kinds after which an item may wait for long: for its addressee, or at customs."""


def own(batch: Events) -> Flags:
    """Which events (n,) are of an item's number or an earlier one, and no container's."""
    return np.asarray((batch.via == 0) | (batch.via != batch.container))


@dataclass(frozen=True)
class Lives:
    """Lives of r items' journeys with m events, each item's in order. Times in UTC seconds, int64.

    Of events (m,): ``item`` (row of the journey), ``at``, ``place``, ``kind``, ``own`` (not a container's scan; of its number or an earlier one), ``recorded``, ``is_last``, and
    ``next_at`` (the item's next event, or the watermark of its feed). Of items (r,): ``judged`` (items that are counted elsewhere, containers,
    and numbers of which only others' events tell are not), ``delivered``, ``returned`` (``OPEN_END`` none), ``end`` (delivery to the addressee or back to the sender, loss, destruction, cancellation; ``OPEN_END`` where open),
    ``outcome`` and ``ended`` (``clock``), ``promise`` (0 none), ``origin`` and ``destination`` (areas), ``status`` and ``processing`` (3, r) of checks, ``watermark``, ``source`` (that told of it last, and whose watermark it is), ``periods`` (protected periods that bind it, ``protected.bound``).
    """

    told: Retold
    item: Longs
    at: Longs
    place: Longs
    kind: NDArray[np.uint8]
    own: Flags
    recorded: Longs
    is_last: Flags
    next_at: Longs
    judged: Flags
    delivered: Longs
    returned: Longs
    end: Longs
    outcome: NDArray[np.uint8]
    ended: Longs
    promise: Longs
    origin: Longs
    destination: Longs
    status: NDArray[np.uint8]
    processing: Flags
    watermark: Longs
    source: Longs
    periods: NDArray[np.uint32]

    def of_events(self, rule: int, rows: Longs, at: ArrayLike, until: ArrayLike = 0) -> Evidence:
        """Evidence at the places of the events ``rows``."""
        return self.of_items(rule, self.item[rows], self.place[rows], at, until)

    def of_items(self, rule: int, items: Longs, place: ArrayLike, at: ArrayLike, until: ArrayLike = 0) -> Evidence:
        """Evidence of items at places; provisional where it begins after the watermark."""
        state = self.told.rows[items]
        late = np.asarray(at) > self.watermark[items]
        return evidence(
            rule, state["key"], self.told.key2[items], state["operator"], place, at, until, late, self.periods[items], self.source[items]
        )  # fmt: skip

    def places(self, rows: Longs) -> Longs:
        """The places of events, 0 for -1."""
        return np.where(rows >= 0, self.place[rows], 0) if len(self.place) else np.zeros(len(rows), np.int64)

    def first(self, chosen: Flags) -> Longs:
        """For each item its first event among the chosen ones, -1 where there is none; (r,)."""
        found = np.full(len(self.judged), len(self.at), np.int64)
        rows = np.flatnonzero(chosen)
        np.minimum.at(found, self.item[rows], rows)
        return np.where(found < len(self.at), found, -1)

    def last(self, chosen: Flags) -> Longs:
        """For each item its last event among the chosen ones, -1 where there is none; (r,)."""
        found = np.full(len(self.judged), -1, np.int64)
        rows = np.flatnonzero(chosen)
        np.maximum.at(found, self.item[rows], rows)
        return found


def lives_of(told: Retold, rules: Rules, watermarks: Longs, bindings: tuple[Binding, ...] = ()) -> Lives:
    """Prepare told lives. ``watermarks`` (sources,): up to when each source of the store is complete, UTC seconds; ``bindings``: protected periods."""
    e, rows, n = told.events, told.rows, len(told)
    origin, destination = np.empty(n, np.uint16), np.empty(n, np.uint16)
    promise, ended = np.empty(n, np.int64), np.empty(n, np.int64)
    outcome, status, processing = np.empty(n, np.uint8), np.empty((3, n), np.uint8), np.empty((3, n), np.bool_)
    flat = packed(rules)
    clock.work_out(rows, flat, origin, destination, promise, outcome, ended, status)
    clock.latest_places(rows, flat, processing)
    at = e.at.astype(np.int64)
    is_last = np.ones(len(at), np.bool_)
    is_last[:-1] = told.journey[1:] != told.journey[:-1]
    mine = np.flatnonzero(e.via == 0)
    latest = np.full(n, -1, np.int64)
    np.maximum.at(latest, told.journey[mine], mine)
    source = np.where(latest >= 0, e.source[latest].astype(np.int64), 0) if len(at) else np.zeros(n, np.int64)
    watermark = np.where(latest >= 0, watermarks[source], 0)
    next_at = np.empty(len(at), np.int64)
    next_at[:-1] = at[1:]
    next_at[is_last] = watermark[told.journey[is_last]]
    delivered, returned = _time(rows["delivered"]), _time(rows["returned"])
    back = np.where(rows["delivered_last"] >= rows["returned"], rows["delivered_last"].astype(np.int64), OPEN_END)
    end = np.where(delivered <= returned, delivered, np.where(returned < OPEN_END, back, OPEN_END))
    return Lives(
        told=told, item=told.journey, at=at, place=e.place.astype(np.int64), kind=np.ascontiguousarray(e.kind),
        own=own(e),
        recorded=e.recorded_at.astype(np.int64), is_last=is_last, next_at=next_at,
        judged=(latest >= 0) & ((rows["flags"] & NOT_JUDGED) == 0) & ((rows["classes"] & 15) < CONTAINER_CLASS) & (rows["last"] != 0),
        delivered=delivered, returned=returned, end=np.minimum(end, _time(rows["ended"])), outcome=outcome, ended=ended, promise=promise,
        origin=origin.astype(np.int64), destination=destination.astype(np.int64), status=status, processing=processing, watermark=watermark,
        source=source, periods=bound(rows, origin.astype(np.int64), destination.astype(np.int64), bindings),
    )  # fmt: skip


def _time(column: NDArray[np.uint32]) -> Longs:
    return np.where(column == NEVER, OPEN_END, column.astype(np.int64))
