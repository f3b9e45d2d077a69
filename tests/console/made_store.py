"""A small store to show in the console: a day with faults of every kind, made once however many ask, with the evidence that a running writer would have kept."""

from __future__ import annotations

import fcntl
from dataclasses import replace
from datetime import date
from pathlib import Path

from yilu.cli import feed
from yilu.cli.ingest import ingest_into
from yilu.items.reading import Snapshot
from yilu.run.facts import Facts
from yilu.settings import load
from yilu.supervision.rules import declared, judging, kept
from yilu.twin.plan import DayPlan
from yilu.twin.scenario import Scenario, read
from yilu.twin.truth_file import write_registers
from yilu.twin.write import write_day

DAY = date(2025, 11, 11)
ITEMS = 3000
_SHARES = 30
"""Faults are planted so many times as often as in the demonstration, which has more items."""


def made(folder: Path) -> Path:
    """The folder with ``store`` and ``key``, made by whoever comes first."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            _make(folder)
            (folder / "made").touch()
    return folder


def _make(folder: Path) -> None:
    opened = Facts(load({}, store=folder / "store", key_file=folder / "key", buckets=4))
    network = opened.network
    plan = DayPlan(network, DAY, ITEMS, scenario=often(read(Path(str(network.folder)) / "faults.toml", network)))
    plan = plan.with_rates(hand_over=0.0)  # so that an item's operator is the only one that had it
    write_day(plan, folder / "events")
    ingest_into(opened, str(folder / "events"), "yilu", "", shown=False)
    for file in write_registers(plan, folder):
        feed.take(opened, file.stem, file)
    catalogue = declared.for_province(network.folder)
    lateness_s = 60 * opened.settings.allowed_lateness_minutes
    with opened.write() as store:
        snapshot = Snapshot(store.disk, store.at, store.rules)
        judge, by = judging.judge_of(snapshot, network, catalogue), kept.judged_by(snapshot, catalogue, lateness_s)
        kept.keep(store, judging.judged(snapshot, judge, lateness_s), by)


def often(scenario: Scenario) -> Scenario:
    """The same faults, more often."""
    return replace(scenario, faults=tuple(replace(f, share=min(1.0, f.share * _SHARES)) for f in scenario.faults))
