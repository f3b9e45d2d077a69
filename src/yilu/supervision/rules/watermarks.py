"""Up to when feeds have told all, and which of them have fallen silent: one definition for all who ask.

Facts are *complete up to* the least watermark of the feeds that still tell. A feed that is silent holds nobody up: it is named apart, with what hangs on it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.items.reading import Snapshot
from yilu.supervision.rules.declared import Catalogue


@dataclass(frozen=True)
class Watermarks:
    """``of_source`` (s,): up to when each source of the store (by number, as events name it) is complete, UTC seconds; 0 unknown. ``silent`` (s,): whether it has fallen silent.

    ``latest``: the greatest; counts, which no one feed tells alone, are judged up to it. ``complete_to``: the least of feeds that are not silent. 0 where there is none.
    """

    of_source: NDArray[np.int64]
    silent: NDArray[np.bool_]
    latest: int
    complete_to: int

    def silent_names(self, names: tuple[str, ...]) -> dict[int, str]:
        """The silent sources by number; ``names``: those of all (``Manifest.names``)."""
        return {int(s): names[s] for s in np.flatnonzero(self.silent)}


def watermarks_of(snapshot: Snapshot, catalogue: Catalogue, lateness_s: int) -> Watermarks:
    """The watermarks at the snapshot's commit. ``lateness_s``: allowed lateness of feeds.

    A feed is silent as an operator is (rule ``silent_feed``): it tells of nothing for ``silent_hours``, up to the watermark of the latest feed.
    """
    names, by_feed = snapshot.at.names, snapshot.watermarks(lateness_s)
    of_source = np.array([by_feed.get(name, 0) for name in names], np.int64)
    last_event = np.array([snapshot.at.watermarks.get(name, 0) for name in names], np.int64)
    latest = int(of_source.max(initial=0))
    silent = (last_event > 0) & (last_event < latest - 3600 * catalogue["silent_hours"])
    telling = of_source[(last_event > 0) & ~silent]
    return Watermarks(of_source, silent, latest, int(telling.min()) if len(telling) else 0)
