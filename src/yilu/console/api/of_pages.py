"""What pages show, as JSON: one operation for each page that is declared, of the same roles, through the same scope."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Schema
from pydantic import ConfigDict

from yilu.console.api.interface import answered, operation
from yilu.console.pages.asking import Filter, most_characters
from yilu.console.pages.showing import SCREENS, Screen, as_json, asked
from yilu.console.records.resource import RESOURCES

_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
_TYPES: dict[str, Any] = {"int": int, "str": str, "slug": str, "path": str, "": str}


class PageSaid(Schema):
    """What a page shows: its tables by name, and what it shows beside them. ``commit``: the commit it is of; ``as_of``: its latest event, UTC seconds."""

    model_config = ConfigDict(extra="allow")
    title: str
    commit: int
    as_of: int
    tables: dict[str, list[dict[str, Any]]]


def of_filter() -> list[dict[str, Any]]:
    """The filter of a page as parameters of the document."""
    kinds = {f.name: "integer" if f.name == "page" else "string" for f in fields(Filter)}
    return [{"in": "query", "name": n, "required": False, "schema": _schema(n, k)} for n, k in kinds.items()]


def _schema(name: str, kind: str) -> dict[str, Any]:
    if kind == "integer":
        return {"type": kind, "minimum": 1, "maximum": 100_000}
    form = {"format": "date"} if name in ("since", "until", "day") else {"enum": ["origin", "destination"]} if name == "side" else {}  # fmt: skip
    return {"type": kind, "maxLength": most_characters(name), **form}


def parts_of(route: str) -> tuple[str, dict[str, Any]]:
    """A page's place as the API writes it, and its parameters."""
    given = {n: _TYPES.get(k or "", str) for k, n in _PARAMETER.findall(route)}
    return _PARAMETER.sub(lambda m: "{" + (f"{m[1]}:" if m[1] else "") + m[2] + "}", route), given


def summary_of(s: Screen) -> str:
    """What a page shows, in a line: the first sentence of its function's description."""
    return re.split(r"[.:;](?:\s|$)", (s.show.__doc__ or "").strip(), maxsplit=1)[0]


def declare() -> None:
    """Declare an operation for every page that is no record's."""
    own = {n for r in RESOURCES for n in (r, f"{r}.one", f"{r}.new", f"{r}.edit")}
    for s in SCREENS.values():
        if s.name not in own:
            _declare(s)


def _declare(s: Screen) -> None:
    route, given = parts_of(s.route or s.name)

    def read(request: HttpRequest, **values: Any) -> HttpResponse:
        ask = asked(request, values)
        page = s.show(ask)
        return answered(request, as_json(page, ask), ask.seen.commit, page.status)

    read.__doc__ = s.show.__doc__
    about: Mapping[str, Any] = {"parameters": of_filter()}
    operation("GET", route, s.roles, read, name=s.name, summary=summary_of(s), tag="pages", given=given, answer=PageSaid, extra=dict(about))  # fmt: skip
