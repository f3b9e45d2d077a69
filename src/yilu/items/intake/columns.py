"""Source columns as arrays: one flat Arrow array, its text as bytes and offsets, its codes as small dictionaries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit
from numpy.typing import NDArray

from yilu.items.layout import to_read

_NO_BYTES = to_read(np.zeros(1, np.uint8))
_ALL: NDArray[np.bool_] = np.empty(0, np.bool_)


def flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """``column`` as one array."""
    if isinstance(column, pa.ChunkedArray):
        if column.num_chunks == 1:
            return column.chunk(0)
        column = column.unify_dictionaries() if pa.types.is_dictionary(column.type) else column
        return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    return column


def is_text(kind: pa.DataType) -> bool:
    """Whether ``kind`` holds texts or bytes with offsets."""
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )


def as_text(array: pa.Array) -> pa.Array:
    """``array`` (texts, a dictionary of them, numbers, times, …) as an array of texts or bytes with offsets."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if is_text(array.type):
        return array
    if pa.types.is_null(array.type):
        return pa.nulls(len(array), pa.string())
    try:
        return array.cast(pa.string())
    except pa.ArrowException:
        return pa.nulls(len(array), pa.string())


def text_buffers(array: pa.Array) -> tuple[NDArray[np.integer], NDArray[np.uint8], NDArray[np.bool_] | None]:
    """Offsets (n + 1,) into bytes, the bytes, and where the column is null (n,), None where nowhere."""
    array = as_text(array)
    n = len(array)
    large = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
    _, offset_buffer, data_buffer = array.buffers()
    absent = array.is_null().to_numpy(zero_copy_only=False) if array.null_count else None
    if n == 0 or offset_buffer is None:
        return to_read(np.zeros(n + 1, np.int32)), _NO_BYTES, absent
    offsets: NDArray[np.integer] = np.frombuffer(offset_buffer, np.int64 if large else np.int32)
    offsets = offsets[array.offset : array.offset + n + 1]
    data = np.frombuffer(data_buffer, np.uint8) if data_buffer is not None and data_buffer.size else _NO_BYTES
    return to_read(offsets), to_read(data), absent


@dataclass(frozen=True)
class Coded:
    """A column of codes: its distinct texts ``values``, what they mean (``ids``), and which text each row has (``index``).

    ``index`` is None where all rows have the one text there is.
    """

    index: NDArray[np.int32] | None
    values: list[str | None]
    ids: NDArray[Any]

    def spread(self, per_value: NDArray) -> Any:
        """One entry per distinct text, to one per row; a scalar where all texts have the same."""
        if self.index is None or len(per_value) == 1 or (per_value[1:] == per_value[:-1]).all():
            return per_value[0]
        out = np.empty(len(self.index), per_value.dtype)
        _spread(self.index, per_value, out)
        return out

    def counts(self, wanted: NDArray[np.bool_] | None, n: int) -> NDArray[np.int64]:
        """Rows of each text, of all ``n`` rows or the ``wanted`` (n,) ones."""
        if self.index is None:
            return np.array([n if wanted is None else np.count_nonzero(wanted)])
        out = np.zeros(len(self.values), np.int64)
        _count(self.index, _ALL if wanted is None else wanted, out)
        return out

    @property
    def unknown(self) -> NDArray[np.bool_]:
        """Which texts are there and mean nothing."""
        return np.asarray(np.array([v is not None for v in self.values]) & (self.ids == 0))


def encoded(column: pa.Array | pa.ChunkedArray) -> tuple[NDArray[np.int32], list[str | None]]:
    """Index (n,) of each row into the list of distinct texts; a null or blank row points at a None.

    Blanks around a text are dropped; bytes that are no UTF-8 are replaced, so that they match no code.
    """
    array = flat(column)
    if not pa.types.is_dictionary(array.type):
        if not is_text(array.type):
            array = as_text(array)
        # Bytes, not text: the source may hold what is no UTF-8.
        array = pc.dictionary_encode(array.cast(pa.large_binary() if _is_large(array.type) else pa.binary()))
    values = _distinct(array.dictionary)
    places = array.indices
    valid, raw = places.buffers()
    index = np.frombuffer(raw or b"", places.type.to_pandas_dtype())[places.offset : places.offset + len(places)]
    index = index.astype(np.int32, copy=False)
    if places.null_count:
        filled = np.empty(len(places), np.int32)
        _filled(index, np.frombuffer(valid, np.uint8), places.offset, len(values), filled)
        index = filled
        values.append(None)
    return index, values


@njit(cache=True, nogil=True)
def _filled(index, valid, shift, missing, out):
    """``index`` with ``missing`` in the place of nulls; ``valid`` is Arrow's bitmap, whose first bit is number ``shift``."""
    for row in range(len(out)):
        bit = shift + row
        out[row] = index[row] if (valid[bit >> 3] >> (bit & 7)) & 1 else missing


@njit(cache=True, nogil=True)
def _spread(index, per_value, out):
    """The entry of each row's text."""
    for row in range(len(out)):
        out[row] = per_value[index[row]]


@njit(cache=True, nogil=True)
def _count(index, wanted, out):
    """Add up the rows of each text; ``wanted`` is empty for all."""
    for row in range(len(index)):
        if len(wanted) == 0 or wanted[row]:
            out[index[row]] += 1


def _is_large(kind: pa.DataType) -> bool:
    return bool(pa.types.is_large_string(kind) or pa.types.is_large_binary(kind))


def _distinct(dictionary: pa.Array) -> list[str | None]:
    if is_text(dictionary.type):
        try:
            text = dictionary.cast(pa.large_string() if _is_large(dictionary.type) else pa.string())
            return [value or None for value in pc.utf8_trim_whitespace(text).to_pylist()]
        except pa.ArrowInvalid:
            dictionary = dictionary.cast(pa.large_binary())
    return [_clean(value) for value in dictionary.to_pylist()]


def _clean(value: object) -> str | None:
    if value is None:
        return None
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text.strip() or None
