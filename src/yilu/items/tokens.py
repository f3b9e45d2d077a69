"""Senders' tokens (寄件人标记): which acceptances one token stands behind, for as long as a day may still grow, and then only those of too many.

A token comes hashed under the store's key and salted with the local day (``intake.translate``), so that nobody is followed from day to day. Its rows
lie in files of their own, named by the manifest, and in no log. When a day is complete and the retention has passed, ``drop`` takes the hashes away:
what stays of tokens that stood behind too many items are the items, as evidence, under numbers that mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from yilu.items import days, erasing
from yilu.items.kinds import ACCEPT
from yilu.items.manifest import Erasure, Part
from yilu.items.reading import Snapshot
from yilu.items.retold import retell
from yilu.items.rules import packed
from yilu.items.schema import TOKENS, Events

if TYPE_CHECKING:
    from yilu.items.store import Store

GROUPED: pa.Schema = pa.schema([f if f.name != "token" else pa.field("group", pa.int64()) for f in TOKENS])
"""``schema.TOKENS`` with the number of a group in the place of a token; equal numbers are one token."""
_GROUP = ["operator", "place", "day", "token"]


def arrived(tables: Iterable[pa.Table], erased: Sequence[Erasure]) -> pa.Table:
    """What a commit's chunks told of tokens, without erased items."""
    told = pa.concat_tables([TOKENS.empty_table(), *tables])
    return told.filter(pa.array(~_erased(told, erased))) if erased else told


def held(snapshot: Snapshot, most: int) -> pa.Table:
    """Acceptances (``GROUPED``) of tokens that may stand behind more than ``most`` items of a place and day, voided ones left out."""
    at = snapshot.at
    told = _read(snapshot, at.tokens, TOKENS)
    crowds = told.group_by(_GROUP).aggregate([([], "count_all")])
    crowds = crowds.filter(pc.greater(crowds["count_all"], most)).drop_columns(["count_all"])
    crowds = crowds.append_column("group", pa.array(np.arange(crowds.num_rows), pa.int64()))
    rows = told.join(crowds, keys=_GROUP, join_type="inner").select(GROUPED.names).cast(GROUPED)
    parts, groups = [rows.filter(pa.array(_holds(snapshot, rows)))], crowds.num_rows
    for part in at.crowds:
        table = _read(snapshot, [part], GROUPED)
        own = table["group"].to_numpy()
        parts.append(table.set_column(3, GROUPED.field("group"), pa.array(own + groups, pa.int64())))
        groups += int(own.max(initial=-1)) + 1
    return pa.concat_tables(parts).combine_chunks()


def drop(store: Store, complete_to: int, kept_days: int, most: int) -> int:
    """Forget the tokens of local days that were over ``kept_days`` days before ``complete_to`` (UTC seconds). Returns how many acceptances.

    Acceptances of tokens that then stand behind more than ``most`` items are kept as groups.
    """
    snapshot = Snapshot(store.disk, store.at, store.rules)
    told = _read(snapshot, store.at.tokens, TOKENS)
    last = int(days.local_day(np.array([complete_to]), store.rules)[0]) - 1 - kept_days
    gone = pc.less_equal(told["day"], last)
    rest = told.filter(pc.invert(gone))
    if rest.num_rows == told.num_rows:
        return 0
    flagged = held(snapshot, most)
    flagged = flagged.slice(0, flagged.num_rows - sum(p.rows for p in store.at.crowds))
    flagged = flagged.filter(pc.less_equal(flagged["day"], last))
    number = store.at.commit + 1
    crowds: tuple[Part, ...] = store.at.crowds
    tokens: tuple[Part, ...] = ()
    if flagged.num_rows:
        crowds = (*crowds, store.put_table(f"tokens/{number:010d}.crowds.parquet", number, flagged))
    if rest.num_rows:
        tokens = (store.put_table(f"tokens/{number:010d}.parquet", number, rest),)
    store.flush(tokens=tokens, crowds=crowds, garbage=tuple((number, p.file) for p in store.at.tokens))
    return int(told.num_rows - rest.num_rows)


def _read(snapshot: Snapshot, parts: Sequence[Part], schema: pa.Schema) -> pa.Table:
    tables = [pq.read_table(snapshot.disk.path(p.file)) for p in parts]
    table = pa.concat_tables([schema.empty_table(), *tables])
    return table.filter(pa.array(~_erased(table, snapshot.at.erased))) if snapshot.at.erased else table


def _erased(table: pa.Table, erased: Sequence[Erasure]) -> NDArray[np.bool_]:
    return erasing.covered(erased, table["key"].to_numpy(), table["at"].to_numpy())


def _holds(snapshot: Snapshot, rows: pa.Table) -> NDArray[np.bool_]:
    """Whether each acceptance (n,) is logged and counts: it may have been voided, or refused."""
    keys = np.unique(rows["key"].to_numpy())
    told = retell(snapshot.events(keys), packed(snapshot.rules)).events
    accepted = _names(told.take((told.kind == ACCEPT) & (told.via == 0)))
    asked = np.zeros(rows.num_rows, accepted.dtype)
    for name in ("key", "at", "place"):
        asked[name] = rows[name].to_numpy()
    return np.isin(asked, accepted)


def _names(batch: Events) -> NDArray[np.void]:
    out = np.zeros(len(batch), [("key", "u8"), ("at", "u4"), ("place", "u4")])
    for name in ("key", "at", "place"):
        out[name] = getattr(batch, name)
    return out
