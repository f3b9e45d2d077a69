"""A file that is there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from yilu.errors import YiluError

_NEW = ".new"


def save(folder: Path, name: str, content: bytes) -> Path:
    """Write a file into a folder, which is made where it is missing; its path. Raises YiluError where that can't be."""
    path = folder / name
    part = path.with_name(name + _NEW)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        _forget(part)
        raise YiluError(
            f"{folder}: {name} cannot be written ({error.strerror})",
            zh=f"{folder}:无法写入 {name}",
            next_step="name another folder, make room, or change its permissions",
            next_step_zh="换一个文件夹、腾出空间或修改其权限",
            exit_code=3,
        ) from error
    except BaseException:
        _forget(part)
        raise
    return path


def _forget(part: Path) -> None:
    try:
        part.unlink(missing_ok=True)
    except OSError:
        return
