"""``yilu route`` and ``yilu promise``: what the timetable can do from door to door."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from yilu.cli.days import day_of, local_today
from yilu.cli.facts import facts, progress_bar
from yilu.cli.likelihood import Probable
from yilu.cli.output import Json, print_json, print_table, say
from yilu.cli.status import ProvinceOption
from yilu.cli.titles import percent, title
from yilu.dispatch.ends import Ends
from yilu.dispatch.itinerary import RIDE, Step, Way, itinerary, ways
from yilu.dispatch.promise import Attained, attained, laid_out, promises, worst_pairs
from yilu.dispatch.remedies import Remedy, allowed, reason, remedies
from yilu.dispatch.spread import read_legs
from yilu.dispatch.timetable import MODES, Timetable
from yilu.errors import InputError
from yilu.items.names import Names
from yilu.network.default_timetable import GENERATED
from yilu.run.facts import Facts

OperatorOption = Annotated[str | None, typer.Option("--operator", help="企业代码:只走其可用线路 · Code of an operator: only lanes that its items may ride.")]  # fmt: skip
WithoutOption = Annotated[list[str] | None, typer.Option("--without", help="禁用的运输方式,可重复 · A mode that the goods are kept from; may be given several times.")]  # fmt: skip


def _laid_out(opened: Facts, day: str, operator: str | None, without: list[str] | None) -> tuple[Timetable, Ends]:
    """What may be ridden, and the ends."""
    of, all_ends = laid_out(opened.network, day_of("--day", day) or local_today(opened.network))
    return of.usable(operator, _modes(without)), all_ends


def route(
    origin: Annotated[str, typer.Argument(help="收寄区域代码 · Code of the area of acceptance.")],
    destination: Annotated[str, typer.Argument(help="投递区域代码 · Code of the area of delivery.")],
    at: Annotated[str, typer.Option("--at", help="收寄时刻(当地) · Local time of acceptance, as 10:30.")] = "10:00",
    day: Annotated[str, typer.Option("--day", help="收寄日,缺省今日 · Day of acceptance; today by default.")] = "",
    operator: OperatorOption = None,
    without: WithoutOption = None,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:
    """门到门最快的路线,逐段列出 · The earliest delivery from door to door, step by step."""
    opened = facts(province=province)
    of, all_ends = _laid_out(opened, day, operator, without)
    i, j, accepted = all_ends.row(origin), all_ends.row(destination), of.begins + 60 * _minute(at)
    steps = itinerary(of, all_ends, i, j, accepted)
    due = int(of.network.promise(accepted, all_ends.area[i], all_ends.area[j]))
    why = reason(steps, due).why if due and (not steps or steps[-1].ends > due) else None
    found = remedies(of, all_ends, i, j, accepted, due, allowed(of.network)) if why else []
    others = ways(of, all_ends, i, j, accepted)
    told = _Told(of, opened.settings.language == "zh")
    if as_json:
        print_json({
            "origin": origin, "destination": destination, "accepted": told.iso(accepted), "due": told.iso(due) if due else None,
            "delivered": told.iso(steps[-1].ends) if steps else None, "kept": bool(due and not why), "reason": why,
            "generated": told.generated, "steps": [told.step(s) for s in steps],
            "remedies": [told.remedy(r) for r in found],
            "choices": [{
                "delivered": told.iso(w.delivered), "yuan": w.yuan, "carbon_g": w.carbon_g, "modes": told.modes(w), "lanes": [str(of.network.lanes.code[k]) for k in told.lanes(w)],
            } for w in others],
        })  # fmt: skip
    else:
        told.show_route((all_ends.area[i], all_ends.area[j]), steps, due, found)
        told.show_ways(others)
    if why or not steps:
        raise typer.Exit(1)


def promise(
    day: Annotated[str, typer.Option("--day", help="收寄日,缺省今日 · Day of acceptance; today by default.")] = "",
    operator: OperatorOption = None,
    without: WithoutOption = None,
    worst: Annotated[
        int, typer.Option("--worst", min=0, max=1000, help="列出最差的若干对 · How many of the worst pairs are listed.")
    ] = 10,
    probability: Annotated[
        float,
        typer.Option(
            "--probability",
            min=0,
            max=0.999,
            help="以此概率达成的承诺,如 0.95;0 为不问 · Promises kept with this probability, as 0.95; 0: not asked.",
        ),
    ] = 0.0,
    legs: Annotated[
        Path | None,
        typer.Option("--legs", help="legs.csv:学得的在途时间(yilu legs) · legs.csv of learnt leg times (yilu legs)."),
    ] = None,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:
    """时刻表能否兑现时限承诺:达成率、最差区域对及原因与改法 · Can the timetable keep the promises: shares, the worst pairs, why, and what would help."""
    opened = facts(province=province)
    of, all_ends = _laid_out(opened, day, operator, without)
    found = promises(of, all_ends)
    levels, limits = of.network.service_levels, allowed(of.network)
    by_level = {code: attained(found, found.level == level) for code, level in levels.index_of_code.items()}
    broken = []
    for i, j, h in worst_pairs(found, worst):
        accepted, due = of.begins + 3600 * found.hours[h], int(found.due[i, j, h])
        steps = itinerary(of, all_ends, i, j, accepted)
        help_ = remedies(of, all_ends, i, j, accepted, due, limits)
        broken.append(_Broken(int(all_ends.area[i]), int(all_ends.area[j]), accepted, due, steps, help_))
    zh, probable = opened.settings.language == "zh", None
    if probability:
        with progress_bar(not as_json) as bar:
            task = bar.add_task("概率" if zh else "probabilities", total=len(all_ends))
            probable = Probable(of, all_ends, found, read_legs(legs) if legs else [], probability, lambda done, _: bar.update(task, completed=done))  # fmt: skip
    told, whole = _Told(of, zh), attained(found)
    if as_json:
        print_json({
            "day": of.first.isoformat(), "generated": told.generated, "levels": {c: _attained(a) for c, a in by_level.items()},
            "all": _attained(whole), "worst": [told.broken(b) for b in broken],
            "probable": probable.record(levels.index_of_code, found.level, worst) if probable else None,
        })  # fmt: skip
        return
    told.show_promise(by_level, whole, broken)
    if probable:
        probable.show(levels.index_of_code, found.level, worst, zh)
        lanes = len(of.network.lanes.code)
        say(f"{lanes:,} 条线路中 {probable.uncertain:,} 条的在途时间有波动数据,其余按时刻表计" if zh else f"Of {lanes:,} lanes {probable.uncertain:,} are known to vary; the others are taken to run as the timetable says")  # fmt: skip


@dataclass(frozen=True)
class _Broken:
    """A pair of areas (ids) whose promise is broken for an acceptance: what is due, the steps of the earliest journey, what would help."""

    origin: int
    destination: int
    accepted: int
    due: int
    steps: list[Step]
    remedies: list[Remedy]

    @property
    def late(self) -> int | None:
        """Minutes by which it is late; None where it never comes."""
        return -((self.due - self.steps[-1].ends) // 60) if self.steps else None

    @property
    def why(self) -> str:
        """What binds."""
        return reason(self.steps, self.due).why


class _Told:
    """What is found, told: for machines as records, for people with names and local times in their language."""

    def __init__(self, of: Timetable, zh: bool) -> None:
        self._of, self._network, self._zh = of, of.network, zh
        self._names, self._zone = Names(of.network, zh), ZoneInfo(of.network.time_zone)
        self.generated = bool((of.network.lanes.source == GENERATED).any())

    def iso(self, at: int) -> str:
        return datetime.fromtimestamp(at, self._zone).isoformat()

    def _time(self, at: int) -> str:
        return f"{datetime.fromtimestamp(at, self._zone):%m-%d %H:%M}"

    def lanes(self, way: Way) -> list[int]:
        """Lanes (rows) that a way rides."""
        return [int(self._of.lane[self._of.connections.row[c]]) for c in way.rides]

    def modes(self, way: Way) -> list[str]:
        """Modes of a way, in order, each run of one once."""
        modes = [str(self._network.lanes.mode[k]) for k in self.lanes(way)]
        return [m for n, m in enumerate(modes) if not n or m != modes[n - 1]]

    def step(self, s: Step) -> dict[str, Any]:
        lanes, ride = self._network.lanes, dict[str, str]()
        if s.kind == RIDE:
            ride = {
                "lane": str(lanes.code[s.lane]),
                "mode": str(lanes.mode[s.lane]),
                "to": str(lanes.target_facility[s.lane]),
            }
        return {"kind": s.kind, "facility": self._network.facilities.code_of_id[s.facility], "begins": self.iso(s.begins), "ends": self.iso(s.ends), "minutes": s.minutes, **ride}  # fmt: skip

    def remedy(self, r: Remedy) -> dict[str, Any]:
        return {
            "change": r.change, "minutes": r.minutes, "yuan_a_day": r.yuan, "facility": self._network.facilities.code_of_id[r.facility],
            "lane": str(self._network.lanes.code[r.lane]) if r.lane >= 0 else None, "at": self.iso(r.at),
        }  # fmt: skip

    def broken(self, b: _Broken) -> dict[str, Any]:
        areas = self._network.areas.code_of_id
        return {
            "origin": areas[b.origin], "destination": areas[b.destination], "accepted": self.iso(b.accepted), "due": self.iso(b.due),
            "delivered": self.iso(b.steps[-1].ends) if b.steps else None, "late_minutes": b.late, "reason": b.why,
            "remedies": [self.remedy(r) for r in b.remedies],
        }  # fmt: skip

    def _in_words(self, r: Remedy) -> str:
        where = str(self._network.lanes.code[r.lane]) if r.lane >= 0 else self._names.facility[r.facility]
        size = f"{r.minutes} min" if r.minutes else self._time(r.at)
        cost = f", ¥{r.yuan:,.0f}" if r.yuan else ""
        return f"{title('change', r.change, self._zh)} {where} ({size}{cost})"

    def show_promise(self, by_level: dict[str, Attained], whole: Attained, broken: list[_Broken]) -> None:
        zh, names, ids = self._zh, self._names, self._network.service_levels.index_of_code
        heads = ["时限产品", "区域对", "全时段达成的对", "按件达成率"] if zh else ["service level", "pairs", "pairs kept at all hours", "share of items kept"]  # fmt: skip
        rows = [(names.level[ids[c]], *_cells(a)) for c, a in by_level.items()]
        print_table(f"{self._of.first}", heads, [*rows, ("全部" if zh else "all", *_cells(whole))])
        heads = ["收寄", "投递", "收寄时刻", "迟(分钟)", "原因", "改法"] if zh else ["from", "to", "accepted", "late by (min)", "reason", "what would help"]  # fmt: skip
        print_table("最差的区域对" if zh else "Worst pairs", heads, [
            (names.area[b.origin], names.area[b.destination], self._time(b.accepted), "–" if b.late is None else b.late,
             title("reason", b.why, zh), "; ".join(self._in_words(r) for r in b.remedies[:2]) or "–")
            for b in broken
        ])  # fmt: skip
        self._say_generated()

    def show_route(self, pair: tuple[int, int], steps: list[Step], due: int, found: list[Remedy]) -> None:
        zh, names, lanes = self._zh, self._names, self._network.lanes
        heads = ("环节", "设施", "方式", "始", "止", "分钟") if zh else ("step", "facility", "mode", "begins", "ends", "minutes")  # fmt: skip
        rows = [
            (title("step", s.kind, zh), names.facility[s.facility], title("mode", str(lanes.mode[s.lane]), zh) if s.kind == RIDE else "",
             self._time(s.begins), self._time(s.ends), s.minutes)
            for s in steps
        ]  # fmt: skip
        print_table(" → ".join(names.area[int(area)] for area in pair), heads, rows)
        say(self._of_promise(steps, due), *("· " + self._in_words(r) for r in found))
        self._say_generated()

    def _of_promise(self, steps: list[Step], due: int) -> str:
        """How a journey stands against what is due."""
        if not steps:
            return "无法送达:时刻表内没有可用的路线" if self._zh else "It never arrives: no way within the timetable"
        if not due:
            return "这一区域对没有时限承诺" if self._zh else "Nothing is promised for this pair"
        slack, when = (due - steps[-1].ends) // 60, self._time(due)
        if slack >= 0:
            return f"承诺 {when},余 {slack} 分钟" if self._zh else f"due {when}, {slack} minutes to spare"
        return f"承诺 {when},迟 {-slack} 分钟" if self._zh else f"due {when}, {-slack} minutes late"

    def show_ways(self, found: list[Way]) -> None:
        zh = self._zh
        heads = ("送达", "元/件", "克 CO₂e/件", "方式") if zh else ("delivered", "yuan an item", "g CO2e an item", "by")
        rows = [(self._time(w.delivered), round(w.yuan, 1), w.carbon_g, " → ".join(title("mode", m, zh) for m in self.modes(w))) for w in found]  # fmt: skip
        if len(rows) > 1:
            print_table(
                "时间、费用、碳排放互不占优的走法" if zh else "Ways that none beats in time, cost and carbon",
                heads,
                rows,
            )

    def _say_generated(self) -> None:
        if self.generated:
            say("时刻表由规则生成(假设),并非企业实际班次" if self._zh else "The timetable is generated by rules (assumed), no carrier's own")  # fmt: skip


def _modes(given: list[str] | None) -> frozenset[str]:
    for mode in given or ():
        if mode not in MODES:
            raise InputError(
                "--without", "one of " + ", ".join(MODES), value=mode, next_step="name a mode of the timetable"
            )
    return frozenset(given or ())


def _minute(text: str) -> int:
    try:
        hour, minute = (int(part) for part in text.split(":"))
        if 0 <= hour < 24 and 0 <= minute < 60:
            return 60 * hour + minute
    except ValueError:
        pass
    raise InputError("--at", "a local time such as 10:30", value=text, next_step="give hours and minutes")


def _attained(a: Attained) -> dict[str, Any]:
    return {name: None if value != value else value for name, value in asdict(a).items()}


def _share(value: float) -> str:
    return percent(None if value != value else value)


def _cells(a: Attained) -> tuple[int, str, str]:
    return a.pairs, _share(a.pairs_kept), _share(a.volume_kept)


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(route)
    app.command()(promise)
