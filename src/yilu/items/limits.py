"""Settings of a store's writer."""

from __future__ import annotations

from dataclasses import dataclass, replace

from yilu.items.manifest import KEPT

_MINUTES_OF_COMMITS = 400
"""Of a writer that makes some commits a second."""


@dataclass(frozen=True)
class Limits:
    """Settings of the writer, seconds and rows.

    Looking items up in a long log costs the more the longer it is. So beyond ``at_once_rows`` logged rows, events that come behind what
    their items had wait until ``settle_share`` of the log's rows have come since the last settling: then all are looked up together.
    Files that a commit no longer names stay for ``kept_commits`` commits, for readers that still stand on earlier ones.
    """

    container_s: int = 3 * 86400
    memory_bytes: int = 12 << 30
    flush_rows: int = 256_000_000
    threads: int = 2
    at_once_rows: int = 1_000_000
    settle_share: float = 1.0
    kept_commits: int = KEPT

    def of_seconds(self) -> Limits:
        """The same for a writer that commits every second: nobody can wait for a settling, and a reader may take minutes."""
        return replace(self, settle_share=float("inf"), kept_commits=_MINUTES_OF_COMMITS)
