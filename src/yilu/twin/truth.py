"""What a scenario's faults make true, item by item and rule by rule, told from the lives as they were made.

The twin knows each planted life whole: no disorder, no repeat, no number to be linked, and which scans of its bag belong to it. What every rule must
say of it, knock-on effects included, is written here a second time from docs/explain/alerts.md, apart from the rules themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from yilu.items.kinds import KINDS
from yilu.network import Network
from yilu.network.distance import great_circle_km
from yilu.twin.feed_truth import Counts
from yilu.twin.life import stated
from yilu.twin.owed import IDENTIFY, INSPECT, SCREEN, SCREEN_EARLY
from yilu.twin.scans import MARK_UNKNOWN_PLACE, MARK_WRONG
from yilu.twin.truth_of_counts import Accepted

_K = {kind.code: kind.id for kind in KINDS}
_CHECKS = (
    ("inspection_missing", _K["inspect"], INSPECT, 0),
    ("identification_missing", _K["identify"], IDENTIFY, 0),
    ("screening_missing", _K["screen"], SCREEN, SCREEN_EARLY),
)
_CHECK_KINDS = {_K[c] for c in ("inspect", "identify", "screen")}
_WAITING = {_K[c] for c in ("locker", "station", "customs_hold", "export_customs", "import_customs")}
_LEAVING = {_K[c] for c in ("depart", "out_for_delivery", "locker", "station", "deliver", "return")}
_CUSTOMS = {_K[c] for c in ("export_customs", "export_release", "import_customs", "customs_hold", "import_release")}
_BROUGHT = {_K[c] for c in ("out_for_delivery", "attempt", "locker", "station", "deliver")}
_MOVED = {_K[c] for c in ("arrive", "depart", "sort", "bag", "unbag", "load", "unload", "hold")}
_ENDS = {_K[c] for c in ("lost", "destroy", "cancel")}
_NEVER = 1 << 62
_HOUR = 3600

SCHEMA: pa.Schema = pa.schema([
    ("rule", pa.string()), ("operator", pa.string()), ("waybill", pa.string()), ("facility", pa.string()),
    ("at", pa.timestamp("s", "UTC")), ("until", pa.timestamp("s", "UTC")), ("faults", pa.list_(pa.int32())),
])  # fmt: skip
"""A truth file: what a rule must say of an item, where, from when and until when, and which faults of the scenario (from 1) were planted in it.
A row of a rule over counts has no number, and a facility only where the rule speaks of one."""
COUNTS_UNTIL, COUNTS_OF = "yilu.counts_until", "yilu.counts_of"
"""Metadata of a truth file: up to when (UTC seconds) it tells all that rules over counts must say, and which rules (names with commas between)."""


@dataclass
class Witness:
    """Sees lives as they are made: keeps the scans of those with planted faults and of their bags, and where anything was screened in which hour.

    ``watched``: facilities of which screening is noted; ``counts``: of all scans, None where nothing is planted; ``fading``: facilities of which
    acceptances are noted.
    """

    watched: NDArray[np.int64]
    counts: Counts | None = None
    fading: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    lives: list[tuple[int, int, NDArray[np.uint32]]] = field(default_factory=list)
    bags: dict[int, list[NDArray[np.uint32]]] = field(default_factory=dict)
    screened: set[tuple[int, int, int]] = field(default_factory=set)
    accepted: Accepted = field(default_factory=Counter)

    def saw(self, rows: NDArray[np.uint32], marked: NDArray[np.int64]) -> None:
        """Scans of lives (n, WORDS), and of those with faults (m, 4): item, bits of its faults, first row and end."""
        if self.counts:
            self.counts.saw(rows)
        for item, bits, first, end in marked.tolist():
            scans = rows[first:end].copy()
            self.lives.append((item, bits, scans))
            for bag in scans[(scans[:, 4] & 255) == _K["bag"], 5].tolist():
                self.bags.setdefault(bag, [])
        place = rows[:, 3] & np.uint32(0xFFFFF)
        chosen = rows[((rows[:, 4] & 255) == _K["screen"]) & np.isin(place, self.watched)]
        chosen = chosen[~_ahead(chosen, self.ahead_s)]
        if len(chosen):
            told = np.unique(
                np.stack([chosen[:, 3] >> 20, chosen[:, 3] & 0xFFFFF, chosen[:, 1] // _HOUR], axis=1), axis=0
            )
            self.screened.update((int(o), int(p), int(h)) for o, p, h in told)
        taken = rows[((rows[:, 4] & 255) == _K["accept"]) & np.isin(place, self.fading)]
        if len(taken):
            _, once = np.unique(taken[:, 0], return_index=True)  # an acceptance may be sent twice
            operator, where, hour = taken[once, 3] >> 20, taken[once, 3] & 0xFFFFF, taken[once, 1] // _HOUR
            self.accepted.update(zip(operator.tolist(), where.tolist(), hour.tolist(), strict=True))

    def saw_bags(self, rows: NDArray[np.uint32]) -> None:
        """Scans of bags (n, WORDS), after those of all items that travel in them."""
        if self.counts:
            self.counts.saw(rows)
        if self.bags:
            for row in rows[np.isin(rows[:, 0], np.fromiter(self.bags, np.uint32))]:
                self.bags[int(row[0])].append(row)

    @property
    def ahead_s(self) -> int:
        """How far an event may lie ahead of its recording before it is quarantined, seconds."""
        return self.counts.ahead_s if self.counts else _NEVER


def _ahead(rows: NDArray[np.uint32], seconds: int) -> NDArray[np.bool_]:
    return rows[:, 1].astype(np.int64) - rows[:, 2].astype(np.int64) > seconds


class Scan(NamedTuple):
    """One scan of a life; ``own``: not its bag's."""

    at: int
    kind: int
    place: int
    recorded: int
    own: bool


