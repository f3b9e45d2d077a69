"""The alerts that a page shows: those in scope that its filter asks for, each with how it stands in people's hands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from yilu.console.alerts.models import Handling
from yilu.console.naming import Named, named
from yilu.console.pages.asking import AddressError
from yilu.console.pages.naming import Pair
from yilu.console.pages.page import Ask
from yilu.run.found import Found
from yilu.supervision.alerts import LIVES, RESOLVED, Alert
from yilu.supervision.handling.acting import Actor
from yilu.supervision.handling.of_alerts import DISMISSED, NEW, STATES, Handled
from yilu.supervision.rules.declared import SEVERITIES, Catalogue
from yilu.supervision.rules.evidence import Evidence

EPOCH = date(1970, 1, 1)
WAITING, ALL, QUIET = "", "all", "quiet"
"""Beside the states of handling: what somebody has to look at, everything told, and what is kept quiet."""
SHOWN: dict[str, Pair] = {
    WAITING: ("待处理", "to be handled"),
    ALL: ("全部", "all"),
    **STATES,
    QUIET: ("已静默或被涵盖", "silenced or covered by another"),
}
LIFE: dict[str, Pair] = {life: (zh, life) for life, (zh, _) in LIVES.items()}


@dataclass(frozen=True)
class Seen:
    """An alert in scope with how it is handled; codes in the place of ids. It is alert ``number`` of ``found``."""

    alert: Alert
    handled: Handled
    operator: str
    facility: str
    area: str
    day: date
    found: Found
    number: int

    @property
    def evidence(self) -> Evidence:
        """Its evidence."""
        return self.found.evidence[self.found.of == self.number]

    @property
    def waits(self) -> bool:
        """Whether somebody has to look at it: told, not dismissed, and not over before anybody took it."""
        state = self.handled.state
        return self.alert.told and state != DISMISSED and not (state == NEW and self.alert.life == RESOLVED)


def actor_of(ask: Ask) -> Actor:
    """Who asks, as the functions of handling take it."""
    return Actor(ask.scope.name, ask.scope.role.id, ask.scope.operator, ask.scope.areas)


def in_scope(ask: Ask) -> list[Seen]:
    """All alerts in scope, gravest and latest first."""
    return rows_of(ask, ask.seen.alerts())


def rows_of(ask: Ask, found: Found | None) -> list[Seen]:
    """The alerts of ``found``, as somebody has handled them."""
    if found is None:
        return []
    held = {h.alert: h.handled for h in ask.seen.records(Handling)}
    if ask.scope.is_carrier:  # who of the administration has it is no matter of the firm
        held = {alert: replace(h, owner="") for alert, h in held.items()}
    names = named()
    operators, facilities = ask.seen.network.operators.code_of_id, ask.seen.network.facilities.code_of_id
    return [
        Seen(
            a, held.get(a.id, Handled(a.id)), operators.get(a.operator, ""), facilities.get(a.place, ""), names.area_of(a.place),
            EPOCH + timedelta(days=a.day), found, i,
        )
        for i, a in enumerate(found.alerts)
    ]  # fmt: skip


def filtered(ask: Ask, rows: list[Seen]) -> list[Seen]:
    """Those that the filter in the address asks for. Raises AddressError for a rule, severity, life or state that there is not."""
    f, rules = ask.filter, ask.seen.rules.rules
    for name, value, known in (
        ("rule", f.rule, rules),
        ("severity", f.severity, {str(s) for s in SEVERITIES}),
        ("life", f.life, LIVES),
        ("state", f.state, SHOWN),
    ):
        if value and value not in known:
            listed = ", ".join(filter(None, map(str, known)))
            raise AddressError(name, value, f"one of {listed}", f"{listed} 之一")
    below = ask.seen.network.under(f.area) if f.area else None
    index = ask.seen.network.areas.index_of_code
    kept = []
    for row in rows:
        a = row.alert
        if (
            (f.rule and a.rule != f.rule)
            or (f.severity and str(a.severity) != f.severity)
            or (f.life and a.life != f.life)
        ):
            continue
        if (f.operator and row.operator != f.operator) or (f.since and row.day.isoformat() < f.since):
            continue
        if (f.until and row.day.isoformat() > f.until) or (below is not None and not below[index.get(row.area, 0)]):
            continue
        if in_state(row, f.state):
            kept.append(row)
    return kept


def in_state(row: Seen, state: str) -> bool:
    """Whether an alert belongs to a state of ``SHOWN``."""
    if state == WAITING:
        return row.waits
    if state == QUIET:
        return not row.alert.told
    return row.alert.told if state == ALL else row.handled.state == state


def record_of(row: Seen, rules: Catalogue, names: Named) -> dict[str, object]:
    """An alert as a row of a table."""
    a, rule = row.alert, rules.rules[row.alert.rule]
    return {
        "id": a.id, "rule": a.rule, "rule_name": (rule.zh, rule.en), "severity": a.severity, "severity_name": SEVERITIES[a.severity], "life": a.life,
        "life_name": LIFE[a.life], "state": row.handled.state, "state_name": STATES[row.handled.state], "owner": row.handled.owner, "operator": row.operator,
        "operator_name": names.of_operator(row.operator), "facility": row.facility, "facility_name": names.of_facility(row.facility), "area": row.area,
        "area_name": names.of_area(names.city_of(row.area)), "day": row.day.isoformat(), "items": a.items, "first": a.first, "last": a.last, "until": a.until,
        "quiet": ", ".join([*a.inhibited_by, *([a.silenced] if a.silenced else [])]), "protected": ", ".join(a.protected),
    }  # fmt: skip
