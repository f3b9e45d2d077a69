"""What stops or slows for a time, a typhoon's hub, an outbreak's area, a closed crossing's lanes, an airport, a mode, and what of a timetable is left."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from yilu.dispatch.timetable import MODES, Timetable
from yilu.errors import InputError

SCOPES: tuple[str, ...] = ("facility", "lane", "area", "mode")
"""What a closure can be of: 设施, 线路, 区域, 运输方式."""


@dataclass(frozen=True)
class Closure:
    """``scope`` of ``SCOPES`` and its code, from ``begins`` until ``ends`` (UTC seconds). It closes, unless it slows: ``slowed`` above 1, rides take that many times as
    long; ``later`` above 0, they arrive that many minutes later."""

    scope: str
    code: str
    begins: int
    ends: int
    slowed: float = 0.0
    later: int = 0

    @property
    def closes(self) -> bool:
        """Whether nothing runs, rather than later."""
        return self.slowed == 0 and self.later == 0


def touched(timetable: Timetable, closure: Closure) -> NDArray[np.bool_]:
    """Connections (C,) that a closure touches: those that depart within it, or arrive within it at a place that it closes. Raises InputError for a code that isn't there."""
    network, c, f = timetable.network, timetable.connections, timetable.facilities
    if closure.scope not in SCOPES or closure.ends <= closure.begins:
        raise InputError("closure", f"one of {', '.join(SCOPES)}, ending after it begins", value=f"{closure.scope} {closure.begins} {closure.ends}", next_step="correct it")  # fmt: skip
    departs, arrives = timetable.at(c.departs), timetable.at(c.arrives)
    leaves = (closure.begins <= departs) & (departs < closure.ends)
    comes = (closure.begins <= arrives) & (arrives < closure.ends)
    if closure.scope in ("lane", "mode"):
        known = network.lanes.code.tolist() if closure.scope == "lane" else list(MODES)
        if closure.code not in known:
            raise InputError(
                closure.scope,
                f"a {closure.scope} of the timetable",
                value=closure.code,
                next_step="`yilu network show lanes` lists them",
            )
        of = (
            network.lanes.code == closure.code
            if closure.scope == "lane"
            else timetable.lane_mode == MODES.index(closure.code)
        )
        return np.asarray(leaves & of[timetable.lane[c.row]])
    places = _places(timetable, closure)
    return np.asarray((places[c.source % f] & leaves) | (places[c.target % f] & comes))


def _places(timetable: Timetable, closure: Closure) -> NDArray[np.bool_]:
    """Facilities (F,) that a closure of a facility or of an area is of."""
    network = timetable.network
    codes = network.facilities.index_of_code if closure.scope == "facility" else network.areas.index_of_code
    if closure.code not in codes:
        raise InputError(closure.scope, f"a code of {'facilities' if closure.scope == 'facility' else 'areas'}", value=closure.code, next_step=f"`yilu network show {'facilities' if closure.scope == 'facility' else 'areas'}` lists them")  # fmt: skip
    if closure.scope == "area":
        return network.under(closure.code)[network.facility_area]
    chosen = np.zeros(timetable.facilities, np.bool_)
    chosen[codes[closure.code]] = True
    return chosen


def closed_places(timetable: Timetable, closures: tuple[Closure, ...]) -> NDArray[np.bool_]:
    """Facilities (F,) that some closure closes for a time."""
    shut = np.zeros(timetable.facilities, np.bool_)
    for places, _, _ in _of_places(timetable, closures):
        shut |= places
    return shut


def closed(timetable: Timetable, closures: tuple[Closure, ...]) -> NDArray[np.bool_]:
    """Connections (C,) that don't run."""
    shut = np.zeros(len(timetable.connections), np.bool_)
    for closure in closures:
        if closure.closes:
            shut |= touched(timetable, closure)
    return shut


def _of_places(timetable: Timetable, closures: tuple[Closure, ...]) -> list[tuple[NDArray[np.bool_], int, int]]:
    """Closed facilities (F,), first minute, minute after the last, of each closure that closes places, in the order of their beginnings."""
    some = sorted((c for c in closures if c.closes and c.scope in ("facility", "area")), key=lambda c: c.begins)
    return [(_places(timetable, c), int(timetable.minute(c.begins)), int(timetable.minute(c.ends))) for c in some]


def opened(timetable: Timetable, closures: tuple[Closure, ...], places: NDArray[np.integer], arrives: NDArray[np.integer]) -> NDArray[np.int64]:  # fmt: skip
    """Minutes (n,) at which what comes (minutes, (n,)) to places (n,) gets in: when they open, where they are closed then."""
    out = arrives.astype(np.int64)
    for shut, begins, ends in _of_places(timetable, closures):
        out[shut[places % timetable.facilities] & (begins <= out) & (out < ends)] = ends
    return out


def held(timetable: Timetable, closures: tuple[Closure, ...], places: NDArray[np.integer], arrives: NDArray[np.integer], ready: NDArray[np.integer]) -> NDArray[np.int64]:  # fmt: skip
    """Minutes (n,) from which what arrived (minutes, (n,)) at places (n,) and was to be ready then can leave, where those places close: what isn't done when a place closes is begun again when it
    opens."""
    out = ready.astype(np.int64)
    for shut, begins, ends in _of_places(timetable, closures):
        late = np.flatnonzero(shut[places % timetable.facilities] & (arrives < ends) & (out > begins))
        out[late] = np.maximum(
            out[late], timetable.ready(places[late], np.maximum(arrives[late].astype(np.int64), ends))
        )
    return out


def slowed(timetable: Timetable, closures: tuple[Closure, ...]) -> Timetable:
    """The timetable with all its connections, those that are slowed arriving later and handled then, and what a closing place hasn't done handled when it opens."""
    c = timetable.connections
    extra = np.zeros(len(c), np.int64)
    for closure in closures:
        if not closure.closes:
            longer = np.ceil((c.arrives - c.departs) * max(closure.slowed - 1, 0)).astype(np.int64) + closure.later
            extra = np.maximum(extra, np.where(touched(timetable, closure), longer, 0))
    late = np.flatnonzero(extra)
    arrives, ready = c.arrives + extra, c.ready.astype(np.int64)
    ready[late] = timetable.ready(c.target[late], arrives[late])
    ready = held(timetable, closures, c.target, arrives, ready)
    return replace(timetable, connections=replace(c, arrives=arrives.astype(np.int32), ready=ready.astype(np.int32)))


def disturbed(timetable: Timetable, closures: tuple[Closure, ...]) -> Timetable:
    """The timetable with what is left under ``closures``: what is closed doesn't run, what is slowed arrives later and is handled then."""
    left = slowed(timetable, closures)
    return replace(left, connections=left.connections.only(~closed(left, closures)))