class Said(NamedTuple):
    """What a rule must say: rule, operator id, facility id, from and until when (0: not yet)."""

    rule: str
    operator: int
    place: int
    at: int
    until: int = 0


@dataclass(frozen=True)
class Life:
    """A planted life: its item and faults, its scans in order, the row that has its number at the end, when each further piece was delivered
    (never: ``_NEVER``), and the number of the token that a fault gave its acceptance (0: none)."""

    item: int
    bits: int
    scans: list[Scan]
    last: NDArray[np.uint32]
    pieces: tuple[int, ...] = ()
    token: int = 0

    @property
    def delivered(self) -> int:
        """When it was delivered to its addressee, the last of its pieces too, or ``_NEVER``."""
        delivered, returned = self.first(_K["deliver"]), self.first(_K["return"])
        if delivered is None or (returned is not None and returned.at < delivered.at):
            return _NEVER
        return max(delivered.at, *self.pieces) if self.pieces else delivered.at

    @property
    def operator(self) -> int:
        """Who took it in."""
        return int(self.last[3] >> 20)

    def first(self, *kinds: int, after: int = -1) -> Scan | None:
        """The first scan of these kinds later than ``after``."""
        return next((s for s in self.scans if s.kind in kinds and s.at > after), None)


def life_of(
    item: int, bits: int, rows: NDArray[np.uint32], bags: Mapping[int, list[NDArray[np.uint32]]], ahead_s: int
) -> Life:
    """A life from its rows: repeats, what was taken back and what was quarantined left out, the scans of its bags put in."""
    rows = rows[~_ahead(rows, ahead_s)]
    piece = rows[:, 4] >> 16 & 255
    own, others = rows[piece == 0], rows[piece > 0]
    own = own[np.lexsort([own[:, 2], own[:, 1]])]
    marks, kind = own[:, 4] >> 24, own[:, 4] & 255
    voided = {int(r[1]) - 300 for r in own[kind == _K["void_depart"]]}
    gone = (
        (marks & MARK_WRONG > 0)
        | ((kind >= 200) & (kind != _K["other"]))
        | ((kind == _K["depart"]) & np.isin(own[:, 1], list(voided)))
    )
    own = own[~gone]
    scans: dict[tuple[int, int, int], Scan] = {}
    inside: list[tuple[int, int]] = []
    for r in own.tolist():
        place = 0 if r[4] >> 24 & MARK_UNKNOWN_PLACE else r[3] & 0xFFFFF
        scan = Scan(r[1], r[4] & 255, place, r[2], True)
        scans.setdefault(scan[:3], scan)
        if scan.kind == _K["bag"]:
            inside.append((r[5], scan.at))
    for bag, since in inside:
        until = min((s.at for s in scans.values() if s.kind == _K["unbag"] and s.at > since), default=_NEVER)
        for r in bags.get(bag, []):
            if since <= int(r[1]) <= until:
                scan = Scan(int(r[1]), int(r[4]) & 255, int(r[3]) & 0xFFFFF, int(r[2]), False)
                scans.setdefault(scan[:3], scan)
    signed = others[((others[:, 4] & 255) == _K["deliver"]) & (others[:, 4] >> 24 & MARK_WRONG == 0)]
    pieces = tuple(
        int(signed[signed[:, 4] >> 16 & 255 == p, 1].astype(np.int64).min(initial=_NEVER))
        for p in np.unique(piece[piece > 0])
    )
    token = max((int(r[5]) for r in own if int(r[4]) & 255 == _K["accept"]), default=0)
    return Life(item, bits, sorted(scans.values()), own[-1], pieces, token)


