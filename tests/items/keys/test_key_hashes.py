"""Pseudonyms: what is hashed, held against published values and against SipHash and SM3 written out anew."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.items.keys import ALGORITHMS, Key, hash64, hash128, siphash

PUBLISHED = Key(bytes(range(16)))
SECRETS = (bytes(range(16)), b"\xff" * 16, b"0123456789abcdef")
WORD = (1 << 64) - 1


def turned(x: int, bits: int) -> int:
    """``x`` turned left by ``bits`` of 64."""
    return ((x << bits) | (x >> (64 - bits))) & WORD


def by_the_book(message: bytes, secret: bytes, wide: bool) -> tuple[int, int]:
    """SipHash-2-4 as its paper writes it, word by word over one message."""
    k0, k1 = int.from_bytes(secret[:8], "little"), int.from_bytes(secret[8:], "little")
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]
    if wide:
        v[1] ^= 0xEE

    def rounds(n: int) -> None:
        for _ in range(n):
            v[0] = (v[0] + v[1]) & WORD
            v[2] = (v[2] + v[3]) & WORD
            v[1], v[3] = turned(v[1], 13) ^ v[0], turned(v[3], 16) ^ v[2]
            v[0] = turned(v[0], 32)
            v[2] = (v[2] + v[1]) & WORD
            v[0] = (v[0] + v[3]) & WORD
            v[1], v[3] = turned(v[1], 17) ^ v[2], turned(v[3], 21) ^ v[0]
            v[2] = turned(v[2], 32)

    padded = message + bytes(7 - len(message) % 8) + bytes([len(message) & 0xFF])
    for at in range(0, len(padded), 8):
        word = int.from_bytes(padded[at : at + 8], "little")
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xEE if wide else 0xFF
    rounds(4)
    first = v[0] ^ v[1] ^ v[2] ^ v[3]
    if not wide:
        return first, 0
    v[1] ^= 0xDD
    rounds(4)
    return first, v[0] ^ v[1] ^ v[2] ^ v[3]


def expected(value: str | bytes | None, space: int, key: Key, wide: bool) -> tuple[int, int]:
    """The pseudonym of one value, normalised here by other means than yilu's."""
    if value is None:
        return 0, 0
    raw = value.encode() if isinstance(value, str) else value
    kept = bytes(b - 32 if 0x61 <= b <= 0x7A else b for b in raw if b not in (0x20, 0x2D))
    if not kept:
        return 0, 0
    prefix = space.to_bytes(2, "little")
    if key.algorithm == "siphash":
        first, second = by_the_book(prefix + kept, key.secret, wide)
    else:
        digest = hmac.new(key.secret, bytes([16 if wide else 8]) + prefix + kept, "sm3").digest()
        first, second = int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:16], "little")
    return max(first, 1), second if wide else 0


def wide_pairs(numbers: pa.Array | pa.ChunkedArray, space: np.ndarray | int, key: Key) -> list[tuple[int, int]]:
    """What hash128 says, as pairs of plain numbers."""
    first, second = hash128(numbers, space, key)
    return list(zip(first.tolist(), second.tolist(), strict=True))


def test_published_64_bit_value() -> None:
    """The value of appendix A of the SipHash paper."""
    assert siphash(bytes(range(15)), PUBLISHED, False)[0] == 0xA129CA6149BE45E5


PUBLISHED_VECTORS: dict[int, tuple[str, str]] = {
    0: ("310e0edd47db6f72", "a3817f04ba25a8e66df67214c7550293"),
    1: ("fd67dc93c539f874", "da87c1d86b99af44347659119b22fc45"),
    7: ("37d1018bf50002ab", "a1f1ebbed8dbc153c0b84aa61ff08239"),
    8: ("6224939a79f5f593", "3b62a9ba6258f5610f83e264f31497b4"),
    15: ("e545be4961ca29a1", "5493e99933b0a8117e08ec0f97cfc3d9"),
    16: ("db9bc2577fcc2a3f", "6ee2a4ca67b054bbfd3315bf85230577"),
    63: ("724506eb4c328a95", "5150d1772f50834a503e069a973fbd7c"),
}
"""By length of the message 00 01 02 ..., under the key 00..0f: outputs of 64 and 128 bits, as bytes."""


@pytest.mark.parametrize("length", PUBLISHED_VECTORS)
def test_published_vectors(length: int) -> None:
    """Values of the reference implementation's vectors: no byte, one, and either side of each word's end."""
    narrow, wide = PUBLISHED_VECTORS[length]
    message = bytes(range(length))
    assert siphash(message, PUBLISHED, False)[0].to_bytes(8, "little").hex() == narrow
    first, second = siphash(message, PUBLISHED, True)
    assert (first.to_bytes(8, "little") + second.to_bytes(8, "little")).hex() == wide


@given(st.binary(max_size=600), st.binary(min_size=16, max_size=16), st.booleans())
def test_any_message_as_by_the_book(message: bytes, secret: bytes, wide: bool) -> None:
    """Messages of any length, beyond 255 bytes too, where the length byte wraps."""
    assert siphash(message, Key(secret), wide) == by_the_book(message, secret, wide)


def test_published_sm3_value() -> None:
    """The SM3 that the oracle takes is that of GB/T 32905: its first example."""
    assert hashlib.new("sm3", b"abc").hexdigest() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


texts = st.lists(st.none() | st.text(max_size=40) | st.text("aAzZ09 -", max_size=24), max_size=30)


