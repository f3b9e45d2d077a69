"""The interface itself: how an operation is declared, what its answers look like, and where it lies."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path, re_path
from ninja import NinjaAPI

from yilu.console.access.gate import WITHIN, Access, opens
from yilu.console.api.asking import Bearer
from yilu.console.api.problems import in_form, problem, told

PREFIX = "api/v1/"
api = NinjaAPI(title="驿路 yilu", version="1", docs_url=None, openapi_url=None, urls_namespace="api")
api.add_exception_handler(Exception, told)
_PLACES: dict[tuple[str, str], str] = {}
for _error in (*api._exception_handlers,):
    api.add_exception_handler(_error, told)


def operation(
    method: str,
    route: str,
    roles: frozenset[str],
    do: Callable[..., Any],
    *,
    name: str,
    summary: str,
    tag: str,
    given: Mapping[str, Any] | None = None,
    answer: Any = None,
    status: int = 200,
    keys_only: bool = False,
    extra: dict[str, Any] | None = None,
) -> None:
    """Declare an operation: ``do(request, **given)``. Raises ValueError where another one is at its place. ``given``: its parameters by name, with their types, or (type, default); ``answer``: the schema of what it gives."""
    place = (method, re.sub(r"{[^}]*}", "{}", route))
    if place in _PLACES:
        raise ValueError(f"{name}: {_PLACES[place]} is at {method} {route} already")
    _PLACES[place] = name
    parameters = [inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=HttpRequest)]
    for parameter, kind in (given or {}).items():
        told, default = kind if isinstance(kind, tuple) else (kind, inspect.Parameter.empty)
        parameters.append(
            inspect.Parameter(parameter, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=told)
        )

    def view(request: HttpRequest, **values: Any) -> Any:
        return do(request, **values)

    view.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    view.__name__ = name.replace(".", "_")
    view.__doc__ = do.__doc__
    made = {"x-roles": sorted(roles), **(extra or {})}
    api.api_operation(
        [method], f"/{route}", auth=Bearer(Access(roles), keys_only), response={status: answer}, operation_id=name, summary=summary, tags=[tag], openapi_extra=made,
    )(view)  # fmt: skip


def answered(request: HttpRequest, said: Any, commit: int, status: int = 200) -> HttpResponse:
    """What is read, as JSON, with a tag made of the commit and of what it says; 304 where the reader has it."""
    body = json.dumps(said, ensure_ascii=False).encode()
    tag = f'"{commit}-{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if status == 200 and tag in (t.strip().removeprefix("W/") for t in request.headers.get("If-None-Match", "").split(",")):  # fmt: skip
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, status=status, content_type="application/json; charset=utf-8", headers=headers)


@opens(WITHIN)
def unknown(request: HttpRequest) -> HttpResponseBase:
    """No such address."""
    return problem(404, "there is no such address", "没有此地址", next_step="see /api/v1/openapi.json", next_step_zh="见 /api/v1/openapi.json")  # fmt: skip


unknown.csrf_exempt = True  # type: ignore[attr-defined]  # nothing is done there


def urls() -> list[URLPattern]:
    """Addresses of all operations; each asks by itself who comes (``Bearer``)."""
    found = []
    for pattern in api.urls[0]:
        view = in_form(pattern.callback)
        view.access = WITHIN  # type: ignore[attr-defined]
        found.append(path(PREFIX + str(pattern.pattern), view, name=f"api.{pattern.name}"))
    return [*found, re_path(r"^api(?:/[\s\S]*)?$", unknown, name="api.unknown")]
