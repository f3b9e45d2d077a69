"""Synthetic days as tables of scan events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date as Date
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from yilu.network import Network
from yilu.twin.compile import compile_ground
from yilu.twin.ground import Ground, packed
from yilu.twin.plan import DayPlan, as_record
from yilu.twin.rows import SCHEMA, Words, table_of, words_of
from yilu.twin.stream import slices

_FIRST_DAY = Date(2020, 1, 1)


@dataclass(frozen=True)
class Ready:
    """A plan made ready: its ground, the same as kernels take it, and the codes of its columns."""

    ground: Ground
    packed: NDArray[np.int64]
    words: Words


def ready(plan: DayPlan) -> Ready:
    """Compile what ``plan`` is made on. Raises ValueError where the network lacks what the twin needs."""
    ground = compile_ground(plan)
    return Ready(ground, packed(ground), words_of(plan.network, ground, plan.items, (plan.date - _FIRST_DAY).days))


def tables_of(plan: DayPlan, rows: NDArray[np.uint32], with_: Ready) -> Iterator[pa.Table]:
    """A slice's scans as canonical tables of at most ``plan.slice_events`` rows."""
    rates = as_record(plan.rates)
    for first in range(0, len(rows), plan.slice_events):
        part = rows[first : first + plan.slice_events]
        yield table_of(part, plan.network, with_.packed, with_.ground.seed, rates, with_.words)


def simulate(plan: DayPlan, spill: Path | None = None) -> Iterator[pa.Table]:
    """Yield the events of ``plan`` in yilu's canonical layout (``rows.SCHEMA``), in the order of recording.

    Each table holds at most ``plan.slice_events`` rows and never crosses a slice. What is made depends on network, date, items, seed,
    days and rates only, not on slices, blocks or memory. ``spill``: folder for scans that wait (default: the system's).
    """
    made = ready(plan)
    for _, _, rows in slices(plan, made.ground, spill):
        yield from tables_of(plan, rows, made)


def simulate_events(
    network: Network, items: int, seed: int = 1, date: Date = Date(2025, 6, 3), days: int = 1
) -> pa.Table:
    """All events of a small synthetic day as one canonical table; for tests and trials (at most some million items)."""
    tables = list(simulate(DayPlan(network, date, items, seed, days)))
    return pa.concat_tables(tables).unify_dictionaries() if tables else SCHEMA.empty_table()
