"""``yilu rehearse``: days on the timetable, on which items move themselves, beside what is predicted of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

import numpy as np
import typer

from yilu.cli.closures import (
    AreaOption,
    FacilityOption,
    LaneOption,
    ModeOption,
    Named,
    SlowOption,
    closures_of,
    named,
)
from yilu.cli.days import day_of, local_today
from yilu.cli.facts import facts, progress_bar
from yilu.cli.output import Json, print_json, print_table, say
from yilu.cli.status import ProvinceOption
from yilu.cli.titles import percent, title
from yilu.cli.underway import MOST_HOURS, generated, laid_out_around, moment_of, on_their_way
from yilu.dispatch.assignment.day import assignment_day
from yilu.dispatch.assignment.solving import solve
from yilu.dispatch.promise import laid_out
from yilu.errors import YiluError
from yilu.items.names import Names
from yilu.network import Network
from yilu.run.facts import Facts
from yilu.studies.agreement import Broken, Kept, OfAssignment, OfPromises, of_assignment, of_disruption, of_promises
from yilu.studies.disruption import study
from yilu.twin.rehearsal.days import Rehearsal, days, rehearse
from yilu.twin.rehearsal.stage import stage
from yilu.twin.rehearsal.waiting import Behind, departures_behind, sorting_behind

_SHOWN = 8
_MOST_COUNTED = 7
Step = Callable[[int, int], None]


def rehearse_(
    day: Annotated[str, typer.Option("--day", help="首日,缺省今日 · First day; today by default.")] = "",
    items: Annotated[int, typer.Option("--items", min=1, max=1_000_000, help="每日移动的件数,其余由其代表 · Items moved a day; each stands for as many as it takes.")] = 137_000,
    counted: Annotated[int, typer.Option("--days", min=1, max=_MOST_COUNTED, help="计入的日数 · Days that are counted.")] = 2,
    scale: Annotated[float, typer.Option("--scale", min=0.001, max=1000, help="件数为平日的倍数 · So many times the items of a usual day.")] = 1.0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="种子 · Seed.")] = 1,
    assigned: Annotated[bool, typer.Option("--assigned", help="依配载方案而行(yilu assign),核对各班装载与晚到 · Follow a plan of assignment (yilu assign): loads and late items beside it.")] = False,
    minutes: Annotated[float, typer.Option("--minutes", min=0, max=1440, help="配载最多计算的分钟数 · Minutes that the plan of assignment may take.")] = 2.0,
    facility: FacilityOption = None,
    lane: LaneOption = None,
    area: AreaOption = None,
    mode: ModeOption = None,
    begins: Annotated[str, typer.Option("--from", help="停用开始时刻(当地),如 2025-11-11T20:00;空为此刻 · Local time at which a closure begins; empty: now.")] = "",
    hours: Annotated[float, typer.Option("--hours", min=0.25, max=MOST_HOURS, help="停用小时数 · For how many hours.")] = 6.0,
    slow: SlowOption = 0,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """预演:合成件按时刻表逐班移动、排队、分拣,核对承诺、配载或中断的预测 · Rehearse days on the timetable: synthetic items move, queue and are sorted by themselves; is what promise, assign and disrupt predict so?"""
    what = named(facility, lane, area, mode)
    if assigned and what:
        raise YiluError(
            "--assigned can't be asked with a closure: the plan of assignment knows of none", zh="--assigned 不能与停用同用:配载方案不含中断", next_step="leave one of them out",
            next_step_zh="去掉其中一项",
        )  # fmt: skip
    opened = facts(province=province)
    zh = opened.settings.language == "zh"
    if what:
        _of_closure(opened, what, begins, hours, slow, (items, scale, seed), zh, as_json)
    elif assigned:
        _of_plan(opened, day, minutes, counted, (items, scale, seed), zh, as_json)
    else:
        _of_days(opened, day, counted, (items, scale, seed), zh, as_json)


@contextmanager
def _steps(as_json: bool, *names: str) -> Iterator[list[Step]]:
    """A bar for each step."""
    with progress_bar(not as_json) as bar:
        tasks = [bar.add_task(name, total=1) for name in names]

        def step(task: Any) -> Step:
            return lambda done, of: bar.update(task, completed=done, total=of)

        yield [step(task) for task in tasks]


def _of_days(opened: Facts, day: str, counted: int, asked: tuple[int, float, int], zh: bool, as_json: bool) -> None:
    """Promises."""
    items, scale, seed = asked
    first = day_of("--day", day) or local_today(opened.network)
    names = ("路线", "预演", "核对") if zh else ("ways", "rehearsals", "agreement")
    with _steps(as_json, *names) as (ways, runs, check):
        of = days(opened.network, first, items, scale, seed, counted, ways)
        unbounded = rehearse(of, stage(of.timetable, of.stands_for, room=False, seed=seed))
        runs(1, 2)
        bounded = rehearse(of, stage(of.timetable, of.stands_for, seed=seed))
        runs(2, 2)
        found = of_promises(unbounded, bounded)
        check(1, 1)
    if as_json:
        print_json(_record_of_days(found, bounded))
        return
    _show_days(found, bounded, zh)


def _of_plan(opened: Facts, day: str, minutes: float, counted: int, asked: tuple[int, float, int], zh: bool, as_json: bool) -> None:  # fmt: skip
    """A plan of assignment."""
    items, scale, seed = asked
    timetable, ends = laid_out(opened.network, day_of("--day", day) or local_today(opened.network))
    of, until = assignment_day(timetable, ends, scale=scale), time.monotonic() + 60 * minutes
    with _steps(as_json, *(("配载", "预演") if zh else ("assigning", "the rehearsal"))) as (assigning, run):

        def stop(known: Any) -> bool:
            assigning(known.done, known.of)
            return time.monotonic() > until

        plan = solve(of.problem, stop)
        found = of_assignment(of, plan, items, counted, seed)
        free = of_assignment(of, plan, items, counted, seed, room=False)
        run(1, 1)
    if as_json:
        print_json(_record_of_plan(found) | {"levels": _levels(timetable.network, found.kept), "day": timetable.first.isoformat(), "generated": generated(timetable.network), "spilled": plan.spilled, "levels_unbounded": _levels(timetable.network, free.kept)})  # fmt: skip
        return
    heads = ("时限产品", "件", "配载方案达成率", "不限运力的预演", "标准误", "现有运力的预演") if zh else ("service level", "items", "by the assignment", "rehearsed, everything has room", "standard error", "rehearsed within the room there is")  # fmt: skip
    names = Names(timetable.network, zh)
    print_table(f"{timetable.first}", heads, [_row(names, one, other, zh) for one, other in zip(free.kept, found.kept, strict=True)])  # fmt: skip
    heads = ("项", "配载方案", "预演", "标准误") if zh else ("what", "assignment", "rehearsed", "standard error")
    print_table("", heads, [
        (title("rehearsal", "loads", zh), round(float(found.planned.sum())), round(float(found.rehearsed.sum())), None),
        (title("rehearsal", "late", zh), *_broken(found.late)),
    ])  # fmt: skip
    say(
        f"各班装载相差合计为装载总数的 {percent(found.apart)};仅因抽取即可相差 {percent(found.apart_by_drawing)};每日 {found.items:,} 件,各代表 {found.stands_for:,.0f} 件;溢出 {plan.spilled:,.0f} 件不在其中" if zh
        else f"Loads of departures differ by {percent(found.apart)} of all that rides; drawing alone may make {percent(found.apart_by_drawing)}; {found.items:,} items a day, each for {found.stands_for:,.0f}; {plan.spilled:,.0f} spilled items aren't among them"
    )  # fmt: skip
    _say_made(generated(timetable.network), zh)


def _of_closure(opened: Facts, what: Named, begins: str, hours: float, slow: int, asked: tuple[int, float, int], zh: bool, as_json: bool) -> None:  # fmt: skip
    """A disruption."""
    items, _, seed = asked
    start = moment_of(opened, begins, True)
    end = start + round(3600 * hours)
    of = laid_out_around(opened, start, end, True)
    closures = closures_of(of, what, start, end, slow)
    with _steps(
        as_json, *(("在途件", "研判", "预演") if zh else ("items in flight", "the study", "rehearsals"))
    ) as steps:
        underway = on_their_way(opened, of, end, True, None, steps[0])
        studied = study(of, underway, closures, most_lanes=0, progress=steps[1])
        found = of_disruption(studied, items * of.days, seed)
        steps[2](1, 1)
    if as_json:
        print_json(asdict(found) | {"generated": generated(of.network)})
        return
    heads = ("失约件", "预测", "预演", "标准误") if zh else ("promises broken", "predicted", "rehearsed", "standard error")  # fmt: skip
    rows = (("waiting", found.waiting), ("new_ways", found.new_ways), ("first_come", found.first_come))
    print_table("", heads, [(title("rehearsal", name, zh), *_broken(broken)) for name, broken in rows])
    say(
        f"预演 {found.items:,} 件,各代表 {found.stands_for:,.0f} 件;此外无中断也有 {found.undisturbed:,.0f} 件因运力取整与波次满员失约,不在表内" if zh
        else f"{found.items:,} items moved, each for {found.stands_for:,.0f}; beside these, {found.undisturbed:,.0f} break though nothing is closed, by rounded room and full waves"
    )  # fmt: skip
    _say_made(generated(of.network), zh)


def _broken(of: Broken) -> tuple[int, int, int]:
    return round(of.predicted), round(of.rehearsed), round(of.error)


def _row(names: Names, unbounded: Kept, bounded: Kept, zh: bool) -> tuple[str, int, str, str, str, str]:
    """A service level's shares."""
    level = names.level[bounded.level] if bounded.level else ("全部" if zh else "all")
    shares = (bounded.predicted, unbounded.rehearsed, bounded.error, bounded.rehearsed)
    return level, bounded.items, *map(percent, shares)  # type: ignore[return-value]


