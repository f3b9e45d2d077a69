"""An Arrow IPC stream out of memory, from somebody unknown: nothing is unpacked, and nothing is believed that its messages' sizes don't bear out.

What a batch claims is read from its message before Arrow makes arrays of it: its rows count against a limit, and a compressed one is refused, since a few
bytes could claim gigabytes. (Arrow's format: Message.fbs and Schema.fbs of the columnar specification, version 5.)
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from yilu.items.intake.blocks import Block
from yilu.items.intake.chunk import Limits, SourceError
from yilu.items.intake.columns import is_text
from yilu.items.intake.mapping import Mapping
from yilu.items.intake.read_parquet import missing_column

_REPAIR, _REPAIR_ZH = "send the stream as a whole, uncompressed", "请完整发送,不要压缩"
_DICTIONARY_BATCH, _RECORD_BATCH = 2, 3
_HEADER_TYPE, _HEADER = 1, 2
_LENGTH, _COMPRESSION, _DATA = 0, 3, 1


def read_arrow(data: bytes, name: str, mapping: Mapping, limits: Limits, most_rows: int) -> Iterator[Block]:
    """Blocks of the mapped columns. Raises SourceError: no whole stream, compressed, a column missing or of a type that no event column is read from, or more than ``most_rows`` rows."""
    try:
        _looked_at(data, name, most_rows)
        with pa.ipc.open_stream(pa.py_buffer(data)) as stream:
            columns = _columns(name, stream.schema, mapping)
            first = 0
            for batch in stream:
                batch.validate(full=True)
                if batch.num_rows:
                    table = pa.Table.from_batches([batch]).select(columns)
                    yield Block(
                        table,
                        np.arange(first + 1, first + batch.num_rows + 1, dtype=np.int64),
                        first + batch.num_rows,
                    )
                first += batch.num_rows
    except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError):
        # Arrow's own text may quote bytes of the stream.
        raise _broken(name) from None


def _looked_at(data: bytes, name: str, most_rows: int) -> None:
    """Raise SourceError where the messages claim too much."""
    rows = 0
    for message in pa.ipc.MessageReader.open_stream(pa.py_buffer(data)):
        try:
            length, compressed = _claims(message.metadata.to_pybytes())
        except (struct.error, IndexError):
            raise _broken(name) from None
        if compressed:
            raise SourceError(
                f"{name} holds compressed batches", next_step=_REPAIR, zh=f"{name} 含压缩的批", next_step_zh=_REPAIR_ZH
            )
        rows += length
        if length < 0 or rows > most_rows:
            raise TooMany(name, most_rows)


def _broken(name: str) -> SourceError:
    return SourceError(
        f"{name} is no whole Arrow IPC stream: it is cut off or damaged", next_step=_REPAIR,
        zh=f"{name} 不是完整的 Arrow IPC 流:被截断或已损坏", next_step_zh=_REPAIR_ZH,
    )  # fmt: skip


class TooMany(SourceError):
    """More rows than one batch may have."""

    def __init__(self, name: str, most: int) -> None:
        super().__init__(f"{name} has more than {most} rows", next_step=f"report at most {most} rows at a time", zh=f"{name} 超过 {most} 行", next_step_zh=f"每批至多 {most} 行")  # fmt: skip


def _claims(message: bytes) -> tuple[int, bool]:
    """(rows, whether it is compressed) of a message's batch; (0, False) of a schema."""
    [root] = struct.unpack_from("<I", message, 0)
    kind_at, header_at = _field(message, root, _HEADER_TYPE), _field(message, root, _HEADER)
    kind = message[kind_at] if kind_at else 0
    if kind not in (_DICTIONARY_BATCH, _RECORD_BATCH) or not header_at:
        return 0, False
    table = _followed(message, header_at)
    if kind == _DICTIONARY_BATCH:
        data_at = _field(message, table, _DATA)
        if not data_at:
            return 0, False
        table = _followed(message, data_at)
    length_at = _field(message, table, _LENGTH)
    [length] = struct.unpack_from("<q", message, length_at) if length_at else (0,)
    return length, bool(_field(message, table, _COMPRESSION))


def _field(message: bytes, table: int, number: int) -> int:
    """Where a table's field lies, 0 where it is absent (FlatBuffers: a table begins with the distance back to its list of fields)."""
    [back] = struct.unpack_from("<i", message, table)
    fields = table - back
    if fields < 0:
        raise IndexError
    [size] = struct.unpack_from("<H", message, fields)
    at = 4 + 2 * number
    if at + 2 > size:
        return 0
    [offset] = struct.unpack_from("<H", message, fields + at)
    return table + offset if offset else 0


def _followed(message: bytes, at: int) -> int:
    [offset] = struct.unpack_from("<I", message, at)
    return int(at + offset)


def _columns(name: str, schema: pa.Schema, mapping: Mapping) -> list[str]:
    if len(set(schema.names)) < len(schema.names):
        raise SourceError(
            f"{name}: two columns have one name",
            next_step="name each column once",
            zh=f"{name}:有两列同名",
            next_step_zh="每列用不同的列名",
        )
    found = []
    for column, required in mapping.source_columns().items():
        if column not in schema.names:
            if required:
                raise missing_column(name, column, mapping)
            continue
        kind = schema.field(column).type
        inner = kind.value_type if pa.types.is_dictionary(kind) else kind
        plain = is_text(inner) or pa.types.is_integer(inner) or pa.types.is_floating(inner) or pa.types.is_timestamp(inner) or pa.types.is_null(inner)  # fmt: skip
        waybill = any(rule.columns["waybill"].column == column for rule in mapping.rules)
        if not plain or (waybill and not (is_text(inner) or pa.types.is_integer(inner))):
            raise SourceError(f"{name}, column {column}: type {kind} stands there, text, a number or a time is expected", next_step="write the column as text", zh=f"{name},列 {column}:类型为 {kind},应为文本、数字或时间", next_step_zh="将该列写成文本")  # fmt: skip
        found.append(column)
    return found
