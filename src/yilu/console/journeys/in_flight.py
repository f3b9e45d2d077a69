"""Items on their way now when something stops: whom it touches, which promises break if nobody does anything and after new ways, where more room would help, and what to tell whom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import ITEMS
from yilu.console.journeys.asked import Asked, asked_of, pending, shared
from yilu.console.journeys.stopping import Stopping, lanes_named, offered, shown, stopping_of, stops
from yilu.console.journeys.words import said_of
from yilu.console.pages.asking import AddressError
from yilu.console.pages.drawing import BARS, Drawn, chart
from yilu.console.pages.naming import Pair
from yilu.console.pages.page import Ask, Chart, Column, Page, Table, Text
from yilu.console.pages.showing import screen
from yilu.console.pages.writing import time_in_both
from yilu.dispatch.closures import touched
from yilu.network.default_timetable import GENERATED
from yilu.studies.advice import ROOM, Advice, Said, Sentence, advice, tallies
from yilu.studies.around import DAYS_AHEAD, MOST_HOURS, near
from yilu.studies.disruption import Study, figures, study

TITLE = _("在途件推演")
_STOPPED = _("停开班次")
ADVICE_HELD = 1000
"""Rows of advice held, those of most items; more than anybody reads, less than a province's worst night may give."""
_ADVICE_SHOWN, _PLACES_SHOWN = 40, 12
PLANS: tuple[Pair, ...] = (
    ("不处置,等候恢复", "nothing done"), ("在余下运力内改走", "new ways, room left"), ("运力不限时改走", "new ways, all room"),
)  # fmt: skip
Row = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """What a study found, as a page shows it. UTC seconds: ``as_of`` where the facts end, ``moment`` for which it was decided, ``begins`` and ``ends`` of what stops. ``counts``: items by name
    (``studies.disruption.figures``); ``unplaced``: items left out, by reason. ``stopped``: departures that don't run, or come later, of each closure. Rows: ``room`` lanes on which more room would save, ``advice``, of which ``more``
    aren't held, ``places`` where affected items stand; ``elsewhere``: affected items at places out of scope, for which others give advice. ``advised``: new ways break no more promises than waiting."""

    as_of: int
    moment: int
    begins: int
    ends: int
    counts: dict[str, int]
    unplaced: dict[str, int]
    stopped: list[int]
    room: list[Row]
    advice: list[Row]
    more: int
    places: list[Row]
    elsewhere: int
    advised: bool
    generated: bool


@screen("journeys.in_flight", ITEMS, "journeys/in-flight")
def in_flight(ask: Ask) -> Page:
    """Items on their way now when something stops: what breaks, and what to do about it."""
    asked, stopping, f = asked_of(ask), stopping_of(ask), ask.filter
    more = {**shared(ask, asked, "journeys.in_flight"), **shown(stopping), "begins": f.begins, "_day": f.day, "most_hours": MOST_HOURS, "_offered": offered(ask)}  # fmt: skip
    if not stopping.what or not ask.seen.as_of:
        more |= {"empty": True, "no_facts": not ask.seen.as_of}
        return Page("journeys/in_flight", TITLE, (stops(ask, stopping, [0] * len(stopping.what), _STOPPED),), more=more)
    begins = begins_of(ask, asked, stopping)
    _refuse_far(ask, stopping, begins)
    key = ("in flight", asked.operator, stopping.what, begins, stopping.lasts, stopping.later)
    found: Found | None = ask.here.studied(key, lambda: studied(ask, asked, stopping, begins))
    if found is None:
        return pending(TITLE, more, _("正在读取在途件并推演,完成后自动显示。件多时需一两分钟。"))
    order = bool(ask.scope.operator_ids)
    more |= {
        **found.counts, "saved": saved(found), "advised": found.advised, "order": order, "facts_to": found.as_of, "moment": found.moment, "from": found.begins, "until": found.ends,
        "unplaced": found.unplaced, "elsewhere": found.elsewhere, "generated": found.generated, "one_operator": order or bool(asked.operator), "one_area": not ask.here.scope.everywhere,
        "_figures": tiles(found), "_left_out": any(found.unplaced.values()),
    }  # fmt: skip
    tables = (stops(ask, stopping, found.stopped, _STOPPED), places(found), room(found), advised(found, order))
    return Page("journeys/in_flight", TITLE, tables, (plans(found),), more)


