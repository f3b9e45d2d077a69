"""Protected periods on screens: the calendar against plain Python, lines and zero reports as records, what the facts know of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.console.audit.models import Entry
from yilu.console.protected.month import Held, beside, weeks
from yilu.console.registers import handing_on
from yilu.console.registers.models import Line, Silence, ZeroReport
from yilu.console.registers.standing import Version

Client = Callable[[str], Any]
DAYS = st.dates(date(2000, 1, 1), date(2090, 12, 31))


def held(first: date, last: date) -> Held:
    """A line that holds from day to day."""
    return Held("L1", "P-1", "a", "a", first, last, "inspect", "accepted", "", "", "", "", "acceptance", 0, 0, 1)


@given(DAYS, DAYS, st.integers(0, 60))
def test_a_month_shows_what_holds_on_each_day(shown: date, first: date, length: int) -> None:
    """Weeks run from Monday to Sunday without a gap, hold every day of the month once, and each day's lines are those it lies in."""
    line = held(first, first + timedelta(days=length))
    grid = weeks(shown.year, shown.month, [line])
    days = [d for week in grid for d in week]
    assert all(len(w) == 7 and w[0].day.weekday() == 0 for w in grid)
    assert [d.day for d in days] == [days[0].day + timedelta(days=i) for i in range(len(days))]
    inside = [d.day for d in days if d.inside]
    assert inside[0].day == 1 and inside[-1] + timedelta(days=1) == beside(shown)[1]
    assert beside(shown)[0] == (inside[0] - timedelta(days=1)).replace(day=1)
    for d in days:
        assert bool(d.held) == (first <= d.day <= first + timedelta(days=length))


def add(client: Any, **change: str) -> Any:
    """Declare a period in Shenzhen."""
    form = {
        "period": "GDH-2025", "zh": "重大活动安保2025", "en": "Major event 2025", "since": "2025-11-10T00:00", "until": "2025-11-14T00:00", "of_inspect": "1", "of_zero_report": "1", "side": "accepted",
        "area": "440300", "item_class": "", "sender_kind": "", "latest_place": "acceptance", "operator": "", "reason": "notice 12",
    }  # fmt: skip
    return client.post("/protected-add/", form | change)


def test_a_period_is_declared_line_by_line(client_of: Client) -> None:
    """One line for each measure; a zero report is of the whole province, whatever else was chosen; each line has its entry."""
    assert add(client_of("duty")).status_code == 302
    lines = {line.measure: line for line in Line.objects.all()}
    assert set(lines) == {"inspect", "zero_report"}
    assert (lines["inspect"].area, lines["zero_report"].area) == ("440300", "")
    assert lines["inspect"].row()["protected_from"] == "2025-11-09T16:00:00+00:00"
    assert lines["inspect"].row()["en"] == "Major-event-2025"
    assert [e.what for e in Entry.objects.all()] == ["protected.add"] * 2


@pytest.mark.parametrize(
    "change",
    [
        {"period": "no digits"},
        {"period": "x"},
        {"zh": "无年份"},
        {"until": "2025-11-09T00:00"},
        {"of_inspect": "", "of_zero_report": ""},
        {"area": "1"},
        {"side": "x"},
        {"item_class": "x"},
        {"operator": "x"},
        {"reason": ""},
        {"zh": "13800138000号2025"},
    ],
)
def test_a_period_that_can_not_be(client_of: Client, change: dict[str, str]) -> None:
    """What the register would not take, a telephone in a name among it, is refused at the form and not kept."""
    assert add(client_of("duty"), **change).status_code == 422
    assert not Line.objects.exists() and not Entry.objects.exists()


def test_who_declares_for_whom(client_of: Client) -> None:
    """A city only for its own areas; the monitor and carriers not at all."""
    city = client_of("city")
    assert add(city, area="").status_code == 422 and add(city, area="440100").status_code == 422
    assert add(client_of("monitor")).status_code == 403 and add(client_of("carrier")).status_code == 403
    assert add(city, of_zero_report="").status_code == 302
    add(client_of("duty"), area="", of_zero_report="", period="GDP-2025")
    of_province = Line.objects.get(period="GDP-2025")
    assert city.post(f"/protected-line/{of_province.pk}/withdraw/", {"reason": "x"}).status_code == 422


