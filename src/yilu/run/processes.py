"""Processes that belong together: started one after the other, watched, and ended in the other order. One that ends by itself ends all."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from yilu.errors import YiluError

_SAID_LINES = 12


@dataclass(frozen=True)
class Part:
    """One process: what it is, in both languages, its arguments behind ``python -m``, how long it may take to end, and what to do if it fails."""

    name: str
    zh: str
    en: str
    arguments: Sequence[str]
    ending_s: float
    next_step: str
    next_step_zh: str


@dataclass
class Together:
    """Parts that run. Each writes what it says to ``logs/NAME.log``, which is begun anew at each start. ``fault``: of what runs beside them in this process."""

    logs: Path
    env: Mapping[str, str]
    fault: YiluError | None = None
    _running: list[tuple[Part, subprocess.Popen[bytes]]] = field(default_factory=list)

    def start(self, part: Part) -> None:
        """Start a part in a process group of its own, so that Ctrl-C reaches it by way of whoever started it alone."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with self.log_of(part).open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *part.arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **self.env}, start_new_session=True,
            )  # fmt: skip
        self._running.append((part, process))

    def log_of(self, part: Part) -> Path:
        """Where a part writes what it says."""
        return self.logs / f"{part.name}.log"

    def failed(self) -> YiluError | None:
        """What is to be said of the first that has ended, None where all run."""
        for part, process in self._running:
            if process.poll() is not None:
                return _ended(part, process.returncode, self.log_of(part))
        return self.fault

    def watch(self, stop: threading.Event, every_s: float = 0.5) -> None:
        """Wait until ``stop`` is set. Raises YiluError where a part ends before."""
        while not stop.wait(every_s):
            if (error := self.failed()) is not None:
                raise error

    def end(self) -> None:
        """Ask every part to end, the last started first, each when the one after it has; one that doesn't in its time is killed."""
        while self._running:
            part, process = self._running.pop()
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(part.ending_s)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _ended(part: Part, code: int, log: Path) -> YiluError:
    told = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_SAID_LINES:]
    told_lines = "\n    ".join(told)
    return YiluError(
        f"{part.en} has ended with code {code}; its last lines, of {log}:\n    {told_lines}", zh=f"{part.zh}已退出,代码 {code};日志 {log}",
        next_step=part.next_step, next_step_zh=part.next_step_zh, exit_code=6,
    )  # fmt: skip