def _levels(network: Network, rows: list[Kept]) -> list[dict[str, Any]]:
    codes = network.service_levels.code_of_id
    return [
        {"level": codes.get(k.level, "all"), "items": k.items, "predicted": k.predicted, "rehearsed": k.rehearsed, "error": k.error, "agrees": k.agrees} for k in rows
    ]  # fmt: skip


def _record_of_plan(of: OfAssignment) -> dict[str, Any]:
    return {
        "items": of.items, "days": of.days, "stands_for": of.stands_for, "loads_apart": of.apart, "loads_apart_by_drawing": of.apart_by_drawing, "late": asdict(of.late),
        "departures": [
            {"planned": float(p), "rehearsed": float(r), "left_behind": float(b)} for p, r, b in zip(of.planned, of.rehearsed, of.behind, strict=True)
        ],
    }  # fmt: skip


def _record_of_days(found: OfPromises, of: Rehearsal) -> dict[str, Any]:
    network = of.days.timetable.network
    return {
        "first": of.days.timetable.first.isoformat(), "generated": generated(network), "items_a_day": of.days.a_day, "stands_for": of.days.stands_for,
        "days_before": found.days.start, "days_counted": len(found.days), "in_balance": of.balanced, "growth_a_day": of.growth, "different": found.different,
        "levels_unbounded": _levels(network, found.unbounded), "levels": _levels(network, found.bounded), **_flow(of),
        "departures": [_record_behind(b, of) for b in departures_behind(of, 50)], "sorting": [_record_behind(b, of) for b in sorting_behind(of, 50)],
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


def _record_behind(b: Behind, of: Rehearsal) -> dict[str, Any]:
    network = of.days.timetable.network
    lane = {"lane": str(network.lanes.code[b.lane])} if b.lane >= 0 else {}
    takes = b.takes if np.isfinite(b.takes) else None
    return {"facility": network.facilities.code_of_id[b.facility], **lane, "at": _clock(b.minute), "takes": takes, "load": b.load, "left_behind": b.behind}  # fmt: skip


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _show_days(found: OfPromises, of: Rehearsal, zh: bool) -> None:
    network = of.days.timetable.network
    names = Names(network, zh)
    heads = ("时限产品", "件", "预测达成率", "不限运力的预演", "标准误", "现有运力的预演") if zh else ("service level", "items", "predicted", "rehearsed, everything has room", "standard error", "rehearsed within the room there is")  # fmt: skip
    print_table(f"{of.days.timetable.first} + {found.days.start}", heads, [_row(names, one, other, zh) for one, other in zip(found.unbounded, found.bounded, strict=True)])  # fmt: skip
    flow = _flow(of)
    shares = ("delivered", "strayed")
    print_table("", ("项", "值") if zh else ("what", "value"), [
        (title("rehearsal", name, zh), percent(value) if name in shares else None if value is None else round(value, 2)) for name, value in flow.items()
    ])  # fmt: skip
    heads = ("设施", "往", "时刻", "每日可容", "装载", "留下") if zh else ("facility", "to", "at", "takes a day", "load", "left behind")  # fmt: skip
    ids = network.facilities.index_of_code
    print_table("", heads, [
        (names.facility[b.facility], names.facility[ids[str(network.lanes.target_facility[b.lane])]], _clock(b.minute), *_amounts(b)) for b in departures_behind(of, _SHOWN)
    ])  # fmt: skip
    heads = ("设施", "波次或小时", "每日可分拣", "分拣", "留下") if zh else ("facility", "wave or hour", "sorts a day", "sorted", "left behind")  # fmt: skip
    print_table("", heads, [(names.facility[b.facility], _clock(b.minute), *_amounts(b)) for b in sorting_behind(of, _SHOWN)])  # fmt: skip
    say(
        f"每日 {of.days.a_day:,} 件,各代表 {of.days.stands_for:,.0f} 件;前 {found.days.start} 日不计;不限运力时与时刻表所示分钟不同的件:{found.different:,}" if zh
        else f"{of.days.a_day:,} items a day, each for {of.days.stands_for:,.0f}; the first {found.days.start} days aren't counted; items that with room for all come at another minute than the router says: {found.different:,}"
    )  # fmt: skip
    if not of.balanced:
        say(f"未达平衡:在途件每日增加日件量的 {percent(of.growth)}" if zh else f"Not in balance: what is on the way grows by {percent(of.growth)} of a day's items a day")  # fmt: skip
    _say_made(generated(network), zh)


def _amounts(b: Behind) -> tuple[int | None, int, int]:
    return (round(b.takes) if np.isfinite(b.takes) else None), round(b.load), round(b.behind)


def _say_made(made: bool, zh: bool) -> None:
    say("件由需求合成(假设),并非实际件" if zh else "Items are made from demand (assumed), no real ones")
    if made:
        say("时刻表由规则生成(假设),并非企业实际班次" if zh else "The timetable is generated by rules (assumed), no carrier's own")  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("rehearse")(rehearse_)
