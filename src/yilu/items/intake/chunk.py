"""What the readers give: a chunk of at most ``chunk_rows`` rows of one source, as events and as an account of every row."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from yilu.errors import YiluError
from yilu.items.schema import TOKENS, Events


class SourceError(YiluError):
    """A source can't be read, or not to its end: it is truncated, lacks a column, still grows. Nothing of it is half used."""

    exit_code = 3


class MappingError(YiluError):
    """A mapping is wrong: file, key, value and what was expected."""

    exit_code = 2


@dataclass(frozen=True)
class Limits:
    """Bounds and tolerances of intake; times in seconds since 1970 UTC or seconds, sizes in bytes.

    ``clock_ahead_s``: how far an event may lie ahead of its recording. ``earliest``/``latest``: times outside are refused.
    ``max_codes``: distinct unmapped codes kept per chunk, the rest share one code.
    """

    clock_ahead_s: int = 600
    earliest: int = 946_684_800
    latest: int = 4_102_444_800
    max_line_bytes: int = 1 << 20
    max_document_bytes: int = 64 << 20
    max_number_bytes: int = 64
    max_weight_g: int = 100_000_000
    max_codes: int = 1000
    block_bytes: int = 8 << 20
    block_rows: int = 1 << 17
    sql_memory_mb: int = 2048
    sql_seconds: int = 900
    sql_spill_mb: int = 20_000
    threads: int = 2


@dataclass(frozen=True)
class Chunk:
    """Rows ``row_from`` (inclusive) to ``row_to`` (exclusive) of one source, counted from 0.

    rows = used + quarantine.num_rows, always. One row may make several events. ``held``: events of rows whose clock was ahead,
    not among ``events``; ``held_rows`` their row numbers (from 1). ``codes[i]`` is the source code that ``events.code`` calls
    i + 1. ``unmapped`` counts events by source code, ``unknown`` counts events by event column and unknown text (texts shown only where
    they are safe). ``last``: no rows follow in this source. ``repeated_rows``: rows passed
    over because they were done before (0 where ``done`` said COMPLETE). ``repeated``: the whole source was done before.
    ``tokens``: acceptances by senders' tokens (``schema.TOKENS``).
    """

    events: Events
    rows: int
    used: int
    quarantine: pa.Table
    held: Events
    held_rows: NDArray[np.int64]
    source_name: str
    content_hash: str
    row_from: int
    row_to: int
    last: bool
    repeated_rows: int = 0
    repeated: bool = False
    codes: tuple[str, ...] = ()
    unmapped: dict[str, int] = field(default_factory=dict)
    unknown: dict[str, dict[str, int]] = field(default_factory=dict)
    tokens: pa.Table = field(default_factory=TOKENS.empty_table)

    @property
    def fingerprint(self) -> bytes:
        """What this chunk is known by: content hash and row range."""
        return f"{self.content_hash}:{self.row_from}-{self.row_to}".encode()
