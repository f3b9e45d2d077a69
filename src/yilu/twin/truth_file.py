"""A scenario's truth on disk, beside the events it belongs to."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from yilu.twin.day import Ready
from yilu.twin.plan import DayPlan, as_record
from yilu.twin.rows import table_of
from yilu.twin.truth import SCHEMA, Life, Oracle, Said, Witness, truth
from yilu.twin.truth_of_counts import fading

FOLDER = "truth"
"""Folder in that of the events: ``truth.parquet``, and the registers that belong to it."""
REGISTERS: tuple[str, ...] = ("outlet_filings", "crossing_closures")
"""Kinds of feed that a scenario may come with, each as ``KIND.csv`` in that folder: outlets without a filing, crossings that are closed."""
COMPLETE_TO = b"complete_to"
"""In the file's metadata: the end of the last day of acceptance, UTC seconds. After it all counts fall, and the truth tells of none."""
_OUTLETS = ("depot", "end_outlet")


@dataclass(frozen=True)
class Standard:
    """What the rules are set to: thresholds by name, and the travel that nothing makes."""

    thresholds: Mapping[str, int]
    impossible_km: float
    impossible_m_s: float


def witness_of(plan: DayPlan) -> Witness:
    """Who sees what the plan's scenario plants."""
    return Witness(plan.scenario.screened_at(plan.network), plan.scenario.fading(plan.network))


def truth_table(plan: DayPlan, made: Ready, witness: Witness, standard: Standard) -> pa.Table:
    """The truth of the scenario (``truth.SCHEMA``), by rule, number and time. Needs all lives to have been seen."""
    oracle = Oracle(
        plan.network, made.packed, as_record(plan.rates), standard.thresholds, standard.impossible_km,
        standard.impossible_m_s, frozenset(plan.scenario.unfiled(plan.network)), _closures(plan),
    )  # fmt: skip
    found = truth(witness, oracle)
    numbers = pa.array([], pa.string())
    if found:
        rows = np.stack([life.last for life, _ in found])
        numbers = table_of(rows, plan.network, made.packed, made.ground.seed, as_record(plan.rates), made.words)["waybill"].combine_chunks()  # fmt: skip
    of_counts = [
        Said("outlet_fading", *said)
        for said in fading(witness.accepted, plan.network, plan.date, plan.days, standard.thresholds)
    ]
    said = [s for _, s in found] + of_counts
    operators, facilities = made.words.operators.to_pylist(), made.words.facilities.to_pylist()
    table = pa.table(
        {
            "rule": [s.rule for s in said], "operator": [operators[s.operator] for s in said],
            "waybill": numbers.to_pylist() + [None] * len(of_counts), "facility": [facilities[s.place] or None for s in said],
            "at": [s.at for s in said], "until": [s.until or None for s in said], "faults": [_planted(life) for life, _ in found] + [[]] * len(of_counts),
        },
        SCHEMA,
    )  # fmt: skip
    ordered = table.sort_by([("rule", "ascending"), ("waybill", "ascending"), ("at", "ascending")])
    return ordered.replace_schema_metadata({COMPLETE_TO: str(int(made.ground.days["start"][-1]))})


def _planted(life: Life) -> list[int]:
    return [f + 1 for f in range(life.bits.bit_length()) if life.bits >> f & 1]


def _closures(plan: DayPlan) -> tuple[tuple[NDArray[np.bool_], int, int], ...]:
    """What the scenario's closed crossings part (facilities, by id), from when and until when."""
    cuts = [cut for cut in plan.scenario.cuts(plan.network, plan.date) if cut.any()]
    closures = plan.scenario.closures(plan.network, plan.date)
    return tuple((cut, since, until) for cut, (_, since, until) in zip(cuts, closures, strict=True))


def write_truth(plan: DayPlan, table: pa.Table, folder: Path) -> Path:
    """Write a truth table and the registers that belong to it under ``folder``/truth. Returns that folder."""
    out = folder / FOLDER
    out.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, out / "truth.parquet")
    missing = set(plan.scenario.unfiled(plan.network))
    if missing:
        _register(out / "outlet_filings.csv", ["filing", "operator", "facility", "filed_on", "status"], filings(plan, missing))  # fmt: skip
    closed = plan.scenario.closures(plan.network, plan.date)
    if closed:
        rows = [
            [f"C-{n}", crossing, *(datetime.fromtimestamp(t, UTC).isoformat() for t in (since, until)), "declared"]
            for n, (crossing, since, until) in enumerate(closed, 1)
        ]
        _register(out / "crossing_closures.csv", ["closure", "crossing", "closed_from", "closed_to", "status"], rows)
    return out


def _register(path: Path, head: list[str], rows: list[list[str]]) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(head)
        lines.writerows(rows)


def filings(plan: DayPlan, missing: set[int]) -> list[list[str]]:
    """Filings of all outlets but those: as if each were kept by the first operator, since none of the twin's outlets is one operator's own (A)."""
    network = plan.network
    first = str(network.operators.code[0])
    return [
        [f"F{int(i):06d}", first, str(code), "2020-01-01", "filed"]
        for i, code, kind in zip(network.facilities.id, network.facilities.code, network.facilities.kind, strict=True)
        if str(kind) in _OUTLETS and int(i) not in missing
    ]
