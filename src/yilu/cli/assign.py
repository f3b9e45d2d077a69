"""``yilu assign``: a day's items onto the timetable, within the room of departures and sort waves."""

from __future__ import annotations

import time
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from yilu.cli.assign_tables import HEADS, Assigned
from yilu.cli.days import day_of, local_today
from yilu.cli.facts import facts, progress_bar
from yilu.cli.output import Json, print_json, print_table, say
from yilu.cli.titles import clock, title
from yilu.dispatch.assignment.advice import advice, bottlenecks, returns, rows
from yilu.dispatch.assignment.day import ANY, AssignmentDay, Kind, assignment_day
from yilu.dispatch.assignment.load_plan import bagging, followed, load_plan
from yilu.dispatch.assignment.plan import AssignmentPlan
from yilu.dispatch.assignment.solving import Progress, solve
from yilu.dispatch.assignment.unsplit import Unsplit, unsplit
from yilu.dispatch.promise import laid_out
from yilu.errors import YiluError
from yilu.network.default_timetable import GENERATED

_SHOWN = 8
_AIR = frozenset({"belly", "freighter"})


def assign(
    folder: Annotated[str, typer.Argument(help="省份,或其文件夹 · Province, or its folder.")] = "guangdong",
    day: Annotated[str, typer.Option("--day", help="哪一日的班次,缺省今日 · Whose departures; today by default.")] = "",
    scale: Annotated[float, typer.Option("--scale", min=0.001, max=1000, help="件数为平日的倍数 · So many times the items of a usual day.")] = 1.0,
    kept_from_air: Annotated[float, typer.Option("--kept-from-air", min=0, max=1, help="不可航空运输的件数占比 · Share of the items that may not fly.")] = 0.0,
    whole: Annotated[bool, typer.Option("--unsplit", help="另算每股货流不拆分的方案及其代价 · Also the plan in which no flow is split, and what that costs.")] = False,
    minutes: Annotated[float, typer.Option("--minutes", min=0, max=1440, help="最多计算的分钟数 · Minutes after which what is found so far is told.")] = 10.0,
    out: Annotated[Path | None, typer.Option("--out", help="结果表写入的文件夹 · Folder for the tables of the result.")] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """把一日的件数配载到时刻表:流向、溢出、晚到、费用及各自的下界,装载与集包方案,瓶颈与改法 · Lay a day's items onto the timetable: spilled, late, cost with a bound each, load plan, bags, bottlenecks and changes."""
    if out is not None and (taken := [f"{n}.csv" for n in HEADS if (out / f"{n}.csv").exists()]):
        raise YiluError(
            f"{out.name} has {', '.join(taken)} already", zh=f"{out.name} 中已有 {'、'.join(taken)}", next_step="give another folder, or move the files away",
            next_step_zh="换一个文件夹,或移走这些文件",
        )  # fmt: skip
    opened = facts(province=folder)
    zh = opened.settings.language == "zh"
    timetable, ends = laid_out(opened.network, day_of("--day", day) or local_today(opened.network))
    kinds = (Kind("any", share=1 - kept_from_air), Kind("kept from air", "", _AIR, kept_from_air)) if kept_from_air else ANY  # fmt: skip
    of = assignment_day(timetable, ends, kinds, scale)
    plan = _solved(of, minutes, zh, not as_json)
    floor = load_plan(plan, of.places)
    kept = followed(plan, floor, of.places)
    single = unsplit(plan) if whole else None
    found = Assigned(of, plan, floor, bagging(plan, of.places), advice(of, plan), returns(of, plan))
    written = found.write(out) if out is not None else {}
    if as_json:
        print_json({
            "day": timetable.first.isoformat(), "scale": scale, "generated": _generated(of), "commodities": len(of.problem.commodities), "items": of.problem.items,
            "split": _record(plan), "followed_load_plan": _record(kept), "unsplit": _single_record(single), "written": written,
            "advice": [dict(zip(HEADS["advice"], row, strict=True)) for row in islice(found.of("advice"), 50)],
        })  # fmt: skip
        return
    _show(found, kept, single, zh)
    if written:
        print_table(str(out), ["表 table", "行数 rows"], list(written.items()))


def _solved(of: AssignmentDay, minutes: float, zh: bool, shown: bool) -> AssignmentPlan:
    """Solve under a progress bar, for so many minutes at most."""
    until = time.monotonic() + 60 * minutes
    with progress_bar(shown) as bar:
        task = bar.add_task("配载" if zh else "assigning", total=None)

        def stop(known: Progress) -> bool:
            bar.update(task, completed=known.done, total=known.of, description=_told(known, of.problem.items, zh))
            return time.monotonic() > until

        return solve(of.problem, stop)


def _told(known: Progress, items: float, zh: bool) -> str:
    """What is known while it runs: the plan's values and how far each is from its bound."""
    step = title("assign_step", known.step, zh)
    if known.spilled != known.spilled:
        return step
    b = known.bounds
    gaps = ((known.spilled - b.spilled) / items, (known.late - b.late) / items, (known.cost - b.cost) / max(known.cost, 1e-9))  # fmt: skip
    return f"{step} · " + ("距下界" if zh else "gaps") + " " + ", ".join(f"{100 * max(g, 0):.2f} %" for g in gaps)


def _generated(of: AssignmentDay) -> bool:
    return bool((of.timetable.network.lanes.source == GENERATED).any())


def _record(plan: AssignmentPlan) -> dict[str, Any]:
    b = plan.bounds
    return {
        "spilled": plan.spilled, "late": plan.late, "cost_yuan": plan.cost,
        "bounds": {"spilled": b.spilled, "late": b.late, "cost_yuan": b.cost},
        "gap_items": plan.gap_items, "gap_cost": plan.gap_cost, "paths": len(plan.flows),
    }  # fmt: skip


def _single_record(single: Unsplit | None) -> dict[str, Any] | None:
    return None if single is None else {**_record(single.plan), "proven": single.proven}


def _show(found: Assigned, kept: AssignmentPlan, single: Unsplit | None, zh: bool) -> None:
    of, plan = found.day, found.plan
    heads = ["方案", "溢出件数", "下界", "晚到件数", "下界", "费用(元)", "下界"] if zh else ["plan", "spilled", "bound", "late", "bound", "yuan", "bound"]  # fmt: skip
    plans = [(("可拆分" if zh else "split"), plan), (("按装载方案" if zh else "by the load plan"), kept)]
    plans += [(("不拆分" if zh else "unsplit"), single.plan)] if single else []
    print_table(
        f"{of.timetable.first} · {of.problem.items:,.0f}", heads,
        [(name, *(round(x) for x in (p.spilled, p.bounds.spilled, p.late, p.bounds.late, p.cost, p.bounds.cost))) for name, p in plans],
    )  # fmt: skip
    r, p = rows(plan), of.places
    heads = ["瓶颈", "时刻", "可容件数", "一件余量值(元)"] if zh else ["bottleneck", "at", "room", "an item of room is worth (yuan)"]  # fmt: skip
    print_table("", heads, [
        (found.lane(int(p.row_lane[i])) if p.row_lane[i] >= 0 else found.facility(int(p.row_facility[i])), clock(int(p.row_minute[i])),
         round(float(r.capacity[i])), round(float(r.price[i]), 2))
        for i in bottlenecks(r, _SHOWN)
    ])  # fmt: skip
    heads = ["改法", "设施", "线路", "时刻", "件数", "每日至多省(元)"] if zh else list(HEADS["advice"])
    print_table("", heads, [(title("advice", str(row[0]), zh), *row[1:]) for row in islice(found.of("advice"), _SHOWN)])
    heads = (
        ["设施", "设施", "方式", "空载运力(件)"]
        if zh
        else ["from or to", "to or from", "mode", "comes back empty (items)"]
    )
    print_table("", heads, [(row[0], row[1], title("mode", row[2], zh), round(row[7])) for row in islice(found.of("returns"), _SHOWN)])  # fmt: skip
    if _generated(of):
        say("时刻表由规则生成(假设),并非企业实际班次" if zh else "The timetable is generated by rules (assumed), no carrier's own")  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(assign)
