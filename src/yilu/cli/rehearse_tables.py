"""What ``yilu rehearse`` shows and writes: prediction beside rehearsal, and where items wait."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from yilu.cli.output import print_table, say
from yilu.cli.titles import clock, percent, title
from yilu.cli.underway import generated
from yilu.dispatch.timetable import Timetable
from yilu.documents.saving import save
from yilu.items.names import Names
from yilu.network import Network
from yilu.studies.agreement import Broken, Kept, OfAssignment, OfDisruption, OfPromises
from yilu.twin.rehearsal.days import Rehearsal
from yilu.twin.rehearsal.waiting import Load, departures, sorting

_SHOWN = 8
HEADS: dict[str, tuple[str, ...]] = {
    "departures": ("lane", "from_facility", "to_facility", "departs", "takes", "load", "left_behind"),
    "sorting": ("facility", "at", "takes", "sorted", "left_behind"),
}
"""Columns of the files that ``--out`` writes."""


def _broken(of: Broken) -> tuple[int, int, int]:
    return round(of.predicted), round(of.rehearsed), round(of.error)


def _level(names: Names, level: int, zh: bool) -> str:
    return names.level[level] if level else ("全部" if zh else "all")


def _row(names: Names, unbounded: Kept, bounded: Kept, zh: bool) -> tuple[object, ...]:
    """A service level's shares."""
    shares = (bounded.predicted, unbounded.rehearsed, bounded.error, bounded.rehearsed)
    return _level(names, bounded.level, zh), bounded.items, *map(percent, shares)


def _levels(network: Network, rows: list[Kept]) -> list[dict[str, Any]]:
    codes = network.service_levels.code_of_id
    return [
        {"level": codes.get(k.level, "all"), "items": k.items, "predicted": k.predicted, "rehearsed": k.rehearsed, "error": k.error, "agrees": k.agrees} for k in rows
    ]  # fmt: skip


def record_of_plan(found: OfAssignment, free: OfAssignment, spilled: float, of: Timetable) -> dict[str, Any]:
    """A plan followed, for machines."""
    return {
        "day": of.first.isoformat(), "generated": generated(of.network), "spilled": spilled, "levels_unbounded": _levels(of.network, free.kept), "levels": _levels(of.network, found.kept),
        "items": found.items, "days": found.days, "stands_for": found.stands_for, "loads_apart": found.apart, "loads_apart_by_drawing": found.apart_by_drawing, "late": asdict(found.late),
        "departures": [
            {"planned": float(p), "rehearsed": float(r), "left_behind": float(b)} for p, r, b in zip(found.planned, found.rehearsed, found.behind, strict=True)
        ],
    }  # fmt: skip


def record_of_days(found: OfPromises, vary: list[Kept] | None, of: Rehearsal) -> dict[str, Any]:
    """The same for machines."""
    network = of.days.timetable.network
    return {
        "first": of.days.timetable.first.isoformat(), "generated": generated(network), "items_a_day": of.days.a_day, "stands_for": of.days.stands_for,
        "days_before": of.days.counted.start, "days_counted": len(of.days.counted), "in_balance": of.balanced, "growth_a_day": of.growth, "different": found.different,
        "levels_unbounded": _levels(network, found.unbounded), "levels": _levels(network, found.bounded), "levels_varying": _levels(network, vary or []), **_flow(of),
    }  # fmt: skip


def _flow(of: Rehearsal) -> dict[str, float | None]:
    """What items of the counted days do on the mean."""
    some, there = of.counts, of.counts & (of.delivered > 0)
    hours = (of.delivered[there] - of.days.accepted.at(of.days.timetable)[there]) / 3600
    if not there.any():
        return dict.fromkeys(("delivered", "hours", "rides", "hours_waiting", "hours_handled", "strayed"))
    m = of.moved
    return {
        "delivered": float(there.sum() / some.sum()), "hours": float(hours.mean()), "rides": float(m.rode[there].mean()), "hours_waiting": float(m.waited[there].mean() / 60),
        "hours_handled": float(m.handled[there].mean() / 60), "strayed": float(m.strayed[some].mean()),
    }  # fmt: skip


def rows(of: Rehearsal, table: str) -> Iterator[tuple[Any, ...]]:
    """Rows of a file, those that leave most behind first."""
    network = of.days.timetable.network
    codes, lanes = network.facilities.code_of_id, network.lanes
    for r in departures(of) if table == "departures" else sorting(of):
        where = (str(lanes.code[r.lane]), codes[r.facility], str(lanes.target_facility[r.lane])) if r.lane >= 0 else (codes[r.facility],)  # fmt: skip
        yield *where, clock(r.minute), *_amounts(r)


def write(of: Rehearsal, folder: Path) -> list[Path]:
    """Write departures.csv and sorting.csv into a folder."""
    return [save(folder, f"{table}.csv", _csv(HEADS[table], rows(of, table))) for table in HEADS]


