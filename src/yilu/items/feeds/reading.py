"""Reading a feed: every row is used whole or quarantined, and the account of rows adds up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from yilu.errors import InputError
from yilu.items.feeds.files import Lines, read_file
from yilu.items.feeds.kinds import ARROW, KINDS, Kind
from yilu.items.feeds.values import parsed, texts
from yilu.items.intake import masking
from yilu.items.keys import Key, hash128
from yilu.network.tables import Facilities, Operators

QUARANTINE: pa.Schema = pa.schema(
    [
        pa.field("file", pa.string()),
        pa.field("row", pa.int64()),
        pa.field("reason", pa.string()),
        pa.field("column", pa.string()),
        pa.field("value", pa.string()),
        pa.field("expected", pa.string()),
        pa.field("expected_zh", pa.string()),
    ]
)
"""A row that wasn't used: where it stands, why (``reasons``), the first column that is wrong, its text where it may be shown, what was expected, in English and Chinese."""

_SHOWN: dict[str, str] = {
    "operator": "place", "facility": "place", "day": "time", "instant": "time", "count": "weight", "choice": "kind",
}  # fmt: skip
"""Types whose texts may be shown, and as which of the white-listed columns they are masked."""

_NOT_MORE: dict[str, tuple[tuple[str, str], ...]] = {
    "daily_aggregates": (("inspected", "accepted"), ("identified", "accepted"), ("on_time", "due")),
    "outlet_filings": (("opened_on", "valid_to"), ("filed_on", "valid_to")),
    "sender_agreements": (("valid_from", "valid_to"),),
    "licences": (("valid_from", "valid_to"),),
    "crossing_closures": (("closed_from", "closed_to"),),
    "silences": (("silent_from", "silent_to"),),
    "protected_periods": (("protected_from", "protected_to"),),
}
"""Pairs of columns of a kind: where both are there, the first is not more, or later, than the second."""

_Pair = tuple[str, str]
_Note = Callable[[str, str, _Pair, NDArray[np.bool_], pa.Array | None], None]
_Fault = tuple[str, str, _Pair, pa.Array | None]
_SWITCHES = ("power", "inspector", "online")
_HEX = np.array([list(f"{byte:02x}".encode()) for byte in range(256)], np.uint8)


@dataclass(frozen=True)
class FeedRows:
    """What a file brought: n rows that are used (the kind's schema), quarantined rows (QUARANTINE), counts of rows, used, quarantined. ``numbers`` (n,): where used rows stand in the file, from 1."""

    table: pa.Table
    quarantine: pa.Table
    counts: dict[str, int]
    numbers: NDArray[np.int64]


def read(
    kind: str,
    path: Path,
    operators: Operators,
    facilities: Facilities,
    key: Key | None = None,
    codes: Mapping[str, Iterable[str]] = MappingProxyType({}),
) -> FeedRows:
    """The rows of a file of one kind. ``key``: with it, hashes of customers are hashed again, so that they can be joined with nothing else.

    ``codes``: which there are of the types ``crossing``, ``rule`` and ``area``.

    Raises InputError: an unknown kind, or a file refused whole (``files.read_file``).
    """
    if kind not in KINDS:
        raise InputError(
            path.name,
            f"a kind of feed: one of {', '.join(KINDS)}",
            next_step="Give one of these kinds.",
            expected_zh=f"数据源种类之一:{'、'.join(KINDS)}",
            next_step_zh="给出其中一种",
        )
    declared = KINDS[kind]
    lines = read_file(declared, path)
    n = len(lines.rows)
    ids = {
        "operator": (pa.array([str(c) for c in operators.code], pa.string()), pa.array(operators.id, pa.uint16())),
        "facility": (pa.array([str(c) for c in facilities.code], pa.string()), pa.array(facilities.id, pa.uint32())),
    }
    for type_ in ("crossing", "rule", "area"):
        known = pa.array(list(codes.get(type_, ())), pa.string())
        ids[type_] = (known, known)
    fault = np.zeros(n, np.int16)  # number of the first fault that holds, from 1
    faults: list[_Fault] = []
    columns: dict[str, pa.Array] = {}

    def note(reason: str, column: str, expected: _Pair, wrong: NDArray[np.bool_], shown: pa.Array | None) -> None:
        faults.append((reason, column, expected, shown))
        fault[wrong & (fault == 0)] = len(faults)

    for a in declared.attributes:
        if a.name not in lines.columns.column_names:
            text, broken = pa.nulls(n, pa.string()), np.zeros(n, np.bool_)
        else:
            text, broken = texts(lines.columns.column(a.name))
        note("invalid_utf8", a.name, ("UTF-8 文本", "text in UTF-8"), broken, None)
        if a.default:
            text = text.fill_null(a.default)
        if a.required:
            note("missing", a.name, a.expected, text.is_null().to_numpy(zero_copy_only=False), None)
        values, wrong = parsed(a, text, ids)
        reason = "unknown_code" if a.type in ids else "bad_value"
        note(reason, a.name, a.expected, wrong, masking.shown(_SHOWN[a.type], text) if a.type in _SHOWN else None)
        columns[a.name] = values.fill_null(0) if a.type == "facility" else values
    _across(declared, columns, note)
    if key is not None:
        for a in declared.attributes:
            if a.type == "hash":
                columns[a.name] = _hashed_again(columns[a.name], columns["operator"], key)
    table = pa.table(columns, declared.schema) if n else declared.schema.empty_table()
    used = np.flatnonzero(fault == 0)
    quarantine = _quarantined(path.name, lines, fault, faults)
    counts = {"rows": n + len(lines.malformed), "used": len(used), "quarantined": quarantine.num_rows}
    return FeedRows(table.take(pa.array(used)), quarantine, counts, lines.rows[used])


