"""Processes that need the same kernel at the same time compile it once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_KERNELS = """
from numba import njit

@njit(cache=True)
def doubled(x):
    return 2 * x

@njit(cache=True)
def asked(x):
    return doubled(x) + 1
"""
_ASK = """
import sys
from tests.kernels import compiled_by_one
compiled_by_one()
import some_kernels
print("ready", flush=True)
sys.stdin.readline()
assert some_kernels.asked(3) == 7
print(sum(some_kernels.asked.stats.cache_misses.values()))
"""


def test_a_kernel_is_compiled_once(tmp_path: Path, root: Path) -> None:
    """Of three processes that begin at once one compiles, and the others take what it keeps."""
    (tmp_path / "some_kernels.py").write_text(_KERNELS, encoding="utf-8")
    env = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "kept"), "PYTHONPATH": f"{tmp_path}{os.pathsep}{root}"}
    asking = [
        subprocess.Popen([sys.executable, "-c", _ASK], env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(3)
    ]  # fmt: skip
    for process in asking:
        assert process.stdout and process.stdout.readline() == "ready\n"
    for process in asking:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    assert sum(int(process.communicate(timeout=120)[0]) for process in asking) == 1
