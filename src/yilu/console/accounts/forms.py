"""The form of an account: areas, operator and rights are chosen from what there is, and must fit the role."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import CARRIER, OFFICE, RIGHTS
from yilu.console.accounts.models import User
from yilu.console.facts import newest
from yilu.console.pages.writing import said
from yilu.console.records.resource import Reasoned
from yilu.network import Network

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{1,63}")
_NUMBER = re.compile(r"[0-9]{7}")

Choices = list[tuple[str, Any]]


def areas_of(network: Network) -> Choices:
    """Areas that an account may be for, cities with what lies below them, as groups of a list."""
    areas = network.areas
    names = {str(c): said((str(zh), str(en))) for c, zh, en in zip(areas.code, areas.name_zh, areas.name_en, strict=True)}  # fmt: skip
    cities = [str(c) for c, level in zip(areas.code, areas.level, strict=True) if level == "city"]
    below: dict[str, list[str]] = {c: [] for c in cities}
    for code, parent in zip(areas.code, areas.parent, strict=True):
        if str(parent) in below:
            below[str(parent)].append(str(code))
    return [(names[c], [(code, f"{names[code]} {code}") for code in (c, *below[c])]) for c in cities]


def operators_of(network: Network) -> Choices:
    """Operators that an account may be of."""
    operators = network.operators
    named = [
        (str(c), f"{said((str(zh), str(en)))} {c}")
        for i, c, zh, en in zip(operators.id, operators.code, operators.name_zh, operators.name_en, strict=True)
        if i
    ]
    return [("", _("无(行政机关)")), *named]


class UserForm(Reasoned):
    """An account as an administrator fills it in."""

    areas = forms.MultipleChoiceField(
        label=_("地区"), required=False, help_text=_("不选为全省;按住 Ctrl 可多选"), widget=forms.SelectMultiple(attrs={"size": 12})
    )  # fmt: skip
    operator = forms.ChoiceField(label=_("企业"), required=False, help_text=_("仅企业用户须选"))
    rights = forms.MultipleChoiceField(
        label=_("附加权限"), required=False, choices=list(RIGHTS.items()), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        network = newest().facts.network
        self.fields["areas"].choices = areas_of(network)
        self.fields["operator"].choices = operators_of(network)
        if "username" in self.fields:
            self.fields["username"].help_text = _("2 至 64 位字母、数字、点、横线;不用姓名、手机号、证件号")

    def clean_username(self) -> str:
        """The account's name; no number of a person."""
        name: str = self.cleaned_data["username"]
        if not _NAME.fullmatch(name) or _NUMBER.search(name):
            raise forms.ValidationError(_("应以字母开头,由字母、数字、点、横线组成,不得含长数字。"))
        if self.instance.pk and name != self.initial.get("username"):
            raise forms.ValidationError(_("账号名不能改:审计按账号名记录。请停用此账号,另建一个。"))
        if not self.instance.pk and User.objects.filter(username__iexact=name).exists():
            raise forms.ValidationError(_("已有此账号(不分大小写)。"))
        return name

    def clean(self) -> dict[str, Any]:
        """All of it, where role, operator and rights fit together."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        role = given.get("role")
        if (role == CARRIER) != bool(given.get("operator")):
            self.add_error("operator", _("企业用户须选企业,其他角色不选。"))
        if given.get("rights") and role not in OFFICE:
            self.add_error("rights", _("审批人须为行政机关的值班、监测、监管、统计或规划人员。"))
        return given
