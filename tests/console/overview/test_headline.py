"""The figures that stand first, and what they say where there is nothing yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from yilu.console.facts import Newest, newest
from yilu.console.overview import headline
from yilu.console.overview.alerts import table as alert_table
from yilu.console.pages.writing import day_in_both
from yilu.console.seen import Seen, scope_of
from yilu.items import cubes
from yilu.run.facts import Facts


def told(client: Any) -> dict[str, Any]:
    """The figures by title."""
    return {r["figure"]: r["value"] for r in client.get("/index.json").json()["tables"]["headline"]}


def test_alerts_are_counted_by_severity(client_of: Callable[[str], Any]) -> None:
    """Each severity's alerts that people are told of and that are not over; together with those that are listed and those left out of the list."""
    found = newest().alerts
    assert found is not None
    counted = Counter(a.severity for a in found.alerts if a.told and a.life != "resolved" and a.severity)
    said = told(client_of("duty"))
    assert [said[n] for n in ("严重", "较重", "一般", "提示")] == [counted[s] for s in (4, 3, 2, 1)] and sum(
        counted.values()
    ) > 5


def test_hours_hold_all_scans_of_their_time(users: dict[str, Any]) -> None:
    """Each of the last hours has what the cube of scans holds of it, empty ones 0."""
    seen = Seen(scope_of(users["duty"]), newest())
    hours = headline.throughput(seen)
    snapshot = newest().snapshot
    assert snapshot is not None
    cells = snapshot.cells(cubes.BY_NAME["scans"])
    counted: Counter[int] = Counter()
    for hour, n in zip(cells["hour"].to_pylist(), cells["count"].to_pylist(), strict=True):
        counted[hour] += n
    assert [s for s, _ in hours] == [3600 * (hours[0][0] // 3600 + i) for i in range(headline.HOURS)]
    assert [n for _, n in hours] == [counted[s // 3600] for s, _ in hours] and sum(n for _, n in hours) > 0


def test_a_firm_and_a_city_see_their_own_scans(users: dict[str, Any]) -> None:
    """Each less than the province's, hour by hour, and something."""
    whole = dict(headline.throughput(Seen(scope_of(users["duty"]), newest())))
    for who in ("city", "carrier"):
        mine = dict(headline.throughput(Seen(scope_of(users[who]), newest())))
        assert 0 < sum(mine.values()) < sum(whole.values()) and all(n <= whole[h] for h, n in mine.items())


def test_figures_of_an_earlier_day_name_it(users: dict[str, Any]) -> None:
    """Where nothing was accepted since, "now" and "the last seven days" would be said of weeks ago; on the day of the latest event they are true."""
    held = Seen(scope_of(users["duty"]), newest())
    last = headline.latest(held)
    assert last < headline.day_of(held), "the store's lives go on after the day they began on"
    notes = {f.name: f.note for f in headline.figures(held)}
    zh, en = day_in_both(last)
    assert (notes["in_flight"], notes["accepted"]) == ((f"{zh} 日终", f"end of {en}"), (f"至 {zh} 的七日", f"seven days to {en}"))  # fmt: skip
    assert notes["per_minute"][1].startswith(f"the hour from {en}")
    assert [str(n) for n in headline.notes(held, headline.day_of(held), 1)] == ["最近一个整小时", "近七日", "当前"]


def test_the_latest_day_is_one_on_which_something_was_accepted(users: dict[str, Any]) -> None:
    """Lives end weeks after the day they began on; a page that looks at the days before the last scan would show nothing."""
    seen = Seen(scope_of(users["duty"]), newest())
    assert headline.latest(seen).isoformat() == "2025-11-11"


@pytest.fixture
def nothing(tmp_path: Path, users: dict[str, Any]) -> Seen:
    """What a duty officer sees where there is no store yet."""
    opened = Facts(replace(newest().facts.settings, store=tmp_path / "none"))
    return Seen(scope_of(users["duty"]), Newest(opened))


def test_without_a_store_every_figure_is_unknown(nothing: Seen) -> None:
    """Unknown, not 0; the list of alerts says what to do."""
    assert {f.value for f in headline.figures(nothing)} == {None} and headline.throughput(nothing) == []
    assert "yilu" in str(alert_table(nothing).empty)


def test_the_page_comes_where_there_is_no_store(
    nothing: Seen, client_of: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan's targets and the map of the province are there, the rest says the next step."""
    from yilu.console import seen as seen_module

    monkeypatch.setattr(seen_module, "newest", lambda: nothing.of)
    answer = client_of("duty").get("/")
    text = answer.content.decode()
    assert (
        answer.status_code == 200 and "启动 yilu run" in text and "尚无数据" in text and "plan_express_volume" in text
    )
    assert len(client_of("duty").get("/index.json").json()["tables"]["areas"]) == 21


def test_the_plan_s_targets_stand_as_printed_and_published(client_of: Callable[[str], Any]) -> None:
    """Express volume: 480 promised for 2025, 460 published: not met. All fifteen of the table of main targets are there, with or without figures."""
    rows = {r["target"]: r for r in client_of("planner").get("/index.json").json()["tables"]["targets"]}
    assert len(rows) == 15
    express = rows["快递业务量"]
    assert (express["promised"], express["actual"], express["path"], express["state"]) == (
        "不低于 480",
        460.0,
        480.0,
        "未达到",
    )
    assert rows["绿色分拨中心数"]["state"] == "尚无数值"


def test_a_chart_and_its_table_say_the_same(client_of: Callable[[str], Any]) -> None:
    """Of each chart: the values that are drawn are those of the table's columns."""
    page = client_of("duty").get("/").context["page"]
    assert len(page.charts) > 4
    for chart in page.charts:
        names = [c.name for c in chart.table.columns][1:]
        for name, series in zip(names, chart.option["series"], strict=True):
            assert [r[name] for r in chart.table.rows] == series["data"]
