"""Serves the console with records and accounts of its own: over a store that is there, or beside a writer that makes one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from yilu.run.handing import is_running

_START_S = 600.0
"""A loaded machine takes long to load everything, and kernels may have to be compiled first."""
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
    env = _env(made, folder)
    passwords, port = _accounts(env), _free_port()
    command = (
        "-m", "uvicorn", "yilu.console.asgi:application", "--port", str(port), "--timeout-graceful-shutdown", "1", "--no-access-log",
    )  # fmt: skip
    with _process(command, env, folder / "log") as server:
        _wait_for(f"http://127.0.0.1:{port}/login/", server, folder / "log")
        yield Served(f"http://127.0.0.1:{port}/", passwords, folder)


@contextmanager
def living(folder: Path, workers: int = 2) -> Iterator[Served]:
    """The whole of it, as whoever operates it starts it, over a store that is not there yet: ``yilu run`` over a spool, ``yilu serve`` with its workers."""
    spool = folder / "spool"
    spool.mkdir()
    env = _env(folder, folder) | {"YILU_SPOOL": str(spool)}
    passwords, port = _accounts(env), _free_port()
    run = ("-m", "yilu.cli.app", "run", "--spool", str(spool))
    serve = ("-m", "yilu.cli.app", "serve", "--port", str(port), "--workers", str(workers), "--migrate")
    with _process(run, env, folder / "run.log") as writer, _process(serve, env, folder / "serve.log") as server:
        _wait_for(f"http://127.0.0.1:{port}/login/", server, folder / "serve.log")
        _wait_until_writing(folder / "store", writer, folder / "run.log")
        yield Served(f"http://127.0.0.1:{port}/", passwords, folder)


def _env(made: Path, folder: Path) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("YILU_")}
    return clean | {
        "YILU_STORE": str(made / "store"), "YILU_KEY_FILE": str(made / "key"), "YILU_RECORDS": str(folder / "records"), "DJANGO_SETTINGS_MODULE": "yilu.console.configuration",
    }  # fmt: skip


def _accounts(env: Mapping[str, str]) -> dict[str, str]:
    """Passwords by name of accounts that are made here."""
    said = subprocess.run([sys.executable, "-c", _ACCOUNTS], env=env, capture_output=True, text=True, timeout=120, check=True)  # fmt: skip
    found: dict[str, str] = json.loads(said.stdout)
    return found


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@contextmanager
def _process(command: tuple[str, ...], env: Mapping[str, str], file: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process, which is asked to end with the block."""
    with file.open("wb") as log, subprocess.Popen([sys.executable, *command], env=env, stdout=log, stderr=log) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=10).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the console does not answer: {log.read_text(encoding='utf-8')[-2000:]}")


def _wait_until_writing(store: Path, writer: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and writer.poll() is None:
        if is_running(store):
            return
        time.sleep(0.1)
    raise AssertionError(f"the writer does not run: {log.read_text(encoding='utf-8')[-2000:]}")
