"""Indicators of data quality against DuckDB over the event files, and the score against arithmetic by hand."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yilu.cli.ingest import ingest_into
from yilu.indicators import Period, values
from yilu.indicators.quality import SCORE, WEIGHTS, score
from yilu.items import answers, cubes
from yilu.items.cubes import MEASURES
from yilu.items.kinds import BY_CODE
from yilu.run.facts import Facts
from yilu.settings import load as load_settings
from yilu.twin.plan import DayPlan
from yilu.twin.write import write_day

PERIOD = Period(date(2025, 6, 3), date(2025, 6, 5))
_SQL = """
WITH copies AS (SELECT operator, waybill, kind, epoch("at")::BIGINT AS moment, facility, piece, voids, epoch(recorded_at)::BIGINT AS seen FROM read_parquet('{files}')
    WHERE (epoch("at")::BIGINT + 28800) // 86400 BETWEEN 20242 AND 20244),
once AS (SELECT operator, kind, facility, min(seen) - moment AS late, count(*) AS copies FROM copies GROUP BY operator, waybill, kind, moment, facility, piece, voids)
SELECT operator, count(*), count(*) FILTER (late <= 3600), count(*) FILTER (late <= 21600), count(*) FILTER (kind = 'weighed'),
    count(*) FILTER (facility IS NULL OR facility = 'ZZ-0000'), count(*) FILTER (kind IN ('void', 'void_depart')), sum(copies) - count(*), sum(copies) FROM once GROUP BY operator
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Facts, Path]:
    """Two days of a feed that is bad in every way."""
    root = tmp_path_factory.mktemp("world")
    facts = Facts(load_settings(store=root / "store", key_file=root / "key", buckets=8))
    plan = DayPlan(facts.network, date(2025, 6, 3), 6000, seed=5, days=2).with_rates(
        repeat=0.06, late_record=0.3, unmapped=0.2, unknown_place=0.05, wrong_delivery=0.05, wrong_departure=0.05
    )
    write_day(plan, root / "events")
    ingest_into(facts, str(root / "events"), "yilu", "", shown=False)
    return facts, root / "events"


def test_shares_are_those_of_the_files(world: tuple[Facts, Path]) -> None:
    """For every operator: distinct events, those recorded in time, unmapped, nowhere, voiding, and told again, as SQL counts them in the files."""
    facts, events = world
    rows = duckdb.sql(_SQL.format(files=events / "*.parquet")).fetchall()
    number = facts.network.operators.index_of_code
    names = ("data_timeliness", "data_order", "data_unmapped", "data_unknown_place", "data_corrections", "data_repeats")
    found = values(facts.read(), facts.network, names, PERIOD, by=("operator",))
    told = {(r["indicator"], r["operator"]): (r["numerator"], r["denominator"]) for r in found}
    expected = {}
    for code, n, *parts, again, came in rows:
        expected |= {(name, number[code]): (part, n) for name, part in zip(names[:5], parts, strict=True)}
        expected["data_repeats", number[code]] = (again, came)
    assert told == expected and len(rows) > 5 and all(sum(row[i] for row in rows) > 20 for i in range(2, 8))


AHEAD_S = (600, 601, 7200)
"""Seconds that planted clocks are ahead of the recording: the first is allowed (``clock_ahead_minutes``), one more is not."""
_AHEAD = """
WITH told AS (SELECT operator, epoch("at")::BIGINT AS moment, epoch(recorded_at)::BIGINT AS seen FROM read_parquet('{files}')),
counted AS (SELECT operator, (seen + 28800) // 86400 AS day, 1 AS ahead, 0 AS events FROM told WHERE moment - seen > 600
    UNION ALL SELECT operator, (moment + 28800) // 86400, 0, 1 FROM told WHERE moment - seen <= 600)
SELECT operator, day, sum(ahead)::BIGINT, sum(events)::BIGINT FROM counted GROUP BY ALL
"""


