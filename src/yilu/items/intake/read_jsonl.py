"""JSON Lines: one object per line, a block of lines at a time; no line is touched by Python.

Plain objects are read straight out of the block's bytes (``scan_jsonl``); what is left, by DuckDB's JSON functions, which also say what
is no JSON. A line that is no JSON object is quarantined, its neighbours are not. A key that is an object's inner one is named by its
path, ``/outer/inner``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from yilu.items.intake import reasons, scan_jsonl
from yilu.items.intake.blocks import Block
from yilu.items.intake.chunk import Limits, MappingError
from yilu.items.intake.columns import as_text, flat
from yilu.items.intake.lines import Lines, Readable, invalid_text, lines
from yilu.items.intake.mapping import Mapping

_QUERY = "SELECT json_transform(CASE WHEN json_valid(line) THEN line END, $structure) AS found FROM block"
"""A struct per line, null where the line is no JSON. One thread: DuckDB doesn't split a block of this size."""
_BLANKS = [0x20, 0x09, 0x0D]
"""What JSON takes for blanks within a line."""


def read_jsonl(stream: Readable, name: str, mapping: Mapping, limits: Limits, skip: int) -> Iterator[Block]:
    """Blocks of the objects' mapped keys as texts, columns of codes as dictionaries, from row ``skip`` on."""
    columns = list(mapping.source_columns())
    reader = _Reader(
        paths={column: _path(column) for column in columns},
        coded=mapping.coded_columns(),
        encoding=mapping.encoding,
        scanned=_is_utf8(mapping.encoding)
        and scan_jsonl.can_scan(columns)
        and not any(c.startswith("/") for c in columns),
    )
    reader.structure = json.dumps(_structure(mapping, reader.paths))
    with closing(reader):
        for found in lines(stream, name, limits.block_bytes, limits.max_line_bytes):
            if found.first + len(found) > skip:
                yield reader.block(found.drop(max(0, skip - found.first)))


def _is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("-", "") in ("utf8", "ascii")


def _path(column: str) -> tuple[str, ...]:
    return tuple(column[1:].split("/")) if column.startswith("/") else (column,)


def _structure(mapping: Mapping, paths: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    """What json_transform is asked for: a nested object with a text at the end of each path."""
    made: dict[str, Any] = {}
    for column, path in paths.items():
        if any(path == other[: len(path)] for name, other in paths.items() if name != column):
            raise MappingError(
                f"mapping {mapping.name}: the key {column!r} is read as a text and has inner keys that are read",
                next_step="read one of them",
                zh=f"映射 {mapping.name}:键 {column!r} 既作为文本读取,又读取其内层的键",
                next_step_zh="二者只读其一",
            )
        inner = made
        for step in path[:-1]:
            inner = inner.setdefault(step, {})
        inner[path[-1]] = "VARCHAR"
    _unlike(made, mapping)
    return made


def _unlike(structure: dict[str, Any], mapping: Mapping) -> None:
    """DuckDB's structs don't tell small letters from capitals."""
    lowered = [key.lower() for key in structure]
    for key in structure:
        if lowered.count(key.lower()) > 1:
            raise MappingError(
                f"mapping {mapping.name}: the keys spelled {key!r} differ in letter case only",
                next_step="use one of them",
                zh=f"映射 {mapping.name}:写作 {key!r} 的键只有大小写不同",
                next_step_zh="只用其中一个",
            )
    for inner in structure.values():
        if isinstance(inner, dict):
            _unlike(inner, mapping)


@dataclass
class _Reader:
    """What a source's blocks are read with. ``scanned``: plain objects are read without DuckDB."""

    paths: dict[str, tuple[str, ...]]
    coded: set[str]
    encoding: str
    scanned: bool
    structure: str = ""
    connection: duckdb.DuckDBPyConnection | None = None

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()

    def block(self, found: Lines) -> Block:
        """One block of lines: the objects as a table, the numbers of all lines, what is wrong with the others."""
        numbers = np.arange(found.first + 1, found.first + 1 + len(found), dtype=np.int64)
        why = np.where(found.long, reasons.LINE_TOO_LONG, 0).astype(np.uint8)
        why[invalid_text(found, self.encoding) & (why == 0)] = reasons.INVALID_UTF8
        plain, table = self._plain(found, why == 0)
        rest = np.flatnonzero((why == 0) & ~plain)
        if len(rest):
            general, there = self._general(found, rest)
            why[rest[~there]] = reasons.MALFORMED
            table = _in_order(table, general, np.flatnonzero(plain), rest[there])
        bad = np.flatnonzero(why)
        rows = numbers[why == 0] if len(bad) else numbers
        return Block(table, rows, found.first + len(found), numbers[bad], why[bad])

    def _plain(self, found: Lines, readable: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], pa.Table]:
        """Which of the readable lines are plain objects, and their columns; none where few are."""
        plain = readable.copy()
        n = 0
        if self.scanned and len(found.data) < scan_jsonl.MAX_BYTES:
            places = scan_jsonl.scan(found.data, found.starts, found.ends, plain, list(self.paths))
            n = int(np.count_nonzero(plain))
        if 2 * n <= np.count_nonzero(readable):
            plain[:] = False
            return plain, pa.table({column: pa.array([], pa.string()) for column in self.paths})
        made = {}
        for column, place in zip(self.paths, places, strict=True):
            make = scan_jsonl.codes if column in self.coded else scan_jsonl.texts
            made[column] = make(found.data, place, plain, n)
        return plain, pa.table(made)

    def _general(self, found: Lines, rest: NDArray[np.int64]) -> tuple[pa.Table, NDArray[np.bool_]]:
        """Columns of the objects among the lines ``rest`` (m,), and which lines (m,) are objects."""
        objects = _objects(found, rest)
        there = np.zeros(len(found), np.bool_)
        there[rest[objects]] = True
        if not objects.any():
            return pa.table({column: pa.array([], pa.string()) for column in self.paths}), objects
        if self.connection is None:
            self.connection = duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "2GB"})
            self.connection.execute("SET python_enable_replacements = false")
            self.connection.execute("SET enable_external_access = false")
        self.connection.register("block", pa.table({"line": _texts(found, there, self.encoding)}))
        result = self.connection.sql(_QUERY, params={"structure": self.structure}).to_arrow_table()
        self.connection.unregister("block")
        valid = result.column("found").is_valid().to_numpy()
        table = _columns(result.column("found"), self.paths)
        objects[objects] = valid
        return table if valid.all() else table.filter(pa.array(valid)), objects


