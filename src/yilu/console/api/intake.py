"""Events taken in over HTTP, and their receipts. A batch is judged here, and acknowledged once its pseudonymised rows are synced to the writer's spool."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, get_type_hints

from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema
from pydantic import create_model

from yilu.console.access.roles import ADMINISTRATOR, AUDITOR, CARRIER, STAFF
from yilu.console.api.interface import PREFIX, answered, operation
from yilu.console.api.problems import Refused
from yilu.console.feeds.models import MachineKey, Receipt
from yilu.console.feeds.taking import Batch, Different, receiving, state_of, taken
from yilu.console.pages.showing import asked
from yilu.items.intake import reasons
from yilu.items.intake.dry_run import Report, report_of
from yilu.run.receiving import Sender

FORMS: dict[str, str] = {
    "application/x-ndjson": "jsonl", "application/jsonl": "jsonl", "application/vnd.apache.arrow.stream": "arrow", "text/csv": "csv",
}  # fmt: skip
"""Media types of a batch."""
_IDEMPOTENCY = re.compile(r"^[\x21-\x7e]{1,255}$")
READERS = STAFF | {CARRIER, AUDITOR, ADMINISTRATOR}


class ReceiptSaid(Schema):
    """A receipt. ``state``: waiting (on the disk for the writer), committed, refused (the writer couldn't read it); ``commit``: the commit that holds it, 0 while it waits."""

    receipt: str
    state: str
    commit: int
    operator: str
    feed: str
    at: str
    content: str
    bytes: int
    rows: int
    used: int
    quarantined: int
    reasons: dict[str, int]
    unmapped: dict[str, int]


class Same(Schema):
    """Whether a batch is the one that a receipt speaks of."""

    same: bool


_UNSAID = ("sources", "errors")
"""What a report says of files, which a batch is none of."""
_KINDS = {**get_type_hints(Report), "problems": list[dict[str, Any]]}
ReportSaid = create_model(
    "ReportSaid", __base__=Schema, **{f.name: (_KINDS[f.name], ...) for f in fields(Report) if f.name not in _UNSAID}
)  # type: ignore[call-overload]
"""What a batch would become: as ``yilu ingest --dry-run --json`` says it."""


def said(receipt: Receipt) -> dict[str, Any]:
    """A receipt as JSON."""
    state = state_of(receipt)
    return {
        "receipt": receipt.number, "state": state, "commit": receipt.commit or 0, "operator": receipt.operator, "feed": receipt.feed,
        "at": receipt.at.isoformat(), "content": receipt.content, "bytes": receipt.size, "rows": receipt.rows, "used": receipt.used,
        "quarantined": receipt.quarantined, "reasons": receipt.reasons, "unmapped": receipt.unmapped,
    }  # fmt: skip


def body_of(request: HttpRequest, forms: Mapping[str, str] = FORMS) -> tuple[bytes, str]:
    """(the body, its form; ``forms`` by media type). Raises Refused: too long, of no known form, packed, or of no stated length."""
    kind = request.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if kind not in forms:
        raise Refused(415, "the media type is none that is taken", "不接收这种媒体类型", next_step=f"send one of {', '.join(forms)}", next_step_zh=f"改用 {'、'.join(forms)} 之一")  # fmt: skip
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise Refused(415, "a packed body is not taken", "不接收压缩的正文", {"Accept-Encoding": "identity"}, next_step="send it unpacked", next_step_zh="不压缩重发")  # fmt: skip
    length = request.headers.get("Content-Length", "")
    most = receiving().facts.settings.intake_kb << 10
    if not (length.isascii() and length.isdigit()):
        raise Refused(411, "the length of the body must be stated", "须写明正文长度", next_step="send Content-Length", next_step_zh="附上 Content-Length")  # fmt: skip
    if int(length) > most:
        raise Refused(413, f"a batch has at most {most} bytes", f"每批至多 {most} 字节", next_step="send it in parts", next_step_zh="分批报送")  # fmt: skip
    body = request.read(most + 1)
    if len(body) != int(length):
        raise Refused(400, "the body is shorter than its stated length", "正文短于所写的长度", next_step="send it again", next_step_zh="重发")  # fmt: skip
    return body, forms[kind]


def idempotency_of(request: HttpRequest) -> str:
    """The idempotency key of a request, "" where it has none. Raises Refused."""
    found = request.headers.get("Idempotency-Key", "")
    if found and not _IDEMPOTENCY.fullmatch(found):
        raise Refused(400, "Idempotency-Key: 1 to 255 visible characters are expected", "Idempotency-Key 应为 1 至 255 个可见字符", next_step="send another one", next_step_zh="换一个")  # fmt: skip
    return found


def acknowledged(request: HttpRequest, told: dict[str, Any], again: bool) -> HttpResponse:
    """202 with a receipt, and where to ask for it; ``again``: it is that of an earlier batch."""
    answer = answered(request, told, 0, 202)
    answer["Location"] = f"/{PREFIX}receipts/{told['receipt']}"
    if again:
        answer["Idempotent-Replayed"] = "true"
    return answer


def events(request: HttpRequest, dry_run: bool) -> HttpResponse:
    """Take a batch of events of the key's operator. Rows of other operators are quarantined (`other_operator`), as is every row that can't be used; the answer counts them by reason. 202 says that the rows are safe; repeats do no harm."""
    key: MachineKey = request.machine_key  # type: ignore[attr-defined]
    idempotency = idempotency_of(request)
    body, form = body_of(request)
    sender = Sender(key.operator, key.feed)
    if dry_run:
        chunk = receiving().judge(body, form, sender, "dry-run")
        report = {k: v for k, v in report_of([chunk], int(time.time())).as_json().items() if k not in _UNSAID}  # fmt: skip
        return answered(request, report, 0)
    try:
        receipt, again = taken(Batch(body, form, sender, key, "", idempotency))
    except Different:
        raise Refused(422, "the Idempotency-Key stands for another batch already", "该 Idempotency-Key 已用于另一批", next_step="give each batch a key of its own", next_step_zh="每批用不同的 Idempotency-Key") from None  # fmt: skip
    return acknowledged(request, said(receipt), again)


def _receipt(request: HttpRequest, number: str) -> tuple[Receipt, int]:
    ask = asked(request, {})
    found = ask.seen.records(Receipt).filter(pk=number).first()
    if found is None:
        raise Refused(404, "there is no receipt of that number in your scope", "可见范围内没有此编号的回执")
    return found, ask.seen.commit


def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """One receipt: what was taken, and into which commit."""
    found, commit = _receipt(request, number)
    return answered(request, said(found), commit)


def verify(request: HttpRequest, number: str) -> HttpResponse:
    """Whether the body, sent again, is the one that a receipt speaks of: how a receipt proves what was reported. Nothing is kept of it."""
    found, _ = _receipt(request, number)
    body, _ = body_of(request)
    return answered(request, {"same": receiving().digest_of(body) == found.content}, 0)


def reasons_known(request: HttpRequest) -> HttpResponse:
    """Why rows are quarantined: every reason, with its next step."""
    told = [{"code": r.code, "zh": r.zh, "en": r.en, "next_step": r.next_step, "next_step_zh": r.next_step_zh} for r in reasons.REASONS]  # fmt: skip
    return answered(request, {"reasons": told}, 0)


class ReasonsSaid(Schema):
    """Reasons of quarantine."""

    reasons: list[dict[str, str]]


_BODY = {
    "required": True,
    "content": {
        "application/x-ndjson": {"schema": {"type": "string"}, "example": '{"operator": "CODE", "waybill": "…", "kind": "accept", "at": "2026-06-01T08:00:00+08:00", "facility": "…"}\n'},
        "application/vnd.apache.arrow.stream": {"schema": {"type": "string", "format": "binary"}},
        "text/csv": {"schema": {"type": "string"}},
    },
}  # fmt: skip
HEADERS = [{"in": "header", "name": "Idempotency-Key", "required": False, "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}, "description": "By which a batch that is sent again gets its first receipt."}]  # fmt: skip


def declare() -> None:
    """Declare the operations of intake."""
    dry = Annotated[bool, Query(description="Only say, row by row, what would become of it; nothing is kept.")]
    operation("POST", "events", frozenset({CARRIER}), events, name="events", summary="Take in events", tag="intake", given={"dry_run": (dry, False)}, answer=ReceiptSaid, status=202, keys_only=True, extra={"requestBody": _BODY, "parameters": HEADERS})  # fmt: skip
    operation("GET", "receipts/{str:number}", READERS, receipt, name="receipts.one", summary="A receipt", tag="intake", given={"number": str}, answer=ReceiptSaid)  # fmt: skip
    operation("POST", "receipts/{str:number}/verify", READERS, verify, name="receipts.verify", summary="Compare with a receipt", tag="intake", given={"number": str}, answer=Same, extra={"requestBody": _BODY})  # fmt: skip
    operation("GET", "reasons", READERS, reasons_known, name="reasons", summary="Reasons of quarantine", tag="intake", answer=ReasonsSaid)  # fmt: skip
