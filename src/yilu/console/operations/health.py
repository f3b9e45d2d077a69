"""What must hold for the console to do its work, looked at one by one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError, connection

from yilu.console import ready, vendor
from yilu.console.audit import guards
from yilu.console.audit.models import Entry, Head
from yilu.console.audit.recording import count
from yilu.console.facts import newest
from yilu.errors import StoreError

Both = tuple[str, str]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: its name and what was found, in both languages; ``needed``: whether without it the console is of no use."""

    id: str
    name: Both
    ok: bool
    found: Both
    needed: bool = True


def checks() -> list[Check]:
    """All checks, the needed ones first; none raises."""
    return [*needed(), _guards(), _heads(), _libraries()]


def needed() -> list[Check]:
    """What must hold to be ready: database, migrations, store."""
    database = _looked_at("database", ("记录库", "database"), _database)
    if not database.ok:
        return [database]
    return [
        database,
        _looked_at("migrations", ("记录库版本", "migrations"), _migrations),
        _looked_at("store", ("事实库", "store"), _store),
    ]


def _looked_at(name: str, said: Both, look: Callable[[], Both]) -> Check:
    try:
        return Check(name, said, True, look())
    except StoreError as error:
        return Check(name, said, False, (error.zh or error.message, error.message))
    except DatabaseError as error:
        return Check(name, said, False, (f"无法使用:{type(error).__name__}", f"not usable: {type(error).__name__}"))


def _database() -> Both:
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    ms = 1000 * (time.perf_counter() - begun)
    return (f"{connection.vendor},{ms:.1f} 毫秒", f"{connection.vendor}, {ms:.1f} ms")


_MIGRATED: set[str] = set()


def _migrations() -> Both:
    """Once applied they stay so: looked up until then."""
    if not _MIGRATED:
        waiting = ready.pending()
        if waiting:
            raise StoreError(
                f"{len(waiting)} to apply: yilu migrate",
                zh=f"{len(waiting)} 项待执行:yilu migrate",
                next_step="run: yilu migrate",
                next_step_zh="运行 yilu migrate",
            )
        _MIGRATED.add("applied")
    return ("已是最新", "applied")


def _store() -> Both:
    """A store that isn't there yet is no fault; one that can't be read is."""
    facts = newest().facts
    if not (facts.root / "commits").is_dir():
        return ("尚无数据", "none yet")
    snapshot = newest().snapshot or facts.read()
    return (f"提交 {snapshot.at.commit}", f"commit {snapshot.at.commit}")


def _guards() -> Check:
    name = ("审计表只增不改", "audit tables append-only")
    try:
        ok = guards.installed(connection)
    except DatabaseError:
        ok = False
    return Check("guards", name, ok, ("触发器在位", "triggers are on") if ok else ("缺触发器:yilu migrate", "triggers missing: yilu migrate"), needed=False)  # fmt: skip


def _heads() -> Check:
    """Whether entries were signed lately: more than a day of entries without a head is one."""
    name = ("审计树头", "audit heads")
    try:
        last, n = Head.objects.first(), count()
        unsigned = Entry.objects.order_by("number").filter(number__gte=last.size if last else 0).first()
    except DatabaseError:
        return Check("heads", name, False, ("无法读取", "can't be read"), needed=False)
    late = unsigned is not None and time.time() - unsigned.at.timestamp() > 86_400
    size = last.size if last else 0
    found = (f"{n} 条中 {size} 条已签", f"{size} of {n} entries signed")
    return Check("heads", name, not late, (found[0] + ":yilu audit head", found[1] + ": yilu audit head") if late else found, needed=False)  # fmt: skip


def _libraries() -> Check:
    missing = vendor.missing()
    said = (f"缺 {'、'.join(missing)}", f"missing: {', '.join(missing)}") if missing else ("齐全", "all there")
    return Check("libraries", ("浏览器库", "browser libraries"), not missing, said, needed=False)
