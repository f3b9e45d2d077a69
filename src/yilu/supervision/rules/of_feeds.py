"""Rules that look at how good a feed's data is: shares of an operator's events of a local day, and senders' tokens that come too often.

Shares speak of no item (key 0). A day is judged once it lies whole before the watermark and has enough events. Bad days that follow on one another,
days with too few events passed over, are one piece of evidence: from the beginning of the first to the beginning of the first good day.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from yilu.items import days
from yilu.items.cubes import QUALITY
from yilu.network import Network
from yilu.network.local_time import local_time
from yilu.supervision.rules.declared import Catalogue
from yilu.supervision.rules.evidence import Evidence, evidence, joined
from yilu.supervision.rules.of_series import runs

SHARES: dict[str, str] = {
    "feed_repeats": "feed_repeats_permille",
    "feed_late_record": "feed_late_permille",
    "feed_clock_ahead": "feed_ahead_permille",
    "feed_unknown_place": "feed_place_permille",
    "feed_unmapped": "feed_unmapped_permille",
}
"""Rules over shares, and the threshold of each."""


def bad_days(quality: pa.Table, network: Network, watermark: int, catalogue: Catalogue) -> Evidence:
    """Operators whose events of a day are bad in too large a share. ``quality``: cells of the cube of that name; ``watermark``: UTC seconds up to
    which the latest feed is complete."""
    day, operator = (_column(quality, n) for n in ("day", "operator"))
    end = int(network.local_day(np.array([watermark]))[0])
    known = (day < end) & (operator > 0)
    quality, day, operator = quality.filter(pa.array(known)), day[known], operator[known]
    if not len(day):
        return joined([])
    pairs, of = np.unique(np.stack([operator, day], axis=1), axis=0, return_inverse=True)
    sums = _sums(quality, of.reshape(-1), len(pairs), catalogue["feed_late_hours"])
    judged = sums["events"] >= catalogue["feed_least"]
    if not judged.any():
        return joined([])
    pairs = pairs[judged]
    clock = local_time(network.time_zone)
    starts = np.array([clock.midnight(days.iso(int(d))) for d in pairs[:, 1]], np.int64)
    found = []
    for rule, threshold in SHARES.items():
        bad = 1000 * sums[rule][judged] > catalogue[threshold] * sums["events"][judged]
        for who in np.unique(pairs[bad, 0]).tolist():
            own = np.flatnonzero(pairs[:, 0] == who)
            begin, over = runs(bad[own])
            until = [0 if b == len(own) else starts[own[b]] for b in over.tolist()]
            at = starts[own[begin]]
            found.append(evidence(catalogue.number(rule), np.zeros(len(at), np.uint64), 0, who, 0, at, until))
    return joined(found)


def _sums(quality: pa.Table, of: NDArray[np.int64], groups: int, late_hours: int) -> dict[str, NDArray[np.int64]]:
    """Distinct events, and the bad ones by rule, of each group (groups,); ``of`` (n,): the group of each cell."""
    measure, hours, count = (_column(quality, n) for n in ("measure", "hours", "count"))

    def total(name: str, chosen: NDArray[np.bool_] | bool = True) -> NDArray[np.int64]:
        rows = (measure == QUALITY[name][0]) & chosen
        return np.bincount(of[rows], weights=count[rows], minlength=groups).astype(np.int64)

    events = total("events")
    return {
        "events": events, "feed_repeats": total("received") - events, "feed_late_record": total("events", hours >= late_hours),
        "feed_clock_ahead": total("clock_ahead"), "feed_unknown_place": total("unknown_place"), "feed_unmapped": total("unmapped"),
    }  # fmt: skip


def sender_token(tokens: pa.Table, watermark: int, catalogue: Catalogue) -> Evidence:
    """Items of one sender's token that came too often to one operator and place on one local day.

    ``tokens`` (``items.tokens.GROUPED``): acceptances that hold, with the group of each: its operator, place, day and token.
    """
    group, key, key2, operator, place, at = (
        tokens.column(n).to_numpy() for n in ("group", "key", "key2", "operator", "place", "at")
    )
    order = np.lexsort([at, key, group])
    group, key, key2, operator, place, at = (c[order] for c in (group, key, key2, operator, place, at))
    first = np.ones(len(key), np.bool_)
    first[1:] = (group[1:] != group[:-1]) | (key[1:] != key[:-1])
    counts = np.bincount(group[first], minlength=int(group.max(initial=-1)) + 1)
    rows = np.flatnonzero(first & (counts[group] > catalogue["token_most"]))
    when = at[rows].astype(np.int64)
    number = catalogue.number("sender_token")
    return joined([evidence(number, key[rows], key2[rows], operator[rows], place[rows], when, 0, when > watermark)])


def _column(table: pa.Table, name: str) -> NDArray[np.int64]:
    return np.asarray(table.column(name).to_numpy(), np.int64)
