"""The manifest: what one commit consists of. Commit N is the file ``commits/N.json``; the newest whole one is the truth.

A commit names every file that belongs to the facts at that moment; files that no manifest names do not exist. A reader takes
the newest manifest and reads only what it names, so it sees one commit, whatever the writer does meanwhile.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from yilu.errors import StoreError
from yilu.items.disk import Disk
from yilu.items.fields import DECLARATION

FORMAT = 1
KEPT = 4
"""Manifests kept, with their files, for readers that still stand on them."""


@dataclass(frozen=True)
class Part:
    """One data file: ``rows``, the commits ``first..last`` it holds, ``groups``: per row group its first and last bucket."""

    file: str
    rows: int
    first: int
    last: int
    groups: tuple[tuple[int, int], ...] = ()
    day: str = ""
    bytes: int = 0


@dataclass(frozen=True)
class Counts:
    """Nothing is lost: rows = used + quarantined; made = accepted + repeated + conflicting + refused.

    ``derived``: events that reached an item through its container or an earlier number; they are counted nowhere else.
    """

    rows: int = 0
    used: int = 0
    quarantined: int = 0
    made: int = 0
    accepted: int = 0
    repeated: int = 0
    conflicting: int = 0
    refused: int = 0
    unmapped: int = 0
    unknown_place: int = 0
    derived: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(asdict(self).values(), asdict(other).values(), strict=True)))


@dataclass(frozen=True)
class Source:
    """A file that was read, by the hash of its content: its base name, rows done, and whether that is all of it."""

    name: str
    rows: int
    complete: bool
    passing: bool = False
    """From a spool folder, which is emptied: it is forgotten once many others have come."""


@dataclass(frozen=True)
class Erasure:
    """An item that was erased, and the account of it, which holds no waybill number.

    ``keys``: of the item and its numbered pieces, empty once nothing of it can come any more. ``until``: its events and journeys begin no
    later (UTC seconds). ``who`` asked for it, ``when`` (as stated, ISO text) and for which ``purpose``. ``listed_at``: UTC seconds. ``listed``,
    ``applied``: the commits that hid it and that took it out of the files, 0 while that is to come.
    """

    keys: tuple[int, ...]
    until: int
    who: str
    when: str
    purpose: str
    listed_at: int
    listed: int
    applied: int = 0


@dataclass(frozen=True)
class Manifest:
    """The facts at one commit. ``states``: per bucket the commit that wrote its state file (0: none); ``folded``: the commit up to which
    that file holds all that is logged (not before ``states``: a bucket that nothing touched keeps its file).

    ``behind``: logged events that are not folded yet, since they came behind what their items had; ``unspread``: links along which earlier
    events of their sources are not spread yet; ``settled``: how many events had been made when nothing of either kind waited last.
    ``tokens``: acceptances by senders' tokens, of days that may still grow; ``crowds``: those of tokens that stood behind too many items (``tokens``).
    ``watermarks``: per feed the latest event, ``received``: when it last brought any (UTC seconds).
    ``offsets``: up to where each message log was read. ``told``: the last commit that brought anything. ``evidence``: what the rules said at the commit ``judged``, by rules and registers of
    the hash ``judged_by``.
    ``floor``: events before it (UTC seconds) are too late. ``log_from``: the last local day whose log was dropped; ``sealed``: closed items that
    began before it (UTC seconds) can't be folded again.
    """

    commit: int
    buckets: int
    key_check: str
    province: str
    declaration: str = DECLARATION
    log: tuple[Part, ...] = ()
    behind: tuple[Part, ...] = ()
    links: tuple[Part, ...] = ()
    unspread: tuple[Part, ...] = ()
    cubes: tuple[Part, ...] = ()
    closed: tuple[Part, ...] = ()
    gone: tuple[Part, ...] = ()
    quarantine: tuple[Part, ...] = ()
    tokens: tuple[Part, ...] = ()
    crowds: tuple[Part, ...] = ()
    feeds: tuple[Part, ...] = ()
    feed_quarantine: tuple[Part, ...] = ()
    states: tuple[int, ...] = ()
    folded: tuple[int, ...] = ()
    counts: Counts = Counts()
    sources: dict[str, Source] = field(default_factory=dict)
    codes: tuple[str, ...] = ("",)
    names: tuple[str, ...] = ("",)
    watermarks: dict[str, int] = field(default_factory=dict)
    settled: int = 0
    received: dict[str, int] = field(default_factory=dict)
    offsets: dict[str, int] = field(default_factory=dict)
    evidence: tuple[Part, ...] = ()
    told: int = 0
    judged: int = 0
    judged_by: str = ""
    floor: int = 0
    log_from: str = ""
    sealed: int = 0
    rules: str = ""
    erased: tuple[Erasure, ...] = ()
    garbage: tuple[tuple[int, str], ...] = ()

    @property
    def waits(self) -> bool:
        """Whether events came behind what their items had, and are to be settled."""
        return bool(self.behind or self.unspread)

    def files(self) -> set[str]:
        """Every file this commit consists of, garbage that readers may still hold included."""
        parts = [p for name in PARTS for p in getattr(self, name)]
        states = {state_file(b, c) for b, c in enumerate(self.states) if c}
        return {p.file for p in parts} | states | {name for _, name in self.garbage}


PARTS: tuple[str, ...] = (
    "log", "behind", "links", "unspread", "cubes", "closed", "gone", "quarantine", "tokens", "crowds", "feeds", "feed_quarantine", "evidence",
)  # fmt: skip
"""Fields of a manifest that name data files."""


def state_file(bucket: int, commit: int) -> str:
    """The file of a bucket's states folded to ``commit``."""
    return f"state/{bucket:04d}.{commit:010d}"


