"""Item keys: a keyed hash of operator and number, so that no waybill number is kept.

SipHash-2-4 (Aumasson and Bernstein, 2012) over whole Arrow buffers. The message is the operator id (two bytes, little-endian) and the
number as it is normalised: ASCII letters in upper case, spaces and hyphens left out. The 128-bit output names an item; its first
half drives the fold. Where the law asks for a national algorithm, HMAC-SM3 (GB/T 32905) stands in its place: slower, the same shape.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from cryptography.hazmat.primitives import hashes, hmac
from numba import njit
from numpy.typing import NDArray

from yilu.errors import StoreError
from yilu.items.disk import sync_folder
from yilu.items.layout import to_read
from yilu.items.words import word

_LENGTH = 16
ALGORITHMS: tuple[str, ...] = ("siphash", "sm3")
"""Keyed hashes that a key can be used with."""


@dataclass(frozen=True)
class Key:
    """The secret of a store's pseudonyms (16 bytes); never shown. ``algorithm``: one of ALGORITHMS."""

    secret: bytes = field(repr=False)
    algorithm: str = "siphash"

    def __post_init__(self) -> None:
        if len(self.secret) != _LENGTH:
            raise ValueError(f"a key has {_LENGTH} bytes")
        if self.algorithm not in ALGORITHMS:
            raise ValueError(f"algorithm {self.algorithm!r}, expected one of {', '.join(ALGORITHMS)}")

    @property
    def check(self) -> str:
        """A value a store keeps to refuse another key or algorithm; it doesn't tell the key."""
        what = b"yilu store key" if self.algorithm == "siphash" else b"yilu store key " + self.algorithm.encode()
        return hashlib.blake2b(what, key=self.secret, digest_size=8).hexdigest()

    @property
    def halves(self) -> tuple[np.uint64, np.uint64]:
        """The key as two little-endian 64-bit words."""
        first, second = np.frombuffer(self.secret, "<u8")
        return np.uint64(first), np.uint64(second)


def load_or_make(path: Path, store: Path | None = None, algorithm: str = "siphash") -> Key:
    """The key in ``path``, made there (mode 0600) if there is none.

    Raises StoreError: the path lies inside the store, others may read the file, it isn't a key, or it can't be read or made.
    """
    return Key(secret_in(path, store, _LENGTH, ("密钥文件", "key file"), "key_file"), algorithm)


def secret_in(path: Path, store: Path | None, length: int, called: tuple[str, str], option: str) -> bytes:
    """The secret of ``length`` bytes in the file ``path``, made there (mode 0600) if there is none. ``called`` (Chinese, English), ``option``: for errors.

    Raises StoreError: the path lies inside the store, others may read the file, it holds something else, or it can't be read or made.
    """
    what_zh, what = called
    path = path.expanduser()
    place = path.resolve()
    if store is not None and store.resolve() in (place, *place.parents):
        raise StoreError(
            f"the {what} lies inside the store",
            next_step=f"set {option} to a path outside the store",
            zh=f"{what_zh}位于事实库内",
            next_step_zh=f"将 {option} 设为事实库之外的路径",
        )
    try:
        if not path.exists():
            _make(path, length)
        kind = path.stat().st_mode
        content = path.read_bytes() if stat.S_ISREG(kind) else None
    except OSError as error:
        raise StoreError(
            f"the {what} ({path.name}) can't be read or made: {error.strerror}",
            next_step=f"set {option} to a file that this account may read and make, on a disk that knows hard links",
            zh=f"{what_zh}({path.name})无法读取或建立:{error.strerror}",
            next_step_zh=f"将 {option} 设为本账号可读写、所在磁盘支持硬链接的文件",
        ) from error
    if content is None:
        raise StoreError(
            f"the {what} ({path.name}) is no file",
            next_step=f"set {option} to the path of a file",
            zh=f"{what_zh}({path.name})不是文件",
            next_step_zh=f"将 {option} 设为文件的路径",
        )
    mode = stat.S_IMODE(kind)
    if mode & 0o077:
        raise StoreError(
            f"others may read the {what} ({path.name}): mode {mode:04o}, expected 0600",
            next_step=f"run: chmod 600 {path.name}",
            zh=f"其他账号可读取{what_zh}({path.name}):权限为 {mode:04o},应为 0600",
            next_step_zh=f"运行 chmod 600 {path.name}",
        )
    try:
        secret = bytes.fromhex(content.decode("ascii").strip())
        if len(secret) != length:
            raise ValueError("length")
    except ValueError as error:
        raise StoreError(
            f"the {what} ({path.name}) is no key: expected {2 * length} hexadecimal digits",
            next_step="restore it from a backup",
            zh=f"{what_zh}({path.name})不是密钥:应为 {2 * length} 位十六进制数",
            next_step_zh="从备份恢复",
        ) from error
    return secret