def _across(kind: Kind, columns: dict[str, pa.Array], note: _Note) -> None:
    """Checks of two columns of a row against each other."""
    for low, high in _NOT_MORE.get(kind.name, ()):
        wrong = pc.greater(columns[low], columns[high]).fill_null(False).to_numpy(zero_copy_only=False)
        later = columns[low].type == ARROW["day"]
        expected = (
            (f"不晚于 {high} 的日期", f"a day not after {high}")
            if later
            else (f"不大于 {high}", f"not more than {high}")
        )
        note("contradiction", low, expected, wrong, columns[low].cast(pa.string()))
    if kind.name == "device_status":
        switch = pc.is_in(columns["kind"], pa.array(_SWITCHES))
        wrong = pc.and_(switch, pc.greater(columns["value"], 1)).fill_null(False).to_numpy(zero_copy_only=False)
        expected = f"0 或 1({'、'.join(_SWITCHES)})", f"0 or 1 for {', '.join(_SWITCHES)}"
        note("bad_value", "value", expected, wrong, columns["value"].cast(pa.string()))


def _hashed_again(column: pa.Array, operators: pa.Array, key: Key) -> pa.Array:
    first, second = hash128(column, operators.fill_null(0).to_numpy(zero_copy_only=False).astype(np.uint16), key)
    n = len(first)
    digits = _HEX[np.stack([first, second], 1).astype(">u8").view(np.uint8)]  # (n, 16, 2)
    offsets = np.arange(0, 32 * n + 1, 32, dtype=np.int64)
    made = pa.LargeStringArray.from_buffers(n, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(digits)))
    return pc.if_else(pa.array(first > 0), made, pa.scalar(None, pa.large_string())).cast(pa.string())


def _quarantined(file: str, lines: Lines, fault: NDArray[np.int16], faults: list[_Fault]) -> pa.Table:
    parts = [QUARANTINE.empty_table()]
    for number in np.unique(fault[fault > 0]):
        reason, column, expected, shown = faults[number - 1]
        at = np.flatnonzero(fault == number)
        value = pa.nulls(len(at), pa.string()) if shown is None else shown.take(pa.array(at)).cast(pa.string())
        parts.append(_part(file, lines.rows[at], reason, column, value, expected))
    expected = (
        "本格式的一行:列数与表头相同,或一个 JSON 对象",
        "a row of this format: as many columns as the header, or one JSON object",
    )
    nothing = pa.nulls(len(lines.malformed), pa.string())
    parts.append(_part(file, lines.malformed, "malformed", None, nothing, expected))
    return pa.concat_tables(parts).sort_by("row").combine_chunks()


def _part(
    file: str, rows: NDArray[np.int64], reason: str, column: str | None, value: pa.Array, expected: _Pair
) -> pa.Table:
    n = len(rows)
    return pa.table(
        {
            "file": [file] * n,
            "row": rows,
            "reason": [reason] * n,
            "column": [column] * n,
            "value": value,
            "expected": [expected[1]] * n,
            "expected_zh": [expected[0]] * n,
        },
        QUARANTINE,
    )
