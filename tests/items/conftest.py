"""Fixtures of the tests of items."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import hypothesis
import pytest
from hypothesis import HealthCheck

from tests.items.facts import Unsynced
from tests.items.small_network import NET, rules
from yilu.items.rules import Rules
from yilu.items.store import Limits, Store

EXAMPLES = int(os.environ.get("YILU_EXAMPLES", "20"))
"""Lives tried per property; a deep search takes thousands."""
TRIED = hypothesis.settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))

RULES = rules(NET)
Opened = Callable[[], Store]


@contextmanager
def fresh_store(buckets: int = 4, patience: float | None = None, settings: Rules = RULES) -> Iterator[Opened]:
    """A folder for one store and a way to open it, again and again.

    ``patience``: let events that come behind wait until so many times the log's rows have come since; None: fold them at once.
    """
    root = Path(tempfile.mkdtemp(prefix="yilu-"))
    limits = replace(Limits(), container_s=NET.container_s, threads=1)
    if patience is not None:
        limits = replace(limits, at_once_rows=0, settle_share=patience)
    try:
        yield lambda: Store.open(root, settings, "key", "here", buckets, limits, Unsynced(root))
    finally:
        shutil.rmtree(root)


@pytest.fixture
def tmp_store() -> Iterator[Opened]:
    """Opens one store in a folder of its own: ``with tmp_store() as store: ...``."""
    with fresh_store() as opened:
        yield opened