@pytest.fixture(scope="module")
def ahead(tmp_path_factory: pytest.TempPathFactory) -> tuple[Facts, Path]:
    """A clean day of which every eleventh event is said to have happened after it was recorded, by each of ``AHEAD_S`` in turn."""
    root = tmp_path_factory.mktemp("ahead")
    facts = Facts(load_settings(store=root / "store", key_file=root / "key", buckets=8))
    write_day(DayPlan(facts.network, date(2025, 6, 3), 3000, seed=6).with_rates(repeat=0.0), root / "events")
    for file in sorted((root / "events").glob("*.parquet")):
        table = pq.read_table(file)
        rows = np.arange(table.num_rows)
        planted = rows % 11 == 0
        seconds = np.where(planted, np.array(AHEAD_S)[rows // 11 % 3], 0).astype("timedelta64[s]")
        at, seen = (table[name].cast(pa.timestamp("s", "UTC")).to_numpy() for name in ("at", "recorded_at"))
        moved = pa.array(np.where(planted, seen + seconds, at)).cast(pa.timestamp("s")).cast(pa.timestamp("s", "UTC"))
        number = table.column_names.index("at")
        pq.write_table(table.set_column(number, "at", moved.cast(table["at"].type)), file)
    ingest_into(facts, str(root / "events"), "yilu", "", shown=False)
    return facts, root / "events"


def test_clocks_ahead_are_those_of_the_files(ahead: tuple[Facts, Path]) -> None:
    """By operator and day, as SQL counts them in the files: over ten minutes ahead, by the day of recording; over events that are taken, by the day of happening. In all as many as
    quarantine holds."""
    facts, events = ahead
    rows = duckdb.sql(_AHEAD.format(files=events / "*.parquet")).fetchall()
    number, first = facts.network.operators.index_of_code, date(1970, 1, 1)
    expected = {
        (number[code], (first + timedelta(days=day)).isoformat()): (n, of) for code, day, n, of in rows if n or of
    }
    found = values(facts.read(), facts.network, ["data_clock_ahead"], Period(date(2025, 6, 1), date(2025, 6, 30)), by=("operator", "day"))  # fmt: skip
    told = {(r["operator"], r["day"]): (r["numerator"], r["denominator"]) for r in found}
    assert told == expected and len(expected) > 20
    planted = sum(n for n, _ in told.values())
    assert planted == answers.quarantined(facts.read())["clock_ahead"] > 100
    [whole] = values(facts.read(), facts.network, ["data_clock_ahead"], Period(date(2025, 6, 1), date(2025, 6, 30)))
    assert whole["value"] == pytest.approx(planted / sum(of for _, of in told.values()))
    assert 0.05 < whole["value"] < 0.08


def test_completeness_is_beginnings_and_ends_that_were_told(world: tuple[Facts, Path]) -> None:
    """Acceptances known and ends told, over items begun and items due, added up cell by cell in plain Python."""
    facts, _ = world
    network, snapshot = facts.network, facts.read()
    n: Counter[str] = Counter()
    names = {number: name for name, (number, *_) in MEASURES.items()}
    known = int(network.local_day(np.array([snapshot.as_of]))[0])
    for cell in snapshot.cells(cubes.BY_NAME["clock"]).to_pylist():
        day = (cell["hour"] * 3600 + 28800) // 86400
        if cell["side"] == 1 and network.area_inside[cell["area"]] and 20242 <= day <= min(20244, known - 1):
            n[names[cell["measure"]]] += cell["count"]
    [row] = values(snapshot, network, ["data_completeness"], PERIOD)
    ends = n["on_time"] + n["late"] + n["gone_late"] + n["gone"]
    assert (row["numerator"], row["denominator"]) == (n["accepted"] - n["unaccepted"] + ends, n["accepted"] + n["due"])
    assert 0.5 < row["value"] <= 1.01 and n["due"] > 100


def test_the_score_weighs_marks_by_hand(world: tuple[Facts, Path]) -> None:
    """Half of all events timely and everything else perfect loses half of that weight; worst shares lose all of theirs; a day without data halves completeness."""
    perfect = {name: 0.0 if w.worst else 1.0 for name, w in WEIGHTS.items()}
    rows = lambda given: {n: [{"operator": 1, "value": v, "denominator": 10}] for n, v in given.items()}  # noqa: E731
    of = lambda given, told=2.0: score(rows(given), ("operator",), {(1,): told}, 2)[0]["value"]  # noqa: E731
    total = sum(w.weight for w in WEIGHTS.values())
    assert total == 100 and of(perfect) == 1.0
    assert of({**perfect, "data_timeliness": 0.5}) == pytest.approx(1 - WEIGHTS["data_timeliness"].weight / 200)
    assert of({**perfect, "data_unmapped": 0.9}) == pytest.approx(1 - WEIGHTS["data_unmapped"].weight / 100)
    assert of(perfect, 1.0) == pytest.approx(1 - WEIGHTS["data_completeness"].weight / 200)
    facts, _ = world
    found = values(
        facts.read(), facts.network, [SCORE], Period(date(2025, 6, 1), date(2025, 6, 30)), by=("operator", "month")
    )
    assert len(found) > 5 and all(0 < r["value"] < 1 and r["month"] == "2025-06-01" for r in found)
    assert BY_CODE["other"].id == 240
