"""Rows published for a register: into the store where no writer runs, into the spool of one that does, and refused before either."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from typing import Any

import pytest

from yilu.errors import InputError, StoreError
from yilu.items import feeds
from yilu.run.facts import Facts
from yilu.run.handing import announced
from yilu.run.registers import REGISTERS, SPOOL, STORE, checked, publish
from yilu.settings import load


def row(**change: Any) -> dict[str, Any]:
    """A silence of late items."""
    return {"silence": "S000001", "rule": "late", "operator": "ZTO", "facility": "", "area": "", "silent_from": "2025-11-26T00:00:00+08:00", "silent_to": "2025-11-27T00:00:00+08:00", "status": "declared"} | change  # fmt: skip


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    """A new store."""
    opened = Facts(load({}, store=tmp_path / "store", key_file=tmp_path / "key", buckets=1))
    with opened.write():
        pass
    return opened


def standing(opened: Facts) -> list[dict[str, Any]]:
    """What the register holds."""
    rows: list[dict[str, Any]] = feeds.load(opened.read(), "silences").to_pylist()
    return rows


def test_without_a_writer_it_is_in_the_store_at_once(facts: Facts) -> None:
    """A version follows the one before it; the same again makes no commit."""
    assert publish(facts, "silences", [row()]) == STORE
    assert [r["status"] for r in standing(facts)] == ["declared"]
    at = facts.read().at.commit
    publish(facts, "silences", [row()])
    assert facts.read().at.commit == at
    publish(facts, "silences", [row(status="withdrawn")])
    assert [r["status"] for r in standing(facts)] == ["withdrawn"]
    assert [r["status"] for r in feeds.versions(facts.read(), "silences").to_pylist()] == ["declared", "withdrawn"]


def test_with_a_writer_it_waits_in_the_spool_in_order(facts: Facts, tmp_path: Path) -> None:
    """Files appear whole, named so that a later version is taken after an earlier one; the store is left to its writer."""
    spool = tmp_path / "spool"
    spool.mkdir()
    with facts.write(), announced(facts.root, spool, dict):
        assert publish(facts, "silences", [row()]) == SPOOL
        assert publish(facts, "silences", [row(status="withdrawn")]) == SPOOL
    files = sorted((spool / REGISTERS / "silences").iterdir())
    assert [json.loads(f.read_text())["status"] for f in files] == ["declared", "withdrawn"]
    assert not [f for f in files if f.name.startswith(".")] and standing(facts) == []


def test_a_writer_that_takes_no_files(facts: Facts) -> None:
    """It says so, and how to start one that does."""
    with facts.write(), announced(facts.root, None, dict), pytest.raises(StoreError, match="takes no files"):
        publish(facts, "silences", [row()])


def test_another_command_that_writes(facts: Facts) -> None:
    """Where another command has the store, the error says so and nothing is kept."""
    with open(facts.root / "writer.lock", "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StoreError):
            publish(facts, "silences", [row()])
    assert standing(facts) == []


@pytest.mark.parametrize("change", [{"rule": "nothing"}, {"operator": "x"}, {"silent_from": "2025-11-26"}, {"status": "x"}, {"silent_from": "2025-11-28T00:00:00+08:00"}, {"silence": "13800138000"}])  # fmt: skip
def test_what_the_register_would_not_take(facts: Facts, change: dict[str, str]) -> None:
    """It is refused, with the column, before any writer or store sees it."""
    for refuse in (checked, publish):
        with pytest.raises(InputError) as error:
            refuse(facts, "silences", [row(**change)])
        assert error.value.column
    assert standing(facts) == []