def _csv(heads: tuple[str, ...], lines: Iterator[tuple[Any, ...]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(lines)
    return text.getvalue().encode()


def show_days(found: OfPromises, vary: list[Kept] | None, of: Rehearsal, zh: bool) -> None:
    """Promises, what items do on the mean, and what leaves most behind."""
    network = of.days.timetable.network
    names = Names(network, zh)
    heads: tuple[str, ...] = ("时限产品", "件", "预测达成率", "不限运力的预演", "标准误", "现有运力的预演") if zh else ("service level", "items", "predicted", "rehearsed, everything has room", "standard error", "rehearsed within the room there is")  # fmt: skip
    print_table(f"{of.days.timetable.first} + {of.days.counted.start}", heads, [_row(names, one, other, zh) for one, other in zip(found.unbounded, found.bounded, strict=True)])  # fmt: skip
    if vary:
        heads = ("时限产品", "件", "在途有波动时预测达成率", "预演", "标准误") if zh else ("service level", "items", "predicted, rides vary", "rehearsed", "standard error")  # fmt: skip
        print_table("", heads, [(_level(names, k.level, zh), k.items, *map(percent, (k.predicted, k.rehearsed, k.error))) for k in vary])  # fmt: skip
    flow = _flow(of)
    shares = ("delivered", "strayed")
    print_table("", ("项", "值") if zh else ("what", "value"), [
        (title("rehearsal", name, zh), percent(value) if name in shares else None if value is None else round(value, 2)) for name, value in flow.items()
    ])  # fmt: skip
    names_of, shown = network.facilities.index_of_code, (departures(of)[:_SHOWN], sorting(of)[:_SHOWN])
    heads = ("设施", "往", "时刻", "每日可容", "装载", "留下") if zh else ("facility", "to", "at", "takes a day", "load", "left behind")  # fmt: skip
    print_table("", heads, [
        (names.facility[r.facility], names.facility[names_of[str(network.lanes.target_facility[r.lane])]], clock(r.minute), *_amounts(r)) for r in shown[0] if r.behind
    ])  # fmt: skip
    heads = ("设施", "波次或小时", "每日可分拣", "分拣", "留下") if zh else ("facility", "wave or hour", "sorts a day", "sorted", "left behind")  # fmt: skip
    print_table("", heads, [(names.facility[r.facility], clock(r.minute), *_amounts(r)) for r in shown[1] if r.behind])  # fmt: skip
    say(
        f"每日 {of.days.a_day:,} 件,各代表 {of.days.stands_for:,.0f} 件;前 {of.days.counted.start} 日不计;不限运力时与时刻表所示分钟不同的件:{found.different:,}" if zh
        else f"{of.days.a_day:,} items a day, each for {of.days.stands_for:,.0f}; the first {of.days.counted.start} days aren't counted; items that with room for all come at another minute than the router says: {found.different:,}"
    )  # fmt: skip
    if not of.balanced:
        say(f"未达平衡:在途件每日增加日件量的 {percent(of.growth)}" if zh else f"Not in balance: what is on the way grows by {percent(of.growth)} of a day's items a day")  # fmt: skip
    _say_made(generated(network), zh)


def _amounts(r: Load) -> tuple[int | None, int, int]:
    return (round(r.takes) if np.isfinite(r.takes) else None), round(r.load), round(r.behind)


def _say_made(made: bool, zh: bool) -> None:
    say("件由需求合成(假设),并非实际件" if zh else "Items are made from demand (assumed), no real ones")
    if made:
        say("时刻表由规则生成(假设),并非企业实际班次" if zh else "The timetable is generated by rules (assumed), no carrier's own")  # fmt: skip


def show_plan(found: OfAssignment, free: OfAssignment, spilled: float, of: Timetable, zh: bool) -> None:
    """A plan followed: promises, loads, late items."""
    heads: tuple[str, ...] = ("时限产品", "件", "配载方案达成率", "不限运力的预演", "标准误", "现有运力的预演") if zh else ("service level", "items", "by the assignment", "rehearsed, everything has room", "standard error", "rehearsed within the room there is")  # fmt: skip
    names = Names(of.network, zh)
    print_table(f"{of.first}", heads, [_row(names, one, other, zh) for one, other in zip(free.kept, found.kept, strict=True)])  # fmt: skip
    heads = ("项", "配载方案", "预演", "标准误") if zh else ("what", "assignment", "rehearsed", "standard error")
    print_table("", heads, [
        (title("rehearsal", "loads", zh), round(float(found.planned.sum())), round(float(found.rehearsed.sum())), None),
        (title("rehearsal", "late", zh), *_broken(found.late)),
    ])  # fmt: skip
    say(
        f"各班装载相差合计为装载总数的 {percent(found.apart)};仅因抽取即可相差 {percent(found.apart_by_drawing)};每日 {found.items:,} 件,各代表 {found.stands_for:,.0f} 件;溢出 {spilled:,.0f} 件不在其中" if zh
        else f"Loads of departures differ by {percent(found.apart)} of all that rides; drawing alone may make {percent(found.apart_by_drawing)}; {found.items:,} items a day, each for {found.stands_for:,.0f}; {spilled:,.0f} spilled items aren't among them"
    )  # fmt: skip
    _say_made(generated(of.network), zh)


def show_disruption(found: OfDisruption, made: bool, zh: bool) -> None:
    """Promises that a closure breaks."""
    heads = ("失约件", "预测", "预演", "标准误") if zh else ("promises broken", "predicted", "rehearsed", "standard error")  # fmt: skip
    rows = ("waiting", "new_ways", "sorted_waiting", "sorted_new_ways", "first_come")
    print_table("", heads, [(title("rehearsal", name, zh), *_broken(getattr(found, name))) for name in rows])
    calm = found.undisturbed, found.sorted_undisturbed
    say(
        f"预演 {found.items:,} 件,各代表 {found.stands_for:,.0f} 件;无中断时因运力取整也有 {calm[0]:,.0f} 件失约,分拣有限时 {calm[1]:,.0f} 件,均不在表内" if zh
        else f"{found.items:,} items moved, each for {found.stands_for:,.0f}; where nothing is closed {calm[0]:,.0f} break because room is rounded, {calm[1]:,.0f} where sorting has limits: these aren't in the table"
    )  # fmt: skip
    _say_made(made, zh)
