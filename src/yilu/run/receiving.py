"""The door of a process that is not the writer: a batch comes out of memory, is judged, and its chunk is handed to the writer's spool.

A batch's file is synced before anybody is told that it was taken, and holds pseudonyms alone: of what was sent, nothing else touches the disk. What it is
known by is a hash under the store's key, so that a number can't be found again by trying.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from yilu.errors import InputError, YiluError
from yilu.items.disk import sync_folder
from yilu.items.intake import Chunk, Limits, Mapping, door_of, read_body
from yilu.items.intake.chunk_file import Kept, write
from yilu.items.intake.door import Door
from yilu.run.facts import Facts
from yilu.run.handing import put, running
from yilu.run.inlets import MAPPING, REFUSED
from yilu.run.registers import REGISTERS, hand_over, waiting_bytes
from yilu.settings import Settings

FOLDER, CHECKED = "received", "checked"
"""Folders of a spool for batches that were judged: those that were handed over, and those that somebody still looks at."""
TAKEN = "taken"
"""Folder of a spool: which commit took which batches, a file of lines for each hour (UTC)."""
SUFFIX = ".batch"
KEPT_CHECKED_S = 3600
_LOOK_S = 0.25
_FEED = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")
NO_FEEDS = frozenset({FOLDER, CHECKED, TAKEN, REFUSED, REGISTERS})
"""Folders of a spool that are no feed's."""


class Full(YiluError):
    """So much waits for the writer that nothing more is taken for now. ``retry_s``: seconds after which to ask again."""

    exit_code = 4
    retry_s = 5

    def __init__(self) -> None:
        super().__init__("the writer is behind: too much waits for it", next_step="send the same batch again later", zh="写入进程积压,暂不接收", next_step_zh="稍后重发同一批")  # fmt: skip


@dataclass(frozen=True)
class Sender:
    """Who reports: the operator (code), and the name of its feed."""

    operator: str
    feed: str


def intake_limits(s: Settings) -> Limits:
    """Bounds of intake as the settings say."""
    return Limits(
        clock_ahead_s=60 * s.clock_ahead_minutes, max_line_bytes=s.max_line_bytes, max_document_bytes=s.max_document_bytes,
        threads=s.threads,
    )  # fmt: skip


def feed_name(text: str) -> str:
    """A name of a feed, as folders can have it. Raises InputError."""
    if not _FEED.fullmatch(text) or text in NO_FEEDS:
        raise InputError(
            "feed",
            "letters, digits, - and _, at most 40",
            next_step="choose another name",
            expected_zh="字母、数字、- 与 _,至多 40 个",
            next_step_zh="换一个名称",
        )
    return text


def spool_of(facts: Facts) -> Path:
    """The spool of the running writer, or else the one that the settings name."""
    found = running(facts.root)
    return found.spool if found is not None and found.spool is not None else facts.settings.spool


def mapping_file(spool: Path, feed: str) -> Path:
    """The file of a feed's own mapping."""
    return spool / feed / MAPPING


