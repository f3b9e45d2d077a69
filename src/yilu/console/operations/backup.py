"""The records in one file, and back: whichever database holds them, the file holds a SQLite database of this version, made at one moment while the console runs.

A backup is a gzipped tar: ``about.json`` (what it is, with a hash of each other file), ``records.sqlite3``, ``heads/``; with ``keys`` also the secrets that lie beside the records. Sessions and
failed logins are left out. Restoring takes it into empty records, of either database: so it is also the way from SQLite to PostgreSQL. Facts are no records: they are the store's files.
"""

from __future__ import annotations

import copy
import hashlib
import io
import json
import os
import re
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, connections, transaction

from yilu import __version__
from yilu.console.accounts.models import Attempt, User
from yilu.console.audit import heads
from yilu.console.audit.models import Entry
from yilu.errors import InputError, StoreError
from yilu.items.disk import Disk

FORMAT = 1
KEYS = ("session-secret", heads.KEY_FILE)
"""Secrets beside the records."""
_DATABASE, _ABOUT = "records.sqlite3", "about.json"
_NAMES = re.compile(rf"{_DATABASE}|heads/[0-9]+\.json|keys/(?:{'|'.join(KEYS)})")
_ALIAS, _BATCH = "backup", 1000


def backup(out: Path, records: Path, head_folder: Path, keys: bool = False) -> dict[str, int]:
    """Write a backup, readable by its owner alone; the rows of each table in it. Raises InputError where ``out`` is there already."""
    if out.exists():
        raise InputError(
            out.name,
            "a file that isn't there yet",
            next_step="name another file",
            expected_zh="尚不存在的文件",
            next_step_zh="换一个文件",
        )
    before = os.umask(0o077)
    try:
        with tempfile.TemporaryDirectory(prefix="yilu-backup-") as made:
            copied = Path(made) / _DATABASE
            counted = _copied_to(copied)
            files = {_DATABASE: copied, **{f"heads/{p.name}": p for p in heads.exported(head_folder)}}
            if keys:
                files |= {f"keys/{n}": records / n for n in KEYS if (records / n).exists()}
            _write(out, files, counted)
    finally:
        os.umask(before)
    return counted


def _write(out: Path, files: dict[str, Path], counted: dict[str, int]) -> None:
    about = {
        "format": FORMAT, "yilu": __version__, "at": datetime.now(UTC).isoformat(timespec="seconds"), "rows": counted,
        "files": {name: _hash(path) for name, path in files.items()},
    }  # fmt: skip
    with Disk(out.parent).create(out.name) as file, tarfile.open(fileobj=file, mode="w:gz") as tar:
        text = json.dumps(about, indent=1).encode()
        entry = tarfile.TarInfo(_ABOUT)
        entry.size, entry.mode = len(text), 0o600
        tar.addfile(entry, io.BytesIO(text))
        for name, path in files.items():
            tar.add(path, name, recursive=False)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copied_to(path: Path) -> dict[str, int]:
    """The records of one moment as a SQLite file; the rows of each table."""
    if connection.vendor == "sqlite":
        import sqlite3

        connection.ensure_connection()
        target = sqlite3.connect(path)
        connection.connection.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
        target.execute("DELETE FROM django_session")
        target.execute(f"DELETE FROM {Attempt._meta.db_table}")
        target.commit()
        target.execute("VACUUM")
        target.close()
        with _opened(path):
            return _counts(_ALIAS)
    with _opened(path):
        call_command("migrate", database=_ALIAS, verbosity=0, interactive=False)
        with transaction.atomic():
            if not connection.needs_rollback and connection.vendor == "postgresql" and not connection.savepoint_ids:
                connection.cursor().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            _copy("default", _ALIAS)
        return _counts(_ALIAS)


