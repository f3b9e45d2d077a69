"""Fields of a record's form: they look as fields of other pages do, and a moment is the province's local one."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db import models
from django.utils import timezone

from yilu.console.naming import named


class LocalMoment(forms.DateTimeField):
    """A moment in the province's local time, as a browser lets people pick it; with its zone, as programs send it, it holds as it is."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> Any:
        """What was typed, as a moment."""
        with timezone.override(_zone()):
            return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        """A moment, as it is typed."""
        with timezone.override(_zone()):
            return super().prepare_value(value)


def _zone() -> ZoneInfo:
    return ZoneInfo(named().network.time_zone)


def field_of(field: models.Field, **given: Any) -> forms.Field | None:
    """The field of a form for a field of a record."""
    if isinstance(field, models.DateTimeField):
        given.setdefault("form_class", LocalMoment)
        given.setdefault("widget", LocalMoment.widget)
    found: forms.Field | None = field.formfield(**given)
    return found


def dressed(form: forms.BaseForm) -> Any:
    """The form, its fields with the looks of those of other pages."""
    for field in form.fields.values():
        if isinstance(field.widget, forms.Select):
            field.widget.attrs.setdefault("class", "form-select")
        elif isinstance(field.widget, forms.TextInput | forms.NumberInput | forms.Textarea):
            field.widget.attrs.setdefault("class", "form-control")
    return form
