"""Writes a draft as a plan folder that is there whole or not at all, and never over what a person changed.

``draft.json`` tells what the draft was made of, and the SHA-256 of each file as it was written. A folder whose files are still these is a draft that nobody edited.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from yilu.errors import InputError, YiluError
from yilu.network import Network
from yilu.plan.draft.outline import files_of
from yilu.plan.draft.proposing import Draft

MADE = "draft.json"
_MAKER = "yilu plan draft"


@dataclass(frozen=True)
class Written:
    """The folder, its files, and whether an earlier draft stood there."""

    folder: Path
    files: tuple[str, ...]
    replaced: bool


def write(draft: Draft, network: Network, folder: Path, replace: bool = False) -> Written:
    """Write a draft into ``folder``: into a hidden one beside it, which then takes its name. A kill between leaves the folder as it was, or, where one is replaced, set aside until the next draft brings it back. InputError: the folder is no draft, or one that was edited and isn't to be replaced. YiluError: it can't be written."""
    files = files_of(draft, network)
    files[MADE] = _made(draft, network, files)
    folder = Path(os.path.abspath(folder))
    if not folder.name:
        raise InputError(str(folder), "a folder with a name", next_step="Name another with --out.")
    new, old = (folder.with_name(f".{folder.name}.draft-{which}") for which in (f"new-{os.getpid()}", "old"))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _recover(folder, old)
        there = _may_be_replaced(folder, replace)
        _fill(new, files)
        if there:
            os.rename(folder, old)
        os.rename(new, folder)
        _sync(folder.parent)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        shutil.rmtree(new, ignore_errors=True)
        raise YiluError(
            f"{folder.name} cannot be written ({error.strerror})", zh=f"无法写入 {folder.name}",
            next_step="name another folder, make room, or change its permissions", next_step_zh="换一个文件夹、腾出空间或修改其权限",
            exit_code=3,
        ) from error  # fmt: skip
    return Written(folder, tuple(sorted(files)), there)


def edited(folder: Path) -> list[str]:
    """Files of a draft that are not as they were written: changed, gone, or new. InputError: the folder is no draft."""
    try:
        made = json.loads((folder / MADE).read_text(encoding="utf-8"))
        written = dict(made["files"]) if made["made_by"] == _MAKER else None
    except (OSError, ValueError, KeyError, TypeError):
        written = None
    if written is None:
        raise InputError(
            str(folder), f"a folder that isn't there yet, or a draft (with {MADE})", column=MADE,
            next_step="Name another folder with --out: only drafts are replaced.",
        )  # fmt: skip
    there = {p.name: p for p in folder.iterdir() if p.name != MADE}
    names = sorted({*written, *there})
    return [
        n for n in names
        if n not in there or not there[n].is_file() or _digest(there[n].read_bytes()) != written.get(n)
    ]  # fmt: skip


def _may_be_replaced(folder: Path, replace: bool) -> bool:
    """Whether a draft stands there that may go. InputError: as `write`."""
    if not folder.exists() and not folder.is_symlink():
        return False
    if folder.is_symlink() or not folder.is_dir():
        raise InputError(str(folder), "a folder that isn't there yet, or a draft", next_step="Name another with --out.")
    if not any(folder.iterdir()):
        return True
    changed = edited(folder)
    if changed and not replace:
        raise InputError(
            str(folder), "a draft as it was written", column="file", value=", ".join(changed[:5]),
            next_step="Somebody edited it: name another folder with --out, or give --replace and lose the edits.",
        )  # fmt: skip
    return True


def _recover(folder: Path, old: Path) -> None:
    """After a kill: what was set aside comes back where nothing took its place, what was half written goes."""
    if old.exists():
        if folder.exists():
            shutil.rmtree(old)
        else:
            os.rename(old, folder)
    for unfinished in folder.parent.glob(f".{glob.escape(folder.name)}.draft-new-*"):
        shutil.rmtree(unfinished)


def _fill(new: Path, files: dict[str, bytes]) -> None:
    new.mkdir()
    for name, content in files.items():
        with open(new / name, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    _sync(new)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _made(draft: Draft, network: Network, files: dict[str, bytes]) -> bytes:
    record = {
        "made_by": _MAKER, "province": network.name, "after": draft.before.name, "from": draft.since, "to": draft.to, "area": draft.area,
        "choose": draft.choose, "chances": {a.code: round(100 * a.chance, 6) for a in draft.ambitions},
        "files": {name: _digest(content) for name, content in sorted(files.items())},
    }  # fmt: skip
    return (json.dumps(record, ensure_ascii=False, indent=1) + "\n").encode()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
