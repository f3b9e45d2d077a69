"""Reading feeds: each value as it was meant, each wrong row named and set aside, nothing of persons taken."""

from __future__ import annotations

import datetime
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.both_languages import assert_both
from tests.items.feeds.feed_world import FACILITIES, FACILITY, GOOD, OPERATORS, read, write
from yilu.errors import InputError
from yilu.items import feeds
from yilu.items.feeds import files
from yilu.items.feeds.values import _one_credit_code
from yilu.items.keys import Key, hash128

ENDINGS = (".csv", ".jsonl", ".ndjson", ".parquet")
kinds = pytest.mark.parametrize("kind", feeds.KINDS)
endings = pytest.mark.parametrize("ending", ENDINGS)


@kinds
@endings
def test_good_row_in_every_format(tmp_path: Path, kind: str, ending: str) -> None:
    """A row of each kind is read from each format, with the kind's schema and the same values."""
    found = read(kind, write(tmp_path / f"f{ending}", [GOOD[kind]] * 3))
    assert found.quarantine.to_pylist() == []
    assert found.counts == {"rows": 3, "used": 3, "quarantined": 0}
    assert found.table.schema.equals(feeds.KINDS[kind].schema, check_metadata=True)
    for name, value in found.table.to_pylist()[2].items():
        given_text, type_ = GOOD[kind][name], next(a.type for a in feeds.KINDS[kind].attributes if a.name == name)
        expected: object = given_text or None
        if type_ in ("operator", "facility"):
            of_code = OPERATORS.index_of_code if type_ == "operator" else FACILITIES.index_of_code
            expected = of_code[given_text]
        elif type_ == "day" and given_text:
            expected = datetime.date.fromisoformat(given_text)
        elif type_ == "instant" and given_text:
            expected = int(datetime.datetime.fromisoformat(given_text).timestamp())
        elif type_ == "count" and given_text:
            expected = int(given_text)
        assert value == expected, name


def test_typed_parquet_is_read_like_text(tmp_path: Path) -> None:
    """Whole numbers, dates, dictionaries and zoned timestamps of Parquet mean what their text means."""
    row = GOOD["device_status"]
    at = datetime.datetime.fromisoformat(row["at"])
    typed = pa.table(
        {
            "device": pa.array([row["device"]] * 2).dictionary_encode(),
            "kind": pa.array([row["kind"]] * 2, pa.large_string()),
            "at": pa.array([at, at], pa.timestamp("ms", "Asia/Shanghai")),
            "facility": [FACILITY, FACILITY],
            "value": pa.array([37, 37], pa.uint8()),
        }
    )
    pq.write_table(typed, tmp_path / "t.parquet")
    assert (
        read("device_status", tmp_path / "t.parquet").table
        == read("device_status", write(tmp_path / "t.csv", [row, row])).table
    )
    pq.write_table(
        typed.set_column(2, "at", pa.array([at.replace(tzinfo=None)] * 2, pa.timestamp("ms"))), tmp_path / "n.parquet"
    )
    assert read("device_status", tmp_path / "n.parquet").quarantine.column("column").to_pylist() == ["at", "at"]


def test_json_numbers_are_read_like_text(tmp_path: Path) -> None:
    """A JSON number and its text are the same count; null is absent; a broken line is set aside and counted."""
    head = f'{{"device":"XR-01","kind":"passes","at":"2025-11-11T00:00:00Z","facility":"{FACILITY}","value":'
    lines = [
        head + "37}",
        head + '"37"}',
        "",
        head + "null}",
        head + "3.5}",
        "{broken",
        "[1]",
        '"text"',
        head + "true}",
    ]
    (tmp_path / "x.jsonl").write_text("\n".join(lines), encoding="utf-8")
    found = read("device_status", tmp_path / "x.jsonl")
    assert found.table.column("value").to_pylist() == [37, 37]
    assert found.quarantine.column("row").to_pylist() == [4, 5, 6, 7, 8, 9]
    assert found.counts == {"rows": 8, "used": 2, "quarantined": 6}


