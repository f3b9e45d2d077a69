"""Alerts (预警): evidence of one rule, operator, place and day together (or of what the rule is grouped by), with an identity that stays, a life, and what keeps it quiet.

Grouping, inhibition and silences are those of Prometheus' Alertmanager: a person is told once of what belongs together, not at all of what follows
from something graver that is told already, and not of what was silenced for a while; none of it takes evidence away.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from yilu.network import Network
from yilu.supervision.rules.declared import GROUPS, UNUSUAL, Catalogue
from yilu.supervision.rules.evidence import Evidence

PROVISIONAL, FIRING, RESOLVED = "provisional", "firing", "resolved"
LIVES: dict[str, tuple[str, str]] = {
    PROVISIONAL: ("待定", "Lies beyond what the feed has told completely; evidence that comes late may take it back."),
    FIRING: ("生效", "True, and not over."),
    RESOLVED: ("已解除", "All of its evidence has ended by itself."),
}
"""Lives of an alert: Chinese name and meaning."""


@dataclass(frozen=True)
class Alert:
    """One alert. ``day``: local day (since 1970) of its evidence; ``items``: how many, 0 where it speaks of counts; ``first``, ``last``: when its evidence begins, ``until``: when it ended
    (UTC seconds, 0 not yet). ``inhibited_by``: rules that speak of all of its items; ``silenced``: the silence that covers it, or "".
    ``protected``: ids of protected periods that bind one of its items and tighten its rule; where one makes more of the rule, so does ``severity``.
    ``silent_feeds``: feeds that have fallen silent, and on which some of its evidence hangs: whether this goes on, or holds, only they could tell.
    """

    id: str
    rule: str
    severity: int
    operator: int
    place: int
    day: int
    items: int
    first: int
    last: int
    until: int
    life: str
    inhibited_by: tuple[str, ...] = ()
    silenced: str = ""
    protected: tuple[str, ...] = ()
    silent_feeds: tuple[str, ...] = ()

    @property
    def unusual(self) -> bool:
        """Whether it is worth a look and no violation."""
        return self.severity == UNUSUAL

    @property
    def told(self) -> bool:
        """Whether a person is told of it."""
        return not self.inhibited_by and not self.silenced


@dataclass(frozen=True)
class Silence:
    """Nothing is told of what it covers while it lasts (UTC seconds). Empty rule, operator 0, place 0, empty area: any; ``area``: a code, with all below it."""

    id: str
    since: int
    until: int
    rule: str = ""
    operator: int = 0
    place: int = 0
    area: str = ""

    def covers(self, groups: Groups, network: Network, catalogue: Catalogue, now: int) -> NDArray[np.bool_]:
        """Which groups (g,) it covers at ``now``. One of a rule or an area that there is not covers none."""
        fits = np.full(len(groups.rule), self.since <= now < self.until)
        if self.rule:
            fits &= groups.rule == (catalogue.number(self.rule) if self.rule in catalogue.rules else -1)
        if self.operator:
            fits &= groups.operator == self.operator
        if self.place:
            fits &= groups.place == self.place
        if self.area:
            known = np.where(groups.place < len(network.facility_area), groups.place, 0)
            within = network.under(self.area) if self.area in network.areas.index_of_code else np.zeros(1, np.bool_)
            fits &= (known > 0) & within[network.facility_area[known] if within.size > 1 else 0]
        return fits


def silences_of(declared: pa.Table) -> tuple[Silence, ...]:
    """The silences of the register ``silences`` (``feeds.load``)."""
    return tuple(
        Silence(
            r["silence"],
            r["silent_from"],
            r["silent_to"],
            r["rule"] or "",
            r["operator"] or 0,
            r["facility"] or 0,
            r["area"] or "",
        )
        for r in declared.to_pylist()
        if r["status"] == "declared"
    )


def identity(rule: str, operator: str, place: str, day: int) -> str:
    """The identity of an alert, of codes alone, so that it is the same in every store and after every rebuild."""
    return hashlib.blake2b("\x1f".join((rule, operator, place, str(day))).encode(), digest_size=8).hexdigest()


def alerts_of(
    found: Evidence, network: Network, catalogue: Catalogue, silences: tuple[Silence, ...] = (), now: int = 0, silent: dict[int, str] | None = None,
) -> tuple[list[Alert], NDArray[np.int64]]:  # fmt: skip
    """(alerts, gravest and latest first; for each row of evidence (n,) the index of its alert). ``silent``: feeds that have fallen silent, by number (``watermarks``)."""
    if not len(found):
        return [], np.empty(0, np.int64)
    groups, group = grouped(found, network, catalogue)
    n = len(groups.rule)
    count = np.bincount(group, weights=found["key"] != 0, minlength=n).astype(np.int64)
    first, last = _by_group(np.minimum, found["at"], group, n), _by_group(np.maximum, found["at"], group, n)
    until = _by_group(np.maximum, found["until"], group, n)
    running = _by_group(np.maximum, found["until"] == 0, group, n) > 0
    sure = _by_group(np.maximum, ~found["provisional"], group, n) > 0
    names = {rule.number: rule for rule in catalogue.rules.values()}
    resolves = np.isin(groups.rule, [r.number for r in names.values() if r.resolves])
    over = resolves & ~running
    lives = np.where(over, RESOLVED, np.where(sure, FIRING, PROVISIONAL))
    quiet = _inhibited(found, group, groups, catalogue)
    hanging = _hanging(found, group, resolves, silent or {})
    periods = np.zeros(n, np.uint32)
    np.bitwise_or.at(periods, group, found["periods"])
    silenced = np.full(n, "", object)
    for silence in reversed(silences):
        silenced[silence.covers(groups, network, catalogue, now)] = silence.id
    operators, facilities = network.operators.code_of_id, network.facilities.code_of_id
    columns = (
        groups.rule,
        groups.operator,
        groups.place,
        groups.day,
        count,
        first,
        last,
        np.where(over, until, 0),
        periods,
    )
    alerts = []
    for g, (number, operator, place, day, items, since, latest, ended, bound_by) in enumerate(
        zip(*(c.tolist() for c in columns), strict=True)
    ):
        rule = names[number]
        tighter = [p for i, p in enumerate(catalogue.protected) if bound_by >> i & 1 and p.tightens(rule)]
        severity = max(rule.severity, *(p.severity.get(rule.id, 0) for p in tighter), 0)
        told_as = identity(rule.id, operators.get(operator, ""), facilities.get(place, ""), day)
        alerts.append(Alert(told_as, rule.id, severity, operator, place, day, items, since, latest, ended, str(lives[g]), quiet.get(g, ()), silenced[g], tuple(p.id for p in tighter), hanging.get(g, ())))  # fmt: skip
    severities = np.array([a.severity for a in alerts])
    order = np.lexsort([np.array([a.id for a in alerts]), -last, -severities])
    place_of = np.empty(n, np.int64)
    place_of[order] = np.arange(n)
    return [alerts[g] for g in order.tolist()], place_of[group]


@dataclass(frozen=True)
class Groups:
    """What makes groups of evidence (g,): number of the rule, operator and facility by id, local day since 1970."""

    rule: NDArray[np.int64]
    operator: NDArray[np.int64]
    place: NDArray[np.int64]
    day: NDArray[np.int64]


def grouped(found: Evidence, network: Network, catalogue: Catalogue) -> tuple[Groups, NDArray[np.int64]]:
    """(groups of evidence, the group of each row (n,)). A group is one number: rule 8, operator 12, place 20, day 24 bits; 0 where the rule doesn't group by it."""
    rule = found["rule"].astype(np.int64)
    by = {name: np.isin(rule, [r.number for r in catalogue.rules.values() if name in r.group_by]) for name in GROUPS}
    operator, place = (np.where(by[name], found[name].astype(np.int64), 0) for name in GROUPS)
    day = network.local_day(found["at"])
    codes, group = np.unique(rule << 56 | operator << 44 | place << 24 | day, return_inverse=True)
    parts = codes >> 56, codes >> 44 & 0xFFF, codes >> 24 & 0xFFFFF, codes & 0xFFFFFF
    return Groups(*parts), group.reshape(-1)


