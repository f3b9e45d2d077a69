"""Signed tree heads: what the tree of all entries hashed to at a moment, signed, so that who keeps one elsewhere can tell later whether anything before it was touched.

A head is signed with Ed25519 (RFC 8032) over the bytes that RFC 6962, 3.5 lays down: version 0, type 1 (tree hash), milliseconds, size, root. It is written as one JSON file,
``SIZE.json``, together with the leaf hashes that came since the head before, so that a changed entry can be named and not only noticed. The key is made on first use beside the records.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from yilu.console.audit.tree import Frontier
from yilu.errors import InputError, StoreError
from yilu.items.disk import Disk
from yilu.items.keys import secret_in

KEY_FILE = "audit-key"
MOST_LEAVES = 100_000
"""Leaves of one head: more than that since the head before make several heads, so that each is read in bounded memory."""


@dataclass(frozen=True)
class SignedHead:
    """A head. ``at``: milliseconds UTC; ``root``, ``key`` (public), ``signature``, ``leaves`` in hex; ``leaves``: of the entries ``since`` to ``size - 1``."""

    size: int
    root: str
    at: int
    key: str
    signature: str
    since: int
    leaves: tuple[str, ...]

    @property
    def is_signed(self) -> bool:
        """Whether the signature is that of its key over size, root and time."""
        try:
            public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.key))
            public.verify(bytes.fromhex(self.signature), _signed(self.size, bytes.fromhex(self.root), self.at))
        except (InvalidSignature, ValueError, struct.error):
            return False
        return True


def _signed(size: int, root: bytes, at: int) -> bytes:
    """TreeHeadSignature of RFC 6962, 3.5, without its outer frame."""
    return struct.pack(">BBQQ32s", 0, 1, at, size, root)


def signing_key(records: Path) -> Ed25519PrivateKey:
    """The key that signs heads, in the folder of the records, made there (mode 0600) if there is none. Raises StoreError."""
    return Ed25519PrivateKey.from_private_bytes(
        secret_in(records / KEY_FILE, None, 32, ("审计密钥文件", "audit's key file"), "records")
    )


def public_of(key: Ed25519PrivateKey) -> str:
    """The public half, in hex: what an auditor notes down."""
    return key.public_key().public_bytes_raw().hex()


def sign(key: Ed25519PrivateKey, frontier: Frontier, at: int, since: int, leaves: list[bytes]) -> SignedHead:
    """The head of a tree at a moment (milliseconds UTC)."""
    signature = key.sign(_signed(frontier.size, frontier.root, at))
    hexed = tuple(leaf.hex() for leaf in leaves)
    return SignedHead(frontier.size, frontier.root.hex(), at, public_of(key), signature.hex(), since, hexed)


def heads_after(
    key: Ed25519PrivateKey, frontier: Frontier, leaves: Iterator[bytes], now: Callable[[], int], most: int = MOST_LEAVES
) -> Iterator[tuple[SignedHead, Frontier]]:
    """The heads that follow a tree as ``leaves`` are added, each with what its tree is to be gone on from; none where nothing was added."""
    batch: list[bytes] = []
    for leaf in leaves:
        batch.append(leaf)
        if len(batch) == most:
            since, frontier = frontier.size, frontier.grown(batch)
            yield sign(key, frontier, now(), since, batch), frontier
            batch = []
    if batch:
        since, frontier = frontier.size, frontier.grown(batch)
        yield sign(key, frontier, now(), since, batch), frontier


def name_of(size: int) -> str:
    """The file of a head."""
    return f"{size:012d}.json"


def write(folder: Path, head: SignedHead) -> Path:
    """Write a head whole and durably. One that is there already stays. Raises StoreError where it is another, or the folder can't be written."""
    path = folder / name_of(head.size)
    if path.exists():
        if read(path).root != head.root:
            raise StoreError(
                f"{path.name} is the head of other entries", zh=f"{path.name} 与现有审计记录不符", next_step="run: yilu audit verify", next_step_zh="运行 yilu audit verify"
            )  # fmt: skip
        return path
    Disk(folder).put(path.name, (json.dumps(asdict(head), indent=1) + "\n").encode())
    return path


def read(path: Path) -> SignedHead:
    """A head out of its file. Raises InputError where it is none."""
    try:
        raw: Any = json.loads(path.read_text(encoding="utf-8"))
        head = SignedHead(
            int(raw["size"]), str(raw["root"]), int(raw["at"]), str(raw["key"]), str(raw["signature"]), int(raw["since"]), tuple(map(str, raw["leaves"]))
        )  # fmt: skip
    except OSError as error:
        raise InputError(
            path.name,
            "a head that can be read",
            next_step="name another file",
            expected_zh="可读取的树头",
            next_step_zh="换一个文件",
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(path.name, "a signed head as `yilu audit head` writes it", next_step="name another file", expected_zh="yilu audit head 写出的已签树头", next_step_zh="换一个文件") from error  # fmt: skip
    if not 0 <= head.since < head.size or len(head.leaves) != head.size - head.since:
        raise InputError(
            path.name,
            "as many leaves as the head's size says",
            next_step="name another file",
            expected_zh="与树头所记大小相符的叶子",
            next_step_zh="换一个文件",
        )
    return head


def exported(folder: Path, upto: int | None = None) -> list[Path]:
    """Files of the heads in a folder, by size; ``upto``: the size of the last that counts."""
    found = sorted(p for p in folder.glob("*.json") if p.stem.isdigit()) if folder.is_dir() else []
    return [p for p in found if upto is None or int(p.stem) <= upto]
