"""The one writer, running: what comes in becomes facts every second, and what the rules say of it is kept with them.

Each beat gathers what the inlets bring until ``every_s`` seconds after the last one's commit began, commits it, looks at what it touched (``supervision.rules.watching``) and keeps the
evidence in a commit of its own, then the states of some buckets, so that a writer that starts again has little to fold. Whatever is
killed when: the last commit holds, inlets bring again what is in none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from yilu.items.arrival import Delivery
from yilu.items.store import Store
from yilu.items.tidying import Tidying
from yilu.run.inlets import Inlet
from yilu.supervision.rules import kept
from yilu.supervision.rules.judging import Judge
from yilu.supervision.rules.watching import Watch

_KEEPING = 4
"""Evidence is written anew whole: where there is so much of it that this takes long, it is written more rarely, for a fifth of the time at the most."""


@dataclass(frozen=True)
class Pace:
    """``every_s``: seconds from commit to commit; ``rows``: rows that end gathering earlier; ``states_s``: seconds in which all buckets' states are written once."""

    every_s: float = 1.0
    rows: int = 500_000
    states_s: float = 300.0


@dataclass(frozen=True)
class Beat:
    """What one beat did: rows and events taken, seconds of gathering, committing, judging and keeping, items told again, evidence that holds."""

    commit: int
    rows: int
    made: int
    gathered_s: float
    committed_s: float
    judged_s: float
    kept_s: float
    told: int
    evidence: int


def run(
    store: Store,
    inlets: Sequence[Inlet],
    watch: Watch,
    by: str,
    pace: Pace,
    stop: Callable[[], bool],
    told: Callable[[Beat], None],
    registers: Callable[[], tuple[Judge, str] | None] = lambda: None,
) -> None:
    """Run until ``stop()`` or until every inlet has ended. ``by``: the hash of what ``watch`` judges by (``kept.judged_by``); ``registers``: takes
    in what has come of registers, and tells what to judge by then, None where nothing came."""
    tidying = Tidying(store)
    watch.everything()
    kept.keep(store, watch.evidence, by)
    held = watch.evidence
    next_bucket, due, keep_from = 0, 0.0, 0.0
    gathered = time.monotonic()
    try:
        while not stop():
            begun = time.monotonic()
            deliveries = _gather(store, inlets, pace, gathered + pace.every_s)
            before, gathered = store.at.counts.made, time.monotonic()
            rows = sum(d.counts.rows for d in deliveries)
            if deliveries:
                store.commit(deliveries)
            for inlet in inlets:
                inlet.taken(store.at)
            committed = time.monotonic()
            if (changed := registers()) is not None and changed[1] != by:
                by = changed[1]
                watch.everything(changed[0])
                kept.keep(store, watch.evidence, by)
                held = watch.evidence
            if not deliveries:
                if all(inlet.ended for inlet in inlets):
                    break
                if watch.counted:
                    watch.step()
                if (
                    held is not watch.evidence and time.monotonic() >= keep_from
                ):  # else it would wait for whoever reports next
                    if not np.array_equal(held, watch.evidence):
                        kept.keep(store, watch.evidence, by)
                    held = watch.evidence
                continue
            again = watch.step()
            judged = time.monotonic()
            due += (judged - begun) * store.at.buckets / pace.states_s
            buckets = tuple((next_bucket + i) % store.at.buckets for i in range(int(due)))
            next_bucket, due = (next_bucket + len(buckets)) % store.at.buckets, due - len(buckets)
            if np.array_equal(held, watch.evidence):
                kept.keep(store, held, by, buckets, same=True)
            else:
                if judged >= keep_from:
                    kept.keep(store, watch.evidence, by)
                    keep_from = time.monotonic() + _KEEPING * (time.monotonic() - judged)
                    held = watch.evidence
                store.flush(
                    buckets
                )  # apart: states take longer, and evidence neither waits for them nor is put off for the time they take
            tidying.step()
            told(
                Beat(
                    store.at.commit, rows, store.at.counts.made - before, gathered - begun, committed - gathered, judged - committed,
                    time.monotonic() - judged, again, len(watch.evidence),
                )
            )  # fmt: skip
        watch.step(whole=True)
        kept.keep(store, watch.evidence, by)
    finally:
        tidying.close()


def _gather(store: Store, inlets: Sequence[Inlet], pace: Pace, until: float) -> list[Delivery]:
    """What comes until then; where it is that late already, what is there."""
    found: list[Delivery] = []
    rows, is_over = 0, False
    while not is_over:
        for inlet in inlets:
            left = max(0.0, until - time.monotonic())
            more = inlet.take(store.at, min(left, 0.1 / len(inlets) if len(inlets) > 1 else left), pace.rows - rows)
            rows += sum(d.counts.rows for d in more)
            found += more
        is_over = rows >= pace.rows or time.monotonic() >= until or all(inlet.ended for inlet in inlets)
    return found
