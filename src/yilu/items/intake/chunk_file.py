"""A translated chunk as one file: what was judged at one door, for another process to commit. It holds pseudonyms, never a waybill number.

Layout: 8 bytes that name the format and its version; a BLAKE2b digest (16 bytes) of all that follows; the length of the header (8 bytes, little-endian); the
header, JSON; then each column, little-endian, on a multiple of 8 bytes; then the tables, as Arrow IPC streams. A column of one value throughout is one value.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from yilu.items.intake.chunk import Chunk, SourceError
from yilu.items.schema import DTYPES, QUARANTINE, TOKENS, Events, events, is_constant

_MAGIC = b"YILUCHK2"
_DIGEST = 16
_HEAD = len(_MAGIC) + _DIGEST + 8
_ALIGNED = 8
_AGAIN, _AGAIN_ZH = "have it reported again", "请重新报送"


@dataclass(frozen=True)
class Kept:
    """A chunk of the feed ``feed``, received at the UTC second ``received_at``."""

    chunk: Chunk
    feed: str
    received_at: int


def write(kept: Kept) -> bytes:
    """The file of a chunk."""
    body: list[bytes] = []
    at = 0

    def add(data: bytes) -> tuple[int, int]:
        nonlocal at
        place = (at, len(data))
        body.append(data + bytes(-len(data) % _ALIGNED))
        at += len(body[-1])
        return place

    def columns(of: Events) -> dict[str, Any]:
        places = {}
        for name, dtype in DTYPES.items():
            column = getattr(of, name)
            constant = is_constant(column)
            plain = np.ascontiguousarray(column[:1] if constant else column).astype(dtype.newbyteorder("<"), copy=False)
            places[name] = [*add(plain.tobytes()), constant]
        return {"rows": len(of), "columns": places}

    c = kept.chunk
    header = {
        "feed": kept.feed, "received_at": kept.received_at, "rows": c.rows, "used": c.used, "source_name": c.source_name, "content_hash": c.content_hash,
        "row_from": c.row_from, "row_to": c.row_to, "last": c.last, "codes": list(c.codes), "unmapped": c.unmapped, "unknown": c.unknown,
        "events": columns(c.events), "held": columns(c.held), "held_rows": list(add(c.held_rows.astype("<i8").tobytes())),
        "quarantine": list(add(_stream(c.quarantine))), "tokens": list(add(_stream(c.tokens))),
    }  # fmt: skip
    head = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    head += b" " * (-(_HEAD + len(head)) % _ALIGNED)
    rest = len(head).to_bytes(8, "little") + head + b"".join(body)
    return _MAGIC + hashlib.blake2b(rest, digest_size=_DIGEST).digest() + rest


def read(data: bytes, name: str) -> Kept:
    """The chunk in a file called ``name``. Raises SourceError: cut off, changed, or of another version."""
    if data[: len(_MAGIC)] != _MAGIC:
        raise SourceError(
            f"{name} is no batch of this version", next_step=_AGAIN, zh=f"{name} 不是本版本的批", next_step_zh=_AGAIN_ZH
        )
    if hashlib.blake2b(memoryview(data)[_HEAD - 8 :], digest_size=_DIGEST).digest() != data[len(_MAGIC) : _HEAD - 8]:
        raise SourceError(
            f"{name} is not whole: it is cut off or damaged",
            next_step=_AGAIN,
            zh=f"{name} 不完整:被截断或已损坏",
            next_step_zh=_AGAIN_ZH,
        )
    length = int.from_bytes(data[_HEAD - 8 : _HEAD], "little")
    h = json.loads(data[_HEAD : _HEAD + length])
    body = np.frombuffer(
        bytearray(memoryview(data)[_HEAD + length :]), np.uint8
    )  # a copy of its own, so that columns may be written and lie aligned

    def part(place: list[int]) -> NDArray[np.uint8]:
        return body[place[0] : place[0] + place[1]]

    def columns(told: dict[str, Any]) -> Events:
        n, made = int(told["rows"]), {}
        for column, (first, size, constant) in told["columns"].items():
            values = part([first, size]).view(DTYPES[column].newbyteorder("<")).astype(DTYPES[column], copy=False)
            made[column] = np.broadcast_to(values[0], (n,)) if constant else values
        return events(n, **made)

    chunk = Chunk(
        events=columns(h["events"]), rows=h["rows"], used=h["used"], quarantine=_table(part(h["quarantine"]), QUARANTINE), held=columns(h["held"]),
        held_rows=part(h["held_rows"]).view("<i8").astype(np.int64), source_name=h["source_name"], content_hash=h["content_hash"], row_from=h["row_from"],
        row_to=h["row_to"], last=h["last"], codes=tuple(h["codes"]), unmapped=h["unmapped"], unknown=h["unknown"], tokens=_table(part(h["tokens"]), TOKENS),
    )  # fmt: skip
    return Kept(chunk, h["feed"], h["received_at"])


def _stream(table: pa.Table) -> bytes:
    if not table.num_rows:
        return b""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as out:
        out.write_table(table.combine_chunks())
    found: bytes = sink.getvalue().to_pybytes()
    return found


def _table(data: NDArray[np.uint8], schema: pa.Schema) -> pa.Table:
    if not len(data):
        return schema.empty_table()
    return pa.ipc.open_stream(pa.py_buffer(data)).read_all().cast(schema)
