"""Parquet: row groups in turn, codes kept as the dictionaries they are stored as."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from yilu.items.intake.blocks import Block
from yilu.items.intake.chunk import Limits, SourceError
from yilu.items.intake.columns import is_text
from yilu.items.intake.mapping import Mapping

_REPAIR = "have the file written or sent again"


def read_parquet(path: Path, mapping: Mapping, limits: Limits, skip: int) -> Iterator[Block]:
    """Blocks of the mapped columns, from row ``skip`` on. Raises SourceError: truncated, damaged, a column missing or of a wrong type."""
    try:
        with pq.ParquetFile(path, memory_map=False) as plain:
            columns = _columns(path, plain.schema_arrow, mapping)
            texts = [c for c in mapping.coded_columns() if c in columns and is_text(plain.schema_arrow.field(c).type)]
        with pq.ParquetFile(
            path, read_dictionary=texts, memory_map=False, buffer_size=1 << 20, page_checksum_verification=True
        ) as file:
            first = 0
            for group in range(file.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                if first + rows > skip:
                    yield from _group(file, group, columns, limits, first, skip)
                first += rows
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
            raise
        # Arrow's own text may quote bytes of the file.
        raise SourceError(
            f"{path.name} is not a whole Parquet file: it is cut off or damaged", next_step=_REPAIR
        ) from None


def _group(
    file: pq.ParquetFile, group: int, columns: list[str], limits: Limits, first: int, skip: int
) -> Iterator[Block]:
    for batch in file.iter_batches(limits.block_rows, row_groups=[group], columns=columns, use_threads=False):
        after = first + batch.num_rows
        if after > skip:
            batch = batch.slice(max(0, skip - first))
            rows = np.arange(after - batch.num_rows + 1, after + 1, dtype=np.int64)
            yield Block(pa.Table.from_batches([batch]), rows, after)
        first = after


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
            )
    return found


def missing_column(file: str, column: str, mapping: Mapping) -> SourceError:
    """The error for a column that a source must have and has not."""
    return SourceError(
        f"{file}: column {column} is missing, which mapping {mapping.name} reads",
        next_step="give the mapping of this feed, or correct the column's name in it",
    )
