"""Errors of the API, all of one form: ``application/problem+json`` (RFC 9457), each with its next step where there is one."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from ninja.errors import HttpError, ValidationError

from yilu.console.access.headers import request_id
from yilu.console.access.problem import CONTENT_TYPE, problem_of
from yilu.errors import StoreError, YiluError
from yilu.items.intake.read_arrow import TooMany
from yilu.run.receiving import Full

log = logging.getLogger("yilu.api")


class Refused(Exception):
    """A request that isn't done: with ``status``, ``detail`` and its Chinese ``zh``, and what else its answer says."""

    def __init__(self, status: int, detail: str, zh: str, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.zh, self.headers, self.more = status, detail, zh, headers or {}, more


def problem(status: int, detail: str, zh: str = "", headers: dict[str, str] | None = None, **more: Any) -> HttpResponse:
    """An answer that says what is wrong."""
    told = problem_of(status, detail, zh, instance=f"urn:request:{request_id.get()}", **more)
    return HttpResponse(json.dumps(told, ensure_ascii=False), status=status, content_type=CONTENT_TYPE, headers=headers)


def told(request: HttpRequest, error: Exception) -> HttpResponse:
    """What is answered to an error; one that nobody foresaw is logged, and nothing of it is told."""
    match error:
        case Refused():
            return problem(error.status, error.detail, error.zh, error.headers, **error.more)
        case Full():
            return problem(429, error.message, error.zh, {"Retry-After": str(error.retry_s)}, **_of(error))
        case TooMany():
            return problem(413, error.message, error.zh, **_of(error))
        case StoreError():
            log.error("%s", error.message)
            return problem(503, error.message, error.zh, {"Retry-After": "10"}, **_of(error))
        case OperationalError():
            log.error("the records can't be reached or are locked: %s", type(error).__name__)
            return problem(503, "the records are busy", "记录库忙", {"Retry-After": "5"}, next_step="send the same again later", next_step_zh="稍后重发")  # fmt: skip
        case YiluError():
            return problem(400, error.message, error.zh, **_of(error))
        case ValidationError():
            wrong = [{"where": ".".join(map(str, e["loc"])), "what": e["msg"]} for e in error.errors]
            return problem(422, "the request is not as the document says", errors=wrong)
        case Http404():
            return problem(404, "there is nothing of that name, or nothing in your scope")
        case PermissionDenied():
            return problem(403, "your role doesn't open this", next_step="ask an administrator", next_step_zh="请管理员开通")  # fmt: skip
        case RequestDataTooBig():
            return problem(413, "the request is longer than what is taken")
        case HttpError():
            return problem(error.status_code, str(error))
        case SuspiciousOperation() | BadRequest():
            return problem(400, "the request can't be read")
    log.exception("an operation of the API failed", exc_info=error)
    return problem(500, "a fault of yilu itself; it was logged under this request's number", "程序错误,已按本请求编号记入日志")  # fmt: skip


def _of(error: YiluError) -> dict[str, Any]:
    return {"error": type(error).__name__, "next_step": error.next_step, "next_step_zh": error.next_step_zh}  # fmt: skip


def in_form(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The view, whose every error is of the one form, also those that no operation gave."""

    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer = view(request, *args, **kwargs)
        if answer.status_code >= 400 and not answer.headers.get("Content-Type", "").startswith(CONTENT_TYPE):
            kept = {n: answer.headers[n] for n in ("Allow", "Retry-After") if n in answer.headers}
            return problem(answer.status_code, HTTPStatus(answer.status_code).description or "refused", headers=kept)
        return answer

    answered.csrf_exempt = True  # type: ignore[attr-defined]  # who asks by a session is asked for the token by ``asking``
    return answered
