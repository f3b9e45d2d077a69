"""Doors and writer killed at random moments: whatever was acknowledged is in the facts, once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from yilu.run.facts import Facts
from yilu.settings import load

_DOOR = """
import json, sys
from pathlib import Path
from yilu.run.facts import Facts
from yilu.run.receiving import Receiving, Sender
from yilu.settings import load
root, first = Path(sys.argv[1]), int(sys.argv[2])
door = Receiving(Facts(load({}, store=root / "store", key_file=root / "key", spool=root / "spool", buckets=4)))
sender = Sender("SF", "SF")
for batch in range(first, first + 1000):
    at = "2026-06-01T08:00:00+08:00"
    rows = [{"operator": "SF", "kind": "accept", "at": at, "recorded_at": at, "waybill": f"SF{10 * batch + i:012d}"} for i in range(10)]
    number = f"b{batch:08d}"
    door.hand_over(door.judge(b"".join(json.dumps(r).encode() + b"\\n" for r in rows), "jsonl", sender, number), sender, number)
    print(batch, flush=True)
"""
_WRITER = """
import sys
from pathlib import Path
from yilu.run.facts import Facts
from yilu.run.received import Received
from yilu.settings import load
root = Path(sys.argv[1])
with Facts(load({}, store=root / "store", key_file=root / "key", spool=root / "spool", buckets=4)).write() as store:
    inlet = Received(root / "spool", print)
    print("there", flush=True)
    while True:
        if found := inlet.take(store.at, 0.05, 200):
            store.commit(found)
        inlet.taken(store.at)
"""


def _start(script: str, *given: str) -> subprocess.Popen[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("YILU_")}
    return subprocess.Popen([sys.executable, "-c", script, *given], stdout=subprocess.PIPE, text=True, env=env)


def test_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """A door that is killed may have handed over one batch more than it said; the facts hold all it said, each item once, and nothing is left half written."""
    chance, said = random.Random(20260603), set[int]()
    for round_ in range(3):
        door, writer = _start(_DOOR, str(tmp_path), str(1000 * round_)), _start(_WRITER, str(tmp_path))
        assert door.stdout and writer.stdout and writer.stdout.readline() == "there\n"
        said.add(int(door.stdout.readline()))
        time.sleep(chance.uniform(0.2, 1.0))
        writer.send_signal(signal.SIGKILL)
        time.sleep(chance.uniform(0.0, 0.3))
        door.send_signal(signal.SIGKILL)
        said |= {int(line) for line in door.stdout if line.endswith("\n")}
        for process in (door, writer):
            process.wait()
            if process.stdout:
                process.stdout.close()
    facts = Facts(load({}, store=tmp_path / "store", key_file=tmp_path / "key", spool=tmp_path / "spool", buckets=4))
    from yilu.run.received import Received

    with facts.write() as store:
        inlet = Received(tmp_path / "spool", lambda r: (_ for _ in ()).throw(AssertionError(r)))
        while (tmp_path / "spool" / "received").is_dir() and list((tmp_path / "spool" / "received").glob("b*.batch")):
            if found := inlet.take(store.at, 0.0, 10**6):
                store.commit(found)
            inlet.taken(store.at)
        counts = store.at.counts
    told = {n for file in (tmp_path / "spool" / "taken").glob("*.jsonl") for line in file.read_text().splitlines() for n in json.loads(line)["batches"]}  # fmt: skip
    assert {f"b{n:08d}" for n in said} <= told
    assert len(said) <= counts.accepted / 10 <= len(said) + 3 and counts.accepted == 10 * len(told)
    assert counts.rows == counts.accepted + counts.repeated
