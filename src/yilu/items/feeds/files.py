"""Files of feeds as columns of text or of Parquet's own types, and the lines that are no rows at all.

Rows are counted from 1, without the header. The header is checked before anything is kept: a column that holds something of a person
ends the reading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from yilu.errors import InputError
from yilu.items.feeds.kinds import Kind

_PERSONAL = re.compile(
    r"姓名|名字|电话|手机|联系|身份证|证件|住址|地址|法定代表|法人|负责人|经办|收件|寄件人|邮箱|微信"
    r"|(^|_)(name|fullname|phone|tel|telephone|mobile|email|wechat|contact|person|owner|address|addr|id_?card|id_?no|id_?number|passport"
    r"|identity|citizen|recipient|receiver|consignee|sender|representative|courier|inspector_name|licen[cs]e_plate|birth\w*|gender|sex)"
    r"(_(name|no|number|id|zh|en))?(_|$)",
    re.IGNORECASE,
)
_BLOCK = 64 << 20


@dataclass(frozen=True)
class Lines:
    """What a file holds: its columns (n rows), their row numbers (n,), and row numbers that are no rows of this format."""

    columns: pa.Table
    rows: NDArray[np.int64]
    malformed: NDArray[np.int64]


def read_file(kind: Kind, path: Path) -> Lines:
    """The columns of a CSV, JSON Lines or Parquet file, by its ending (.csv, .jsonl or .ndjson, .parquet).

    Raises InputError: another ending, an unreadable file, a required column missing, a column with something of a person, an unknown one.
    """
    readers = {".csv": _csv, ".jsonl": _jsonl, ".ndjson": _jsonl, ".parquet": _parquet}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            path.name,
            "a file ending in " + ", ".join(readers),
            next_step="Export it in one of these formats.",
            expected_zh=f"以 {'、'.join(readers)} 之一结尾的文件",
            next_step_zh="以其中一种格式导出",
        )
    try:
        return reader(kind, path)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        # what Arrow says may quote a line
        raise InputError(
            path.name,
            f"a whole {path.suffix[1:]} file in UTF-8",
            next_step="Check the file, export it again.",
            expected_zh=f"UTF-8 编码的完整 {path.suffix[1:]} 文件",
            next_step_zh="检查文件,重新导出",
        ) from error
    except OSError as error:
        raise InputError(
            path.name,
            f"a readable file ({error.strerror})",
            next_step="Check the path and its permissions.",
            expected_zh=f"可读取的文件({error.strerror})",
            next_step_zh="检查路径与权限",
        ) from error


def check_header(kind: Kind, file: str, names: list[str], required: bool = True) -> None:
    """Refuse columns of persons, unknown and repeated columns, and, if ``required``, missing ones.

    Names are shown only of what is a header: a row in its place might tell of persons.
    """
    lacking = [a.name for a in kind.attributes if a.required and a.name not in names]
    if lacking and required:
        raise InputError(
            file,
            f"a header with the columns {', '.join(lacking)}",
            next_step=_see(kind),
            expected_zh=f"含以下列的表头:{'、'.join(lacking)}",
            next_step_zh=_see_zh(kind),
        )
    for name in names:
        if _PERSONAL.search(name) and name not in {a.name for a in kind.attributes}:
            raise InputError(
                file,
                "no column with names, telephones, identity numbers or addresses of persons",
                column=name,
                next_step="Have the sender leave the column out, delete this copy, and send again; nothing was kept.",
                expected_zh="不含个人姓名、电话、证件号码或地址的列",
                next_step_zh="请报送方去掉该列,删除本份后重报;未保存任何内容",
            )
    known = {a.name for a in kind.attributes}
    for name in names:
        if name not in known:
            raise InputError(
                file,
                f"one of {', '.join(sorted(known))}",
                column=name,
                next_step=_see(kind),
                expected_zh=f"{'、'.join(sorted(known))} 之一",
                next_step_zh=_see_zh(kind),
            )
        if names.count(name) > 1:
            raise InputError(
                file,
                "each column once",
                column=name,
                next_step=_see(kind),
                expected_zh="每列只出现一次",
                next_step_zh=_see_zh(kind),
            )


def _see(kind: Kind) -> str:
    return f"See docs/reference/feeds.md for the columns of {kind.name}."


def _see_zh(kind: Kind) -> str:
    return f"{kind.name} 的列见 docs/reference/feeds.md"


def _csv(kind: Kind, path: Path) -> Lines:
    with open(path, "rb") as file:
        first = file.readline(1 << 20)
    try:
        header = next(iter(_header(first)))
    except (UnicodeDecodeError, StopIteration) as error:
        raise InputError(
            path.name,
            "a header in UTF-8",
            next_step="Export the file as UTF-8 with a header.",
            expected_zh="UTF-8 编码的表头",
            next_step_zh="以 UTF-8 导出,并带表头",
        ) from error
    check_header(kind, path.name, header)
    wrong: list[int] = []

    def skip(row: pa_csv.InvalidRow) -> str:
        wrong.append(row.number - 1)
        return "skip"

    table = pa_csv.read_csv(
        path,
        read_options=pa_csv.ReadOptions(use_threads=False, block_size=_BLOCK, column_names=header, skip_rows=1),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=skip),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.large_binary()), strings_can_be_null=False
        ),
    )
    malformed = np.array(wrong, np.int64)
    is_row = np.ones(table.num_rows + len(malformed) + 1, np.bool_)
    is_row[0] = False  # rows are counted from 1
    is_row[malformed] = False
    return _blank_lines(table, np.flatnonzero(is_row), malformed)


def _header(first: bytes) -> list[list[str]]:
    import csv

    return [[name.strip() for name in names] for names in csv.reader([first.decode("utf-8-sig").rstrip("\r\n")])]


def _blank_lines(table: pa.Table, numbers: NDArray[np.int64], malformed: NDArray[np.int64]) -> Lines:
    """Without lines where every column is empty: an empty line is no row."""
    filled = np.zeros(table.num_rows, np.bool_)
    for column in table.columns:
        if filled.all():
            return Lines(table, numbers, malformed)
        filled |= pc.binary_length(column).to_numpy() > 0
    keep = np.flatnonzero(filled)
    return Lines(table.take(pa.array(keep)), numbers[keep], malformed)


def _jsonl(kind: Kind, path: Path) -> Lines:
    lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    numbers = np.array([i for i, line in enumerate(lines, 1) if line.strip()], np.int64)
    kept = [lines[i - 1] for i in numbers]
    readable = np.array([_is_utf8(line) for line in kept], np.bool_)
    source = pa.table(
        {
            "line": pa.array([k if r else b"" for k, r in zip(kept, readable, strict=True)], pa.large_binary()).cast(
                pa.large_string()
            )
        }
    )
    with duckdb.connect(config={"enable_external_access": False}) as connection:
        connection.register("source", source)
        objects = connection.sql(
            "select case when json_valid(line) then json_type(line) = 'OBJECT' else false end as fits from source"
        ).to_arrow_table()
        fits = objects.column("fits").to_numpy().astype(np.bool_) & readable
        connection.register("objects", source.filter(pa.array(fits)))
        names = [
            n for (n,) in connection.sql("select distinct unnest(json_keys(line)) n from objects order by 1").fetchall()
        ]
        check_header(kind, path.name, names, required=bool(fits.any()))
        picked = (
            ", ".join(f"""json_extract_string(line, '$."{name}"') as "{name}\"""" for name in names) or "1 as nothing"
        )
        table = connection.sql(f"select {picked} from objects").to_arrow_table()
    return Lines(table, numbers[fits], numbers[~fits])


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _parquet(kind: Kind, path: Path) -> Lines:
    file = pq.ParquetFile(path)
    check_header(kind, path.name, file.schema_arrow.names)
    table = file.read()
    return Lines(table, np.arange(1, table.num_rows + 1), np.empty(0, np.int64))
