"""A quarantined row says which column of the source is at fault, and, of a time, what stood in it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from intake_world import KEY, NETWORK, chunks, jsonl, only, reasons_of, row

from yilu.items import feeds
from yilu.items.intake import QUARANTINE, Chunk, Limits, Mapping, door_of, read_lines
from yilu.items.intake.mapping import parse

AT, RECORDED, PROMISED = "2025-11-11T08:00:00+08:00", "2025-11-11T08:05:00+08:00", "2025-11-13T20:00:00+08:00"
RENAMED = """
    name = "own"
    [columns]
    operator = "企业"
    waybill = "运单号"
    kind = "操作码"
    at = "操作时间"
    recorded_at = { column = "入库时间", optional = true }
    promise = { column = "承诺送达", optional = true }
    weight_g = { column = "重量", optional = true }
    piece = { column = "子件", optional = true }
    voids = { column = "撤销编号", optional = true }
    item_class = { column = "类别", optional = true }
"""
SOURCE = {
    "operator": "企业", "waybill": "运单号", "kind": "操作码", "at": "操作时间", "recorded_at": "入库时间", "promise": "承诺送达", "weight_g": "重量", "piece": "子件",
    "voids": "撤销编号", "item_class": "类别",
}  # fmt: skip
"""Event columns and what the source of RENAMED calls them."""


def told(chunk: Chunk, *names: str) -> list[tuple[Any, ...]]:
    """These columns of every quarantined row."""
    return [tuple(r[name] for name in names) for r in chunk.quarantine.to_pylist()]


def renamed(given: dict[str, Any]) -> dict[str, Any]:
    """A row of yilu's layout as the source of RENAMED writes it."""
    return {SOURCE[name]: value for name, value in given.items() if name in SOURCE}


@pytest.mark.parametrize("own_names", [False, True])
@pytest.mark.parametrize("column", ["at", "recorded_at", "promise"])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2025-02-30T00:00:00Z", "bad_time"), ("2025-11-11 08:00:00", "bad_time"), ("2199-01-01T00:00:00Z", "time_out_of_range"),
        ("1999-12-31T23:59:59Z", "time_out_of_range"),
    ],
)  # fmt: skip
def test_a_time_at_fault_is_named_and_shown(
    tmp_path: Path, own_names: bool, column: str, text: str, reason: str
) -> None:
    """Unreadable or out of range: the source's name of that one of the three times, and its text, though the other two are right."""
    bad = row(**{"at": AT, "recorded_at": RECORDED, "promise": PROMISED, column: text})
    good = row(at=AT, recorded_at=RECORDED, promise=PROMISED)
    if own_names:
        path = jsonl(tmp_path / "e.jsonl", renamed(good), renamed(bad))
        chunk, name = only(path, parse(RENAMED, "own.toml")), SOURCE[column]
    else:
        chunk, name = only(jsonl(tmp_path / "e.jsonl", good, bad)), column
    assert told(chunk, "row", "reason", "column", "time") == [(2, reason, name, text)]


def test_the_column_is_that_of_the_reason(tmp_path: Path) -> None:
    """Of several faults the one that the reason speaks of is named: an earlier reason takes the column with it, and of one reason the first column."""
    chunk = only(
        jsonl(
            tmp_path / "e.jsonl",
            row(at="2199-01-01T00:00:00Z", promise="2025-02-30T00:00:00Z"),
            row(recorded_at="2025-02-28T25:00:00Z", promise="2025-02-30T00:00:00Z"),
            row(promise="2025-02-30T00:00:00Z", waybill=""),
        )
    )
    assert told(chunk, "reason", "column", "time") == [
        ("bad_time", "promise", "2025-02-30T00:00:00Z"),
        ("bad_time", "recorded_at", "2025-02-28T25:00:00Z"),
        ("missing_waybill", "waybill", row()["at"]),
    ]


@pytest.mark.parametrize(
    ("column", "changed", "reason"),
    [
        ("weight_g", {"weight_g": "-5"}, "weight_range"), ("weight_g", {"weight_g": "heavy"}, "weight_range"), ("piece", {"piece": "4096"}, "piece_range"),
        ("piece", {"piece": "1.5"}, "piece_range"), ("operator", {"operator": "XX"}, "unknown_operator"), ("operator", {"operator": ""}, "unknown_operator"),
        ("waybill", {"waybill": ""}, "missing_waybill"), ("waybill", {"waybill": "9" * 65}, "long_waybill"), ("waybill", {"waybill": "A\t1"}, "bad_waybill"),
        ("waybill", {"waybill": "RB123456786NL"}, "bad_check_digit"), ("kind", {"kind": ""}, "missing_kind"), ("at", {"at": ""}, "missing_time"),
        ("at", {"recorded_at": "2025-11-10T12:00:00Z"}, "clock_ahead"), ("voids", {"kind": "void"}, "void_without_event_id"),
        ("item_class", {"item_class": "机要"}, "confidential"),
    ],
)  # fmt: skip
def test_each_reason_names_its_column(tmp_path: Path, column: str, changed: dict[str, Any], reason: str) -> None:
    """By yilu's own names, and, where a mapping reads other ones, by those of the source."""
    chunk = only(jsonl(tmp_path / "e.jsonl", row(), row(**changed)))
    assert told(chunk, "row", "reason", "column") == [(2, reason, column)]
    path = jsonl(tmp_path / "o.jsonl", renamed(row()), renamed(row(**changed)))
    assert told(only(path, parse(RENAMED, "own.toml")), "row", "reason", "column") == [(2, reason, SOURCE[column])]


