"""Backups: what is restored is what was there, from either kind of folder, while others write; and a file that is no sound backup changes nothing."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

from yilu.console.audit import heads, stored
from yilu.console.audit.models import Entry
from yilu.console.audit.recording import added
from yilu.console.operations import backup
from yilu.console.vault.models import Opening
from yilu.errors import InputError, StoreError


def rows() -> dict[str, list[Any]]:
    """All rows of all records."""
    models = [m for m in apps.get_app_config("console").get_models() if m.__name__ != "Attempt"]
    return {m.__name__: list(m._base_manager.order_by("pk").values()) for m in models}


def emptied() -> None:
    """The records as they are when they are new."""
    with connection.cursor() as cursor:
        for model in apps.get_app_config("console").get_models():
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")


@pytest.fixture
def records(
    transactional_db: None,
    django_db_blocker: Any,
    monkeypatch: pytest.MonkeyPatch,
    logged_in: Callable[..., Client],
    tmp_path: Path,
) -> Iterator[Path]:
    """A folder of records with accounts, a request, entries and heads; the database of a backup may be opened beside that of the test."""
    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", django_db_blocker._real_ensure_connection)
    logged_in("ann", "duty", areas=["440100"], rights=["approver"])
    logged_in("firm", "carrier", operator="SF")
    Opening.objects.create(item="0" * 32, operator="SF", case="1号", purpose="x", by="ann", asked=1, until=2, approved=["bob"])  # fmt: skip
    for i in range(3):
        with transaction.atomic():
            added("ann", "127.0.0.1", "x", "things", str(i), None, {"名": ["a", i, None]}, "因为")
        stored.sign_new(tmp_path, tmp_path / "heads")
    (tmp_path / "session-secret").write_text("secret")
    yield tmp_path


def test_what_is_restored_is_what_was_there(records: Path) -> None:
    """Every row of every record comes back as it was, heads too, and the audit holds; sessions don't come back."""
    before = rows()
    counted = backup.backup(records / "b.tar.gz", records, records / "heads")
    assert counted["console_entry"] == 3 and counted["console_user"] == 2
    assert (records / "b.tar.gz").stat().st_mode & 0o077 == 0
    emptied()
    Session.objects.all().delete()
    assert backup.restore(records / "b.tar.gz", records / "new", records / "new-heads") == counted
    assert rows() == before
    assert not Session.objects.exists()
    assert stored.verified(records / "new-heads").found is None
    assert [p.name for p in heads.exported(records / "new-heads")] == [
        p.name for p in heads.exported(records / "heads")
    ]
    with transaction.atomic():
        assert added("ann", "", "x", "y", "1").number == 3
    assert Opening.objects.create(item="", operator="", case="", purpose="", by="", asked=1, until=2).pk > 1


def test_keys_come_along_only_where_they_are_asked_for(records: Path) -> None:
    """Without the flag no secret is in the file; with it they are, and restoring leaves one that is there alone."""
    for with_keys in (False, True):
        file = records / f"{with_keys}.tar.gz"
        backup.backup(file, records, records / "heads", with_keys)
        with tarfile.open(file) as tar:
            assert ("keys/session-secret" in tar.getnames(), f"keys/{heads.KEY_FILE}" in tar.getnames()) == (with_keys, with_keys)  # fmt: skip
    emptied()
    new = records / "new"
    new.mkdir()
    (new / "session-secret").write_text("mine")
    backup.restore(records / "True.tar.gz", new, records / "new-heads")
    assert (new / "session-secret").read_text() == "mine"
    assert (new / heads.KEY_FILE).read_bytes() == (records / heads.KEY_FILE).read_bytes()
    assert (new / heads.KEY_FILE).stat().st_mode & 0o077 == 0


def test_records_that_are_in_use_are_not_restored_into(records: Path) -> None:
    """Where there are accounts or entries nothing is restored, and nothing changes; a backup doesn't replace a file."""
    backup.backup(records / "b.tar.gz", records, records / "heads")
    before = rows()
    with pytest.raises(StoreError):
        backup.restore(records / "b.tar.gz", records, records / "heads")
    with pytest.raises(InputError):
        backup.backup(records / "b.tar.gz", records, records / "heads")
    assert rows() == before


def packed(
    file: Path, files: dict[str, bytes], listed: dict[str, str] | None = None, kind: bytes = tarfile.REGTYPE
) -> None:
    """A tar that somebody made up."""
    import hashlib

    about = {"format": 1, "files": listed or {n: hashlib.sha256(c).hexdigest() for n, c in files.items()}}
    with tarfile.open(file, "w:gz") as tar:
        for name, content in {"about.json": json.dumps(about).encode(), **files}.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.type = len(content), tarfile.REGTYPE if name == "about.json" else kind
            tar.addfile(entry, io.BytesIO(content))


def test_a_file_that_is_no_sound_backup_changes_nothing(records: Path, tmp_path: Path) -> None:
    """Cut short, changed, with a path that leads out, with a link, with further files, or no tar at all: refused, and nothing is written anywhere."""
    good, bad = tmp_path / "b.tar.gz", tmp_path / "bad.tar.gz"
    backup.backup(good, records, records / "heads")
    emptied()
    made: list[Callable[[], Any]] = [
        lambda: bad.write_bytes(good.read_bytes()[:-200]),
        lambda: bad.write_bytes(b"no tar"),
        lambda: packed(bad, {"records.sqlite3": b"x", "../outside": b"x"}),
        lambda: packed(bad, {"records.sqlite3": b"x", "heads/../../outside.json": b"x"}),
        lambda: packed(bad, {"records.sqlite3": b"x"}, kind=tarfile.SYMTYPE),
        lambda: packed(bad, {"records.sqlite3": b"x", "more": b"x"}, {"records.sqlite3": "0" * 64}),
        lambda: packed(bad, {"records.sqlite3": b"x"}, {"records.sqlite3": "0" * 64}),
        lambda: packed(bad, {"other": b"x"}),
    ]
    for make in made:
        make()
        with pytest.raises(InputError):
            backup.restore(bad, tmp_path / "new", tmp_path / "new-heads")
    assert not Entry.objects.exists()
    assert not (tmp_path / "outside").exists() and not (tmp_path / "new").exists() and not (tmp_path / "new-heads").exists()  # fmt: skip