def _by_group(what: np.ufunc, values: NDArray, group: NDArray[np.int64], groups: int) -> NDArray[np.int64]:
    info = np.iinfo(np.int64)
    out = np.full(groups, info.max if what is np.minimum else info.min, np.int64)
    what.at(out, group, values.astype(np.int64))
    return out


def _hanging(
    found: Evidence, group: NDArray[np.int64], resolves: NDArray[np.bool_], silent: dict[int, str]
) -> dict[int, tuple[str, ...]]:
    """Silent feeds by group: those of items whose evidence may end, and has not, or is provisional."""
    unsettled = found["provisional"] | (resolves[group] & (found["until"] == 0))
    out: dict[int, tuple[str, ...]] = {}
    for source, name in sorted(silent.items(), key=lambda one: one[1]):
        for g in np.unique(group[unsettled & (found["source"] == source)]).tolist():
            out[g] = (*out.get(g, ()), name)
    return out


def _inhibited(
    found: Evidence, group: NDArray[np.int64], groups: Groups, catalogue: Catalogue
) -> dict[int, tuple[str, ...]]:
    """Rules by which groups are inhibited: those that speak of every one of their items. What speaks of counts alone is inhibited by nothing."""
    out: dict[int, tuple[str, ...]] = {}
    for rule in catalogue.rules.values():
        if not rule.inhibits:
            continue
        asked = np.isin(groups.rule, [catalogue.number(other) for other in rule.inhibits])
        rows = np.flatnonzero(asked[group])
        keys = np.unique(found["key"][found["rule"] == rule.number])
        covered = np.ones(len(groups.rule), np.bool_)
        covered[group[rows[~np.isin(found["key"][rows], keys[keys > 0])]]] = False
        for g in np.flatnonzero(asked & covered).tolist():
            out[g] = (*out.get(g, ()), rule.id)
    return out
