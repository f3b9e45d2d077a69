"""Events that reach another item: a container's scans its members, an old number's events the new one, a piece its shipment.

A *link* (source → target) comes from an item's own event: bagged (容器 → item), relabelled (old number → new number), piece
(piece → shipment), earlier (new number → old one). Every event of a source that may matter there is copied to its targets as a candidate:
``via`` names the source. What a candidate counts for is decided where all events of the target are together (``whose``), and whether a
container's scan reaches a member where these are walked in order (it must be in that container then). So late, repeated or voided links
need no correction here: candidates only ever get more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.items import kinds as k
from yilu.items.schema import Events, concat, events

BAGGED, RELABELLED, PIECE_OF, EARLIER = 1, 2, 3, 4
_DEPTH = 6
_FOREVER = 0xFFFFFFFF
_CARRIED = np.zeros(256, np.bool_)
_CARRIED[[kind.id for kind in k.KINDS if kind.container]] = True
_VOIDING = np.zeros(256, np.bool_)
_VOIDING[[k.VOID, k.VOID_DEPART]] = True
_ENDING = np.zeros(256, np.bool_)
_ENDING[[k.DELIVER, k.RETURN, k.LOST, k.DESTROY, k.CANCEL, k.VOID]] = True
_OWN_NUMBER = 4095
"""The piece that a piece with a number of its own is to its shipment."""
_TELLING = np.zeros(256, np.bool_)
_TELLING[[k.BAG, k.RELABEL, k.PIECE]] = True

TELLS: tuple[str, ...] = ("key", "at", "kind", "piece", "container", "parent", "via")
"""Columns that say what an event links."""


@dataclass(frozen=True)
class Links:
    """Links by source, arrays (n,): keys of source and target, UTC seconds between which the source's events may reach."""

    source: NDArray[np.uint64]
    target: NDArray[np.uint64]
    since: NDArray[np.uint32]
    until: NDArray[np.uint32]
    sort: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.source)

    def take(self, rows: NDArray) -> Links:
        return Links(self.source[rows], self.target[rows], self.since[rows], self.until[rows], self.sort[rows])


NONE = Links(
    np.empty(0, np.uint64),
    np.empty(0, np.uint64),
    np.empty(0, np.uint32),
    np.empty(0, np.uint32),
    np.empty(0, np.uint8),
)


def merged(parts: list[Links]) -> Links:
    """All links of ``parts`` by source, each once."""
    joined = Links(
        *(np.concatenate([getattr(p, n) for p in parts]) for n in ("source", "target", "since", "until", "sort"))
    )
    joined = joined.take(np.lexsort((joined.sort, joined.since, joined.target, joined.source)))
    if len(joined) < 2:
        return joined
    fresh = np.ones(len(joined), np.bool_)
    fresh[1:] = False
    for name in ("source", "target", "since", "sort"):
        column = getattr(joined, name)
        fresh[1:] |= column[1:] != column[:-1]
    return joined.take(fresh)


def telling(batch: Events) -> NDArray[np.bool_]:
    """Which events (n,) establish links."""
    return np.asarray(_TELLING[batch.kind] | (batch.piece != 0))


def links_of(batch: Events, container_s: int) -> Links:
    """The links that events of ``batch`` establish; a container's scans count for ``container_s`` seconds from bagging."""
    bag = np.flatnonzero((batch.kind == k.BAG) & (batch.container != 0))
    relabel = np.flatnonzero((batch.kind == k.RELABEL) & (batch.parent != 0) & (batch.via == 0))
    piece = np.flatnonzero((batch.kind == k.PIECE) & (batch.piece == 0) & (batch.parent != 0) & (batch.via == 0))
    since = batch.at[bag]
    until = np.minimum(since.astype(np.uint64) + np.uint64(container_s), np.uint64(_FOREVER)).astype(np.uint32)
    parts = [Links(batch.container[bag], batch.key[bag], since, until, np.full(len(bag), BAGGED, np.uint8))]
    for rows, source, target, sort in (
        (relabel, batch.parent, batch.key, RELABELLED),
        (relabel, batch.key, batch.parent, EARLIER),
        (piece, batch.key, batch.parent, PIECE_OF),
    ):
        n = len(rows)
        parts.append(
            Links(
                source[rows],
                target[rows],
                np.zeros(n, np.uint32),
                np.full(n, _FOREVER, np.uint32),
                np.full(n, sort, np.uint8),
            )
        )
    found = merged(parts)
    return found.take(found.source != found.target)


