"""Long work behind pages: made once, held within bounds, its errors told, and never more of it waiting than is bounded."""

from __future__ import annotations

import threading
import time

import pytest

from yilu.console import behind
from yilu.console.behind import Behind, Held


def test_a_result_is_made_once_however_many_ask() -> None:
    """Those who ask meanwhile are told nothing, those who ask later the same value."""
    of, go, times = Behind(), threading.Event(), []

    def make() -> str:
        times.append(1)
        go.wait(10)
        return "made"

    assert [of.result("key", make, 0.01) for _ in range(5)] == [None] * 5
    go.set()
    assert of.result("key", make, 10) == of.result("key", make, 0) == "made" and len(times) == 1


def test_an_error_is_told_and_tried_again() -> None:
    """What was raised meets who asks, even when nobody waited for it; then it is tried anew."""
    of, times = Behind(), []

    def make() -> str:
        times.append(1)
        if len(times) == 1:
            time.sleep(0.05)
            raise ValueError("wrong")
        return "right"

    assert of.result("key", make, 0) is None
    with pytest.raises(ValueError, match="wrong"):
        while of.result("key", make, 0.02) is None:
            pass
    assert of.result("key", make, 10) == "right"


def test_work_that_nobody_comes_back_for_makes_room() -> None:
    """More than is bounded is not taken on while it waits; once done, whoever asked, there is room again."""
    of, go = Behind(), threading.Event()
    most = behind._MOST_WAITING
    assert [of.result(n, lambda: go.wait(10), 0) for n in range(most + 3)] == [None] * (most + 3)
    begun = list(of._running)
    assert len(begun) == most
    go.set()
    until = time.monotonic() + 10
    while of._running and time.monotonic() < until:
        time.sleep(0.01)
    assert of.result("last", lambda: "done", 10) == "done"


def test_values_that_were_not_asked_for_go_first() -> None:
    """Of more values than are held, the one asked for longest ago is gone."""
    held = Held(2)
    held.keep("a", 1)
    held.keep("b", 2)
    assert held.get("a") == 1
    held.keep("c", 3)
    assert (held.get("a"), held.get("b"), held.get("c")) == (1, None, 3)
