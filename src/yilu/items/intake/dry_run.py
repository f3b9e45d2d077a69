"""Dry run: what a source would become, row by row problems included, without a store and without keeping anything."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from yilu.items.intake import reasons
from yilu.items.intake.chunk import Chunk, Limits, SourceError
from yilu.items.intake.mapping import Mapping
from yilu.items.intake.sources import open_source
from yilu.items.keys import Key
from yilu.items.kinds import BY_ID
from yilu.items.schema import IDENTITY, QUARANTINE, Events

MAX_PROBLEMS = 1000
_SAMPLED = 1 << 18
"""Identities kept for the estimate of repeats."""


@dataclass(frozen=True)
class Report:
    """What a dry run found. rows = used + quarantined.

    ``problems``: the first quarantined rows (schema QUARANTINE). ``by_reason``, ``by_kind``: counts by code. ``unmapped``: events by
    source code; ``unknown``: events by column and unknown text. ``first_at``, ``last_at``: Unix seconds, 0 without events.
    ``in_order``: share of events not earlier than the one before them in the file. ``recorded_late_s``: median seconds from event to
    recording where the source states it, -1 where it doesn't. ``repeats``: estimated share of events that repeat an earlier one.
    ``errors``: sources that could not be read, in words.
    """

    sources: int
    rows: int
    used: int
    quarantined: int
    events: int
    by_reason: dict[str, int]
    by_kind: dict[str, int]
    problems: pa.Table
    unmapped: dict[str, int]
    unknown: dict[str, dict[str, int]]
    first_at: int
    last_at: int
    in_order: float
    recorded_late_s: int
    repeats: float
    errors: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The report as plain values, each problem with the texts of its reason."""
        plain = {name: value for name, value in asdict(self).items() if name != "problems"}
        problems = self.problems.to_pylist()
        for problem in problems:
            reason = reasons.BY_CODE[problem["reason"]]
            problem |= {"zh": reason.zh, "en": reason.en, "next_step": reason.next_step}
            del problem["key"]
        return {**plain, "problems": problems}


@dataclass
class _Sample:
    """Identities below a bound that halves whenever there are too many: every event of an identity is in, or none."""

    bound: int = 1 << 64
    seen: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    total: int = 0

    def add(self, marks: NDArray[np.uint64]) -> None:
        self.seen = np.concatenate([self.seen, self._below(marks)])
        while len(np.unique(self.seen)) > _SAMPLED:
            self.bound >>= 1
            self.seen = self._below(self.seen)

    def _below(self, marks: NDArray[np.uint64]) -> NDArray[np.uint64]:
        return marks if self.bound >= 1 << 64 else marks[marks < np.uint64(self.bound)]

    def share(self) -> float:
        """Share of events that repeat an earlier one."""
        return 1 - len(np.unique(self.seen)) / len(self.seen) if len(self.seen) else 0.0


def dry_run(
    source: Path | str,
    mapping: Mapping,
    network: Any,
    *,
    limits: Limits | None = None,
    received_at: int | None = None,
    stream: BinaryIO | None = None,
    each: Callable[[pa.Table], None] | None = None,
) -> Report:
    """Read ``source`` as ``open_source`` does and report. Raises MappingError; a source that can't be read stands in ``errors``.

    ``each`` is given all quarantined rows (schema QUARANTINE), chunk by chunk.
    """
    received = int(time.time()) if received_at is None else received_at
    state = _State(received)
    key = Key(os.urandom(16))  # nobody can join what a dry run saw with anything
    try:
        for chunk in open_source(
            source, mapping, network, key, chunk_rows=1 << 19, limits=limits, received_at=received, stream=stream
        ):
            state.add(chunk)
            if each is not None and chunk.quarantine.num_rows:
                each(chunk.quarantine)
    except SourceError as error:
        state.errors.append(error.message)
    return state.report()


def report_of(chunks: Iterable[Chunk], received_at: int) -> Report:
    """The report on chunks that were translated already; ``received_at`` is what stands for a recording time that isn't stated."""
    state = _State(received_at)
    for chunk in chunks:
        state.add(chunk)
    return state.report()


@dataclass
class _State:
    """Sums over the chunks so far; ``received`` is what stands for a recording time that isn't stated."""

    received: int
    sources: int = 0
    rows: int = 0
    used: int = 0
    quarantined: int = 0
    events: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    kinds: NDArray[np.int64] = field(default_factory=lambda: np.zeros(256, np.int64))
    problems: list[pa.Table] = field(default_factory=list)
    unmapped: Counter[str] = field(default_factory=Counter)
    unknown: dict[str, Counter[str]] = field(default_factory=dict)
    first_at: int = 0
    last_at: int = 0
    ordered: int = 0
    compared: int = 0
    late: list[int] = field(default_factory=list)
    sample: _Sample = field(default_factory=_Sample)
    errors: list[str] = field(default_factory=list)

    def add(self, chunk: Chunk) -> None:
        self.sources += chunk.last
        self.rows += chunk.rows
        self.used += chunk.used
        self.quarantined += chunk.quarantine.num_rows
        self.events += len(chunk.events)
        for pair in chunk.quarantine.column("reason").value_counts().to_pylist():
            self.reasons[pair["values"]] += pair["counts"]
        kept = sum(t.num_rows for t in self.problems)
        if kept < MAX_PROBLEMS and chunk.quarantine.num_rows:
            self.problems.append(chunk.quarantine.slice(0, MAX_PROBLEMS - kept))
        self.unmapped.update(chunk.unmapped)
        for column, texts in chunk.unknown.items():
            self.unknown.setdefault(column, Counter()).update(texts)
        if len(chunk.events):
            self._times(chunk.events)
            self.sample.add(_identity(chunk.events))

    def _times(self, found: Events) -> None:
        self.kinds += np.bincount(found.kind, minlength=256)
        self.first_at = min(self.first_at or int(found.at.min()), int(found.at.min()))
        self.last_at = max(self.last_at, int(found.at.max()))
        self.ordered += int(np.count_nonzero(found.at[1:] >= found.at[:-1]))
        self.compared += len(found) - 1
        stated = found.recorded_at != self.received
        if stated.any():
            self.late.append(int(np.median((found.recorded_at.astype(np.int64) - found.at)[stated])))

    def report(self) -> Report:
        return Report(
            sources=self.sources,
            rows=self.rows,
            used=self.used,
            quarantined=self.quarantined,
            events=self.events,
            by_reason=dict(self.reasons.most_common()),
            by_kind={BY_ID[int(k)].code: int(self.kinds[k]) for k in np.flatnonzero(self.kinds)},
            problems=pa.concat_tables([QUARANTINE.empty_table(), *self.problems]),
            unmapped=dict(self.unmapped.most_common()),
            unknown={column: dict(texts.most_common()) for column, texts in self.unknown.items()},
            first_at=self.first_at,
            last_at=self.last_at,
            in_order=self.ordered / self.compared if self.compared else 1.0,
            recorded_late_s=int(np.median(self.late)) if self.late else -1,
            repeats=self.sample.share(),
            errors=tuple(self.errors),
        )


def _identity(found: Events) -> NDArray[np.uint64]:
    """One number per event, equal for equal identities and evenly spread (a multiply and shift mix per column)."""
    mark = np.zeros(len(found), np.uint64)
    for name in IDENTITY:
        mark ^= getattr(found, name).astype(np.uint64)
        mark *= np.uint64(0xBF58476D1CE4E5B9)
        mark ^= mark >> np.uint64(29)
    mark *= np.uint64(0x94D049BB133111EB)
    return np.asarray(mark ^ (mark >> np.uint64(32)))
