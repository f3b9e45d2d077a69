"""Items on their way at a moment: read from one commit of the facts, or expected from demand and acceptance hours where there are no facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.dispatch.ends import Ends
from yilu.dispatch.flight import Groups, InFlight, grouped
from yilu.dispatch.promise import weights
from yilu.dispatch.reroute import reroute
from yilu.dispatch.timetable import END_KINDS, Timetable, riding, riding_minutes
from yilu.errors import InputError
from yilu.items import clock
from yilu.items.fields import FLAGS
from yilu.items.kinds import BY_CODE
from yilu.items.reading import Snapshot
from yilu.items.rules import packed
from yilu.items.schema import ITEM_CLASSES
from yilu.network import FACILITY_KINDS
from yilu.network.timetable_rules import timetable_rules

Ints = NDArray[np.int64]
FULL = np.iinfo(np.int64).max // 4
"""Room without a bound."""
_DAY_MINUTES = 1440
_MOST_OPERATORS = 256
_MOST_LEVELS = 8
"""Levels of areas above a village, and more."""
_CUSTOMS_KINDS = ("office_of_exchange", "international_centre")
_NOT_COUNTED = np.uint16(FLAGS["continued"][0] | FLAGS["part"][0])


def _kinds(*names: str) -> Ints:
    return np.array([BY_CODE[name].id for name in names], np.int64)


_BEFORE = _kinds("accept", "identify", "inspect")
"""Kinds of scans after which an item still waits for the couriers' round that takes it to its facility."""
_GONE = _kinds("depart")
_SORTED = _kinds("sort", "bag", "seal", "load")
_COME = _kinds("unload", "arrive", "unseal", "unbag", "sort")
_IN_DELIVERY = _kinds("out_for_delivery", "attempt", "locker", "station")

UNPLACED: tuple[str, ...] = ("in_delivery", "place", "no_lane", "destination")
"""Why an open item can't be placed: with the couriers already 投递中; its place is unknown 地点不明; no lane leaves its place or its area 无线路; its destination is unknown or has no end 寄达地不明."""


@dataclass(frozen=True)
class Underway:
    """What is on its way. ``groups``: its ``due`` is at most ``unjudged``, minutes from which on nothing is promised within the timetable. ``operators`` (K,): operator (id) of each kind, 0 not told.

    ``unplaced``: items left out, by reason (``UNPLACED``); ``expected``: from demand, not facts; ``on_lanes``: items whose leg had begun by the facts.
    """

    groups: Groups
    operators: Ints
    unplaced: dict[str, int]
    expected: bool
    on_lanes: int = 0

    def ridable(self, timetable: Timetable) -> list[NDArray[np.bool_]]:
        """For each kind the connections (C,) that it may ride."""
        lane, codes = timetable.lane[timetable.connections.row], timetable.network.operators.code_of_id
        return [riding(timetable.network, codes[int(o)] if o else None)[lane] for o in self.operators]


def unjudged(timetable: Timetable) -> int:
    """The minute from which on the timetable tells nothing: what is due then, or never, can't be judged."""
    return timetable.days * _DAY_MINUTES


def arrive_by(ends: Ends, timetable: Timetable, end: Ints, due: Ints) -> Ints:
    """Last minutes (n,) of arriving at ends (rows, (n,)) that are delivered by ``due`` (UTC seconds, (n,)); -1 where none is; ``unjudged`` where due is 0 or beyond the timetable."""
    last = unjudged(timetable)
    out = np.full(len(end), last, np.int64)
    minutes = np.arange(last)
    for e in np.unique(end):
        mine = np.flatnonzero((end == e) & (due > 0) & (timetable.minute(due) < last))
        # Never delivered earlier for arriving later: a look-up in an array in order.
        out[mine] = np.searchsorted(ends.delivered(int(e), timetable, timetable.at(minutes)), due[mine], "right") - 1
    return out