def test_a_row_of_another_operator_names_the_operator() -> None:
    """At a door that lets one operator in."""
    door = replace(door_of(Mapping.read("yilu"), NETWORK, KEY), operator=1)
    [chunk] = read_lines(json.dumps(row(operator="EMS")).encode() + b"\n", "stream", door)
    assert told(chunk, "reason", "column") == [("other_operator", "operator")]


def test_the_event_block_that_refuses_names_its_own_column(tmp_path: Path) -> None:
    """Where several events of a row read their time from different columns, that of the refused event is named and shown."""
    mapping = parse(
        'name="o"\noperator="SF"\nformat="csv"\n[columns]\nwaybill="id"\n'
        '[[event]]\nkind={value="accept"}\nat="taken"\n[[event]]\nkind={value="deliver"}\nat="given"\n',
        "o.toml",
    )
    path = tmp_path / "o.csv"
    path.write_text(
        "id,taken,given\nA,2025-01-01T00:00:00Z,2025-02-30T00:00:00Z\nB,2199-01-01T00:00:00Z,2025-01-02T00:00:00Z\n",
        encoding="utf-8",
    )
    assert told(only(path, mapping), "column", "time") == [
        ("given", "2025-02-30T00:00:00Z"),
        ("taken", "2199-01-01T00:00:00Z"),
    ]


@pytest.mark.parametrize("header", ["13800138000", "440101199001011234", "张三 138-0013-8000", "x" * 41])
def test_a_header_that_may_be_of_a_person_is_not_shown(tmp_path: Path, header: str) -> None:
    """A file without a head, whose first row was taken for one: a name with a long number, or one too long for a name, shows as its length."""
    columns = f'[columns]\nwaybill="w"\nkind="k"\nat="t"\npromise={{column="{header}"}}'
    mapping = parse(f'name="m"\nformat="csv"\noperator="SF"\n{columns}', "m.toml")
    path = tmp_path / "e.csv"
    path.write_text(f"w,k,t,{header}\nA1,arrive,2025-01-01T00:00:00Z,2025-02-30T00:00:00Z\n", encoding="utf-8")
    chunk = only(path, mapping)
    assert told(chunk, "column", "time") == [(f"(hidden, {len(header)} characters)", "2025-02-30T00:00:00Z")]
    assert header not in str(chunk.quarantine.to_pylist())


def test_the_text_of_the_column_at_fault_is_masked(tmp_path: Path) -> None:
    """What stands in the time at fault is shown only where it looks like a time, whichever time it is."""
    chunk = only(jsonl(tmp_path / "e.jsonl", row(recorded_at="13800138000"), row(promise="张三丰")))
    assert told(chunk, "column", "time") == [
        ("recorded_at", "(hidden, 11 characters)"),
        ("promise", "(hidden, 3 characters)"),
    ]


def test_where_no_single_column_is_at_fault_none_is_named(tmp_path: Path) -> None:
    """Lines that are no rows, rows of no event, rows that a condition refuses, a constant of the mapping; the rows after them name theirs."""
    bad = [b"{", b"\xff{", b"x" * 900, row(promise="2025-02-30T00:00:00Z")]
    chunk = only(jsonl(tmp_path / "e.jsonl", *bad), limits=Limits(max_line_bytes=600))
    assert told(chunk, "reason", "column") == [("malformed", None), ("invalid_utf8", None), ("line_too_long", None), ("bad_time", "promise")]  # fmt: skip
    mapping = parse(
        'name="m"\noperator="SF"\n[columns]\nwaybill="w"\nat="t"\n[[event]]\nkind={value="void"}\nvoids={value=" "}\n'
        'when={column="t"}\n[[confidential]]\ncolumn="class"\nequals=["secret"]\n',
        "m.toml",
    )
    rows = [{"w": "A"}, {"w": "A", "t": AT, "class": "secret"}, {"w": "A", "t": AT}]
    assert told(only(jsonl(tmp_path / "m.jsonl", *rows), mapping), "reason", "column") == [
        ("no_event", None),
        ("confidential", None),
        ("void_without_event_id", None),
    ]


@pytest.mark.parametrize("format_", ["", 'format = "epcis"\n'])
def test_a_document_has_no_column(tmp_path: Path, format_: str) -> None:
    """The columns that a document's events are read into are yilu's own: a name of them would be looked for in vain."""
    event = {
        "type": "ObjectEvent", "eventTime": "2199-01-01T00:00:00Z", "eventTimeZoneOffset": "+08:00", "action": "OBSERVE", "bizStep": "arriving",
        "epcList": ["urn:epc:id:sscc:4012345.0000000001"],
    }  # fmt: skip
    (tmp_path / "d.json").write_text(
        json.dumps(
            {
                "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"], "type": "EPCISDocument", "schemaVersion": "2.0",
                "creationDate": "2025-11-11T00:00:00Z", "epcisBody": {"eventList": [event, {**event, "eventTime": "1960-01-01T00:00:00Z"}]},
            }
        ),
        encoding="utf-8",
    )  # fmt: skip
    columns = "" if format_ else '[columns]\nwaybill="w"\nkind="k"\nat="t"\n'
    [chunk] = chunks(tmp_path / "d.json", parse(f'name = "gs1"\n{format_}operator = "EMS"\n{columns}', "gs1.toml"))
    assert reasons_of(chunk) == [(1, "time_out_of_range"), (2, "time_out_of_range")]
    assert told(chunk, "column") == [(None,), (None,)]


def test_both_quarantines_name_a_column_alike() -> None:
    """Rows of scan events and rows of feeds beside them begin with the same columns, so that one table can hold both."""
    assert QUARANTINE.names[:4] == feeds.QUARANTINE.names[:4] == ["file", "row", "reason", "column"]
