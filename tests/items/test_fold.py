"""The state fold: merged fields come out the same in any order, split and repetition."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.items import lives
from tests.items.conftest import RULES, TRIED
from tests.items.lives import Event
from tests.items.small_network import NET
from yilu.items import bucket, fold, order
from yilu.items.cubes import Sums
from yilu.items.fields import FIELDS, FLAGS, NEVER, ROW
from yilu.items.rules import packed
from yilu.items.table import table_of

PACKED = packed(RULES)
MERGED = [f for f in FIELDS if f.op in ("min", "max", "word")]


def folded(commits: list[list[Event]]) -> dict[int, tuple[int, ...]]:
    """Merged fields by key of events merged in these parts, in the order given."""
    table = table_of(np.empty(0, ROW), 0)
    for told in commits:
        batch = lives.batch_of(told)
        fold.fold(table, np.ascontiguousarray(batch.key), order.words(batch), PACKED)
    return {int(r["key"]): (*(int(r[f.name]) for f in MERGED), int(r["flags"])) for r in table.used}


def by_hand(world: list[Event]) -> dict[int, tuple[int, ...]]:
    """The same by minimum, maximum and OR over each item's events."""
    out = {}
    for key in {e["key"] for e in world}:
        mine = [(e["at"], e["kind"], e.get("place", 0)) for e in world if e["key"] == key]
        row = []
        for f in MERGED:
            if f.name == "start":
                row.append(min(((kind != 8) << 63) | at << 31 | kind << 23 | place for at, kind, place in mine))
            elif f.name == "last":
                row.append(max(at << 32 | kind << 24 | place for at, kind, place in mine))
            else:
                times = [
                    at
                    for at, kind, place in mine
                    if kind in f.kinds and (NET.processing[place] or not f.processing_only)
                ]
                row.append(min(times, default=NEVER) if f.op == "min" else max(times, default=0))
        flags = 0
        for bit, kinds, _, _ in FLAGS.values():
            flags |= bit * any(kind in kinds for _, kind, _ in mine)
        out[key] = (*row, flags)
    return out


@TRIED
@given(lives.worlds().flatmap(lambda w: st.tuples(st.just(w), lives.batches(w))))
def test_merged_fields_come_out_the_same(drawn):
    """Minima, maxima and flags of events merged in any order, twice or in parts are those of each item's set of events."""
    world, commits = drawn
    assert folded([c for c in commits if c]) == by_hand(world)


@TRIED
@given(lives.worlds())
def test_whole_items_are_the_same_in_slices(world: list[Event]) -> None:
    """Items are walked some ten thousand events at a time: where a slice ends changes no state, no cell, and no event's row."""
    batch = order.arrange(lives.batch_of(world)).events

    def told(at_once: int) -> tuple[bytes, list[int], list[tuple[int, int]]]:
        rows, sums = np.empty(len(batch), np.int64), Sums()
        with patch.object(bucket, "_AT_ONCE", at_once):
            states = bucket.whole_items(batch, PACKED, +1, sums, rows)
        codes, counts = sums.cells()
        return states.tobytes(), rows.tolist(), sorted(zip(codes.tolist(), counts.tolist(), strict=True))

    assert told(1) == told(3) == told(1 << 15)