def _make(path: Path, length: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # not by process id: in a container every run has the same, and what a killed run left would stand in the way
    temporary = path.with_name(f"{path.name}.{os.urandom(8).hex()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, os.urandom(length).hex().encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(temporary, path)  # of two first runs at once, one makes the key and both take it
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    sync_folder(path.parent)


@njit(cache=True, nogil=True, inline="always")
def _rotl(x, bits):
    return (x << np.uint64(bits)) | (x >> np.uint64(64 - bits))


@njit(cache=True, nogil=True, inline="always")
def _round(a, b, c, d):
    a += b
    b = _rotl(b, 13) ^ a
    a = _rotl(a, 32)
    c += d
    d = _rotl(d, 16) ^ c
    a += d
    d = _rotl(d, 21) ^ a
    c += b
    b = _rotl(b, 17) ^ c
    c = _rotl(c, 32)
    return a, b, c, d


@njit(cache=True, nogil=True, inline="always")
def _kept(byte):
    """The byte as it is hashed, or -1 for one that is left out."""
    if byte == 0x20 or byte == 0x2D:
        return -1
    if 0x61 <= byte <= 0x7A:
        return np.int64(byte) - 32
    return np.int64(byte)


@njit(cache=True, nogil=True, inline="always")
def _as_it_is(w):
    """Whether no byte of a word is changed or left out. Bytes 0x20 to 0x2F and beyond 0x5F are looked at one by one."""
    w >>= np.uint64(4)
    return (w >> np.uint64(1)) & ((w >> np.uint64(2)) | ~w) & np.uint64(0x0101010101010101) == 0


@njit(cache=True, nogil=True)
def _siphash(data, offsets, valid, prefix, prefix_bytes, normalise, k0, k1, wide, first, second):
    """SipHash-2-4 of each string behind its prefix; nulls and strings of nothing give 0. ``wide``: 128 bits of output.

    ``valid`` is empty where nothing is null.
    """
    for i in range(len(first)):
        first[i] = 0
        second[i] = 0
        at, hi = offsets[i], offsets[i + 1]
        if len(valid) and not valid[i]:
            continue
        a = np.uint64(0x736F6D6570736575) ^ k0
        b = np.uint64(0x646F72616E646F6D) ^ k1
        c = np.uint64(0x6C7967656E657261) ^ k0
        d = np.uint64(0x7465646279746573) ^ k1
        if wide:
            b ^= np.uint64(0xEE)
        block = np.uint64(prefix[i if len(prefix) > 1 else 0])
        filled = prefix_bytes
        length = prefix_bytes
        while at < hi:
            size = min(hi - at, 8)
            w = np.uint64(0)
            whole = at + 8 <= len(data)
            if whole:
                w = word(data, at) & (~np.uint64(0) >> np.uint64(64 - 8 * size))
                whole = not normalise or _as_it_is(w)
            if not whole:
                size = 1
                byte = _kept(data[at]) if normalise else np.int64(data[at])
                if byte < 0:
                    at += 1
                    continue
                w = np.uint64(byte)
            block |= w << np.uint64(8 * filled)
            at += size
            filled += size
            length += size
            if filled >= 8:
                d ^= block
                a, b, c, d = _round(a, b, c, d)
                a, b, c, d = _round(a, b, c, d)
                a ^= block
                filled -= 8
                block = w >> np.uint64(8 * (size - filled)) if filled else np.uint64(0)
        if normalise and length == prefix_bytes:
            continue
        block |= np.uint64(length & 0xFF) << np.uint64(56)
        d ^= block
        a, b, c, d = _round(a, b, c, d)
        a, b, c, d = _round(a, b, c, d)
        a ^= block
        c ^= np.uint64(0xEE) if wide else np.uint64(0xFF)
        for _ in range(4):
            a, b, c, d = _round(a, b, c, d)
        first[i] = a ^ b ^ c ^ d
        if wide:
            b ^= np.uint64(0xDD)
            for _ in range(4):
                a, b, c, d = _round(a, b, c, d)
            second[i] = a ^ b ^ c ^ d
        if normalise and first[i] == 0:
            first[i] = 1  # 0 says that there is no number


def _buffers(strings: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.integer], NDArray[np.bool_]]:
    """(bytes, offsets (n + 1,), valid (n,) or empty for all) of an Arrow string or binary array, sliced or not."""
    wide = pa.types.is_large_string(strings.type) or pa.types.is_large_binary(strings.type)
    if not wide and not (pa.types.is_string(strings.type) or pa.types.is_binary(strings.type)):
        strings = strings.cast(pa.string())
    n = len(strings)
    _, offsets, data = strings.buffers()
    if n == 0:
        return to_read(np.empty(0, np.uint8)), to_read(np.zeros(1, np.int32)), np.empty(0, np.bool_)
    at: NDArray[np.integer] = np.frombuffer(offsets, np.int64 if wide else np.int32)
    at = at[strings.offset : strings.offset + n + 1]
    valid = strings.is_valid().to_numpy(zero_copy_only=False) if strings.null_count else np.empty(0, np.bool_)
    held = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
    return to_read(held), to_read(at), valid


def _spaces(namespace: NDArray[np.uint16] | int) -> NDArray[np.uint16]:
    """Operator ids as two-byte words (1,) or (n,); a wider id is refused, since cut to two bytes it would be another operator's."""
    spaces = np.atleast_1d(np.asarray(namespace))
    if spaces.dtype != np.uint16 and spaces.size and not (spaces.min() >= 0 and spaces.max() <= 0xFFFF):
        raise ValueError("namespace: expected operator ids from 0 to 65535")
    return spaces.astype(np.uint16, copy=False)


def hash128(
    numbers: pa.Array | pa.ChunkedArray, namespace: NDArray[np.uint16] | int, key: Key
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Both halves (n,), (n,) of each number's key; null and blank numbers give 0, 0. ``namespace``: operator ids (n,) or one for all.

    Raises ValueError: an operator id beyond two bytes, or neither one id nor one for each number.
    """
    spaces, n = _spaces(namespace), len(numbers)
    if len(spaces) not in (1, n):
        raise ValueError(f"namespace has shape {spaces.shape}, expected ({n},)")
    if isinstance(numbers, pa.ChunkedArray):
        parts, at = [], 0
        for chunk in numbers.chunks:
            parts.append(hash128(chunk, spaces if len(spaces) == 1 else spaces[at : at + len(chunk)], key))
            at += len(chunk)
        if not parts:
            return np.empty(0, np.uint64), np.empty(0, np.uint64)
        return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
    if isinstance(numbers, pa.DictionaryArray):
        if 2 * numbers.null_count > n and len(spaces) == n:
            return _sparse(numbers, spaces, key)
        if (spaces != spaces[:1]).any() or not len(spaces):
            return hash128(numbers.dictionary_decode(), spaces, key)
        first, second = hash128(numbers.dictionary, spaces[:1], key)
        at = numbers.indices.fill_null(len(first)).to_numpy(zero_copy_only=False)
        return np.append(first, np.uint64(0))[at], np.append(second, np.uint64(0))[at]
    if key.algorithm == "sm3":
        return _sm3(numbers, spaces, 16, key)
    first, second = np.empty(n, np.uint64), np.empty(n, np.uint64)
    _siphash(*_buffers(numbers), spaces, 2, True, *key.halves, True, first, second)
    return first, second


def _sparse(
    numbers: pa.DictionaryArray, spaces: NDArray[np.uint16], key: Key
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """``hash128`` of a column that is mostly null, without making texts of the nulls."""
    there = np.flatnonzero(numbers.is_valid().to_numpy(zero_copy_only=False))
    first, second = np.zeros(len(numbers), np.uint64), np.zeros(len(numbers), np.uint64)
    if len(there):
        texts = numbers.take(pa.array(there)).dictionary_decode()
        first[there], second[there] = hash128(texts, spaces[there], key)
    return first, second


def hash64(strings: pa.Array | pa.ChunkedArray, domain: int, key: Key) -> NDArray[np.uint64]:
    """64-bit hashes (n,) of event ids, tokens and the like, apart by ``domain`` (0..65535); null and blank give 0."""
    if isinstance(strings, pa.ChunkedArray):
        return np.concatenate([np.empty(0, np.uint64), *(hash64(c, domain, key) for c in strings.chunks)])
    if isinstance(strings, pa.DictionaryArray):
        at = strings.indices.fill_null(len(strings.dictionary)).to_numpy(zero_copy_only=False)
        found: NDArray[np.uint64] = np.append(hash64(strings.dictionary, domain, key), np.uint64(0))[at]
        return found
    if key.algorithm == "sm3":
        return _sm3(strings, np.array([domain], np.uint16), 8, key)[0]
    first = np.empty(len(strings), np.uint64)
    _siphash(
        *_buffers(strings),
        np.array([domain], np.uint16),
        2,
        True,
        *key.halves,
        False,
        first,
        np.empty(len(strings), np.uint64),
    )
    return first


def _sm3(
    strings: pa.Array, spaces: NDArray[np.uint16], width: int, key: Key
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """HMAC-SM3 of width, namespace and normalised string, cut to two words; each distinct string is hashed once per namespace.

    ``width`` (bytes of output, 8 or 16) stands in the message, so that a 64-bit hash is no half of a 128-bit one.
    """
    encoded = strings.cast(pa.large_binary()).dictionary_encode()
    distinct = [v.upper().replace(b" ", b"").replace(b"-", b"") for v in encoded.dictionary.to_pylist()]
    at = encoded.indices.fill_null(len(distinct)).to_numpy(zero_copy_only=False)
    out = np.zeros((2, len(at)), np.uint64)
    for space in np.unique(spaces):
        rows = np.arange(len(at)) if len(spaces) == 1 else np.flatnonzero(spaces == space)
        begun = hmac.HMAC(key.secret, hashes.SM3())
        begun.update(bytes([width]) + int(space).to_bytes(2, "little"))
        words = np.zeros((len(distinct) + 1, 2), np.uint64)
        for i in np.unique(at[rows]):
            if i < len(distinct) and distinct[i]:
                one = begun.copy()
                one.update(distinct[i])
                words[i] = np.frombuffer(one.finalize()[:16], "<u8")
                words[i, 0] = max(words[i, 0], np.uint64(1))  # 0 says that there is no number
        out[:, rows] = words[at[rows]].T
    return out[0], out[1]


def siphash(message: bytes, key: Key, wide: bool) -> tuple[int, int]:
    """SipHash-2-4 of one message as it is, for comparison with published values: (64 bits or first half, second half)."""
    first, second = np.empty(1, np.uint64), np.empty(1, np.uint64)
    data = np.frombuffer(message or b"\0", np.uint8)
    _siphash(
        to_read(data),
        to_read(np.array([0, len(message)], np.int32)),
        np.ones(1, np.bool_),
        np.zeros(1, np.uint16),
        0,
        False,
        *key.halves,
        wide,
        first,
        second,
    )
    return int(first[0]), int(second[0])
