"""What a refused source or mapping says to who reads Chinese: each kind of refusal, provoked."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from intake_world import chunks, jsonl, row
from typer.testing import CliRunner

from tests.both_languages import assert_both
from yilu.cli.app import app
from yilu.cli.output import print_error
from yilu.errors import YiluError
from yilu.items.intake import Limits, Mapping, MappingError, SourceError
from yilu.items.intake.chunk_file import read
from yilu.items.intake.mapping import parse
from yilu.items.intake.read_arrow import read_arrow

COLUMNS = '[columns]\nwaybill = "no"\nkind = "op"\nat = "t"\n'
HEAD = 'name = "m"\noperator = "SF"\n'


def sql(statement: str) -> Mapping:
    """A mapping with ``statement``."""
    return parse(f"{HEAD}sql = '''{statement}'''\n{COLUMNS}", "m.toml")


def keys(waybill: str, kind: str) -> Mapping:
    """A mapping of JSON that reads these keys."""
    return parse(f'{HEAD}format = "jsonl"\n[columns]\nwaybill = "{waybill}"\nkind = "{kind}"\nat = "t"\n', "m.toml")


def parquet(path: Path, **columns: list[object]) -> Path:
    """A Parquet file in a folder of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def written(path: Path, content: bytes) -> Path:
    """A file of these bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def of_folder(statement: str, **limits: int) -> Callable[[Path], object]:
    """Reading a folder of one Parquet file by a SELECT."""

    def read_it(at: Path) -> object:
        parquet(at / "d" / "a.parquet", no=["A1", "x"], op=["arrive", "arrive"], t=["2025-01-01T00:00:00Z"] * 2)
        return chunks(at / "d", sql(statement), limits=Limits(**limits))

    return read_it


def linked(at: Path) -> object:
    """Reading a folder with a link out of it."""
    parquet(at / "d" / "a.parquet", no=["A1"])
    (at / "d" / "b.csv").symlink_to(written(at / "secret.csv", b"x\n"))
    return chunks(at / "d", sql("SELECT * FROM '{folder}/b.csv'"))


def document(content: bytes) -> Callable[[Path], object]:
    """Reading an EPCIS document of these bytes."""
    mapping = parse('name = "gs1"\nformat = "epcis"\noperator = "EMS"\n', "gs1.toml")
    return lambda at: chunks(written(at / "d.json", content), mapping)


EVENT = {"type": "ObjectEvent", "action": "LOOK", "eventTime": "yesterday", "epcList": ["x"], "ilmd": 3, "strange": 1}
REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a path that isn't there": (lambda at: chunks(at / "none.csv"), "none.csv 不存在"),
    "a folder without a file": (lambda at: chunks(at), "没有符合 * 的文件"),
    "an unknown ending": (lambda at: chunks(written(at / "e.dat", b"x")), "e.dat:从文件名看不出格式"),
    "two bad files": (lambda at: [parquet(at / "f" / "a.parquet", no=[1]), written(at / "f" / "b.parquet", b"PAR1"), chunks(at / "f")], "2 个文件中有 2 个无法读取"),
    "Parquet, cut off": (lambda at: chunks(written(at / "e.parquet", b"PAR1")), "e.parquet 不是完整的 Parquet 文件"),
    "Parquet, a column missing": (lambda at: chunks(parquet(at / "e.parquet", operator=["SF"])), "缺少列"),
    "Parquet, fractions for numbers": (lambda at: chunks(parquet(at / "e.parquet", **{k: [v] for k, v in row(waybill=1.5).items()})), "列 waybill:类型为 double"),
    "Parquet and standard input": (lambda at: chunks("-", parse(f'{HEAD}format = "parquet"\n{COLUMNS}', "m.toml"), stream=io.BytesIO(b"")), "标准输入"),
    "CSV, no header": (lambda at: chunks(written(at / "e.csv", b"\x80\x81\n1\n")), "表头不是 utf-8 编码"),
    "CSV, a column twice": (lambda at: chunks(written(at / "e.csv", b"operator,waybill,waybill\n1,2,3\n")), "列 waybill 不止一个"),
    "CSV, UTF-16": (lambda at: chunks(written(at / "e.csv", "a\n".encode("utf-16"))), "UTF-16"),
    "packed, cut off": (lambda at: chunks(written(at / "e.csv.gz", gzip.compress(bytes(range(256)) * 99)[:60])), "无法解压"),
    "JSON, a key and its inner key": (lambda at: chunks(jsonl(at / "e.jsonl", row()), keys("a", "/a/b")), "内层的键"),
    "JSON, keys that differ in case": (lambda at: chunks(jsonl(at / "e.jsonl", row()), keys("No", "no")), "只有大小写不同"),
    "SQL over a file": (lambda at: chunks(written(at / "e.csv", b"x"), sql("SELECT 1")), "不是文件夹"),
    "SQL, a link": (linked, "指向文件夹之外的链接"),
    "SQL, no statement of it": (of_folder("SELEC 1"), "键 sql:语句有误"),
    "SQL, two statements": (of_folder("SELECT 1; SELECT 2"), "应为一条 SELECT"),
    "SQL, an unknown table": (of_folder("SELECT * FROM nowhere"), "键 sql:语句有误"),
    "SQL, outside of the folder": (of_folder("SELECT * FROM read_text('/etc/hostname')"), "文件夹之外"),
    "SQL, a file that isn't there": (of_folder("SELECT * FROM '{folder}/none*.parquet'"), "不在文件夹中"),
    "SQL, too long": (of_folder("SELECT 'A' AS no, 'arrive' AS op, now() AS t FROM range(1000000000) a, range(1000000000) b WHERE a.range * b.range = -1", sql_seconds=1), "用时超过 1 秒"),
    "SQL, too much": (of_folder("SELECT string_agg(repeat('x', 1000) || range, '') AS no, 'arrive' AS op, '' AS t FROM range(1000000)", sql_memory_mb=100, sql_spill_mb=10), "内存超过 100 MB"),
    "SQL, a value that can't be cast": (of_folder("SELECT CAST(no AS BIGINT) AS no, op, t FROM '{folder}/a.parquet'"), "读取数据行时失败"),
    "SQL, a column missing": (of_folder("SELECT no, 1 AS t FROM '{folder}/a.parquet'"), "缺少列 op"),
    "EPCIS, no JSON": (document(b"{"), "EPCIS 文档整份拒收"),
    "EPCIS, no UTF-8": (document(b"\xff"), "应为 UTF-8"),
    "EPCIS, no document": (document(b"{}"), "EPCISDocument、一个事件或事件列表"),
    "EPCIS, a faulty event": (document(json.dumps(EVENT).encode()), "必填的字段"),
    "Arrow, cut off": (lambda at: list(read_arrow(b"nonsense", "e.arrow", Mapping.read("yilu"), Limits(), 10)), "被截断或已损坏"),
    "a kept batch of another version": (lambda at: read(b"nonsense", "b.batch"), "不是本版本的批"),
    "a mapping that isn't there": (lambda at: Mapping.read(at / "none.toml"), "none.toml 无法读取"),
    "a mapping that is no text": (lambda at: Mapping.read(written(at / "b.toml", b"\xff\xfe")), "不是 UTF-8 文本"),
    "a mapping that is no TOML": (lambda at: parse("name = ", "m.toml"), "m.toml 不是 TOML"),
    "a mapping with an unknown key": (lambda at: parse('name = "m"\nnames = 1', "m.toml"), "以下键之一"),
    "a mapping without a column": (lambda at: parse(f"{HEAD}[columns]\nwaybill = 'no'", "m.toml"), "未填写,应为来源列或固定值"),
    "a mapping with an unknown form of time": (lambda at: parse(f'{HEAD}time_formats = ["%Q"]\n{COLUMNS}', "m.toml"), "含日期的格式"),
    "a mapping to an unknown kind": (lambda at: parse(f'{HEAD}{COLUMNS}[values.kind]\nx = "fly"', "m.toml"), "现为 'fly',应为 kinds.csv 中的环节"),
    "a mapping of EPCIS to an unknown kind": (lambda at: parse(f'{HEAD}format = "epcis"\n[epcis.vocabulary]\n"ext:x" = "fly"', "m.toml"), "键 epcis.vocabulary.ext:x:现为 'fly'"),
    "a code that the province lacks": (lambda at: chunks(jsonl(at / "e.jsonl", row()), parse(f'name = "m"\noperator = "NOBODY"\n{COLUMNS}', "m.toml")), "省份文件夹中的编码"),
}  # fmt: skip
"""How each is provoked, and what its Chinese says."""


@pytest.mark.parametrize("what", REFUSED)
def test_each_refusal_is_said_in_chinese_with_its_next_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    """Both what is wrong and what to do stand in Chinese, beside English that has no Chinese of ours; the terminal shows them to who reads Chinese."""
    provoke, says = REFUSED[what]
    with pytest.raises((SourceError, MappingError)) as refused:
        provoke(tmp_path)
    error: YiluError = refused.value
    assert says in error.zh
    assert_both((error.zh, error.message))
    assert_both((error.next_step_zh, error.next_step))
    print_error(error, as_json=False, language="zh")
    shown = capsys.readouterr().err
    assert error.zh in shown and error.next_step_zh in shown


def test_the_command_says_a_key_clash_in_chinese(tmp_path: Path) -> None:
    """``yilu ingest`` ends with the refusal of a mapping whose keys clash; what is shown of it is Chinese first."""
    mapping = written(tmp_path / "m.toml", f'{HEAD}format = "jsonl"\n[columns]\nwaybill = "No"\nkind = "no"\nat = "t"\n'.encode())  # fmt: skip
    env = {"YILU_STORE": str(tmp_path / "store"), "YILU_KEY_FILE": str(tmp_path / "key"), "YILU_LANGUAGE": "zh"}
    file = jsonl(tmp_path / "e.jsonl", row())
    ran = CliRunner().invoke(app, ["ingest", str(file), "--mapping", str(mapping), "--dry-run"], env=env)
    assert ran.exit_code != 0
    assert "只有大小写不同" in (ran.exception.zh if isinstance(ran.exception, YiluError) else ran.output)
