"""A disk that remembers what it was told, so that a test can cut the power after any step and lose what was not synced."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from yilu.items.disk import Disk


@dataclass(frozen=True)
class Step:
    """One thing done to the disk: write, sync, rename, unlink, mkdir or sync_folder; ``names`` are relative paths."""

    what: str
    names: tuple[str, ...]
    content: bytes = b""


class Recorder(Disk):
    """Does what a disk does and notes each step."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.steps: list[Step] = []

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def _note(self, what: str, *paths: Path, content: bytes = b"") -> None:
        self.steps.append(Step(what, tuple(self._name(p) for p in paths), content))

    def _folder(self, path: Path) -> None:
        if not path.is_dir():
            self._folder(path.parent)
            path.mkdir(exist_ok=True)
            self._note("mkdir", path)
            self._sync_folder(path.parent)

    def _sync(self, descriptor: int, path: Path) -> None:
        self._note("write", path, content=path.read_bytes())
        self._note("sync", path)

    def _rename(self, old: Path, new: Path) -> None:
        super()._rename(old, new)
        self._note("rename", old, new)

    def _sync_folder(self, path: Path) -> None:
        self._note("sync_folder", path)

    def _discard(self, path: Path) -> None:
        if path.exists():
            super()._discard(path)
            self._note("unlink", path)


def image(steps: list[Step], chance: random.Random) -> dict[str, bytes]:
    """Files after the power went with ``steps`` done: of what was not synced, any part may have reached the platter, in any order.

    A file's content is safe from its sync on; until then all, half or nothing of it is there. A name made, changed or removed is safe
    from the next sync of its folder on; until then it may or may not have happened, each by itself.
    """
    keeps = chance.choice(("nothing", "all", "some"))
    reached = {"nothing": lambda: False, "all": lambda: True, "some": lambda: chance.random() < 0.5}[keeps]
    files: dict[str, int] = {}
    inodes: list[tuple[bytes, bool]] = []
    open_names: dict[str, int] = {}
    pending: list[tuple[str, Step, int]] = []

    def apply(step: Step, inode: int) -> None:
        if step.what == "rename":
            old, new = step.names
            if files.get(old) == inode:
                del files[old]
            files[new] = inode
        elif files.get(step.names[0]) == inode:
            del files[step.names[0]]

    now: dict[str, int] = {}
    for step in steps:
        first = step.names[0]
        if step.what == "write":
            inodes.append((step.content, False))
            now[first] = open_names[first] = len(inodes) - 1
            pending.append((_parent(first), Step("create", (first,)), now[first]))
        elif step.what == "sync":
            inodes[open_names[first]] = (inodes[open_names[first]][0], True)
        elif step.what == "rename":
            pending.append((_parent(first), step, now[first]))
            now[step.names[1]] = now.pop(first)
        elif step.what == "unlink":
            if first in now:
                pending.append((_parent(first), step, now.pop(first)))
        elif step.what == "sync_folder":
            done = [p for p in pending if p[0] == first]
            pending = [p for p in pending if p[0] != first]
            for _, held, inode in done:
                if held.what == "create":
                    files[held.names[0]] = inode
                else:
                    apply(held, inode)
    for _, held, inode in pending:
        if reached():
            if held.what == "create":
                files[held.names[0]] = inode
            else:
                apply(held, inode)
    return {name: _content(*inodes[inode], chance) for name, inode in files.items()}


def _parent(name: str) -> str:
    return name.rsplit("/", 1)[0] if "/" in name else "."


def _content(content: bytes, synced: bool, chance: random.Random) -> bytes:
    return content if synced else chance.choice((b"", content[: len(content) // 2], content))


def lay_out(files: dict[str, bytes], root: Path) -> None:
    """Make the files of an image under ``root``."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
