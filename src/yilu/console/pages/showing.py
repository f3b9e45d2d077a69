"""One way from a page's function to an answer: HTML, ``.json`` of all that is shown, ``.csv`` of one of its tables.

    @screen("alerts", STAFF | {CARRIER})
    def alerts(ask: Ask) -> Page: ...

gives ``alerts/``, ``alerts.json`` and ``alerts.csv?table=NAME``. A function that changes something is a ``deed``: it takes a POST, says what it did, and where to go next.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_POST

from yilu.console.access.gate import Access, opens, scope_in
from yilu.console.access.problem import CONTENT_TYPE, problem_of
from yilu.console.access.scope import Scope
from yilu.console.languages import EN
from yilu.console.pages.asking import AddressError, read
from yilu.console.pages.page import Ask, Page, Table
from yilu.console.pages.walls import wall_of
from yilu.console.pages.writing import plain
from yilu.console.seen import seen_by
from yilu.errors import YiluError

SCREENS: dict[str, Screen] = {}
"""All pages by name, as ``screen`` declares them."""
DEEDS: dict[str, Deed] = {}
BEING_MADE = 202
"""Status of a page whose figures are being worked out."""


@dataclass(frozen=True)
class Screen:
    """A page: its name in addresses and links, its place, who may open it."""

    name: str
    route: str
    roles: frozenset[str]
    show: Callable[[Ask], Page]


@dataclass(frozen=True)
class Deed:
    """Something that is done: who may do it. It gives where to go next, or, refused, the page to correct it on."""

    name: str
    route: str
    roles: frozenset[str]
    do: Callable[[Ask], Done | Page]


@dataclass(frozen=True)
class Done:
    """Where to go after a deed; ``kwargs``: of that page's address."""

    page: str
    kwargs: Mapping[str, Any] | None = None
    query: str = ""


def screen(
    name: str, roles: frozenset[str], route: str | None = None
) -> Callable[[Callable[[Ask], Page]], Callable[[Ask], Page]]:
    """Declare a page; ``route``: its place as Django writes it, without the last ``/`` (the name, if not given)."""

    def on(show: Callable[[Ask], Page]) -> Callable[[Ask], Page]:
        SCREENS[name] = Screen(name, name if route is None else route, roles, show)
        return show

    return on


def deed(
    name: str, roles: frozenset[str], route: str = ""
) -> Callable[[Callable[[Ask], Done | Page]], Callable[[Ask], Done | Page]]:
    """Declare a deed."""

    def on(do: Callable[[Ask], Done | Page]) -> Callable[[Ask], Done | Page]:
        DEEDS[name] = Deed(name, route or name, roles, do)
        return do

    return on


def urls() -> list[URLPattern]:
    """Addresses of all pages and deeds."""
    found = []
    for s in SCREENS.values():
        for suffix, form in ((("/" if s.route else ""), "html"), (".json", "json"), (".csv", "csv")):
            route = (s.route or ("" if form == "html" else "index")) + suffix
            found.append(path(route, _view(s, form), name=s.name if form == "html" else f"{s.name}.{form}"))
    return [*found, *(path(f"{d.route}/", _doing(d), name=d.name) for d in DEEDS.values())]


def address_of(page: str, scope: Scope, **given: Any) -> str:
    """The address of a page, "" where the role of who asks doesn't open it."""
    return reverse(page, kwargs=given) if scope.role.id in SCREENS[page].roles else ""


def asked(request: HttpRequest, given: Mapping[str, Any]) -> Ask:
    """What a request asks. Raises AddressError where its filter can't be."""
    scope = scope_in(request)
    return Ask(
        scope,
        seen_by(scope),
        read(request.GET, scope.network),
        get_language() != EN,
        given,
        request.POST,
        request.FILES,
        request.META.get("REMOTE_ADDR", ""),
    )


