"""Mappings: what a TOML file says, how wrong ones are refused, and the sandbox that a SELECT runs in."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from intake_world import chunks, jsonl, only, reasons_of, row

from yilu.items import codes
from yilu.items.intake import Limits, Mapping, MappingError, SourceError
from yilu.items.intake.mapping import parse
from yilu.items.kinds import BY_CODE

COLUMNS = '[columns]\nwaybill = "no"\nkind = "op"\nat = "t"\n'


def toml(path: Path, text: str) -> Path:
    """``text`` as a mapping."""
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name = ", "is no TOML"),
        ('operator = "SF"\n' + COLUMNS, "key name: '' stands there, a name is expected"),
        ('name = "m"\nformt = "csv"', "key formt: 'formt' stands there, one of the keys"),
        ('name = "m"\nformat = "xml"', "key format: 'xml' stands there, parquet or csv or jsonl or epcis is expected"),
        ('name = "m"\ntime_zone = "China"', "key time_zone: 'China' stands there, a time zone such as Asia/Shanghai"),
        ('name = "m"\ntime_formats = ["%Q"]', "key time_formats: '%Q' stands there"),
        ('name = "m"\ntime_formats = ["%H:%M"]', "with a date in it"),
        ('name = "m"\ncode_table = "nobody"', "key code_table: 'nobody' stands there, one of"),
        ('name = "m"\nencoding = "klingon"', "key encoding: 'klingon' stands there"),
        ('name = "m"\nencoding = "utf-16"', "key encoding: 'utf-16' stands there"),
        ('name = "m"\ndelimiter = ";;"', "one ASCII character is expected"),
        ('name = "m"\nweight_unit = "lb"', "g or kg or mg is expected"),
        ('name = "m"\n' + COLUMNS, "key event 1.operator: 'nothing' stands there"),
        ('name = "m"\noperator = "SF"\n[columns]\nwaybill = 5', "key columns.waybill: '5' stands there, a table is expected"),
        ('name = "m"\noperator = "SF"\n[columns]\nname = "n"', "key columns.name"),
        ('name = "m"\noperator = "SF"\n[columns]\nwaybill = {column="a", value="b"}', "either a column or a value"),
        ('name = "m"\noperator = "SF"\n' + COLUMNS + '[values.kind]\nx = "fly"', "key values.kind.x: 'fly' stands there, a kind of kinds.csv"),
        ('name = "m"\noperator = "SF"\n' + COLUMNS + '[values.waybill]\nx = "y"', "key values.waybill"),
        ('name = "m"\noperator = "SF"\n' + COLUMNS + '[[event]]\nkind = {value = "fly"}', "key event 1.kind: 'fly' stands there"),
        ('name = "m"\noperator = "SF"\n' + COLUMNS + '[[event]]\nwhen = {equals = "x"}', "key event 1.when.column: 'nothing'"),
        ('name = "m"\noperator = "SF"\n' + COLUMNS + '[[confidential]]\ncolumn = "x"', "key confidential.equals"),
        ('name = "m"\nquoted_newlines = "yes"\n', "true or false is expected"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_names_file_key_value_and_expectation(text: str, says: str) -> None:
    """Each error says where, what stands there, and what is expected, and has a next step."""
    with pytest.raises(MappingError) as caught:
        parse(text, "wrong.toml")
    assert "wrong.toml" in str(caught.value) and says in str(caught.value)
    assert caught.value.next_step


def test_a_mapping_that_is_not_there(tmp_path: Path) -> None:
    """A path without a file and a file that is no text are errors of the mapping."""
    with pytest.raises(MappingError, match=r"none\.toml can't be read"):
        Mapping.read(tmp_path / "none.toml")
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(MappingError, match="not UTF-8"):
        Mapping.read(tmp_path / "b.toml")


def test_codes_that_the_network_lacks_are_refused(tmp_path: Path) -> None:
    """A constant or a value that names no code of the province folder is an error before anything is read."""
    path = jsonl(tmp_path / "e.jsonl", row())
    for text in ('operator = "NOBODY"\n' + COLUMNS, 'operator = "SF"\n' + COLUMNS + '[values.facility]\nX = "MOON"'):
        with pytest.raises(MappingError, match="a code of the province folder is expected"):
            chunks(path, parse(f'name = "m"\n{text}', "m.toml"))


def test_a_carriers_own_file(tmp_path: Path) -> None:
    """Its column names, code table, local times, kilograms, codes of facilities and encoding become events."""
    mapping = toml(
        tmp_path / "sf.toml",
        """
        name = "sf"
        format = "csv"
        operator = "SF"
        encoding = "gb18030"
        delimiter = "|"
        time_zone = "Asia/Shanghai"
        time_formats = ["%Y年%m月%d日 %H:%M:%S", "iso"]
        weight_unit = "kg"
        code_table = "sf"
        [columns]
        waybill = "运单号"
        kind = "操作码"
        at = "操作时间"
        facility = "网点"
        weight_g = "重量"
        item_class = { value = "express" }
        [values.facility]
        "755A" = "SZ-01"
        [values.kind]
        "777" = "sort"
        """,
    )
    lines = ["运单号|操作码|操作时间|网点|重量|收件人", "SF1|50|2025年11月11日 08:00:00|755A|1.25|张三", "SF1|80|2025-11-11 09:00:00|??||李四", "SF2|777|2025-11-11 09:00:00|755A||", "SF2|9876|2025-11-11 09:00:00|755A||"]  # fmt: skip
    (tmp_path / "e.csv").write_bytes("\r\n".join(lines).encode("gb18030"))
    chunk = only(tmp_path / "e.csv", mapping)
    found = chunk.events
    assert found.at.tolist() == [1_762_819_200, 1_762_822_800, 1_762_822_800, 1_762_822_800]
    expected = [codes.table("sf").find("50").kind, codes.table("sf").find("80").kind, "sort", "other"]  # type: ignore[union-attr]
    assert found.kind.tolist() == [BY_CODE[k].id for k in expected]
    assert found.place.tolist() == [8, 0, 8, 8]
    assert found.weight_g.tolist() == [1250, 0, 0, 0]
    assert set(found.item_class.tolist()) == {3}
    assert chunk.unmapped == {"9876": 1}
    assert chunk.unknown == {"place": {"(hidden, 2 characters)": 1}}


ORDERS = """
    name = "orders"
    format = "jsonl"
    operator = "SF"
    time_zone = "UTC"
    [columns]
    waybill = "id"
    [[event]]
    kind = { value = "accept" }
    at = "taken"
    facility = "from"
    when = { column = "taken" }
    [[event]]
    kind = { value = "deliver" }
    at = "given"
    facility = { value = "SZ-01" }
    when = [{ column = "given" }, { column = "state", equals = ["done", "ok"] }]
    [[event]]
    kind = { value = "cancel" }
    at = "taken"
    when = { column = "given", absent = true }
    [[confidential]]
    column = "class"
    equals = ["secret"]