def _in_order(one: pa.Table, other: pa.Table, one_rows: NDArray[np.int64], other_rows: NDArray[np.int64]) -> pa.Table:
    """Both tables as one, by row."""
    if not len(one_rows) or not len(other_rows):
        return one if len(one_rows) else other
    order = np.argsort(np.concatenate([one_rows, other_rows]), kind="stable")
    joined = {
        name: pa.chunked_array([as_text(flat(table.column(name))).cast(pa.string()) for table in (one, other)])
        for name in one.column_names
    }
    return pa.table(joined).take(pa.array(order)).combine_chunks()


def _objects(found: Lines, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the lines ``rows`` (m,) begin and end as an object does: lists and bare values are JSON too, and cut lines are none."""
    first, last = found.data[found.starts[rows]], found.data[found.ends[rows] - 1]
    fits = np.asarray((first == ord("{")) & (last == ord("}")))
    for i in np.flatnonzero(np.isin(first, _BLANKS) | np.isin(last, _BLANKS)).tolist():
        text = found.text(int(rows[i])).strip(bytes(_BLANKS))
        fits[i] = text.startswith(b"{") and text.endswith(b"}")
    return fits


def _texts(found: Lines, readable: NDArray[np.bool_], encoding: str) -> pa.Array:
    """The readable lines as an Arrow array of texts, without a copy where all are and they stand in one piece."""
    if not len(found) or not readable.any():
        return pa.array([], pa.large_string())
    # A line's end belongs to its text here; blanks behind an object are no part of it.
    offsets = np.append(found.starts, found.ends[-1])
    array = pa.LargeStringArray.from_buffers(len(found), pa.py_buffer(offsets), pa.py_buffer(found.data))
    array = array if readable.all() else array.filter(pa.array(readable))
    if _is_utf8(encoding):
        return array
    return pa.array([v.decode(encoding) for v in array.cast(pa.large_binary()).to_pylist()], pa.large_string())


def _columns(struct: pa.ChunkedArray, paths: dict[str, tuple[str, ...]]) -> pa.Table:
    columns = {}
    for column, path in paths.items():
        values = struct
        for step in path:
            values = pa.chunked_array([_child(chunk, step) for chunk in values.chunks], _child_type(values.type, step))
        columns[column] = values
    return pa.table(columns)


def _child(struct: pa.StructArray, name: str) -> pa.Array:
    return struct.flatten()[struct.type.get_field_index(name)]


def _child_type(struct: pa.StructType, name: str) -> pa.DataType:
    return struct.field(struct.get_field_index(name)).type
