"""CSV: lines are checked for their number of fields and their quotes first, so that a bad line never spoils its neighbours."""

from __future__ import annotations

import csv as standard_csv
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray
from pyarrow import csv

from yilu.items.intake import reasons
from yilu.items.intake.blocks import Block
from yilu.items.intake.chunk import Limits, SourceError
from yilu.items.intake.lines import Lines, Readable, invalid_text, lines
from yilu.items.intake.mapping import Mapping
from yilu.items.intake.read_parquet import missing_column


def read_csv(stream: Readable, name: str, mapping: Mapping, limits: Limits, skip: int) -> Iterator[Block]:
    """Blocks of the mapped columns as texts, from row ``skip`` on. Raises SourceError: no header, a column missing or there twice."""
    names = list(mapping.column_names)
    wanted: list[str] = _wanted(names, name, mapping) if names else []
    header = 0 if names else 1
    for found in lines(stream, name, limits.block_bytes, limits.max_line_bytes, mapping.quoted_newlines):
        if not names:
            names = _header(found, name, mapping)
            wanted = _wanted(names, name, mapping)
        done = header + skip - found.first
        if done < len(found):
            yield _block(found.drop(max(0, done)), header, names, wanted, mapping)


def _header(found: Lines, name: str, mapping: Mapping) -> list[str]:
    try:
        text = found.text(0).decode(mapping.encoding)
    except UnicodeDecodeError:
        text = ""
    if found.long[0] or not text:
        raise SourceError(
            f"{name}: the header is no line of text in {mapping.encoding}",
            next_step="name the encoding in the mapping",
            zh=f"{name}:表头不是 {mapping.encoding} 编码的一行文本",
            next_step_zh="在映射中写明编码",
        )
    return [n.strip() for n in next(standard_csv.reader([text], delimiter=mapping.delimiter))]


def _wanted(names: list[str], file: str, mapping: Mapping) -> list[str]:
    wanted = []
    for column, required in mapping.source_columns().items():
        if names.count(column) > 1:
            raise SourceError(
                f"{file}: column {column} is there more than once",
                next_step="leave one of them",
                zh=f"{file}:列 {column} 不止一个",
                next_step_zh="只保留其中一个",
            )
        if column in names:
            wanted.append(column)
        elif required:
            raise missing_column(file, column, mapping)
    return wanted


def _block(found: Lines, header: int, names: list[str], wanted: list[str], mapping: Mapping) -> Block:
    first = found.first - header
    numbers = np.arange(first + 1, first + 1 + len(found), dtype=np.int64)
    why = np.where(found.long, reasons.LINE_TOO_LONG, 0).astype(np.uint8)
    why[invalid_text(found, mapping.encoding) & (why == 0)] = reasons.INVALID_UTF8
    shaped = np.zeros(len(found), np.bool_)
    _shaped(found.data, found.starts, found.ends, ord(mapping.delimiter), len(names), shaped)
    why[~shaped & (why == 0)] = reasons.MALFORMED
    good = why == 0
    table = _parse(found, good, names, wanted, mapping)
    bad = np.flatnonzero(why)
    return Block(table, numbers[good], first + len(found), numbers[bad], why[bad])


def _parse(found: Lines, good: NDArray[np.bool_], names: list[str], wanted: list[str], mapping: Mapping) -> pa.Table:
    n = int(np.count_nonzero(good))
    schema = pa.schema([(column, pa.string()) for column in wanted])
    if not n:
        return schema.empty_table()
    if good.all():
        data = found.data[found.starts[0] : found.ends[-1]].tobytes()
    else:
        # Lines that are left out go with their line ends.
        array = pa.LargeBinaryArray.from_buffers(
            pa.large_binary(),
            len(found),
            [None, pa.py_buffer(np.append(found.starts, found.ends[-1])), pa.py_buffer(found.data)],
        ).filter(pa.array(good))
        offsets = np.frombuffer(array.buffers()[1], np.int64)[array.offset : array.offset + n + 1]
        data = array.buffers()[2].to_pybytes()[offsets[0] : offsets[-1]]
    if mapping.encoding.lower().replace("-", "") not in ("utf8", "ascii"):
        data = data.decode(mapping.encoding).encode()
    table = csv.read_csv(
        pa.BufferReader(data),
        read_options=csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=[f"{i}" for i in range(len(names))]),
        parse_options=csv.ParseOptions(delimiter=mapping.delimiter, newlines_in_values=mapping.quoted_newlines),
        convert_options=csv.ConvertOptions(
            check_utf8=False, column_types={f"{i}": pa.string() for i in range(len(names))}, strings_can_be_null=True, null_values=[""],
            include_columns=[f"{names.index(column)}" for column in wanted], quoted_strings_can_be_null=True,
        ),
    )  # fmt: skip
    if table.num_rows != n:
        raise AssertionError("the check of CSV lines and the reader disagree on the number of rows")
    return table.rename_columns(wanted) if wanted else table


@njit(cache=True, nogil=True)
def _shaped(data, starts, ends, delimiter, fields, out):
    """Mark lines of ``fields`` fields whose quotes close: a quote that opens a field is closed before a delimiter or the end."""
    for row in range(len(out)):
        i, end = starts[row], ends[row]
        count = 1
        good = end > i
        while i < end:
            if data[i] == 34:
                i += 1
                while i < end:
                    if data[i] == 34:
                        if i + 1 < end and data[i + 1] == 34:
                            i += 1
                        else:
                            break
                    i += 1
                if i >= end or (i + 1 < end and data[i + 1] != delimiter):
                    good = False
                    break
                i += 1
            else:
                while i < end and data[i] != delimiter:
                    if data[i] == 13 or data[i] == 10:
                        good = False
                    i += 1
            if i < end:
                count += 1
                i += 1
        out[row] = good and count == fields