@dataclass(frozen=True)
class Oracle:
    """What is needed to say what is true: the province and its ground (packed), the rates, what the rules' thresholds are, travel that nothing makes, outlets left unfiled,
    closures of crossings: (pairs of facilities that they part, from, until), and up to when the feed is complete (``watermark``, UTC seconds).
    """

    network: Network
    packed: NDArray[np.int64]
    rates: np.void
    thresholds: Mapping[str, int]
    impossible_km: float
    impossible_m_s: float
    unfiled: frozenset[int]
    closures: tuple[tuple[NDArray[np.bool_], int, int], ...]
    watermark: int

    def processing(self, place: int) -> bool:
        """Whether a facility is a processing site."""
        return bool(self.network.facility_processing[place])

    def said(self, life: Life) -> Iterator[Said]:
        """What must be said of one life by itself."""
        owed, origin, destination, level = stated(life.item, self.packed, self.rates)
        yield from self._checks(life, owed)
        yield from self._pairs(life)
        yield from self._after(life)
        yield from self._waits(life, origin, destination, level)
        yield from self._closed(life, destination)
        seen: set[int] = set()
        for s in life.scans:
            if s.own and s.place in self.unfiled and s.place not in seen:
                seen.add(s.place)
                yield Said("unfiled_outlet", life.operator, s.place, s.at)

    def _checks(self, life: Life, owed: int) -> Iterator[Said]:
        delivered = life.first(_K["deliver"])
        departs = [s for s in life.scans if s.kind == _K["depart"]]
        for rule, kind, bit, early in _CHECKS:
            if not owed & (bit | early):
                continue
            at_site = rule == "screening_missing" and not owed & early
            left = next((s for s in departs if not at_site or self.processing(s.place)), delivered)
            if delivered is not None and left is not None and delivered.at < left.at:
                left = delivered
            made = life.first(kind)
            if left is not None and made is None:
                yield Said(rule, life.operator, left.place if at_site else life.scans[0].place, left.at)
            elif left is not None and made is not None and made.at > left.at:
                yield Said("check_after", life.operator, made.place, made.at)
        for s in life.scans:
            late = s.recorded - s.at > _HOUR * self.thresholds["backfill_hours"]
            if s.own and s.kind in _CHECK_KINDS and late:
                yield Said("check_backfilled", life.operator, s.place, s.at)

    def _pairs(self, life: Life) -> Iterator[Said]:
        lon, lat = self.network.facility_lon, self.network.facility_lat
        for a, b in pairwise(life.scans):
            if a.place and b.place and a.place != b.place:
                km = float(great_circle_km(lon[a.place], lat[a.place], lon[b.place], lat[b.place]))
                if km > self.impossible_km and 1000 * km > self.impossible_m_s * (b.at - a.at):
                    yield Said("impossible_travel", life.operator, b.place, b.at)

    def _after(self, life: Life) -> Iterator[Said]:
        delivered, returned = life.first(_K["deliver"]), life.first(_K["return"])
        if delivered is None or (returned is not None and returned.at < delivered.at):
            return
        since = delivered.at + 60 * self.thresholds["after_minutes"]
        if any(s.own and s.kind in _BROUGHT and s.at > since for s in life.scans):
            yield Said("false_signing", life.operator, delivered.place, delivered.at)
        for s in [s for s in life.scans if s.own and s.kind in _MOVED and s.at > since][:1]:
            yield Said("scan_after_delivery", life.operator, s.place, s.at)

    def _waits(self, life: Life, origin: int, destination: int, level: int) -> Iterator[Said]:
        beyond = self.network.area_beyond_customs
        wait = (
            _HOUR
            * self.thresholds["stalled_abroad_hours" if beyond[origin] or beyond[destination] else "stalled_hours"]
        )
        end = _end(life)
        for a, b in pairwise(life.scans):
            if a.at < end and a.kind not in _WAITING and b.at - a.at > wait:
                yield Said("stalled", life.operator, a.place, a.at + wait, b.at)
        last = life.scans[-1]
        if end == _NEVER and last.kind not in _WAITING and self.watermark - last.at > wait:
            yield Said("stalled", life.operator, last.place, last.at + wait)
        promise = int(np.asarray(self.network.promise([life.scans[0].at], [origin], [destination], [level]))[0])
        limit = promise + _HOUR * self.thresholds["late_hours"]
        if promise and _NEVER > life.delivered > limit and life.first(_K["return"]) is None:
            place = [s.place for s in life.scans if s.at <= limit][-1]
            yield Said("late", life.operator, place, limit, life.delivered)
        elif promise and end == _NEVER and self.watermark > limit and life.first(_K["return"]) is None:
            yield Said("late", life.operator, [s.place for s in life.scans if s.at <= limit][-1], limit)

    def _closed(self, life: Life, destination: int) -> Iterator[Said]:
        """Waits before a closed crossing: where the place is parted from that of delivery (or of return), or, once returned, from that of acceptance."""
        end, returned = _end(life), life.first(_K["return"])
        brought = returned or life.first(
            _K["deliver"]
        )  # where it was brought first: a returned item is delivered to its sender
        there = brought.place if brought else int(np.flatnonzero(self.network.facility_area == destination)[0])
        for cut, since, until in self.closures:
            for a, b in zip(life.scans, [*life.scans[1:], None], strict=True):
                goal = life.scans[0].place if returned is not None and a.at >= returned.at else there
                at = max(a.at, since) + _HOUR * self.thresholds["closure_hours"]
                if a.place and a.at < end and cut[a.place, goal] and at <= min(b.at if b else self.watermark, until):
                    yield Said("crossing_closed", life.operator, a.place, at, b.at if b else 0)

    def stays(self, life: Life) -> Iterator[tuple[int, int, int]]:
        """(facility, begin, end) of stays at processing sites that are long enough for a backlog."""
        known = [s for s in life.scans if s.place]
        runs = [list(g) for _, g in groupby(known, key=lambda s: s.place)]
        for run, after in zip(runs, [*runs[1:], []], strict=True):
            ends = [s.at for s in run if s.kind in _LEAVING][:1] + [_end(life)] + ([after[0].at] if after else [])
            customs = any(s.kind in _CUSTOMS for s in run)
            inside = self.network.area_inside[self.network.facility_area[run[0].place]]
            over = min(ends) < _NEVER
            long = (min(ends) if over else self.watermark) > run[0].at + _HOUR * self.thresholds["backlog_hours"]
            if self.processing(run[0].place) and inside and not customs and long:
                yield run[0].place, run[0].at, min(ends) if over else 0


