"""Properties over arbitrary input: no row is lost, none is counted twice, and what a reader makes agrees with a plain one."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from intake_world import chunks, reasons_of, row

from yilu.items.intake import Limits, Mapping
from yilu.items.intake.lines import lines
from yilu.items.intake.mapping import parse
from yilu.items.intake.times import ISO, OK, seconds

TRIED = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
SMALL = Limits(max_line_bytes=120, block_bytes=256, block_rows=16, max_codes=5)
HEADER = b"operator,waybill,kind,at,weight_g\n"
SNIPPETS = st.sampled_from(
    [b'"', b'""', b",", b"\r", b"\r\n", b"{", b"}", b'"a,b"', b"\xff", "收件".encode(), "收件".encode("gb18030"), b"\x00", b"NaN", b"1e400", b"[", b"null",
     json.dumps(row()).encode(), b"SF,A1,arrive,2025-01-01T00:00:00Z,5", b'SF,"A ""1""",arrive,2025-01-01T00:00:00Z,', b"\\ud800", b"x" * 130]
)  # fmt: skip
GARBAGE = st.lists(st.lists(st.one_of(SNIPPETS, st.binary(max_size=12)), max_size=8).map(b"".join), max_size=30).map(
    b"\n".join
)


def rows_in(content: bytes) -> int:
    """Lines that aren't blank, as a plain reading counts them."""
    return sum(1 for line in content.split(b"\n") if line.removesuffix(b"\r"))


def read(content: bytes, suffix: str, mapping: str | Mapping = "yilu", **changed: object) -> list:
    """All chunks of ``content`` as a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"e.{suffix}"
        path.write_bytes(content)
        return chunks(path, mapping, **{"limits": SMALL, **changed})


@TRIED
@given(GARBAGE, st.integers(1, 40))
def test_every_line_of_garbage_is_used_or_quarantined(content: bytes, chunk_rows: int) -> None:
    """JSON Lines and CSV: rows = used + quarantined = lines that aren't blank, each row's number once, for any bytes but UTF-16."""
    assume(not content.startswith((b"\xff\xfe", b"\xfe\xff")))  # refused whole: test_intake_bad_input
    for suffix, body in (("jsonl", content), ("csv", HEADER + content)):
        found = read(body, suffix, chunk_rows=chunk_rows)
        # The byte order mark at the start of a file is no part of its first line.
        expected = rows_in(body.removeprefix(b"\xef\xbb\xbf")) - (suffix == "csv")
        assert sum(c.rows for c in found) == expected
        assert sum(c.used for c in found) + sum(c.quarantine.num_rows for c in found) == expected
        numbers = [r for c in found for r, _ in reasons_of(c)]
        assert numbers == sorted(set(numbers)) and all(1 <= r <= expected for r in numbers)
        assert all(len(c.events) == c.used for c in found)


@TRIED
@given(GARBAGE)
def test_quoted_line_ends(content: bytes) -> None:
    """Where line ends may stand in quotes, the sums hold as well."""
    mapping = parse(
        'name = "q"\nquoted_newlines = true\n[columns]\noperator="operator"\nwaybill="waybill"\nkind="kind"\nat="at"',
        "q.toml",
    )
    found = read(HEADER + content, "csv", mapping)
    assert sum(c.rows for c in found) == sum(c.used + c.quarantine.num_rows for c in found)


FIELD = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8)


@TRIED
@given(st.lists(st.tuples(FIELD, FIELD, FIELD), max_size=20))
def test_csv_fields_are_what_a_plain_reader_reads(rows: list[tuple[str, str, str]]) -> None:
    """Fields with quotes, delimiters and line ends in them come through as Python's reader gives them."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(["a", "b", "c"])
    writer.writerows(rows)
    from yilu.items.intake.read_csv import read_csv

    mapping = parse('name="m"\nquoted_newlines=true\n[columns]\noperator="a"\nwaybill="b"\nkind="c"\nat="a"', "m.toml")
    limits = Limits(block_bytes=64, max_line_bytes=4096)
    blocks = list(read_csv(io.BytesIO(text.getvalue().encode()), "e.csv", mapping, limits, 0))
    got = [tuple(r[n] or "" for n in "abc") for b in blocks for r in b.table.to_pylist()]
    assert got == rows
    assert not any(len(b.bad_rows) for b in blocks)


JSON_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | FIELD, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELD, inner, max_size=3)
)  # fmt: skip


@TRIED
@given(st.lists(st.dictionaries(st.sampled_from(["waybill", "kind", "other", "at"]), JSON_VALUE), max_size=15))
def test_json_values_are_what_a_plain_reader_reads(objects: list[dict[str, object]]) -> None:
    """Every valid object is a row; texts and whole numbers of its keys come through unchanged, absent ones as null."""
    from yilu.items.intake.read_jsonl import read_jsonl

    content = b"".join(json.dumps(o, ensure_ascii=False).encode() + b"\n" for o in objects)
    blocks = list(
        read_jsonl(io.BytesIO(content), "e", Mapping.read("yilu"), Limits(block_bytes=128, max_line_bytes=4096), 0)
    )
    assert not any(len(b.bad_rows) for b in blocks)
    got = [r for b in blocks for r in b.table.select(["waybill", "kind", "at"]).to_pylist()]
    assert len(got) == len(objects)
    for one, expected in zip(got, objects, strict=True):
        for name in ("waybill", "kind", "at"):
            value = expected.get(name)
            if value is None or (isinstance(value, (str, int)) and not isinstance(value, bool)):
                assert one[name] == (None if value is None else str(value))


