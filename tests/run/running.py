"""A running writer over a small day that comes in pieces: by spool folder or NATS, undisturbed or killed again and again."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.run.killing import facts_of
from yilu.network import load
from yilu.run.facts import Facts
from yilu.settings import load as load_settings
from yilu.supervision.rules import declared, judging, kept
from yilu.twin.day import simulate
from yilu.twin.plan import DayPlan
from yilu.twin.write import write_day

PIECES = 40
_LATENESS = 60


def nats_server() -> str | None:
    """The NATS server of the environment, None where it has none."""
    own = Path(sys.executable).parent / "nats-server"
    return str(own) if own.is_file() else shutil.which("nats-server")


class Ground:
    """A folder with a small day as pieces (Parquet), in the order of recording, and the same as JSON Lines."""

    def __init__(self, folder: Path, items: int = 400) -> None:
        self.undisturbed: dict[str, Any] = {}
        self.folder = folder
        plan = DayPlan(load("guangdong"), date(2025, 6, 3), items).with_rates(missing_check=0.02)
        self.pieces = folder / "pieces"
        self.pieces.mkdir()
        table = pa.concat_tables(list(simulate(plan))).unify_dictionaries().combine_chunks()
        edges = np.linspace(0, table.num_rows, PIECES + 1).astype(int)
        for i, (a, b) in enumerate(pairwise(edges)):
            pq.write_table(table.slice(a, b - a), self.pieces / f"{i:04d}.parquet")
        write_day(plan, folder / "lines", "jsonl")
        lines = b"".join(p.read_bytes() for p in sorted((folder / "lines").glob("*.jsonl"))).splitlines(keepends=True)
        edges = np.linspace(0, len(lines), PIECES + 1).astype(int)
        self.messages = [b"".join(lines[a:b]) for a, b in pairwise(edges)]

    def settings(self, store: str) -> dict[str, str]:
        """Variables of the writer's process."""
        return {
            **os.environ, "YILU_STORE": str(self.folder / store), "YILU_KEY_FILE": str(self.folder / "key"), "YILU_BUCKETS": "8",
            "YILU_ALLOWED_LATENESS_MINUTES": str(_LATENESS), "YILU_LANGUAGE": "en",
        }  # fmt: skip

    def facts(self, store: str) -> Facts:
        """The store of that name."""
        return Facts(
            load_settings(
                store=self.folder / store,
                key_file=self.folder / "key",
                buckets=8,
                allowed_lateness_minutes=_LATENESS,
            )
        )

    def start(self, store: str, *inlets: str) -> subprocess.Popen[bytes]:
        """``yilu run`` with these inlets, told of by lines of JSON."""
        with open(self.folder / f"{store}.log", "ab") as out:
            return subprocess.Popen(
                [sys.executable, "-m", "yilu.cli.app", "run", *inlets, "--json"], env=self.settings(store), stdout=out, stderr=out,
                cwd=self.folder,
            )  # fmt: skip

    def put(self, spool: Path, number: int) -> None:
        """Put a piece into the spool folder as a carrier would: whole, by renaming."""
        (spool / "yilu").mkdir(parents=True, exist_ok=True)
        hidden = spool / "yilu" / f"{number:04d}.tmp"
        shutil.copyfile(self.pieces / f"{number:04d}.parquet", hidden)
        hidden.rename(spool / "yilu" / f"{number:04d}.parquet")

    def made(self, store: str) -> int:
        """Events that are in commits, 0 before there is a store."""
        try:
            return self.facts(store).read().at.counts.made
        except Exception:
            return 0

    def told(self, store: str) -> dict[str, Any]:
        """All that a store says, its evidence as it was kept among it; that is the evidence of a look at everything."""
        opened = self.facts(store)
        snapshot = opened.read()
        catalogue = declared.for_province(opened.network.folder)
        judge = judging.judge_of(snapshot, opened.network, catalogue)
        found = kept.kept(snapshot)
        assert found is not None
        assert np.array_equal(found, judging.judged(snapshot, judge, 60 * _LATENESS))
        facts = {k: v for k, v in facts_of(opened).items() if k != "sources"}
        return {**facts, "evidence": found.tolist()}


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a writer to end, and wait."""
    process.send_signal(signal.SIGTERM)
    process.wait(120)


def wait_until(true: Any, seconds: float = 120.0) -> None:
    """Wait for something to become true."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.05)


