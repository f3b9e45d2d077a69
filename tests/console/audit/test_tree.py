"""The tree of RFC 6962: against published vectors, against the definition written out, and against every wrong proof near a right one."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.console.audit import tree

# The vectors that Certificate Transparency's own implementations are tested with: entries, roots of their first 1 to 8, paths and proofs.
ENTRIES = [bytes.fromhex(h) for h in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
A, B, C = (
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
)
D = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
E = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
F = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
PATHS = [(1, 1, []), (1, 8, [A, B, C]), (6, 8, [D, E, ROOTS[3]]), (3, 3, [ROOTS[1]]), (2, 5, [ROOTS[0], B, D])]
PROOFS = [(1, 1, []), (1, 8, [A, B, C]), (6, 8, [F, E, ROOTS[3]]), (2, 5, [B, D])]
LEAVES = [tree.leaf_hash(e) for e in ENTRIES]


def by_definition(entries: list[bytes]) -> bytes:
    """MTH as the RFC writes it, over entries."""
    if not entries:
        return hashlib.sha256().digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = max(2**i for i in range(len(entries).bit_length()) if 2**i < len(entries))
    return hashlib.sha256(b"\x01" + by_definition(entries[:k]) + by_definition(entries[k:])).digest()


def test_roots_are_the_published_ones() -> None:
    """The tree hash of 0 to 8 entries is that of Certificate Transparency's vectors."""
    assert tree.root([]) == tree.EMPTY == hashlib.sha256(b"").digest()
    assert [tree.root(LEAVES[:n]).hex() for n in range(1, 9)] == ROOTS


@pytest.mark.parametrize(("leaf", "size", "path"), PATHS)
def test_audit_paths_are_the_published_ones(leaf: int, size: int, path: list[str]) -> None:
    """The published paths (leaves counted from 1) are made, and lead to the published roots."""
    assert [n.hex() for n in tree.audit_path(leaf - 1, LEAVES[:size])] == path
    found = tree.root_by_path(LEAVES[leaf - 1], leaf - 1, size, [bytes.fromhex(n) for n in path])
    assert found is not None and found.hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("first", "size", "proof"), PROOFS)
def test_consistency_proofs_are_the_published_ones(first: int, size: int, proof: list[str]) -> None:
    """The published consistency proofs are made, and hold."""
    nodes = [bytes.fromhex(n) for n in proof]
    assert tree.consistency_proof(first, LEAVES[:size]) == nodes
    assert tree.is_consistent(first, bytes.fromhex(ROOTS[first - 1]), size, bytes.fromhex(ROOTS[size - 1]), nodes)


@given(st.lists(st.binary(max_size=8), max_size=70), st.integers(0, 70))
def test_growing_gives_the_definition(entries: list[bytes], cut: int) -> None:
    """However a tree grows, its hash is the definition's, and it remembers no more than one hash for each bit of its size."""
    leaves = [tree.leaf_hash(e) for e in entries]
    grown = tree.Frontier().grown(leaves[:cut]).grown(leaves[cut:])
    assert grown.root == by_definition(entries)
    assert (grown.size, len(grown.peaks)) == (len(entries), len(entries).bit_count())


def test_a_frontier_of_another_size_is_refused() -> None:
    """Subtrees that can't be those of so many leaves are no frontier."""
    with pytest.raises(ValueError):
        tree.Frontier(3, (b"x" * 32,))


@given(st.integers(1, 40), st.data())
def test_a_path_proves_its_leaf_and_nothing_else(size: int, data: st.DataObject) -> None:
    """A path leads to the root for its own leaf, number and size; changed anywhere, shortened or lengthened it doesn't."""
    leaves = [tree.leaf_hash(bytes([i])) for i in range(size)]
    number = data.draw(st.integers(0, size - 1))
    whole, path = tree.root(leaves), tree.audit_path(number, leaves)
    assert tree.root_by_path(leaves[number], number, size, path) == whole
    for wrong in {number - 1, number + 1, number ^ 1, number ^ 2} - {number}:
        assert tree.root_by_path(leaves[number], wrong, size, path) != whole
    assert tree.root_by_path(tree.leaf_hash(b"another"), number, size, path) != whole
    for i in range(len(path)):
        assert tree.root_by_path(leaves[number], number, size, [*path[:i], bytes(32), *path[i + 1 :]]) != whole
    for other in ([*path, whole], [whole, *path], path[:-1] if path else [bytes(32)]):
        assert tree.root_by_path(leaves[number], number, size, other) != whole


@given(st.integers(1, 40), st.data())
def test_a_consistency_proof_proves_growth_and_nothing_else(size: int, data: st.DataObject) -> None:
    """A proof holds for its two trees; with another root, a changed, missing or further node, or trees exchanged it doesn't."""
    leaves = [tree.leaf_hash(bytes([i])) for i in range(size)]
    first = data.draw(st.integers(1, size))
    old, new, proof = tree.root(leaves[:first]), tree.root(leaves), tree.consistency_proof(first, leaves)
    assert tree.is_consistent(first, old, size, new, proof)
    changed = list(leaves)
    changed[data.draw(st.integers(0, first - 1))] = tree.leaf_hash(b"changed")
    assert not tree.is_consistent(first, tree.root(changed[:first]), size, new, proof)
    assert not tree.is_consistent(first, old, size, tree.root(changed), tree.consistency_proof(first, changed))
    if first < size:
        assert not tree.is_consistent(first, new, size, old, proof)
        assert not tree.is_consistent(size, new, first, old, proof)
        for other in ([*proof, new], [new, *proof], proof[:-1], []):
            assert not tree.is_consistent(first, old, size, new, other)


def test_what_can_not_be_proved_is_refused() -> None:
    """There is no path to a leaf that isn't there, and no tree of more leaves is the beginning of one of fewer."""
    for number in (-1, 8):
        with pytest.raises(IndexError):
            tree.audit_path(number, LEAVES)
    for first in (0, 9):
        with pytest.raises(IndexError):
            tree.consistency_proof(first, LEAVES)
    assert tree.root_by_path(LEAVES[0], 3, 2, []) is None
    assert not tree.is_consistent(0, tree.EMPTY, 8, tree.root(LEAVES), [])
