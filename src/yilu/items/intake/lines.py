"""A stream of bytes as blocks of whole lines, in bounded memory: a line beyond the limit is passed over, not kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.items.intake.chunk import SourceError

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes | None: ...


@dataclass(frozen=True)
class Lines:
    """Lines of a block, blank ones left out: line i is ``data[starts[i]:ends[i]]`` without its end; shapes (n,).

    ``long[i]``: the line is beyond the limit and may have no bytes here. ``first``: lines before this block.
    """

    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    long: NDArray[np.bool_]
    first: int

    def __len__(self) -> int:
        return len(self.starts)

    def text(self, i: int) -> bytes:
        """The bytes of line i."""
        return self.data[self.starts[i] : self.ends[i]].tobytes()

    def drop(self, n: int) -> Lines:
        """The block without its first ``n`` lines."""
        return Lines(self.data, self.starts[n:], self.ends[n:], self.long[n:], self.first + n)


def lines(stream: Readable, name: str, block_bytes: int, max_line_bytes: int, quoted: bool = False) -> Iterator[Lines]:
    """Blocks of about ``block_bytes``. ``quoted``: a line end between double quotes belongs to the line.

    Raises SourceError for UTF-16.
    """
    kept, first, skipping, begun = b"", 0, False, False
    while True:
        got = _fill(stream, block_bytes)
        if not begun:
            begun = True
            if got.startswith(_UTF16_MARKS):
                raise SourceError(
                    f"{name} is written in UTF-16; UTF-8 is expected",
                    next_step="save the file as UTF-8",
                    zh=f"{name} 为 UTF-16 编码,应为 UTF-8",
                    next_step_zh="将文件另存为 UTF-8",
                )
            got_all = got.removeprefix(_UTF8_MARK)
        else:
            got_all = got
        at_end = not got
        if skipping:
            # Inside a line beyond the limit: nothing of it is kept, and quotes in it mean nothing.
            end = got_all.find(b"\n")
            if end < 0 and not at_end:
                continue
            got_all = got_all[end + 1 :] if end >= 0 else b""
            skipping = False
            yield _one_long(first)
            first += 1
        block = kept + got_all if kept else got_all
        data = np.frombuffer(block, np.uint8)
        stops = _ends(data, quoted, at_end)
        found = _lines(data, stops, max_line_bytes, first)
        if len(found):
            yield found
            first += len(found)
        used = int(stops[-1]) + 1 if len(stops) else 0
        kept = block[used:]
        if at_end:
            return
        if len(kept) - kept.endswith(b"\r") > max_line_bytes:  # the last byte may be half of the line's end
            kept, skipping = b"", True


def _fill(stream: Readable, size: int) -> bytes:
    """``size`` bytes, fewer only at the end: a pipe gives what it has, and small blocks are slow."""
    parts, missing = [], size
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _ends(data: NDArray[np.uint8], quoted: bool, at_end: bool) -> NDArray[np.int64]:
    """Places of line ends; ``at_end``, the end of the data is one."""
    ends = np.empty(_count_ends(data) + 1, np.int64)
    n = _find_ends(data, ends)
    if quoted and n:
        marks = np.flatnonzero(data == 34)
        # An even number of quotes before it: the line end stands outside of them.
        outside = np.flatnonzero(np.searchsorted(marks, ends[:n]) % 2 == 0)
        n = len(outside)
        ends[:n] = ends[outside]
    if at_end and len(data) and (not n or ends[n - 1] != len(data) - 1):
        ends[n] = len(data)
        n += 1
    return ends[:n]


@njit(cache=True, nogil=True)
def _count_ends(data):
    """How many line ends there are."""
    n = 0
    for byte in data:
        n += byte == 10
    return n


@njit(cache=True, nogil=True)
def _find_ends(data, out):
    """Note the places of line ends, passing over 32 bytes without any at a time; how many there are."""
    n, i = 0, 0
    while i < len(data):
        after = min(i + 32, len(data))
        if after == i + 32:
            hit = np.uint8(0)
            for at in range(32):
                hit |= np.uint8(data[np.uintp(i) + np.uintp(at)] == 10)
            if not hit:
                i = after
                continue
        for at in range(i, after):
            if data[at] == 10:
                out[n] = at
                n += 1
        i = after
    return n


def _lines(data: NDArray[np.uint8], stops: NDArray[np.int64], most: int, first: int) -> Lines:
    starts, ends, long = np.empty(len(stops), np.int64), np.empty(len(stops), np.int64), np.empty(len(stops), np.bool_)
    n = _between(data, stops, most, starts, ends, long)
    return Lines(data, starts[:n], ends[:n], long[:n], first)


@njit(cache=True, nogil=True)
def _between(data, stops, most, starts, ends, long):
    """Note the lines between line ends that aren't blank, without a carriage return at their end; how many there are."""
    n, start = 0, 0
    for stop in stops:
        end = stop - 1 if stop > start and data[stop - 1] == 13 else stop
        if end > start:
            starts[n], ends[n], long[n] = start, end, end - start > most
            n += 1
        start = stop + 1
    return n


def _one_long(first: int) -> Lines:
    zero = np.zeros(1, np.int64)
    return Lines(np.empty(0, np.uint8), zero, zero, np.ones(1, np.bool_), first)


def invalid_text(found: Lines, encoding: str) -> NDArray[np.bool_]:
    """Lines that are no text in ``encoding``, shape (n,)."""
    bad = np.zeros(len(found), np.bool_)
    if not len(found) or _decodes(found.data, encoding):
        return bad
    suspects = np.zeros(len(found), np.bool_)
    _high(found.data, found.starts, found.ends, suspects)
    for i in np.flatnonzero(suspects & ~found.long):
        bad[i] = not _decodes(found.data[found.starts[i] : found.ends[i]], encoding)
    return bad


def _decodes(data: NDArray[np.uint8], encoding: str) -> bool:
    if not len(data) or data.max() < 128:
        return True
    try:
        data.tobytes().decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


@njit(cache=True, nogil=True)
def _high(data, starts, ends, out):
    """Mark lines with a byte beyond ASCII."""
    for row in range(len(out)):
        for i in range(starts[row], ends[row]):
            if data[i] > 127:
                out[row] = True
                break