BAD: list[tuple[str, str, str, str | None]] = [
    ("daily_aggregates", "operator", "no-such-firm", "no-such-firm"),
    ("daily_aggregates", "operator", "", None),
    ("daily_aggregates", "facility", "no-such-place", "no-such-place"),
    ("daily_aggregates", "facility", "13800138000", "(hidden, 11 characters)"),
    ("daily_aggregates", "day", "2025-02-30", "2025-02-30"),
    ("daily_aggregates", "day", "20251111", "20251111"),
    ("daily_aggregates", "day", "张三", "(hidden, 2 characters)"),
    ("daily_aggregates", "direction", "sideways", "sideways"),
    ("daily_aggregates", "purpose", "", None),
    ("daily_aggregates", "accepted", "-1", "-1"),
    ("daily_aggregates", "accepted", "1.5", "1.5"),
    ("daily_aggregates", "accepted", "1e3", "(hidden, 3 characters)"),
    ("daily_aggregates", "accepted", "9999999999999", "(hidden, 13 characters)"),
    ("daily_aggregates", "inspected", "1201", "1201"),
    ("daily_aggregates", "identified", "1201", "1201"),
    ("device_status", "at", "2025-11-11T08:00:00", "2025-11-11T08:00:00"),
    ("device_status", "at", "1762819200", "1762819200"),
    ("device_status", "at", "1960-01-01T00:00:00Z", None),
    ("device_status", "device", "13800138000", None),
    ("device_status", "device", "XR 110105194912310021", None),
    ("device_status", "device", "138-0013-8000", None),
    ("device_status", "device", "8613800138000", None),
    ("device_status", "device", "86_138.0013.8000", None),
    ("device_status", "device", "张三", None),
    ("device_status", "device", "Zhang-San", None),
    ("licences", "licence", "王小明", None),
    ("device_status", "value", "", None),
    ("outlet_filings", "filing", "110105194912310021", None),
    ("outlet_filings", "opened_on", "2029-01-01", "2029-01-01"),
    ("sender_agreements", "customer", "13800138000", None),
    ("sender_agreements", "customer", "110105194912310021", None),
    ("sender_agreements", "customer", "zz" * 16, None),
    ("sender_agreements", "valid_to", "2024-12-31", None),
    ("licences", "credit_code", "91350100M000100Y44", None),
    ("licences", "credit_code", "110105194912310021", None),
]


@pytest.mark.parametrize(("kind", "column", "text", "shown"), BAD)
def test_wrong_value_sets_its_row_aside(tmp_path: Path, kind: str, column: str, text: str, shown: str | None) -> None:
    """One wrong value costs its row alone; the account names file, row, column and, in both languages, what was expected, values only where harmless."""
    rows = [GOOD[kind], GOOD[kind] | {column: text}, GOOD[kind]]
    found = read(kind, write(tmp_path / "bad.csv", rows))
    assert found.counts == {"rows": 3, "used": 2, "quarantined": 1}
    (said,) = found.quarantine.to_pylist()
    assert (said["file"], said["row"]) == ("bad.csv", 2)
    assert said["column"] == (column if column != "valid_to" else "valid_from")
    assert_both((said["expected_zh"], said["expected"]))
    if shown is not None or column not in ("valid_to", "at"):
        assert said["value"] == shown
    if kind == "sender_agreements" and column == "customer":
        assert text not in repr(said)


@pytest.mark.parametrize("switch", ["power", "inspector", "online"])
def test_switches_are_on_or_off(tmp_path: Path, switch: str) -> None:
    """A machine is on or off; 2 is neither. Passes and flags are counts."""
    rows = [GOOD["device_status"] | {"kind": switch, "value": v} for v in ("0", "1", "2")]
    rows += [GOOD["device_status"] | {"kind": k, "value": "2"} for k in ("passes", "flags")]
    found = read("device_status", write(tmp_path / "s.csv", rows))
    assert found.quarantine.column("row").to_pylist() == [3]
    assert found.quarantine.column("column").to_pylist() == ["value"]


PERSONAL = [
    "name", "sender_name", "receiver", "phone", "mobile_no", "tel", "id_card", "idcard", "id_number", "address", "Address_zh",
    "姓名", "收件人电话", "法定代表人", "身份证号", "负责人", "联系地址", "legal_person", "courier", "email",
]  # fmt: skip


@kinds
@pytest.mark.parametrize("name", PERSONAL)
def test_columns_of_persons_are_refused(tmp_path: Path, kind: str, name: str) -> None:
    """A column of names, telephones, identity numbers or addresses ends the reading, in every format, without showing a value."""
    for ending in ENDINGS:
        with pytest.raises(InputError, match="persons") as refused:
            read(kind, write(tmp_path / f"p{ending}", [GOOD[kind] | {name: "Zhang-San-4711"}]))
        assert refused.value.column == name
        assert "4711" not in refused.value.message + refused.value.next_step


