"""Every write to a store goes through here, so that a test can lose what was not synced.

A file appears whole or not at all: it is written under another name, synced, renamed, and its folder synced. Nothing is ever
changed in place.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from yilu.errors import StoreError

_NEW = ".new"


def sync_folder(path: Path) -> None:
    """Let names that were made in a folder, changed or removed outlast a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Disk:
    """The files of one store, by names relative to ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, name: str) -> Path:
        return self.root / name

    @contextmanager
    def create(self, name: str) -> Iterator[BinaryIO]:
        """A file to write; it takes its name, durably, when the block ends without an error, and vanishes otherwise.

        Raises StoreError on a full or read-only disk; what was stored before stays as it was.
        """
        path = self.path(name)
        temporary = path.with_name(path.name + _NEW)
        try:
            self._folder(path.parent)
            with open(temporary, "wb", buffering=1 << 20) as file:
                yield file
                file.flush()
                self._sync(file.fileno(), temporary)
            self._rename(temporary, path)
            self._sync_folder(path.parent)
        except OSError as error:
            self._discard(temporary)
            raise unwritable(error, self.root) from error
        except BaseException:
            self._discard(temporary)
            raise

    def put(self, name: str, content: bytes) -> None:
        """Write a whole small file durably."""
        with self.create(name) as file:
            file.write(content)

    def remove(self, name: str) -> None:
        """Remove a file that nothing names any more; a missing one is no error."""
        self._discard(self.path(name))

    def names(self, folder: str) -> list[str]:
        """Names of the finished files in a folder, in order; unfinished ones are removed only by ``sweep``."""
        path = self.path(folder)
        if not path.is_dir():
            return []
        return sorted(f"{folder}/{p.name}" for p in path.iterdir() if p.is_file() and not p.name.endswith(_NEW))

    def sweep(self, wanted: set[str]) -> None:
        """Remove files that a broken run left: unfinished ones and those that ``wanted`` doesn't name."""
        for path in sorted(self.root.rglob("*")):
            name = path.relative_to(self.root).as_posix()
            if path.is_file() and name not in wanted and name.split("/")[0] in FOLDERS:
                self._discard(path)

    def free_bytes(self) -> int:
        """Free space for the user of this process."""
        stat = os.statvfs(self.root)
        return stat.f_bavail * stat.f_frsize

    def _folder(self, path: Path) -> None:
        if path.is_dir():
            return
        self._folder(path.parent)
        path.mkdir(exist_ok=True)
        self._sync_folder(path.parent)

    def _sync(self, descriptor: int, path: Path) -> None:
        os.fsync(descriptor)

    def _rename(self, old: Path, new: Path) -> None:
        os.replace(old, new)

    def _sync_folder(self, path: Path) -> None:
        sync_folder(path)

    def _discard(self, path: Path) -> None:
        path.unlink(missing_ok=True)


FOLDERS: tuple[str, ...] = (
    "commits",
    "log",
    "cubes",
    "state",
    "closed",
    "quarantine",
    "links",
    "tokens",
    "evidence",
    "feeds",
)
"""Folders of a store whose files a commit names."""


def unwritable(error: OSError, root: Path) -> StoreError:
    """What a failed write means to the user."""
    if error.errno == errno.ENOSPC:
        return StoreError(
            f"no space left on the disk of the store ({root.name}); nothing stored was lost",
            next_step="free space or move the store, then run the same command again: it resumes",
            zh=f"事实库({root.name})所在磁盘已满;已存的数据没有丢失",
            next_step_zh="腾出空间或移动事实库,再运行同一命令:会接着做",
        )
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return StoreError(
            f"the store ({root.name}) cannot be written: {error.strerror}",
            next_step="check the owner and the mount of the store's folder",
            zh=f"事实库({root.name})无法写入:{error.strerror}",
            next_step_zh="检查事实库文件夹的属主与挂载",
        )
    return StoreError(
        f"writing to the store ({root.name}) failed: {error.strerror}",
        next_step="see the system's log of the disk",
        zh=f"写入事实库({root.name})失败:{error.strerror}",
        next_step_zh="查看系统的磁盘日志",
    )


def half_way(message: str, zh: str) -> StoreError:
    """What a commit means that failed half way: nothing of it is in the store."""
    return StoreError(
        message,
        next_step="open the store again: it stands at its last commit",
        zh=zh,
        next_step_zh="重新打开事实库:它停在最后一次提交",
    )


class Lock:
    """The one writer of a store, held by an advisory lock that ends with the process."""

    def __init__(self, root: Path) -> None:
        try:
            root.mkdir(parents=True, exist_ok=True)
            self._file = open(root / "writer.lock", "a+b")  # noqa: SIM115  held as long as the store is
        except OSError as error:
            raise unwritable(error, root) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise StoreError(
                f"the store ({root.name}) has a writer already",
                next_step="wait for the other yilu to finish, or give the file to it: put it into its spool folder",
                zh=f"事实库({root.name})已有写入进程",
                next_step_zh="等另一个 yilu 结束,或将文件放入其投递文件夹",
            ) from error

    def release(self) -> None:
        self._file.close()
