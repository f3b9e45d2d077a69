"""What rules over a feed's counts must say of a scenario, counted from the scans as they were made.

The twin sees every scan that its files hold. How many of an operator's day are repeats, late, ahead of their clock, at no known place or unmapped, and
in which hours an operator tells of nothing, is counted here a second time, from docs/explain/alerts.md and apart from cubes and rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from yilu.network import Network
from yilu.twin.scans import MARK_CONFLICT, MARK_NEW_NUMBER, MARK_UNKNOWN_PLACE, MARK_UNMAPPED

_HOUR = 3600
RULES: dict[str, str] = {
    "feed_repeats": "feed_repeats_permille", "feed_late_record": "feed_late_permille", "feed_clock_ahead": "feed_ahead_permille",
    "feed_unknown_place": "feed_place_permille", "feed_unmapped": "feed_unmapped_permille",
}  # fmt: skip
Key = tuple[int, int]
"""Operator id, and a local day or an hour."""


@dataclass
class Counts:
    """Counts by operator and local day, and by operator and hour; ``ahead_s``: how far a clock may be ahead; ``late_s``: what is recorded late."""

    network: Network
    ahead_s: int
    late_s: int
    of: dict[str, Counter[Key]] = field(
        default_factory=lambda: {name: Counter() for name in ("events", "hours", *RULES)}
    )
    latest: int = 0

    def saw(self, rows: NDArray[np.uint32]) -> None:
        """Count scans (n, WORDS), all copies of a scan among them."""
        at, seen = rows[:, 1].astype(np.int64), rows[:, 2].astype(np.int64)
        ahead = at - seen > self.ahead_s
        self._add("feed_clock_ahead", rows[ahead], seen[ahead])
        rows, at, seen = rows[~ahead], at[~ahead], seen[~ahead]
        if not len(rows):
            return
        self.latest = max(self.latest, int(at.max()))
        first = _first_of_each(rows)
        self._add("feed_repeats", rows[~first], at[~first])
        rows, at, seen = rows[first], at[first], seen[first]
        marks = rows[:, 4] >> 24
        for name, chosen in (
            ("events", np.ones(len(rows), np.bool_)), ("feed_late_record", seen - at > self.late_s),
            ("feed_unknown_place", (marks & MARK_UNKNOWN_PLACE) > 0), ("feed_unmapped", (marks & MARK_UNMAPPED) > 0),
        ):  # fmt: skip
            self._add(name, rows[chosen], at[chosen])
        self._count("hours", rows[:, 3] >> 20, at // _HOUR)

    def _add(self, name: str, rows: NDArray[np.uint32], at: NDArray[np.int64]) -> None:
        if len(rows):
            self._count(name, rows[:, 3] >> 20, self.network.local_day(at))

    def _count(self, name: str, operator: NDArray, when: NDArray) -> None:
        pairs, n = np.unique(
            np.stack([operator.astype(np.int64), when.astype(np.int64)], axis=1), axis=0, return_counts=True
        )
        self.of[name].update({(int(o), int(t)): int(c) for (o, t), c in zip(pairs, n, strict=True)})

    def bad_days(self, thresholds: Mapping[str, int], watermark: int) -> Iterator[tuple[str, int, int, int]]:
        """(rule, operator, from, until) of runs of bad days that are whole before ``watermark`` (UTC seconds)."""
        end = int(self.network.local_day(np.array([watermark]))[0])
        days = sorted(k for k, n in self.of["events"].items() if n >= thresholds["feed_least"] and k[1] < end)

        def begin(day: int) -> int:
            return self.network.local_time.midnight(str(np.datetime64(day, "D")))

        for rule, threshold in RULES.items():
            for who, own in groupby(days, key=lambda k: k[0]):
                since = 0
                for key in own:
                    bad = 1000 * self.of[rule][key] > thresholds[threshold] * self.of["events"][key]
                    if bad and not since:
                        since = begin(key[1])
                    elif since and not bad:
                        yield rule, who, since, begin(key[1])
                        since = 0
                if since:
                    yield rule, who, since, 0

    def silences(self, thresholds: Mapping[str, int], watermark: int) -> Iterator[tuple[str, int, int, int]]:
        """(rule, operator, from, until) of hours in which an operator tells of nothing though a day before it did. Scans of bags count once."""
        hours, least, end = thresholds["silent_hours"], thresholds["silent_least"], watermark // _HOUR
        for who in sorted({o for o, _ in self.of["hours"]}):
            told = sorted(h for o, h in self.of["hours"] if o == who and h < end)
            for last, following in zip(told, [*told[1:], end], strict=False):
                since = last + 1 - 24 * -(-hours // 24)
                usual = sum(self.of["hours"][who, h] for h in range(since, since + hours))
                if following - last - 1 >= hours and 24 * usual >= least * hours:
                    yield "silent_feed", who, (last + 1 + hours) * _HOUR, 0 if following == end else following * _HOUR


def _first_of_each(rows: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which rows (n,) hold of each scan: of its copies the first recorded, one with another weight last."""
    marks = rows[:, 4] >> 24
    place = np.where(marks & MARK_UNKNOWN_PLACE, 0, rows[:, 3] & 0xFFFFF).astype(np.uint64)
    what = (
        place << np.uint64(32)
        | (rows[:, 4] & np.uint32(0xFF00FF)).astype(np.uint64) << np.uint64(1)
        | ((marks & MARK_NEW_NUMBER) > 0).astype(np.uint64)
    )
    whose = rows[:, 0].astype(np.uint64) << np.uint64(32) | rows[:, 1]
    order = np.lexsort([rows[:, 2], marks & MARK_CONFLICT, what, whose])
    first = np.ones(len(rows), np.bool_)
    first[order[1:]] = (whose[order[1:]] != whose[order[:-1]]) | (what[order[1:]] != what[order[:-1]])
    return first
