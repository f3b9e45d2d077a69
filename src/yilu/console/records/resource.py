"""One declaration of a type of record gives its screens and deeds: list, page, form to add and change, removal, history, CSV, JSON, and its place in the API.

    resource(Resource("silences", Silence, _("静默"), columns=("rule", "area", "until"), form=("rule", ...), read=STAFF, write=STAFF))

What else can be done with a record (take, close, approve) are deeds of its own subject.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models, transaction
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext_lazy as _

from yilu.console.audit.models import Entry
from yilu.console.audit.naming import deed_name
from yilu.console.audit.recording import SECRET, fields_of, recorded
from yilu.console.pages.page import Ask, Column, Page, Table
from yilu.console.pages.showing import Done, deed, screen
from yilu.console.records.fields import dressed, field_of

PAGE_ROWS = 50
REASON_MOST = 500
RESOURCES: dict[str, Resource] = {}
"""All types of record, by name."""


def _nothing(record: Any, ask: Ask) -> None:
    """No check beside the model's own, and nothing to show but the record."""


class Reasoned(forms.ModelForm):
    """A form of a record, with the reason of the change, which is always asked for."""

    reason = forms.CharField(label=_("理由"), max_length=REASON_MOST, widget=forms.TextInput)


@dataclass(frozen=True)
class Resource:
    """A type of record. ``columns``: of its list; ``filters``: fields of which the address may hold a value; ``form``: fields that people fill in.

    ``read``, ``write``: roles; nobody sees a record out of scope. ``prepare``: fills in what nobody types, and refuses (ValidationError) what can't be;
    ``after``: what follows from a change, in its transaction. ``more``: what the page of one record shows beside its fields. ``form_type``: a form that knows more than the
    model; ``saved``: a page to show once, instead of the record's, when one was added. ``names``: what a field's codes are called, by field. ``tabs``: the menu that its pages stand in,
    as (page, title, address).
    """

    name: str
    model: type[models.Model]
    title: Promise
    columns: tuple[str, ...]
    read: frozenset[str]
    write: frozenset[str] = frozenset()
    filters: tuple[str, ...] = ()
    form: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    empty: Promise | str = ""
    removable: bool = False
    prepare: Callable[[Any, Ask], None] = _nothing
    after: Callable[[Any, Ask], None] = _nothing
    more: Callable[[Any, Ask], Mapping[str, Any]] = field(default=lambda record, ask: {})
    template: str = "record"
    form_type: type[forms.ModelForm] = Reasoned
    names: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    saved: Callable[[Any, Ask], Page | None] = _nothing
    tabs: Callable[[Ask], Sequence[tuple[str, Any, str]]] = lambda ask: ()


def resource(declared: Resource) -> Resource:
    """Declare a type of record: its screens and deeds are there from now on."""
    RESOURCES[declared.name] = declared
    name, at = declared.name, f"records/{declared.name}"
    screen(name, declared.read, at)(lambda ask: listed(declared, ask))
    screen(f"{name}.one", declared.read, f"{at}/<int:pk>")(lambda ask: one(declared, ask))
    if declared.form:
        screen(f"{name}.new", declared.write, f"{at}/new")(lambda ask: form_page(declared, ask, None))
        screen(f"{name}.edit", declared.write, f"{at}/<int:pk>/edit")(
            lambda ask: form_page(declared, ask, found(declared, ask))
        )
        deed(f"{name}.add", declared.write, f"{at}/add")(lambda ask: saved(declared, ask, None))
        deed(f"{name}.change", declared.write, f"{at}/<int:pk>/change")(
            lambda ask: saved(declared, ask, found(declared, ask))
        )
    if declared.removable:
        deed(f"{name}.remove", declared.write, f"{at}/<int:pk>/remove")(lambda ask: removed(declared, ask))
    return declared


def found(declared: Resource, ask: Ask) -> Any:
    """The record that the address names. Raises Http404 where there is none in scope."""
    return get_object_or_404(ask.seen.records(declared.model), pk=ask.given["pk"])


def chosen(declared: Resource, ask: Ask) -> Any:
    """Records in scope that the address asks for."""
    rows = ask.seen.records(declared.model)
    for name in declared.filters:
        if value := getattr(ask.filter, name, ""):
            rows = rows.filter(**{name: value})
    if ask.filter.q and declared.search:
        asked = models.Q()
        for name in declared.search:
            asked |= models.Q(**{f"{name}__icontains": ask.filter.q})
        rows = rows.filter(asked)
    return rows


def listed(declared: Resource, ask: Ask) -> Page:
    """The list: filtered by the address, page by page."""
    pages = Paginator(chosen(declared, ask), PAGE_ROWS)
    here = pages.get_page(ask.filter.page)
    table = Table(
        declared.name, declared.title, columns_of(declared), [row_of(declared, r) for r in here], declared.empty
    )
    more = {
        "pages": pages.num_pages,
        "count": pages.count,
        "may_add": bool(declared.form) and ask.scope.role.id in declared.write,
        "resource": declared.name,
        "_tabs": declared.tabs(ask),
    }
    return Page("records", declared.title, (table,), more=more)


