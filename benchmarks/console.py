"""``./do bench console``: the console under load, all of it on one machine: the writer, web workers, 200 who listen, pages asked for, batches posted.

Batches of one operator's events are posted at 21,000 events a second (the small carriers' way), a fault is planted, and its alert is waited for on the stream. Then
the same writer takes 65,000 events a second as files in its spool (the province's way) while people go on looking. A batch's time runs from the moment at which it was due.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from benchmarks.console_clients import Line, Server, Told, listen, poll, post_all
from benchmarks.machine import run, say
from benchmarks.watch import _seconds
from yilu.items.reading import Snapshot
from yilu.network.distance import great_circle_km
from yilu.run.facts import Facts
from yilu.run.handing import is_running
from yilu.settings import load as load_settings
from yilu.twin.day import simulate
from yilu.twin.plan import DayPlan
from yilu.twin.write import write_day

_DATE = date(2025, 11, 11)
_PORT = 8139
_RATE, _FILES_RATE, _BATCH = 21_000, 65_000, 500
_LISTENERS = 200
_PAGES = ("/", "/feeds/", "/alerts/", "/items/", "/network/", "/plan/")
_WORKERS = 2
_START_S = 180.0
_ALERT_S = 30.0


@dataclass(frozen=True)
class Place:
    """Folders of the benchmark, and the settings of its processes."""

    root: Path

    @property
    def env(self) -> dict[str, str]:
        """Settings as variables."""
        return {
            "YILU_STORE": str(self.root / "store"), "YILU_KEY_FILE": str(self.root / "key"), "YILU_RECORDS": str(self.root / "records"),
            "YILU_SPOOL": str(self.root / "spool"), "YILU_LANGUAGE": "en", "YILU_ALLOWED_LATENESS_MINUTES": "60",
            "DJANGO_SETTINGS_MODULE": "yilu.console.configuration",
        }  # fmt: skip

    @property
    def facts(self) -> Facts:
        """The facts."""
        return Facts(load_settings(store=self.root / "store", key_file=self.root / "key", spool=self.root / "spool", allowed_lateness_minutes=60))  # fmt: skip


def _accounts(place: Place, operators: list[str]) -> tuple[str, dict[str, str]]:
    """(cookie of a duty officer's session, a machine key of each operator), in records that are made here."""
    os.environ.update(place.env)
    import django

    django.setup()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    from yilu.console.accounts.models import User
    from yilu.console.feeds.keys import digest_of
    from yilu.console.feeds.models import MachineKey

    call_command("migrate", verbosity=0)
    user = User.objects.make("duty", secrets.token_urlsafe(24), "duty")
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    keys = {}
    for operator in operators:
        keys[operator] = "yk_" + secrets.token_urlsafe(32)
        MachineKey.objects.create(operator=operator, feed=operator, name="bench", prefix=keys[operator][:11], digest=digest_of(keys[operator]), made_by="bench")  # fmt: skip
    return f"sessionid={session.session_key}", keys


def _batches(place: Place, wanted: int) -> list[tuple[str, bytes, int]]:
    """Batches (operator, lines, events) of ``wanted`` events of a twin's day, in the order of recording."""
    folder = place.root / "lines"
    write_day(DayPlan(place.facts.network, _DATE, max(1000, wanted // 6)), folder, "jsonl")
    held: dict[str, list[bytes]] = {}
    found: list[tuple[str, bytes, int]] = []
    taken = 0
    for file in sorted(folder.glob("*.jsonl")):
        with file.open("rb") as lines:
            for line in lines:
                operator = json.loads(line)["operator"] if b'"operator":"' not in line else line.split(b'"operator":"', 1)[1].split(b'"', 1)[0].decode()  # fmt: skip
                mine = held.setdefault(operator, [])
                mine.append(line)
                if len(mine) == _BATCH:
                    found.append((operator, b"".join(mine), _BATCH))
                    mine.clear()
                    taken += _BATCH
                    if taken >= wanted:
                        return found
    return found


@dataclass(frozen=True)
class Planted:
    """The lines of an item that is at two places far from each other within a minute, its operator, what its alert is called, and the city it is in."""

    operator: str
    lines: bytes
    says: str
    area: str


def _planted(facts: Facts) -> Planted:
    network = facts.network
    f, first = network.facilities, 1
    km = great_circle_km(f.lon[first], f.lat[first], f.lon, f.lat)
    far = int(np.flatnonzero(km > 300)[0])
    operator = str(network.operators.code_of_id[int(network.operators.id[1])])
    at = "2025-11-11T09:{:02d}:00+08:00"
    rows = [
        {"operator": operator, "waybill": "FAR000000000001", "kind": "arrive", "at": at.format(m), "recorded_at": at.format(m), "facility": str(f.code[i])}
        for m, i in ((1, first), (2, far))
    ]  # fmt: skip
    area = str(network.areas.code_of_id[int(network.area_city[network.facility_area[f.id[far]]])])
    return Planted(operator, b"".join(json.dumps(r).encode() + b"\n" for r in rows), "不可能行程", area)


@contextmanager
def _process(place: Place, *command: str, log: str) -> Iterator[subprocess.Popen[bytes]]:
    with (place.root / log).open("wb") as out:
        process = subprocess.Popen([sys.executable, *command], env={**os.environ, **place.env}, stdout=out, stderr=out, cwd=place.root)  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _memory_mb(processes: list[subprocess.Popen[bytes]]) -> float:
    """Resident memory of processes and their children, at its most."""
    total = 0
    for process in processes:
        for pid in [process.pid, *_children(process.pid)]:
            try:
                text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
            except OSError:
                continue
            total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmHWM"))
    return total / 1024


def _cpu_s(process: subprocess.Popen[bytes]) -> float:
    """Seconds of processor time that a process and its children took so far."""
    total = 0
    for pid in [process.pid, *_children(process.pid)]:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    try:
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except OSError:
        return []


def _until(what: str, holds: Any, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise SystemExit(f"{what} did not come within {seconds:.0f} s")
        time.sleep(0.1)


def _answers(server: Server) -> bool:
    async def ask() -> bool:
        line = Line(server)
        try:
            return (await line.ask("GET /login/ HTTP/1.1"))[0] == 200
        except (OSError, TimeoutError):
            return False
        finally:
            line.close()

    return asyncio.run(ask())


async def _over_http(server: Server, batches: list[tuple[str, bytes, int]], planted: Planted, keys: dict[str, str], told: Told) -> float:  # fmt: skip
    """Post, ask and listen at once; plant the fault half way. Returns when it was sent."""
    stop = asyncio.Event()
    beside = [
        asyncio.create_task(listen(server, _LISTENERS - 1, {}, told, stop)),
        # of many new alerts at once a message names some and counts the rest: who waits for this one looks at its city
        asyncio.create_task(listen(server, 1, {"planted": planted.says}, told, stop, f"?area={planted.area}")),
        asyncio.create_task(poll(server, _PAGES, 0.25, told, stop)),
    ]
    await asyncio.sleep(3)
    told.pages.clear()  # the first of each is made anew for everybody
    seconds = len(batches) * _BATCH / _RATE
    given = [(keys[o], body, n) for o, body, n in batches]

    async def plant() -> float:
        await asyncio.sleep(seconds / 2)
        begun = time.monotonic()
        await post_all(server, [(keys[planted.operator], planted.lines, 2)], 1.0, Told(), 1)
        return begun

    sent, _ = await asyncio.gather(plant(), post_all(server, given, _BATCH / _RATE, told))
    until = time.monotonic() + _ALERT_S
    while told.streams and "planted" not in told.heard and time.monotonic() < until:
        await asyncio.sleep(0.1)
    stop.set()
    await asyncio.gather(*beside)
    return sent


async def _beside_files(server: Server, place: Place, files: list[Path], told: Told) -> list[int]:
    """Put one file a second into the spool while people look and listen. Returns how many files waited, second by second."""
    stop, waiting = asyncio.Event(), []
    beside = [
        asyncio.create_task(listen(server, _LISTENERS, {}, told, stop)),
        asyncio.create_task(poll(server, _PAGES, 0.25, told, stop)),
    ]
    spool = place.root / "spool" / "yilu"
    begun = time.monotonic()
    for number, file in enumerate(files):
        await asyncio.sleep(max(0.0, begun + number - time.monotonic()))
        waiting.append(sum(1 for _ in spool.glob("*.parquet")))
        file.rename(spool / file.name)
    while any(spool.glob("*.parquet")):
        await asyncio.sleep(0.1)
    stop.set()
    await asyncio.gather(*beside)
    waiting.append(round(time.monotonic() - begun))
    return waiting


def _parquet(place: Place, seconds: int) -> list[Path]:
    folder = place.root / "made"
    folder.mkdir()
    plan = DayPlan(place.facts.network, date(2025, 11, 12), max(1000, _FILES_RATE * seconds // 3))
    found: list[Path] = []
    for table in _seconds(simulate(plan, place.root), _FILES_RATE):
        found.append(folder / f"{len(found):06d}.parquet")
        pq.write_table(table, found[-1], compression="lz4")
        if len(found) == seconds:
            break
    return found


def measure(quick: bool) -> dict[str, Any]:
    """The figures."""
    seconds, files_s = (20, 8) if quick else (60, 20)
    with tempfile.TemporaryDirectory(prefix="yilu-bench-console-") as folder:
        place = Place(Path(folder))
        (place.root / "spool" / "yilu").mkdir(parents=True)
        facts = place.facts
        _ = facts.key
        batches, planted, files = _batches(place, _RATE * seconds), _planted(facts), _parquet(place, files_s)
        say(f"{len(batches)} batches and {len(files)} files made")
        cookie, keys = _accounts(place, sorted({o for o, _b, _n in batches} | {planted.operator}))
        server = Server(_PORT, cookie)
        with (
            _process(place, "-m", "yilu.cli.app", "run", "--spool", str(place.root / "spool"), "--json", log="writer.log") as writer,
            _process(place, "-m", "uvicorn", "yilu.console.asgi:application", "--port", str(_PORT), "--workers", str(_WORKERS), "--log-level", "warning", log="web.log") as web,
        ):  # fmt: skip
            _until("the writer", lambda: is_running(place.root / "store"), _START_S)
            _until("the console", lambda: _answers(server), _START_S)
            say("writer and console are there")
            asyncio.run(_warm(server, keys, batches))
            told, before = Told(), (_cpu_s(writer), _cpu_s(web))
            sent = asyncio.run(_over_http(server, batches, planted, keys, told))
            say(
                f"{told.events} events over HTTP, {told.streams} listened, {told.messages} messages, refused {told.refused}"
            )
            cores = [(now - then) / seconds for now, then in zip((_cpu_s(writer), _cpu_s(web)), before, strict=True)]
            beside = Told()
            waiting = asyncio.run(_beside_files(server, place, files, beside))
            memory = _memory_mb([writer, web])
        made = Snapshot.open(place.root / "store", facts.rules).at.counts
    took = len(batches) * _BATCH / _RATE + max(0.0, max(told.batches[-20:], default=0.0))
    return {
        "intake_events_per_s": told.events / took, "intake_p99_s": float(np.quantile(told.batches, 0.99)), "intake_p50_s": float(np.median(told.batches)),
        "page_p95_s": _p95(told), "slowest_page": max(_PAGES, key=lambda page: _p95(told, page) or 0.0),
        "alert_delay_s": told.heard["planted"] - sent if "planted" in told.heard else None,
        "writer_cores": cores[0], "web_cores": cores[1], "memory_mb": memory, "listeners": told.streams, "refused": sum(told.refused.values()), "files_events_per_s": _FILES_RATE * files_s / max(1, waiting[-1]),
        "files_waiting": max(waiting[:-1]), "files_page_p95_s": _p95(beside), "rows_committed": made.rows,
    }  # fmt: skip


def _p95(told: Told, of: str = "") -> float | None:
    """Seconds within which 95 of 100 pages came, all or those of one address."""
    found = [s for page, s in told.pages if page == (of or page)]
    return float(np.quantile(found, 0.95)) if found else None


async def _warm(server: Server, keys: dict[str, str], batches: list[tuple[str, bytes, int]]) -> None:
    """One batch of each operator and one look at each page: compiled code is loaded before anything is timed."""
    first = {o: (keys[o], body, n) for o, body, n in batches[::-1]}
    for _ in range(2 * _WORKERS):
        await post_all(server, list(first.values()), 0.05, Told(), 4)
    line = Line(server)
    for _ in range(2 * _WORKERS):
        for page in _PAGES:
            await line.ask(f"GET {page} HTTP/1.1\r\nCookie: {server.cookie}")
    line.close()
    await asyncio.sleep(5)


if __name__ == "__main__":
    run(
        measure,
        "The console under load: intake over HTTP, pages, listeners, an alert's delay; then the province's rate as files.",
    )
