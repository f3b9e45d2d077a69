"""Files of feeds beside scan events, taken in over HTTP: the files of ``yilu feed``, of the same columns, with receipts as of events."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema

from yilu.console.access.gate import scope_in
from yilu.console.access.roles import CARRIER, DUTY, SUPERVISOR
from yilu.console.access.scope import Scope
from yilu.console.api.intake import HEADERS, ReceiptSaid, acknowledged, body_of, idempotency_of, said
from yilu.console.api.interface import answered, operation
from yilu.console.api.problems import Refused
from yilu.console.feeds.filing import (
    OF_OFFICES,
    NothingUsable,
    NotYours,
    Sent,
    TooManyRows,
    judged,
    kinds_of,
    problems_of,
    taken,
)
from yilu.console.feeds.taking import Different, receiving

FORMS: dict[str, str] = {"text/csv": ".csv", "application/x-ndjson": ".jsonl", "application/jsonl": ".jsonl"}
"""Media types of a file. No Parquet: how much a packed file unfolds to isn't known before it is unfolded."""
SENDERS = frozenset({CARRIER, DUTY, SUPERVISOR})


class FileSaid(ReceiptSaid):
    """A receipt of a file; ``feed``: its kind; ``problems``: the first rows that can't be used, each with file, row, column, value, what was expected, and the next step."""

    problems: list[dict[str, Any]]


class FileWouldBe(Schema):
    """What would become of a file: its rows, and the first that can't be used."""

    kind: str
    counts: dict[str, int]
    problems: list[dict[str, Any]]


def file(request: HttpRequest, kind: str, dry_run: bool) -> HttpResponse:
    """Take a file of a kind of feed beside scan events: a carrier its own daily counts and agreements with senders, an office of the whole province registers and device status too. 202 says that it is safe; a file that comes again does no harm. A row that is not the sender's to report refuses the file."""
    scope: Scope = scope_in(request)
    mine = kinds_of(scope)
    if kind not in OF_OFFICES:
        raise Refused(404, "there is no such kind of file", "没有这种文件", next_step=f"send one of {', '.join(mine or OF_OFFICES)}", next_step_zh=f"报送 {'、'.join(mine or OF_OFFICES)} 之一")  # fmt: skip
    if kind not in mine:
        raise Refused(403, f"files of the kind {kind} are not yours to send", f"{kind} 类文件不由您报送", next_step=f"send one of {', '.join(mine)}" if mine else "have an office of the whole province send it", next_step_zh=f"报送 {'、'.join(mine)} 之一" if mine else "请省级部门报送")  # fmt: skip
    key = getattr(request, "machine_key", None)
    idempotency = idempotency_of(request)
    body, suffix = body_of(request, FORMS)
    sent = Sent(kind, body, suffix, key, "" if key else scope.name, idempotency)
    try:
        if dry_run:
            found = judged(sent, scope)
            return answered(request, {"kind": kind, "counts": found.counts, "problems": problems_of(found)}, 0)
        receipt, again, problems = taken(sent, scope)
    except Different:
        raise Refused(422, "the Idempotency-Key stands for another file already", "该 Idempotency-Key 已用于另一份文件", next_step="give each file a key of its own", next_step_zh="每份文件用不同的 Idempotency-Key") from None  # fmt: skip
    except TooManyRows:
        raise Refused(413, f"a file has at most {receiving().facts.settings.intake_rows} rows", f"每份文件至多 {receiving().facts.settings.intake_rows} 行", next_step="send it in parts", next_step_zh="分份报送") from None  # fmt: skip
    except NothingUsable as error:
        raise Refused(422, f"{sent.name}: no row can be used", f"{sent.name}:没有可用的行", errors=error.problems, next_step="correct the rows and send the file again; nothing was kept", next_step_zh="更正各行后重报;未保存任何内容") from None  # fmt: skip
    except NotYours as error:
        raise Refused(422, f"{sent.name}: rows that are not yours to report", f"{sent.name}:含不由您报送的行", errors=error.problems, next_step="leave them out and send the file again; nothing was kept", next_step_zh="剔除后重报;未保存任何内容") from None  # fmt: skip
    return acknowledged(request, {**said(receipt), "problems": problems}, again)


_BODY = {
    "required": True,
    "content": {
        "text/csv": {"schema": {"type": "string"}, "example": "operator,customer,valid_from,status\nCODE,0123456789abcdef0123456789abcdef,2026-01-01,valid\n"},
        "application/x-ndjson": {"schema": {"type": "string"}},
    },
}  # fmt: skip


def declare() -> None:
    """Declare the operation."""
    dry = Annotated[bool, Query(description="Only say what would become of it; nothing is kept.")]
    operation("POST", "files/{str:kind}", SENDERS, file, name="files", summary="Take in a file of another kind", tag="intake", given={"kind": str, "dry_run": (dry, False)}, answer=FileSaid, status=202, extra={"requestBody": _BODY, "parameters": HEADERS})  # fmt: skip
