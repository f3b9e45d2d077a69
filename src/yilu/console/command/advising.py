"""Deeds of advice: sending it, receipts on its way, the firm's answer; and a carrier's own orders."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.shortcuts import get_object_or_404

from yilu.console.access.roles import CARRIER, DUTY, STAFF, SUPERVISOR
from yilu.console.alerts.listing import actor_of
from yilu.console.audit.recording import fields_of, recorded
from yilu.console.command.advice_rows import TIMES, value_of
from yilu.console.command.kept import found, moment_of, noted
from yilu.console.command.models import Advice, Incident
from yilu.console.command.pages import command, now_s, one
from yilu.console.naming import named
from yilu.console.pages.page import Ask, Page
from yilu.console.pages.showing import Done, deed
from yilu.console.pages.typed import choice, said_again, text
from yilu.supervision.handling import advice as pure
from yilu.supervision.handling.acting import HandlingError

_OFFICE = frozenset({DUTY, SUPERVISOR})


def _sent(ask: Ask, kind: str, incident: Incident | None, operator: str, city: str, facility: str = "") -> Advice:
    value = pure.issued(kind, text(ask, "text", ("内容", "what is advised"), 1000), operator, city, actor_of(ask), now_s())  # fmt: skip
    made = Advice(
        incident=incident, kind=value.kind, text=value.text, operator=value.operator, city=value.city, area=city or (incident.area if incident else ""),
        facility=facility, made_by=ask.scope.name, issued_at=moment_of(value.issued_at), passed_at=moment_of(value.passed_at),
    )  # fmt: skip
    made.save()
    recorded(ask, f"advice.{kind}", "advice", str(made.pk), None, fields_of(made), made.text[:500])
    return made


@deed("command.advise", _OFFICE, "command/<int:pk>/advise")
@said_again(one)
def advise(ask: Ask) -> Done | Page:
    """Send advice to a firm, by way of a city where one is chosen."""
    with transaction.atomic():
        record = found(ask, locked=True)
        if record.state == "closed":
            raise HandlingError("the incident is closed", "事件已结案", "open it again first", "请先恢复处置")
        operator = choice(ask, "operator", ("企业", "firm"), named().firms)
        city = choice(ask, "city", ("市局", "city"), ask.seen.network.areas.index_of_code, needed=False)
        if city and not ask.scope.holds(city):
            raise HandlingError("the city is out of your scope", "该市不在您的管辖范围内", "choose one of your own", "请选择所辖地区")  # fmt: skip
        made = _sent(ask, pure.ADVICE, record, operator, city)
        zh, en = named().of_operator(operator)
        noted(record, ask, "advice", (f"{zh}:{made.text}", f"{en}: {made.text}"))
    return Done("command.one", {"pk": record.pk})


@deed("advice.order", frozenset({CARRIER}), "advice/order")
@said_again(command)
def order(ask: Ask) -> Done | Page:
    """A carrier's order to a place of its own."""
    facility = choice(ask, "facility", ("场所", "facility"), named().facility, needed=False)
    with transaction.atomic():
        _sent(ask, pure.ORDER, None, ask.scope.operator, "", facility)
    return Done("command")


def _step(name: str, roles: frozenset[str], change: Callable[[pure.Advice, Ask], pure.Advice]) -> None:
    @said_again(command)
    def do(ask: Ask) -> Done | Page:
        with transaction.atomic():
            record = get_object_or_404(ask.seen.records(Advice).select_for_update(), pk=ask.given["pk"])
            before = fields_of(record)
            value = change(value_of(record), ask)
            for time in TIMES:
                if getattr(record, time) is None and (at := getattr(value, time)):
                    setattr(record, time, moment_of(at))
            record.answer = value.answer
            record.save()
            said = ask.form.get("text", "").strip()[:500]
            recorded(ask, f"advice.{name}", "advice", str(record.pk), before, fields_of(record), said)
            if record.incident_id:
                (zh, en), (how, how_en) = named().of_operator(record.operator), pure.STAGES[value.stage]
                noted(record.incident, ask, "advice", (f"{zh} {how}{':' if said else ''}{said}", f"{en}: {how_en}{': ' if said else ''}{said}"))  # fmt: skip
        return Done("command")

    do.__doc__ = f"Advice, or an order: {pure.STAGES[name][1]}."
    deed(f"advice.{name}", roles, f"advice/<int:pk>/{name}")(do)


_step("city_received", _OFFICE, lambda a, ask: pure.city_received(a, actor_of(ask), now_s()))
_step("passed", _OFFICE, lambda a, ask: pure.passed(a, actor_of(ask), now_s()))
_step("firm_received", frozenset({CARRIER}), lambda a, ask: pure.firm_received(a, actor_of(ask), now_s()))
_step("answered", frozenset({CARRIER}), lambda a, ask: pure.answered(a, actor_of(ask), now_s(), ask.form.get("text", "")[:1000]))  # fmt: skip
_step(
    "withdrawn", STAFF | {CARRIER}, lambda a, ask: pure.withdrawn(a, actor_of(ask), now_s(), ask.form.get("text", ""))
)
