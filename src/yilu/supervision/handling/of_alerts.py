"""An alert in people's hands (预警处置): new, taken, confirmed or dismissed, part of an incident; and who may do what about it.

What the rules say of it (provisional, firing, resolved) is a fact and lives apart: nothing here changes it, and it changes nothing here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from yilu.supervision.handling.acting import CARRIER, DUTY, MONITOR, SUPERVISOR, Actor, HandlingError, must_be, must_say

NEW, TAKEN, CONFIRMED, DISMISSED, INCIDENT = "new", "taken", "confirmed", "dismissed", "incident"
STATES: dict[str, tuple[str, str]] = {
    NEW: ("待接收", "new"),
    TAKEN: ("处理中", "taken"),
    CONFIRMED: ("已核实", "confirmed"),
    DISMISSED: ("已排除", "dismissed"),
    INCIDENT: ("转事件", "in an incident"),
}
"""States of handling: Chinese and English name."""

_STAFF = frozenset({DUTY, MONITOR, SUPERVISOR})
_ALL = _STAFF | {CARRIER}


@dataclass(frozen=True)
class Deed:
    """Something done about an alert: from which states, to which (None: the same), by which roles; ``says``: what must be written, "" nothing."""

    zh: str
    en: str
    states: frozenset[str]
    to: str | None
    roles: frozenset[str]
    says: tuple[str, str] | None = None


_REASON, _COMMENT, _ANSWER = ("理由", "the reason"), ("备注", "the comment"), ("书面答复", "the written answer")
_ANY = frozenset(STATES)
DEEDS: dict[str, Deed] = {
    "take": Deed("接收", "take", frozenset({NEW, TAKEN}), TAKEN, _STAFF),
    "give_back": Deed("退回", "give back", frozenset({TAKEN}), NEW, _STAFF, _REASON),
    "confirm": Deed("核实", "confirm", frozenset({TAKEN}), CONFIRMED, _STAFF),
    "dismiss": Deed("排除", "dismiss", frozenset({TAKEN, CONFIRMED}), DISMISSED, _STAFF, _REASON),
    "reopen": Deed("重新处理", "open again", frozenset({CONFIRMED, DISMISSED, INCIDENT}), TAKEN, _STAFF, _REASON),
    "comment": Deed("备注", "comment", _ANY, None, _STAFF, _COMMENT),
    "answer": Deed("答复", "answer", _ANY, None, frozenset({CARRIER}), _ANSWER),
    "to_incident": Deed("转为事件", "turn into an incident", frozenset({TAKEN, CONFIRMED}), INCIDENT, frozenset({DUTY})),
}  # fmt: skip
"""What may be done. The monitor watches and passes on: opening an incident is the duty officer's."""


@dataclass(frozen=True)
class Handled:
    """An alert as people handle it: its identity, state, who has it ("" nobody)."""

    alert: str
    state: str = NEW
    owner: str = ""


@dataclass(frozen=True)
class Step:
    """One thing that was done. ``shared``: whether the carrier sees it: what it wrote itself, and the state it is told."""

    by: str
    role: str
    at: int
    deed: str
    text: str
    before: str
    after: str
    shared: bool


def possible(handled: Handled, actor: Actor) -> tuple[str, ...]:
    """What ``actor`` can do about it as it is, in the order of ``DEEDS``."""
    found = [d for d, deed in DEEDS.items() if actor.role in deed.roles and handled.state in deed.states]
    return tuple(d for d in found if d != "take" or handled.owner != actor.name)


def done(handled: Handled, deed: str, actor: Actor, at: int, text: str = "") -> tuple[Handled, Step]:
    """(the alert after a deed, what is kept of it). An alert that another has is taken over by taking it with a reason.

    Raises HandlingError: the role may not, the state doesn't allow it, it is in another's hands, or what must be written isn't.
    """
    what = DEEDS[deed]
    must_be(actor, what.roles, what.zh, what.en)
    if handled.state not in what.states:
        raise _not_now(handled, what)
    another = handled.state == TAKEN and handled.owner not in ("", actor.name)
    if another and deed == "take":
        said = must_say(text, "接手的理由", "why you take it over")
    elif another and what.to is not None:
        raise HandlingError(
            f"{what.en}: {handled.owner} has it", f"{what.zh}:由 {handled.owner} 处理中",
            "take it over first, and say why", "请先填写理由接手",
        )  # fmt: skip
    elif deed == "take" and handled.state == TAKEN:
        raise HandlingError("take: you have it already", "接收:已由您处理", "confirm or dismiss it", "请核实或排除")
    else:
        said = must_say(text, *what.says) if what.says else text.strip()
    after = handled.state if what.to is None else what.to
    owner = handled.owner if what.to is None else "" if after == NEW else actor.name
    kept = Step(actor.name, actor.role, at, deed, said, handled.state, after, actor.role == CARRIER)
    return replace(handled, state=after, owner=owner), kept


def _not_now(handled: Handled, what: Deed) -> HandlingError:
    now_zh, now = STATES[handled.state]
    froms = [STATES[s] for s in STATES if s in what.states]
    first = {NEW: ("先接收", "take it first"), DISMISSED: ("先重新处理", "open it again first"), INCIDENT: ("在事件中处置", "go on in the incident")}  # fmt: skip
    zh, en = first.get(handled.state, ("先重新处理", "open it again first"))
    return HandlingError(
        f"{what.en}: the alert is {now}, not {' or '.join(f[1] for f in froms)}",
        f"{what.zh}:预警现为“{now_zh}”,须为“{'”或“'.join(f[0] for f in froms)}”", en, zh,
    )  # fmt: skip
