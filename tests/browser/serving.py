"""Serves the console over a store that is there, with records and accounts of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_ACCOUNTS = """
import django, json; django.setup()
from django.core.management import call_command
from yilu.console.demonstration import accounts
from yilu.console.facts import newest
call_command("migrate", verbosity=0)
print(json.dumps({a.name: a.password for a in accounts(newest().facts.network)}))
"""


@dataclass(frozen=True)
class Served:
    """A console that is served: its address, its accounts' passwords, its folder."""

    home: str
    passwords: dict[str, str]
    folder: Path


@contextmanager
def serving(made: Path, folder: Path) -> Iterator[Served]:
    """The console over ``made`` (``store`` and ``key`` in it), with its records in ``folder``, as a person would serve it, until the block ends."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("YILU_")}
    env = clean | {
        "YILU_STORE": str(made / "store"), "YILU_KEY_FILE": str(made / "key"), "YILU_RECORDS": str(folder / "records"), "DJANGO_SETTINGS_MODULE": "yilu.console.configuration",
    }  # fmt: skip
    said = subprocess.run(
        [sys.executable, "-c", _ACCOUNTS], env=env, capture_output=True, text=True, timeout=120, check=True
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "yilu.console.asgi:application",
        "--port",
        str(port),
        "--timeout-graceful-shutdown",
        "1",
        "--no-access-log",
    ]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, env=env, stdout=log, stderr=log) as server:
        try:
            _wait_for(f"http://127.0.0.1:{port}/login/", server, folder / "log")
            yield Served(f"http://127.0.0.1:{port}/", json.loads(said.stdout), folder)
        finally:
            server.terminate()


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=10).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the console does not answer: {log.read_text(encoding='utf-8')[-2000:]}")
