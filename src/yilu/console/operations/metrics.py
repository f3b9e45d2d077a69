"""Measures for Prometheus: requests by page and status, how long they took, open streams; and how far facts, spool and audit are.

Under several workers each keeps its own and ``yilu serve`` names a folder where they are put together (``PROMETHEUS_MULTIPROC_DIR``).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from yilu.console.audit.models import Head
from yilu.console.audit.recording import count
from yilu.console.facts import newest

disable_created_metrics()
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
REQUESTS = Counter("yilu_requests", "Requests that were answered.", ("page", "method", "status"))
SECONDS = Histogram(
    "yilu_request_seconds", "Seconds until a request's answer began.", ("page",), buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10)
)  # fmt: skip
STREAMS = Gauge("yilu_streams", "Live streams that are open.", multiprocess_mode="livesum")
LOGINS = Counter("yilu_logins", "Attempts to log in, by what came of them.", ("outcome",))


@contextmanager
def streaming() -> Iterator[None]:
    """Counts a live stream while it is open."""
    STREAMS.inc()
    try:
        yield
    finally:
        STREAMS.dec()


class _Standing(Collector):
    """What is true at the moment of asking, whichever worker is asked."""

    def collect(self) -> Iterable[Metric]:
        snapshot, now = newest().snapshot, time.time()
        if snapshot is not None:
            yield _gauge("yilu_commit", "Number of the newest commit.", snapshot.at.commit)
            file = newest().facts.root / "commits" / f"{snapshot.at.commit}.json"
            if file.exists():
                yield _gauge("yilu_commit_age_seconds", "Seconds since the newest commit.", now - file.stat().st_mtime)
            yield _gauge("yilu_event_age_seconds", "Seconds since the latest event of the facts.", now - snapshot.as_of)
        files, size = _waiting()
        yield _gauge("yilu_spool_files", "Files of the spool that are in no commit yet.", files)
        yield _gauge("yilu_spool_bytes", "Bytes of these files.", size)
        try:
            last, entries = Head.objects.first(), count()
        except DatabaseError:
            return
        yield _gauge("yilu_audit_entries", "Entries of the audit record.", entries)
        yield _gauge("yilu_audit_signed_entries", "Entries that a signed head covers.", last.size if last else 0)


def _gauge(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(name, said, value)


def _waiting() -> tuple[int, int]:
    """Files of the spool and their bytes; those that were refused wait for nobody."""
    root, sizes = newest().facts.settings.spool, []
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f != "refused"]
        for name in names:
            try:
                sizes.append(os.stat(os.path.join(folder, name)).st_size)
            except FileNotFoundError:
                continue
    return len(sizes), sum(sizes)


def text() -> bytes:
    """All of it as Prometheus reads it."""
    standing = CollectorRegistry()
    standing.register(_Standing())
    counted = REGISTRY
    if os.environ.get(FOLDER):
        counted = CollectorRegistry()
        multiprocess.MultiProcessCollector(counted)
    return generate_latest(counted) + generate_latest(standing)
