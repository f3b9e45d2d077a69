"""Readers beside a running writer: each sees one commit and never a mix, while files are joined, states are written and what is no longer named is forgotten."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from typer.testing import CliRunner

from tests.items.conftest import RULES, fresh_store
from tests.items.facts import delivery
from tests.run.running import PIECES, Ground, end, wait_until
from tests.supervision import watched as small
from tests.supervision.test_judging import LATENESS_S, SMALL, catalogue, nothing_filed, scan
from yilu.cli.app import app
from yilu.items import cubes
from yilu.items.reading import Snapshot
from yilu.items.tidying import Tidying
from yilu.supervision.rules import kept
from yilu.supervision.rules.evidence import EVIDENCE
from yilu.supervision.rules.judging import Judge
from yilu.supervision.rules.watching import Watch

ROUNDS, ITEMS, KEPT = 120, 2, 40
"""Rounds of the writer, items that it takes in each, and for how many commits files stay that are no longer named: few, so that many are forgotten."""


KEY = list(EVIDENCE.names or ()).index("key")
MISSING = catalogue().number("inspection_missing")


def told(number: int) -> list[dict[str, int]]:
    """The events of a round: each item is accepted and leaves without an inspection."""
    keys = [int(np.uint64((number * ITEMS + i + 1) * 0x9E3779B97F4A7C15 & (2**64 - 1))) for i in range(ITEMS)]
    return [scan(kind, at + number / 60, 1, key) for key in keys for kind, at in (("accept", 0), ("depart", 1))]


@dataclass
class Reader:
    """Opens the newest commit again and again, stays on it for a while, and notes what is not as that commit says."""

    root: Path
    chance: random.Random
    looks: int = 0
    behind: int = 0
    wrong: list[str] = field(default_factory=list)

    def look(self, newest: Callable[[], int]) -> None:
        """One look: what a snapshot tells must be what its own manifest counts, however far the writer has gone meanwhile."""
        try:
            snapshot = Snapshot.open(self.root, RULES)
            at = snapshot.at
            time.sleep(self.chance.uniform(0.0, 0.3))
            rows = [snapshot.rows(b) for b in range(at.buckets)]
            keys = np.sort(np.concatenate([r["key"] for r in rows]))
            evidence = kept.kept(snapshot)
            found = {
                "items": len(keys),
                "events": len(snapshot.events(keys)),
                "cells": int(np.sum(snapshot.cells(cubes.BY_NAME["scans"]).column("count").to_numpy())),
                "evidence": -1 if evidence is None else int((evidence["rule"] == MISSING).sum()),
            }
            judged = at.counts.made // 2 - (ITEMS if at.told > at.judged else 0)
            expected = {"items": at.counts.made // 2, "events": at.counts.made, "cells": at.counts.made, "evidence": judged if at.evidence else -1}  # fmt: skip
            if found != expected:
                self.wrong.append(f"commit {at.commit}: {found}, not {expected}")
            self.behind = max(self.behind, newest() - at.commit)
            self.looks += 1
        except Exception as error:
            self.wrong.append(repr(error))


def test_a_reader_sees_one_commit_and_never_a_mix() -> None:
    """Three readers that stay on commits for up to some tenths of a second, beside a writer that takes 120 rounds in: items, events, sums and evidence of each look are those that the look's own
    manifest counts, by arithmetic; meanwhile files were joined, and files that earlier commits named are gone."""
    with fresh_store(patience=None) as opened, opened() as store:
        root, stop = store.disk.root, threading.Event()
        store.commit([delivery(told(0))])
        store.remember(20)  # most of the log is in files alone
        store.limits = replace(store.limits, kept_commits=KEPT)
        watch = Watch(store, Judge(small.network(), catalogue(**SMALL), nothing_filed()), LATENESS_S)
        watch.everything()
        kept.keep(store, watch.evidence, "by")
        readers = [Reader(root, random.Random(seed)) for seed in range(3)]

        def read(reader: Reader) -> None:
            while not stop.is_set():
                reader.look(lambda: store.at.commit)

        threads = [threading.Thread(target=read, args=(r,)) for r in readers]
        for thread in threads:
            thread.start()
        seen: set[str] = set()
        with closing(Tidying(store)) as tidying:
            for number in range(1, ROUNDS):
                store.commit([delivery(told(number))])
                watch.step()
                kept.keep(store, watch.evidence, "by", (number % store.at.buckets,))
                tidying.step()
                seen |= store.at.files()
        stop.set()
        for thread in threads:
            thread.join()
        assert [r.wrong for r in readers] == [[], [], []]
        assert all(r.looks >= 5 for r in readers) and max(r.behind for r in readers) >= 2
        assert len(store.at.log) < ROUNDS / 2
        assert sum(not (root / name).exists() for name in seen) > ROUNDS
        assert len(watch.evidence) >= ROUNDS * ITEMS


def test_yilu_alerts_beside_yilu_run(tmp_path: Path) -> None:
    """While pieces of a day are taken in, ``yilu alerts`` answers each time, of a commit no older than the last; in the end it says what the store's evidence says."""
    ground = Ground(tmp_path, 200)
    spool = tmp_path / "spool"
    ground.put(spool, 0)
    process = ground.start("beside", "--spool", str(spool))
    commits: list[int] = []

    def alerts() -> dict:
        result = CliRunner().invoke(app, ["alerts", "--all", "--json"], env=ground.settings("beside"))
        assert result.exit_code == 0, (result.output, result.exception)
        found: dict = json.loads(result.stdout)
        return found

    try:
        wait_until(lambda: ground.made("beside") > 0)
        for number in range(1, PIECES):
            ground.put(spool, number)
            if number % 5 == 4:
                commits.append(alerts()["commit"])
                _wait_for_more(ground, spool)
        wait_until(lambda: not _left(spool))
    finally:
        end(process)
    assert commits == sorted(commits) and commits[-1] > commits[0]
    assert sum(a["items"] for a in alerts()["alerts"]) == sum(e[KEY] != 0 for e in ground.told("beside")["evidence"])


def _wait_for_more(ground: Ground, spool: Path) -> None:
    """Wait until the writer has taken in more than it has, or everything."""
    before = ground.made("beside")
    wait_until(lambda: ground.made("beside") > before or not _left(spool))


def _left(spool: Path) -> list[Path]:
    """Pieces that are not taken in yet."""
    return list((spool / "yilu").glob("*.parquet"))