def by_spool(ground: Ground, store: str, kills: int, seed: int) -> tuple[dict[str, Any], int]:
    """All pieces through a spool folder, the writer killed ``kills`` times meanwhile. Returns (what the store says, kills of a running writer)."""
    chance, spool, hit = random.Random(seed), ground.folder / f"spool-{store}", 0
    moments = set(chance.sample(range(1, PIECES), kills))
    ground.put(spool, 0)
    process = ground.start(store, "--spool", str(spool))
    for number in range(1, PIECES):
        ground.put(spool, number)
        if number in moments:
            time.sleep(chance.uniform(0.0, 3.0))
            hit += process.poll() is None
            process.kill()
            process.wait()
            process = ground.start(store, "--spool", str(spool))
    wait_until(lambda: not list((spool / "yilu").glob("*.parquet")))
    end(process)
    return ground.told(store), hit


class Nats:
    """A NATS server of one's own, with a stream that holds the day's messages as they are published."""

    def __init__(self, folder: Path, program: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder, self.program = folder / "nats", program
        self.url = f"nats://127.0.0.1:{self.port}"
        self.process = self._start()
        asyncio.run(self._make())

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [self.program, "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", str(self.folder)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    async def _make(self) -> None:
        async with await self._client() as client:
            await client.jetstream().add_stream(name="yilu", subjects=["scans"])

    async def _client(self) -> Any:
        import nats

        async def known(error: Exception) -> None:
            pass

        for _ in range(100):
            try:
                return await nats.connect(self.url, allow_reconnect=False, connect_timeout=1, error_cb=known)
            except Exception:
                await asyncio.sleep(0.1)
        raise AssertionError("the NATS server does not answer")

    def publish(self, body: bytes, number: int) -> None:
        """Publish a message; told twice, the server keeps it once."""

        async def told() -> None:
            async with await self._client() as client:
                await client.jetstream().publish("scans", body, headers={"Nats-Msg-Id": str(number)}, timeout=5)

        for _ in range(50):
            try:
                return asyncio.run(told())
            except Exception:
                time.sleep(0.1)
        raise AssertionError("the message could not be published")

    def kill(self) -> None:
        """Kill the server and start it again over the same files."""
        self.process.kill()
        self.process.wait()
        self.process = self._start()

    def close(self) -> None:
        """End the server."""
        self.process.terminate()
        self.process.wait(30)


def by_nats(ground: Ground, store: str, kills: int, seed: int, program: str) -> tuple[dict[str, Any], int]:
    """All messages through NATS, writer or server killed ``kills`` times meanwhile. Returns (what the store says, kills)."""
    chance, hit = random.Random(seed), 0
    moments = set(chance.sample(range(1, PIECES), kills))
    (ground.folder / store).mkdir(exist_ok=True)
    server = Nats(ground.folder / store, program)
    inlets = ("--nats", server.url)
    process = ground.start(f"{store}/facts", *inlets)
    try:
        for number, body in enumerate(ground.messages):
            server.publish(body, number)
            if number in moments:
                time.sleep(chance.uniform(0.0, 3.0))
                hit += 1
                if chance.random() < 0.5:
                    server.kill()
                else:
                    process.kill()
                    process.wait()
                    process = ground.start(f"{store}/facts", *inlets)
        rows = sum(body.count(b"\n") for body in ground.messages)
        wait_until(
            lambda: (
                ground.facts(f"{store}/facts").read().at.counts.rows >= rows if ground.made(f"{store}/facts") else False
            )
        )
        end(process)
    finally:
        server.close()
        process.kill()
    return ground.told(f"{store}/facts"), hit