"""


def test_one_row_may_make_several_events(tmp_path: Path) -> None:
    """Each block makes an event where its conditions hold; a row of none, or with one bad event, is quarantined whole."""
    day = "2025-11-1{} 00:00:00"
    path = jsonl(
        tmp_path / "o.jsonl",
        {"id": "A", "taken": day.format(1), "given": day.format(2), "state": "done", "from": "GZ-HUB"},
        {"id": "B", "taken": day.format(1), "given": day.format(2), "state": "lost"},
        {"id": "C", "given": "", "taken": day.format(3)},
        {"id": "D", "given": day.format(2), "state": "new"},
        {"id": "E", "taken": day.format(1), "given": "later", "state": "ok"},
        {"id": "F", "taken": day.format(1), "given": day.format(2), "state": "ok", "class": "secret"},
    )
    chunk = only(path, parse(ORDERS, "o.toml"))
    assert (chunk.rows, chunk.used) == (6, 3)
    assert reasons_of(chunk) == [(4, "no_event"), (5, "bad_time"), (6, "confidential")]
    kinds = sorted(zip(chunk.events.kind.tolist(), chunk.events.place.tolist(), strict=True))
    accept, deliver, cancel = (BY_CODE[k].id for k in ("accept", "deliver", "cancel"))
    assert kinds == sorted([(accept, 7), (accept, 0), (accept, 0), (deliver, 8), (cancel, 0)])
    assert chunk.quarantine["time"].to_pylist()[1] == "(hidden, 5 characters)"


def test_the_digest_follows_what_the_mapping_says() -> None:
    """Comments and the order of tables don't change it; a value does, so that a file is read again under a changed mapping."""
    text = f'name = "m"\noperator = "SF"\n{COLUMNS}'
    assert parse(text, "a").digest == parse(f"# note\n{text}", "b").digest
    assert parse(text, "a").digest != parse(text.replace('"t"', '"u"'), "a").digest
    assert parse(text, "a").digest != parse('time_zone = "UTC"\n' + text, "a").digest


