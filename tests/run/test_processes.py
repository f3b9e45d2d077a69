"""Processes that belong together: one that ends is told with its words, and none is left."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from yilu.errors import YiluError
from yilu.run.processes import Part, Together

MODULES = {
    "patient": "import time\nprint('here', flush=True)\ntime.sleep(600)\n",
    "broken": "import sys\nprint('the disk is full')\nsys.exit(4)\n",
    "stubborn": "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('here', flush=True)\ntime.sleep(600)\n",
}


@pytest.fixture
def together(tmp_path: Path) -> Together:
    """Parts that find the modules above."""
    for name, code in MODULES.items():
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
    return Together(tmp_path / "logs", {"PYTHONPATH": str(tmp_path)})


def part(name: str, ending_s: float = 20.0) -> Part:
    """A part that runs one of the modules."""
    return Part(name, "部分", "the part", (name,), ending_s, "make room", "腾出空间")


def running(together: Together, *parts: Part) -> list[int]:
    """Start parts, and wait until each has said that it is here. Returns their process numbers."""
    for p in parts:
        together.start(p)
    until = time.monotonic() + 20
    while time.monotonic() < until and not all("here" in together.log_of(p).read_text(encoding="utf-8") for p in parts):
        time.sleep(0.02)
    return [process.pid for _, process in together._running]


def alive(pid: int) -> bool:
    """Whether a process is there."""
    return Path(f"/proc/{pid}").exists()


def test_one_that_ends_is_told_with_its_last_words(together: Together) -> None:
    """The error names the part, its code and its last lines, and says what to do next."""
    running(together, part("patient"))
    together.start(part("broken"))
    with pytest.raises(YiluError) as told:
        together.watch(threading.Event(), 0.05)
    assert "the part has ended with code 4" in told.value.message and "the disk is full" in told.value.message
    assert told.value.next_step == "make room" and told.value.exit_code == 6
    together.end()


def test_none_is_left(together: Together) -> None:
    """All are asked to end; who doesn't in its time is killed; asking again does no harm."""
    pids = running(together, part("patient"), part("stubborn", ending_s=0.3))
    assert len(pids) == 2 and all(map(alive, pids))
    together.end()
    together.end()
    assert not any(map(alive, pids))


def test_watching_ends_when_asked_to(together: Together) -> None:
    """While all run nothing is told; who asks for the end gets it."""
    running(together, part("patient"))
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    together.watch(stop, 0.05)
    assert together.failed() is None
    together.end()


def test_what_goes_wrong_beside_the_parts_is_told(together: Together) -> None:
    """A fault of a thread of the same process ends all likewise."""
    running(together, part("patient"))
    together.fault = YiluError("no room", next_step="make room")
    with pytest.raises(YiluError, match="no room"):
        together.watch(threading.Event(), 0.05)
    together.end()
