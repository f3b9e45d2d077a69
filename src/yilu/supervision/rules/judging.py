"""All rules on all items of a store, at one commit: what they say, as evidence.

What is said is a function of the commit's facts, the watermarks, the registers and the rules, so that it may be worked out again at any time and
comes out the same, however the events came.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from yilu.items import cubes, erasing, feeds, log, order, tokens
from yilu.items.reading import Snapshot
from yilu.items.retold import Retold, joined, retell
from yilu.items.rules import Rules, packed
from yilu.items.schema import EVENT_COLUMNS, Events
from yilu.network import Network
from yilu.supervision.rules import (
    candidates,
    evidence,
    of_cells,
    of_crossings,
    of_feeds,
    of_items,
    of_protection,
    of_series,
    of_time,
    unusual,
)
from yilu.supervision.rules.declared import Catalogue
from yilu.supervision.rules.evidence import Evidence
from yilu.supervision.rules.lives import Lives, lives_of
from yilu.supervision.rules.of_crossings import Parted, parted
from yilu.supervision.rules.of_protection import Protection, protection_of
from yilu.supervision.rules.protected import Binding, bindings_of
from yilu.supervision.rules.registers import Filed, closures_of, filed_of
from yilu.supervision.rules.watermarks import watermarks_of

_LOOKED_AT = ("key", "at", "kind", "place", "recorded_at", "via", "container")
_SPARE = frozenset(c.name for c in EVENT_COLUMNS) - set(_LOOKED_AT)


@dataclass(frozen=True)
class Judge:
    """What rules are judged by: the province, its catalogue, filings, closures of crossings, what protected periods ask for, and whom those bind that tighten rules."""

    network: Network
    catalogue: Catalogue
    filed: Filed
    closures: tuple[Parted, ...] = ()
    protection: Protection = field(default_factory=Protection)
    bindings: tuple[Binding, ...] = ()


def judge_of(snapshot: Snapshot, network: Network, catalogue: Catalogue) -> Judge:
    """A judge with the registers as they stand at the snapshot's commit. Raises InputError where ``rules.toml`` names what the province doesn't have."""
    filed = filed_of(network, feeds.load(snapshot, "outlet_filings"))
    closures = tuple(parted(network, c) for c in closures_of(network, feeds.load(snapshot, "crossing_closures")))
    periods, reports = (feeds.load(snapshot, kind) for kind in ("protected_periods", "zero_reports"))
    protection = protection_of(network, snapshot.rules, periods, reports)
    return Judge(network, catalogue, filed, closures, protection, bindings_of(network, catalogue))


def judged(
    snapshot: Snapshot, judge: Judge, lateness_s: int, progress: Callable[[int, int], None] | None = None
) -> Evidence:
    """What the rules say of all items whose events are logged. ``lateness_s``: allowed lateness of feeds. ``progress``: (buckets done, of how many)."""
    rules = packed(snapshot.rules)
    marks = watermarks_of(snapshot, judge.catalogue, lateness_s)
    latest = marks.latest
    told = []
    for b in range(snapshot.at.buckets):
        told.append(_retold(snapshot, judge, b, rules, latest))
        if progress:
            progress(b + 1, snapshot.at.buckets)
    lives = lives_of(joined(told), snapshot.rules, marks.of_source, judge.bindings)
    return said(lives, judge, snapshot, latest)


def said(lives: Lives, judge: Judge, snapshot: Snapshot, latest: int) -> Evidence:
    """What the rules say of told lives; cells are those of the snapshot, complete up to ``latest``, UTC seconds."""
    scans = snapshot.cells(cubes.BY_NAME["scans"])
    of_items = together(of_lives(lives, judge, snapshot.rules), scans, judge, snapshot.rules)
    return applied([of_items, of_counts(snapshot, scans, judge, latest)], judge.catalogue)


def of_lives(lives: Lives, judge: Judge, rules: Rules) -> Evidence:
    """What follows from each life alone, long stays of which not enough may be a backlog among it."""
    c = judge.catalogue
    return evidence.joined([
        of_items.checks(lives, rules, c),
        of_items.backfilled(lives, c),
        of_items.impossible_travel(lives, rules, c),
        of_items.after_delivery(lives, c),
        of_items.unfiled(lives, judge.filed, c),
        of_time.stalled(lives, judge.network, c),
        of_time.late(lives, c),
        of_time.long_stays(lives, rules, c),
        of_crossings.crossing_closed(lives, judge.closures, c),
        of_protection.of_items(lives, judge.protection, c),
    ])  # fmt: skip


def together(rows: Evidence, scans: pa.Table, judge: Judge, rules: Rules) -> Evidence:
    """What follows from all lives: of ``rows`` (``of_lives``) long stays only where they pile up, and machines that were off beside them."""
    c = judge.catalogue
    stays = rows["rule"] == c.number("backlog")
    missing = rows[rows["rule"] == c.number("screening_missing")]
    off = of_cells.screening_off(missing, scans, c, rules.processing) if len(missing) else missing
    return evidence.joined([rows[~stays], of_time.piled_up(rows[stays], judge.network, c), off])


def of_counts(snapshot: Snapshot, scans: pa.Table, judge: Judge, latest: int) -> Evidence:
    """What cubes, registers and senders' tokens give cause for; ``scans``: cells of the cube of that name."""
    c = judge.catalogue
    return evidence.joined([
        of_series.silent_feed(scans, latest, c),
        of_series.outlet_fading(scans, judge.network, latest, c),
        of_feeds.bad_days(snapshot.cells(cubes.BY_NAME["quality"]), judge.network, latest, c),
        of_feeds.sender_token(tokens.held(snapshot, c["token_most"]), latest, c),
        of_protection.zero_reports(scans, judge.network, judge.protection, snapshot.as_of, c),
        unusual.unusual(scans, judge.network, latest, c),
    ])  # fmt: skip


