"""Indicators of data quality, and the monthly score of an operator's feed, as the UPU's compliance programme has one for messages between posts.

Shares come from the cube ``quality``; completeness from ``clock``: of the beginnings and ends that lives must have, those that were told. Weights of
the score, and what counts as worst, are assumptions (A), declared in ``WEIGHTS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import duckdb
import numpy as np
import pyarrow as pa

from yilu.items.cubes import MEASURES, QUALITY
from yilu.network import Network

PartT = TypeVar("PartT")
SCORE = "data_score"
TIMELY_HOURS, ORDER_HOURS = 1, 6
"""An event is timely if it is recorded within so many hours (A). One recorded more than so many hours after it happened is taken as told out of
order: by then the item's next scan has mostly been told (A). Counts can't say which scan was told first."""


@dataclass(frozen=True)
class Weight:
    """What an indicator weighs in the score; ``worst``: the share at which its mark is 0, where less is better (0: the share is the mark)."""

    weight: int
    worst: float = 0.0

    def mark(self, value: float) -> float:
        """The mark, 0 to 1, of a share."""
        return min(1.0, max(0.0, 1 - value / self.worst if self.worst else value))


WEIGHTS: dict[str, Weight] = {
    "data_completeness": Weight(30), "data_timeliness": Weight(20), "data_order": Weight(10), "data_unmapped": Weight(10, 0.10),
    "data_unknown_place": Weight(10, 0.05), "data_corrections": Weight(5, 0.05), "data_repeats": Weight(10, 0.25), "data_clock_ahead": Weight(5, 0.005),
}  # fmt: skip

_N = {name: number for name, (number, *_) in QUALITY.items()}
_C = {name: MEASURES[name][0] for name in ("accepted", "unaccepted", "due", "on_time", "late", "gone_late", "gone")}
_ENDS = ", ".join(str(_C[n]) for n in ("on_time", "late", "gone_late", "gone"))
_OF_LIVES = f"measure IN ({_C['accepted']}, {_C['unaccepted']}, {_C['due']}, {_ENDS})"
_TOLD_OF_LIVES = (
    f"CASE WHEN measure IN ({_C['accepted']}, {_ENDS}) THEN n WHEN measure = {_C['unaccepted']} THEN -n ELSE 0 END"
)
_DUE_OF_LIVES = f"CASE WHEN measure IN ({_C['accepted']}, {_C['due']}) THEN n ELSE 0 END"

VIEWS = f"""
CREATE VIEW feed_events AS SELECT day, operator, measure, hours, 0 AS level, 0 AS area, 0 AS region, count AS n, 1 AS source FROM quality;
CREATE VIEW feed_days AS SELECT DISTINCT day, operator, 0 AS level, 0 AS area, 0 AS region, 1 AS n, 1 AS source FROM quality WHERE measure = {_N["events"]} AND count > 0;
CREATE VIEW lives AS SELECT h.day, f.operator, f.level, f.measure, f.area, f.region, f.n, f.source FROM flying f JOIN hours h USING (hour) WHERE f.side = 1 AND f.source = 1;
"""


def register(connection: duckdb.DuckDBPyConnection, clock: pa.Table, network: Network) -> None:
    """Make the views ``feed_events``, ``feed_days`` and ``lives``; those of ``cells`` are there already."""
    hours = np.unique(clock.column("hour").to_numpy())
    connection.register(
        "hours", pa.table({"hour": hours, "day": network.local_day(hours.astype(np.int64) * 3600).astype(np.int32)})
    )
    connection.execute(VIEWS)


def ratios(part: Callable[..., PartT]) -> dict[str, tuple[PartT, PartT]]:
    """Numerator and denominator of each indicator but the score, as ``part(view, where, amount)`` makes them; of lives, of days that are over."""
    events = part("feed_events", f"measure = {_N['events']}")

    def share(name: str) -> tuple[PartT, PartT]:
        return part("feed_events", f"measure = {_N[name]}"), events

    def lives(amount: str) -> PartT:
        return part("lives", _OF_LIVES, amount, whole_days=True)

    again = f"CASE WHEN measure = {_N['received']} THEN n ELSE -n END"
    return {
        "data_completeness": (lives(_TOLD_OF_LIVES), lives(_DUE_OF_LIVES)),
        "data_timeliness": (part("feed_events", f"measure = {_N['events']} AND hours < {TIMELY_HOURS}"), events),
        "data_order": (part("feed_events", f"measure = {_N['events']} AND hours < {ORDER_HOURS}"), events),
        "data_unmapped": share("unmapped"),
        "data_unknown_place": share("unknown_place"),
        "data_corrections": share("voids"),
        "data_repeats": (part("feed_events", f"measure IN ({_N['received']}, {_N['events']})", again), part("feed_events", f"measure = {_N['received']}")),
        "data_clock_ahead": share("clock_ahead"),
    }  # fmt: skip


def score(
    found: Mapping[str, Sequence[Mapping[str, Any]]],
    by: tuple[str, ...],
    days_told: Mapping[tuple[Any, ...], float],
    days: int,
) -> list[dict[str, Any]]:
    """The score of each group from its indicators' rows (``found``, by id): marks by weight, over the weights of those that have a value.

    Days without any event lower completeness: it is multiplied by the share of the period's ``days`` on which an operator told of something, where
    groups are operators (``days_told``). ``denominator``: distinct events.
    """
    marks: dict[tuple[Any, ...], dict[str, float]] = {}
    events: dict[tuple[Any, ...], int] = {}
    for name, rows in found.items():
        for row in rows:
            key = tuple(row[g] for g in by)
            if row["value"] is not None:
                marks.setdefault(key, {})[name] = WEIGHTS[name].mark(row["value"])
            if name == "data_timeliness":
                events[key] = row["denominator"]
    out = []
    for key in sorted(k for k in marks if events.get(k)):
        own = marks[key]
        if by == ("operator",) and "data_completeness" in own:
            own["data_completeness"] *= min(1.0, days_told.get(key, 0) / max(1, days))
        total = sum(WEIGHTS[n].weight for n in own)
        value = sum(WEIGHTS[n].weight * mark for n, mark in own.items()) / total
        out.append({**dict(zip(by, key, strict=True)), "numerator": None, "denominator": events[key], "value": value})
    return out
