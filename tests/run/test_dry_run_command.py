"""``yilu ingest --dry-run``: reads everything, keeps nothing, says each row."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from yilu.cli.app import app
from yilu.errors import YiluError

GOOD = "SF,A{n},accept,2025-11-11T10:00:00+08:00,{place}\n"
HEAD = "operator,waybill,kind,at,facility\n"


def run(tmp_path: Path, *arguments: str, language: str = "zh") -> Result:
    """The command with a store and a key that must not come to be."""
    env = {"YILU_KEY_FILE": str(tmp_path / "key"), "YILU_STORE": str(tmp_path / "store"), "YILU_LANGUAGE": language}
    return CliRunner().invoke(app, ["ingest", *arguments, "--dry-run"], env=env)


@pytest.fixture
def place() -> str:
    """A facility of the province."""
    from yilu.network import load

    return str(load("guangdong").facilities.code[1])


def test_nothing_is_kept(tmp_path: Path, place: str) -> None:
    """Neither a store nor a key comes to be; a source that is all usable leaves with 0."""
    file = tmp_path / "e.csv"
    file.write_text(HEAD + GOOD.format(n=1, place=place), encoding="utf-8")
    ran = run(tmp_path, str(file))
    assert ran.exit_code == 0, ran.output
    assert sorted(p.name for p in tmp_path.iterdir()) == ["e.csv"]


def test_each_row_with_its_reason(tmp_path: Path, place: str) -> None:
    """People see counts, reasons, rows and what to do; machines one document; both leave with 1, and no number is shown."""
    file = tmp_path / "e.csv"
    file.write_text(HEAD + GOOD.format(n=123456789, place="MOON") + "SF,B123456789,accept,never,\n", encoding="utf-8")
    for language, word in (("zh", "时间无法识别"), ("en", "A time can't be read")):
        ran = run(tmp_path, str(file), language=language)
        assert ran.exit_code == 1
        assert word in ran.output and "MOON" in ran.output and "123456789" not in ran.output
    document = json.loads(run(tmp_path, str(file), "--json").output)
    assert (document["rows"], document["used"], document["quarantined"]) == (2, 1, 1)
    assert [(p["row"], p["reason"]) for p in document["problems"]] == [(2, "bad_time")]


def test_the_column_at_fault_is_named_with_what_stood_in_it(tmp_path: Path, place: str) -> None:
    """People see the source's name of the column and its text, not those of another time; so do the document and the CSV."""
    file, report = tmp_path / "e.csv", tmp_path / "rows.csv"
    head = HEAD.replace("facility", "facility,recorded_at,weight_g")
    at = "2025-11-11T10:00:00+08:00"
    lines = [f"SF,A1,accept,{at},{place},2025-02-30T00:00:00Z,\n", f"SF,A2,accept,{at},{place},,-7\n"]
    file.write_text(head + "".join(lines), encoding="utf-8")
    expected = [("recorded_at", "2025-02-30T00:00:00Z", ""), ("weight_g", at, "-7")]
    for language, word in (("zh", "出错的列"), ("en", "column at fault")):
        shown = run(tmp_path, str(file), language=language).output
        assert word in shown and "recorded_at" in shown and "weight_g" in shown and "2025-02-30T00:00:00Z" in shown
    document = json.loads(run(tmp_path, str(file), "--json").output)
    assert [(p["column"], p["time"], p["weight"] or "") for p in document["problems"]] == expected
    run(tmp_path, str(file), "--report", str(report))
    with report.open(encoding="utf-8-sig", newline="") as held:
        assert [(r["column"], r["time"], r["weight"]) for r in csv.DictReader(held)] == expected


def test_all_rows_go_into_the_report(tmp_path: Path) -> None:
    """The CSV holds every quarantined row, also beyond those that are shown, with file, row, reason and the reason in words."""
    file, report = tmp_path / "e.csv", tmp_path / "rows.csv"
    file.write_text(HEAD + "SF,A1,accept,never,\n" * 1500, encoding="utf-8")
    assert run(tmp_path, str(file), "--report", str(report)).exit_code == 1
    with report.open(encoding="utf-8-sig", newline="") as held:
        rows = list(csv.DictReader(held))
    assert [int(r["row"]) for r in rows] == list(range(1, 1501))
    assert {(r["file"], r["reason"], r["zh"]) for r in rows} == {("e.csv", "bad_time", "时间无法识别")}
    assert report.read_bytes().startswith(b"\xef\xbb\xbf")
    assert not any("A1" in value for value in rows[0].values())


def test_a_source_that_cannot_be_read_leaves_with_3(tmp_path: Path, place: str) -> None:
    """What could be read of a folder is reported, the broken file is named."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text(HEAD + GOOD.format(n=1, place=place), encoding="utf-8")
    (tmp_path / "in" / "b.parquet").write_bytes(b"no")
    ran = run(tmp_path, str(tmp_path / "in"), "--json")
    assert ran.exit_code == 3
    document = json.loads(ran.output)
    assert document["used"] == 1 and "b.parquet" in document["errors"][0]


def test_report_without_dry_run_is_refused(tmp_path: Path) -> None:
    """An option that would do nothing is a mistake of usage; nothing is read."""
    refused = CliRunner().invoke(app, ["ingest", "nowhere.csv", "--report", str(tmp_path / "r.csv")])
    assert isinstance(refused.exception, YiluError) and refused.exception.exit_code == 2
    folder = run(tmp_path, "nowhere.csv", "--report", str(tmp_path))
    assert isinstance(folder.exception, YiluError) and folder.exception.exit_code == 2
