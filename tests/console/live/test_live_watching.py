"""One look for all who watch: how often, what it finds, and when it stops."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from yilu.console.access.narrowing import narrow
from yilu.console.facts import Newest, newest
from yilu.console.live import watching
from yilu.console.live.watching import Pulse, Watcher
from yilu.console.seen import scope_of
from yilu.items.reading import Snapshot
from yilu.run.facts import Facts
from yilu.supervision.rules import kept

WITHIN_S = 5.0
"""In so long an alert must be with who watches."""


class Shown:
    """A store in memory: its commit, how many events it has, ids of its alerts; ``looks`` counts who asks."""

    def __init__(self) -> None:
        self.commit, self.made, self.ids, self.looks = 1, 0, ["a"], 0

    @property
    def snapshot(self) -> Any:
        """The newest commit."""
        self.looks += 1
        return SimpleNamespace(at=SimpleNamespace(commit=self.commit, counts=SimpleNamespace(made=self.made)))

    def alerts_within(self, wait_s: float) -> Any:
        """Its alerts."""
        alerts = [SimpleNamespace(id=i, told=True, life="firing") for i in self.ids]
        return SimpleNamespace(alerts=alerts, commit=self.commit)


def run(asked: Callable[[Watcher, Shown], Awaitable[Any]], look_s: float = 0.02) -> Any:
    """What is found out by a watcher of a store in memory."""
    shown = Shown()
    watcher = Watcher(lambda: shown, look_s)  # type: ignore[arg-type,return-value]

    async def whole() -> Any:
        return await asked(watcher, shown)

    return asyncio.run(whole())


def test_looks_do_not_grow_with_those_who_watch() -> None:
    """A hundred clients cost as many looks as one, and what is made of a pulse for the same scope is made once."""
    made = []

    async def one(watcher: Watcher) -> str:
        async with watcher.joined():
            pulse = await watcher.after(0, 5)
            assert pulse is not None
            await asyncio.sleep(0.4)
            told: str = await watcher.message("scope", pulse, lambda p: made.append(p.number) or f"of {p.commit}")
            return told

    async def asked(watcher: Watcher, shown: Shown) -> tuple[set[str], int]:
        told = await asyncio.gather(*(one(watcher) for _ in range(100)))
        return set(told), shown.looks

    told, looks = run(asked)
    assert told == {"of 1"} and made == [1] and looks <= 0.6 / 0.02


def test_nobody_looks_when_nobody_watches() -> None:
    """With the last client the looking ends; with the next it begins again."""

    async def asked(watcher: Watcher, shown: Shown) -> list[int]:
        counts = []
        for _ in range(2):
            async with watcher.joined():
                await watcher.after(0, 5)
            await asyncio.sleep(0.1)
            counts.append(shown.looks)
            await asyncio.sleep(0.2)
            counts.append(shown.looks)
        return counts

    first, still_first, second, still_second = run(asked)
    assert first == still_first < second == still_second


def test_a_new_commit_is_told_at_once_and_an_old_one_not_again() -> None:
    """One pulse for each commit, soon after it; none in between."""

    async def asked(watcher: Watcher, shown: Shown) -> list[Any]:
        async with watcher.joined():
            first = await watcher.after(0, 5)
            assert first is not None
            nothing = await watcher.after(first.number, 0.2)
            shown.commit, begun = 2, time.monotonic()
            second = await watcher.after(first.number, 5)
            return [first.commit, nothing, second and second.commit, time.monotonic() - begun]

    first, nothing, second, took = run(asked)
    assert (first, nothing, second) == (1, None, 2) and took < 1


def test_a_beat_comes_where_nothing_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that who watches knows that the stream still lives."""
    monkeypatch.setattr(watching, "BEAT_S", 0.1)

    async def asked(watcher: Watcher, shown: Shown) -> list[int]:
        async with watcher.joined():
            numbers = [0]
            for _ in range(3):
                pulse = await watcher.after(numbers[-1], 5)
                assert pulse is not None and pulse.commit == 1
                numbers.append(pulse.number)
            return numbers

    assert run(asked) == [0, 1, 2, 3]


def test_alerts_are_known_by_the_commit_that_brought_them() -> None:
    """Those that were there at the first look are new to nobody; one that comes and goes and comes again is new once."""

    async def asked(watcher: Watcher, shown: Shown) -> list[dict[str, int]]:
        found = []
        for commit, ids in ((1, ["a"]), (2, ["a", "b"]), (3, ["a"]), (4, ["a", "b", "c"])):
            shown.commit, shown.ids = commit, ids
            pulse = watcher.look()
            assert pulse is not None
            found.append(pulse.appeared)
        return found

    assert run(asked)[-1] == {"a": 0, "b": 2, "c": 4}


def test_the_rate_is_what_came_in_the_last_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """300 events in 2 seconds are 150 a second; what came long before doesn't count."""
    clock = [100.0]
    monkeypatch.setattr(watching.time, "monotonic", lambda: clock[0])
    watcher = Watcher(lambda: None)  # type: ignore[arg-type,return-value]
    rates = []
    for at, made in ((100.0, 0), (102.0, 300), (150.0, 300), (151.0, 400)):
        clock[0] = at
        rates.append(watcher._rate(made))
    assert rates == [None, 150.0, 0.0, 100.0]


def test_the_rate_is_for_who_sees_all(users: dict[str, Any]) -> None:
    """A city's officer and a carrier learn nothing of how much the others bring."""
    pulse = Pulse(1, 1, 5000.0)
    assert [narrow(pulse, scope_of(users[who])).rate for who in ("duty", "city", "carrier")] == [5000.0, None, None]


@pytest.fixture
def growing(tmp_path: Path, made_store: Path) -> Facts:
    """A copy of the store, to be written to."""
    for name in ("store", "key"):
        (shutil.copytree if name == "store" else shutil.copy)(made_store / name, tmp_path / name)
    return Facts(replace(newest().facts.settings, store=tmp_path / "store", key_file=tmp_path / "key"))


def test_an_alert_is_told_within_seconds_of_its_commit(growing: Facts) -> None:
    """Evidence is kept in a new commit, as a running writer keeps it: the alert is with who watches within the time that is asked for, with that commit."""
    with growing.write() as store:
        snapshot = Snapshot(store.disk, store.at, store.rules)
        evidence, by = kept.kept(snapshot), store.at.judged_by
        assert evidence is not None
        keys = sorted({int(k) for k in evidence["key"]})
        kept.keep(store, evidence[evidence["key"] < keys[len(keys) // 2]], by)
        watcher = Watcher(lambda: _held)
        _held = Newest(growing)

        async def asked() -> tuple[dict[str, int], float]:
            async with watcher.joined():
                first = await watcher.after(0, 60)
                while first is not None and not first.appeared:
                    first = await watcher.after(first.number, 60)
                assert first is not None
                await asyncio.to_thread(kept.keep, store, evidence, by)
                begun, pulse = time.monotonic(), first
                while len(pulse.appeared) == len(first.appeared):
                    pulse = await watcher.after(pulse.number, 60) or pulse
                return {i: c for i, c in pulse.appeared.items() if i not in first.appeared}, time.monotonic() - begun

        new, took = asyncio.run(asked())
        assert new and set(new.values()) == {store.at.commit} and took < WITHIN_S