@kinds
@endings
def test_other_columns_and_missing_ones(tmp_path: Path, kind: str, ending: str) -> None:
    """An unknown column is a fault, not ignored; without a required column nothing is read, and no header is shown."""
    with pytest.raises(InputError, match="colour"):
        read(kind, write(tmp_path / f"u{ending}", [GOOD[kind] | {"colour": "red"}]))
    needed = next(a.name for a in feeds.KINDS[kind].attributes if a.required)
    if ending in (".csv", ".parquet"):
        lacking = {("Zhang-San-4711" if k == needed else k): v for k, v in GOOD[kind].items()}
        with pytest.raises(InputError, match=needed) as refused:
            read(kind, write(tmp_path / f"m{ending}", [lacking]))
        assert "4711" not in refused.value.message


@kinds
def test_columns_that_may_be_missing(tmp_path: Path, kind: str) -> None:
    """Columns that are not required may be left out: defaults hold, counts stay unknown instead of 0."""
    needed = {a.name: GOOD[kind][a.name] for a in feeds.KINDS[kind].attributes if a.required}
    (row,) = read(kind, write(tmp_path / "n.csv", [needed])).table.to_pylist()
    for a in feeds.KINDS[kind].attributes:
        if not a.required:
            assert row[a.name] == (a.default or (0 if a.type == "facility" else None))


def test_faults_of_csv_lines(tmp_path: Path) -> None:
    """Lines with too few or too many fields and bytes that are no UTF-8 are set aside under their own row numbers; empty lines are none."""
    good = f"XR-01,passes,2025-11-11T00:00:00Z,{FACILITY},1".encode()
    lines = [
        b"\xef\xbb\xbfdevice,kind,at,facility,value",
        good,
        b"a,b",
        good,
        b"X\xff,passes,2025-11-11T00:00:00Z,x,1",
        good + b",9",
        good,
        b"",
    ]
    (tmp_path / "l.csv").write_bytes(b"\r\n".join(lines))
    found = read("device_status", tmp_path / "l.csv")
    assert found.quarantine.column("row").to_pylist() == [2, 4, 5]
    assert found.quarantine.column("column").to_pylist() == [None, "device", None]
    assert found.counts == {"rows": 6, "used": 3, "quarantined": 3}


@given(
    st.lists(st.sampled_from(["good", "short", "long", "wrong", "quoted", "blank"]), min_size=1, max_size=60),
    st.sampled_from([1, 400]),
)
def test_row_numbers_hold_over_blocks(shapes: list[str], repeated: int) -> None:
    """Whatever lines stand before it, in whatever block of the file, a wrong line is told under its own number."""
    tail = f"passes,2025-11-11T00:00:00Z,{FACILITY}"
    lines = {
        "good": f"XR-01,{tail},1",
        "short": "a,b",
        "long": f"XR-01,{tail},1,2",
        "wrong": f"XR-01,{tail},-1",
        "quoted": f'"X\nR",{tail},1',
        "blank": "",
    }
    shapes = ["good"] * 5 + shapes * repeated
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_BLOCK", 4096)
        path = Path(folder) / "b.csv"
        path.write_text("device,kind,at,facility,value\n" + "".join(lines[s] + "\n" for s in shapes), encoding="utf-8")
        found = read("device_status", path)
    said = list(
        zip(found.quarantine.column("row").to_pylist(), found.quarantine.column("column").to_pylist(), strict=True)
    )
    column = {"short": None, "long": None, "wrong": "value", "quoted": "device"}
    assert said == [(i, column[s]) for i, s in enumerate(shapes, 1) if s in column]
    assert found.counts["used"] == shapes.count("good")
    assert found.counts["rows"] == len(shapes) - shapes.count("blank")


@pytest.mark.parametrize("name", ["x.xlsx", "x", "missing.csv", "missing.parquet", "missing.jsonl"])
def test_files_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    """Another format or no file at all is an error with a next step."""
    if not name.startswith("missing"):
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(InputError) as refused:
        read("licences", tmp_path / name)
    assert refused.value.next_step


