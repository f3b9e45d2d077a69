"""A scenario's truth on disk, beside the events it belongs to."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from yilu.twin.day import Ready
from yilu.twin.feed_truth import RULES as FEED_RULES
from yilu.twin.feed_truth import Counts
from yilu.twin.plan import DayPlan, as_record
from yilu.twin.rows import table_of
from yilu.twin.truth import COUNTS_OF, COUNTS_UNTIL, SCHEMA, Life, Oracle, Said, Witness, truth
from yilu.twin.truth_of_counts import fading

FOLDER = "truth"
"""Folder in that of the events: ``truth.parquet``, and the registers that belong to it."""
REGISTERS: tuple[str, ...] = ("outlet_filings", "crossing_closures")
"""Kinds of feed that a scenario may come with, each as ``KIND.csv`` in that folder: outlets without a filing, crossings that are closed."""
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
    return Witness(plan.scenario.screened_at(plan.network), counts, plan.scenario.fading(plan.network))


def truth_table(plan: DayPlan, made: Ready, witness: Witness, standard: Standard) -> pa.Table:
    """The truth of the scenario (``truth.SCHEMA``), by rule, number and time. Needs all lives to have been seen.

    What rules over counts say names no number; it is told up to the end of the plan's last day of acceptance, since the province ends with it: after it
    every outlet fades and every feed falls silent.
    """
    watermark = witness.counts.latest - standard.lateness_s if witness.counts else 0
    oracle = Oracle(
        plan.network, made.packed, as_record(plan.rates), standard.thresholds, standard.impossible_km,
        standard.impossible_m_s, frozenset(plan.scenario.unfiled(plan.network)), _closures(plan), watermark,
    )  # fmt: skip
    until = int(made.ground.days["start"][-1])
    said = [s for s in _of_counts(plan, witness, standard, watermark) if s.at <= until]
    table = pa.concat_tables([_of_items(plan, made, truth(witness, oracle)), _rows(made, said)])
    table = table.sort_by(
        [("rule", "ascending"), ("waybill", "ascending"), ("at", "ascending"), ("operator", "ascending")]
    )
    return table.replace_schema_metadata({COUNTS_UNTIL: str(until), COUNTS_OF: ",".join(_told_of_counts(witness))})


def _of_items(plan: DayPlan, made: Ready, found: list[tuple[Life, Said]]) -> pa.Table:
    if not found:
        return SCHEMA.empty_table()
    rows = np.stack([life.last for life, _ in found])
    numbers = table_of(rows, plan.network, made.packed, made.ground.seed, as_record(plan.rates), made.words)
    table = _rows(made, [s for _, s in found], [_planted(life) for life, _ in found])
    at = table.schema.get_field_index("waybill")
    return table.set_column(at, SCHEMA.field(at), numbers["waybill"].cast(pa.string()))


def _rows(made: Ready, said: list[Said], faults: list[list[int]] | None = None) -> pa.Table:
    """Rows of the truth without numbers."""
    operators, facilities = made.words.operators.to_pylist(), made.words.facilities.to_pylist()
    return pa.table(
        {
            "rule": [s.rule for s in said], "operator": [operators[s.operator] for s in said],
            "waybill": [None] * len(said), "facility": [facilities[s.place] or None for s in said],
            "at": [s.at for s in said], "until": [s.until or None for s in said], "faults": faults or [[]] * len(said),
        },
        SCHEMA,
    )  # fmt: skip


def _told_of_counts(witness: Witness) -> tuple[str, ...]:
    """Rules over counts of which the truth tells."""
    feeds = (*FEED_RULES, "silent_feed") if witness.counts else ()
    return (*feeds, *(("outlet_fading",) if len(witness.fading) else ()))


def _of_counts(plan: DayPlan, witness: Witness, standard: Standard, watermark: int) -> Iterator[Said]:
    """What is true of feeds, as operators' days and hours, and of outlets."""
    if witness.counts:
        for found in (
            witness.counts.bad_days(standard.thresholds, watermark),
            witness.counts.silences(standard.thresholds, watermark),
        ):
            yield from (Said(rule, who, 0, at, over) for rule, who, at, over in found)
    for said in fading(witness.accepted, plan.network, plan.date, plan.days, standard.thresholds):
        yield Said("outlet_fading", *said)


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
    write_registers(plan, out)
    return out


def write_registers(plan: DayPlan, out: Path) -> list[Path]:
    """Write into ``out`` the registers without which the scenario's faults would not be any: ``KIND.csv`` each. Returns those that it needs."""
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
    return [out / f"{kind}.csv" for kind, needed in zip(REGISTERS, (missing, closed), strict=True) if needed]


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
