"""Announced outages (停报公告) as records: an operator says beforehand when its feed will be silent or late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import CARRIER
from yilu.console.feeds.models import Outage
from yilu.console.feeds.pages import READERS
from yilu.console.naming import named
from yilu.console.pages.page import Ask
from yilu.console.records.resource import Reasoned, Resource, resource


class OutageForm(Reasoned):
    """An outage as an operator fills it in."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["feed"].help_text = _("报送所用的数据源,如 ZTO 或 ZTO-SOUTH,与机器密钥所写相同")
        self.fields["begins"].help_text = self.fields["ends"].help_text = _("本省当地时间")
        self.fields["why"].label = _("停报原因")


def _announced(record: Outage, ask: Ask) -> None:
    """An outage is of who announces it, and ends after it begins."""
    record.operator, record.made_by = ask.scope.operator, ask.scope.name
    if record.ends <= record.begins:
        raise forms.ValidationError({"ends": _("结束应晚于开始。")})
    if record.ends - record.begins > timedelta(days=366):
        raise forms.ValidationError({"ends": _("一次停报不超过一年。")})


OUTAGES = resource(
    Resource(
        "outages", Outage, _("停报公告"), ("feed", "operator", "begins", "ends", "why"), read=READERS, write=frozenset({CARRIER}), filters=("operator",),
        form=("feed", "begins", "ends", "why"), empty=_("没有停报公告。计划停报或延迟时,由企业事先登记。"), removable=True, prepare=_announced, form_type=OutageForm,
        names={"operator": lambda code: named().of_operator(code)},
    )
)  # fmt: skip
