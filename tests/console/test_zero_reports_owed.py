"""Zero reports that are owed, against plain Python; and the whole way of a period from the register to its pages."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from yilu.console.access.roles import ROLES
from yilu.console.access.scope import Scope
from yilu.console.facts import Newest
from yilu.console.seen import Seen
from yilu.items import answers
from yilu.run.facts import Facts
from yilu.run.registers import publish
from yilu.settings import load
from yilu.supervision.rules.zero_reports import LATE, MISSING, RECEIVED

ZONE = ZoneInfo("Asia/Shanghai")
FIRST, LAST = date(2025, 11, 11), date(2025, 11, 13)


@pytest.fixture(scope="module")
def facts(made_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """A copy of the console's store with a period, of which ZTO reported one day in time and one late."""
    folder = tmp_path_factory.mktemp("owed")
    shutil.copytree(made_store / "store", folder / "store")
    shutil.copy(made_store / "key", folder / "key")
    opened = Facts(load({}, store=folder / "store", key_file=folder / "key", buckets=4))
    line = {"line": "P000001", "period": "GDH-2025", "zh": "安保2025", "protected_from": f"{FIRST}T00:00:00+08:00", "protected_to": f"{LAST}T23:00:00+08:00", "measure": "zero_report", "status": "declared"}  # fmt: skip
    city = {**line, "line": "P000002", "period": "SZ-2025", "measure": "inspect", "area": "440300"}
    publish(opened, "protected_periods", [line, city])
    report = {"period": "GDH-2025", "operator": "ZTO", "cases": "2", "status": "received"}
    publish(opened, "zero_reports", [{**report, "day": str(FIRST), "reported_at": f"{FIRST}T18:00:00+08:00"}, {**report, "day": str(LAST), "reported_at": f"{LAST}T18:00:01+08:00"}])  # fmt: skip
    return opened


def seen(facts: Facts, role: str, areas: tuple[str, ...] = (), operator: str = "") -> Seen:
    """What somebody sees of the copy."""
    return Seen(Scope(1, "a", ROLES[role], areas, operator, frozenset(), facts.network), Newest(facts))


def test_owed_reports_against_plain_python(facts: Facts) -> None:
    """Each day whose 18:00 lies in the period, by every operator of whose items anything was scanned in the province before; in time to the second."""
    network, snapshot = facts.network, facts.read()
    first: dict[int, int] = {}
    for row in answers.scans(snapshot, ("hour", "facility", "operator")).to_pylist():
        area = network.facility_area[row["facility"]] if row["facility"] < len(network.facility_area) else 0
        if network.area_inside[area] and row["operator"]:
            first[row["operator"]] = min(first.get(row["operator"], 1 << 40), row["hour"] * 3600)
    expected = {}
    zto = network.operators.index_of_code["ZTO"]
    day = FIRST
    while day <= LAST:
        by = int(datetime(day.year, day.month, day.day, 18, tzinfo=ZONE).timestamp())
        for operator, since in first.items():
            if since < by <= snapshot.as_of:
                late = {FIRST: RECEIVED, LAST: LATE}.get(day, MISSING) if operator == zto else MISSING
                expected[operator, (day - date(1970, 1, 1)).days] = (by, late)
        day += timedelta(days=1)
    owed = seen(facts, "duty").zero_reports()
    assert {(o.operator, o.day): (o.by, o.stands) for o in owed} == expected and len(owed) == len(expected) > 10
    assert {o.cases for o in owed if o.operator == zto and o.came} == {2}


def test_who_sees_which_reports_and_lines(facts: Facts) -> None:
    """A carrier sees its own reports; a city the lines that bind it or the whole province, another city not Shenzhen's."""
    zto = facts.network.operators.index_of_code["ZTO"]
    assert {o.operator for o in seen(facts, "carrier", operator="ZTO").zero_reports()} == {zto}
    periods = {areas: {v.row["period"] for v in seen(facts, "duty", areas).register("protected_periods").versions.values()} for areas in ((), ("440300",), ("440100",))}  # fmt: skip
    assert periods == {(): {"GDH-2025", "SZ-2025"}, ("440300",): {"GDH-2025", "SZ-2025"}, ("440100",): {"GDH-2025"}}
    assert {v.row["operator"] for v in seen(facts, "carrier", operator="YTO").register("zero_reports").versions.values()} == set()  # fmt: skip


def test_a_version_names_its_commit(facts: Facts) -> None:
    """What the register holds says which commit brought it, so that a page can say that it is taken up."""
    versions = seen(facts, "duty").register("protected_periods").versions
    assert {v.commit for v in versions.values()} <= set(range(1, facts.read().at.commit + 1))
    assert versions["P000001",].row["measure"] == "zero_report"