def expected(timetable: Timetable, ends: Ends, days: int) -> Underway:
    """What is accepted on the timetable's first ``days`` days by the province's demand, at the hours of its rules, each alike, where it is then: at its first facility, with the couriers' round.

    Items are whole: the sum is kept within one half, shares below one item are gathered over pairs in order.
    """
    network, n = ends.network, len(ends)
    rules = timetable_rules(network.folder)
    hours = tuple(rules["promise"]["hours"])
    a_day = weights(network, ends) * float(rules["items_a_day"])
    i, j = np.nonzero(a_day)
    if not len(i):
        raise InputError("demand", "a province with demand", next_step="write figures.csv or demand.csv into its folder, or study the facts of a store")  # fmt: skip
    accepted = (timetable.begins + 86_400 * np.arange(days)[:, None] + 3600 * np.asarray(hours, np.int64)).ravel()
    leaves = np.stack([timetable.minute(ends.leaves(k, accepted)) for k in range(n)])
    due = network.promise(accepted[None, :], ends.area[i][:, None], ends.area[j][:, None]).astype(np.int64)
    shape = due.shape
    items = np.diff(np.floor(np.cumsum(np.repeat(a_day[i, j] / len(hours), len(accepted))) + 0.5).astype(np.int64), prepend=0)  # fmt: skip
    end = np.repeat(j, len(accepted))
    by = np.maximum(arrive_by(ends, timetable, end, due.ravel()), 0)
    columns = (np.broadcast_to(i[:, None], shape).ravel(), np.minimum(leaves[i].ravel(), unjudged(timetable)), end, by)
    radix = (n, unjudged(timetable) + 1, n, unjudged(timetable) + 1)
    some = np.flatnonzero(items)
    codes, of = np.unique(np.ravel_multi_index([c[some] for c in columns], radix), return_inverse=True)
    origin, ready, destination, until = np.unravel_index(codes, radix)
    groups = Groups(
        ends.facility[origin].astype(np.int32), ready.astype(np.int32), (timetable.facilities + ends.facility[destination]).astype(np.int32), until.astype(np.int32),
        np.zeros(len(codes), np.int32), np.rint(np.bincount(of, items[some], minlength=len(codes))).astype(np.int64), np.arange(len(codes), dtype=np.int32),
    )  # fmt: skip
    return Underway(groups, np.zeros(1, np.int64), {}, expected=True)


@dataclass(frozen=True)
class Stations:
    """Where things stand in the timetable. ``start`` (F,): facility whose lanes take what is at a facility, -1 none; ``end`` (A,): end (row) of an area, -1 none."""

    start: Ints
    end: Ints


def stations(timetable: Timetable, ends: Ends) -> Stations:
    """A facility's own lanes, or those of a facility of its city that does alike (customs, sorting, collection), or of a sorting one; an area's own end, or that of the area it lies in, or the first of
    those in its city."""
    network, areas = timetable.network, len(timetable.network.area_level)
    end = np.full(areas, -1, np.int64)
    end[ends.area] = np.arange(len(ends))
    parent, city = network.area_parent.astype(np.int64), network.area_city.astype(np.int64)
    for _ in range(_MOST_LEVELS):
        end = np.where((end < 0) & (parent > 0), end[parent], end)
    of_city = np.full(areas, -1, np.int64)
    of_city[city[ends.area][::-1]] = np.arange(len(ends))[::-1]
    end = np.where(end < 0, of_city[city], end)
    end[0] = -1
    leaving = np.zeros(timetable.facilities, np.bool_)
    leaving[timetable.connections.source % timetable.facilities] = True
    customs = np.isin(network.facility_kind, [FACILITY_KINDS[kind].id for kind in _CUSTOMS_KINDS])
    alike = np.where(customs, 2, np.where(network.facility_processing, 1, 0))
    place, some = city[network.facility_area], np.flatnonzero(leaving)[::-1]
    first = np.full((areas, 3), -1, np.int64)
    first[place[some], alike[some]] = some
    # A depot without lanes hands over to its own area's end rather than to any depot of the city.
    own_end = np.where(end[network.facility_area] >= 0, ends.facility[end[network.facility_area]], -1)
    own_end = np.where((alike == 0) & (own_end >= 0) & leaving[own_end], own_end, first[place, alike])
    start = np.where(leaving, np.arange(timetable.facilities), np.where(own_end >= 0, own_end, first[place, 1]))
    start[0] = -1
    return Stations(start, end)


