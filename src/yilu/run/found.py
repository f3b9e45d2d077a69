"""Alerts of a store as it stands: found by whoever runs, or now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yilu.items import feeds
from yilu.run.facts import Facts
from yilu.run.handing import is_running
from yilu.supervision.alerts import Alert, alerts_of, silences_of
from yilu.supervision.rules import declared, judging, kept
from yilu.supervision.rules.declared import Catalogue
from yilu.supervision.rules.evidence import Evidence
from yilu.supervision.rules.watermarks import watermarks_of


@dataclass(frozen=True)
class Found:
    """Alerts of a store at one commit, with their evidence: ``of`` (n,) says which alert a row belongs to.

    ``complete_to``: up to when all feeds that still tell are complete; ``silent``: feeds that have fallen silent, and the latest event of each (UTC seconds).
    """

    catalogue: Catalogue
    alerts: list[Alert]
    evidence: Evidence
    of: NDArray[np.int64]
    complete_to: int
    silent: dict[str, int]
    commit: int


def find(opened: Facts, progress: Callable[[int, int], None] = lambda done, of: None) -> Found:
    """What the rules say of the store's newest commit: as a running writer kept it, or else looked at now, which ``progress`` is told of."""
    snapshot, network = opened.read(), opened.network
    catalogue = declared.for_province(network.folder)
    lateness_s = 60 * opened.settings.allowed_lateness_minutes
    by = kept.judged_by(snapshot, catalogue, lateness_s)
    evidence = kept.current(snapshot, by, running=is_running(opened.root))
    if evidence is None:
        judge = judging.judge_of(snapshot, network, catalogue)
        evidence = judging.judged(snapshot, judge, lateness_s, progress)
    now, marks = snapshot.as_of, watermarks_of(snapshot, catalogue, lateness_s)
    silent = marks.silent_names(snapshot.at.names)
    silences = silences_of(feeds.load(snapshot, "silences"))
    alerts, of = alerts_of(evidence, network, catalogue, silences, now, silent)
    since = {name: snapshot.at.watermarks[name] for name in sorted(silent.values())}
    return Found(catalogue, alerts, evidence, of, marks.complete_to, since, snapshot.at.commit)


def record(opened: Facts, found: Found, i: int, evidence: bool = False) -> dict[str, Any]:
    """One alert as a machine reads it: codes beside ids, times in UTC seconds, evidence as pseudonyms."""
    a, rule = found.alerts[i], found.catalogue.rules[found.alerts[i].rule]
    network = opened.network
    out: dict[str, Any] = {
        "id": a.id, "rule": a.rule, "severity": a.severity, "unusual": a.unusual, "life": a.life, "operator": network.operators.code_of_id.get(a.operator, ""),
        "facility": network.facilities.code_of_id.get(a.place, ""), "day": np.datetime64(a.day, "D").astype(str), "items": a.items,
        "first": a.first, "last": a.last, "until": a.until or None, "inhibited_by": list(a.inhibited_by), "silenced_by": a.silenced or None, "protected": list(a.protected),
        "silent_feeds": list(a.silent_feeds),
        "stands_on": rule.stands_on[0], "stands_on_en": rule.stands_on[1],
    }  # fmt: skip
    if evidence:
        rows = found.evidence[found.of == i]
        out["evidence"] = [
            {"item": f"{int(r['key']):016x}" if r["key"] else None, "facility": network.facilities.code_of_id.get(int(r["place"])), "from": int(r["at"]), "until": int(r["until"]) or None, "provisional": bool(r["provisional"])}
            for r in rows
        ]  # fmt: skip
    return out