def test_inner_keys_of_json(tmp_path: Path) -> None:
    """A path such as /item/no reads an inner key."""
    mapping = parse('name="m"\noperator="SF"\n[columns]\nwaybill="/item/no"\nkind="/op"\nat="/item/when/utc"', "m.toml")
    path = jsonl(
        tmp_path / "e.jsonl",
        {"item": {"no": "A", "when": {"utc": "2025-01-01T00:00:00Z"}}, "op": "arrive"},
        {"item": 5, "op": "arrive"},
    )
    chunk = only(path, mapping)
    assert (chunk.used, reasons_of(chunk)) == (1, [(2, "missing_waybill")])


def test_a_file_without_header(tmp_path: Path) -> None:
    """``column_names`` names its columns and the first line is a row."""
    mapping = parse('name="m"\noperator="SF"\ncolumn_names=["no","op","t"]\n' + COLUMNS, "m.toml")
    (tmp_path / "e.csv").write_text(
        "A,arrive,2025-01-01T00:00:00Z\nB,arrive,2025-01-01T00:00:00Z,extra\n", encoding="utf-8"
    )
    assert reasons_of(only(tmp_path / "e.csv", mapping)) == [(2, "malformed")]


def sql(statement: str) -> Mapping:
    """A mapping with ``statement``."""
    return parse(f"name = 'm'\noperator = 'SF'\nsql = '''{statement}'''\n{COLUMNS}", "m.toml")


GOOD = "SELECT no, 'arrive' AS op, TIMESTAMP '2025-01-01 00:00:00' + i * INTERVAL 1 SECOND AS t FROM '{folder}/a.parquet' -- the end"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one Parquet file of 100 rows, beside a file that is none of the folder's business."""
    inside = tmp_path / "data"
    inside.mkdir()
    pq.write_table(pa.table({"no": [f"A{i:03d}" for i in range(100)], "i": range(100)}), inside / "a.parquet")
    (tmp_path / "secret.csv").write_text("x\n1\n", encoding="utf-8")
    return inside


def test_a_select_over_the_folder(folder: Path) -> None:
    """Its rows are the source's rows, in an order that stays, so that a later run resumes at a chunk."""
    mapping = parse(f"name='m'\noperator='SF'\ntime_zone='UTC'\nsql='''{GOOD}'''\n{COLUMNS}", "m.toml")
    whole = chunks(folder, mapping, chunk_rows=40)
    assert [c.used for c in whole] == [40, 40, 20]
    resumed = chunks(folder, mapping, chunk_rows=40, done=lambda _: 40)
    assert [c.events.key.tolist() for c in resumed] == [c.events.key.tolist() for c in whole[1:]]
    assert sorted(t for c in whole for t in c.events.at.tolist()) == list(range(1_735_689_600, 1_735_689_700))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1; SELECT 2", "COPY (SELECT 1) TO '{folder}/o.csv'", "ATTACH '{folder}/x.db'", "INSTALL httpfs", "PRAGMA version", "SET threads = 9",
        "CREATE TABLE t AS SELECT 1", "CALL pragma_version()", "EXPLAIN SELECT 1", "INSERT INTO t VALUES (1)", "", "SELEC 1", "SELECT * FROM nowhere",
        "SELECT no_such_column FROM '{folder}/a.parquet'", "SELECT 1) TO '{folder}/o.csv'; --",
    ],
)  # fmt: skip
def test_anything_but_one_select_is_refused(folder: Path, statement: str) -> None:
    """Nothing is written, and the error names the mapping and the key."""
    before = sorted(folder.iterdir())
    mapping = sql(statement) if statement else sql("   ;")
    with pytest.raises(MappingError, match="mapping m, key sql"):
        chunks(folder, mapping)
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    "source",
    [
        "'{folder}/../secret.csv'", "read_csv('{folder}/../secret.csv')", "read_text('/etc/hostname')", "glob('/etc/*')", "read_text('{folder}2/x.csv')",
        "'https://example.invalid/x.csv'", "read_text('secret.csv')", "read_blob('/proc/self/environ')",
    ],
)  # fmt: skip
def test_nothing_outside_the_folder_is_read(folder: Path, source: str) -> None:
    """Not by a longer way, not by a similar name, not over the network."""
    (folder.parent / "data2").mkdir()
    (folder.parent / "data2" / "x.csv").write_text("no\n1\n", encoding="utf-8")
    with pytest.raises((MappingError, SourceError)) as caught:
        chunks(folder, sql(f"SELECT * FROM {source}"))
    assert "column no is missing" not in str(caught.value)


