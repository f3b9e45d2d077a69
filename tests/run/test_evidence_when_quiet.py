"""What was judged while evidence rested from being written is kept once there is time, though nobody reports any more."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.run.running import PIECES, Ground
from yilu.items.arrival import Delivery
from yilu.items.intake import Mapping, door_of, read_file
from yilu.items.manifest import Manifest
from yilu.items.reading import Snapshot
from yilu.run import live
from yilu.run.ingest import delivery
from yilu.supervision.rules import declared, judging, kept
from yilu.supervision.rules.watching import Watch

_TICK_S = 0.05
_IDLE_BEATS = 400


class _Halves:
    """The pieces of a day in two deliveries, one a beat, then nothing; it doesn't end."""

    ended = False

    def __init__(self, deliveries: list[list[Delivery]]) -> None:
        self.waiting, self.given = deliveries, False

    def take(self, at: Manifest, seconds: float, rows: int) -> list[Delivery]:
        if self.given or not self.waiting:
            return []
        self.given = True
        return self.waiting.pop(0)

    def taken(self, at: Manifest) -> None:
        self.given = False

    def close(self) -> None:
        pass


@pytest.mark.timeout(1200)
def test_evidence_does_not_wait_for_whoever_reports_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two beats so near to each other that the second one's evidence is not written at once, then silence: the store comes to keep it all the same."""
    ticks = itertools.count(1)
    monkeypatch.setattr(live, "time", SimpleNamespace(monotonic=lambda: _TICK_S * next(ticks)))
    monkeypatch.setattr(live, "_KEEPING", 20)  # by this clock a second of rest, in which the second beat falls
    ground = Ground(tmp_path)
    opened = ground.facts("quiet")
    door = door_of(Mapping.read("yilu"), opened.network, opened.key)
    files = sorted(ground.pieces.iterdir())
    halves = [
        [delivery(chunk, "yilu", 1) for file in half for chunk in read_file(file, door, lambda _: 0, 1 << 20)]
        for half in (files[: PIECES // 2], files[PIECES // 2 :])
    ]
    catalogue = declared.for_province(opened.network.folder)
    beats, idle = list[live.Beat](), itertools.count()
    with opened.write() as store:
        store.settle()
        store.flush()
        store.remember(1 << 20)

        def snapshot() -> Snapshot:
            return Snapshot(store.disk, store.at, store.rules)

        watch = Watch(store, judging.judge_of(snapshot(), opened.network, catalogue), 60 * 60)
        by = kept.judged_by(snapshot(), catalogue, 60 * 60)
        last = list[int]()

        def stop() -> bool:
            said = kept.kept(snapshot())
            if len(beats) == 2 and not last:
                last.append(len(said) if said is not None else 0)
                assert last[0] != len(watch.evidence), (
                    "the second beat's evidence is written at once: nothing is tested"
                )
            whole = len(beats) == 2 and said is not None and np.array_equal(said, watch.evidence)
            return whole or next(idle) > _IDLE_BEATS

        try:
            live.run(store, [_Halves(halves)], watch, by, live.Pace(every_s=3 * _TICK_S), stop, beats.append)
        finally:
            watch.close()
    assert len(beats) == 2 and next(idle) <= _IDLE_BEATS