@dataclass(frozen=True)
class Open:
    """Open items (n,) as a commit tells them: latest scan (kind, place id, UTC seconds), since when at that place (0 not told), origin and destination (area ids), promise (UTC seconds, 0 none), operator id."""

    kind: Ints
    place: Ints
    at: Ints
    since: Ints
    origin: Ints
    destination: Ints
    promise: Ints
    operator: Ints

    def only(self, some: NDArray[np.bool_]) -> Open:
        """Some of the items (n,)."""
        return Open(*(getattr(self, name)[some] for name in Open.__dataclass_fields__))


Chosen = Callable[[Open], Open]
"""Which of a bucket's open items are looked at."""


def everything(of: Open) -> Open:
    """All of them."""
    return of


def of_operator(operator: int) -> Chosen:
    """Those of an operator (id), all of them for 0."""
    return (lambda of: of.only(of.operator == operator)) if operator else everything


def open_items(rows: NDArray[np.void], flat: NDArray[np.uint32]) -> Open:
    """Of the states of a bucket those of items that are on their way: accepted, not ended, counted themselves, no containers. ``flat``: rules, packed."""
    n = len(rows)
    origin, destination = np.empty(n, np.uint16), np.empty(n, np.uint16)
    promise, ended = np.empty(n, np.int64), np.empty(n, np.int64)
    outcome, status = np.empty(n, np.uint8), np.empty((3, n), np.uint8)
    clock.work_out(rows, flat, origin, destination, promise, outcome, ended, status)
    some = (outcome == clock.OPEN) & (rows["last"] != 0) & ((rows["flags"] & _NOT_COUNTED) == 0)
    some &= (rows["classes"] & np.uint8(15)) < ITEM_CLASSES["container"]
    last = rows["last"][some]
    return Open(
        kind=((last >> np.uint64(24)) & np.uint64(0xFF)).astype(np.int64), place=(last & np.uint64(0xFFFFFF)).astype(np.int64), at=(last >> np.uint64(32)).astype(np.int64),
        since=rows["arrived"][some].astype(np.int64), origin=origin[some].astype(np.int64), destination=destination[some].astype(np.int64), promise=promise[some], operator=rows["operator"][some].astype(np.int64),
    )  # fmt: skip


def of_facts(
    snapshot: Snapshot, timetable: Timetable, ends: Ends, chosen: Chosen = everything, progress: Callable[[int, int], None] = lambda done, of: None,
) -> Underway:  # fmt: skip
    """All items on their way of a commit, where they are or where their leg ends, bucket by bucket, as far as they are ``chosen``.

    Raises InputError where more operators have items on their way than can be told apart.
    """
    flat, at = packed(snapshot.rules), stations(timetable, ends)
    parts, unplaced, n = list[InFlight](), dict.fromkeys(UNPLACED, 0), snapshot.at.buckets
    on_lanes = 0
    for bucket in range(n):
        found = chosen(open_items(snapshot.rows(bucket), flat))
        placed, left_out, departed = placed_items(found, timetable, ends, at, snapshot.as_of)
        parts.append(placed)
        unplaced = {why: unplaced[why] + left_out[why] for why in UNPLACED}
        on_lanes += departed
        progress(bucket + 1, n)
    whole = InFlight(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("place", "ready", "destination", "due", "kind")))  # fmt: skip
    operators, kind = np.unique(whole.kind, return_inverse=True)
    if len(operators) > _MOST_OPERATORS:
        raise InputError("--operator", f"{_MOST_OPERATORS} operators at most with items on their way", value=str(len(operators)), next_step="study one operator: --operator CODE")  # fmt: skip
    whole = InFlight(whole.place, whole.ready, whole.destination, whole.due, kind.astype(np.int32))
    return Underway(grouped(whole), operators.astype(np.int64), unplaced, expected=False, on_lanes=on_lanes)


