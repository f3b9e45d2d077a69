"""Synthetic days as the tests of the twin look at them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from yilu.twin.day import Ready, simulate
from yilu.twin.faults import COLUMNS
from yilu.twin.life import lives
from yilu.twin.plan import DayPlan, as_record
from yilu.twin.scans import WORDS

DAY = date(2025, 6, 3)
ITEMS = 137_000


@dataclass(frozen=True)
class Day:
    """A plan, its canonical events, and the scans of its items in the order of their lives (n, WORDS)."""

    plan: DayPlan
    made: Ready
    events: pa.Table
    scans: NDArray[np.uint32]


def joined(plan: DayPlan) -> pa.Table:
    """All events of a plan as one table with plain text columns."""
    return plain(pa.concat_tables(list(simulate(plan))))


def plain(table: pa.Table) -> pa.Table:
    """Dictionary columns as text."""
    fields = [pa.field(f.name, pa.string() if pa.types.is_dictionary(f.type) else f.type) for f in table.schema]
    return table.cast(pa.schema(fields))


def life_order(plan: DayPlan, made: Ready) -> NDArray[np.uint32]:
    """Scans of all items, one life after the other."""
    room = np.empty((14 * plan.items + 1000, WORDS), np.uint32)
    used = np.zeros(30 * int(made.ground.bag_first[-1]) + 1, np.uint8)
    nothing = np.empty((0, COLUMNS), np.int64), np.empty((0, 1, 1), np.bool_), np.empty((0, 4), np.int64)
    rows, done, _ = lives(room, 0, plan.items, used, made.packed, as_record(plan.rates), *nothing)
    assert done == plan.items
    return room[:rows]
