"""One block of source rows while it is judged: its columns as event columns, and the reason of each row that can't be used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from yilu.items import codes, keys
from yilu.items.intake import numbers, reasons, times
from yilu.items.intake.columns import Coded, as_text, encoded, flat, is_text
from yilu.items.intake.door import Codes, Door
from yilu.items.intake.mapping import CONFIDENTIAL_CLASSES, EVENT_COLUMNS, WEIGHT_UNITS, Condition, EventRule, From
from yilu.items.kinds import BY_CODE, OTHER, VOID
from yilu.items.schema import DTYPES, OUTCOMES

MAX_PIECE = 4095
EVENT_IDS = 1
"""Domain of the hash of event ids."""
OTHER_OUTCOME = OUTCOMES["other"]
TIMES = ("at", "recorded_at", "promise")
"""Event columns of times."""
NUMBERED: dict[str, int] = {name: number for number, name in enumerate(("", *EVENT_COLUMNS))}
"""Event columns by number, from 1, as ``Block.blamed`` holds them; 0: none."""

Column: TypeAlias = Any
"""An event column: an array (n,) or one value for all rows."""


@dataclass(frozen=True)
class Made:
    """What one event block of the mapping makes of a block of rows; ``applies`` (n,) is None where it applies to all."""

    number: int
    rule: EventRule
    applies: NDArray[np.bool_] | None
    columns: dict[str, Column]
    coded: dict[str, Coded]


@dataclass
class Block:
    """``why`` (n,): the reason of each row, 0 none; ``where`` (n,): the event block that gave it; ``blamed`` (n,): the event column it speaks of (NUMBERED)."""

    table: pa.Table
    door: Door
    codes: Codes
    why: NDArray[np.uint8]
    where: NDArray[np.uint8]
    blamed: NDArray[np.uint8]
    memo: dict[Any, Any] = field(default_factory=dict)

    def blame(
        self, mask: Column, reason: Column, number: int, column: str = "", applies: NDArray[np.bool_] | None = None
    ) -> None:
        """Give ``reason``, which speaks of an event column ("": of none alone), to the rows of ``mask`` to which event block ``number`` applies, unless an earlier reason holds."""
        if not np.any(mask):
            return
        hit = np.broadcast_to(mask, self.why.shape) & ((self.why == 0) | (self.why > reason))
        hit = hit if applies is None else hit & applies
        self.why[hit] = np.broadcast_to(reason, hit.shape)[hit]
        self.where[hit] = min(number, 255)
        self.blamed[hit] = NUMBERED[column]

    def column(self, spec: From | None) -> pa.Array | None:
        """The source column of ``spec``; None if it is not there."""
        if spec is None or not spec.column or spec.column not in self.table.schema.names:
            return None
        return flat(self.table.column(spec.column))

    def once(self, token: Any, make: Callable[[], Any]) -> Any:
        """``make()``, remembered: several event blocks often share a column."""
        if token not in self.memo:
            self.memo[token] = make()
        return self.memo[token]

    def holds(self, condition: Condition) -> NDArray[np.bool_]:
        """Rows for which ``condition`` holds, shape (n,)."""

        def make() -> NDArray[np.bool_]:
            column = self.column(From(condition.column))
            if column is None:
                return np.full(len(self.why), condition.absent)
            index, values = encoded(column)
            fits = [v in condition.equals if condition.equals else v is not None for v in values] or [False]
            per_value = np.array(fits) ^ condition.absent
            return np.array(np.broadcast_to(Coded(index, values, per_value).spread(per_value), self.why.shape))

        found: NDArray[np.bool_] = self.once(condition, make)
        return found

    def make(self, number: int, rule: EventRule) -> Made:
        """The event columns of one event block; rows that can't be used are blamed."""
        applies = np.asarray(np.logical_and.reduce([self.holds(c) for c in rule.when])) if rule.when else None
        made = Made(number, rule, applies, {}, {})
        if applies is None or applies.any():
            self._codes(made)
            self._times(made)
            self._keys(made)
            self._amounts(made)
            voids = (made.columns["kind"] == VOID) & (made.columns["voids"] == 0)
            self.blame(voids, reasons.VOID_WITHOUT_EVENT_ID, number, "voids", applies)
        return made

    def coded(self, name: str, spec: From | None) -> Coded:
        """A column of codes, by its lookup; ids are 0 where unknown or absent."""

        def make() -> Coded:
            index, values = self._encoded(spec)
            table = self.door.lookups[name]
            ids = np.array([0 if v is None else table.get(v, 0) for v in values], np.int64)
            return Coded(index, values, ids.astype(DTYPES.get(name, np.dtype(np.uint32))))

        found: Coded = self.once((name, spec), make)
        return found

    def _encoded(self, spec: From | None) -> tuple[NDArray[np.int32] | None, list[str | None]]:
        if spec is not None and spec.value:
            return None, [spec.value]
        column = self.column(spec)
        if column is None:
            return None, [None]
        index, values = self.once(("encoded", spec), lambda: encoded(column))
        return index, values or [None]

    def _codes(self, made: Made) -> None:
        spec, out = made.rule.columns, made.columns
        for name in ("operator", "facility", "origin", "destination", "service_level", "item_class", "sender_kind"):
            coded = self.coded(name, spec.get(name))
            out["place" if name == "facility" else name] = coded.spread(coded.ids)
            if name in spec:
                made.coded[name] = coded
        operator = self.coded("operator", spec.get("operator"))
        self._blame_values(operator, operator.ids == 0, reasons.UNKNOWN_OPERATOR, made, "operator")
        if self.door.operator:
            others = (operator.ids != 0) & (operator.ids != self.door.operator)
            self._blame_values(operator, others, reasons.OTHER_OPERATOR, made, "operator")
        if "item_class" in spec:
            coded = made.coded["item_class"]
            marked = np.array([v in CONFIDENTIAL_CLASSES for v in coded.values]) & (coded.ids == 0)
            self._blame_values(coded, marked, reasons.CONFIDENTIAL, made, "item_class")
        kind = self._kind(spec["kind"])
        self._blame_values(kind, kind.ids == 0, reasons.MISSING_KIND, made, "kind")
        ids, outcomes, numbered = self._meaning(spec["kind"], kind)
        out["kind"], out["outcome"], out["code"] = kind.spread(ids), kind.spread(outcomes), kind.spread(numbered)
        if "outcome" in spec:
            stated = self.coded("outcome", spec["outcome"])
            made.coded["outcome"] = stated
            said = stated.spread(np.where(stated.unknown, np.uint8(OTHER_OUTCOME), stated.ids))
            meant = out["outcome"]
            out["outcome"] = said if np.ndim(meant) == 0 and meant == 0 else np.where(said != 0, said, meant)
        if "code" in spec:  # an EPCIS document names the source code itself
            index, values = self._encoded(spec["code"])
            named = np.array([0 if v is None else self.codes.number(v) for v in values], np.uint16)
            out["code"] = Coded(index, values, named).spread(named)

    def _blame_values(self, coded: Coded, marked: NDArray[np.bool_], reason: int, made: Made, column: str) -> None:
        """Blame the rows whose text of a column of codes is ``marked`` (one per text)."""
        if marked.any():
            self.blame(coded.spread(marked), reason, made.number, column, made.applies)

    def _kind(self, spec: From) -> Coded:
        index, values = self._encoded(spec)
        return Coded(index, values, np.array([v is not None for v in values]).astype(np.uint8))

    def _meaning(self, spec: From, kind: Coded) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint16]]:
        """Kind, outcome and number of the source code (0 mapped) of each distinct text of a kind column."""
        mapping = self.door.mapping
        table = codes.table(mapping.code_table) if mapping.code_table and not spec.value else None
        inline = mapping.values.get("kind", {})
        ids = np.full(len(kind.values), OTHER, np.uint8)
        outcomes = np.zeros(len(kind.values), np.uint8)
        numbered = np.zeros(len(kind.values), np.uint16)
        for i, text in enumerate(kind.values):
            if text is None:
                continue
            row = table.find(text) if table is not None else None
            code = inline.get(text) or (row.kind if row is not None else "" if table is not None else text)
            outcomes[i] = OUTCOMES.get(row.outcome, 0) if row is not None else 0
            if code in BY_CODE:
                ids[i] = BY_CODE[code].id
            else:
                numbered[i] = self.codes.number(text)
        return ids, outcomes, numbered

    def _time(self, spec: From | None) -> tuple[Column, Column]:
        """(UTC seconds int64, state) of a column of times; scalars for a constant or a column that isn't there."""

        def make() -> tuple[Column, Column]:
            mapping = self.door.mapping
            constant = spec is not None and bool(spec.value)
            column = pa.array([spec.value]) if spec is not None and constant else self.column(spec)
            if column is None:
                return np.int64(0), np.uint8(times.MISSING)
            at, state = times.seconds(column, self.door.time_zone, mapping.time_formats, mapping.time_unit)
            return (at[0], state[0]) if constant else (at, state)

        found: tuple[Column, Column] = self.once(("time", spec), make)
        return found

    def _times(self, made: Made) -> None:
        limits = self.door.limits
        for name in TIMES:
            at, state = self._time(made.rule.columns.get(name))
            if name == "at":
                self.blame(state == times.MISSING, reasons.MISSING_TIME, made.number, name, made.applies)
            if np.any(state):
                self.blame(state == times.BAD, reasons.BAD_TIME, made.number, name, made.applies)
                absent = state != times.OK
                at = np.where(absent, self.door.received_at if name == "recorded_at" else 0, at)
                outside = ~absent & ((at < limits.earliest) | (at >= limits.latest))
            else:
                # Two passes for the bounds are cheaper than four for the mask, and almost no block needs that.
                fits = np.size(at) == 0 or (np.min(at) >= limits.earliest and np.max(at) < limits.latest)
                outside = np.False_ if fits else (at < limits.earliest) | (at >= limits.latest)
            self.blame(outside, reasons.TIME_OUT_OF_RANGE, made.number, name, made.applies)
            made.columns[name] = at
        ahead = made.columns["at"] - made.columns["recorded_at"] > limits.clock_ahead_s
        self.blame(ahead, reasons.CLOCK_AHEAD, made.number, "at", made.applies)
        for name in TIMES:
            made.columns[name] = made.columns[name].astype(np.uint32)

    def _keys(self, made: Made) -> None:
        spec, out = made.rule.columns, made.columns
        waybill = self.column(spec["waybill"])
        if waybill is None:
            waybill = pa.nulls(len(self.why), pa.string())
        limits, mapping = self.door.limits, self.door.mapping
        judged = self.once(
            ("judged", spec["waybill"]), lambda: numbers.judge(waybill, limits.max_number_bytes, mapping.check_s10)
        )
        self.blame(judged != 0, judged, made.number, "waybill", made.applies)
        operator = made.columns["operator"]
        out["key"], out["key2"] = self._hash128(spec["waybill"], spec.get("operator"), operator)
        for name in ("parent", "container"):
            out[name] = self._hash128(spec.get(name), spec.get("operator"), operator)[0]
        for name in ("event_id", "voids"):
            out[name] = self._hash64(spec.get(name))

    def _hash128(self, spec: From | None, of: From | None, operator: Column) -> tuple[Column, Column]:
        """Item keys of a column of numbers; 0 where there is none."""
        column = self.column(spec)
        if column is None:
            return np.uint64(0), np.uint64(0)

        def make() -> tuple[Column, Column]:
            if column.null_count == len(column):
                return np.uint64(0), np.uint64(0)
            coded = pa.types.is_dictionary(column.type) and is_text(column.type.value_type)
            namespace = int(operator) if np.ndim(operator) == 0 else operator
            return keys.hash128(column if coded else as_text(column), namespace, self.door.key)

        found: tuple[Column, Column] = self.once(("key", spec, of), make)
        return found

    def _hash64(self, spec: From | None) -> Column:
        column = self.column(spec)
        if column is None:
            return np.uint64(0)

        def make() -> Column:
            if column.null_count == len(column):
                return np.uint64(0)
            text = as_text(column)
            found = keys.hash64(text, EVENT_IDS, self.door.key)
            blank = numbers.blank(text)
            return found if blank is None else np.where(blank, np.uint64(0), found)

        return self.once(("id", spec), make)

    def _amounts(self, made: Made) -> None:
        limits, mapping = self.door.limits, self.door.mapping
        for name, scale, most, reason in (
            ("weight_g", WEIGHT_UNITS[mapping.weight_unit], limits.max_weight_g, reasons.WEIGHT_RANGE),
            ("piece", 1.0, MAX_PIECE, reasons.PIECE_RANGE),
        ):
            spec = made.rule.columns.get(name)
            column = pa.array([spec.value]) if spec is not None and spec.value else self.column(spec)
            if column is None:
                made.columns[name] = 0
                continue
            amount = self.once((name, spec), lambda: amounts(column) * scale)  # noqa: B023 (called at once)
            # Not a number compares false, so that what can't be read is out of range.
            bad = ~((amount >= 0) & (amount <= most))
            if name == "piece":
                bad |= amount != np.floor(amount)
            self.blame(bad if len(bad) == len(self.why) else bad[0], reason, made.number, name, made.applies)
            whole = np.rint(np.where(bad, 0, amount)).astype(DTYPES[name])
            made.columns[name] = whole if len(whole) == len(self.why) else whole[0]


