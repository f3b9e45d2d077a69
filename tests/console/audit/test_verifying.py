"""Whatever is done to the audit record is found, and the first bad entry is named, whether or not who did it worked the leaf hashes out again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from yilu.console.audit import heads
from yilu.console.audit.heads import SignedHead
from yilu.console.audit.tree import Frontier, leaf_hash
from yilu.console.audit.verifying import Finding, Kept, verify
from yilu.errors import InputError, StoreError

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def kept(number: int, text: str) -> Kept:
    """An entry that is consistent in itself."""
    told = f'{{"number":{number},"what":"{text}"}}'
    return Kept(number, leaf_hash(told.encode()).hex(), told)


def record(n: int) -> list[Kept]:
    """A sound record of n entries."""
    return [kept(i, f"deed {i}") for i in range(n)]


def signed(entries: list[Kept], most: int = 10) -> list[SignedHead]:
    """The heads of a record."""
    leaves = iter([bytes.fromhex(e.leaf) for e in entries])
    return [h for h, _ in heads.heads_after(KEY, Frontier(), leaves, lambda: 1_700_000_000_000, most)]


Deed = Callable[[list[Kept], int, int, bool], tuple[list[Kept], Finding]]


def alter(entries: list[Kept], i: int, j: int, again: bool) -> tuple[list[Kept], Finding]:
    """One entry says something else."""
    other = kept(i, "another")
    return [*entries[:i], other if again else replace(entries[i], told=other.told), *entries[i + 1 :]], Finding("altered", i, i)  # fmt: skip


def remove(entries: list[Kept], i: int, j: int, again: bool) -> tuple[list[Kept], Finding]:
    """One entry is taken out; those after it are numbered anew, or not."""
    if i == len(entries) - 1:
        return entries[:i], Finding("cut_off", i, i)
    if again:
        return [*entries[:i], *(kept(e.number - 1, f"deed {e.number}") for e in entries[i + 1 :])], Finding("altered", i, i)  # fmt: skip
    return [*entries[:i], *entries[i + 1 :]], Finding("missing", i, i)


def swap(entries: list[Kept], i: int, j: int, again: bool) -> tuple[list[Kept], Finding]:
    """Two entries change places."""
    changed = list(entries)
    if again:
        changed[i], changed[j] = kept(i, f"deed {j}"), kept(j, f"deed {i}")
    else:
        changed[i], changed[j] = replace(entries[j], number=i), replace(entries[i], number=j)
    return changed, Finding("altered", min(i, j), min(i, j))


def cut(entries: list[Kept], i: int, j: int, again: bool) -> tuple[list[Kept], Finding]:
    """The end is cut off."""
    return entries[:i], Finding("cut_off", i, len(entries) - 1)


def insert(entries: list[Kept], i: int, j: int, again: bool) -> tuple[list[Kept], Finding]:
    """An entry is put in between, those after it are numbered anew."""
    later = [kept(e.number + 1, f"deed {e.number}") if again else replace(e, number=e.number + 1) for e in entries[i:]]
    return [*entries[:i], kept(i, "put in"), *later], Finding("altered", i, i)


@pytest.mark.parametrize("deed", [alter, remove, swap, cut, insert])
@given(st.data())
def test_what_was_done_is_found_with_its_number(deed: Deed, data: st.DataObject) -> None:
    """Alter, remove, swap, cut off or insert any entry that a head covers, with hashes worked out again or not: found, and the number is right."""
    n = data.draw(st.integers(2, 40))
    entries = record(n)
    made = signed(entries, data.draw(st.integers(1, 12)))
    i, j = data.draw(st.lists(st.integers(0, n - 1), min_size=2, max_size=2, unique=True))
    touched, expected = deed(entries, i, j, data.draw(st.booleans()))
    found = verify(touched, made).found
    assert found is not None and (found.kind, found.first) == (expected.kind, expected.first)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 12))
def test_a_sound_record_is_found_sound(n: int, more: int, most: int) -> None:
    """Heads of what was there earlier hold for what has grown since; all is read, and what they cover is told."""
    entries = record(n + more)
    made = signed(entries[:n], most)
    verdict = verify(entries, made, heads.public_of(KEY))
    assert (verdict.found, verdict.entries, verdict.covered, verdict.heads) == (None, n + more, n, len(made))


@given(st.integers(3, 40), st.data())
def test_one_head_alone_finds_it_too(n: int, data: st.DataObject) -> None:
    """With the last head only, and those before it lost, what came since the one before is still named; what came earlier is noticed, with the stretch it lies in."""
    entries = record(n)
    *_, last = signed(entries, data.draw(st.integers(1, n - 1)))
    i = data.draw(st.integers(0, n - 1))
    found = verify(alter(entries, i, 0, True)[0], [last]).found
    assert found is not None
    assert (found.kind, found.first) == (("altered", i) if i >= last.since else ("replaced", 0))
    assert found.last >= i


def test_what_no_head_covers_is_held_against_itself() -> None:
    """After the last head an entry that doesn't fit its own hash, or a gap, is found all the same."""
    entries = record(8)
    made = signed(entries[:5])
    assert verify(alter(entries, 6, 0, False)[0], made).found == Finding("altered", 6, 6)
    assert verify(remove(entries, 6, 0, False)[0], made).found == Finding("missing", 6, 6)
    assert verify(entries, []).covered == 0


