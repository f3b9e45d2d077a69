"""Rules that follow from an item's history alone: the three checks, invented scans, false signatures, unfiled outlets.

Each is a function of ``Lives`` to evidence; the exact meanings stand in docs/explain/alerts.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from yilu.items.rules import Rules
from yilu.network.distance import great_circle_km
from yilu.network.rules import CHECKS
from yilu.supervision.rules.declared import Catalogue
from yilu.supervision.rules.evidence import Evidence, joined
from yilu.supervision.rules.lives import OPEN_END, Lives, kinds
from yilu.supervision.rules.protected import within
from yilu.supervision.rules.registers import Filed

_MISSING, _AFTER = 3, 4
_MISSING_OF = dict(zip(CHECKS, ("inspection_missing", "identification_missing", "screening_missing"), strict=True))
_FIELDS = dict(zip(CHECKS, ("inspected", "identified", "screened"), strict=True))
_BROUGHT = kinds("out_for_delivery", "attempt", "locker", "station", "deliver")
_MOVED = kinds("arrive", "depart", "sort", "bag", "unbag", "load", "unload", "hold")


def leaving(lives: Lives, rules: Rules, check: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(when, where) each item left the latest place of a check, departure or delivery; (r,), place 0 where it has not.

    Where the latest place is that of acceptance, this is the place.
    """
    rows = lives.told.rows
    at_site = lives.processing[check]
    left = np.where(at_site, rows["left_processing"], rows["left"]).astype(np.int64)
    when = np.minimum(left, rows["delivered"].astype(np.int64))
    departs = lives.kind == kinds("depart")[0]
    site = rules.processing[np.minimum(lives.place, len(rules.processing) - 1)]
    departure = lives.first(departs & (lives.at == left[lives.item]) & (site | ~at_site[lives.item]))
    delivery = lives.first((lives.kind == kinds("deliver")[0]) & (lives.at == lives.delivered[lives.item]))
    event = np.where(left <= when, departure, delivery)
    start = (rows["start"] & np.uint64(0x7FFFFF)).astype(np.int64)
    return when, np.where(at_site, lives.places(event), start)


def checks(lives: Lives, rules: Rules, catalogue: Catalogue) -> Evidence:
    """Owed checks that are missing, or were made after the item had left their latest place."""
    found = []
    for number, check in enumerate(CHECKS):
        missing = np.flatnonzero(lives.judged & (lives.status[number] == _MISSING))
        when, where = leaving(lives, rules, number)
        found.append(lives.of_items(catalogue.number(_MISSING_OF[check]), missing, where[missing], when[missing]))
        late = np.flatnonzero(lives.judged & (lives.status[number] == _AFTER))
        made = lives.told.rows[_FIELDS[check]].astype(np.int64)
        event = lives.first((lives.kind == kinds(check)[0]) & (lives.at == made[lives.item]))[late]
        found.append(lives.of_items(catalogue.number("check_after"), late, lives.places(event), made[late]))
    return joined(found)


def backfilled(lives: Lives, catalogue: Catalogue) -> Evidence:
    """Checks whose recording lies far behind them."""
    checked = np.isin(lives.kind, kinds(*CHECKS)) & lives.own & lives.judged[lives.item]
    wait = 3600 * within(catalogue, "backfill_hours", lives.periods)[lives.item]
    rows = np.flatnonzero(checked & (lives.recorded - lives.at > wait))
    return lives.of_events(catalogue.number("check_backfilled"), rows, lives.at[rows])


def impossible_travel(lives: Lives, rules: Rules, catalogue: Catalogue) -> Evidence:
    """Pairs of consecutive scans farther apart than anything travels in their time."""
    later = np.flatnonzero((lives.item[1:] == lives.item[:-1]) & lives.judged[lives.item[1:]]) + 1
    a, b = lives.place[later - 1], lives.place[later]
    known = (a > 0) & (b > 0) & (a != b) & (np.maximum(a, b) < len(rules.longitude))
    later, a, b = later[known], a[known], b[known]
    km = great_circle_km(rules.longitude[a], rules.latitude[a], rules.longitude[b], rules.latitude[b])
    seconds = lives.at[later] - lives.at[later - 1]
    rows = later[(km > rules.limits[2]) & (1000 * km > rules.limits[1] * seconds)]
    return lives.of_events(catalogue.number("impossible_travel"), rows, lives.at[rows])


def after_delivery(lives: Lives, catalogue: Catalogue) -> Evidence:
    """Deliveries that later events of the item's own tell against, and items that moved after they were delivered."""
    since = lives.delivered + 60 * within(catalogue, "after_minutes", lives.periods)
    counts = lives.judged & (lives.delivered <= lives.returned) & (lives.delivered < OPEN_END)
    behind = lives.own & counts[lives.item] & (lives.at > since[lives.item]) & (lives.at <= lives.returned[lives.item])
    told = lives.first(behind & np.isin(lives.kind, _BROUGHT))
    signed = lives.first((lives.kind == kinds("deliver")[0]) & (lives.at == lives.delivered[lives.item]))
    false = np.flatnonzero(told >= 0)
    signed = signed[false]
    moved = lives.first(behind & np.isin(lives.kind, _MOVED))
    moved = moved[moved >= 0]
    return joined([
        lives.of_items(catalogue.number("false_signing"), false, lives.places(signed), lives.delivered[false]),
        lives.of_events(catalogue.number("scan_after_delivery"), moved, lives.at[moved]),
    ])  # fmt: skip


def unfiled(lives: Lives, filed: Filed, catalogue: Catalogue) -> Evidence:
    """First scans of items at outlets without a filing in force, one for each item and outlet."""
    scanned = lives.own & lives.judged[lives.item] & filed.lacks(lives.place, lives.at)
    rows = np.flatnonzero(scanned)
    _, first = np.unique(np.stack([lives.item[rows], lives.place[rows]], axis=1), axis=0, return_index=True)
    rows = rows[np.sort(first)]
    return lives.of_events(catalogue.number("unfiled_outlet"), rows, lives.at[rows])
