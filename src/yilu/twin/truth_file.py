"""A scenario's truth on disk, beside the events it belongs to."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from yilu.twin.day import Ready
from yilu.twin.feed_truth import Counts
from yilu.twin.plan import DayPlan, as_record
from yilu.twin.rows import table_of
from yilu.twin.truth import COUNTS_UNTIL, SCHEMA, Life, Oracle, Said, Witness, truth

FOLDER = "truth"
"""Folder in that of the events: ``truth.parquet``, and ``outlet_filings.csv`` where the scenario has outlets without a filing."""
_OUTLETS = ("depot", "end_outlet")


@dataclass(frozen=True)
class Standard:
    """What the rules are set to: thresholds by name, the travel that nothing makes, how late feeds may be and how far their clocks ahead (seconds)."""

    thresholds: Mapping[str, int]
    impossible_km: float
    impossible_m_s: float
    lateness_s: int
    ahead_s: int


def witness_of(plan: DayPlan, standard: Standard) -> Witness:
    """Who sees what the plan's scenario plants."""
    late_s = 3600 * standard.thresholds["feed_late_hours"]
    counts = Counts(plan.network, standard.ahead_s, late_s) if plan.scenario.faults else None
    return Witness(plan.scenario.screened_at(plan.network), counts)


def truth_table(plan: DayPlan, made: Ready, witness: Witness, standard: Standard) -> pa.Table:
    """The truth of the scenario (``truth.SCHEMA``), by rule, number and time. Needs all lives to have been seen.

    What rules over counts say names no number; it is told up to the end of the plan's last day, since the province ends with it.
    """
    watermark = witness.counts.latest - standard.lateness_s if witness.counts else 0
    oracle = Oracle(
        plan.network, made.packed, as_record(plan.rates), standard.thresholds, standard.impossible_km,
        standard.impossible_m_s, frozenset(plan.scenario.unfiled(plan.network)), watermark,
    )  # fmt: skip
    until = int(made.ground.days["start"][-1])
    table = pa.concat_tables(
        [_of_items(plan, made, truth(witness, oracle)), _of_counts(made, witness, standard, watermark, until)]
    )
    table = table.sort_by(
        [("rule", "ascending"), ("waybill", "ascending"), ("at", "ascending"), ("operator", "ascending")]
    )
    return table.replace_schema_metadata({COUNTS_UNTIL: str(until)})


def _of_items(plan: DayPlan, made: Ready, found: list[tuple[Life, Said]]) -> pa.Table:
    if not found:
        return SCHEMA.empty_table()
    rows = np.stack([life.last for life, _ in found])
    numbers = table_of(rows, plan.network, made.packed, made.ground.seed, as_record(plan.rates), made.words)
    operators, facilities = made.words.operators.to_pylist(), made.words.facilities.to_pylist()
    return pa.table(
        {
            "rule": [s.rule for _, s in found], "operator": [operators[s.operator] for _, s in found],
            "waybill": numbers["waybill"].combine_chunks(), "facility": [facilities[s.place] or None for _, s in found],
            "at": [s.at for _, s in found], "until": [s.until or None for _, s in found], "faults": [_planted(life) for life, _ in found],
        },
    ).cast(SCHEMA)  # fmt: skip


def _of_counts(made: Ready, witness: Witness, standard: Standard, watermark: int, until: int) -> pa.Table:
    """What is true of feeds before ``until``, UTC seconds."""
    counts, operators = witness.counts, made.words.operators.to_pylist()
    if counts is None:
        return SCHEMA.empty_table()
    found = [*counts.bad_days(standard.thresholds, watermark), *counts.silences(standard.thresholds, watermark)]
    rows = [
        {"rule": rule, "operator": operators[who], "at": at, "until": over or None, "faults": []}
        for rule, who, at, over in found
        if at < until
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA) if rows else SCHEMA.empty_table()


def _planted(life: Life) -> list[int]:
    return [f + 1 for f in range(life.bits.bit_length()) if life.bits >> f & 1]


def write_truth(plan: DayPlan, table: pa.Table, folder: Path) -> Path:
    """Write a truth table and the register that belongs to it under ``folder``/truth. Returns that folder."""
    out = folder / FOLDER
    out.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, out / "truth.parquet")
    missing = set(plan.scenario.unfiled(plan.network))
    if missing:
        with open(out / "outlet_filings.csv", "w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(["filing", "operator", "facility", "filed_on", "status"])
            lines.writerows(filings(plan, missing))
    return out


def filings(plan: DayPlan, missing: set[int]) -> list[list[str]]:
    """Filings of all outlets but those: as if each were kept by the first operator, since none of the twin's outlets is one operator's own (A)."""
    network = plan.network
    first = str(network.operators.code[0])
    return [
        [f"F{int(i):06d}", first, str(code), "2020-01-01", "filed"]
        for i, code, kind in zip(network.facilities.id, network.facilities.code, network.facilities.kind, strict=True)
        if str(kind) in _OUTLETS and int(i) not in missing
    ]
