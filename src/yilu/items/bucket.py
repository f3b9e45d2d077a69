"""One bucket takes one batch: ``fold`` is the unit of work, on this machine and on any other.

It sees nothing but its table, the batch's rows of the bucket (by key), the logged rows of the items that must be folded whole, and
the rules; it changes its table and returns what else follows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from yilu.items import kinds as k
from yilu.items import order, quality, sealing, walk, whose
from yilu.items.cells import MOST_PAIRS
from yilu.items.cubes import Sums
from yilu.items.fields import FLAGS, ROW
from yilu.items.layout import to_read
from yilu.items.rules import LIMITS
from yilu.items.schema import Events, concat, events
from yilu.items.table import Table, blank, enter, find, reserve

_WHOLE_KINDS = np.zeros(256, np.bool_)
_WHOLE_KINDS[[k.VOID, k.VOID_DEPART, k.RELABEL, k.PIECE]] = True
_REOPENED = np.uint16(FLAGS["reopened"][0])
_PAIRS = 1 << 15
_AT_ONCE = 1 << 15
ALL = 1 << 62
"""For ``fold``: events of all items wait that would have to be folded whole."""

Gather = Callable[[NDArray[np.uint64]], Events]
"""Logged events of the given sorted keys."""


@dataclass(frozen=True)
class Packed:
    """What the walk reads of events (n,): attributes in one word (see ``pack``)."""

    key: NDArray[np.uint64]
    word: NDArray[np.uint64]
    attr: NDArray[np.uint64]
    promise: NDArray[np.uint32]
    container: NDArray[np.uint64]
    via: NDArray[np.uint64]


def pack(batch: Events, word: NDArray[np.uint64]) -> Packed:
    """Attributes as piece 12 | outcome 8 | sender 4 | class 4 | level 4 | destination 10 | origin 10 | operator 12."""
    attr = np.zeros(len(batch), np.uint64)
    for name, shift, bits in (
        ("operator", 0, 12), ("origin", 12, 10), ("destination", 22, 10), ("service_level", 32, 4),
        ("item_class", 36, 4), ("sender_kind", 40, 4), ("outcome", 44, 8), ("piece", 52, 12),
    ):  # fmt: skip
        column = getattr(batch, name)
        if len(column) == 0 or (column.strides == (0,) and not column[0]):
            continue
        attr |= (column.astype(np.uint64) & np.uint64((1 << bits) - 1)) << np.uint64(shift)
    if not (len(batch) and batch.via.strides == (0,) and not batch.via[0]):
        # of a container's scan its items take the operator only, for the counts of scans
        attr[(batch.via != 0) & (batch.via == batch.container)] &= np.uint64(0xFFF)
    return Packed(
        np.ascontiguousarray(batch.key), word, to_read(attr), to_read(batch.promise), to_read(batch.container), to_read(batch.via),
    )  # fmt: skip


@dataclass(frozen=True)
class Folded:
    """What follows from a batch besides the table.

    ``drop`` (n,): rows that the log needs not: known already, or conflicting and not the least. ``behind`` (n,): rows that were not
    folded. ``closed``: rows of earlier journeys; ``gone``: keys whose closed rows of earlier commits no longer hold if begun after ``since`` (0: all).
    ``refused``: own events of sealed journeys (``sealing``).
    """

    bucket: int
    drop: NDArray[np.bool_]
    behind: NDArray[np.bool_]
    repeated: int
    conflicting: int
    closed: NDArray[np.void]
    gone: NDArray[np.uint64]
    since: NDArray[np.int64]
    refused: Events


def fold(
    number: int,
    table: Table,
    batch: Events,
    word: NDArray[np.uint64],
    gather: Gather,
    is_closed: Callable[[NDArray[np.uint64]], NDArray[np.bool_]],
    rules: NDArray[np.uint32],
    sums: Sums | None,
    sealed: Callable[[], sealing.Sealed] | None = None,
    waiting: int = 0,
) -> Folded:
    """Fold ``batch`` (by key and word, each identity once) into the table of bucket ``number``; cube changes go to ``sums``, if given.

    ``waiting``: of items in the first ``waiting - 1`` rows and of closed ones, events that would have to be folded whole with logged ones are left
    ``behind`` (0: of none, ``ALL``: of all): ``gather`` would take too long to find these.
    """
    p = pack(batch, word)
    n = len(batch)
    forced = (p.via != 0) & (p.via != p.container)
    groups, at_row, whole = np.empty(n + 1, np.int64), np.empty(n, np.int64), np.empty(n, np.bool_)
    items = walk.triage(
        table.rows, table.index, table.shift, p.key, p.word, p.attr, _WHOLE_KINDS, forced, groups, at_row, whole,
        int(rules[rules[LIMITS]]),
    )  # fmt: skip
    keys = p.key[groups[:items]]
    fresh = at_row[:items] < 0
    shut = np.zeros(items, np.bool_)
    if fresh.any():
        shut[fresh] = is_closed(keys[fresh])
        whole[:items] |= shut
    sizes, known = np.diff(groups[: items + 1]), ~fresh | shut
    waits = whole[:items] & known & (shut | (at_row[:items] < waiting - 1)) if waiting else np.zeros(items, np.bool_)
    behind = np.repeat(waits, sizes)
    wait(table, at_row[:items][waits & ~fresh])
    reserve(table, int(np.count_nonzero(fresh)))
    most = int(sizes.max(initial=0))
    codes = np.empty(max(_PAIRS, 2 * most + MOST_PAIRS), np.uint64)
    deltas = np.empty(len(codes), np.int64)
    spare = np.empty(1, ROW)
    done = 0
    while done < items:
        table.count, used, done = walk.append(
            table.rows, _grid(table.rows), table.index, table.count, table.shift, blank(), spare, _grid(spare), p.key, p.word, p.attr,
            p.promise, p.container, p.via, groups, at_row, done, items, whole, rules, codes, deltas,
        )  # fmt: skip
        if sums is not None:
            sums.add(codes[:used], deltas[:used])
    table.changed = True
    if sums is not None:
        quality.tell(batch, rules, +1, sums, np.repeat(whole[:items], sizes))
    now = whole[:items] & ~waits
    drop, nothing = np.zeros(n, np.bool_), np.empty(0, ROW)
    if not now.any():
        return Folded(number, drop, behind, 0, 0, nothing, nothing["key"], np.empty(0, np.int64), events(0))
    rows = np.flatnonzero(np.repeat(now, sizes))
    logged = keys[now & known]
    old = order.arrange(gather(logged)).events if len(logged) else events(0)
    refused = events(0)
    until = sealing.Sealed(nothing["key"], np.empty(0, np.int64)) if sealed is None else sealed()
    if len(until.key):
        both = concat([old, batch.take(rows)])
        taken = sealing.taken(both, until.of(both.key))
        old, late, rows = old.take(taken[: len(old)]), rows[~taken[len(old) :]], rows[taken[len(old) :]]
        drop[late] = True
        refused = batch.take(late[batch.via[late] == 0])
    verdict = against(old, batch.take(rows))
    if sums is not None:
        quality.refused(refused, rules, sums, let_in=True)
        quality.tell(verdict.kept, rules, +1, sums)
        quality.tell(old, rules, -1, sums)
    drop[rows] = verdict.drop
    # items that got nothing new stay where they are: in the table or closed
    again = np.unique(batch.key[rows[~verdict.drop]])
    refolded = whole_items(verdict.kept.take(np.isin(verdict.kept.key, again)), rules, +1, sums)
    old = old.take(np.isin(old.key, again))
    if len(old):
        whole_items(old, rules, -1, sums)
    closed = put(table, refolded, keys[shut])
    gone = np.union1d(again[is_closed(again)], closed["key"])
    return Folded(number, drop, behind, verdict.repeated, verdict.conflicting, closed, gone, until.of(gone), refused)


def wait(table: Table, rows: NDArray[np.int64]) -> None:
    """Let the items in these rows take nothing more until they are folded whole: events of theirs wait, and what comes must not pass them."""
    table.rows["flags"][rows] |= np.uint16(FLAGS["whole"][0])


def put(table: Table, rows: NDArray[np.void], reopened: NDArray[np.uint64]) -> NDArray[np.void]:
    """Set the states of refolded items, ``rows`` by key and journey: the last journey stays open, earlier ones are returned."""
    last = np.ones(len(rows), np.bool_)
    last[:-1] = rows["key"][1:] != rows["key"][:-1]
    now = rows[last]
    now["flags"] |= np.where(np.isin(now["key"], reopened), _REOPENED, np.uint16(0))
    at = find(table, now["key"])
    known = at >= 0
    kept = table.rows["flags"][at[known]] & _REOPENED
    now["flags"][known] |= kept
    table.rows[at[known]] = now[known]
    enter(table, now[~known])
    return rows[~last]


def whole_items(
    batch: Events, rules: NDArray[np.uint32], sign: int, sums: Sums | None, told: NDArray[np.int64] | None = None
) -> NDArray[np.void]:
    """States of whole items, one per journey, from all their events (by key and word); cubes change by ``sign``.

    ``told`` (n,): filled, if given, with the row that each event spoke to, -1 where it doesn't count.
    """
    word = order.words(batch)
    p = pack(batch, word)
    parent, event_id, voids = to_read(batch.parent), to_read(batch.event_id), to_read(batch.voids)
    edges = _slices(p.key)
    most = int(np.diff(edges).max(initial=0))
    holds, role, of = np.empty(most, np.bool_), np.empty(most, np.uint8), np.empty(most, np.uint64)
    room, told_of = np.empty(most, ROW), np.empty(most, np.int64)
    codes = np.empty((2 + MOST_PAIRS // 2) * most, np.uint64)
    deltas = np.empty(len(codes), np.int64)
    found, done = [np.empty(0, ROW)], 0
    for first, end in pairwise(edges.tolist()):
        n, now = end - first, slice(first, end)
        key, words, attr, container, via = p.key[now], word[now], p.attr[now], p.container[now], p.via[now]
        whose.tell(key, words, attr, container, via, parent[now], event_id[now], voids[now], role[:n], of[:n])
        walk.effective(key, words, event_id[now], voids[now], container, role[:n], of[:n], rules, holds[:n])
        used, pairs = walk.refold(
            key, words, attr, p.promise[now], container, via, role[:n], holds[:n], blank(), rules, sign, room, _grid(room), codes, deltas,
            told_of[:n],
        )  # fmt: skip
        if sums is not None:
            sums.add(codes[:pairs], deltas[:pairs])
        if told is not None:
            told[now] = np.where(told_of[:n] >= 0, told_of[:n] + done, -1)
        found.append(room[:used].copy())
        done += used
    return np.concatenate(found)


def _slices(key: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Bounds of slices of whole items, some ten thousand events each: what is worked on at once stays small."""
    bounds = np.searchsorted(key, key[np.arange(_AT_ONCE, len(key), _AT_ONCE)], "left")
    return np.unique(np.concatenate(([0], bounds, [len(key)]))).astype(np.int64)


