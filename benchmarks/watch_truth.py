"""When evidence became true: the same files in the same order through the same rules, but only what concerns the items in question, so that nothing waits.

An event may make evidence true that names an earlier one: a bag that leaves unscreened, a scan that shows that another was skipped. So what an item's own events tell of its delay is at best a bound;
here every file is committed and judged by itself, and the first one after which a piece of evidence stands is the one that made it true.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yilu.items.intake import Mapping, door_of, read_file
from yilu.items.reading import Snapshot
from yilu.run.facts import Facts
from yilu.run.ingest import delivery
from yilu.supervision.rules import judging
from yilu.supervision.rules.declared import for_province
from yilu.supervision.rules.watching import Watch

NAMED = ["rule", "key", "operator", "place", "at"]
"""What a piece of evidence is told apart by."""


def became_true(
    facts: Facts, files: Sequence[Path], feed: str, keys: NDArray[np.uint64] | None = None
) -> tuple[dict[tuple[int, ...], int], NDArray[np.uint64]]:
    """(position in ``files`` of the one that made each piece of evidence of the items ``keys``, or of all, true, by an empty store of ``facts``; keys of what the files tell of them).

    With the items come the containers they were put into, from then on. Evidence that only all items together make true may be missing.
    """
    door = door_of(Mapping.read("yilu"), facts.network, facts.key)
    first: dict[tuple[int, ...], int] = {}
    met = np.empty(0, np.uint64)
    concerned = np.empty(0, np.uint64) if keys is None else np.unique(keys)
    with facts.write() as store:
        store.remember(1 << 22)
        judge = judging.judge_of(
            Snapshot(store.disk, store.at, store.rules), facts.network, for_province(facts.network.folder)
        )
        with closing(Watch(store, judge, 60 * facts.settings.allowed_lateness_minutes)) as watch:
            watch.everything()
            for number, file in enumerate(files):
                for chunk in read_file(file, door, lambda content: 0, 1 << 20):
                    told = delivery(chunk, feed, 0)
                    if len(told.events):
                        wanted = np.isin(told.events.key, concerned) | (keys is None)
                        wanted[np.argmax(told.events.at)] = True  # the feed's watermark is the same
                        some = told.events.take(wanted)
                        store.commit([replace(told, events=some, source=None)])
                        met = np.union1d(met, some.key)
                        concerned = np.union1d(concerned, some.container[some.container > 0])
                watch.step()
                for row in watch.evidence[NAMED].tolist():
                    first.setdefault(row, number)
    return first, met
