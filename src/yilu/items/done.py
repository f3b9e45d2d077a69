"""What folding the buckets of a commit came to, and its files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from yilu.items import bucket, closing, days, log
from yilu.items.disk import Disk
from yilu.items.fields import ROW
from yilu.items.manifest import Manifest, Part, put_table
from yilu.items.schema import Events


@dataclass(frozen=True)
class Done:
    """What folding a commit's buckets came to; ``log``: the files of what it brought, ``behind``: events not folded yet, by bucket.

    ``kept``: of a store that remembers, the events that the log got, by key.
    """

    folded: list[bucket.Folded]
    cubes: Part | None
    log: tuple[Part, ...]
    behind: list[Events]
    repeated: int
    conflicting: int
    derived: int
    refused: Events
    kept: Events

    @property
    def waiting(self) -> int:
        """Events that are not folded yet."""
        return sum(map(len, self.behind))

    def written(
        self, disk: Disk, at: Manifest, number: int, quarantine: list[pa.Table], day: str
    ) -> dict[str, tuple[Part, ...]]:
        """Write everything of commit ``number`` but its log and its links; the new parts of each list of the manifest ``at``. ``day``: local, of its facts."""
        found: dict[str, tuple[Part, ...]] = {}
        if any(part.rows for part in self.log):
            found["log"] = tuple(part for part in self.log if part.rows)
        for part in self.log:
            if not part.rows:
                disk.remove(part.file)
        if self.waiting:
            name, columns = f"log/{number:010d}.behind.parquet", log.spoken(self.behind)
            found["behind"] = (log.write_buckets(disk, name, columns, self.behind, number, number),)
        if self.cubes:
            found["cubes"] = (self.cubes,)
        closed = {f.bucket: f.closed for f in self.folded if len(f.closed)}
        if closed:
            by_bucket = (closed.get(b, np.empty(0, ROW)) for b in range(at.buckets))
            found["closed"] = (closing.write(disk, f"closed/{number:010d}.parquet", by_bucket, number, day),)
        gone = np.concatenate([np.empty(0, np.uint64), *(f.gone for f in self.folded)])
        if len(gone):
            name, since = f"closed/{number:010d}.gone.parquet", np.concatenate([f.since for f in self.folded])
            found["gone"] = (closing.write_gone(disk, name, gone, since, number, day),)
        quarantine = [*quarantine, days.too_late(self.refused, "past_retention")]
        if rows := [t for t in quarantine if t.num_rows]:
            name = f"quarantine/{number:010d}.parquet"
            found["quarantine"] = (put_table(disk, name, number, pa.concat_tables(rows), day),)
        return found
