"""Records over the API: one declaration (``Resource``) gives its list, one record, and, where people have a form, adding and changing."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from django.db import models
from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema
from pydantic import ConfigDict, Field, create_model

from yilu.console.api.interface import answered, operation
from yilu.console.api.problems import Refused
from yilu.console.pages.page import Ask, Page
from yilu.console.pages.showing import asked
from yilu.console.pages.writing import plain
from yilu.console.records.resource import REASON_MOST, RESOURCES, Resource, chosen, found, removed, saved, shown_fields

PAGE_ROWS, MOST_ROWS = 100, 500


class Cursor(Schema):
    """Which part of a list: what the last part gave as ``next``, and how many rows."""

    cursor: str = Field("", max_length=200)
    limit: int = Field(PAGE_ROWS, ge=1, le=MOST_ROWS)


def type_of(field: Any) -> Any:
    """The type of a record's field in JSON."""
    if isinstance(field, models.ForeignKey):
        kind: Any = type_of(field.target_field)
    elif isinstance(field, models.BooleanField):
        kind = bool
    elif isinstance(field, models.IntegerField):
        kind = int
    elif isinstance(field, models.FloatField):
        kind = float
    elif isinstance(field, models.DateTimeField):
        kind = datetime
    elif isinstance(field, models.JSONField):
        return Any
    else:
        kind = str
    return kind | None if field.null else kind


def said(declared: Resource, record: Any) -> dict[str, Any]:
    """A record as JSON."""
    return {"pk": record.pk, **{f.name: plain(getattr(record, f.attname)) for f in shown_fields(declared.model)}}


def schema_of(declared: Resource) -> Any:
    """The schema of a record."""
    pk = type_of(declared.model._meta.pk)
    parts: dict[str, Any] = {"pk": (pk, ...), **{f.name: (type_of(f), ...) for f in shown_fields(declared.model)}}
    return create_model(f"Record_{declared.name}", __base__=Schema, **parts)


def form_schema(declared: Resource, partial: bool) -> Any:
    """The schema of what is sent to add or change a record."""
    parts: dict[str, Any] = {}
    for name in declared.form:
        f = declared.model._meta.get_field(name)
        optional = partial or f.blank or f.has_default() or f.null
        parts[name] = (type_of(f) | None if optional else type_of(f), None if optional else ...)
    parts["reason"] = (Annotated[str, Field(min_length=1, max_length=REASON_MOST)], ...)
    return create_model(f"{'Change' if partial else 'New'}_{declared.name}", __base__=_Exact, **parts)


class _Exact(Schema):
    model_config = ConfigDict(extra="forbid")


def declare() -> None:
    """Declare the operations of every type of record."""
    for declared in RESOURCES.values():
        _declare(declared)


def _declare(declared: Resource) -> None:
    record = schema_of(declared)
    listed = create_model(f"List_{declared.name}", __base__=Schema, rows=(list[record], ...), next=(str, ...))  # type: ignore[valid-type]
    name, pk = declared.name, "{int:pk}" if isinstance(declared.model._meta.pk, models.IntegerField) else "{str:pk}"
    of_pk = {"pk": int if pk == "{int:pk}" else str}
    filters = [{"in": "query", "name": n, "required": False, "schema": {"type": "string", "maxLength": 100}} for n in (*declared.filters, "q")]  # fmt: skip

    def rows(request: HttpRequest, part: Any) -> HttpResponse:
        ask = asked(request, {})
        return answered(request, part_of(declared, ask, part.cursor, part.limit), ask.seen.commit)

    def one(request: HttpRequest, pk: Any) -> HttpResponse:
        ask = asked(request, {"pk": pk})
        return answered(request, said(declared, found(declared, ask)), ask.seen.commit)

    def add(request: HttpRequest, form: Any) -> HttpResponse:
        return _written(declared, request, form, None)

    def change(request: HttpRequest, pk: Any, form: Any) -> HttpResponse:
        return _written(declared, request, form, pk)

    def remove(request: HttpRequest, pk: Any, reason: str) -> HttpResponse:
        removed(declared, replace(asked(request, {"pk": pk}), form={"reason": reason}))
        return HttpResponse(status=204)

    tag = "records"
    operation("GET", name, declared.read, rows, name=name, summary=f"List {name}", tag=tag, given={"part": Query[Cursor]}, answer=listed, extra={"parameters": filters})  # fmt: skip
    operation("GET", f"{name}/{pk}", declared.read, one, name=f"{name}.one", summary=f"Read one of {name}", tag=tag, given=of_pk, answer=record)  # fmt: skip
    if declared.form:
        operation("POST", name, declared.write, add, name=f"{name}.add", summary=f"Add to {name}", tag=tag, given={"form": form_schema(declared, False)}, answer=record, status=201)  # fmt: skip
        operation("PATCH", f"{name}/{pk}", declared.write, change, name=f"{name}.change", summary=f"Change one of {name}", tag=tag, given={**of_pk, "form": form_schema(declared, True)}, answer=record)  # fmt: skip
    if declared.removable:
        operation("DELETE", f"{name}/{pk}", declared.write, remove, name=f"{name}.remove", summary=f"Remove one of {name}", tag=tag, given={**of_pk, "reason": Annotated[str, Query(min_length=1, max_length=REASON_MOST)]}, answer=None, status=204)  # fmt: skip


def part_of(declared: Resource, ask: Ask, cursor: str, limit: int) -> dict[str, Any]:
    """Rows behind a cursor, newest first, and the cursor of those behind them ("" where there are none)."""
    rows = chosen(declared, ask)
    if cursor:
        rows = rows.filter(pk__lt=_last(declared, cursor))
    here = list(rows.order_by("-pk")[: limit + 1])
    more = len(here) > limit
    return {"rows": [said(declared, r) for r in here[:limit]], "next": _cursor(here[limit - 1].pk) if more else ""}


def _cursor(pk: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(pk).encode()).decode()


def _last(declared: Resource, cursor: str) -> Any:
    try:
        return declared.model._meta.pk.to_python(json.loads(base64.urlsafe_b64decode(cursor.encode())))
    except Exception:
        raise Refused(400, "cursor: what a list gave as next is expected", "cursor 应为列表所给的 next") from None


def _written(declared: Resource, request: HttpRequest, form: Any, pk: Any) -> HttpResponse:
    """Save what was sent, as the form of people is saved."""
    ask = asked(request, {} if pk is None else {"pk": pk})
    record = None if pk is None else found(declared, ask)
    sent = form.model_dump(exclude_unset=True)
    texts = {"reason": sent.pop("reason")}
    for name in declared.form:
        field = declared.model._meta.get_field(name)
        value = sent.get(name, getattr(record, name) if record is not None else field.get_default())
        texts[name] = _text(field, value)
    done = saved(declared, replace(ask, form={k: v for k, v in texts.items() if v is not None}), record)
    if isinstance(done, Page):
        raise Refused(
            422, "the record can't be as it was sent", "记录不符合要求", errors=plain(done.more.get("errors", {}))
        )
    made = declared.model._default_manager.get(pk=(done.kwargs or {})["pk"])  # type: ignore[attr-defined]
    return answered(request, said(declared, made), ask.seen.commit, 201 if pk is None else 200)


def _text(field: Any, value: Any) -> str | None:
    """A value as a form's text."""
    if isinstance(field, models.BooleanField):
        return "on" if value else None
    if isinstance(field, models.JSONField):
        return json.dumps(plain(value), ensure_ascii=False)
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else str(value)