def placed_items(
    of: Open, timetable: Timetable, ends: Ends, at: Stations, as_of: int
) -> tuple[InFlight, dict[str, int], int]:
    """Where items are in the timetable as of ``as_of`` (UTC seconds): (those that can be placed, with their operator as ``kind``; how many can't, by reason; how many were on a lane).

    What waits for the couriers' round is ready with it; what came is ready when it is sorted; what was sorted is ready. Nothing is ready before ``as_of``. What has departed is where its leg ends: the
    facts tell when it left, the timetable to where (the first ride of its earliest way) and how long that takes.
    """
    f, ends_of = timetable.facilities, np.zeros(timetable.facilities, np.bool_)
    ends_of[np.isin(timetable.network.facility_kind, [FACILITY_KINDS[kind].id for kind in END_KINDS])] = True
    known = (of.place > 0) & (of.place < f)
    start = np.where(known, at.start[np.where(known, of.place, 0)], -1)
    end = at.end[of.destination]
    target = ends.facility[np.maximum(end, 0)]
    come = np.isin(of.kind, _COME) & ends_of[np.where(known, of.place, 0)] & (of.place == target) & (end >= 0)
    in_delivery = np.isin(of.kind, _IN_DELIVERY) | come
    why = np.select([in_delivery, ~known, start < 0, end < 0], [0, 1, 2, 3], -1)
    left_out = {name: int((why == k).sum()) for k, name in enumerate(UNPLACED)}
    of, start, end = of.only(why < 0), start[why < 0], end[why < 0]
    now = int(timetable.minute(as_of))
    since = timetable.minute(np.where(of.since > 0, np.minimum(of.since, of.at), of.at))
    ready = timetable.ready(start, np.maximum(since, 0))
    ready = np.where(np.isin(of.kind, _SORTED), timetable.minute(of.at), ready)
    row_of = np.full(f, -1, np.int64)
    row_of[ends.facility] = np.arange(len(ends))
    before = np.isin(of.kind, _BEFORE) & (row_of[start] >= 0)
    for e in np.unique(row_of[start[before]]):
        mine = np.flatnonzero(before & (row_of[start] == e))
        ready[mine] = timetable.minute(ends.leaves(int(e), of.at[mine]))
    ready = np.maximum(ready, now)
    destination = timetable.facilities + ends.facility[end]
    due = np.maximum(arrive_by(ends, timetable, end, of.promise), 0)
    place = start.copy()
    gone = np.flatnonzero(np.isin(of.kind, _GONE))
    if len(gone):
        operators, kind = np.unique(of.operator[gone], return_inverse=True)
        whole = InFlight(*(c.astype(np.int32) for c in (start[gone], ready[gone], destination[gone], due[gone], kind)))
        place[gone], ready[gone] = _leg_ends(whole, timetable, Underway(grouped(whole), operators, {}, False), timetable.minute(of.at[gone]), now)  # fmt: skip
    columns = (place, ready, destination, due, of.operator)
    return InFlight(*(c.astype(np.int32) for c in columns)), left_out, len(gone)


def _leg_ends(of: InFlight, timetable: Timetable, groups: Underway, left: Ints, now: int) -> tuple[Ints, Ints]:
    """(place, minute from which it can leave) of departed items at the end of the leg each is on; where no way leads on, it stays where it was."""
    c = timetable.connections
    ways = reroute(c, groups.groups, np.full(len(c), FULL), groups.ridable(timetable))
    first = np.full(len(groups.groups), -1, np.int64)
    first[ways.group] = ways.rides[:, 0]
    leg = first[groups.groups.group]
    some = np.flatnonzero(leg >= 0)
    place, ready = of.place.astype(np.int64), of.ready.astype(np.int64)
    lane = timetable.lane[c.row[leg[some]]].astype(np.int64)
    arrives = np.maximum(left[some] + riding_minutes(timetable.network, lane, timetable.at(left[some])), now)
    place[some] = c.target[leg[some]]
    done = place[some] == of.destination[some]
    ready[some] = np.where(done, arrives, timetable.ready(place[some], arrives))
    return place, ready
