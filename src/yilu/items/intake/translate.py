"""A table of source rows to events and an account of every row: whole columns at a time, codes by their dictionaries.

``translate`` judges each row once: it is used, and makes an event for each block of the mapping that applies, or it is
quarantined with the first reason that holds. No step runs Python per row; per distinct code, yes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from yilu.items import keys
from yilu.items.intake import reasons, times
from yilu.items.intake.columns import as_text
from yilu.items.intake.door import Codes, Door
from yilu.items.intake.judge import NUMBERED, TIMES, Block, Made
from yilu.items.intake.masking import shown, shown_header
from yilu.items.kinds import ACCEPT
from yilu.items.schema import DTYPES, QUARANTINE, TOKENS, Events, concat, events

_DISPLAYED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("kind", ("kind",)),
    ("time", TIMES),
    ("place", ("facility",)),
    ("weight", ("weight_g",)),
)
"""Columns of the quarantine that show a text, and the event columns whose source text it may be: the one that is blamed, or else the first."""
_TOKEN_DOMAIN = 1 << 14
"""Domain of the hash of sender tokens; the local day is added, so that no token can be followed from day to day."""


@dataclass(frozen=True)
class Translated:
    """Events of a block's used rows, and its quarantine; used + quarantine.num_rows is the number of rows."""

    events: Events
    used: int
    quarantine: pa.Table
    held: Events
    held_rows: NDArray[np.int64]
    unknown: dict[str, dict[str, int]]
    tokens: pa.Table


def translate(table: pa.Table, rows: NDArray[np.int64], door: Door, codes: Codes, file: str) -> Translated:
    """Events and quarantine of ``table`` (source columns), whose rows bear the numbers ``rows`` (n,) in ``file``."""
    n = table.num_rows
    block = Block(table, door, codes, np.zeros(n, np.uint8), np.zeros(n, np.uint8), np.zeros(n, np.uint8))
    made = [block.make(number, rule) for number, rule in enumerate(door.mapping.rules)]
    applying = [m.applies for m in made if m.applies is not None]
    if len(applying) == len(made):
        block.blame(~np.logical_or.reduce(applying), reasons.NO_EVENT, 0)
    for condition in door.mapping.confidential:
        block.blame(block.holds(condition), reasons.CONFIDENTIAL, 0)
    made = [m for m in made if m.columns]
    bad, used = _together(block, rows)
    good = block.why == 0
    picked = [_pick(n, m, good, not len(bad))[0] for m in made]
    waiting = [_pick(n, m, block.why == reasons.CLOCK_AHEAD, False) for m in made] if len(bad) else []
    return Translated(
        events=concat(picked or [events(0)]),
        used=used,
        quarantine=_quarantine(block, made, rows, bad, file) if len(bad) else QUARANTINE.empty_table(),
        held=concat([e for e, _ in waiting] or [events(0)]),
        held_rows=np.concatenate([np.empty(0, np.int64), *(rows[r] for _, r in waiting)]),
        unknown=_unknown(made, good, codes),
        tokens=_tokens(block, made, good),
    )


