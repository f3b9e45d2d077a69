"""Local days of events, and what lies before the days that the store still holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from yilu.items import kinds
from yilu.items.rules import Rules
from yilu.items.schema import QUARANTINE, Events


def local_day(at: NDArray[np.integer], rules: Rules) -> NDArray[np.int64]:
    """Days since 1970-01-01 in the province's time zone, shape (n,)."""
    zone = np.maximum(np.searchsorted(rules.transitions, at, "right") - 1, 0)
    return (at.astype(np.int64) + rules.offsets[zone]) // 86400


def iso(day: int) -> str:
    """A day since 1970-01-01 as ISO text."""
    return (datetime(1970, 1, 1) + timedelta(days=int(day))).date().isoformat()


def end_of(day: int, rules: Rules) -> int:
    """The first UTC second after a day since 1970-01-01."""
    ends = (day + 1) * 86400 - np.unique(rules.offsets)
    return int(ends[local_day(ends, rules) > day].min())


def of_iso(text: str) -> int:
    """The day since 1970-01-01 of an ISO text."""
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1)).days


def too_late(batch: Events, reason: str = "too_late") -> pa.Table:
    """Quarantine rows of events that lie before what the store can still correct."""
    names = {kind.id: kind.code for kind in kinds.KINDS}
    return pa.table(
        {
            "file": pa.nulls(len(batch), pa.string()), "row": pa.nulls(len(batch), pa.int64()), "reason": [reason] * len(batch),
            "column": pa.nulls(len(batch), pa.string()), "kind": [names.get(int(k), "") for k in batch.kind],
            "time": [datetime.fromtimestamp(int(t), UTC).isoformat() for t in batch.at],
            "place": [str(int(p)) for p in batch.place], "weight": pa.nulls(len(batch), pa.string()), "key": batch.key,
        },
        schema=QUARANTINE,
    )  # fmt: skip
