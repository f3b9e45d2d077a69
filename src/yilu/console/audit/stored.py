"""The audit record as the database holds it: read in order and in pieces, and the heads made of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from django.db import transaction

from yilu.console.audit import heads
from yilu.console.audit.heads import SignedHead
from yilu.console.audit.models import Entry, Head
from yilu.console.audit.recording import told
from yilu.console.audit.tree import Frontier
from yilu.console.audit.verifying import Kept, Verdict, verify
from yilu.errors import StoreError

_PIECE = 2000


def entries(since: int = 0) -> Iterator[Entry]:
    """Entries by number, read piece by piece, so that no more than one piece is held."""
    after = since - 1
    while True:
        piece = list(Entry.objects.filter(number__gt=after).order_by("number")[:_PIECE])
        yield from piece
        if len(piece) < _PIECE:
            return
        after = piece[-1].number


def kept(since: int = 0) -> Iterator[Kept]:
    """Entries as they are verified."""
    return (Kept(e.number, e.leaf, told(e)) for e in entries(since))


def latest() -> tuple[Head | None, Frontier]:
    """The last head of the database, and the tree to go on from. Raises StoreError where what it remembers is not what it signed."""
    last = Head.objects.first()
    if last is None:
        return None, Frontier()
    frontier = Frontier(last.size, tuple(map(bytes.fromhex, last.peaks)))
    if frontier.root.hex() != last.root:
        raise _touched()
    return last, frontier


def sign_new(
    records: Path, folder: Path, now: Callable[[], int] = lambda: time.time_ns() // 1_000_000
) -> list[SignedHead]:
    """Sign heads over all entries so far, and write those that are not in ``folder`` yet; the new ones, none where nothing was added.

    Raises StoreError where an entry is missing, or a head in the folder is of other entries.
    """
    key = heads.signing_key(records)
    with transaction.atomic():
        _, frontier = latest()
        made = []
        for head, grown in heads.heads_after(key, frontier, _leaves(frontier.size), now):
            Head(
                size=head.size, root=head.root, at=head.at, key=head.key, signature=head.signature, since=head.since, peaks=[p.hex() for p in grown.peaks]
            ).save()  # fmt: skip
            made.append(head)
    for head in (*made, *of_database(missing_in=folder)):
        heads.write(folder, head)
    return made


def _leaves(since: int) -> Iterator[bytes]:
    for expected, (number, leaf) in enumerate(_numbered(since), since):
        if number != expected:
            raise _touched()
        yield bytes.fromhex(leaf)


def _numbered(since: int) -> Iterator[tuple[int, str]]:
    after = since - 1
    while True:
        piece = list(Entry.objects.filter(number__gt=after).order_by("number").values_list("number", "leaf")[:_PIECE])
        yield from piece
        if len(piece) < _PIECE:
            return
        after = piece[-1][0]


def _touched() -> StoreError:
    return StoreError(
        "the audit record is not what it was: no head can be made", zh="审计记录已被改动,不能签署树头", next_step="run: yilu audit verify", next_step_zh="运行 yilu audit verify"
    )  # fmt: skip


def of_database(missing_in: Path | None = None) -> Iterator[SignedHead]:
    """Heads as the database holds them, with their leaves; ``missing_in``: those alone whose file is not in that folder."""
    for row in Head.objects.order_by("size"):
        if missing_in is not None and (missing_in / heads.name_of(row.size)).exists():
            continue
        leaves = Entry.objects.filter(number__gte=row.since, number__lt=row.size).order_by("number")
        head = SignedHead(row.size, row.root, row.at, row.key, row.signature, row.since, tuple(leaves.values_list("leaf", flat=True)))  # fmt: skip
        yield head


def verified(
    folder: Path, upto: Path | None = None, key: str | None = None, progress: Callable[[int], None] = lambda n: None
) -> Verdict:
    """The record held against the exported heads: all of ``folder``, or ``upto`` and those before it that lie beside it."""
    if upto is None:
        files = heads.exported(folder)
    else:
        files = [p for p in heads.exported(upto.parent, heads.read(upto).size) if p.name != upto.name] + [upto]
    return verify(kept(), map(heads.read, files), key, progress)


def proof_of(number: int, folder: Path) -> dict[str, object]:
    """What shows, to who holds two heads alone, that an entry is in the record and that the record only grew: the entry, its leaf, its audit path to the newest head, and
    the consistency proof from the head before. Raises StoreError where no head covers the entry.
    """
    from yilu.console.audit.tree import audit_path, consistency_proof

    files = heads.exported(folder)
    newest = heads.read(files[-1]) if files else None
    if newest is None or not 0 <= number < newest.size:
        raise StoreError(
            f"no head covers entry {number}", zh=f"没有树头覆盖第 {number} 条", next_step="run: yilu audit head", next_step_zh="运行 yilu audit head"
        )  # fmt: skip
    leaves = [bytes.fromhex(leaf) for _, leaf in _numbered(0)][: newest.size]
    entry = Entry.objects.get(number=number)
    path = [n.hex() for n in audit_path(number, leaves)]
    said: dict[str, object] = {"entry": told(entry), "leaf": entry.leaf, "number": number, "path": path, "head": _bare(newest)}  # fmt: skip
    for before, _after in list(pairwise(files))[-1:]:
        earlier = heads.read(before)
        proof = [n.hex() for n in consistency_proof(earlier.size, leaves)]
        said |= {"earlier_head": _bare(earlier), "consistency": proof}
    return said


def _bare(head: SignedHead) -> dict[str, object]:
    return {k: v for k, v in vars(replace(head, leaves=())).items() if k != "leaves"}
