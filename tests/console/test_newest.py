"""The newest facts, worked out once for all and kept for a while."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from yilu.console import facts
from yilu.console.facts import Newest, again, newest
from yilu.run.facts import Facts


@pytest.fixture
def held(made_store: Path) -> Newest:
    """A place where values are kept, over the store of all tests."""
    return Newest(newest().facts)


def test_a_value_is_made_once_for_all_who_ask(held: Newest) -> None:
    """Twenty threads at once: one making."""
    made: list[int] = []

    def make() -> int:
        made.append(1)
        time.sleep(0.1)
        return len(made)

    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(held.of("key", make))) for _ in range(20)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert set(found) == {1} and made == [1]


def test_a_value_stays_fresh_between_its_bounds(held: Newest) -> None:
    """Not longer than asked for, however long it took; not shorter than the least."""
    clock = [0.0]

    class Clock:
        @staticmethod
        def monotonic() -> float:
            return clock[0]

    def slow() -> float:
        clock[0] += 10
        return clock[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(facts, "time", Clock)
        assert held.of("key", slow, 0.25, 2.0) == 10.0
        clock[0] = 11.9
        assert held.of("key", slow, 0.25, 2.0) == 10.0
        clock[0] = 12.1
        assert held.of("key", slow, 0.25, 2.0) == pytest.approx(22.1)
        assert held.of("other", slow) == pytest.approx(32.1)
        clock[0] = 60.0
        assert held.of("other", slow) == pytest.approx(32.1)


def test_a_store_made_after_a_slow_first_look_is_seen_at_once(made_store: Path, tmp_path: Path) -> None:
    """That there is no store yet is not held as long as a figure that took as long to make: the first look reads the province, and people wait for the first commit."""

    class SlowFacts(Facts):
        def read(self) -> Any:
            time.sleep(0.5)
            return super().read()

    f = newest().facts
    shown = Newest(SlowFacts(replace(f.settings, store=tmp_path / "store")))
    assert shown.snapshot is None and shown.alerts is None
    (tmp_path / "store").symlink_to(made_store / "store")
    assert shown.snapshot is not None and shown.alerts is not None


def test_who_asks_while_a_newer_one_is_made_is_given_the_old(held: Newest) -> None:
    """A page needn't wait for what another page is working out, as long as what was there is not long past its time."""
    begun, gate = threading.Event(), threading.Event()

    def make() -> str:
        begun.set()
        gate.wait(10)
        return "new"

    assert held.of("key", lambda: "old", 0.0, 0.0) == "old"
    maker = threading.Thread(target=held.of, args=("key", make))
    maker.start()
    begun.wait(10)
    assert held.of("key", lambda: "another") == "old"
    held._held["key"].until -= 3600
    found: list[Any] = []
    waiting = threading.Thread(target=lambda: found.append(held.of("key", lambda: "another")))
    waiting.start()
    gate.set()
    maker.join()
    waiting.join()
    assert found == ["new"]


def test_figures_are_made_anew_behind_who_asks(held: Newest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a newer figure, not even who asks first; it is made once, and who asks when it is done gets it. What is long past its time is waited for."""
    monkeypatch.setattr(facts, "_BREATH", 0.0)
    gate, made = threading.Event(), [0]

    def make() -> int:
        if made[0]:
            gate.wait(10)
        made[0] += 1
        return made[0]

    def stale() -> int:
        held._held["key"].until = time.monotonic() - 1
        found: int = held.of("key", make, behind=True)
        return found

    assert held.of("key", make, behind=True) == 1
    assert [stale(), stale()] == [1, 1]
    gate.set()
    until = time.monotonic() + 10
    while held.of("key", make, behind=True) != 2 and time.monotonic() < until:
        time.sleep(0.01)
    assert held.of("key", make, behind=True) == 2 and made == [2]
    held._held["key"].until -= 3600
    assert held.of("key", make, behind=True) == 3


def test_a_figure_that_cannot_be_made_anew_stays_as_it_was(held: Newest, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error behind the backs of those who ask is logged, and tried again; it breaks no page that has the figure of before."""
    monkeypatch.setattr(facts, "_BREATH", 0.0)
    told: list[str] = []
    monkeypatch.setattr(facts._log, "exception", told.append)

    def fails() -> int:
        raise OSError

    held.of("key", lambda: 1, behind=True)
    for expected in (1, 2):
        held._held["key"].until = time.monotonic() - 1
        assert held.of("key", fails, behind=True) == 1
        until = time.monotonic() + 10
        while len(told) < expected and time.monotonic() < until:
            time.sleep(0.01)
        assert len(told) == expected


def test_figures_asked_for_together_are_of_one_commit(held: Newest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page's figures agree with each other; what a writer removed meanwhile is asked of the newest commit."""
    commits = iter(range(1, 10))
    monkeypatch.setattr(held, "facts", type("Facts", (), {"read": lambda self: next(commits)})())
    assert [held.asked(n, lambda commit: commit) for n in "abc"] == [1, 1, 1]

    def gone(commit: int) -> int:
        if commit < 3:
            raise FileNotFoundError
        return commit

    assert held.asked("d", gone) == 3


def test_a_file_that_is_gone_is_asked_for_again() -> None:
    """A writer removes what it has replaced: a newer commit is asked, twice more at the most."""
    tries: list[int] = []

    def make(gone: int) -> str:
        tries.append(1)
        if len(tries) <= gone:
            raise FileNotFoundError("state/0001.0000000002")
        return "found"

    assert again(lambda: make(2)) == "found" and len(tries) == 3
    tries.clear()
    with pytest.raises(FileNotFoundError):
        again(lambda: make(9))
    assert len(tries) == 3


def test_who_cannot_wait_gets_what_was_there(held: Newest, monkeypatch: pytest.MonkeyPatch) -> None:
    """While alerts are looked for the first time: none; while they are looked for again: those of before; when found: those."""
    gate, answers = threading.Event(), ["first", "second"]

    def find(opened: Any) -> Any:
        gate.wait(10)
        return answers.pop(0)

    monkeypatch.setattr(facts, "find", find)
    assert held.alerts_within(0.05) is None
    gate.set()
    assert held.alerts_within(10) == "first"
    gate.clear()
    held._held["alerts"].until = 0.0
    assert held.alerts_within(0.05) == "first"
    gate.set()
    assert held.alerts_within(10) == "second"
