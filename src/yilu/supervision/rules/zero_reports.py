"""The daily zero reports of a commit, one by one: owed by whom, of which day, received when."""

from __future__ import annotations

from dataclasses import dataclass

from yilu.items import cubes, feeds
from yilu.items.reading import Snapshot
from yilu.network import Network
from yilu.supervision.rules.declared import Catalogue
from yilu.supervision.rules.of_protection import owed_days, protection_of

RECEIVED, LATE, MISSING = "received", "late", "missing"
STANDS: dict[str, tuple[str, str]] = {
    RECEIVED: ("已报", "received"),
    LATE: ("迟报", "received late"),
    MISSING: ("缺报", "missing"),
}
"""How a report that is owed stands."""


@dataclass(frozen=True)
class Owed:
    """One report that is owed: period, operator by id, local day (since 1970), by when and when it came (UTC seconds, 0 not yet), cases it reports (None: none came)."""

    period: str
    operator: int
    day: int
    by: int
    came: int
    cases: int | None

    @property
    def stands(self) -> str:
        """How it stands (``STANDS``)."""
        return MISSING if not self.came else RECEIVED if self.came <= self.by else LATE


def owed_reports(snapshot: Snapshot, network: Network, catalogue: Catalogue) -> list[Owed]:
    """All reports that are owed up to the latest event, by period, day and operator."""
    reports = feeds.load(snapshot, "zero_reports")
    protection = protection_of(network, snapshot.rules, feeds.load(snapshot, "protected_periods"), reports)
    if not protection.reporting:
        return []
    days = owed_days(snapshot.cells(cubes.BY_NAME["scans"]), network, protection, snapshot.as_of, catalogue["zero_report_hour"])  # fmt: skip
    cases = {(r["period"], r["operator"], r["reported_at"]): r["cases"] for r in reports.to_pylist()}
    found = {
        (d.period, d.day, int(o)): Owed(d.period, int(o), d.day, d.by, int(c), cases.get((d.period, int(o), int(c))))
        for d in days
        for o, c in zip(d.operators, d.came, strict=True)
    }
    return [found[k] for k in sorted(found)]