def test_a_city_is_offered_only_what_it_may_end(client_of: Client) -> None:
    """Forms to end or withdraw stand beside its own lines, not beside the province's; the month that comes after declaring is the line's first by the local clock."""
    own = add(client_of("city"), of_zero_report="", since="2025-11-01T00:00")
    add(client_of("duty"), area="", of_zero_report="", period="GDP-2025")
    page = client_of("city").get("/protected/?since=2025-11-01").content.decode()
    mine, provinces = (Line.objects.get(period=p).pk for p in ("GDH-2025", "GDP-2025"))
    assert f"/protected-line/{mine}/withdraw/" in page and f"/protected-line/{provinces}/withdraw/" not in page
    assert own.url.endswith("since=2025-11-01")


def test_ending_and_withdrawing_are_two_things(client_of: Client) -> None:
    """Ended earlier, it was asked for until then; withdrawn, it never was. Both say why; what is withdrawn stays so."""
    client = client_of("duty")
    add(client, of_zero_report="")
    line = Line.objects.get()
    at = f"/protected-line/{line.pk}"
    assert client.post(f"{at}/end/", {"until": "2025-11-09T00:00", "reason": "x"}).status_code == 422
    assert client.post(f"{at}/end/", {"until": "2025-11-12T00:00", "reason": "over"}).status_code == 302
    line.refresh_from_db()
    assert (line.status, line.row()["protected_to"]) == ("declared", "2025-11-11T16:00:00+00:00")
    assert client.post(f"{at}/withdraw/", {"reason": "a mistake"}).status_code == 302
    assert client.post(f"{at}/end/", {"until": "2025-11-12T00:00", "reason": "x"}).status_code == 422
    assert [e.what for e in Entry.objects.order_by("number")] == ["protected.add", "protected.end", "protected.withdraw"]  # fmt: skip


def test_a_report_of_a_period_that_asks_for_none(client_of: Client) -> None:
    """Neither firm nor officer reports on a period that the facts don't know to ask for it."""
    form = {"period": "NONE-1", "operator": "ZTO", "day": "2025-11-11", "cases": "0", "note": ""}
    for who in ("carrier", "duty"):
        assert client_of(who).post("/protected-report/", form).status_code == 422
    assert not ZeroReport.objects.exists()


def test_taken_up_means_the_same_row(db: None) -> None:
    """A record is taken up where the register holds just its row; an earlier version of it, or none, is not."""
    made = Silence(pk=7, rule="late", operator="ZTO", since=datetime(2025, 11, 26, tzinfo=UTC), until=datetime(2025, 11, 27, tzinfo=UTC), why="other", reason="x")  # fmt: skip
    row = {"silence": "S000007", "rule": "late", "operator": "ZTO", "facility": "", "area": None, "silent_from": 1764115200, "silent_to": 1764201600, "status": "declared"}  # fmt: skip
    standing = {("S000007",): Version(row, 12, 0)}
    assert handing_on.told(made, standing) == ("taken_up", 12)
    assert handing_on.told(made, {}) == ("not_handed", 0)
    made.handed = "spool"
    assert handing_on.told(made, {}) == ("waiting", 0)
    for change in ({"status": "withdrawn"}, {"silent_to": 1764201601}, {"operator": ""}, {"area": "440300"}):
        assert handing_on.told(made, {("S000007",): Version({**row, **change}, 12, 0)}) == ("waiting", 0)


def test_what_could_not_be_published_says_why(client_of: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any) -> None:  # fmt: skip
    """The record stays, with the reason and a way to try again; published, it says where it went."""
    from yilu.errors import StoreError

    def locked(*_: Any) -> str:
        raise StoreError("another command writes", zh="另一命令正在写入", next_step="wait", next_step_zh="稍后再试")

    monkeypatch.setattr(handing_on, "publish", locked)
    client = client_of("duty")
    with django_capture_on_commit_callbacks(execute=True):
        add(client, of_zero_report="")
    line = Line.objects.get()
    assert (line.handed, line.refused) == ("", "另一命令正在写入 → 稍后再试")
    page = client.get("/protected/").content.decode()
    assert "另一命令正在写入" in page and f"/protected-line/{line.pk}/hand_on/" in page
    sent: list[Any] = []
    monkeypatch.setattr(handing_on, "publish", lambda facts, kind, rows: sent.append((kind, list(rows))) or "spool")
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"/protected-line/{line.pk}/hand_on/").status_code == 302
    line.refresh_from_db()
    assert (line.handed, line.refused) == ("spool", "") and sent == [("protected_periods", [line.row()])]
