"""Batches as carriers send them."""

from __future__ import annotations

import json
from typing import Any

AT = "2026-06-01T08:00:00+08:00"


def rows(n: int, first: int = 0, operator: str = "ZTO", **changed: Any) -> list[dict[str, Any]]:
    """Acceptances of ``n`` items of an operator."""
    row = {"operator": operator, "kind": "accept", "at": AT, "recorded_at": AT}
    return [{**row, "waybill": f"7300{first + i:09d}", **changed} for i in range(n)]


def lines(found: list[dict[str, Any]]) -> bytes:
    """Rows as JSON Lines."""
    return b"".join(json.dumps(r, ensure_ascii=False).encode() + b"\n" for r in found)


def post(
    client: Any, body: bytes, key: str, at: str = "/api/v1/events", kind: str = "application/x-ndjson", **headers: str
) -> Any:
    """A batch, sent with a machine key."""
    more = {"HTTP_" + name.upper(): value for name, value in headers.items()}
    return client.post(at, body, content_type=kind, HTTP_AUTHORIZATION=f"Bearer {key}", **more)