def applied(parts: list[Evidence], catalogue: Catalogue) -> Evidence:
    """All of the parts, without rules that the province doesn't apply."""
    found = evidence.joined(parts)
    return found[~np.isin(found["rule"], [catalogue.number(rule) for rule in catalogue.off])]


def _retold(snapshot: Snapshot, judge: Judge, b: int, rules: NDArray[np.uint32], latest: int) -> Retold:
    """The lives of one bucket's candidates."""
    at, wanted = snapshot.at, suspects_of(snapshot, judge, b, rules, latest)
    told = order.arrange(log.read(snapshot.disk, at.log, b, at.buckets, wanted)).events
    return retell(erasing.kept(told, at.erased)[0], rules)


def suspects_of(snapshot: Snapshot, judge: Judge, b: int, flat: NDArray[np.uint32], latest: int) -> NDArray[np.uint64]:
    """Keys of a whole bucket's suspects."""
    logged = log.read(snapshot.disk, snapshot.at.log, b, snapshot.at.buckets, spare=_SPARE)
    return suspects(snapshot.rows(b), logged, judge, snapshot.rules, flat, latest)


def suspects(
    rows: NDArray[np.void], logged: Events, judge: Judge, rules: Rules, flat: NDArray[np.uint32], latest: int
) -> NDArray[np.uint64]:
    """Keys, in order, of items that a rule may speak of: by their states (n,), or by single events that are ``logged``. ``flat``: packed rules."""
    states = candidates.of_states(rows, flat, latest, judge.catalogue) | of_protection.candidates(
        rows, judge.protection
    )
    events = candidates.of_events(logged, judge.filed, judge.catalogue)
    held_up = of_crossings.candidates(rows, logged, judge.closures, rules, judge.catalogue)
    return np.unique(np.concatenate([rows["key"][states], logged.key[events], held_up]))