def _name(commit: int) -> str:
    return f"commits/{commit:010d}.json"


def write(disk: Disk, manifest: Manifest) -> None:
    """Make ``manifest`` the newest commit, durably: after this returns, it is the truth."""
    body = json.dumps(asdict(manifest), ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.blake2b(body.encode(), digest_size=16).hexdigest()
    disk.put(_name(manifest.commit), f'{{"format":{FORMAT},"digest":"{digest}","manifest":{body}}}'.encode())
    disk.remove(_name(manifest.commit - KEPT))


def newest(root: Path) -> Manifest | None:
    """The newest whole manifest of a store, or None for a store without one.

    Raises StoreError where manifests exist and none can be read, or one is of another format or field declaration.
    """
    files = sorted((root / "commits").glob("*.json"), reverse=True) if (root / "commits").is_dir() else []
    for path in files:
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            continue
        found = _parse(content)
        if found is not None:
            return found
    if files:
        raise StoreError(
            f"no manifest of the store ({root.name}) can be read",
            next_step="restore the store from a backup",
            zh=f"事实库({root.name})的提交清单均无法读取",
            next_step_zh="从备份恢复事实库",
        )
    return None


def _parse(content: bytes) -> Manifest | None:
    start = content.find(b'"manifest":')
    try:
        outer = json.loads(content)
        digest = hashlib.blake2b(content[start + 11 : -1], digest_size=16).hexdigest()
        if digest != outer["digest"]:
            return None
    except (ValueError, KeyError, TypeError):
        return None
    if outer["format"] != FORMAT:
        raise StoreError(
            f"the store has format {outer['format']}, this yilu reads {FORMAT}",
            next_step="use the yilu that wrote it, or ingest anew",
            zh=f"事实库的格式为 {outer['format']},本版本读取 {FORMAT}",
            next_step_zh="使用写入它的 yilu 版本,或重新读入数据",
        )
    return _manifest(outer["manifest"])


def _manifest(raw: dict[str, Any]) -> Manifest:
    parts = {
        name: tuple(Part(**{**p, "groups": tuple((a, b) for a, b in p["groups"])}) for p in raw.get(name, ()))
        for name in PARTS
    }
    return Manifest(
        **{
            **raw,
            **parts,
            "counts": Counts(**raw["counts"]),
            "sources": {h: Source(**s) for h, s in raw["sources"].items()},
            "states": tuple(raw["states"]),
            "folded": tuple(raw["folded"]),
            "codes": tuple(raw["codes"]),
            "names": tuple(raw["names"]),
            "erased": tuple(Erasure(**{**e, "keys": tuple(e["keys"])}) for e in raw.get("erased", ())),
            "garbage": tuple((int(c), str(n)) for c, n in raw["garbage"]),
        }
    )


def fit(found: Manifest, key_check: str, province: str, root: Path) -> None:
    """Refuse a store that was made under another key, province or field declaration."""
    if found.key_check != key_check:
        raise StoreError(
            f"the store ({root.name}) was made with another key",
            next_step="set key_file to the key this store was made with",
            zh=f"事实库({root.name})是用另一把密钥建立的",
            next_step_zh="将 key_file 设为建立该库时的密钥",
        )
    if found.province != province:
        raise StoreError(
            f"the store ({root.name}) holds province {found.province}, not {province}",
            next_step="set province or store accordingly",
            zh=f"事实库({root.name})存放的是省份 {found.province},不是 {province}",
            next_step_zh="相应设置 province 或 store",
        )
    if found.declaration != DECLARATION:
        raise StoreError(
            f"the states of the store ({root.name}) were made under another declaration of fields",
            next_step="run: yilu rebuild",
            zh=f"事实库({root.name})的状态是按另一种字段声明生成的",
            next_step_zh="运行 yilu rebuild",
        )


def drop(disk: Disk, manifest: Manifest, commits: int = KEPT) -> Manifest:
    """Remove garbage that no manifest of the last ``commits`` (``KEPT`` at least) names; the rest stays listed."""
    due = {name for commit, name in manifest.garbage if commit <= manifest.commit - commits}
    for name in sorted(due):
        disk.remove(name)
    return replace(manifest, garbage=tuple((c, n) for c, n in manifest.garbage if n not in due))


def put_table(disk: Disk, name: str, number: int, table: pa.Table, day: str, **how: Any) -> Part:
    """Write a table as a file of commit ``number``; ``day``: local, of its facts; ``how``: Parquet's options."""
    with disk.create(name) as file:
        pq.write_table(table, pa.PythonFile(file, mode="w"), **(how or {"compression": "zstd", "compression_level": 1}))
        size = file.tell()
    return Part(name, table.num_rows, number, number, (), day, size)
