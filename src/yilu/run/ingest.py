"""From chunks of a feed to commits.

The next chunk is read and translated while the last ones are folded. A commit takes chunks up to ``commit_rows`` rows; a run that is
cut off loses at most that much work and nothing that was committed: the next run goes on behind the last row of each file.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace

from yilu.items.arrival import Delivery
from yilu.items.intake import COMPLETE, Chunk
from yilu.items.manifest import Counts, Manifest, Source
from yilu.items.schema import events
from yilu.items.store import Store

_AHEAD = 4
"""Chunks read ahead: the cores are never without work while a commit does what only one of them can."""

Progress = Callable[[str, int], None]
"""Told the source's name and how many of its rows are committed."""


@dataclass
class Summary:
    """What a run of intake did. ``skipped``: rows of files that were known already."""

    counts: Counts = field(default_factory=Counts)
    files: int = 0
    skipped: int = 0
    commits: int = 0
    unmapped: dict[str, int] = field(default_factory=dict)
    unknown: dict[str, dict[str, int]] = field(default_factory=dict)


def done_rows(store: Store) -> Callable[[str], int]:
    """How many rows of the file with a content hash are committed by the time it is asked, or COMPLETE."""
    return lambda content_hash: done_at(store.at)(content_hash)


def done_at(at: Manifest) -> Callable[[str], int]:
    """The same, as of one commit."""

    def rows(content_hash: str) -> int:
        source = at.sources.get(content_hash)
        return 0 if source is None else COMPLETE if source.complete else source.rows

    return rows


def ingest(
    store: Store,
    chunks: Iterator[Chunk],
    feed: str,
    commit_rows: int,
    progress: Progress | None = None,
    settle: bool = True,
) -> Summary:
    """Commit all chunks. Raises what reading them raises; what was committed before stays.

    ``settle``: also fold at the end what came behind; without it that waits for more, or for the store to be left.
    """
    summary = Summary()
    waiting: list[Chunk] = []
    before = store.at.counts
    failed: Exception | None = None
    ahead = _ahead(chunks)
    try:
        while True:
            try:
                chunk = next(ahead)
            except StopIteration:
                break
            except Exception as error:  # what was read before it is committed all the same
                failed = error
                break
            waiting.append(chunk)
            if sum(max(len(c.events), c.rows) for c in waiting) >= commit_rows:
                _commit(store, waiting, feed, summary, progress)
                waiting = []
        if waiting:
            _commit(store, waiting, feed, summary, progress)
        if settle:
            store.settle()
    finally:
        ahead.close()
    summary.counts = Counts(**{k: v - getattr(before, k) for k, v in vars(store.at.counts).items()})
    if failed is not None:
        raise failed
    return summary


def _commit(store: Store, chunks: list[Chunk], feed: str, summary: Summary, progress: Progress | None) -> None:
    now = int(time.time())
    deliveries = [delivery(c, feed, now) for c in chunks]
    chunks[:] = [replace(c, events=events(0)) for c in chunks]  # the store takes them over
    store.commit(deliveries)
    summary.commits += 1
    for chunk in chunks:
        summary.files += chunk.last
        summary.skipped += chunk.repeated_rows
        for code, n in chunk.unmapped.items():
            summary.unmapped[code] = summary.unmapped.get(code, 0) + n
        for column, texts in chunk.unknown.items():
            known = summary.unknown.setdefault(column, {})
            for text, n in texts.items():
                known[text] = known.get(text, 0) + n
        if progress:
            progress(chunk.source_name, chunk.rows)


def delivery(chunk: Chunk, feed: str, received_at: int = 0) -> Delivery:
    """A chunk as the store takes it. ``received_at``: UTC seconds."""
    counts = Counts(
        rows=chunk.rows,
        used=chunk.used,
        quarantined=chunk.quarantine.num_rows,
        refused=len(chunk.held),
        unmapped=sum(chunk.unmapped.values()),
        unknown_place=sum(chunk.unknown.get("place", {}).values()),
    )
    source = None
    if chunk.content_hash:
        source = (chunk.content_hash, Source(chunk.source_name, chunk.row_to, chunk.last))
    return Delivery(
        chunk.events, counts, feed, source, chunk.quarantine, chunk.codes, received_at, chunk.held, chunk.tokens
    )


def _ahead(chunks: Iterator[Chunk]) -> Generator[Chunk, None, None]:
    """The chunks, the next ones made in a thread of its own while the last is used."""
    ready: queue.Queue[Chunk | BaseException | None] = queue.Queue(_AHEAD)
    stop = threading.Event()

    def give(thing: Chunk | BaseException | None) -> bool:
        while not stop.is_set():
            try:
                ready.put(thing, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def run() -> None:
        try:
            for chunk in chunks:
                if not give(chunk):
                    return
            give(None)
        except BaseException as error:
            give(error)

    thread = threading.Thread(target=run, name="intake", daemon=True)
    thread.start()
    try:
        while (thing := ready.get()) is not None:
            if isinstance(thing, BaseException):
                raise thing
            yield thing
    finally:
        stop.set()
        thread.join()
