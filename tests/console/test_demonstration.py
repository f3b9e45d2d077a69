"""The demonstration: its accounts, and all of it as a person starts, ends and starts it again."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from yilu.console.access.roles import ROLES
from yilu.console.accounts.models import User
from yilu.console.demonstration import accounts
from yilu.console.facts import newest


def test_an_account_for_each_role(db: None) -> None:
    """Every role has an account, a city has one, a carrier's has its operator; the passwords fit, and are told when they are made and never again."""
    network = newest().facts.network
    made = accounts(network)
    assert (
        {a.role for a in made} == set(ROLES)
        and [a for a in made if a.area]
        and all(a.operator for a in made if a.role == "carrier")
    )
    assert all(User.objects.get(username=a.name).check_password(a.password) for a in made[:2])
    assert len({a.password for a in made}) == len(made)
    assert [a.password for a in accounts(network)] == [""] * len(made)
    afresh = accounts(network, afresh=True)
    assert User.objects.get(username="duty").check_password(next(a.password for a in afresh if a.name == "duty"))
    assert {a.password for a in afresh}.isdisjoint({a.password for a in made})


@contextmanager
def demo(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """The demonstration as a process; ended, whatever happens."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("YILU_", "DJANGO_"))}
    command = [sys.executable, "-m", "yilu.cli.app", "demo", "--folder", str(folder), "--scale", "0.00005", *options]
    with subprocess.Popen(command, env=clean, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(90)
                except subprocess.TimeoutExpired:
                    process.kill()


def address_of(process: subprocess.Popen[str]) -> tuple[str, str]:
    """(the address that it printed, all that it said before)."""
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
            return found[0], said
    raise AssertionError(said)


def processes_of(folder: Path) -> list[int]:
    """Processes that work on a folder: its name stands in what they were started with."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(folder / "live").encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def _facts_came(live: Path) -> bool:
    """Whether scans were told, and those of the first file are in a commit: the writer removes a file when they are."""
    commits = list((live / "store" / "commits").glob("*.json"))
    return (
        (live / "told").exists()
        and bool(commits)
        and any(json.loads(c.read_text(encoding="utf-8"))["manifest"]["counts"]["rows"] for c in commits)
    )


@pytest.mark.timeout(600)
def test_started_ended_and_started_again(tmp_path: Path) -> None:
    """The console answers, facts come, Ctrl-C leaves no process; a second start finds the accounts and goes on with the same days."""
    with demo(tmp_path) as process:
        address, said = address_of(process)
        rows = re.findall(r"^(\S+) +([\w-]{14}) ", said, re.MULTILINE)
        assert {name for name, _ in rows} >= set(ROLES), said
        assert urllib.request.urlopen(f"{address}login/", timeout=30).status == 200
        until = time.monotonic() + 400
        while not _facts_came(tmp_path / "live") and time.monotonic() < until:
            assert process.poll() is None
            time.sleep(0.5)
        assert _facts_came(tmp_path / "live")
        process.send_signal(signal.SIGINT)
        assert process.wait(120) == 0
    assert processes_of(tmp_path) == []
    told = int((tmp_path / "live" / "told").read_text(encoding="ascii"))
    plan = (tmp_path / "live" / "plan.json").read_bytes()
    with demo(tmp_path) as process:
        _, said = address_of(process)
        assert not re.search(r"^duty +[\w-]{14} ", said, re.MULTILINE) and "--new-passwords" in said
        until = time.monotonic() + 120
        while int((tmp_path / "live" / "told").read_text(encoding="ascii")) <= told:
            assert process.poll() is None and time.monotonic() < until, "it goes on"
            time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0
    assert (tmp_path / "live" / "plan.json").read_bytes() == plan
    assert processes_of(tmp_path) == []


def test_days_that_are_over_are_told(tmp_path: Path) -> None:
    """A demonstration of long ago says so, and what to do; it doesn't make up weeks."""
    (tmp_path / "live").mkdir()
    (tmp_path / "live" / "plan.json").write_text('{"first": "2024-01-01", "items": 100}', encoding="utf-8")
    with demo(tmp_path) as process:
        said = process.communicate(timeout=120)[0]
    assert process.returncode == 2 and "are over" in said and "→" in said


def test_accounts_are_made_for_the_province_that_is_set(db: None) -> None:
    """The city and the operator are the province's own first ones, and no name of one stands in code."""
    network: Any = newest().facts.network
    made = {a.name: a for a in accounts(network)}
    assert made["duty-city"].area in network.areas.index_of_code and made["carrier"].operator == str(
        network.operators.code[0]
    )
