"""Beats of the running writer, by themselves: a small store and an inlet that brings one commit's events each beat."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Any

import pytest

from tests.items import lives
from tests.items.conftest import fresh_store
from tests.items.facts import delivery
from tests.items.lives import Event
from tests.supervision import watched as small
from tests.supervision.test_judging import LATENESS_S, SMALL, catalogue, nothing_filed, scan, with_records
from yilu.items import states
from yilu.items.arrival import Delivery
from yilu.items.manifest import Manifest
from yilu.items.reading import Snapshot
from yilu.run import live
from yilu.supervision.rules import kept
from yilu.supervision.rules.judging import Judge
from yilu.supervision.rules.watching import Watch


class OneABeat:
    """Brings one list of events a beat."""

    def __init__(self, commits: list[list[Event]]) -> None:
        self.commits = commits
        self.ended = False

    def take(self, at: Manifest, seconds: float, rows: int) -> list[Delivery]:
        time.sleep(seconds)
        if not self.commits:
            self.ended = True
            return []
        return [delivery(self.commits.pop(0))]

    def taken(self, at: Manifest) -> None:
        pass

    def close(self) -> None:
        pass


def test_evidence_does_not_wait_for_states(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every beat writes states, which takes long, and each finds something new: it stands in the store before the next beat, as writing it is quick."""
    written, write = [0], states.write

    def slow(*given: Any) -> None:
        written[0] += 1
        time.sleep(0.2)
        write(*given)

    monkeypatch.setattr(states, "write", slow)
    commits = [
        with_records([scan("accept", i, 1, key), scan("depart", i + 2, 1, key)])
        for i, key in enumerate(lives.ITEMS[:3])
    ]
    assert len(commits) == 3
    found: list[tuple[int, int]] = []
    with fresh_store() as opened, opened() as store:
        store.remember(1 << 20)
        with closing(Watch(store, Judge(small.network(), catalogue(**SMALL), nothing_filed()), LATENESS_S)) as watch:

            def told(beat: live.Beat) -> None:
                held = kept.kept(Snapshot(store.disk, store.at, store.rules))
                found.append((beat.evidence, 0 if held is None else len(held)))

            live.run(store, [OneABeat(commits)], watch, "by", live.Pace(0.01, 1000, 0.001), lambda: False, told)
    assert written[0] >= 3
    assert [beat for beat, _ in found] == sorted({beat for beat, _ in found}) and found[0][0] > 0
    assert all(beat == held for beat, held in found), found
