"""A block of source rows as a reader gives it: the rows that could be read, and those that couldn't."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


@dataclass(frozen=True)
class Block:
    """``table``: source columns of the rows that could be read, ``rows`` their numbers from 1, ascending.

    ``bad_rows``, ``bad_why``: numbers and reasons of the others. ``row_to``: rows of the source up to the end of this block.
    A document's event may stand in several rows of ``table``, which then share its number.
    """

    table: pa.Table
    rows: NDArray[np.int64]
    row_to: int
    bad_rows: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    bad_why: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))

    def split(self, row_to: int) -> tuple[Block, Block]:
        """The rows up to number ``row_to``, and the rest."""
        good = int(np.searchsorted(self.rows, row_to, "right"))
        bad = int(np.searchsorted(self.bad_rows, row_to, "right"))
        first = Block(self.table.slice(0, good), self.rows[:good], row_to, self.bad_rows[:bad], self.bad_why[:bad])
        return first, Block(
            self.table.slice(good), self.rows[good:], self.row_to, self.bad_rows[bad:], self.bad_why[bad:]
        )
