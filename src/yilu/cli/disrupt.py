"""``yilu disrupt``: what a closure does to items on their way, and what to do about it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from yilu.cli.closures import AreaOption, FacilityOption, LaneOption, ModeOption, SlowOption, closures_of, named
from yilu.cli.disruption_paper import document
from yilu.cli.facts import facts, progress_bar
from yilu.cli.output import Json, print_json, print_line, print_table, say
from yilu.cli.papers import saved
from yilu.cli.status import ProvinceOption, StoreOption
from yilu.cli.titles import title
from yilu.cli.underway import generated, laid_out_around, moment_of, on_their_way, refuse_unknown
from yilu.documents import Text
from yilu.documents.saving import save
from yilu.network import Network
from yilu.studies.advice import ACTIONS, Advice, Said, Sentence, advice, tallies
from yilu.studies.around import MOST_HOURS
from yilu.studies.disruption import Study, figures, study

_SHOWN = 15
_COLUMNS = (
    "action", "operator", "operator_zh", "facility", "facility_zh", "planned_lane", "lane", "departs", "items", "in_time", "broken", "zh", "en",
)  # fmt: skip


def disrupt(
    facility: FacilityOption = None,
    lane: LaneOption = None,
    area: AreaOption = None,
    mode: ModeOption = None,
    begins: Annotated[str, typer.Option("--from", help="开始时刻(当地),如 2025-11-11T20:00;空为事实截至时刻或此刻 · Local time at which it begins; empty: as of the facts, or now.")] = "",
    hours: Annotated[float, typer.Option("--hours", min=0.25, max=MOST_HOURS, help="持续小时数 · For how many hours.")] = 6.0,
    slow: SlowOption = 0,
    expected: Annotated[bool, typer.Option("--expected", help="不读事实,按需求推算在途件 · Items expected from demand, instead of facts.")] = False,
    operator: Annotated[str | None, typer.Option("--operator", help="企业代码:只看其件,所出为指令 · Code of an operator: its items alone; what comes out are orders.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="写入 advice.csv 与文稿的文件夹 · Folder for advice.csv and the document.")] = None,
    store: StoreOption = None,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """中断研判:受影响件、失约数、改走与加运力的建议 · What a closure does to items on their way, which promises break, what new ways and more room would save."""
    opened = facts(store, province)
    zh = opened.settings.language == "zh"
    refuse_unknown(opened, expected, operator)
    start = moment_of(opened, begins, expected)
    end = start + round(3600 * hours)
    of = laid_out_around(opened, start, end, expected)
    closures = closures_of(of, named(facility, lane, area, mode), start, end, slow)
    with progress_bar(not as_json) as bar:
        tasks = [
            bar.add_task(name, total=1) for name in (("读在途件", "研判") if zh else ("items in flight", "the study"))
        ]

        def step(task: int) -> Callable[[int, int], None]:
            return lambda done, whole: bar.update(tasks[task], completed=done, total=whole)

        underway = on_their_way(opened, of, end, expected, operator, step(0))
        found = study(of, underway, closures, 0 if expected else opened.read().as_of, progress=step(1))
    rows, said = advice(found), Said(of.network, order=bool(operator))
    files = _written(found, rows, said, out) if out else []
    if as_json:
        print_json(_record(found, rows, said) | {"files": files})
        return
    _show(found, rows, said, zh)
    for path in files:
        print_line(str(path))


def _in_words(found: Study) -> tuple[Text, ...]:
    """Each closure in words."""
    network, out = found.timetable.network, list[Text]()
    zone, said = ZoneInfo(network.time_zone), Said(network, order=False)
    for c in found.closures:
        name, times = said.scope(c), [f"{datetime.fromtimestamp(t, zone):%Y-%m-%d %H:%M}" for t in (c.begins, c.ends)]
        if c.scope == "mode":
            name = Sentence(title("mode", c.code, True), title("mode", c.code, False))
        zh, en = ("停用", "closed") if c.closes else (f"晚到 {c.later} 分钟", f"{c.later} minutes late")
        out.append(Text(f"{name.zh} {times[0]} 至 {times[1]} {zh}", f"{name.en} {en} from {times[0]} to {times[1]}"))
    return tuple(out)


def _codes(network: Network, row: Advice, said: Said) -> dict[str, Any]:
    """A row of advice with codes in the place of ids."""
    lanes, sentence = network.lanes.code, said.sentence(row)
    zone = ZoneInfo(network.time_zone)
    return {
        "action": row.action, "operator": network.operators.code_of_id.get(row.operator, ""), "operator_zh": said.operator(row.operator).zh,
        "facility": network.facilities.code_of_id.get(row.facility, ""), "facility_zh": said.place(row.facility).zh,
        "planned_lane": str(lanes[row.planned]) if row.planned >= 0 else "", "lane": str(lanes[row.lane]) if row.lane >= 0 else "",
        "departs": datetime.fromtimestamp(row.departs, zone).isoformat() if row.departs else "", "items": row.items, "in_time": row.in_time, "broken": row.broken,
        "zh": sentence.zh, "en": sentence.en,
    }  # fmt: skip


def _record(found: Study, rows: list[Advice], said: Said) -> dict[str, Any]:
    network, zone = found.timetable.network, ZoneInfo(found.timetable.network.time_zone)
    return {
        "closures": [
            {**asdict(c), "begins": datetime.fromtimestamp(c.begins, zone).isoformat(), "ends": datetime.fromtimestamp(c.ends, zone).isoformat()} for c in found.closures
        ],
        "moment": datetime.fromtimestamp(int(found.timetable.at(found.moment)), zone).isoformat(), "expected": found.underway.expected,
        "generated": generated(network), "unplaced": found.underway.unplaced, "on_lanes": found.underway.on_lanes, **figures(found), "advised": found.advised,
        "advice": [_codes(network, row, said) for row in rows],
    }  # fmt: skip


def _written(found: Study, rows: list[Advice], said: Said, out: Path) -> list[Path]:
    """Write advice.csv and the document; their paths. CSV: UTF-8 with a mark, so that spreadsheets show Chinese."""
    made = document(found, _in_words(found), tallies(found), rows, said)
    paths = saved(made, out, "disruption")
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_codes(found.timetable.network, row, said) for row in rows)
    return [*paths, save(out, "advice.csv", text.getvalue().encode("utf-8-sig"))]


def _show(found: Study, rows: list[Advice], said: Said, zh: bool) -> None:
    heading = "; ".join(w.zh if zh else w.en for w in _in_words(found))
    print_table(heading, ("项", "件") if zh else ("what", "items"), [(title("disruption", k, zh), v) for k, v in figures(found).items()])  # fmt: skip
    heads = ("设施", "企业", "受影响", "等候则失约", "改走后失约") if zh else ("facility", "operator", "affected", "break by waiting", "break after new ways")  # fmt: skip
    where = tallies(found)
    print_table(
        _of("所在设施" if zh else "Where they stand", where, zh), heads,
        [(_in(said.place(t.facility), zh), _in(said.operator(t.operator), zh), t.items, t.waiting, t.moved) for t in where[:_SHOWN]],
    )  # fmt: skip
    for action in ACTIONS:
        mine = [r for r in rows if r.action == action]
        if mine:
            print_line(_of(title("advice", action, zh), mine, zh))
            for row in mine[:_SHOWN]:
                print_line("· " + _in(said.sentence(row), zh))
    if left_out := {why: n for why, n in found.underway.unplaced.items() if n}:
        say(("未计入:" if zh else "Left out: ") + ", ".join(f"{title('unplaced', why, zh)} {n:,}" for why, n in left_out.items()))  # fmt: skip
    if found.underway.expected:
        say("在途件按需求推算(假设),并非实际件" if zh else "Items are expected from demand (assumed), no real ones")
    if generated(found.timetable.network):
        say("时刻表由规则生成(假设),并非企业实际班次" if zh else "The timetable is generated by rules (assumed), no carrier's own")  # fmt: skip


def _in(said: Sentence, zh: bool) -> str:
    return said.zh if zh else said.en


def _of(heading: str, rows: list[Any], zh: bool) -> str:
    """A heading, with how many rows there are where not all are shown."""
    if len(rows) <= _SHOWN:
        return heading
    return f"{heading}({len(rows)} 行中的前 {_SHOWN} 行)" if zh else f"{heading} (the first {_SHOWN} of {len(rows)})"


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(disrupt)