@contextmanager
def _opened(path: Path) -> Iterator[None]:
    """A SQLite file as a database of Django's, called ``backup``."""
    entry = copy.deepcopy(connections.databases["default"])
    entry |= {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": {"timeout": 20}, "CONN_MAX_AGE": 0, "HOST": "", "PORT": "", "USER": "", "PASSWORD": ""}  # fmt: skip
    connections.databases[_ALIAS] = entry
    try:
        yield
    finally:
        connections[_ALIAS].close()
        del connections[_ALIAS]
        del connections.databases[_ALIAS]


def _models() -> list[Any]:
    found = apps.get_app_config("console").get_models(include_auto_created=True)
    return [m for m in found if m._meta.managed and not m._meta.proxy and m is not Attempt]


def _counts(alias: str) -> dict[str, int]:
    return {m._meta.db_table: m._base_manager.using(alias).count() for m in _models()}


def _copy(source: str, target: str) -> None:
    """All rows of one database into another, as they are; all or none."""
    into = connections[target]
    with transaction.atomic(using=target):
        for model in _models():
            fields = model._meta.local_concrete_fields
            names = ", ".join(into.ops.quote_name(f.column) for f in fields)
            marks = ", ".join(["%s"] * len(fields))
            insert = f"INSERT INTO {into.ops.quote_name(model._meta.db_table)} ({names}) VALUES ({marks})"
            rows = model._base_manager.using(source).order_by("pk").iterator(_BATCH)
            with into.cursor() as cursor:
                while batch := list(islice(rows, _BATCH)):
                    cursor.executemany(insert, [[f.get_db_prep_save(getattr(r, f.attname), into) for f in fields] for r in batch])  # fmt: skip
        with into.cursor() as cursor:
            for statement in into.ops.sequence_reset_sql(no_style(), _models()):
                cursor.execute(statement)


def restore(file: Path, records: Path, head_folder: Path) -> dict[str, int]:
    """Take a backup into the records, which must be there and empty; the rows of each table. Heads and, where the backup has them, keys are put where they belong; a key
    that is there already stays.

    Raises InputError where the file is no sound backup, StoreError where the records are not empty.
    """
    if User.objects.exists() or Entry.objects.exists():
        raise StoreError(
            "the records are not empty", zh="记录库不是空的", next_step="restore into new records: another folder of `records`, or another database",
            next_step_zh="恢复到新的记录库:换一个 records 文件夹或数据库",
        )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="yilu-restore-") as made:
        folder = Path(made)
        names = _unpacked(file, folder)
        with _opened(folder / _DATABASE):
            call_command("migrate", database=_ALIAS, verbosity=0, interactive=False)
            _copy(_ALIAS, "default")
        for name in names:
            if name.startswith("heads/"):
                heads.write(head_folder, heads.read(folder / name))
            target = records / Path(name).name
            if name.startswith("keys/") and not target.exists():
                descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
                with os.fdopen(descriptor, "wb") as written:
                    written.write((folder / name).read_bytes())
    return _counts("default")


def _unpacked(file: Path, folder: Path) -> list[str]:
    """The files of a backup in ``folder``, each held to its hash; nothing but those that a backup may have is taken out."""
    try:
        with tarfile.open(file, "r:gz") as tar:
            first = tar.next()
            about: Any = json.loads(_content(tar, first)) if first and first.name == _ABOUT and first.size < 1 << 24 else {}  # fmt: skip
            wanted = about.get("files", {})
            if about.get("format") != FORMAT or _DATABASE not in wanted or not all(map(_NAMES.fullmatch, wanted)):
                raise InputError(
                    file.name,
                    "a backup as `yilu backup` writes it",
                    next_step="name another file",
                    expected_zh="yilu backup 写出的备份",
                    next_step_zh="换一个文件",
                )
            for entry in tar:
                if entry.name == _ABOUT:
                    continue
                if entry.name not in wanted or not entry.isreg():
                    raise InputError(file.name, "the files that the backup lists and no others", next_step="name another file", expected_zh="备份所列的文件,别无其他", next_step_zh="换一个文件")  # fmt: skip
                tar.extract(entry, folder, set_attrs=False, filter="data")
            wrong = [n for n, digest in wanted.items() if not (folder / n).is_file() or _hash(folder / n) != digest]
    except (OSError, tarfile.TarError, ValueError, EOFError) as error:
        raise InputError(
            file.name,
            "a backup that can be read",
            next_step="name another file",
            expected_zh="可读取的备份",
            next_step_zh="换一个文件",
        ) from error
    if wrong:
        raise InputError(file.name, f"files as they were written ({', '.join(wrong)} differ)", next_step="take another backup", expected_zh=f"与写出时相同的文件({'、'.join(wrong)} 不同)", next_step_zh="换一份备份")  # fmt: skip
    return list(wanted)


def _content(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    read = tar.extractfile(entry)
    return read.read() if read else b""
