"""A file for a store that a running writer has: it is put into the writer's spool folder, and its commit waited for."""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from yilu.errors import InputError

_FILE = "running.json"
_LOOK_S = 0.1


@contextmanager
def announced(store: Path, spool: Path | None) -> Iterator[None]:
    """Say in the store's folder, while a writer runs, which folder takes its files."""
    if spool is None:
        yield
        return
    file = store / _FILE
    file.write_text(json.dumps({"spool": str(spool.resolve()), "process": os.getpid()}), encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def spool_of(store: Path) -> Path | None:
    """The spool folder of the writer that runs on a store, None where none does or it takes no files."""
    try:
        told = json.loads((store / _FILE).read_text(encoding="utf-8"))
        os.kill(int(told["process"]), 0)
        return Path(told["spool"])
    except (OSError, ValueError, KeyError):
        return None


def hand_over(files: list[Path], store: Path, spool: Path, feed: str) -> list[str]:
    """Put files into the folder of a feed of the writer that runs on ``store``, and wait until they are in a commit. Returns the names they had there.

    Raises InputError for a feed that the writer doesn't take, and for a file that it refused.
    """
    folder = spool / feed
    if not folder.is_dir():
        taken = ", ".join(sorted(p.name for p in spool.iterdir() if p.is_dir()))
        raise InputError(spool.name, f"one of the feeds {taken}", value=feed, next_step="name it with --feed, or stop the running writer first")  # fmt: skip
    put = [folder / f"{uuid.uuid4().hex[:8]}-{path.name}" for path in files]
    for path, target in zip(files, put, strict=True):
        hidden = target.with_name(f".{target.name}")
        shutil.copyfile(path, hidden)
        hidden.rename(target)
    while any(p.exists() for p in put):
        if spool_of(store) is None:
            raise InputError(
                folder.name, "a running writer", next_step="start yilu run again: the files wait in its folder"
            )
        time.sleep(_LOOK_S)
    for path in put:
        reason = folder / "refused" / f"{path.name}.reason"
        if reason.is_file():
            raise InputError(
                path.name, "a file that can be read", next_step=reason.read_text(encoding="utf-8").splitlines()[0]
            )
    return [p.name for p in put]