def columns_of(declared: Resource) -> tuple[Column, ...]:
    """The columns of the list, the first of which leads to the record."""
    fields = [declared.model._meta.get_field(n) for n in declared.columns]
    return tuple(
        Column(f.name, getattr(f, "verbose_name", f.name), _form_of(f), "address" if i == 0 else "")
        for i, f in enumerate(fields)
    )


def _form_of(f: Any) -> str:
    if isinstance(f, models.DateTimeField):
        return "time"
    if isinstance(f, models.BooleanField):
        return "yes"
    if isinstance(f, models.IntegerField) and not f.choices:
        return "count"
    return "text"


def shown_fields(model: type[models.Model]) -> list[Any]:
    """Fields of a record that are shown: neither its number nor its secrets."""
    return [f for f in model._meta.fields if f.name != "id" and f.name not in SECRET]


def row_of(declared: Resource, record: Any) -> dict[str, Any]:
    """A record as a row: choices and codes by their names."""
    row = {n: value_of(declared, record, n) for n in declared.columns}
    return {"pk": record.pk, "address": reverse(f"{declared.name}.one", kwargs={"pk": record.pk}), **row}


def value_of(declared: Resource, record: Any, name: str) -> Any:
    """A field's value as people read it."""
    if name in declared.names:
        return declared.names[name](getattr(record, name))
    shown = getattr(record, f"get_{name}_display", None)
    value = shown() if shown else getattr(record, name)
    return "、".join(map(str, value)) if isinstance(value, list) else value


def one(declared: Resource, ask: Ask) -> Page:
    """One record: its fields, and its history."""
    record = found(declared, ask)
    fields = [(capfirst(f.verbose_name), value_of(declared, record, f.name), _form_of(f)) for f in shown_fields(declared.model)]  # fmt: skip
    history = Table(
        "history", _("变更历史"),
        (Column("at", _("时间"), "time"), Column("user", _("账号")), Column("what", _("操作")), Column("reason", _("理由"))),
        [{"at": e.at, "user": e.user, "what": deed_name(e.what), "reason": e.reason} for e in Entry.objects.filter(kind=declared.name, subject=str(record.pk))[:PAGE_ROWS]],
        _("没有变更。"),
    )  # fmt: skip
    may = ask.scope.role.id in declared.write
    more = {
        "fields": fields, "pk": record.pk, "resource": declared.name, "may_change": may and bool(declared.form), "may_remove": may and declared.removable,
        "_tabs": declared.tabs(ask), **declared.more(record, ask),
    }  # fmt: skip
    return Page(declared.template, str(record), (history,), more=more)


def form_of(declared: Resource, record: Any, data: Mapping[str, str] | None) -> Any:
    """The form of a record."""
    made = forms.modelform_factory(
        declared.model, form=declared.form_type, fields=list(declared.form), formfield_callback=field_of
    )
    return dressed(made(data, instance=record))


def form_page(declared: Resource, ask: Ask, record: Any, form: Any = None) -> Page:
    """The page of the form; with what was typed and what is wrong with it, where it was refused."""
    form = form or form_of(declared, record, None)
    if record is not None and record.pk:
        to, what = reverse(f"{declared.name}.change", kwargs={"pk": record.pk}), _("修改")
    else:
        to, what = reverse(f"{declared.name}.add"), _("新增")
    errors = {name: [str(e) for e in found] for name, found in form.errors.items()}
    return Page(
        "form",
        format_lazy("{} · {}", declared.title, what),
        more={"_form": form, "to": to, "errors": errors, "resource": declared.name, "_tabs": declared.tabs(ask)},
        status=422 if errors else 200,
    )


def saved(declared: Resource, ask: Ask, record: Any) -> Done | Page:
    """Save what was typed, with its entry in the audit; or the form again, with what is wrong."""
    before = fields_of(record) if record is not None else None
    form = form_of(declared, record, ask.form)
    if not form.is_valid():
        return form_page(declared, ask, record, form)
    with transaction.atomic():
        made = form.save(commit=False)
        try:
            declared.prepare(made, ask)
        except forms.ValidationError as error:
            form.add_error(None, error)
            return form_page(declared, ask, record, form)
        made.save()
        if not ask.seen.records(declared.model).filter(pk=made.pk).exists():
            transaction.set_rollback(True)
            raise PermissionDenied  # nobody makes what lies out of scope
        declared.after(made, ask)
        recorded(
            ask,
            f"{declared.name}.{'change' if record is not None else 'add'}",
            declared.name,
            str(made.pk),
            before,
            fields_of(made),
            form.cleaned_data["reason"],
        )
    shown = declared.saved(made, ask) if record is None else None
    return shown or Done(f"{declared.name}.one", {"pk": made.pk})


def removed(declared: Resource, ask: Ask) -> Done:
    """Remove a record; its history stays in the audit."""
    record = found(declared, ask)
    with transaction.atomic():
        recorded(
            ask,
            f"{declared.name}.remove",
            declared.name,
            str(record.pk),
            fields_of(record),
            None,
            ask.form.get("reason", "")[:REASON_MOST],
        )
        record.delete()
    return Done(declared.name)
