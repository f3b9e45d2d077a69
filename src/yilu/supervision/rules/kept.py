"""Evidence as a commit keeps it: one file of all that the rules said, and by which rules and registers."""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from yilu.items import feeds
from yilu.items.reading import Snapshot
from yilu.items.store import Store
from yilu.supervision.rules.declared import Catalogue
from yilu.supervision.rules.evidence import EVIDENCE, Evidence

REGISTERS: tuple[str, ...] = (
    "outlet_filings",
    "crossing_closures",
    "protected_periods",
    "zero_reports",
)
"""Registers that rules look at; ``silences`` change what is told, not what is found."""


def judged_by(snapshot: Snapshot, catalogue: Catalogue, lateness_s: int) -> str:
    """A hash of all that evidence depends on beside the facts: rules, thresholds, registers as they stand, allowed lateness."""
    digest = hashlib.blake2b(repr((catalogue, lateness_s)).encode(), digest_size=16)
    for kind in REGISTERS:
        digest.update(repr(feeds.load(snapshot, kind).to_pylist()).encode())
    return digest.hexdigest()


def keep(store: Store, found: Evidence, by: str, buckets: tuple[int, ...] = (), same: bool = False) -> None:
    """Make ``found`` the evidence of the store's newest commit, in a commit of its own that also writes the states of ``buckets``.

    ``same``: it is the evidence that is kept already, and its file stays.
    """
    judged, number = store.at.commit, store.at.commit + 1
    if same and store.at.evidence:
        store.flush(buckets, judged=judged, judged_by=by)
        return
    table = pa.table({name: np.ascontiguousarray(found[name]) for name in EVIDENCE.names or ()})
    part = store.put_table(f"evidence/{number:010d}.parquet", number, table)
    garbage = tuple((number, p.file) for p in store.at.evidence)
    store.flush(buckets, evidence=(part,), judged=judged, judged_by=by, garbage=garbage)


def current(snapshot: Snapshot, by: str, running: bool = False) -> Evidence | None:
    """The kept evidence, where it is of all facts of the snapshot and by rules and registers of the hash ``by``; None else.

    ``running``: a writer is at work on the store and will judge the last second's facts at once; what it kept last is taken.
    """
    at = snapshot.at
    told = at.told <= at.judged or running
    return kept(snapshot) if told and at.evidence and at.judged_by == by else None


def kept(snapshot: Snapshot) -> Evidence | None:
    """The evidence that the snapshot's commit keeps, None where it keeps none."""
    if not snapshot.at.evidence:
        return None
    table = pq.read_table(snapshot.disk.path(snapshot.at.evidence[0].file))
    rows = np.zeros(table.num_rows, EVIDENCE)
    for name in table.column_names:
        rows[name] = table.column(name).to_numpy(zero_copy_only=False)
    return rows
