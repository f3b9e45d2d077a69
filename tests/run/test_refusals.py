"""What a store refuses, and that a refusal costs nothing already stored."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from yilu.cli.ingest import ingest_into
from yilu.errors import StoreError, YiluError
from yilu.items import upkeep
from yilu.items.disk import Disk
from yilu.items.manifest import newest
from yilu.items.store import Store
from yilu.network import load as load_network
from yilu.run.facts import Facts
from yilu.settings import load
from yilu.twin.plan import DayPlan
from yilu.twin.write import write_day


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of a small day."""
    folder = tmp_path_factory.mktemp("day")
    write_day(DayPlan(load_network("guangdong"), date(2025, 11, 11), 300), folder / "events")
    return folder / "events"


def facts_in(folder: Path, **changed: Any) -> Facts:
    """A store in ``folder`` with a key beside it."""
    return Facts(load(env={}, **{"store": folder / "store", "key_file": folder / "key", "buckets": 4, **changed}))


@pytest.fixture
def taken(day: Path, tmp_path: Path) -> Facts:
    """A store that took the day in."""
    facts = facts_in(tmp_path)
    ingest_into(facts, str(day), "yilu", "", shown=False)
    return facts


def test_another_key_is_refused(taken: Facts, tmp_path: Path) -> None:
    """A store made with one key refuses another, and says which setting to mend."""
    before = taken.read().at
    with pytest.raises(StoreError, match="another key") as caught:
        facts_in(tmp_path, key_file=tmp_path / "key2").write()
    assert "key_file" in caught.value.next_step
    assert taken.read().at == before


def test_a_second_writer_is_refused(taken: Facts) -> None:
    """While a writer holds the store, a second one is refused at once; afterwards the next may write."""
    with taken.write(), pytest.raises(StoreError, match="writer already"):
        taken.write()
    taken.write().close()


def test_an_old_field_declaration_is_refused_and_rebuilt(taken: Facts) -> None:
    """States of another declaration are not read; rebuild makes them again, with the same answers."""
    counts = taken.read().at.counts
    path = max((taken.root / "commits").glob("*.json"))
    found = newest(taken.root)
    assert found is not None
    _rewrite(path, declaration="0" * 16)
    for refused in (taken.read, taken.write):
        with pytest.raises(StoreError, match="another declaration") as caught:
            refused()
        assert "rebuild" in caught.value.next_step
    with taken.write(afresh=True) as store:
        assert upkeep.rebuild(store) > 0
    assert taken.read().at.counts == counts


def _rewrite(path: Path, **changed: Any) -> None:
    """A manifest with other entries and a digest that fits."""
    import hashlib

    outer = json.loads(path.read_text(encoding="utf-8"))
    body = json.dumps({**outer["manifest"], **changed}, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.blake2b(body.encode(), digest_size=16).hexdigest()
    path.write_text(f'{{"format":{outer["format"]},"digest":"{digest}","manifest":{body}}}', encoding="utf-8")


class FullDisk(Disk):
    """A disk with room for so many bytes more."""

    def __init__(self, root: Path, room: int) -> None:
        super().__init__(root)
        self.room = room

    @contextmanager
    def create(self, name: str) -> Iterator[BinaryIO]:
        with super().create(name) as file:
            write = file.write

            class Bounded:
                def __getattr__(_, attribute: str) -> Any:
                    return getattr(file, attribute)

                def write(_, content: Any) -> int:
                    self.room -= len(memoryview(content).cast("B"))
                    if self.room < 0:
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                    return write(content)

            yield Bounded()  # type: ignore[misc]


@pytest.mark.parametrize("room", [0, 700, 5_000, 20_000, 60_000])
def test_a_full_disk_is_an_error_and_loses_nothing(
    day: Path, tmp_path: Path, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the disk fills up, the error says so, nothing half-written counts, and with space again the same run ends with the same facts."""
    whole = facts_in(tmp_path / "whole")
    ingest_into(whole, str(day), "yilu", "", shown=False)
    facts = facts_in(tmp_path / "full", chunk_rows=500, commit_rows=500)
    facts.write().close()
    plain = Store.open.__func__  # type: ignore[attr-defined]
    full = lambda root, *a, **k: plain(Store, root, *a, **{**k, "disk": FullDisk(root, room)})  # noqa: E731
    monkeypatch.setattr(Store, "open", full)
    with pytest.raises(YiluError) as caught:
        ingest_into(facts, str(day), "yilu", "", shown=False)
    assert "space" in str(caught.value)
    monkeypatch.undo()
    ingest_into(facts, str(day), "yilu", "", shown=False)
    mine, theirs = facts.read(), whole.read()
    assert mine.at.counts == theirs.at.counts
    assert not list(facts.root.rglob("*.new"))


def test_a_read_only_store_is_refused(taken: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store whose disk can't be written is refused with a next step, and still answers."""

    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    before = taken.read().at
    with taken.write() as store:
        monkeypatch.setattr(os, "fsync", read_only)
        with pytest.raises(StoreError, match="cannot be written") as caught:
            store.flush(rules="changed")
        assert caught.value.next_step
        monkeypatch.undo()
    assert taken.read().at.counts == before.counts


def test_no_error_shows_a_waybill_number(day: Path, tmp_path: Path) -> None:
    """A file of garbage around real-looking numbers is quarantined; neither quarantine nor errors hold a number."""
    file = tmp_path / "bad.csv"
    file.write_text(
        "operator,waybill,kind,at\nSF,SF1234567890123,accept,not a time\nSF,SF1234567890123,,2025-11-11T10:00:00+08:00\n"
        "??,SF1234567890123,accept,2025-11-11T10:00:00+08:00\nSF,SF1234567890123,accept,2199-01-01T00:00:00Z\n",
        encoding="utf-8",
    )
    facts = facts_in(tmp_path)
    summary = ingest_into(facts, str(file), "yilu", "", shown=False)
    assert summary.counts.quarantined == 4
    held = b"".join(p.read_bytes() for p in facts.root.rglob("*") if p.is_file())
    assert b"SF1234567890123" not in held
    assert "SF1234567890123" not in str(facts.read().quarantine().to_pylist())


def test_a_document_beyond_the_limit_is_refused_whole(tmp_path: Path) -> None:
    """An EPCIS document larger than the setting makes no event, and the store stays as it was; within it the same document is read."""
    event = {
        "type": "ObjectEvent", "eventTime": "2025-11-11T10:00:00+08:00", "eventTimeZoneOffset": "+08:00", "action": "OBSERVE",
        "epcList": ["urn:epc:id:sgtin:0614141.107346.2018"], "bizStep": "arriving",
    }  # fmt: skip
    document = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"], "type": "EPCISDocument", "schemaVersion": "2.0",
        "creationDate": "2025-11-11T12:00:00+08:00", "epcisBody": {"eventList": [event]},
    }  # fmt: skip
    file, mapping = tmp_path / "d.json", tmp_path / "m.toml"
    file.write_text(json.dumps(document) + " " * 2000, encoding="utf-8")
    mapping.write_text('name = "epcis"\nformat = "epcis"\noperator = "SF"\n', encoding="utf-8")
    facts = facts_in(tmp_path, max_document_bytes=1024)
    with pytest.raises(YiluError) as caught:
        ingest_into(facts, str(file), str(mapping), "", shown=False)
    assert caught.value.exit_code == 3
    assert facts.read().at.counts.rows == 0
    assert ingest_into(facts_in(tmp_path), str(file), str(mapping), "", shown=False).counts.rows == 1
