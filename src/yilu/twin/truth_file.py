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
from yilu.twin.plan import DayPlan, as_record
from yilu.twin.rows import table_of
from yilu.twin.truth import SCHEMA, Life, Oracle, Witness, truth

FOLDER = "truth"
"""Folder in that of the events: ``truth.parquet``, and ``outlet_filings.csv`` where the scenario has outlets without a filing."""
_OUTLETS = ("depot", "end_outlet")


@dataclass(frozen=True)
class Standard:
    """What the rules are set to: thresholds by name, and the travel that nothing makes."""

    thresholds: Mapping[str, int]
    impossible_km: float
    impossible_m_s: float


def witness_of(plan: DayPlan) -> Witness:
    """Who sees what the plan's scenario plants."""
    return Witness(plan.scenario.screened_at(plan.network))


def truth_table(plan: DayPlan, made: Ready, witness: Witness, standard: Standard) -> pa.Table:
    """The truth of the scenario (``truth.SCHEMA``), by rule, number and time. Needs all lives to have been seen."""
    oracle = Oracle(
        plan.network, made.packed, as_record(plan.rates), standard.thresholds, standard.impossible_km,
        standard.impossible_m_s, frozenset(plan.scenario.unfiled(plan.network)),
    )  # fmt: skip
    found = truth(witness, oracle)
    if not found:
        return SCHEMA.empty_table()
    rows = np.stack([life.last for life, _ in found])
    numbers = table_of(rows, plan.network, made.packed, made.ground.seed, as_record(plan.rates), made.words)
    operators, facilities = made.words.operators.to_pylist(), made.words.facilities.to_pylist()
    table = pa.table(
        {
            "rule": [s.rule for _, s in found], "operator": [operators[s.operator] for _, s in found],
            "waybill": numbers["waybill"].combine_chunks(), "facility": [facilities[s.place] or None for _, s in found],
            "at": [s.at for _, s in found], "until": [s.until or None for _, s in found], "faults": [_planted(life) for life, _ in found],
        },
    )  # fmt: skip
    return table.cast(SCHEMA).sort_by([("rule", "ascending"), ("waybill", "ascending"), ("at", "ascending")])


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
