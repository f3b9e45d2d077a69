"""Every fast path gives what the plain way gives: objects, numbers, amounts, times and keys over arbitrary input."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from intake_world import chunks, row

from yilu.items.intake import Limits, Mapping, numbers, reasons, scan_jsonl
from yilu.items.intake.columns import Coded, encoded
from yilu.items.intake.judge import _long_amounts, amounts
from yilu.items.intake.read_jsonl import read_jsonl
from yilu.items.intake.read_parquet import _check_codes
from yilu.items.intake.times import ISO, _iso_row, seconds

TRIED = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))

KEYS = ["waybill", "kind", "at", "weight_g", "operator", "Kind", "other", "a long name of a column", "名", ""]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=14) | st.sampled_from(
    ["SF1234567890123", "arrive", "x" * 40]
)
NUMBER = st.sampled_from(
    ["0", "-0", "-0.0", "1.50", "1.5", "0.5", "0.05", "-3", "-3.25", "1e5", "1E400", "12345678901234567890", "999999999999999999",
     "123456789.123456", "1234567890.5", "01", "-", "1.", ".5", "+1", "NaN", "Infinity", "12.1234567", "100.0", "1-2", "5x"]
) | st.integers(-(10**19), 10**19).map(str) | st.floats(allow_nan=False, allow_infinity=False).map(repr) | st.decimals(0, 10**9, places=3).map(str)  # fmt: skip
RAW_VALUE = (
    NUMBER
    | st.builds(lambda text, ascii_: json.dumps(text, ensure_ascii=ascii_), TEXT, st.booleans())
    | st.sampled_from(
        ["true", "false", "null", "nul", "trueish", "[1, 2]", '{"a": {"b": 1}}', "[]", "{}", '"\\ud800"', '"\\ud83d\\ude00"', '"\\u00e9\\/"',
         '"\\x"', '"\\u12"', '"a\tb"', '"a\x7fb"', '"open', "", '"a" "b"']
    )
)  # fmt: skip
BLANK = st.sampled_from(["", "", "", " ", "\t", "  \r "])


@st.composite
def line(draw: st.DrawFn) -> str:
    """A line that is an object, or nearly one."""
    pairs = draw(st.lists(st.tuples(st.sampled_from(KEYS), RAW_VALUE), max_size=6))
    gap = draw(BLANK)
    body = f"{gap},{gap}".join(f"{json.dumps(k, ensure_ascii=draw(st.booleans()))}{gap}:{gap}{v}" for k, v in pairs)
    whole = f"{gap}{{{gap}{body}{gap}}}{gap}"
    cut = draw(st.sampled_from([None, None, None, len(whole) // 2, -1]))
    return (whole[:cut] + draw(st.sampled_from(["", "", "", "", "x", ",", "}", "//"]))).replace("\n", " ")


def objects(content: bytes, block_bytes: int, monkeypatch: pytest.MonkeyPatch, fast: bool) -> tuple[list, list]:
    """(row, values) of every object and (row, reason) of every other line."""
    with monkeypatch.context() as patched:
        if not fast:
            patched.setattr(scan_jsonl, "can_scan", lambda _: False)
        limits = Limits(block_bytes=block_bytes, max_line_bytes=4096)
        blocks = list(read_jsonl(io.BytesIO(content), "e", Mapping.read("yilu"), limits, 0))
    good = [(int(r), v) for b in blocks for r, v in zip(b.rows, b.table.to_pylist(), strict=True)]
    return good, [(int(r), int(w)) for b in blocks for r, w in zip(b.bad_rows, b.bad_why, strict=True)]


@TRIED
@given(st.lists(line(), max_size=12), st.sampled_from([64, 400, 1 << 16]))
@example(['{"waybill":"A1","kind":"x"}'] * 5 + ['{"waybill":"A\\u0031","kind":null,"kind":"y"}'], 1 << 16)
@example(['{"waybill":"A1","other":"a\\nb \\u4e2d"}'] * 3 + ["[1]", "null", ' {"at":"x"} '], 1 << 16)
def test_scanned_objects_are_those_of_the_general_way(lines: list[str], block_bytes: int) -> None:
    """Rows, values and refused lines are the same, whichever way reads a line, and however both are mixed."""
    content = b"".join(one.encode() + b"\n" for one in lines)
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert objects(content, block_bytes, monkeypatch, True) == objects(content, block_bytes, monkeypatch, False)


def test_very_many_codes_and_lines_of_other_key_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    """A column of codes with more texts than a dictionary takes, and keys in changing order, come through."""
    made = [row(waybill=f"W{i}", facility=f"place-{i}", weight_g=i) for i in range(5000)]
    made = [dict(reversed(one.items())) if i % 3 else one for i, one in enumerate(made)]
    content = b"".join(json.dumps(one).encode() + b"\n" for one in made)
    got, bad = objects(content, 1 << 20, monkeypatch, True)
    assert not bad and [v["facility"] for _, v in got] == [f"place-{i}" for i in range(5000)]
    assert [v["weight_g"] for _, v in got] == [str(i) for i in range(5000)]


SPELLED = st.text("0123456789ABYZabyz -_.,@[/:`{é", max_size=24) | st.text("0123456789AZ", min_size=7, max_size=18)


@TRIED
@given(st.lists(st.none() | SPELLED, max_size=12))
def test_numbers_are_judged_as_byte_by_byte(texts: list[str | None]) -> None:
    """The reason of each number is that of a plain look at its characters."""

    def plain(text: str | None) -> int:
        kept = (text or "").replace(" ", "").replace("-", "").encode()
        if any(not 33 <= b < 127 or b in b'"`,;<>@[]\\^{|}' for b in kept):
            return reasons.BAD_WAYBILL
        return reasons.MISSING_WAYBILL if not kept else reasons.LONG_WAYBILL if len(kept) > 20 else 0

    assert numbers.judge(pa.array(texts, pa.string()), 20, False).tolist() == [plain(t) for t in texts]


@TRIED
@given(
    st.lists(
        st.none() | st.from_regex(r" {0,2}[0-9]{0,17}(\.[0-9]{0,17})? {0,2}", fullmatch=True) | SPELLED, max_size=12
    )
)
@example([".5", "5.", "0.1", "999999999999999", "12345678901234.5", "\t", "", "1.2.3", "-1", "0.000000000000001"])
def test_amounts_are_the_nearest_numbers(texts: list[str | None]) -> None:
    """What the kernel reads is what Arrow reads, to the last bit."""
    column = pa.array(texts, pa.string())
    np.testing.assert_array_equal(amounts(column), _long_amounts(column))
    for text, value in zip(texts, amounts(column), strict=True):
        if text and text.strip() and not math.isnan(value):
            assert value == float(text)


def clocks() -> Iterator[str]:
    """Texts around the usual spelling of a time, right ones and wrong ones."""
    for clock in (
        "08:00:00",
        "23:59:59",
        "24:00:00",
        "08:60:00",
        "08:00:60",
        "8:00:000",
        "08-00-00",
        "0a:00:00",
        "08:0é:00",
    ):
        for end in (
            "",
            "Z",
            "z",
            "+0800",
            "-0330",
            "+08:00",
            "+24:00",
            "+08:60",
            "+08.00",
            "+08000",
            "*0800",
            "+8:000",
        ):
            for date in ("2025-11-11", "2025-02-29", "2024-02-29", "2025/11/11", "0000-01-01", "\0" * 10):
                yield f"{date}T{clock}{end}"


def test_usual_times_are_read_as_any_times() -> None:
    """A text in the usual spelling gives what the general kernel gives, also behind texts of the same date or offset."""
    texts = list(clocks())
    at, state = seconds(pa.array(texts + texts[::-1]), "UTC", (ISO,), "s")
    assert at.tolist() == at[::-1].tolist() and state.tolist() == state[::-1].tolist()
    for text, value, found in zip(texts, at, state, strict=False):
        data = np.frombuffer(text.encode(), np.uint8)
        expected, plain = _iso_row(data, 0, len(data), 1)
        assert (found == 2) == (plain == 2), text
        if plain != 2:
            assert value == expected, text


@TRIED
@given(
    st.lists(st.none() | st.sampled_from(["a", "b", " a ", "", " "]), min_size=1, max_size=20),
    st.integers(0, 5),
    st.booleans(),
)
def test_codes_are_spread_and_counted_by_row(texts: list[str | None], skipped: int, dictionary: bool) -> None:
    """Index, entries and counts are those of a look at each row, for slices too."""
    column = pa.array(texts, pa.string())
    column = (column.dictionary_encode() if dictionary else column).slice(skipped)
    expected = [(t or "").strip() or None for t in texts[skipped:]]
    index, values = encoded(column)
    assert [values[i] for i in index] == expected
    coded = Coded(index, values or [None], np.arange(1, 1 + max(1, len(values))))
    assert np.broadcast_to(coded.spread(coded.ids), len(expected)).tolist() == [i + 1 for i in index]
    wanted = np.arange(len(expected)) % 2 == 0
    assert coded.counts(None, len(expected)).tolist() == np.bincount(index, minlength=len(coded.values)).tolist()
    assert (
        coded.counts(wanted, len(expected)).tolist() == np.bincount(index[wanted], minlength=len(coded.values)).tolist()
    )


def test_small_row_groups_are_read_as_one_file(tmp_path: Path) -> None:
    """Row groups of any size, each with codes of its own, give the same rows, whatever is skipped and how blocks are cut."""
    rows = [
        row(waybill=f"W{i}", operator=("SF", "EMS")[i // 7 % 2], kind=("arrive", "depart")[i // 5 % 2])
        for i in range(60)
    ]
    rows[13] = row(operator="XX")
    for size in (1, 7, 25, 100):
        path = tmp_path / f"{size}.parquet"
        pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=size)
        for block_rows in (4, 16, 1000):
            for skip in (0, 8, 59):
                found = chunks(path, limits=Limits(block_rows=block_rows), chunk_rows=9, done=lambda _, n=skip: n)
                assert sum(c.rows for c in found) == 60 - skip and all(c.rows <= 9 for c in found)
                assert [r for c in found for r in c.quarantine["row"].to_pylist()] == ([14] if skip < 14 else [])
                operators = [int(o) for c in found for o in c.events.operator]
                assert operators == [1 + i // 7 % 2 for i in range(skip, 60) if i != 13]


def test_a_code_beyond_its_dictionary_is_damage() -> None:
    """No kernel is handed an index that points behind its table."""
    wrong = pa.DictionaryArray.from_arrays(pa.array([0, 2, None]), pa.array(["a", "b"]), safe=False)
    with pytest.raises(pa.ArrowInvalid):
        _check_codes(pa.RecordBatch.from_arrays([wrong], ["kind"]))


def test_unknown_places_are_those_of_the_rows(tmp_path: Path) -> None:
    """A text of a dictionary that no row of a chunk has leaves no trace in that chunk."""
    path = tmp_path / "e.parquet"
    pq.write_table(pa.Table.from_pylist([row(facility=f) for f in ("GZ-HUB", "MOON", "GZ-HUB")]), path)
    assert [c.unknown for c in chunks(path, chunk_rows=1)] == [{}, {"place": {"MOON": 1}}, {}]