def chunked(values: pa.Array) -> pa.ChunkedArray:
    """The values in two chunks and an empty one."""
    half = len(values) // 2
    return pa.chunked_array([values[:half], values[:0], values[half:]], values.type)


SHAPES: dict[str, Callable[[list[str | None]], pa.Array | pa.ChunkedArray]] = {
    "string": lambda v: pa.array(v, pa.string()),
    "large_string": lambda v: pa.array(v, pa.large_string()),
    "string_view": lambda v: pa.array(v, pa.string_view()),
    "binary": lambda v: pa.array([None if x is None else x.encode() for x in v], pa.binary()),
    "large_binary": lambda v: pa.array([None if x is None else x.encode() for x in v], pa.large_binary()),
    "dictionary": lambda v: pa.array(v, pa.string()).dictionary_encode(),
    "slice": lambda v: pa.array(["before", None, *v, "after"], pa.string()).slice(2, len(v)),
    "slice of a dictionary": lambda v: pa.array(["b", *v, "a"], pa.string()).dictionary_encode().slice(1, len(v)),
    "chunked": lambda v: chunked(pa.array(v, pa.string())),
    "chunked dictionary": lambda v: chunked(pa.array(v, pa.string()).dictionary_encode()),
}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("shape", SHAPES)
@given(texts, st.integers(0, 65535), st.sampled_from(SECRETS))
def test_every_shape_of_column_gives_the_same(
    shape: str, algorithm: str, values: list[str | None], space: int, secret: bytes
) -> None:
    """However Arrow holds a column, each value hashes as by the book."""
    key = Key(secret, algorithm)
    column = SHAPES[shape](values)
    assert wide_pairs(column, space, key) == [expected(v, space, key, True) for v in values]
    assert hash64(column, space, key).tolist() == [expected(v, space, key, False)[0] for v in values]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("shape", SHAPES)
@given(st.lists(st.tuples(st.none() | st.text("aB1- ", max_size=4), st.integers(0, 3) | st.just(65535)), max_size=20))
def test_each_row_in_its_own_namespace(shape: str, algorithm: str, rows: list[tuple[str | None, int]]) -> None:
    """Operators may stand row by row; each row takes its own, in chunks and dictionaries too."""
    key = Key(SECRETS[0], algorithm)
    spaces = np.array([s for _, s in rows], np.uint16)
    column = SHAPES[shape]([v for v, _ in rows])
    if len(rows) == 0:
        assert wide_pairs(column, 0, key) == []
    else:
        assert wide_pairs(column, spaces, key) == [expected(v, s, key, True) for v, s in rows]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_ways_to_write_a_number_are_one_number(algorithm: str) -> None:
    """Case, spaces and hyphens don't make another item; any other sign does."""
    key = Key(SECRETS[0], algorithm)
    same = wide_pairs(pa.array(["sf 1234-567", "SF1234567", " S-F12 34567 "]), 7, key)
    assert len(set(same)) == 1
    other = wide_pairs(pa.array(["SF1234568", "SF1234567.", "\uff33F1234567", "SF_1234567"]), 7, key)
    assert len({same[0], *other}) == 5


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_two_operators_may_give_the_same_number(algorithm: str) -> None:
    """The same number under two operators is two items, and no item under another key or algorithm."""
    numbers = pa.array(["SF1234567"])
    found = {wide_pairs(numbers, space, Key(secret, algorithm))[0] for space in (1, 2, 256) for secret in SECRETS}
    assert len(found) == 9
    assert wide_pairs(numbers, 1, Key(SECRETS[0], "siphash")) != wide_pairs(numbers, 1, Key(SECRETS[0], "sm3"))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("blank", ["", " ", "- -", None])
def test_nothing_hashes_to_nothing(algorithm: str, blank: str | None) -> None:
    """Null and blank numbers give 0, which says that there is no number, in any namespace."""
    key = Key(SECRETS[0], algorithm)
    assert wide_pairs(pa.array([blank, "A"], pa.string()), 9, key)[0] == (0, 0)
    assert hash64(pa.array([blank], pa.string()), 9, key).tolist() == [0]


def test_narrow_and_wide_are_apart() -> None:
    """A 64-bit hash tells nothing of the 128-bit key of the same text."""
    for algorithm in ALGORITHMS:
        key = Key(SECRETS[0], algorithm)
        assert hash64(pa.array(["A1"]), 3, key)[0] not in wide_pairs(pa.array(["A1"]), 3, key)[0]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_namespaces_of_another_length_are_refused(algorithm: str) -> None:
    """Three numbers with two operators is a mistake of the caller."""
    with pytest.raises(ValueError, match="namespace"):
        hash128(pa.array(["a", "b", "c"]), np.array([1, 2], np.uint16), Key(SECRETS[0], algorithm))


@pytest.mark.parametrize("namespace", [65536, -1, np.array([65537, 1]), np.array([-1, 1], np.int8)], ids=str)
def test_namespace_beyond_two_bytes_is_refused(namespace: np.ndarray | int) -> None:
    """An operator id that doesn't fit isn't cut: it would be another operator's."""
    with pytest.raises(ValueError, match="65535"):
        hash128(pa.array(["a", "b"]), namespace, PUBLISHED)


def test_nothing_in_nothing_out() -> None:
    """Columns without a row or without a chunk."""
    for empty in (pa.array([], pa.string()), pa.chunked_array([], pa.string()), pa.array([], pa.null())):
        assert wide_pairs(empty, 1, PUBLISHED) == []
        assert hash64(empty, 1, PUBLISHED).tolist() == []