@pytest.mark.parametrize("name", ["e.csv", "e.parquet"])
def test_empty_and_broken_files(tmp_path: Path, name: str) -> None:
    """A file of nothing, or of other bytes, is refused whole; a header without rows is no rows."""
    for content in (b"", b"\x00\xff\xfe\x00"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError):
            read("licences", tmp_path / name)
    (tmp_path / "h.csv").write_text(",".join(GOOD["licences"]) + "\n")
    assert read("licences", tmp_path / "h.csv").counts == {"rows": 0, "used": 0, "quarantined": 0}
    (tmp_path / "h.jsonl").write_text("")
    assert read("licences", tmp_path / "h.jsonl").table.num_rows == 0


def test_unknown_kind(tmp_path: Path) -> None:
    """A kind that isn't declared is named with those that are."""
    with pytest.raises(InputError, match="daily_aggregates, device_status"):
        read("weather", tmp_path / "x.csv")


def test_customers_are_hashed_again_under_a_key(tmp_path: Path) -> None:
    """With a key the stored hash is another than the file's, the same for the same customer and other under another operator."""
    other = str(OPERATORS.code[2])
    rows = [
        GOOD["sender_agreements"] | c
        for c in ({}, {"customer": "CD" * 16}, {"operator": other}, {"customer": "AB" * 32})
    ]
    path = write(tmp_path / "a.csv", rows)
    found = (
        feeds.read("sender_agreements", path, OPERATORS, FACILITIES, Key(bytes(16)))
        .table.column("customer")
        .to_pylist()
    )
    assert found[0] == found[3]
    assert len({*found, "ab" * 32, "cd" * 16}) == 5
    again = feeds.read("sender_agreements", path, OPERATORS, FACILITIES, Key(bytes(16)[1:] + b"1")).table
    assert not set(again.column("customer").to_pylist()) & set(found)
    assert read("sender_agreements", path).table.column("customer").to_pylist()[0] == "ab" * 32


@pytest.mark.parametrize(
    "number", ["XR-01", "7", "粤深邮备〔2025〕00012号", "国邮20100001C", "440300-1301-00012", "9913800138000"]
)
def test_numbers_of_things_are_taken(tmp_path: Path, number: str) -> None:
    """What numbers of devices, filings and licences look like is not taken for a name or telephone."""
    row = GOOD["device_status"] | {"device": number}
    assert read("device_status", write(tmp_path / "n.csv", [row])).table.column("device").to_pylist() == [number]


def test_file_of_many_blank_lines_keeps_its_numbers(tmp_path: Path) -> None:
    """Where lines are empty, rows behind them still stand under the number they have in the file."""
    row = f"XR-01,passes,2025-11-11T00:00:00Z,{FACILITY},"
    (tmp_path / "b.csv").write_text("\n".join(["device,kind,at,facility,value", "", row + "1", "", "", row + "x", ""]))
    found = read("device_status", tmp_path / "b.csv")
    assert found.counts == {"rows": 2, "used": 1, "quarantined": 1}
    assert found.quarantine.column("row").to_pylist() == [5]


def test_stored_hash_is_that_of_the_item_key(tmp_path: Path) -> None:
    """Customers are hashed as ``hash128`` says: both halves, most significant digit first, under their own operator."""
    codes = [str(c) for c in OPERATORS.code[1:4]]
    rows = [GOOD["sender_agreements"] | {"operator": c, "customer": f"{i:032x}"} for i, c in enumerate(codes * 5)]
    key = Key(b"0123456789abcdef")
    path = write(tmp_path / "a.csv", rows)
    found = feeds.read("sender_agreements", path, OPERATORS, FACILITIES, key).table.column("customer").to_pylist()
    ids = np.array([OPERATORS.index_of_code[r["operator"]] for r in rows], np.uint16)
    first, second = hash128(pa.array([r["customer"] for r in rows]), ids, key)
    assert found == [f"{a:016x}{b:016x}" for a, b in zip(first.tolist(), second.tolist(), strict=True)]


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=17, max_size=17), st.integers(0, 16), st.integers(1, 30))
def test_check_character_finds_every_single_mistake(body: str, at: int, by: int) -> None:
    """Exactly one check character fits, and no one wrong character passes."""
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    (good,) = [body + c for c in signs if _one_credit_code(body + c)]
    wrong = signs[(signs.index(good[at]) + by) % 31]
    assert _one_credit_code(good[:at] + wrong + good[at + 1 :]) is None
