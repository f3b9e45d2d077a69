"""Is the audit record what it was? All leaves and the root are worked out again from the entries, one after the other, and held against the exported heads.

What is found has the number of the first bad entry. Entries after the last head are held against themselves alone: keep heads elsewhere, and make them often.
Pure functions over what somebody reads; no Django.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from yilu.console.audit.heads import SignedHead
from yilu.console.audit.tree import Frontier, leaf_hash

_BATCH = 4096
FINDINGS: dict[str, tuple[str, str]] = {
    "altered": ("内容被改", "was altered"),
    "missing": ("缺失", "is missing"),
    "cut_off": ("起被截去", "and all after it were cut off"),
    "replaced": ("之间有记录被换", "are not what the head was made of"),
    "unsigned": ("树头签名无效", "is the end of a head whose signature doesn't hold"),
    "other_key": ("树头由其他密钥签署", "is the end of a head that another key signed"),
    "export": ("树头文件所列散列有误", "is listed wrongly in the head's file"),
}
"""What can be found, in Chinese and English, said after a number or two."""


@dataclass(frozen=True)
class Kept:
    """An entry as it is kept: its number, its leaf hash (hex), and the text that is hashed."""

    number: int
    leaf: str
    told: str


@dataclass(frozen=True)
class Finding:
    """What is wrong, from entry ``first`` (the first bad one) to ``last``."""

    kind: str
    first: int
    last: int


@dataclass(frozen=True)
class Verdict:
    """What was verified: entries, heads, the entries that a head covers, the root; and what is wrong, if anything."""

    entries: int
    heads: int
    covered: int
    root: str
    found: Finding | None = None


def verify(
    kept: Iterable[Kept],
    heads: Iterable[SignedHead],
    key: str | None = None,
    progress: Callable[[int], None] = lambda n: None,
) -> Verdict:
    """Hold entries, in order, against heads, the smallest first. ``key``: the public key (hex) that must have signed them, any if None.

    Takes memory for one head's leaves and no more; ends with the first thing that is wrong.
    """
    entries, frontier, n, sure = iter(kept), Frontier(), 0, 0

    def verdict(found: Finding | None) -> Verdict:
        return Verdict(frontier.size, n, sure, frontier.root.hex(), found)

    for head in heads:
        wrong = "unsigned" if not head.is_signed else "other_key" if key and head.key != key else ""
        if wrong:
            return verdict(Finding(wrong, head.size - 1, head.size - 1))
        frontier, found = _walked(entries, frontier, max(head.since, frontier.size), (), progress)
        if found is None:
            listed = [bytes.fromhex(leaf) for leaf in head.leaves[frontier.size - head.since :]]
            right = frontier.size >= head.since and frontier.grown(listed).root.hex() == head.root
            frontier, found = _walked(entries, frontier, head.size, tuple(listed) if right else (), progress)
            if found is None and frontier.size < head.size:
                found = Finding("cut_off", frontier.size, head.size - 1)
            elif found is None and frontier.root.hex() != head.root:
                found = Finding("replaced", sure, head.size - 1)
            elif found is None and not right:
                found = Finding("export", head.since, head.size - 1)
        if found is not None:
            return verdict(found)
        n, sure = n + 1, head.size
    frontier, found = _walked(entries, frontier, None, (), progress)
    return verdict(found)


def _walked(
    entries: Iterator[Kept],
    frontier: Frontier,
    upto: int | None,
    known: tuple[bytes, ...],
    progress: Callable[[int], None],
) -> tuple[Frontier, Finding | None]:
    """The tree grown by entries up to a size, and the first that is wrong; ``known``: what their leaves must be."""
    start = frontier.size
    batch: list[bytes] = []
    for number, entry in enumerate(islice(entries, None if upto is None else upto - start), start):
        leaf = leaf_hash(entry.told.encode())
        wrong = ""
        if entry.number != number:
            wrong = "missing"
        elif leaf.hex() != entry.leaf or (known and leaf != known[number - start]):
            wrong = "altered"
        if wrong:
            return frontier.grown(batch), Finding(wrong, number, number)
        batch.append(leaf)
        if len(batch) == _BATCH:
            frontier, batch = frontier.grown(batch), []
            progress(frontier.size)
    frontier = frontier.grown(batch)
    progress(frontier.size)
    return frontier, None
