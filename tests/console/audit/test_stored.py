"""The audit record in a database: entries are only added, and what is done to them there is found against exported heads."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yilu.console.audit import guards, heads, stored, tree
from yilu.console.audit.models import AppendOnly, Entry, Head
from yilu.console.audit.recording import added, leaf_of
from yilu.console.audit.verifying import Finding
from yilu.errors import StoreError

pytestmark = pytest.mark.django_db


def add(n: int) -> None:
    """Add n entries."""
    with transaction.atomic():
        for i in range(n):
            added("ann", "127.0.0.1", "thing.change", "things", str(i), {"a": i}, {"a": i + 1}, "because")


def changed(sql: str, *given: Any) -> None:
    """What somebody with the database in hand does."""
    with connection.cursor() as cursor:
        cursor.execute(sql, given)


def test_entries_are_numbered_without_gaps_and_only_in_a_transaction(transactional_db: None) -> None:
    """An entry is part of the change it tells of: without a transaction there is none, and one that is undone leaves no gap."""
    with pytest.raises(transaction.TransactionManagementError):
        added("ann", "", "x", "y", "1")
    add(2)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        added("ann", "", "x", "y", "1")
        raise ZeroDivisionError
    add(1)
    assert list(Entry.objects.order_by("number").values_list("number", flat=True)) == [0, 1, 2]


def test_the_model_refuses_to_change_or_remove() -> None:
    """Neither an entry nor all of them nor a head can be saved again, updated or deleted."""
    add(2)
    entry = Entry.objects.get(number=1)
    entry.reason = "another"
    refused: list[Callable[[], Any]] = [
        entry.save, entry.delete, Entry.objects.all().delete, lambda: Entry.objects.update(reason=""),
        lambda: Entry.objects.bulk_update([entry], ["reason"]), lambda: Entry.objects.bulk_create([entry]), Head.objects.all().delete,
    ]  # fmt: skip
    for deed in refused:
        with pytest.raises(AppendOnly):
            deed()
    assert Entry.objects.get(number=1).reason == "because"


@pytest.mark.parametrize(
    "sql", ["UPDATE console_entry SET reason = ''", "DELETE FROM console_entry", "UPDATE console_head SET root = ''"]
)
def test_the_database_refuses_too(sql: str, tmp_path: Path) -> None:
    """With its guards on the database lets nobody change an entry or a head, whatever program asks."""
    add(1)
    stored.sign_new(tmp_path, tmp_path / "heads")
    assert not guards.installed(connection)
    guards.install(connection)
    guards.install(connection)
    assert guards.installed(connection)
    try:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            changed(sql)
        add(1)
    finally:
        guards.remove(connection)
    assert (Entry.objects.count(), Head.objects.count()) == (2, 1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text() | st.dates() | st.tuples(st.text(), st.text()),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=8,
    ),
    st.text(max_size=700),
)  # fmt: skip
def test_what_is_hashed_comes_back_from_the_database(value: object, text: str) -> None:
    """Whatever an entry holds, the database gives it back so that its hash is the same: long figures, odd signs, long texts."""
    with transaction.atomic():
        made = added(text, text, text, text, text, {"value": value}, {"": text}, text)
    read = Entry.objects.get(number=made.number)
    assert leaf_of(read) == made.leaf == read.leaf


def test_heads_go_on_from_each_other(tmp_path: Path) -> None:
    """A head is made of what was added since the last and equals the hash over all; without news there is none; a lost file is written again."""
    folder = tmp_path / "heads"
    assert stored.sign_new(tmp_path, folder) == []
    add(5)
    (first,) = stored.sign_new(tmp_path, folder)
    assert stored.sign_new(tmp_path, folder) == []
    add(4)
    (second,) = stored.sign_new(tmp_path, folder)
    leaves = [bytes.fromhex(leaf) for leaf in Entry.objects.order_by("number").values_list("leaf", flat=True)]
    assert (first.root, second.root) == (tree.root(leaves[:5]).hex(), tree.root(leaves).hex())
    assert (second.since, second.is_signed) == (5, True)
    kept = heads.exported(folder)
    text = kept[0].read_text()
    kept[0].unlink()
    stored.sign_new(tmp_path, folder)
    assert kept[0].read_text() == text
    verdict = stored.verified(folder)
    assert (verdict.found, verdict.entries, verdict.heads, verdict.covered) == (None, 9, 2, 9)


DEEDS: dict[str, tuple[Callable[[], None], Finding]] = {
    "a text changed": (lambda: changed("UPDATE console_entry SET reason = 'x' WHERE number = 4"), Finding("altered", 4, 4)),
    "a value changed": (lambda: changed("UPDATE console_entry SET after = %s WHERE number = 3", json.dumps({"a": 9})), Finding("altered", 3, 3)),
    "a time changed": (lambda: changed("UPDATE console_entry SET at = '2020-01-01T00:00:00Z' WHERE number = 2"), Finding("altered", 2, 2)),
    "one removed": (lambda: changed("DELETE FROM console_entry WHERE number = 6"), Finding("missing", 6, 6)),
    "the end cut off": (lambda: changed("DELETE FROM console_entry WHERE number > 6"), Finding("cut_off", 7, 8)),
    "all removed": (lambda: changed("DELETE FROM console_entry"), Finding("cut_off", 0, 4)),
}  # fmt: skip


@pytest.mark.parametrize("name", DEEDS)
def test_what_was_done_in_the_database_is_found(name: str, tmp_path: Path) -> None:
    """Past model and guards, whatever is done to covered entries is found, and named."""
    add(5)
    stored.sign_new(tmp_path, tmp_path / "heads")
    add(4)
    stored.sign_new(tmp_path, tmp_path / "heads")
    deed, expected = DEEDS[name]
    deed()
    assert stored.verified(tmp_path / "heads").found == expected


def test_an_entry_made_anew_with_its_hash_is_found(tmp_path: Path) -> None:
    """Who changes an entry and works its hash out again, and the heads in the database too, is found by the exported head."""
    add(6)
    stored.sign_new(tmp_path, tmp_path / "heads")
    entry = Entry.objects.get(number=2)
    entry.user = "bob"
    changed("UPDATE console_entry SET \"user\" = 'bob', leaf = %s WHERE number = 2", leaf_of(entry))
    changed("DELETE FROM console_head")
    assert stored.verified(tmp_path / "heads").found == Finding("altered", 2, 2)
    with pytest.raises(StoreError, match="other entries"):
        stored.sign_new(tmp_path, tmp_path / "heads")
    assert stored.verified(tmp_path / "none").found is None, (
        "without an exported head it can't be seen: keep them elsewhere"
    )


def test_no_head_is_made_over_a_gap(tmp_path: Path) -> None:
    """A head vouches for what is there: where an entry is missing, none is signed."""
    add(4)
    changed("DELETE FROM console_entry WHERE number = 1")
    with pytest.raises(StoreError):
        stored.sign_new(tmp_path, tmp_path / "heads")
    assert not Head.objects.exists()


def test_a_proof_stands_on_its_own(tmp_path: Path) -> None:
    """Entry, path and heads are enough to check, without the record, that the entry is in it and that it only grew."""
    add(5)
    stored.sign_new(tmp_path, tmp_path / "heads")
    add(6)
    stored.sign_new(tmp_path, tmp_path / "heads")
    said: dict[str, Any] = stored.proof_of(3, tmp_path / "heads")
    head, earlier = said["head"], said["earlier_head"]
    leaf = tree.leaf_hash(str(said["entry"]).encode())
    path = [bytes.fromhex(n) for n in said["path"]]
    found = tree.root_by_path(leaf, 3, head["size"], path)
    assert found is not None and found.hex() == head["root"]
    proof = [bytes.fromhex(n) for n in said["consistency"]]
    assert tree.is_consistent(earlier["size"], bytes.fromhex(earlier["root"]), head["size"], bytes.fromhex(head["root"]), proof)  # fmt: skip
    with pytest.raises(StoreError):
        stored.proof_of(11, tmp_path / "heads")