def begins_of(ask: Ask, asked: Asked, stopping: Stopping) -> int | None:
    """UTC seconds at which it begins; None for where the facts end: what an address means that names no time, and no other day than theirs."""
    if not ask.filter.begins and asked.day == ask.seen.latest_day:
        return None
    return ask.seen.network.local_time.midnight(asked.day.isoformat()) + 60 * stopping.begins


def _refuse_far(ask: Ask, stopping: Stopping, begins: int | None) -> None:
    """Raises AddressError for what lasts too long, and what is over before the facts end or begins when what is on its way now has come."""
    f, as_of = ask.filter, ask.seen.as_of
    if stopping.lasts > MOST_HOURS:
        raise AddressError("lasts", str(stopping.lasts), f"at most {MOST_HOURS} hours, of items on their way", f"至多 {MOST_HOURS} 小时(在途件推演)")  # fmt: skip
    start = as_of if begins is None else begins
    if not near(ask.seen.network, as_of, start, start + 3600 * stopping.lasts):
        key, (zh, en) = ("begins" if f.begins else "day"), time_in_both(as_of)
        raise AddressError(
            key, getattr(f, key), f"a time that begins at most {DAYS_AHEAD} days after {en}, where the facts end, and lasts beyond it",
            f"至迟在数据截至时刻({zh})之后 {DAYS_AHEAD} 天内开始、并持续到该时刻之后的时间",
        )  # fmt: skip


def studied(ask: Ask, asked: Asked, stopping: Stopping, begins: int | None) -> Found:
    """The study of what is in scope, as it is shown."""
    here = ask.here
    of, underway, as_of = here.in_flight(begins, asked.operator)
    lanes_named(ask, stopping, ask.seen.lanes(of))
    start = as_of if begins is None else begins
    closures = replace(stopping, begins=0).closures(start)
    made = study(of, underway, closures, as_of)
    said = Said(of.network, order=bool(ask.scope.operator_ids))
    rows, at_mine, lanes_of_mine = advice(made), here.scope.at_facility, set(here.lanes(of).rows.tolist())
    # A place's own officers, and they alone, are told of the departures there.
    todo = [r for r in rows if r.action != ROOM and at_mine[r.facility]]
    return Found(
        as_of, int(of.at(made.moment)), start, closures[0].ends, figures(made), underway.unplaced, [int(touched(of, c).sum()) for c in closures],
        [_room_row(made, said, r) for r in rows if r.action == ROOM and r.lane in lanes_of_mine], [_advice_row(said, r) for r in todo[:ADVICE_HELD]], max(0, len(todo) - ADVICE_HELD),
        _place_rows(made, said), sum(r.items for r in rows if r.action != ROOM and not at_mine[r.facility]), made.advised, bool(np.any(of.network.lanes.source == GENERATED)),
    )  # fmt: skip


def _pair(of: Sentence) -> Pair:
    return of.zh, of.en


_ACTIONS: dict[str, Pair] = {
    "move": ("改走", "Take another way"), "wait": ("等候", "Wait"), "stuck": ("另行安排", "To be arranged"), "room": ("加运力", "More room"),
}  # fmt: skip


def _advice_row(said: Said, r: Advice) -> Row:
    return {
        "action": _ACTIONS[r.action], "operator": _pair(said.operator(r.operator)), "facility": _pair(said.place(r.facility)), "items": r.items, "in_time": r.in_time, "broken": r.broken,
        "departs": r.departs or None, "says": _pair(said.words(r)),
    }  # fmt: skip


