"""Parquet: row groups in turn, codes kept as the dictionaries they are stored as."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from yilu.items.intake.blocks import Block
from yilu.items.intake.chunk import Limits, SourceError
from yilu.items.intake.columns import is_text
from yilu.items.intake.mapping import Mapping

_REPAIR = "have the file written or sent again"
_REPAIR_ZH = "请重新生成或报送该文件"


def read_parquet(path: Path, mapping: Mapping, limits: Limits, skip: int) -> Iterator[Block]:
    """Blocks of the mapped columns, from row ``skip`` on. Raises SourceError: truncated, damaged, a column missing or of a wrong type."""
    try:
        with pq.ParquetFile(path, memory_map=False) as plain:
            columns = _columns(path, plain.schema_arrow, mapping)
            texts = [c for c in mapping.coded_columns() if c in columns and is_text(plain.schema_arrow.field(c).type)]
        with pq.ParquetFile(
            path, read_dictionary=texts, memory_map=False, buffer_size=1 << 20, page_checksum_verification=True
        ) as file:
            yield from _blocks(_batches(file, columns, limits.block_rows, skip), limits.block_rows, skip)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
            raise
        # Arrow's own text may quote bytes of the file.
        raise SourceError(
            f"{path.name} is not a whole Parquet file: it is cut off or damaged",
            next_step=_REPAIR,
            zh=f"{path.name} 不是完整的 Parquet 文件:被截断或已损坏",
            next_step_zh=_REPAIR_ZH,
        ) from None


def _batches(file: pq.ParquetFile, columns: list[str], most: int, skip: int) -> Iterator[tuple[pa.RecordBatch, int]]:
    """(batch, rows before it) of at most ``most`` rows, from row ``skip`` on."""
    first = 0
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        if first + rows > skip:
            before = first
            for batch in file.iter_batches(most, row_groups=[group], columns=columns, use_threads=False):
                left_out = min(batch.num_rows, max(0, skip - before))
                if left_out < batch.num_rows:
                    yield batch.slice(left_out), before + left_out
                before += batch.num_rows
        first += rows


def _blocks(batches: Iterator[tuple[pa.RecordBatch, int]], most: int, skip: int) -> Iterator[Block]:
    """Batches as blocks, small ones together. What was read before a damaged place is given before the error."""
    waiting: list[pa.RecordBatch] = []
    first = after = skip
    try:
        for batch, before in batches:
            _check_codes(batch)
            if waiting and before + batch.num_rows - first > most:
                yield _block(waiting, first)
                waiting, first = [], before
            waiting.append(batch)
            after = before + batch.num_rows
            if 2 * (after - first) > most:
                yield _block(waiting, first)
                waiting, first = [], after
    except (pa.ArrowException, OSError):
        if waiting:
            yield _block(waiting, first)
        raise
    if waiting:
        yield _block(waiting, first)


def _block(batches: list[pa.RecordBatch], first: int) -> Block:
    """One block of batches whose first row has ``first`` rows before it."""
    table = pa.Table.from_batches(batches)
    if len(batches) > 1:
        table = table.unify_dictionaries().combine_chunks()
    after = first + table.num_rows
    return Block(table, np.arange(first + 1, after + 1, dtype=np.int64), after)


def _check_codes(batch: pa.RecordBatch) -> None:
    """Raise ArrowInvalid where a row points beyond its column's dictionary: a damaged file may say so."""
    for column in batch.columns:
        if pa.types.is_dictionary(column.type) and column.null_count < len(column):
            bounds = pc.min_max(column.indices)
            if bounds["min"].as_py() < 0 or bounds["max"].as_py() >= len(column.dictionary):
                raise pa.ArrowInvalid("index beyond the dictionary")


def _columns(path: Path, schema: pa.Schema, mapping: Mapping) -> list[str]:
    wanted = mapping.source_columns()
    found = []
    for column, required in wanted.items():
        if column in schema.names:
            found.append(column)
        elif required:
            raise missing_column(path.name, column, mapping)
    for rule in mapping.rules:
        name = rule.columns["waybill"].column
        kind = schema.field(name).type
        inner = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not (is_text(inner) or pa.types.is_integer(inner)):
            raise SourceError(
                f"{path.name}, column {name}: type {kind} stands there, text or a whole number is expected for a waybill number",
                next_step="write the column as text",
                zh=f"{path.name},列 {name}:类型为 {kind},单号应为文本或整数",
                next_step_zh="将该列写成文本",
            )
    return found


def missing_column(file: str, column: str, mapping: Mapping) -> SourceError:
    """The error for a column that a source must have and has not."""
    return SourceError(
        f"{file}: column {column} is missing, which mapping {mapping.name} reads",
        next_step="give the mapping of this feed, or correct the column's name in it",
        zh=f"{file}:缺少列 {column},映射 {mapping.name} 要读取它",
        next_step_zh="发布本数据源的映射,或在文件中改正列名",
    )
