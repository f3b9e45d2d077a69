"""A mapping's own SELECT over the files of one folder, run by DuckDB in a sandbox.

The sandbox: one SELECT statement and nothing else; files of the folder only, none through a link that leads out of it; no
extensions, no settings, no Python objects; bounds on memory, temporary space and time. What is read is sorted by all columns,
so that the same files give the same rows in the same order and a run that was cut short goes on at its next chunk.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from yilu.items.intake.blocks import Block
from yilu.items.intake.chunk import Limits, MappingError, SourceError
from yilu.items.intake.mapping import Mapping
from yilu.items.intake.read_parquet import missing_column

FOLDER = "{folder}"
"""What stands for the folder in a mapping's ``sql``."""
_CORRECT, _CORRECT_ZH = "correct the statement", "改正语句"
_PLANNING = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException, duckdb.SyntaxException)
"""Errors whose text speaks of the statement only; others may quote values and are not shown."""


def read_sql(folder: Path, mapping: Mapping, limits: Limits, skip: int) -> Iterator[Block]:
    """Blocks of the SELECT's result, from row ``skip`` on. Raises MappingError or SourceError."""
    refuse_links(folder)
    with tempfile.TemporaryDirectory(prefix="yilu-sql-") as spill, _sandbox(folder, Path(spill), limits) as connection:
        statement = one_select(connection, mapping).replace(FOLDER, str(folder.resolve()).replace("'", "''"))
        stopped = threading.Event()

        def stop() -> None:
            stopped.set()
            connection.interrupt()

        timer = threading.Timer(limits.sql_seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            # The line end keeps a comment at the statement's end from reaching over the bracket.
            result = connection.sql(f"SELECT * FROM (\n{statement}\n) ORDER BY ALL").to_arrow_reader(limits.block_rows)
            _check_columns(folder.name, result.schema, mapping)
            yield from _blocks(result, skip)
        except duckdb.Error as error:
            raise _refused(mapping, error, stopped.is_set(), limits) from None
        except pa.ArrowException as error:
            raise _refused(mapping, error, stopped.is_set(), limits) from None
        finally:
            timer.cancel()


def refuse_links(folder: Path) -> None:
    """Raise SourceError where a link in ``folder`` leads out of it: the sandbox must not follow it."""
    root = folder.resolve()
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            raise SourceError(
                f"{path.name} is a link that leads out of the folder",
                next_step="put the file itself into the folder",
                zh=f"{path.name} 是指向文件夹之外的链接",
                next_step_zh="将文件本身放入文件夹",
            )


def one_select(connection: duckdb.DuckDBPyConnection, mapping: Mapping) -> str:
    """The one SELECT of a mapping's ``sql`` without its closing semicolon. Raises MappingError if it is anything else."""
    try:
        statements = connection.extract_statements(mapping.sql)
    except duckdb.Error as error:
        raise _wrong_statement(mapping, error) from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise MappingError(
            f"mapping {mapping.name}, key sql: one SELECT is expected and nothing else",
            next_step=_CORRECT,
            zh=f"映射 {mapping.name},键 sql:应为一条 SELECT,别无其他",
            next_step_zh=_CORRECT_ZH,
        )
    return str(statements[0].query).rstrip().rstrip(";")


@contextmanager
def _sandbox(folder: Path, spill: Path, limits: Limits) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as connection:
        quoted = str(folder.resolve()).replace("'", "''")
        for setting in (
            f"threads = {limits.threads}",
            f"memory_limit = '{limits.sql_memory_mb}MB'",
            f"temp_directory = '{spill}'",
            f"max_temp_directory_size = '{limits.sql_spill_mb}MB'",
            "python_enable_replacements = false",
            "autoinstall_known_extensions = false",
            "autoload_known_extensions = false",
            "allow_community_extensions = false",
            "enable_progress_bar = false",
            f"allowed_directories = ['{quoted}']",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            connection.execute(f"SET {setting}")
        yield connection


def _blocks(result: pa.RecordBatchReader, skip: int) -> Iterator[Block]:
    first = 0
    for batch in result:
        after = first + batch.num_rows
        if after > skip:
            batch = batch.slice(max(0, skip - first))
            yield Block(
                pa.Table.from_batches([batch]), np.arange(after - batch.num_rows + 1, after + 1, dtype=np.int64), after
            )
        first = after


def _check_columns(name: str, schema: pa.Schema, mapping: Mapping) -> None:
    for column, required in mapping.source_columns().items():
        if required and column not in schema.names:
            raise missing_column(name, column, mapping)


def _refused(mapping: Mapping, error: Exception, stopped: bool, limits: Limits) -> MappingError | SourceError:
    if stopped:
        return SourceError(
            f"mapping {mapping.name}: the SELECT took longer than {limits.sql_seconds} s",
            next_step="make it simpler, or raise sql_seconds",
            zh=f"映射 {mapping.name}:SELECT 用时超过 {limits.sql_seconds} 秒",
            next_step_zh="简化语句,或调大 sql_seconds",
        )
    if isinstance(error, duckdb.OutOfMemoryException) or "OutOfMemory" in type(error).__name__:
        return SourceError(
            f"mapping {mapping.name}: the SELECT needs more than {limits.sql_memory_mb} MB",
            next_step="make it simpler, or raise sql_memory_mb",
            zh=f"映射 {mapping.name}:SELECT 需要的内存超过 {limits.sql_memory_mb} MB",
            next_step_zh="简化语句,或调大 sql_memory_mb",
        )
    if isinstance(error, _PLANNING):
        return _wrong_statement(mapping, error)
    if isinstance(error, duckdb.PermissionException):
        return MappingError(
            f"mapping {mapping.name}, key sql: it reads what lies outside the folder",
            next_step=f"name files as '{FOLDER}/FILE'",
            zh=f"映射 {mapping.name},键 sql:读取了文件夹之外的内容",
            next_step_zh=f"文件写作 '{FOLDER}/文件名'",
        )
    if "no files found" in str(error).lower():
        return SourceError(
            f"mapping {mapping.name}: a file that the SELECT names is not in the folder",
            next_step="put it there",
            zh=f"映射 {mapping.name}:SELECT 所写的文件不在文件夹中",
            next_step_zh="将其放入文件夹",
        )
    # The text of other errors may quote values of rows.
    return SourceError(
        f"mapping {mapping.name}: the SELECT failed while reading rows ({type(error).__name__})",
        next_step="check the files, or cast with try_cast",
        zh=f"映射 {mapping.name}:SELECT 读取数据行时失败({type(error).__name__})",
        next_step_zh="检查文件,或改用 try_cast 转换",
    )


def _wrong_statement(mapping: Mapping, error: Exception) -> MappingError:
    """DuckDB's own words on the statement, which are English."""
    said = _first_line(error)
    return MappingError(
        f"mapping {mapping.name}, key sql: {said}",
        next_step=_CORRECT,
        zh=f"映射 {mapping.name},键 sql:语句有误({said})",
        next_step_zh=_CORRECT_ZH,
    )


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:300]