def _room_row(made: Study, said: Said, r: Advice) -> Row:
    lanes = made.timetable.network.lanes
    return {
        "lane": str(lanes.code[r.lane]), "source": _pair(said.place(r.facility)), "target": _pair(said.target(r.lane)), "mode": said_of("mode", str(lanes.mode[r.lane])), "operator": _pair(said.operator(r.operator)),
        "departs": r.departs, "items": r.items, "saved": r.in_time,
    }  # fmt: skip


def _place_rows(made: Study, said: Said) -> list[Row]:
    return [
        {"facility": _pair(said.place(t.facility)), "operator": _pair(said.operator(t.operator)), "items": t.items, "waiting": t.waiting, "moved": t.moved}
        for t in tallies(made)
    ]  # fmt: skip


def saved(found: Found) -> int:
    """Promises that new ways keep of those that break if nobody does anything."""
    return max(0, found.counts["broken_waiting"] - found.counts["broken_new_ways"])


def tiles(found: Found) -> list[Row]:
    """The key figures, each with what it is a part of."""
    c = found.counts

    def of(part: str, whole: str) -> float | None:
        return c[part] / c[whole] if c[whole] else None

    told: tuple[tuple[str, Text, int, Text, float | None], ...] = (
        ("on_the_way", _("在途件"), c["on_the_way"], _("有路可走"), None), ("affected", _("受影响"), c["affected"], _("占在途"), of("affected", "on_the_way")),
        ("broken_waiting", _("不处置则失约"), c["broken_waiting"], _("占受影响"), of("broken_waiting", "affected")),
        ("broken_new_ways", _("改走后失约"), c["broken_new_ways"], _("占受影响"), of("broken_new_ways", "affected")),
        ("saved", _("改走可挽回"), saved(found), _("占不处置则失约"), saved(found) / c["broken_waiting"] if c["broken_waiting"] else None),
    )  # fmt: skip
    rows = [dict(zip(("name", "title", "value", "note", "share"), t, strict=True)) for t in told]
    return [r if r["share"] is not None or r["name"] == "on_the_way" else {**r, "note": ""} for r in rows]


def plans(found: Found) -> Chart:
    """Promises that break under each of the three plans."""
    broken = [found.counts[n] for n in ("broken_waiting", "broken_new_ways", "broken_all_room")]
    series = [Drawn("broken", _("失约(件)"), broken, BARS)]
    return chart("plans", _("三种情形下失约的件"), Column("plan", _("情形")), PLANS, series, height=260)


def advised(found: Found, order: bool) -> Table:
    """What to tell whom, most items first."""
    title, says = (_("调度指令(件多者在前)"), _("调度指令")) if order else (_("调度建议(件多者在前)"), _("调度建议"))
    columns = (
        Column("action", _("做法")), Column("operator", _("企业")), Column("facility", _("所在场所")), Column("departs", _("班次"), "time"), Column("items", _("件"), "count"), Column("in_time", _("可守承诺"), "count"),
        Column("broken", _("失约"), "count"), Column("says", says),
    )  # fmt: skip
    return Table("advice", title, columns, found.advice, _("无须处置。"), found.more, _ADVICE_SHOWN)


def room(found: Found) -> Table:
    """Lanes on which more room, each alone, would keep most promises."""
    columns = (
        Column("source", _("始发")), Column("target", _("终到")), Column("mode", _("运输方式")), Column("operator", _("承运")), Column("departs", _("自何班起"), "time"), Column("items", _("需加运力(件)"), "count"),
        Column("saved", _("可多守承诺(件)"), "count"), Column("lane", _("线路代码")),
    )  # fmt: skip
    return Table("room", _("在哪条线路加运力最有用"), columns, found.room, _("所试线路单独加运力均无助益。"))


def places(found: Found) -> Table:
    """Where affected items stand, and whose they are."""
    columns = (
        Column("facility", _("所在场所")), Column("operator", _("企业")), Column("items", _("受影响"), "count"), Column("waiting", _("不处置则失约"), "count"), Column("moved", _("改走后失约"), "count"),
    )  # fmt: skip
    return Table(
        "places", _("受影响件在何处、属何企业"), columns, found.places, _("中断不触及在途件。"), 0, _PLACES_SHOWN
    )
