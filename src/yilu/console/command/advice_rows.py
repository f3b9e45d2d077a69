"""Advice as rows of a table: how far each is, with the times of receipt, and what the reader can do with it."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from yilu.console.alerts.listing import actor_of
from yilu.console.command.kept import seconds
from yilu.console.command.models import Advice as Record
from yilu.console.naming import named
from yilu.console.pages.page import Ask, Column, Table
from yilu.supervision.handling import advice as pure
from yilu.supervision.handling.acting import CARRIER

TIMES = ("issued_at", "city_received_at", "passed_at", "firm_received_at", "answered_at", "withdrawn_at")


def value_of(record: Record) -> pure.Advice:
    """A record as the functions of handling take it."""
    times = {name: seconds(getattr(record, name)) for name in TIMES}
    return pure.Advice(record.kind, record.text, record.operator, record.city, answer=record.answer, **times)


def rows_of(ask: Ask, records: Iterable[Record]) -> list[dict[str, object]]:
    """Rows with names; ``can``: what the reader can do."""
    names, actor = named(), actor_of(ask)
    found = []
    for r in records:
        value = value_of(r)
        found.append(
            {"pk": r.pk, "kind": r.kind, "kind_name": pure.KINDS[r.kind], "text": r.text, "operator": names.of_operator(r.operator), "city": names.of_area(r.city),
             "facility": names.of_facility(r.facility), "stage": value.stage, "stage_name": pure.STAGES[value.stage], "answer": r.answer, "made_by": r.made_by if actor.role != CARRIER or r.kind == pure.ORDER else "",
             "can": list(pure.possible(value, actor)), **{name: seconds(getattr(r, name)) for name in TIMES}}
        )  # fmt: skip
    return found


def advice_table(rows: list[dict[str, object]]) -> Table:
    """The table of advice."""
    return Table(
        "advice", _("调度建议"),
        (Column("kind_name", _("类别")), Column("text", _("内容")), Column("operator", _("企业")), Column("city", _("经市局")), Column("stage_name", _("环节")), Column("issued_at", _("发出"), "time"),
         Column("city_received_at", _("市局签收"), "time"), Column("passed_at", _("发至企业"), "time"), Column("firm_received_at", _("企业签收"), "time"), Column("answered_at", _("企业答复"), "time"), Column("answer", _("答复内容"))),
        rows, _("没有调度建议。建议在突发事件的页面上发给企业。"),
    )  # fmt: skip
