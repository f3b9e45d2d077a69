"""What arrives for a commit, from the chunks of feeds to the events of each bucket in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from yilu.items import cubes, days, erasing, order, quality, reach
from yilu.items.manifest import Counts, Erasure, Source
from yilu.items.rules import Rules
from yilu.items.schema import TOKENS, Events, events, laid

_MOST_PASSING = 1000
"""Files of spool folders that are remembered: a folder never holds as many that are in a commit already."""


@dataclass(frozen=True)
class Delivery:
    """What one chunk of a feed brings: its events (by arrival) and the account of its rows.

    ``source``: content hash, base name, rows done with this chunk, and whether that is the whole file; None for a stream.
    ``codes``: source codes that ``events.code`` numbers from 1. ``counts``: rows, used, quarantined, refused, unmapped, unknown_place.
    ``received_at``: when it came, UTC seconds; 0: not known. ``ahead``: events that were quarantined since their clock was ahead.
    ``tokens``: acceptances by senders' tokens (``schema.TOKENS``). ``offset``: a message log, and up to where this brings it.
    """

    events: Events
    counts: Counts
    feed: str = ""
    source: tuple[str, Source] | None = None
    quarantine: pa.Table | None = None
    codes: tuple[str, ...] = ()
    received_at: int = 0
    ahead: Events = field(default_factory=lambda: events(0))
    tokens: pa.Table = field(default_factory=TOKENS.empty_table)
    offset: tuple[str, int] | None = None


def numbered(
    deliveries: list[Delivery], codes: tuple[str, ...], names: tuple[str, ...]
) -> tuple[list[Events], tuple[str, ...], tuple[str, ...]]:
    """(the events of each delivery, source codes and feeds numbered as in the store; all codes and all names of feeds since)."""
    known, feeds = list(codes), list(names)
    parts = []
    for d in deliveries:
        number = np.zeros(len(d.codes) + 1, np.uint16)
        for i, code in enumerate(d.codes, 1):
            if code not in known and len(known) < 65535:
                known.append(code)
            number[i] = known.index(code) if code in known else 0
        if d.feed not in feeds:
            feeds.append(d.feed)
        if len(d.events):
            source = np.broadcast_to(np.uint16(feeds.index(d.feed)), (len(d.events),))
            told = number[d.events.code] if d.codes else d.events.code
            parts.append(replace(d.events, code=told, source=source))
    return parts, tuple(known), tuple(feeds)


def heard(
    deliveries: Sequence[Delivery], marks: dict[str, int], received: dict[str, int]
) -> tuple[dict[str, int], dict[str, int]]:
    """(the latest event of each feed, when it last brought any), UTC seconds, with these deliveries."""
    marks, received = dict(marks), dict(received)
    for d in deliveries:
        if len(d.events):
            marks[d.feed] = max(marks.get(d.feed, 0), int(d.events.at.max()))
            received[d.feed] = max(received.get(d.feed, 0), d.received_at)
    return marks, received


def in_time(
    batch: list[Events],
    floor: int,
    rules: Rules,
    erased: Sequence[Erasure],
    door: tuple[NDArray[np.uint32], cubes.Sums],
) -> tuple[list[Events], pa.Table | None]:
    """(the events that can still be told, numbered pieces under keys of their own; quarantine rows of those before ``floor`` or ``erased``).

    ``door``: rules (packed), and cells that take how many came and how many were too late.
    """
    out, refused = [], []
    for part in batch:
        part, gone = erasing.kept(part, erased)
        if gone is not None:
            refused.append(gone)
        late = part.at < floor
        if late.any():
            quality.refused(part.take(late), *door)
            refused.append(days.too_late(part.take(late)))
            part = part.take(~late)
        quality.came(part, *door)
        out.append(reach.piece_keys(part))
    return out, pa.concat_tables(refused) if refused else None


@dataclass(frozen=True)
class Arrived:
    """Events bucket by bucket as they came (``told``), and in which order those of each bucket are folded; each identity once."""

    told: Events
    by_bucket: list[order.Lined]


def dealt(parts: Sequence[Events], buckets: int, pool: Executor) -> tuple[Events, NDArray[np.int64]]:
    """(the events of ``parts`` bucket by bucket, as they came; where each bucket begins, (buckets + 1,))."""
    places, ends = order.deal([np.ascontiguousarray(p.key) for p in parts], buckets)
    return laid(parts, places, pool), ends


def by_bucket(parts: Sequence[Events], buckets: int, pool: Executor) -> Arrived:
    """The events of ``parts`` by bucket: laid so that what is moved from now on lies close together."""
    told, ends = dealt(parts, buckets, pool)

    def one(b: int) -> order.Lined:
        return order.line_up_rows(told, np.arange(ends[b], ends[b + 1], dtype=np.uint32))

    return Arrived(told, list(pool.map(one, range(buckets))))


def picked(
    told: Events, by_bucket: Sequence[order.Lined], choose: Callable[[order.Lined], NDArray], pool: Executor
) -> list[Events]:
    """The events of each bucket that ``choose`` names (positions or mask), in order."""
    return list(pool.map(lambda lined: told.take(lined.rows[choose(lined)]), by_bucket))


def read_on(known: dict[str, Source], more: list[tuple[str, Source]]) -> dict[str, Source]:
    """What is known of sources, with how far they have been read since; a repeat of a file takes nothing back."""
    now = dict(known)
    for content, source in more:
        old = now.get(content, source)
        now[content] = replace(
            source, name=old.name, rows=max(old.rows, source.rows), complete=old.complete or source.complete
        )
    passing = [content for content, source in now.items() if source.passing]
    for content in passing[: max(0, len(passing) - _MOST_PASSING)]:
        del now[content]
    return now