def amounts(column: pa.Array) -> NDArray[np.float64]:
    """Numbers of a column (n,): 0 where absent or blank, not-a-number where the text is no plain decimal number."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        numeric = column.cast(pa.float64(), safe=False)
        return np.asarray(numeric.fill_null(0.0).to_numpy(zero_copy_only=False))
    if pa.types.is_null(column.type):
        return np.zeros(len(column), np.float64)
    text = as_text(column)
    values, unread = numbers.amounts(text)
    if unread.any():
        values[unread] = _long_amounts(text.take(pa.array(np.flatnonzero(unread))))
    return values


def _long_amounts(column: pa.Array) -> NDArray[np.float64]:
    """As ``amounts``, for texts of any length and form."""
    column = column.cast(pa.large_binary())
    plain = pc.match_substring_regex(column, pattern=r"^ *[0-9]{1,15}(?:\.[0-9]{0,15})? *$")
    blank = numbers.blank(column)
    kept = pc.if_else(plain, column, pa.scalar(None, column.type)).cast(pa.large_string())
    values = (
        pc.utf8_trim(kept, characters=" ").cast(pa.float64()).fill_null(float("nan")).to_numpy(zero_copy_only=False)
    )
    return np.asarray(values if blank is None else np.where(blank, 0.0, values))
