"""State files: the tables of buckets as they stood at a commit, and how they are brought up to a later one.

A file is a line of JSON (format, declaration, rows, commit) and then the rows as they lie in memory. It is a cache: ``load`` folds
whole every item that has logged events later than the file.
"""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from yilu.errors import StoreError
from yilu.items import bucket, closing, log, order
from yilu.items.disk import Disk
from yilu.items.fields import DECLARATION, ROW
from yilu.items.manifest import Manifest, state_file
from yilu.items.rules import LIMITS
from yilu.items.table import Table, table_of


def write(disk: Disk, table: Table, b: int, commit: int) -> None:
    """Write a table as the state of bucket ``b`` folded to ``commit``."""
    head = json.dumps({"declaration": DECLARATION, "rows": table.count, "commit": commit}).encode()
    with disk.create(state_file(b, commit)) as file:
        file.write(head + b"\n")
        file.write(table.used.tobytes())


def read(disk: Disk, b: int, commit: int) -> NDArray[np.void]:
    """The rows of a state file. Raises StoreError where it is cut off or of another declaration."""
    with open(disk.path(state_file(b, commit)), "rb") as file:
        head = json.loads(file.readline(4096))
        if head["declaration"] != DECLARATION:
            raise StoreError(
                "the states were made under another declaration of fields",
                next_step="run: yilu rebuild",
                zh="状态是按另一种字段声明生成的",
                next_step_zh="运行 yilu rebuild",
            )
        rows = np.fromfile(file, ROW, head["rows"])
    if len(rows) != head["rows"]:
        raise StoreError(
            f"state file {state_file(b, commit)} is cut off",
            next_step="run: yilu rebuild",
            zh=f"状态文件 {state_file(b, commit)} 被截断",
            next_step_zh="运行 yilu rebuild",
        )
    return rows


def load(disk: Disk, at: Manifest, b: int, rules: NDArray[np.uint32]) -> Table:
    """The table of bucket ``b`` as of the commit ``at``: its file, and the log's end folded onto it."""
    shift = at.buckets.bit_length() - 1
    commit = at.states[b]
    table = table_of(read(disk, b, commit) if commit else np.empty(0, ROW), shift, at.commit)
    touched = np.unique(log.read(disk, at.log, b, at.buckets, after=at.folded[b]).key)
    if len(touched):
        closed = closing.keys_closed(disk, at.closed, b, at.buckets)
        whole = order.arrange(log.read(disk, at.log, b, at.buckets, touched)).events
        whole = closing.sealed(disk, at, b, int(rules[rules[LIMITS]])).left(whole)
        rows = bucket.whole_items(whole, rules, +1, None)
        bucket.put(table, rows, np.intersect1d(touched, closed, assume_unique=True))
        table.changed = True
    return table
