"""A file for a store that a running writer has: it is put into the writer's spool folder, and its commit waited for."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from yilu.errors import InputError
from yilu.items.disk import sync_folder, unwritable

_FILE = "running.json"
_LOOK_S = 0.1


@contextmanager
def announced(store: Path, spool: Path | None, feeds: Callable[[], dict[str, str]]) -> Iterator[Callable[[], None]]:
    """Say in the store's folder, while a writer runs, which folder takes its files, and for each feed by which mapping (its digest). Gives what says it again."""
    file = store / _FILE

    def say() -> None:
        told = {"spool": str(spool.resolve()) if spool else None, "feeds": feeds(), "process": os.getpid()}
        hidden = file.with_name(f".{_FILE}")
        hidden.write_text(json.dumps(told), encoding="utf-8")
        hidden.replace(file)

    say()
    try:
        yield say
    finally:
        file.unlink(missing_ok=True)


@dataclass(frozen=True)
class Running:
    """A writer at work: the folder that takes files, None where none does, and the digest of each feed's mapping."""

    spool: Path | None
    feeds: dict[str, str]


def running(store: Path) -> Running | None:
    """The writer that runs on a store, None where none does: one that was killed has left its word, and no lock."""
    try:
        told = json.loads((store / _FILE).read_text(encoding="utf-8"))
        with open(store / "writer.lock", "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return Running(Path(told["spool"]) if told["spool"] else None, told["feeds"])
    except (OSError, ValueError, KeyError):
        return None
    return None


def is_running(store: Path) -> bool:
    """Whether a writer runs on a store."""
    return running(store) is not None


def put(folder: Path, name: str, content: bytes) -> None:
    """Put a file into a folder that a writer watches, durably: whole or not at all. Raises StoreError."""
    hidden = folder / f".{name}"
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            sync_folder(folder.parent)
        descriptor = os.open(hidden, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        hidden.rename(folder / name)
        sync_folder(folder)
    except OSError as error:
        hidden.unlink(missing_ok=True)
        raise unwritable(error, folder.parent) from error


def hand_over(files: list[Path], store: Path, feed: str, mapping: str) -> list[str]:
    """Put files into the folder of a feed of the writer that runs on ``store``, and wait until they are in a commit. Returns the names they had there.

    Raises InputError for a feed that the writer doesn't take or reads by another mapping (``mapping``: a digest), and for a file that it refused.
    """
    found = running(store)
    if found is None or found.spool is None or feed not in found.feeds:
        taken = ", ".join(found.feeds) if found else ""
        raise InputError(store.name, f"one of the running writer's feeds {taken}", value=feed, next_step="name it with --feed, or stop the running writer first", expected_zh=f"写入程序所读的数据源之一:{taken}", next_step_zh="用 --feed 指明,或先停止写入程序")  # fmt: skip
    if found.feeds[feed] != mapping:
        raise InputError(store.name, f"the mapping by which the running writer reads {feed}", next_step="leave --mapping out, or stop the running writer first", expected_zh=f"写入程序读取 {feed} 所用的映射", next_step_zh="不给 --mapping,或先停止写入程序")  # fmt: skip
    folder = found.spool / feed
    put = [folder / f"{uuid.uuid4().hex[:8]}-{path.name}" for path in files]
    for path, target in zip(files, put, strict=True):
        hidden = target.with_name(f".{target.name}")
        shutil.copyfile(path, hidden)
        hidden.rename(target)
    while any(p.exists() for p in put):
        if not is_running(store):
            raise InputError(
                folder.name,
                "a running writer",
                next_step="start yilu run again: the files wait in its folder",
                expected_zh="运行中的写入程序",
                next_step_zh="重新启动 yilu run:文件在其文件夹中等候",
            )
        time.sleep(_LOOK_S)
    for path in put:
        for reason in (folder / "refused").glob(f"{path.stem}-*.reason"):
            told, told_zh = (reason.read_text(encoding="utf-8").splitlines()[i] for i in (0, 2))
            raise InputError(
                path.name, "a file that can be read", next_step=told, expected_zh="可读取的文件", next_step_zh=told_zh
            )
    return [p.name for p in put]