class Receiving:
    """Takes batches for the store that ``facts`` names. Safe to use from many threads."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._doors: dict[Sender, tuple[object, Door]] = {}
        self._guard = threading.Lock()
        self._looked, self._waiting = float("-inf"), 0
        self._spool, self._spool_until = facts.settings.spool, float("-inf")

    @property
    def spool(self) -> Path:
        """The folder that batches are put into; looked for anew now and then."""
        if time.monotonic() >= self._spool_until:
            self._spool, self._spool_until = spool_of(self.facts), time.monotonic() + _LOOK_S
        return self._spool

    @property
    def receipts_kept_days(self) -> int:
        """For how many days receipts are kept."""
        return self.facts.settings.retain_receipts_days

    def digest_of(self, body: bytes) -> str:
        """What a body is known by: BLAKE2b under the store's key, 64 hex digits."""
        return hashlib.blake2b(body, key=self.facts.key.secret, digest_size=32, person=b"yilu receipt").hexdigest()

    def door(self, sender: Sender) -> Door:
        """What the sender's rows are judged by; made anew when its mapping changes. Raises MappingError, InputError for an unknown operator."""
        file = mapping_file(self.spool, sender.feed)
        try:
            state = file.stat()
            stamp: object = (file, state.st_ino, state.st_size, state.st_mtime_ns)
        except OSError:
            stamp = None
        held = self._doors.get(sender)
        if held is not None and held[0] == stamp:
            return held[1]
        mapping = Mapping.read(file) if stamp is not None else Mapping.read("yilu")
        door = self.door_by(mapping, sender.operator)
        with self._guard:
            self._doors[sender] = (stamp, door)
        return door

    def door_by(self, mapping: Mapping, operator: str) -> Door:
        """What rows of an operator are judged by under a mapping. Raises as ``door``."""
        known = int(self.facts.network.operators.index_of_code.get(operator, 0))
        if not known:
            raise InputError(
                "operator",
                "a code of operators",
                value=operator,
                next_step="correct the key's or account's operator",
                expected_zh="已登记企业的代码",
                next_step_zh="改正密钥或账号的企业",
            )
        made = door_of(mapping, self.facts.network, self.facts.key, intake_limits(self.facts.settings))
        return replace(made, operator=known)

    def judge(self, body: bytes, form: str, sender: Sender, number: str) -> Chunk:
        """A batch as a chunk; ``number``: the receipt's. Raises SourceError, ``TooMany``, MappingError."""
        door = self.door(sender)
        digest = hashlib.blake2b((self.digest_of(body) + door.mapping.digest + sender.operator).encode(), digest_size=16)  # fmt: skip
        return read_body(
            body, form, f"{sender.operator}/{number}", digest.hexdigest(), door, self.facts.settings.intake_rows
        )

    def waiting_bytes(self) -> int:
        """Bytes of batches and files that the writer has not taken yet; looked up now and then."""
        with self._guard:
            if time.monotonic() - self._looked > _LOOK_S:
                self._waiting, self._looked = size_of(self.spool / FOLDER) + waiting_bytes(self.spool), time.monotonic()
            return self._waiting

    def hand_over(self, chunk: Chunk, sender: Sender, number: str) -> None:
        """Give a judged batch to the writer: when this returns, it is on the disk. Raises Full, StoreError."""
        if self.waiting_bytes() >= self.facts.settings.waiting_mb << 20:
            raise Full
        put(self.spool / FOLDER, number + SUFFIX, write(Kept(chunk, sender.feed, int(time.time()))))

    def hand_over_file(self, kind: str, number: str, suffix: str, body: bytes) -> None:
        """Give a file of a kind of feed beside scan events to the writer, likewise."""
        if self.waiting_bytes() >= self.facts.settings.waiting_mb << 20:
            raise Full
        hand_over(self.spool, kind, number, suffix, body)

    def keep_checked(self, chunk: Chunk, sender: Sender, number: str) -> None:
        """Keep a judged batch for an hour, for somebody to decide on."""
        folder = self.spool / CHECKED
        if folder.is_dir():
            for path in folder.iterdir():
                if time.time() - path.stat().st_mtime > KEPT_CHECKED_S:
                    path.unlink(missing_ok=True)
        put(folder, number + SUFFIX, write(Kept(chunk, sender.feed, int(time.time()))))

    def release(self, number: str) -> bool:
        """Give a checked batch to the writer. Returns whether there was one."""
        if self.waiting_bytes() >= self.facts.settings.waiting_mb << 20:
            raise Full
        target = self.spool / FOLDER
        target.mkdir(parents=True, exist_ok=True)
        try:
            (self.spool / CHECKED / (number + SUFFIX)).rename(target / (number + SUFFIX))
        except FileNotFoundError:
            return False
        sync_folder(target)
        return True


def size_of(folder: Path) -> int:
    """Bytes of the batches in a folder."""
    try:
        with os.scandir(folder) as entries:
            return sum(e.stat().st_size for e in entries if e.name.endswith(SUFFIX))
    except FileNotFoundError:
        return 0


def reasons_of(chunk: Chunk) -> dict[str, int]:
    """Quarantined rows of a batch by reason."""
    found: Counter[str] = Counter()
    for pair in chunk.quarantine.column("reason").value_counts().to_pylist():
        found[pair["values"]] += pair["counts"]
    return dict(found.most_common())
