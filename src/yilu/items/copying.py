"""A copy of a store at one commit, made while its writer runs: the files that the commit names, then its manifest.

Files are never changed in place. On the same disk they are linked, which takes no time and no space; elsewhere they are copied, and what an earlier copy holds already isn't copied again. Files
that the writer drops meanwhile make it begin anew with the newest commit, for which most is there already.
"""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from yilu.errors import InputError, StoreError
from yilu.items import manifest
from yilu.items.disk import Disk
from yilu.items.manifest import Manifest

_TRIES = 20


def copied(root: Path, target: Path) -> Manifest:
    """Make ``target`` a copy of the newest commit of the store at ``root``, and of nothing else.

    Raises StoreError where there is no store, or commits come faster than they can be copied; InputError where ``target`` is the store itself or lies in it.
    """
    if root.resolve() in (target.resolve(), *target.resolve().parents):
        raise InputError(
            target.name,
            "a folder outside of the store",
            next_step="name another folder",
            expected_zh="事实库之外的文件夹",
            next_step_zh="换一个文件夹",
        )
    disk = Disk(target)
    for _ in range(_TRIES):
        found = manifest.newest(root)
        if found is None:
            raise StoreError(
                f"there is no store at {root.name}",
                next_step="name the store with YILU_STORE",
                zh=f"{root.name} 处没有事实库",
                next_step_zh="用 YILU_STORE 指明事实库",
            )
        try:
            for name in sorted(found.files()):
                if not disk.path(name).exists():
                    _take(root / name, disk, name)
        except FileNotFoundError:
            continue
        manifest.write(disk, found)
        disk.sweep(found.files() | {n for n in disk.names("commits") if int(Path(n).stem) == found.commit})
        return found
    raise StoreError(
        "commits come faster than they can be copied",
        next_step="copy to a folder on the disk of the store, where files are linked",
        zh="提交比复制更快",
        next_step_zh="复制到与事实库同一磁盘上的文件夹,文件以链接存放",
    )


def _take(source: Path, disk: Disk, name: str) -> None:
    target = disk.path(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
        return
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP):
            raise
    with source.open("rb") as read, disk.create(name) as file:
        shutil.copyfileobj(read, file, 1 << 20)
