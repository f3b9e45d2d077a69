"""A later file replaces: counts and differences, held against rows taken one by one in plain Python."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.items import feeds
from yilu.items.feeds.changes import changed

LICENCES = feeds.KINDS["licences"]
Row = dict[str, Any]


def licence(number: str, operator: int, code: str | None, status: str, standing: str = "mirror") -> Row:
    """A row of the register of licences."""
    row = dict.fromkeys(a.name for a in LICENCES.attributes)
    return row | {"licence": number, "operator": operator, "credit_code": code, "status": status, "standing": standing}


licences = st.lists(
    st.builds(licence, st.sampled_from("abcd"), st.integers(1, 2), st.none() | st.sampled_from("xy"), st.sampled_from(["valid", "expired"]),
              st.sampled_from(["mirror", "native"])), max_size=12,
)  # fmt: skip
counts_rows = st.lists(
    st.builds(
        lambda operator, facility, purpose, accepted: dict.fromkeys(feeds.KINDS["daily_aggregates"].schema.names)
        | {"operator": operator, "facility": facility, "purpose": purpose, "accepted": accepted},
        st.integers(1, 2), st.integers(0, 1), st.sampled_from(["statistics", "supervision"]), st.none() | st.integers(0, 2),
    ),
    max_size=12,
)  # fmt: skip


def as_table(rows: list[Row], kind: str = "licences") -> pa.Table:
    """The rows as a table of their kind."""
    return pa.Table.from_pylist(rows, feeds.KINDS[kind].schema)


def one_by_one(kind: str, old: dict[Any, Row], rows: list[Row]) -> tuple[dict[Any, Row], dict[str, int]]:
    """Rows laid over what is there, one after the other."""
    now, counts = dict(old), {"new": 0, "same": 0, "corrected": 0}
    for row in rows:
        identity = tuple(row[n] for n in feeds.KINDS[kind].identity)
        counts["new" if identity not in now else "same" if now[identity] == row else "corrected"] += 1
        now[identity] = row
    return now, counts


@pytest.mark.parametrize(
    ("kind", "several"),
    [("licences", st.lists(licences, max_size=4)), ("daily_aggregates", st.lists(counts_rows, max_size=4))],
)
@given(data=st.data())
def test_files_on_top_of_each_other(kind: str, several: Any, data: st.DataObject) -> None:
    """Any files in any order: rows, counts and what is written are as if each row had come alone."""
    table, plain = as_table([], kind), dict[Any, Row]()
    for rows in data.draw(several):
        before = dict(plain)
        plain, expected = one_by_one(kind, plain, rows)
        table, written, counts = changed(table, as_table(rows, kind))
        assert counts == expected
        key = lambda r: tuple(r[n] is not None and r[n] for n in feeds.KINDS[kind].identity)  # noqa: E731
        assert table.to_pylist() == [
            plain[i] for i in sorted(plain, key=lambda i: tuple(v is not None and v for v in i))
        ]
        assert sorted(written.to_pylist(), key=key) == sorted(
            (r for i, r in plain.items() if before.get(i) != r), key=key
        )
        assert table.schema.equals(feeds.KINDS[kind].schema, check_metadata=True)


@given(licences, licences)
def test_the_same_file_again_brings_nothing(old: list[Row], new: list[Row]) -> None:
    """Once a file's own last words stand, every one of them is the same the second time."""
    table, _ = feeds.merge(as_table(old), as_table(new))
    assert feeds.merge(table, table) == (table, {"new": 0, "same": table.num_rows, "corrected": 0})


@given(licences, licences)
def test_differences_of_registers(old: list[Row], new: list[Row]) -> None:
    """Each identity on one side alone, and each column that differs, is told once; standing is no difference."""
    left, right = one_by_one("licences", {}, old)[0], one_by_one("licences", {}, new)[0]
    expected: set[tuple[Any, ...]] = {(i, "removed", None, None, None) for (i,) in left.keys() - right.keys()}
    expected |= {(i, "added", None, None, None) for (i,) in right.keys() - left.keys()}
    for i in left.keys() & right.keys():
        for name in ("operator", "credit_code", "status"):
            a, b = left[i][name], right[i][name]
            if a != b:
                expected.add((i[0], "changed", name, a if a is None else str(a), b if b is None else str(b)))
    found = feeds.differences(as_table(old), as_table(new)).to_pylist()
    told = [tuple(r.values()) for r in found]
    assert len(told) == len(set(told))
    assert set(told) == expected
    assert [r["identity"] for r in found] == sorted(r["identity"] for r in found)


def test_statistics_and_supervision_stay_apart() -> None:
    """The same figure filed for both purposes is two rows: one never replaces the other."""
    row = dict.fromkeys(feeds.KINDS["daily_aggregates"].schema.names) | {"operator": 1, "facility": 0, "accepted": 5}
    table, counts = feeds.merge(
        as_table([row | {"purpose": "supervision"}], "daily_aggregates"),
        as_table([row | {"purpose": "statistics", "accepted": 9}], "daily_aggregates"),
    )
    assert counts == {"new": 1, "same": 0, "corrected": 0}
    assert table.num_rows == 2


def test_two_kinds_do_not_mix() -> None:
    """Tables of different kinds, of none, or that are no register, are refused."""
    with pytest.raises(ValueError, match="can't be merged"):
        feeds.merge(as_table([]), as_table([], "outlet_filings"))
    with pytest.raises(ValueError, match="one register"):
        feeds.differences(as_table([], "device_status"), as_table([], "device_status"))
    with pytest.raises(ValueError, match="a table of a feed"):
        feeds.merge(pa.table({"a": [1]}), as_table([]))


def test_every_kind_is_known_by_required_columns_or_defaults() -> None:
    """What a row is known by is never empty by accident: such a column is required, has a default, or means the whole."""
    for kind in feeds.KINDS.values():
        assert kind.identity
        for a in kind.attributes:
            if a.identity:
                assert a.required or a.default or a.type == "facility", (kind.name, a.name)
