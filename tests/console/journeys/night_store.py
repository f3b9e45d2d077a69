"""A store as it stands in the evening: what was scanned of a day until nine, so that items lie at depots and sort centres, on lanes and with couriers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from yilu.cli.ingest import ingest_into
from yilu.run.facts import Facts
from yilu.settings import load
from yilu.twin.day import simulate
from yilu.twin.plan import DayPlan

CUT = datetime(2025, 6, 3, 13, tzinfo=UTC)
"""21:00 in Guangdong, the day after the one of acceptance."""
ITEMS = 20_000


def night(folder: Path, items: int = ITEMS) -> Facts:
    """Make ``store`` and ``key`` in a folder."""
    opened = Facts(load({}, store=folder / "store", key_file=folder / "key", buckets=4))
    plan = DayPlan(opened.network, date(2025, 6, 2), items)
    scans = pa.concat_tables(list(simulate(plan))).unify_dictionaries()
    early = scans.filter(pc.less_equal(scans["at"], pa.scalar(CUT, scans.schema.field("at").type)))
    pq.write_table(early, folder / "scans.parquet")
    ingest_into(opened, str(folder / "scans.parquet"), "yilu", "", shown=False)
    return opened
