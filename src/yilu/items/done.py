"""What folding the buckets of a commit came to."""

from __future__ import annotations

from dataclasses import dataclass

from yilu.items import bucket
from yilu.items.manifest import Part
from yilu.items.schema import Events


@dataclass(frozen=True)
class Done:
    """What folding a commit's buckets came to; ``log``: the file of what it brought, ``behind``: events not folded yet, by bucket.

    ``kept``: of a store that remembers, the events that the log got, by key.
    """

    folded: list[bucket.Folded]
    cubes: Part | None
    log: Part
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
