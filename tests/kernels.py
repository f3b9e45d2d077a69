"""Compiling kernels once for all processes of a test run, which begin with the same ones at the same time."""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path
from typing import Any


def compiled_by_one() -> None:
    """From now on whoever would compile a kernel that is kept waits for the process that compiles it, and takes what that one keeps.

    Within a process numba compiles one kernel after another, and a kernel's own kernels are compiled inside its turn: who waits for whom follows
    who calls whom, which goes round in no circle.
    """
    from numba.core.caching import NullCache
    from numba.core.compiler_lock import global_compiler_lock
    from numba.core.dispatcher import Dispatcher

    folder = Path(tempfile.gettempdir()) / f"yilu-compiling-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    alone = Dispatcher.compile

    def compile(self: Any, sig: Any) -> Any:
        if isinstance(self._cache, NullCache):
            return alone(self, sig)
        name = f"{self.py_func.__module__}.{self.py_func.__qualname__}"
        with global_compiler_lock, (folder / name).open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            return alone(self, sig)

    Dispatcher.compile = compile
