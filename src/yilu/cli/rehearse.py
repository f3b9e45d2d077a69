"""``yilu rehearse``: days on the timetable, on which items move themselves, beside what is predicted of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

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
from yilu.cli.output import Json, print_json, print_line
from yilu.cli.rehearse_tables import record_of_days, record_of_plan, show_days, show_disruption, show_plan, write
from yilu.cli.status import ProvinceOption
from yilu.cli.underway import generated, laid_out_around, moment_of, on_their_way
from yilu.dispatch.assignment.day import assignment_day
from yilu.dispatch.assignment.solving import solve
from yilu.dispatch.promise import laid_out
from yilu.dispatch.spread import read_legs, spread
from yilu.errors import YiluError
from yilu.network.timetable_rules import timetable_rules
from yilu.run.facts import Facts
from yilu.studies.agreement import of_assignment, of_chances, of_disruption, of_promises
from yilu.studies.around import MOST_HOURS
from yilu.studies.disruption import study
from yilu.studies.resilience import loaded
from yilu.twin.rehearsal.days import days, rehearse
from yilu.twin.rehearsal.moving import Manners
from yilu.twin.rehearsal.scans import refuse_full, write_scans
from yilu.twin.rehearsal.stage import stage

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
    legs: Annotated[Path | None, typer.Option("--legs", help="legs.csv:学得的在途时间(yilu legs),另核对承诺的概率 · legs.csv of learnt leg times (yilu legs): the probability of promises too.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="写入 departures.csv 与 sorting.csv 的文件夹 · Folder for departures.csv and sorting.csv.")] = None,
    events: Annotated[Path | None, typer.Option("--events", help="将预演各日写成扫描事件的空文件夹,可由 yilu ingest 接收 · Empty folder for the days as scan events, which yilu ingest reads.")] = None,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """预演:合成件按时刻表逐班移动、排队、分拣,核对承诺、配载或中断的预测 · Rehearse days on the timetable: synthetic items move, queue and are sorted by themselves; is what promise, assign and disrupt predict so?"""
    what = named(facility, lane, area, mode)
    _refuse(what, assigned, day=bool(day), out=bool(out), legs=bool(legs), events=bool(events))
    opened = facts(province=province)
    zh = opened.settings.language == "zh"
    asked = _Asked(items, counted, scale, seed)
    if what:
        _of_closure(opened, what, begins, hours, slow, asked, zh, as_json)
    elif assigned:
        _of_plan(opened, day, minutes, asked, zh, as_json)
    else:
        _of_days(opened, day, asked, legs, out, events, zh, as_json)


@dataclass(frozen=True)
class _Asked:
    """``items`` moved a day, days ``counted``, ``scale`` of a usual day's items, ``seed``."""

    items: int
    counted: int
    scale: float
    seed: int


def _refuse(what: Named, assigned: bool, **given: bool) -> None:
    """Raise YiluError for options that can't be asked together."""
    way, zh = ("a closure", "停用") if what else ("--assigned", " --assigned ")
    wrong = ["--assigned"] if what and assigned else []
    wrong += [f"--{name}" for name, there in given.items() if there and (what or (assigned and name != "day"))]
    if wrong:
        raise YiluError(
            f"{wrong[0]} can't be asked with {way}", zh=f"{wrong[0]} 不能与{zh}同用", next_step="leave one of them out", next_step_zh="去掉其中一项",
        )  # fmt: skip


@contextmanager
def _steps(as_json: bool, *names: str) -> Iterator[list[Step]]:
    """A bar for each step."""
    with progress_bar(not as_json) as bar:
        tasks = [bar.add_task(name, total=1) for name in names]

        def step(task: Any) -> Step:
            return lambda done, of: bar.update(task, completed=done, total=of)

        yield [step(task) for task in tasks]


def _of_days(opened: Facts, day: str, asked: _Asked, legs: Path | None, out: Path | None, events: Path | None, zh: bool, as_json: bool) -> None:  # fmt: skip
    """Promises."""
    first = day_of("--day", day) or local_today(opened.network)
    names = ("路线", "预演", "核对", "写出") if zh else ("ways", "rehearsals", "agreement", "files")
    vary = None
    if events:
        refuse_full(events)
    with _steps(as_json, *names) as (ways, runs, check, writing):
        of = days(opened.network, first, asked.items, asked.scale, asked.seed, asked.counted, ways)
        known = spread(of.timetable.network, read_legs(legs) if legs else [])
        unbounded = rehearse(of, stage(of.timetable, of.stands_for, room=False, seed=asked.seed))
        bounded = rehearse(of, stage(of.timetable, of.stands_for, seed=asked.seed), trace=bool(events))
        runs(1, 1)
        found = of_promises(unbounded, bounded)
        if known.known.any():
            drawn = stage(of.timetable, of.stands_for, room=False, rides=known, seed=asked.seed)
            vary = of_chances(rehearse(of, drawn, Manners(keeps_lane=True, early=True)), known)
        check(1, 1)
        files = write(bounded, out) if out else []
        files += write_scans(bounded, events, asked.seed, writing) if events else []
        writing(1, 1)
    if as_json:
        print_json(record_of_days(found, vary, bounded) | {"files": files})
    else:
        show_days(found, vary, bounded, zh)
        for path in files:
            print_line(str(path))
    if found.different:
        raise typer.Exit(1)


def _of_plan(opened: Facts, day: str, minutes: float, asked: _Asked, zh: bool, as_json: bool) -> None:
    """A plan of assignment."""
    timetable, ends = laid_out(opened.network, day_of("--day", day) or local_today(opened.network))
    of, until = assignment_day(timetable, ends, scale=asked.scale), time.monotonic() + 60 * minutes
    with _steps(as_json, *(("配载", "预演") if zh else ("assigning", "the rehearsal"))) as (assigning, run):

        def stop(known: Any) -> bool:
            assigning(known.done, known.of)
            return time.monotonic() > until

        plan = solve(of.problem, stop)
        found = of_assignment(of, plan, asked.items, asked.counted, asked.seed)
        free = of_assignment(of, plan, asked.items, asked.counted, asked.seed, room=False)
        run(1, 1)
    if as_json:
        print_json(record_of_plan(found, free, plan.spilled, timetable))
        return
    show_plan(found, free, plan.spilled, timetable, zh)


def _of_closure(opened: Facts, what: Named, begins: str, hours: float, slow: int, asked: _Asked, zh: bool, as_json: bool) -> None:  # fmt: skip
    """A disruption."""
    start = moment_of(opened, begins, True)
    end = start + round(3600 * hours)
    of = laid_out_around(opened, start, end, True)
    closures = closures_of(of, what, start, end, slow)
    with _steps(
        as_json, *(("在途件", "研判", "预演") if zh else ("items in flight", "the study", "rehearsals"))
    ) as steps:
        underway = loaded(on_their_way(opened, of, end, True, None, steps[0]), asked.scale)
        studied = study(of, underway, closures, most_lanes=0, progress=steps[1])
        a_day = asked.scale * float(timetable_rules(of.network.folder)["items_a_day"])
        found = of_disruption(studied, max(1, round(asked.items * int(studied.plan.items.sum()) / a_day)), asked.seed)
        steps[2](1, 1)
    if as_json:
        print_json(asdict(found) | {"generated": generated(of.network)})
        return
    show_disruption(found, generated(of.network), zh)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("rehearse")(rehearse_)
