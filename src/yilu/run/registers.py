"""Registers and other feeds into the store: read as the province knows its codes, and what people keep as records published as rows of a register.

A row that is published goes into the running writer's spool, or, where no writer runs, into the store at once. Either way it becomes a version of the
register that a commit names.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from yilu.errors import InputError, StoreError
from yilu.items import feeds
from yilu.items.store import Store
from yilu.run.facts import Facts
from yilu.run.handing import put, running
from yilu.run.inlets import REFUSED, whole_files
from yilu.supervision.rules.declared import declared

REGISTERS = "registers"
"""Folder of a spool for files of other kinds than scan events, by kind."""
_RECEIPTED = re.compile(r"\d{20}-([0-9a-f]{28})")
SPOOL, STORE = "spool", "store"
"""Where published rows went."""


def read(opened: Facts, kind: str, file: Path) -> feeds.FeedRows:
    """Read a file of ``kind``. Raises InputError, before any store is opened."""
    network = opened.network
    codes = {
        "crossing": [str(c) for c in network.crossings.code],
        "rule": list(declared().rules),
        "area": [str(c) for c in network.areas.code],
    }
    return feeds.read(kind, file, network.operators, network.facilities, opened.key, codes)


def read_body(opened: Facts, kind: str, name: str, body: bytes) -> feeds.FeedRows:
    """The same of a file in memory, by way of one that is removed at once; ``name``: what messages call it, its ending tells the format."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(body)
        return read(opened, kind, file)


def hand_over(spool: Path, kind: str, number: str, suffix: str, body: bytes) -> None:
    """Give a file to the writer under the number of its receipt: when this returns, it is on the disk. Files are taken in the order they came. Raises StoreError."""
    put(spool / REGISTERS / kind, f"{time.time_ns():020d}-{number}{suffix}", body)


def number_of(file: Path) -> str:
    """The number of the receipt of a file in the spool, "" where it has none."""
    found = _RECEIPTED.fullmatch(file.stem)
    return found[1] if found else ""


def waiting_bytes(spool: Path) -> int:
    """Bytes of the files of all kinds that the writer has not taken yet."""
    found = 0
    for kind in feeds.KINDS:
        for file in whole_files(spool / REGISTERS / kind) if (spool / REGISTERS / kind).is_dir() else ():
            with suppress(FileNotFoundError):
                found += file.stat().st_size
    return found


def refused(spool: Path, kind: str, number: str) -> bool:
    """Whether the writer set a file aside."""
    folder = spool / REGISTERS / kind / REFUSED
    return folder.is_dir() and any(folder.glob(f"*-{number}-*"))


def taken_into(writer: Store, kind: str, found: feeds.FeedRows) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Keep what was read in a store that is open. Returns (the account of its rows, quarantined rows)."""
    counts = found.counts | feeds.store_rows(writer, kind, found, received_at=int(time.time()))
    return counts, found.quarantine.to_pylist()


def take(opened: Facts, kind: str, file: Path) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Read a file of ``kind`` into the store. Returns as ``taken_into``."""
    found = read(opened, kind, file)
    with opened.write() as writer:
        return taken_into(writer, kind, found)


def checked(opened: Facts, kind: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Raises InputError (column, value, expected) for the first row that the register wouldn't take."""
    with TemporaryDirectory() as folder:
        _read(opened, kind, Path(folder) / f"{kind}.jsonl", _lines(rows))


def publish(opened: Facts, kind: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """Publish rows of a register: ``SPOOL``, waiting for the running writer's next beat, or ``STORE``, in a commit already.

    Files are named by the time they were written, so that a later version of a row is taken after an earlier one. Raises InputError for a row that the
    register wouldn't take; StoreError where another command writes the store, or the writer takes no files.
    """
    lines = _lines(rows)
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"{time.time_ns():020d}-{kind}.jsonl"
        found = _read(opened, kind, file, lines)
        writer = running(opened.root)
        if writer is None:
            with opened.write() as store:
                taken_into(store, kind, found)
            return STORE
    if writer.spool is None:
        raise StoreError(
            "the running writer takes no files", zh="运行中的写入程序不接收文件",
            next_step="start yilu run with --spool FOLDER", next_step_zh="以 --spool 文件夹 启动 yilu run",
        )  # fmt: skip
    put(writer.spool / REGISTERS / kind, file.name, lines.encode())
    return SPOOL


def _lines(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps({k: v for k, v in row.items() if v not in (None, "")}) + "\n" for row in rows)


def _read(opened: Facts, kind: str, file: Path, lines: str) -> feeds.FeedRows:
    file.write_text(lines, encoding="utf-8")
    found = read(opened, kind, file)
    for wrong in found.quarantine.to_pylist():
        raise InputError(kind, wrong["expected"], row=wrong["row"], column=wrong["column"], value=wrong["value"], next_step="correct the record", expected_zh=wrong["expected_zh"], next_step_zh="改正该记录")  # fmt: skip
    return found
