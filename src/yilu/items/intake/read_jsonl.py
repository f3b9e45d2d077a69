"""JSON Lines: one object per line. DuckDB's JSON functions read a block of lines as columns; no line is touched by Python.

A line that is no JSON object is quarantined, its neighbours are not. A key that is an object's inner one is named by its path,
``/outer/inner``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from yilu.items.intake import reasons
from yilu.items.intake.blocks import Block
from yilu.items.intake.chunk import Limits, MappingError
from yilu.items.intake.lines import Lines, Readable, invalid_text, lines
from yilu.items.intake.mapping import Mapping

_QUERY = "SELECT json_transform(CASE WHEN json_valid(line) THEN line END, $structure) AS found FROM block"
"""A struct per line, null where the line is no JSON. One thread: DuckDB doesn't split a block of this size."""


def read_jsonl(stream: Readable, name: str, mapping: Mapping, limits: Limits, skip: int) -> Iterator[Block]:
    """Blocks of the objects' mapped keys as texts, from row ``skip`` on."""
    paths = {column: _path(column) for column in mapping.source_columns()}
    structure = json.dumps(_structure(mapping, paths))
    with duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "2GB"}) as connection:
        connection.execute("SET python_enable_replacements = false")
        connection.execute("SET enable_external_access = false")
        for found in lines(stream, name, limits.block_bytes, limits.max_line_bytes):
            if found.first + len(found) > skip:
                yield _block(connection, found.drop(max(0, skip - found.first)), structure, paths, mapping.encoding)


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
            )
    for inner in structure.values():
        if isinstance(inner, dict):
            _unlike(inner, mapping)


def _block(
    connection: duckdb.DuckDBPyConnection,
    found: Lines,
    structure: str,
    paths: dict[str, tuple[str, ...]],
    encoding: str,
) -> Block:
    numbers = np.arange(found.first + 1, found.first + 1 + len(found), dtype=np.int64)
    why = np.where(found.long, reasons.LINE_TOO_LONG, 0).astype(np.uint8)
    why[invalid_text(found, encoding) & (why == 0)] = reasons.INVALID_UTF8
    why[~_objects(found) & (why == 0)] = reasons.MALFORMED
    readable = why == 0
    array = _texts(found, readable, encoding)
    block = pa.table({"line": array})
    connection.register("block", block)
    result = connection.sql(_QUERY, params={"structure": structure}).to_arrow_table()
    connection.unregister("block")
    valid = result.column("found").is_valid().to_numpy()
    rows = numbers[readable]
    table = _columns(result.column("found"), paths)
    if not valid.all():
        why[np.flatnonzero(readable)[~valid]] = reasons.MALFORMED
        table = table.filter(pa.array(valid))
        rows = rows[valid]
    bad = np.flatnonzero(why)
    return Block(table, rows, found.first + len(found), numbers[bad], why[bad])


def _objects(found: Lines) -> NDArray[np.bool_]:
    """Lines that begin as an object does, shape (n,): lists and bare values are JSON too."""
    begins = np.asarray(found.data[found.starts] == ord("{")) if len(found.data) else np.zeros(len(found), np.bool_)
    for i in np.flatnonzero(~begins & ~found.long).tolist():
        begins[i] = found.text(i).lstrip(b" \t\r").startswith(b"{")
    return begins


def _texts(found: Lines, readable: NDArray[np.bool_], encoding: str) -> pa.Array:
    """The readable lines as an Arrow array of texts, without a copy where all are and they stand in one piece."""
    if not len(found) or not readable.any():
        return pa.array([], pa.large_string())
    # A line's end belongs to its text here; blanks behind an object are no part of it.
    offsets = np.append(found.starts, found.ends[-1])
    array = pa.LargeStringArray.from_buffers(len(found), pa.py_buffer(offsets), pa.py_buffer(found.data))
    array = array if readable.all() else array.filter(pa.array(readable))
    if encoding.lower().replace("-", "") in ("utf8", "ascii"):
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
