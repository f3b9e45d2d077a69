"""The API's own description: the OpenAPI document, and a page that shows it, both from this machine."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import Schema

from yilu.console.access.roles import EVERYBODY
from yilu.console.api.files import FileWouldBe
from yilu.console.api.intake import ReportSaid
from yilu.console.api.interface import PREFIX, answered, api, operation
from yilu.console.pages.page import Ask, Page
from yilu.console.pages.showing import screen

_READ, _WRITE = (400, 401, 403, 404, 405, 422, 503), (400, 401, 403, 404, 405, 411, 413, 415, 422, 429, 503)
_MEANS = {
    304: "What the reader has is still so.", 400: "The request can't be read.", 401: "Who asks is not known.", 403: "The role doesn't open it.",
    404: "There is nothing of that name in scope.", 405: "There is no such operation at this address.", 411: "The length isn't stated.",
    413: "Too long, or too many rows.", 415: "Of a form that isn't taken.", 422: "Not as the document says.", 429: "Too much waits; come again after Retry-After.",
    503: "The disk or the records don't take it; come again after Retry-After.",
}  # fmt: skip
_PROBLEM = {
    "type": "object", "title": "Problem", "required": ["type", "title", "status", "detail", "detail_zh"],
    "properties": {
        "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"}, "detail_zh": {"type": "string"},
        "instance": {"type": "string"}, "error": {"type": "string"}, "next_step": {"type": "string"}, "next_step_zh": {"type": "string"}, "errors": {},
    },
}  # fmt: skip

_DRY_RUNS: dict[str, type[Schema]] = {"events": ReportSaid, "files": FileWouldBe}
"""What a dry run of an operation answers."""


@lru_cache(maxsize=1)
def document() -> Mapping[str, Any]:
    """The OpenAPI document: every operation with its roles (``x-roles``), its errors and who may ask."""
    made: dict[str, Any] = api.get_openapi_schema(path_prefix=f"/{PREFIX}")
    parts = made["components"]
    parts.setdefault("schemas", {})["Problem"] = _PROBLEM
    parts["securitySchemes"] = {
        "Bearer": {"type": "http", "scheme": "bearer", "description": "A machine key."},
        "Session": {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": "The session of a person."},
    }
    for place in made["paths"].values():
        for method, one in place.items():
            keys_only = one["operationId"] == "events"
            one["security"] = [{"Bearer": []}] if keys_only else [{"Bearer": []}, {"Session": []}]
            responses = one["responses"]
            for status in _READ if method == "get" else _WRITE:
                responses.setdefault(str(status), {"description": _MEANS[status], "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}})  # fmt: skip
            if method == "get":
                responses["304"] = {"description": _MEANS[304]}
            if one["operationId"] in _DRY_RUNS:
                responses["200"] = {"description": "Of a dry run: what would become of it.", "content": {"application/json": {"schema": _DRY_RUNS[one["operationId"]].model_json_schema()}}}  # fmt: skip
    made["info"]["description"] = (
        "What the console shows, over HTTP; events taken in from carriers. Nothing here is fetched from elsewhere."
    )
    return made


def said(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document."""
    return answered(request, document(), 0)


def declare() -> None:
    """Declare the document's operation."""
    operation("GET", "openapi.json", EVERYBODY, said, name="openapi", summary="This document", tag="document", answer=dict[str, Any])  # fmt: skip


@screen("api.docs", EVERYBODY, "api-docs")
def docs(ask: Ask) -> Page:
    """The API as a page to read: each operation with its roles, parameters, body and answers."""
    found = []
    for place, methods in document()["paths"].items():
        for method, one in methods.items():
            shown = [
                {"name": p["name"], "where": p["in"], "required": p.get("required", False), "form": _form(p.get("schema", {}))}
                for p in one.get("parameters", ())
            ]  # fmt: skip
            found.append(
                {
                    "method": method.upper(), "path": place, "name": one["operationId"], "description": one.get("description", ""), "tag": one["tags"][0],
                    "roles": one["x-roles"], "parameters": shown, "bodies": list(one.get("requestBody", {}).get("content", {})),
                    "fields": _fields(one), "answers": [(s, r["description"]) for s, r in sorted(one["responses"].items(), key=lambda e: str(e[0]))],
                }
            )  # fmt: skip
    return Page("api/docs", _("接口文档"), more={"operations": found, "prefix": f"/{PREFIX}"})


def _form(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "anyOf" in schema:
        return " | ".join(_form(s) for s in schema["anyOf"])
    return str(schema.get("format") or schema.get("type") or "…")


def _fields(one: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Fields of a JSON body."""
    schema = one.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    needed = schema.get("required", ())
    return [{"name": n, "form": _form(s), "required": n in needed} for n, s in schema.get("properties", {}).items()]
