"""Alerts (预警): evidence of one rule, operator, place and day together, with an identity that stays, a life, and what keeps it quiet.

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
from yilu.supervision.rules.declared import Catalogue
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

    @property
    def told(self) -> bool:
        """Whether a person is told of it."""
        return not self.inhibited_by and not self.silenced


@dataclass(frozen=True)
class Silence:
    """Nothing is told of what it covers while it lasts (UTC seconds). Empty rule, operator 0, place 0: any."""

    id: str
    since: int
    until: int
    rule: str = ""
    operator: int = 0
    place: int = 0

    def covers(self, alert: Alert, now: int) -> bool:
        """Whether it covers an alert at ``now``."""
        fits = self.rule in ("", alert.rule) and self.operator in (0, alert.operator) and self.place in (0, alert.place)
        return fits and self.since <= now < self.until


def silences_of(declared: pa.Table) -> tuple[Silence, ...]:
    """The silences of the register ``silences`` (``feeds.load``)."""
    return tuple(
        Silence(r["silence"], r["silent_from"], r["silent_to"], r["rule"] or "", r["operator"] or 0, r["facility"] or 0)
        for r in declared.to_pylist()
        if r["status"] == "declared"
    )


def identity(rule: str, operator: str, place: str, day: int) -> str:
    """The identity of an alert, of codes alone, so that it is the same in every store and after every rebuild."""
    return hashlib.blake2b("\x1f".join((rule, operator, place, str(day))).encode(), digest_size=8).hexdigest()


def alerts_of(
    found: Evidence, network: Network, catalogue: Catalogue, silences: tuple[Silence, ...] = (), now: int = 0
) -> tuple[list[Alert], NDArray[np.int64]]:
    """(alerts, gravest and latest first; for each row of evidence (n,) the index of its alert)."""
    if not len(found):
        return [], np.empty(0, np.int64)
    day = network.local_day(found["at"])
    of = np.stack([found["rule"], found["operator"], found["place"], day], axis=1).astype(np.int64)
    groups, group = np.unique(of, axis=0, return_inverse=True)
    group = group.reshape(-1)
    count = np.bincount(group, weights=found["key"] != 0, minlength=len(groups))
    first, last = (
        _by_group(np.minimum, found["at"], group, len(groups)),
        _by_group(np.maximum, found["at"], group, len(groups)),
    )
    until = _by_group(np.maximum, found["until"], group, len(groups))
    running = _by_group(np.maximum, (found["until"] == 0).astype(np.int64), group, len(groups)) > 0
    sure = _by_group(np.maximum, (~found["provisional"]).astype(np.int64), group, len(groups)) > 0
    quiet = _inhibited(found, group, len(groups), catalogue)
    names = {rule.number: rule for rule in catalogue.rules.values()}
    operators, facilities = network.operators.code_of_id, network.facilities.code_of_id
    alerts = []
    for g, (number, operator, place, of_day) in enumerate(groups.tolist()):
        rule = names[number]
        over = rule.resolves and not running[g]
        alert = Alert(
            identity(rule.id, operators.get(operator, ""), facilities.get(place, ""), of_day), rule.id, rule.severity, operator, place, of_day,
            int(count[g]), int(first[g]), int(last[g]), int(until[g]) if over else 0,
            RESOLVED if over else FIRING if sure[g] else PROVISIONAL, quiet[g],
        )  # fmt: skip
        silenced = next((s.id for s in silences if s.covers(alert, now)), "")
        alerts.append(alert if not silenced else Alert(**{**alert.__dict__, "silenced": silenced}))
    order = sorted(range(len(alerts)), key=lambda g: (-alerts[g].severity, -alerts[g].last, alerts[g].id))
    place_of = np.empty(len(order), np.int64)
    place_of[order] = np.arange(len(order))
    return [alerts[g] for g in order], place_of[group]


def _by_group(what: np.ufunc, values: NDArray, group: NDArray[np.int64], groups: int) -> NDArray[np.int64]:
    info = np.iinfo(np.int64)
    out = np.full(groups, info.max if what is np.minimum else info.min, np.int64)
    what.at(out, group, values.astype(np.int64))
    return out


def _inhibited(found: Evidence, group: NDArray[np.int64], groups: int, catalogue: Catalogue) -> list[tuple[str, ...]]:
    """Rules by which each group is inhibited: those that speak of every one of its items."""
    out: list[tuple[str, ...]] = [()] * groups
    for rule in catalogue.rules.values():
        if not rule.inhibits:
            continue
        keys = np.unique(found["key"][found["rule"] == rule.number])
        covered = np.isin(found["key"], keys)
        all_covered = _by_group(np.minimum, covered.astype(np.int64), group, groups) > 0
        numbers = [catalogue.number(other) for other in rule.inhibits]
        of_rule = _by_group(np.maximum, found["rule"].astype(np.int64), group, groups)
        for g in np.flatnonzero(all_covered & np.isin(of_rule, numbers)):
            out[g] = (*out[g], rule.id)
    return out