def _end(life: Life) -> int:
    """When a life is no longer open."""
    ends = [s.at for s in life.scans if s.kind in _ENDS]
    signed = [s.at for s in life.scans if s.kind == _K["deliver"]]
    returned = min((s.at for s in life.scans if s.kind == _K["return"]), default=_NEVER)
    if life.delivered < _NEVER:
        ends.append(life.delivered)
    elif signed and signed[-1] >= returned:
        ends.append(signed[-1])
    return min(ends, default=_NEVER)


def truth(witness: Witness, oracle: Oracle) -> list[tuple[Life, Said]]:
    """What every rule must say of the planted lives; what takes many lives (backlog, machines that are off) from all of them together."""
    found: list[tuple[Life, Said]] = []
    stays: list[tuple[Life, int, int, int]] = []
    senders: list[tuple[Life, Scan]] = []
    for item, bits, rows in witness.lives:
        life = life_of(item, bits, rows, witness.bags, witness.ahead_s)
        found += [(life, said) for said in oracle.said(life)]
        stays += [(life, *stay) for stay in oracle.stays(life)]
        senders += [(life, s) for s in life.scans[:1] if life.token and s.kind == _K["accept"]]
    days = oracle.network.local_day(np.array([begin for _, _, begin, _ in stays], np.int64)).tolist()
    crowd = Counter((life.operator, place, day) for (life, place, _, _), day in zip(stays, days, strict=True))
    wait = _HOUR * oracle.thresholds["backlog_hours"]
    found += [
        (life, Said("backlog", life.operator, place, begin + wait, end))
        for (life, place, begin, end), day in zip(stays, days, strict=True)
        if crowd[life.operator, place, day] >= oracle.thresholds["backlog_least"]
    ]
    whose = [
        (life.operator, s.place, day, life.token)
        for (life, s), day in zip(
            senders, oracle.network.local_day(np.array([s.at for _, s in senders], np.int64)).tolist(), strict=True
        )
    ]
    often = Counter(whose)
    found += [
        (life, Said("sender_token", life.operator, s.place, s.at))
        for (life, s), of in zip(senders, whose, strict=True)
        if often[of] > oracle.thresholds["token_most"]
    ]
    unscreened = [(life, s) for life, s in found if s.rule == "screening_missing" and oracle.processing(s.place)]
    hours = Counter((s.operator, s.place, s.at // _HOUR) for _, s in unscreened)
    found += [
        (life, s._replace(rule="screening_off"))
        for life, s in unscreened
        if hours[of := (s.operator, s.place, s.at // _HOUR)] >= oracle.thresholds["off_least"]
        and of not in witness.screened
    ]
    return found