def _together(block: Block, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Which rows of the table stand for the quarantined rows of the source, and how many source rows are used.

    Table rows of one source row (a document's event with many items) are used together or not at all.
    """
    n = len(rows)
    if n < 2 or (rows[1:] != rows[:-1]).all():
        bad = np.flatnonzero(block.why)
        return bad, n - len(bad)
    starts = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]]))
    sizes = np.diff(np.append(starts, n))
    own = np.where(block.why == 0, 255, block.why).astype(np.uint8)
    least = np.minimum.reduceat(own, starts)
    spread = np.repeat(least, sizes)
    block.why[:] = np.where(spread == 255, 0, spread)
    culprits = np.flatnonzero((own == spread) & (own != 255))
    bad = culprits[np.unique(rows[culprits], return_index=True)[1]]
    return bad, len(starts) - len(bad)


def _pick(n: int, made: Made, wanted: NDArray[np.bool_], whole: bool) -> tuple[Events, NDArray[np.int64]]:
    """Events of the rows that apply and are wanted, and which rows those are (left out where it is all of them)."""
    found = events(n, **made.columns)
    if whole and made.applies is None:
        return found, np.empty(0, np.int64)
    rows = np.flatnonzero(wanted if made.applies is None else wanted & made.applies)
    return found.take(rows), rows


def _unknown(made: list[Made], good: NDArray[np.bool_], codes: Codes) -> dict[str, dict[str, int]]:
    """Events by event column and text for texts that mean nothing in the network; an empty facility counts as an empty text."""
    found: dict[str, dict[str, int]] = {}
    whole = bool(good.all())
    for m in made:
        for name, coded in m.coded.items():
            strange = coded.unknown if name != "facility" else coded.ids == 0
            if not strange.any():
                continue
            wanted = (None if whole else good) if m.applies is None else good & m.applies
            counts = coded.counts(wanted, len(good))
            hits = np.flatnonzero(strange & (counts > 0))
            if not len(hits):  # a dictionary may hold texts that no row of this block has
                continue
            texts = found.setdefault("place" if name == "facility" else name, {})
            shown_as = codes.shown_places([coded.values[i] or "" for i in hits])
            for i, text in zip(hits, shown_as, strict=True):
                texts[text] = texts.get(text, 0) + int(counts[i])
    return found


def _tokens(block: Block, made: list[Made], good: NDArray[np.bool_]) -> pa.Table:
    """Acceptances with a sender's token (``schema.TOKENS``), the token hashed under the store's key and salted with the local day."""
    parts = [TOKENS.empty_table()]
    for m in made:
        column = block.column(m.rule.columns.get("sender_token"))
        if column is None or column.null_count == len(column):
            continue
        fits = good & (m.columns["kind"] == ACCEPT) & (m.columns["piece"] == 0)
        fits &= column.is_valid().to_numpy(zero_copy_only=False)
        rows = np.flatnonzero(fits if m.applies is None else fits & m.applies)
        if not len(rows):
            continue
        own = {
            n: np.broadcast_to(m.columns[n], good.shape)[rows].astype(DTYPES[n])
            for n in ("operator", "place", "key", "key2", "at")
        }
        texts = as_text(column).take(pa.array(rows))
        days = times.local_day(own["at"], block.door.province_zone)
        hashed = np.zeros(len(rows), np.uint64)
        for day in np.unique(days):
            of_day = np.flatnonzero(days == day)
            hashed[of_day] = keys.hash64(texts.take(pa.array(of_day)), _TOKEN_DOMAIN + int(day), block.door.key)
        found = pa.table({**own, "day": days, "token": hashed}).select(TOKENS.names).cast(TOKENS)
        parts.append(found.filter(pa.array(hashed != 0)))
    return pa.concat_tables(parts)


def _quarantine(block: Block, made: list[Made], rows: NDArray[np.int64], bad: NDArray[np.int64], file: str) -> pa.Table:
    why, where = block.why[bad], block.where[bad]
    texts = {name: _texts(block, bad, name, sources) for name, sources in _DISPLAYED}
    keys_held = np.zeros(len(bad), np.uint64)
    ahead = why == reasons.CLOCK_AHEAD
    for m in made:
        mine = np.flatnonzero(ahead & (where == m.number))
        if len(mine):
            keys_held[mine] = np.broadcast_to(m.columns["key"], block.why.shape)[bad[mine]]
    key = pa.array(keys_held, mask=~ahead)
    return quarantined(file, rows[bad], why, column=_at_fault(block, bad), **texts, key=key)


def _texts(block: Block, bad: NDArray[np.int64], name: str, sources: tuple[str, ...]) -> pa.Array:
    """What stands in the source of the rows ``bad`` (n,) for a column of the quarantine, as it may be shown; nothing of confidential mail."""
    where, blamed, open_ = block.where[bad], block.blamed[bad], block.why[bad] != reasons.CONFIDENTIAL
    told = np.where(np.isin(blamed, [NUMBERED[s] for s in sources]), blamed, NUMBERED[sources[0]])
    texts = pa.nulls(len(bad), pa.string())
    for number, rule in enumerate(block.door.mapping.rules):
        for source in sources:
            spec = rule.columns.get(source)
            mine = np.flatnonzero((where == number) & (told == NUMBERED[source]) & open_)
            if not len(mine) or spec is None:
                continue
            column = block.column(spec)
            if column is not None:
                found = shown(name, as_text(column.take(pa.array(bad[mine]))))
            else:
                found = pa.array([spec.value or None] * len(mine), pa.string())
            mask = np.zeros(len(bad), np.bool_)
            mask[mine] = True
            texts = pc.replace_with_mask(texts, pa.array(mask), found)
    return texts


def _at_fault(block: Block, bad: NDArray[np.int64]) -> pa.Array:
    """The source's names of the columns that the rows ``bad`` (n,) are refused for, null where it is no single one.

    A document has no columns: those that its events are read into are yilu's own, and would mislead who looks for them there.
    """
    mapping = block.door.mapping
    if mapping.format == "epcis":
        return pa.nulls(len(bad), pa.string())
    specs = [rule.columns.get(name) for rule in mapping.rules for name in NUMBERED]
    names = [shown_header(spec.column) if spec is not None and spec.column else None for spec in specs]
    at = block.where[bad].astype(np.int64) * len(NUMBERED) + block.blamed[bad]
    return pa.array(names, pa.string()).take(pa.array(at))


def quarantined(file: str, rows: NDArray[np.int64], why: NDArray[np.uint8], **more: pa.Array) -> pa.Table:
    """A quarantine table of ``rows`` (n,) with the reasons ``why`` (n,), and ``more`` of its columns; texts must be shown as they are."""
    names = np.array(["", *(reasons.BY_ID[i].code if i in reasons.BY_ID else "" for i in range(1, 256))], object)
    n = len(rows)
    told = {"file": pa.array([file] * n, pa.string()), "row": pa.array(rows, pa.int64()), "reason": pa.array(names[why], pa.string()), **more}  # fmt: skip
    return pa.table({f.name: told.get(f.name, pa.nulls(n, f.type)) for f in QUARANTINE}, schema=QUARANTINE)
