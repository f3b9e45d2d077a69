"""Losing power at any moment loses no commit and changes no fact."""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest

from tests.items.conftest import NET, RULES
from tests.items.facts import Unsynced, cells_of, logged, rows_of
from tests.items.power import Recorder, image, lay_out
from yilu.items import manifest, upkeep
from yilu.items.arrival import Delivery
from yilu.items.disk import Disk
from yilu.items.fields import ROW
from yilu.items.manifest import Counts, Source
from yilu.items.schema import Events, events
from yilu.items.store import Limits, Store

T0 = 1_750_000_000
KINDS = np.array([8, 12, 16, 20, 32, 44, 52, 60, 100, 104, 120], np.uint8)
CHUNKS = 6


def _chunk(i: int) -> Events:
    rng = np.random.default_rng(i)
    n = 120
    kind = KINDS[rng.integers(0, len(KINDS), n)]
    bag = np.where(np.isin(kind, (32, 60)), np.uint64(1 << 60) + rng.integers(0, 3, n).astype(np.uint64), np.uint64(0))
    keys = (rng.integers(1, 40, n).astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
    return events(
        n, key=keys, at=T0 + 3600 * i + rng.integers(0, 7200, n), kind=kind, place=rng.integers(1, 5, n), operator=1, item_class=3,
        container=bag,
    )  # fmt: skip


def _delivery(i: int) -> Delivery:
    batch = _chunk(i)
    return Delivery(
        batch, Counts(rows=len(batch), used=len(batch)), "feed", (f"chunk{i}", Source(f"chunk{i}", len(batch), True))
    )


def _open(root: Path, disk: Disk | None = None) -> Store:
    limits = Limits(
        NET.container_s, threads=1, at_once_rows=200, settle_share=0.6
    )  # early commits at once, later ones wait
    return Store.open(root, RULES, "key", "here", 4, limits, disk or Unsynced(root))


def _go_on(store: Store) -> None:
    """What a run of intake does: commit what is not committed yet, keep the store up, flush."""
    for i in range(CHUNKS):
        if f"chunk{i}" not in store.at.sources:
            store.commit([_delivery(i)])
        if i == 2:
            upkeep.compact(store)
    upkeep.close_items(store, T0 + 4 * 86400, upkeep.Periods(correction_s=40 * 86400))
    store.flush()


def _facts(root: Path) -> tuple[object, ...]:
    with _open(root) as store:
        rows = rows_of(store)
        rows = rows[np.lexsort((rows["start"], rows["key"]))]
        codes, counts = cells_of(store)
        stated = [rows[n].tolist() for n in ROW.names or () if n != "flags"]
        return stated, codes.tolist(), counts.tolist(), logged(store), store.at.counts, sorted(store.at.sources)


@pytest.fixture(scope="module")
def undisturbed() -> tuple[list, tuple[object, ...]]:
    """(every step of a run, the facts it ends with)."""
    root = Path(tempfile.mkdtemp(prefix="yilu-"))
    disk = Recorder(root)
    with _open(root, disk) as store:
        _go_on(store)
    facts = _facts(root)
    shutil.rmtree(root)
    return disk.steps, facts


def _after_power_loss(steps: list, upto: int, seed: int) -> tuple[object, ...]:
    root = Path(tempfile.mkdtemp(prefix="yilu-"))
    try:
        lay_out(image(steps[:upto], random.Random(seed)), root)
        with _open(root) as store:
            _go_on(store)
        return _facts(root)
    finally:
        shutil.rmtree(root)


@pytest.fixture(scope="module")
def left_behind(undisturbed) -> list[tuple[int, int]]:
    """(step after which the power goes, seed) of every image that the disk may be left with, each of equal ones once."""
    steps, _ = undisturbed
    images: dict[frozenset[tuple[str, bytes]], tuple[int, int]] = {}
    for upto in range(len(steps) + 1):
        for seed in range(3):
            left = image(steps[:upto], random.Random(1000 * upto + seed))
            images.setdefault(frozenset(left.items()), (upto, seed))
    return list(images.values())


@pytest.mark.parametrize("share", range(8))
def test_facts_survive_power_loss_after_any_step(undisturbed, left_behind, share):
    """After every prefix of writes, with what was not synced kept, lost or kept in part and out of order, the next run ends with the same facts."""
    steps, facts = undisturbed
    assert len(steps) > 60 and len(left_behind) > len(steps) / 2
    for upto, seed in left_behind[share::8]:
        assert _after_power_loss(steps, upto, 1000 * upto + seed) == facts, f"power lost after step {upto}, seed {seed}"


def test_a_committed_manifest_is_never_lost(undisturbed):
    """Once the sync behind a manifest's rename is done, no loss takes the commit back."""
    steps, _ = undisturbed
    done = 0
    for upto in range(len(steps)):
        step = steps[upto]
        if step.what == "sync_folder" and step.names[0] == "commits" and steps[upto - 1].what == "rename":
            done = int(steps[upto - 1].names[1].split("/")[1].split(".")[0])
        root = Path(tempfile.mkdtemp(prefix="yilu-"))
        lay_out(image(steps[: upto + 1], random.Random(upto)), root)
        found = manifest.newest(root)
        shutil.rmtree(root)
        assert (found.commit if found else 0) >= done


def test_an_unsynced_manifest_would_be_caught(undisturbed):
    """The images do lose things: without the syncs of content and folders, some power loss takes a commit back or breaks a file."""
    steps, facts = undisturbed
    careless = [s for s in steps if s.what not in ("sync", "sync_folder")]
    broken = 0
    for upto in range(0, len(careless), 7):
        try:
            broken += _after_power_loss(careless, upto, upto) != facts
        except Exception:
            broken += 1
    files = [image(careless, random.Random(seed)) for seed in range(10)]
    assert broken or any(not any(name.startswith("commits/") for name in f) for f in files)
