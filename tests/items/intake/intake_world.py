"""A small network and shorthands for the tests of intake."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yilu.items.intake import Chunk, Mapping, open_source
from yilu.items.keys import Key

KEY = Key(bytes(range(16)))
RECEIVED = 1_767_225_600
"""2026-01-01 00:00 UTC."""


@dataclass(frozen=True)
class Codes:
    """What intake asks of a network's table."""

    index_of_code: dict[str, int]


@dataclass(frozen=True)
class SmallNetwork:
    """What intake asks of a network."""

    operators: Codes = field(default_factory=lambda: Codes({"SF": 1, "EMS": 2}))
    facilities: Codes = field(default_factory=lambda: Codes({"GZ-HUB": 7, "SZ-01": 8}))
    areas: Codes = field(default_factory=lambda: Codes({"440100": 3, "440300": 4}))
    service_levels: Codes = field(default_factory=lambda: Codes({"std": 1}))
    time_zone: str = "Asia/Shanghai"


NETWORK = SmallNetwork()


def row(**changed: Any) -> dict[str, Any]:
    """A good row of yilu's own layout."""
    good = {
        "operator": "SF",
        "waybill": "SF1234567890123",
        "kind": "arrive",
        "facility": "GZ-HUB",
        "at": "2025-11-11T08:00:00+08:00",
    }
    return {name: value for name, value in {**good, **changed}.items() if value is not ...}


def jsonl(path: Path, *rows: Any) -> Path:
    """``rows`` as JSON Lines; bytes and texts as they are."""
    lines = [r if isinstance(r, bytes) else r.encode() if isinstance(r, str) else json.dumps(r).encode() for r in rows]
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def chunks(path: Path | str, mapping: str | Path | Mapping = "yilu", **settings: Any) -> list[Chunk]:
    """All chunks of a source."""
    read = mapping if isinstance(mapping, Mapping) else Mapping.read(mapping)
    return list(open_source(path, read, NETWORK, KEY, **{"received_at": RECEIVED, **settings}))


def only(path: Path | str, mapping: str | Path | Mapping = "yilu", **settings: Any) -> Chunk:
    """The one chunk of a source."""
    (chunk,) = chunks(path, mapping, **settings)
    return chunk


def reasons_of(chunk: Chunk) -> list[tuple[int, str]]:
    """(row, reason) of every quarantined row."""
    return list(zip(chunk.quarantine["row"].to_pylist(), chunk.quarantine["reason"].to_pylist(), strict=True))