def test_heads_that_do_not_hold_are_told() -> None:
    """A head with another root, of another key, or with a changed list of leaves is no witness against the record."""
    entries = record(5)
    (head,) = signed(entries)
    assert verify(entries, [replace(head, root="00" * 32)]).found == Finding("unsigned", 4, 4)
    assert verify(entries, [replace(head, at=1)]).found == Finding("unsigned", 4, 4)
    assert verify(entries, [head], "11" * 32).found == Finding("other_key", 4, 4)
    changed = replace(head, leaves=("00" * 32, *head.leaves[1:]))
    assert verify(entries, [changed]).found == Finding("export", 0, 4)


def test_it_is_read_in_bounded_memory_with_progress() -> None:
    """Entries are taken one by one, never all at once, and how far it is is told."""
    alive, most, steps = 0, 0, []

    class Counted(Kept):
        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def entries() -> Iterator[Kept]:
        nonlocal alive, most
        for i in range(20_000):
            e = kept(i, "x")
            alive += 1
            most = max(most, alive)
            yield Counted(e.number, e.leaf, e.told)

    verdict = verify(entries(), [], progress=steps.append)
    assert (verdict.entries, verdict.found) == (20_000, None)
    assert most < 10 and steps == sorted(steps) and len(steps) > 4


def test_heads_are_files(tmp_path: Path) -> None:
    """A head is read as it was written, stays as it is, and one of other entries doesn't take its place; what is none is refused."""
    first, second = signed(record(5), 3)
    path = heads.write(tmp_path, first)
    assert heads.read(path) == first
    assert heads.write(tmp_path, replace(first, at=first.at + 1)) == path
    assert heads.read(path) == first
    with pytest.raises(StoreError):
        heads.write(tmp_path, replace(first, root=second.root))
    heads.write(tmp_path, second)
    assert [p.name for p in heads.exported(tmp_path)] == ["000000000003.json", "000000000005.json"]
    assert heads.exported(tmp_path, 3) == [path]
    for text in ("", "{}", '{"size": "x"}', path.read_text().replace('"since": 0', '"since": 1')):
        (tmp_path / "1.json").write_text(text)
        with pytest.raises(InputError):
            heads.read(tmp_path / "1.json")


def test_the_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    """The key of heads is made on first use with mode 0600, is the same afterwards, and one that others may read is refused."""
    key = heads.signing_key(tmp_path)
    assert heads.public_of(heads.signing_key(tmp_path)) == heads.public_of(key)
    assert (tmp_path / heads.KEY_FILE).stat().st_mode & 0o777 == 0o600
    (tmp_path / heads.KEY_FILE).chmod(0o644)
    with pytest.raises(StoreError):
        heads.signing_key(tmp_path)