def pairs_of(lo: NDArray[np.integer], hi: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(i, j) for every j of every range ``lo[i]:hi[i]``."""
    counts = hi - lo
    row = np.repeat(np.arange(len(lo)), counts)
    other = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(lo, counts)
    return row, other


@njit(cache=True, nogil=True)
def _ranges(source, key, lo, hi):
    """From each key on to the next the place is sought by growing steps: keys come mostly in order, and then few apart."""
    n = len(source)
    for i in range(len(key)):
        k = key[i]
        if i and k == key[i - 1]:
            lo[i], hi[i] = lo[i - 1], hi[i - 1]
            continue
        first = hi[i - 1] if i and k > key[i - 1] else 0
        stride = 1
        end = first
        while end < n and source[end] < k:
            first = end + 1
            end += stride
            stride *= 2
        end = min(end, n)
        while first < end:
            middle = (first + end) >> 1
            if source[middle] < k:
                first = middle + 1
            else:
                end = middle
        lo[i] = first
        while end < n and source[end] == k:
            end += 1
        hi[i] = end


def ranges_of(source: NDArray[np.uint64], key: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each key (n,), in any order but best sorted, stands in the sorted ``source``: rows ``lo[i]:hi[i]``."""
    lo, hi = np.empty(len(key), np.int64), np.empty(len(key), np.int64)
    _ranges(source, np.ascontiguousarray(key), lo, hi)
    return lo, hi


def reached(links: Links, batch: Events) -> Events:
    """Candidates that the events of ``batch`` (any order) give to the targets of ``links``."""
    if not len(links) or not len(batch):
        return events(0)
    row, link = pairs_of(*ranges_of(links.source, batch.key))
    kind, at, sort = batch.kind[row], batch.at[row], links.sort[link]
    via, parent, numbered = batch.via[row], batch.parent[row], batch.piece[row] != 0
    own = via == 0
    later = ~own & (parent == 0) & ~numbered & (via != batch.container[row])
    within = (at >= links.since[link]) & (at <= links.until[link])
    marks_itself = ~own & (kind == k.RELABEL) & (parent == batch.key[row])
    keep = (via != links.target[link]) & np.choose(
        sort - 1,
        [
            own & _CARRIED[kind] & (within | _VOIDING[kind]),
            ~later & ~marks_itself,
            ((own | later) & _ENDING[kind]) | (own & (kind == k.PIECE) & ~numbered),
            ((own | later) & _ENDING[kind]) | (own & (kind == k.RELABEL)),
        ],
    )
    row, link, sort = row[keep], link[keep], sort[keep]
    out = batch.take(row)
    source = links.source[link]
    own, kind = out.via == 0, out.kind
    bagged, relabelled, piece, earlier = (sort == s for s in (BAGGED, RELABELLED, PIECE_OF, EARLIER))
    links_itself = (kind == k.RELABEL) | (kind == k.PIECE)
    # what is left as told lets of two tellings of one event the same one hold there and here
    parent = np.where(bagged, out.container, out.parent)
    parent = np.where(relabelled & own & (~links_itself | (parent == 0)), source, parent)
    return replace(
        out,
        key=links.target[link],
        key2=np.zeros(len(row), np.uint64),
        via=np.where(bagged | piece | own, source, out.via),
        container=np.where(bagged, source, out.container),
        parent=np.where(earlier & ~links_itself, 0, parent).astype(np.uint64),
        piece=np.where(piece & (out.piece == 0), _OWN_NUMBER, np.where(bagged, 0, out.piece)).astype(np.uint16),
        voids=np.where(piece & ~own & (kind != k.VOID), out.via, out.voids),
    )


def marks(batch: Events) -> Events:
    """What acceptance and delivery of a numbered piece tell its shipment: that it has this piece; ``voids`` says which of the two."""
    tells = (batch.kind == k.PIECE) | (batch.kind == k.ACCEPT) | (batch.kind == k.DELIVER)
    own = batch.take(np.flatnonzero(tells & (batch.piece != 0) & (batch.via == 0)))
    n = len(own)
    return replace(
        own, key=waybill_of(own.key, own.piece), kind=np.full(n, k.PIECE, np.uint8), voids=own.kind.astype(np.uint64), via=own.key,
        key2=np.zeros(n, np.uint64),
    )  # fmt: skip


def waybill_of(key: NDArray[np.uint64], piece: NDArray[np.uint16]) -> NDArray[np.uint64]:
    """The key of the shipment of a numbered piece, from the key of the piece, and the other way round."""
    mixed = (piece.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    # the leading bits stay: a piece lies in the bucket of its shipment
    return np.asarray(key ^ (mixed & np.uint64((1 << 40) - 1)))


def piece_keys(batch: Events) -> Events:
    """Give each piece of a multi-piece shipment a key of its own, and the shipment's key as its parent."""
    rows = np.flatnonzero(batch.piece != 0)
    if not len(rows):
        return batch
    key, parent = np.array(batch.key), np.array(batch.parent)
    whole = key[rows]
    key[rows] = waybill_of(whole, batch.piece[rows])
    parent[rows] = np.where(batch.kind[rows] == k.RELABEL, parent[rows], whole)
    return replace(batch, key=key, parent=parent)


def piece_links(batch: Events) -> Links:
    """Links of pieces numbered within their shipment: their own events name it."""
    rows = np.flatnonzero((batch.piece != 0) & (batch.via == 0))
    n = len(rows)
    return merged(
        [
            Links(
                batch.key[rows],
                waybill_of(batch.key[rows], batch.piece[rows]),
                np.zeros(n, np.uint32),
                np.full(n, _FOREVER, np.uint32),
                np.full(n, PIECE_OF, np.uint8),
            )
        ]
    )


def spread(batch: Events, known: Sequence[Links], new: Links, earlier: Events, behind: Links) -> Events:
    """All candidates of a commit: of its events by every link, of ``earlier`` events (logged before) by the links ``behind``.

    ``known``: links of earlier commits; ``new``: of this one. Candidates can be sources themselves (a number replaced
    twice): up to six steps are followed.
    """
    links = [*known, new]
    found = [marks(batch), *(reached(run, batch) for run in links), reached(behind, earlier)]
    step = concat(found)
    out = [step]
    for _ in range(_DEPTH - 1):
        step = concat([reached(run, step) for run in links])
        if not len(step):
            break
        out.append(step)
    return concat(out)
