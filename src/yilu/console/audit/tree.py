"""The Merkle tree of RFC 6962, section 2.1, over leaf hashes: tree hash, audit path, consistency proof, and how each is checked.

MTH({}) is SHA-256 of nothing; MTH({d}) is SHA-256(0x00 ‖ d), a leaf hash; MTH(D) of n > 1 is SHA-256(0x01 ‖ MTH(D[0:k]) ‖ MTH(D[k:n])), k the largest power of two below n.
Everything here takes and gives leaf hashes (32 bytes each), so that who checks need not hold the entries. Pure functions; no Django.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

EMPTY = hashlib.sha256(b"").digest()
"""The hash of a tree without entries."""


def leaf_hash(entry: bytes) -> bytes:
    """The leaf hash of an entry."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over two others."""
    return hashlib.sha256(b"\1" + left + right).digest()


@dataclass(frozen=True)
class Frontier:
    """What a growing tree must remember, in logarithmic space: the hashes of its whole subtrees, the largest first. ``size``: its leaves; bit i of it says
    that there is a subtree of 2^i leaves.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.peaks) != self.size.bit_count():
            raise ValueError(f"{len(self.peaks)} subtrees are not those of {self.size} leaves")

    def grown(self, leaves: Iterable[bytes]) -> Frontier:
        """The same tree with leaves added at its end."""
        size, peaks = self.size, list(self.peaks)
        for leaf in leaves:
            hashed, n = leaf, size
            while n & 1:
                hashed = node_hash(peaks.pop(), hashed)
                n >>= 1
            peaks.append(hashed)
            size += 1
        return Frontier(size, tuple(peaks))

    @property
    def root(self) -> bytes:
        """The tree's hash."""
        if not self.peaks:
            return EMPTY
        *others, hashed = self.peaks
        for peak in reversed(others):
            hashed = node_hash(peak, hashed)
        return hashed


def root(leaves: Iterable[bytes]) -> bytes:
    """The tree hash over leaf hashes, in any number: MTH(D[n])."""
    return Frontier().grown(leaves).root


def audit_path(number: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n]): the nodes that lead from leaf ``number`` to the root, the lowest first. Raises IndexError where there is no such leaf."""
    if not 0 <= number < len(leaves):
        raise IndexError(number)
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if number < k:
        return [*audit_path(number, leaves[:k]), root(leaves[k:])]
    return [*audit_path(number - k, leaves[k:]), root(leaves[:k])]


def consistency_proof(first: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PROOF(m, D[n]): the nodes that show that the tree of the first ``first`` leaves is the beginning of this one. Raises IndexError where it can't be."""
    if not 0 < first <= len(leaves):
        raise IndexError(first)
    return _subproof(first, leaves, True)


def _subproof(first: int, leaves: Sequence[bytes], known: bool) -> list[bytes]:
    """SUBPROOF(m, D[n], b); ``known``: whether who checks knows the hash of these leaves as the earlier tree's."""
    if first == len(leaves):
        return [] if known else [root(leaves)]
    k = _split(len(leaves))
    if first <= k:
        return [*_subproof(first, leaves[:k], known), root(leaves[k:])]
    return [*_subproof(first - k, leaves[k:], False), root(leaves[:k])]


def _split(n: int) -> int:
    """The largest power of two below n, n > 1."""
    return 1 << ((n - 1).bit_length() - 1)


def root_by_path(leaf: bytes, number: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a leaf's audit path leads to in a tree of ``size`` leaves; None where it can't be a path of that leaf (RFC 9162, 2.1.3.2)."""
    if not 0 <= number < size:
        return None
    at, last, hashed = number, size - 1, leaf
    for node in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            hashed = node_hash(node, hashed)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            hashed = node_hash(hashed, node)
        at, last = at >> 1, last >> 1
    return hashed if last == 0 else None


def is_consistent(first: int, first_root: bytes, size: int, whole_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether ``proof`` shows that the tree of ``first`` leaves is the beginning of that of ``size`` (RFC 9162, 2.1.4.2)."""
    if not 0 < first <= size:
        return False
    if first == size:
        return not proof and first_root == whole_root
    nodes = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    if not nodes:
        return False
    at, last = first - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    earlier = later = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            earlier, later = node_hash(node, earlier), node_hash(node, later)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            later = node_hash(later, node)
        at, last = at >> 1, last >> 1
    return last == 0 and earlier == first_root and later == whole_root
