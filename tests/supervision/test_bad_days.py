"""Rules over the data quality of operators' days, held against plain Python."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from yilu.items.cubes import QUALITY
from yilu.supervision.rules.declared import declared
from yilu.supervision.rules.of_feeds import SHARES, bad_days

ZONE, DAY = 8 * 3600, 20_241
C = declared()
Cells = dict[tuple[str, int, int, int], int]
"""{(measure, day from DAY, operator, hours): count}"""
MEASURE = {"feed_clock_ahead": "clock_ahead", "feed_unknown_place": "unknown_place", "feed_unmapped": "unmapped"}


def network() -> Any:
    return SimpleNamespace(time_zone="Asia/Shanghai", local_day=lambda at: (np.asarray(at) + ZONE) // 86400)


def table(cells: Cells) -> pa.Table:
    rows = [
        {"measure": QUALITY[m][0], "day": DAY + d, "operator": o, "hours": h, "count": n}
        for (m, d, o, h), n in cells.items()
    ]
    schema = pa.schema([(n, pa.int32()) for n in ("measure", "day", "operator", "hours")] + [("count", pa.int64())])
    return pa.Table.from_pylist(rows, schema=schema)


def told(cells: Cells, watermark: int) -> set[tuple[str, int, int, int]]:
    rows = bad_days(table(cells), network(), watermark, C)
    assert not rows["key"].any() and not rows["place"].any() and not rows["provisional"].any()
    names = {r.number: r.id for r in C.rules.values()}
    return {(names[int(r["rule"])], int(r["operator"]), int(r["at"]), int(r["until"])) for r in rows}


def expected(cells: Cells, watermark: int) -> set[tuple[str, int, int, int]]:
    """The rules once more, day by day."""
    n = lambda m, d, o, late=0: sum(v for (a, b, c, h), v in cells.items() if (a, b, c) == (m, d, o) and h >= late)  # noqa: E731
    begin = lambda d: (DAY + d) * 86400 - ZONE  # noqa: E731
    found = set()
    for rule, threshold in SHARES.items():
        for who in {o for _, _, o, _ in cells if o}:
            since = None
            for d in range(12):
                if begin(d + 1) > watermark or n("events", d, who) < C["feed_least"]:
                    continue
                if rule == "feed_repeats":
                    bad = n("received", d, who) - n("events", d, who)
                elif rule == "feed_late_record":
                    bad = n("events", d, who, C["feed_late_hours"])
                else:
                    bad = n(MEASURE[rule], d, who)
                over = 1000 * bad > C[threshold] * n("events", d, who)
                if over and since is None:
                    since = d
                elif not over and since is not None:
                    found.add((rule, who, begin(since), begin(d)))
                    since = None
            if since is not None:
                found.add((rule, who, begin(since), 0))
    return found


counts = st.dictionaries(
    st.tuples(st.sampled_from(list(QUALITY)), st.integers(0, 6), st.integers(0, 2), st.sampled_from([0, 0, 11, 12, 40])),
    st.sampled_from([0, 1, 5, 11, 26, 60, 300, 700, 1000]), max_size=60,
)  # fmt: skip
days = st.dictionaries(
    st.tuples(st.just("events"), st.integers(0, 6), st.integers(1, 2), st.just(0)), st.sampled_from([400, 500, 2000])
)


@given(counts, days, st.integers(0, 8 * 24))
@settings(max_examples=200, deadline=None)
def test_bad_days_are_those_of_plain_python(some: Cells, more: Cells, hours: int) -> None:
    """Any counts, any watermark: rule, operator, begin and end of every run of bad days."""
    cells = {**some, **more}
    watermark = DAY * 86400 - ZONE + hours * 3600
    assert told(cells, watermark) == expected(cells, watermark)


def test_a_run_ends_as_the_first_good_day_begins() -> None:
    """Two bad days, a day of too few events, a good day: one piece of evidence, from the first midnight to that of the good day; before the good day is
    whole it goes on."""
    cells: Cells = {("events", d, 1, 0): n for d, n in enumerate((1000, 1000, 10, 1000))}
    cells |= {("unmapped", d, 1, 0): n for d, n in enumerate((30, 21, 10, 20))}
    begin = lambda d: (DAY + d) * 86400 - ZONE  # noqa: E731
    assert told(cells, begin(4)) == {("feed_unmapped", 1, begin(0), begin(3))}
    assert told(cells, begin(4) - 1) == {("feed_unmapped", 1, begin(0), 0)}