def _grid(rows: NDArray[np.void]) -> NDArray[np.uint32]:
    return rows.view(np.uint32).reshape(len(rows), ROW.itemsize // 4)


@dataclass(frozen=True)
class Verdict:
    """New events held against logged ones: ``kept`` is all that holds; ``drop`` (new,) are those the log needs not."""

    kept: Events
    drop: NDArray[np.bool_]
    repeated: int
    conflicting: int


def against(old: Events, new: Events) -> Verdict:
    """Hold ``new`` events, each identity once, against logged ones. Equal: repeated. Same identity otherwise: conflicting."""
    n = len(new)
    if not len(old):
        return Verdict(new, np.zeros(n, np.bool_), 0, 0)
    both = concat([old, new])
    mine = np.arange(len(both)) >= len(old)
    sorted_by = np.lexsort([mine, *(getattr(both, name) for name in reversed(order.CANONICAL))])
    both, mine = both.take(sorted_by), mine[sorted_by]
    first, differs = order.first_of_identity(both)
    group = np.cumsum(first) - 1
    met = mine & (np.bincount(group[~mine], minlength=group[-1] + 1)[group] > 0)
    conflict = met & (np.bincount(group[differs], minlength=group[-1] + 1)[group] > 0)
    repeat = met & ~conflict
    drop = np.zeros(n, np.bool_)
    drop[sorted_by[mine] - len(old)] = (met & ~first)[mine]
    own = both.via == 0
    return Verdict(both.take(first), drop, int(np.count_nonzero(repeat & own)), int(np.count_nonzero(conflict & own)))
