"""The rules of a province compiled to arrays: service level of each pair of areas, promises, obligations of the three checks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yilu.network.local_time import DAY_S, LAST, LocalTime
from yilu.network.tables import Obligations, Promises, ServiceLevels

CHECKS: tuple[str, ...] = ("inspect", "identify", "screen")
"""Checks by number: 收寄验视, 实名收寄, 过机安检."""
FOR_GOOD = LAST + 1
"""End of a period that has none."""
SCOPES: tuple[str, ...] = ("same_city", "cluster", "province", "key_cities", "country", "abroad")
"""Scopes of service levels; the first that holds a pair gives its level."""


@dataclass(frozen=True)
class AreaArrays:
    """What rules need of areas, dense by id (A,), row 0 unknown: level (0 unknown), parent, city-level member, flags, cluster name."""

    level: NDArray[np.uint8]
    parent: NDArray[np.uint16]
    city: NDArray[np.uint16]
    inside: NDArray[np.bool_]
    beyond_customs: NDArray[np.bool_]
    key_city: NDArray[np.bool_]
    cluster: NDArray[np.str_]


@dataclass(frozen=True)
class PromiseRules:
    """Rules of the derived promise, sorted by level and then by the day from which they hold; arrays (n,).

    ``level`` id; ``valid_from`` UTC seconds; ``calendar`` (else elapsed); ``amount`` days or hours; ``due_minute``, ``cut_off_minute`` of the
    local day. Elapsed: due ``amount`` hours after acceptance, or after the next local midnight when accepted at or after the cut-off.
    Calendar: due at ``due_minute`` of the ``amount``-th local day after acceptance, one day later when accepted at or after the cut-off.
    """

    level: NDArray[np.int64]
    valid_from: NDArray[np.int64]
    calendar: NDArray[np.bool_]
    amount: NDArray[np.int64]
    due_minute: NDArray[np.int64]
    cut_off_minute: NDArray[np.int64]


@dataclass(frozen=True)
class ObligationRules:
    """Which check is owed; of the rules that fit an item, the last decides. Arrays (n,), areas (n, A).

    ``check`` as in ``CHECKS``; ``since`` and ``until`` (exclusive) UTC seconds of acceptance; ``item_class`` and ``sender_kind`` as text (empty:
    any); ``origin``, ``destination``: areas by id that the rule covers; ``processing``: the latest place is the processing site, else the
    place of acceptance.
    """

    check: NDArray[np.int64]
    since: NDArray[np.int64]
    until: NDArray[np.int64]
    item_class: NDArray[np.str_]
    sender_kind: NDArray[np.str_]
    origin: NDArray[np.bool_]
    destination: NDArray[np.bool_]
    owed: NDArray[np.bool_]
    processing: NDArray[np.bool_]


def under(area: int, parent: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Areas (A,) that are ``area`` or lie in it; ``parent`` by id, 0 none."""
    at = np.arange(len(parent))
    found = at == area
    while at.any():
        at = parent[at].astype(np.int64)
        found |= at == area
    return np.asarray(found)


def _both(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(flags[:, None] & flags[None, :])


def _scope(name: str, a: AreaArrays) -> NDArray[np.bool_]:
    """Pairs of areas (A, A) that a scope holds. An area below a city counts as its city."""
    known = a.level > 0
    city = a.city
    if name == "same_city":
        held = (city[:, None] == city[None, :]) & _both(a.inside & (a.level[city] >= 4))
    elif name == "cluster":
        cluster = a.cluster[city]
        held = (cluster[:, None] == cluster[None, :]) & _both(cluster != "")
    elif name == "province":
        held = _both(a.inside)
    elif name == "key_cities":
        held = _both(a.key_city[city])
    elif name == "country":
        held = _both(known & ~a.beyond_customs)
    else:
        held = _both(known) & (a.beyond_customs[:, None] != a.beyond_customs[None, :])
    return np.asarray(held)


def level_of_pair(levels: ServiceLevels, areas: AreaArrays) -> NDArray[np.uint8]:
    """The default service level of each pair of areas (A, A), 0 where there is none: that of the narrowest scope that holds the pair."""
    of_scope = {
        s: int(i) for i, scopes in zip(levels.id, levels.scopes, strict=True) for s in str(scopes).split(";") if s
    }
    out = np.zeros((len(areas.level), len(areas.level)), np.uint8)
    for scope in reversed(SCOPES):
        if scope in of_scope:
            out[_scope(scope, areas)] = of_scope[scope]
    return out


def promise_rules(given: Promises, levels: ServiceLevels, zone: LocalTime) -> PromiseRules:
    """The promise rules of a folder, compiled."""
    level = np.array([levels.index_of_code[str(c)] for c in given.service_level], np.int64)
    since = np.array([zone.midnight(str(d)) for d in given.valid_from], np.int64)
    order = np.lexsort((since, level))
    calendar = np.asarray(given.clock == "calendar", np.bool_)
    return PromiseRules(
        level[order], since[order], calendar[order], given.amount[order], given.due_time[order], given.cut_off[order]
    )


def promise(
    rules: PromiseRules,
    zone: LocalTime,
    accepted: ArrayLike,
    level: NDArray[np.integer],
) -> NDArray[np.uint32]:
    """The derived promise (n,) in UTC seconds, 0 where there is none: by the rule of the level (n,) in force at acceptance (n,)."""
    at = np.asarray(accepted, np.int64)
    due = np.zeros(at.shape, np.int64)
    local = at + zone.offset(at)
    midnight = local - local % DAY_S
    for i in range(len(rules.level)):
        late = local - midnight >= 60 * rules.cut_off_minute[i]
        if rules.calendar[i]:
            then = zone.utc(midnight + DAY_S * (rules.amount[i] + late) + 60 * rules.due_minute[i])
        else:
            then = np.where(late, zone.utc(midnight + DAY_S), at) + 3600 * rules.amount[i]
        due = np.where((level == rules.level[i]) & (rules.valid_from[i] <= at), then, due)
    return np.clip(due, 0, LAST).astype(np.uint32)


def obligation_rules(given: Obligations, areas: AreaArrays, ids: dict[str, int], zone: LocalTime) -> ObligationRules:
    """The obligations of a folder, compiled; ``ids``: area ids by code."""
    size = len(areas.level)

    def covered(place: str) -> NDArray[np.bool_]:
        if place == "*":
            return np.ones(size, np.bool_)
        if place == "inside":
            return areas.inside
        if place == "outside":
            return ~areas.inside
        return under(ids[place], areas.parent)

    def stack(places: NDArray[np.str_]) -> NDArray[np.bool_]:
        return np.array([covered(str(p)) for p in places], np.bool_).reshape(len(places), size)

    return ObligationRules(
        check=np.array([CHECKS.index(str(c)) for c in given.check], np.int64),
        since=np.array([zone.midnight(str(d)) for d in given.valid_from], np.int64),
        until=np.array([zone.midnight(str(d)) if d else FOR_GOOD for d in given.valid_to], np.int64),
        item_class=np.array(["" if c == "*" else str(c) for c in given.item_class], np.str_),
        sender_kind=np.array(["" if s == "*" else str(s) for s in given.sender_kind], np.str_),
        origin=stack(given.origin),
        destination=stack(given.destination),
        owed=given.owed,
        processing=np.asarray(given.latest_place == "processing", np.bool_),
    )