def _view(s: Screen, form: str) -> Callable[..., HttpResponseBase]:
    @opens(Access(s.roles))
    def view(request: HttpRequest, **given: Any) -> HttpResponseBase:
        try:
            ask = asked(request, given)
            ask = replace(
                ask, wall=wall_of(request.GET, s.name, ask.scope, {n: one.roles for n, one in SCREENS.items()})
            )
            page = s.show(ask)
            if form == "csv" and page.status == BEING_MADE:
                return not_yet()
            if form == "csv":
                return as_csv(page, request.GET.get("table", ""))
        except YiluError as error:
            return refusal(request, error, form)
        if form == "json":
            told = as_json(page, ask)
            return JsonResponse(told, status=page.status, json_dumps_params={"ensure_ascii": False})
        return rendered(request, page, ask, s)

    return require_GET(view)


def not_yet() -> HttpResponse:
    """What who fetches a table or a file is told while it is being made: nothing that could be taken for it."""
    return HttpResponse(status=503, headers={"Retry-After": "5"})


def rendered(request: HttpRequest, page: Page, ask: Ask, of: Screen | None) -> HttpResponse:
    """A page as HTML; ``of``: what it was declared as."""
    context = {"page": page, "ask": ask, "screen": of, "query": ask.filter.query(), **page.more}
    return render(request, f"console/{page.template}.html", context, status=page.status)


def _doing(d: Deed) -> Callable[..., HttpResponseBase]:
    @opens(Access(d.roles))
    def view(request: HttpRequest, **given: Any) -> HttpResponseBase:
        try:
            ask = asked(request, given)
            done = d.do(ask)
        except YiluError as error:
            return refusal(request, error, "html")
        if isinstance(done, Page):
            return rendered(request, done, ask, None)
        place = reverse(done.page, kwargs=dict(done.kwargs or {}))
        return HttpResponseRedirect(place + (f"?{done.query}" if done.query else ""))

    return require_POST(view)


def refusal(request: HttpRequest, error: YiluError, form: str) -> HttpResponse:
    """What is said where something can't be shown or done as it was asked for: a page, or, of every other form, a problem document."""
    if form != "html":
        problem = problem_of(400, error.message, error.zh, **error.record(), next_step_zh=error.next_step_zh)
        return JsonResponse(problem, status=400, content_type=CONTENT_TYPE, json_dumps_params={"ensure_ascii": False})
    zh = get_language() != EN
    told, step = (error.zh, error.next_step_zh) if zh else ("", "")
    context = {"said_error": told or error.message, "said_step": step or error.next_step}
    return render(request, "console/refused.html", context, status=400)


def as_json(page: Page, ask: Ask) -> dict[str, Any]:
    """All that a page shows, as a machine reads it, with the commit it is of."""
    tables = [*page.tables, *(c.table for c in page.charts)]
    return {
        "title": str(page.title),
        "commit": ask.seen.commit,
        "as_of": ask.seen.as_of,
        "tables": {t.name: [{c.name: plain(row.get(c.name)) for c in t.columns} for row in t.rows] for t in tables},
        **{k: plain(v) for k, v in page.more.items() if not k.startswith("_")},
    }


def as_csv(page: Page, name: str) -> HttpResponse:
    """One table of a page as CSV, with a mark by which spreadsheets know UTF-8. A cell that a spreadsheet would take for a formula is quoted. Raises AddressError where there is no such table."""
    tables = {t.name: t for t in [*page.tables, *(c.table for c in page.charts)]}
    if name not in tables and not (name == "" and tables):
        raise AddressError("table", name, f"one of {', '.join(tables)}", f"{'、'.join(tables)} 之一")
    table = tables[name] if name else next(iter(tables.values()))
    response = HttpResponse(_csv_of(table), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{table.name}.csv"'
    return response


def _csv_of(table: Table) -> str:
    out = io.StringIO()
    out.write("﻿")
    writer = csv.writer(out)
    writer.writerow([c.name for c in table.columns])
    for row in table.rows:
        writer.writerow([_safe(plain(row.get(c.name))) for c in table.columns])
    return out.getvalue()


def _safe(value: Any) -> Any:
    text = value if isinstance(value, str) else None
    return f"'{text}" if text and text[0] in "=+-@\t\r" else value