def test_python_objects_are_out_of_reach(folder: Path) -> None:
    """A SELECT can't name a table that lives in the process."""
    secret_table = pa.table({"no": ["x"]})
    with pytest.raises(MappingError, match="secret_table"):
        chunks(folder, sql("SELECT * FROM secret_table"))
    assert secret_table.num_rows == 1


def test_a_link_out_of_the_folder_is_refused(folder: Path) -> None:
    """The sandbox judges names; a link would lead it out."""
    (folder / "b.csv").symlink_to(folder.parent / "secret.csv")
    with pytest.raises(SourceError, match=r"b\.csv is a link that leads out of the folder"):
        chunks(folder, sql("SELECT * FROM '{folder}/b.csv'"))


def test_bounds_of_time_and_memory(folder: Path) -> None:
    """A SELECT that takes too long, or too much memory, ends with an error that says which."""
    endless = "SELECT 'A' AS no, 'arrive' AS op, now() AS t FROM range(1000000000) a, range(1000000000) b WHERE a.range * b.range = -1"
    with pytest.raises(SourceError, match="took longer than 1 s"):
        chunks(folder, sql(endless), limits=Limits(sql_seconds=1))
    large = "SELECT string_agg(repeat('x', 1000) || range, '') AS no, 'arrive' AS op, '' AS t FROM range(1000000)"
    with pytest.raises(SourceError, match="more than 100 MB"):
        chunks(folder, sql(large), limits=Limits(sql_memory_mb=100, sql_spill_mb=10))


def test_values_of_rows_stand_in_no_error(folder: Path) -> None:
    """DuckDB's own texts quote what could not be cast; ours don't."""
    (folder / "p.csv").write_text("no,op,t\n13800138000x,arrive,\n", encoding="utf-8")
    with pytest.raises(SourceError, match="the SELECT failed while reading rows") as caught:
        chunks(folder, sql("SELECT CAST(no AS BIGINT) AS no, op, t FROM '{folder}/p.csv'"))
    assert "13800138000" not in f"{caught.value}{caught.value.__cause__}{caught.value.next_step}"


def test_a_column_that_the_select_lacks(folder: Path) -> None:
    """The mapped column is named."""
    with pytest.raises(SourceError, match="column op is missing"):
        chunks(folder, sql("SELECT no, 1 AS t FROM '{folder}/a.parquet'"))


def test_the_documented_lists_of_scans(tmp_path: Path) -> None:
    """The page's example of a SELECT: one waybill with a list of scans gives an event per scan."""
    page = (Path(__file__).parents[3] / "docs" / "reference" / "mapping.md").read_text(encoding="utf-8")
    block = next(b for b in page.split("```toml\n")[1:] if 'name = "lists"' in b).split("```")[0]
    folder = tmp_path / "feed"
    folder.mkdir()
    scans = '[{"code": "arrive", "time": "2025-11-11 08:00:00"}, {"code": "depart", "time": "2025-11-11 09:00:00"}]'
    (folder / "traces.json").write_text(f'{{"no": "A1", "scans": {scans}}}\n', encoding="utf-8")
    found = only(folder, parse(block, "lists.toml")).events
    assert found.at.tolist() == [1_762_819_200, 1_762_822_800]
    assert found.kind.tolist() == [BY_CODE["arrive"].id, BY_CODE["depart"].id]


@pytest.mark.parametrize("columns", ['waybill="/a"\nkind="/a/b"\nat="t"', 'waybill="/a/b"\nkind="/a"\nat="t"', 'waybill="A"\nkind="a"\nat="t"'])  # fmt: skip
def test_json_keys_that_cannot_be_read_together(tmp_path: Path, columns: str) -> None:
    """A key read as a text and as an object, and two keys that differ in letter case only, are errors of the mapping."""
    with pytest.raises(MappingError, match="mapping m: the key"):
        chunks(jsonl(tmp_path / "e.jsonl", row()), parse(f'name="m"\noperator="SF"\n[columns]\n{columns}', "m.toml"))
