"""A province in real time: what has been told at a moment is what was recorded by then, whatever breaks."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.json
import pyarrow.parquet as pq
import pytest

from yilu.network import Network
from yilu.twin.day import simulate
from yilu.twin.faults import MOST_FAULTS
from yilu.twin.flow import Told, flow, lasting
from yilu.twin.plan import DayPlan
from yilu.twin.scenario import FAULTS, length_s, read

FIRST = date(2025, 6, 3)
START = 1_748_880_000
"""Midnight of that day in Guangdong, UTC seconds."""
Event = tuple[str, str, int]


@pytest.fixture(scope="module")
def plan(guangdong: Network) -> DayPlan:
    """Two small days."""
    return DayPlan(guangdong, FIRST, 200, days=2, slice_minutes=60)


def events_of(table: pa.Table) -> Counter[Event]:
    """Events as (waybill, kind, recorded at)."""
    at = table["recorded_at"]
    seconds = at.cast(pa.timestamp("s", "UTC"), safe=False).cast(pa.int64())
    return Counter(
        zip(table["waybill"].to_pylist(), table["kind"].cast(pa.string()).to_pylist(), seconds.to_pylist(), strict=True)
    )


def told_in(folder: Path) -> Counter[Event]:
    """All events of a folder's files."""
    found: Counter[Event] = Counter()
    for path in sorted(folder.iterdir()):
        assert not path.name.endswith(".part")
        found += events_of(pq.read_table(path) if path.suffix == ".parquet" else lines(path))
    return found


def lines(path: Path) -> pa.Table:
    """A file of JSON lines, times with their zone."""
    texts = pa.schema([(n, pa.string()) for n in ("waybill", "kind", "recorded_at")])
    table = pyarrow.json.read_json(
        path, parse_options=pyarrow.json.ParseOptions(explicit_schema=texts, unexpected_field_behavior="ignore")
    )
    at = pa.compute.strptime(pa.compute.utf8_slice_codeunits(table["recorded_at"], 0, 19), "%Y-%m-%dT%H:%M:%S", "s")
    return table.set_column(2, "recorded_at", pa.compute.assume_timezone(at, "Asia/Shanghai"))


def recorded_by(plan: DayPlan, until: int) -> Counter[Event]:
    """What the same plan, made whole, has recorded by a second."""
    whole = events_of(pa.concat_tables(list(simulate(plan))).unify_dictionaries())
    return Counter({e: n for e, n in whole.items() if e[2] <= until})


def run_until(plan: DayPlan, folder: Path, seconds: int, step: int, from_: int) -> list[Told]:
    """Let the flow run by a clock that goes on by ``step`` whenever it is looked at, from ``from_`` seconds after the first midnight until ``seconds``."""
    stop, told, now = threading.Event(), list[Told](), [START + from_]

    def clock() -> float:
        now[0] += step
        return now[0]

    def tell(piece: Told) -> None:
        told.append(piece)
        if piece.until >= START + seconds:
            stop.set()

    flow(plan, folder / "spool", folder / "told", stop, 0.0, tell, clock)
    return told


def test_what_is_told_is_what_was_recorded(plan: DayPlan, tmp_path: Path) -> None:
    """The past comes at once and the present as the clock goes on: together just the events that the plan has recorded by then, each once."""
    told = run_until(plan, tmp_path, 20 * 3600, 97, 12 * 3600)
    assert not told[0].live and told[-1].live
    assert [t.until for t in told] == sorted({t.until for t in told})
    assert told_in(tmp_path / "spool") == recorded_by(plan, told[-1].until)
    assert sum(t.events for t in told) > 500


def test_a_second_start_goes_on(plan: DayPlan, tmp_path: Path) -> None:
    """Ended and begun again, the flow tells what happened meanwhile, and nothing twice."""
    run_until(plan, tmp_path, 14 * 3600, 600, 13 * 3600)
    first = told_in(tmp_path / "spool")
    told = run_until(plan, tmp_path, 30 * 3600, 600, 26 * 3600)
    assert not told[0].live, "what happened meanwhile comes at once"
    assert told_in(tmp_path / "spool") == recorded_by(plan, told[-1].until) and first < told_in(tmp_path / "spool")


def test_killed_before_it_noted_how_far(plan: DayPlan, tmp_path: Path) -> None:
    """Where the word was not written any more, what it would have told is told again: none is lost, and the repeats are as they were."""
    run_until(plan, tmp_path, 14 * 3600, 600, 13 * 3600)
    (tmp_path / "told").write_text(str(START + 13 * 3600), encoding="ascii")
    told = run_until(plan, tmp_path, 15 * 3600, 777, 14 * 3600)
    found, true = told_in(tmp_path / "spool"), recorded_by(plan, told[-1].until)
    assert set(found) == set(true) and all(found[e] >= n for e, n in true.items())


def test_faults_last(guangdong: Network) -> None:
    """Short faults of one place or feed come again each day, others hold to the end, a closed crossing stays as it is; no more than can be planted."""
    scenario = read(Path(str(guangdong.folder)) / "faults.toml", guangdong)
    made = lasting(scenario, 30)
    assert {f.kind for f in made.faults} == {f.kind for f in scenario.faults} and len(made.faults) <= MOST_FAULTS
    of: Callable[[str], list[str]] = lambda kind: [f.first for f in made.faults if f.kind == kind]  # noqa: E731
    assert of("backlog")[:3] == ["+0 18:00", "+1 18:00", "+2 18:00"] and len(of("backlog")) >= 7
    assert [f.until for f in made.faults if f.kind == "inspection_missing"] == ["+30 00:00"]
    assert [f for f in made.faults if FAULTS[f.kind].crossing] == [
        f for f in scenario.faults if FAULTS[f.kind].crossing
    ]
    assert {length_s(f) for f in made.faults if f.kind == "silent_feed"} == {12 * 3600}
    DayPlan(guangdong, FIRST, 10, scenario=made).scenario.compiled(guangdong, FIRST)