@TRIED
@example(b'"\r', 8, 1)
@given(GARBAGE, st.integers(8, 400), st.integers(1, 300))
def test_blocks_of_any_size_hold_the_same_lines(content: bytes, block_bytes: int, longest: int) -> None:
    """Where the blocks end changes no line and no number."""
    assume(not content.startswith((b"\xff\xfe", b"\xfe\xff")))
    got = []
    for found in lines(io.BytesIO(content), "e", block_bytes, longest):
        assert found.first == len(got)
        got += [None if found.long[i] else found.text(i) for i in range(len(found))]
    body = content.removeprefix(b"\xef\xbb\xbf") if block_bytes >= 3 else content
    plain = [line.removesuffix(b"\r") for line in body.split(b"\n")]
    assert got == [None if len(line) > longest else line for line in plain if line]


ZONES = ["Asia/Shanghai", "America/Sao_Paulo", "Europe/Berlin", "Australia/Lord_Howe", "UTC"]
MOMENT = st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30)).map(lambda d: d.replace(microsecond=0))
FORMS = [
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y%m%d%H%M%S",
    "%Y-%m-%dT%H:%M:%S.250",
    "%Y%m%dT%H%M%S",
]


@TRIED
@given(st.lists(MOMENT, min_size=1, max_size=8), st.sampled_from(ZONES), st.sampled_from(FORMS))
def test_local_times_are_what_the_zone_says(moments: list[datetime], zone: str, form: str) -> None:
    """A time without offset is local time of the zone, as the standard library reads it (first of two, gap after the change)."""
    at, state = seconds(pa.array([m.strftime(form) for m in moments]), zone, (ISO,), "s")
    assert (state == OK).all()
    assert at.tolist() == [int(m.replace(tzinfo=ZoneInfo(zone)).timestamp()) for m in moments]
    typed, state = seconds(pa.array(moments, pa.timestamp("us")), zone, (ISO,), "s")
    assert (state == OK).all() and typed.tolist() == at.tolist()


@TRIED
@given(st.lists(st.tuples(MOMENT, st.integers(-14 * 60, 14 * 60)), min_size=1, max_size=8))
def test_times_with_an_offset(moments: list[tuple[datetime, int]]) -> None:
    """The offset in the text holds, whatever the zone of the mapping."""
    aware = [
        m.replace(tzinfo=UTC).astimezone(__import__("datetime").timezone(timedelta(minutes=o))) for m, o in moments
    ]
    at, state = seconds(pa.array([m.isoformat() for m in aware]), "Asia/Shanghai", (ISO,), "s")
    assert (state == OK).all()
    assert at.tolist() == [int(m.timestamp()) for m in aware]


@TRIED
@given(st.lists(st.one_of(st.text(max_size=30), st.from_regex(r"[0-9TZ:./+\- ]{1,30}", fullmatch=True)), max_size=10))
def test_texts_that_are_no_times_are_bad_not_wrong(texts: list[str]) -> None:
    """What is read as a time in ISO form is one: the standard library gives the same wherever it reads the text."""
    at, state = seconds(pa.array(texts, pa.string()), "UTC", (ISO,), "s")
    for text, value, found in zip(texts, at, state, strict=True):
        try:
            plain = datetime.fromisoformat(text.strip(" "))
        except ValueError:
            continue
        if found == OK and not text.strip().isdigit() and plain.second < 60 and "W" not in text:
            aware = plain if plain.tzinfo else plain.replace(tzinfo=UTC)
            assert value == int(np.floor(aware.timestamp()))


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("11/11/2025 08:00", "%d/%m/%Y %H:%M", 1_762_819_200), ("2025年11月11日 08时00分00秒", "%Y年%m月%d日 %H时%M分%S秒", 1_762_819_200),
        ("20251111 080000+0900", "%Y%m%d %H%M%S%z", 1_762_815_600), ("25-11-11 08:00:00.5", "%y-%m-%d %H:%M:%S.%f", 1_762_819_200),
    ],
)  # fmt: skip
def test_forms_of_time(text: str, form: str, expected: int) -> None:
    """A form in strptime's letters is read in the mapping's zone; what doesn't fit it falls to the next form."""
    at, state = seconds(pa.array([text, "2025-11-11 08:00:00", "none"]), "Asia/Shanghai", (form, ISO), "s")
    assert at[:2].tolist() == [expected, 1_762_819_200]
    assert state.tolist() == [0, 0, 2]


def test_numbers_as_times() -> None:
    """Seconds, milliseconds and microseconds since 1970 as numbers and as texts."""
    for unit, factor in (("s", 1), ("ms", 1000), ("us", 1_000_000)):
        for column in (pa.array([1_762_819_200 * factor, None]), pa.array([str(1_762_819_200 * factor), None])):
            at, state = seconds(column, "", (ISO,), unit)
            assert (at[0], state.tolist()) == (1_762_819_200, [0, 1])


def test_a_typed_time_without_zone_needs_the_mappings_zone() -> None:
    """Without one it is bad rather than silently UTC; a timestamp with a zone needs none."""
    moment = datetime(2025, 11, 11)
    for column in (pa.array([moment, None], pa.timestamp("ms")), pa.array([moment.date(), None], pa.date32())):
        assert seconds(column, "", (ISO,), "s")[1].tolist() == [2, 1]
        assert seconds(column, "Asia/Shanghai", (ISO,), "s")[0][0] == 1_762_790_400
    assert seconds(pa.array([moment], pa.timestamp("ms", "UTC")), "", (ISO,), "s")[1].tolist() == [0]
