"""Advice (调度建议) on its way: from the province to a city, from the city to the firm, each receipt with its time, and the firm's answer.

An administration can't order a carrier's routing: what it sends is advice. An order (调度指令) is only a carrier's own, to a place of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from yilu.supervision.handling.acting import (
    CARRIER,
    DUTY,
    SUPERVISOR,
    Actor,
    HandlingError,
    must_be,
    must_say,
    one_of,
)

ADVICE, ORDER = "advice", "order"
KINDS: dict[str, tuple[str, str]] = {ADVICE: ("调度建议", "advice"), ORDER: ("调度指令", "order")}
_OFFICE = frozenset({DUTY, SUPERVISOR})
_FIRM = frozenset({CARRIER})


@dataclass(frozen=True)
class Advice:
    """One piece of advice, or one order. ``city``: area code of the city that passes it on, "" where it goes to the firm at once; ``operator``: the firm.

    Times in UTC seconds, 0 not yet.
    """

    kind: str
    text: str
    operator: str
    city: str = ""
    issued_at: int = 0
    city_received_at: int = 0
    passed_at: int = 0
    firm_received_at: int = 0
    answered_at: int = 0
    withdrawn_at: int = 0
    answer: str = ""

    @property
    def stage(self) -> str:
        """How far it is (``STAGES``)."""
        if self.withdrawn_at:
            return "withdrawn"
        for name in ("answered", "firm_received", "passed", "city_received", "issued"):
            if getattr(self, f"{name}_at"):
                return name
        return "drafted"


STAGES: dict[str, tuple[str, str]] = {
    "drafted": ("待发出", "drafted"),
    "issued": ("已发市局", "sent to the city"),
    "city_received": ("市局已签收", "received by the city"),
    "passed": ("已发企业", "sent to the firm"),
    "firm_received": ("企业已签收", "received by the firm"),
    "answered": ("企业已答复", "answered by the firm"),
    "withdrawn": ("已撤回", "withdrawn"),
}
"""Stages: Chinese and English name."""


def issued(kind: str, text: str, operator: str, city: str, actor: Actor, at: int) -> Advice:
    """Advice to a firm, by way of a city where one is named; or an order of a carrier to a place of its own.

    Raises HandlingError: an administration's order, a carrier's advice, or an order to another firm.
    """
    one_of(kind, KINDS, "类别", "kind")
    said = must_say(text, "内容", "what is advised")
    who = must_say(operator, "企业", "the firm")
    if kind == ORDER:
        must_be(actor, _FIRM, "下达调度指令", "give an order")
        if who != actor.operator:
            raise HandlingError("an order is for one's own firm", "调度指令只能在本企业内部下达", "leave the firm as it is", "请选择本企业")  # fmt: skip
        return Advice(ORDER, said, who, issued_at=at, passed_at=at)
    must_be(actor, _OFFICE, "发出调度建议", "send advice")
    if actor.areas and city and city not in actor.areas:
        raise HandlingError("a city sends advice to firms, not to another city", "市局只向企业发出建议,不向其他市局发出", "leave the city out", "请不填写市局")  # fmt: skip
    return Advice(ADVICE, said, who, city, issued_at=at, passed_at=0 if city else at)


def city_received(advice: Advice, actor: Actor, at: int) -> Advice:
    """The city has it; nobody else receives in its place."""
    _of_city(advice, actor, "签收", "receive")
    if not advice.city or advice.city_received_at:
        raise _not_now("市局无需签收,或已签收", "the city has nothing to receive, or has received it")
    return replace(advice, city_received_at=at)


def passed(advice: Advice, actor: Actor, at: int) -> Advice:
    """The city passes it on to the firm, once it has received it."""
    _of_city(advice, actor, "转发企业", "pass on")
    if not advice.city_received_at or advice.passed_at:
        raise _not_now("市局尚未签收,或已转发", "the city has not received it, or has passed it on")
    return replace(advice, passed_at=at)


def firm_received(advice: Advice, actor: Actor, at: int) -> Advice:
    """The firm has it."""
    _own(advice, actor, "签收", "receive")
    if not advice.passed_at or advice.firm_received_at:
        raise _not_now("尚未发至企业,或已签收", "it was not sent to the firm yet, or is received")
    return replace(advice, firm_received_at=at)


def answered(advice: Advice, actor: Actor, at: int, text: str) -> Advice:
    """The firm's answer in writing: whether and how it follows the advice, which is its own decision."""
    _own(advice, actor, "答复", "answer")
    if not advice.firm_received_at or advice.answered_at:
        raise _not_now("企业尚未签收,或已答复", "the firm has not received it, or has answered")
    return replace(advice, answered_at=at, answer=must_say(text, "书面答复", "the written answer"))


def withdrawn(advice: Advice, actor: Actor, at: int, reason: str) -> Advice:
    """Taken back, before the firm has answered: advice by the administration, an order by its carrier."""
    if advice.kind == ORDER:
        _own(advice, actor, "撤回", "withdraw")
    else:
        must_be(actor, _OFFICE, "撤回", "withdraw")
        _stands(advice)
    if advice.answered_at:
        raise _not_now("企业已答复", "the firm has answered")
    must_say(reason, "理由", "the reason")
    return replace(advice, withdrawn_at=at)


def possible(advice: Advice, actor: Actor) -> tuple[str, ...]:
    """What ``actor`` can do with it as it is."""
    if advice.withdrawn_at:
        return ()
    found = []
    office, own = actor.role in _OFFICE, actor.role in _FIRM and actor.operator == advice.operator
    if office and advice.kind == ADVICE and advice.city in actor.areas:
        if not advice.city_received_at:
            found.append("city_received")
        if advice.city_received_at and not advice.passed_at:
            found.append("passed")
    if own and advice.passed_at and not advice.firm_received_at:
        found.append("firm_received")
    if own and advice.firm_received_at and not advice.answered_at:
        found.append("answered")
    if not advice.answered_at and (office if advice.kind == ADVICE else own):
        found.append("withdrawn")
    return tuple(found)


def _of_city(advice: Advice, actor: Actor, zh: str, en: str) -> None:
    must_be(actor, _OFFICE, zh, en)
    if advice.city and advice.city not in actor.areas:
        raise HandlingError(f"{en}: it is for the city {advice.city}", f"{zh}:须由 {advice.city} 市局办理", "ask the city's officer", "请由该市局值班员办理")  # fmt: skip
    _stands(advice)


def _own(advice: Advice, actor: Actor, zh: str, en: str) -> None:
    must_be(actor, _FIRM, zh, en)
    if actor.operator != advice.operator:
        raise HandlingError(
            f"{en}: it is for another firm", f"{zh}:不属于本企业", "look at your own advice", "请办理本企业的建议"
        )
    _stands(advice)


def _stands(advice: Advice) -> None:
    if advice.withdrawn_at:
        raise HandlingError("it was withdrawn", "已撤回", "nothing is left to do", "无需办理")


def _not_now(zh: str, en: str) -> HandlingError:
    return HandlingError(en, zh, "look at how far it is", "请查看当前环节")
