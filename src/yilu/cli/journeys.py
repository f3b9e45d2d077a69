"""``yilu route`` and ``yilu promise``: what the timetable can do from door to door."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import numpy as np
import typer

from yilu.cli.days import day_of
from yilu.cli.facts import facts
from yilu.cli.output import Json, print_json, print_table, say
from yilu.cli.status import ProvinceOption
from yilu.cli.titles import percent, title
from yilu.dispatch.connections import Connections
from yilu.dispatch.ends import Ends, ends
from yilu.dispatch.itinerary import RIDE, Step, Way, itinerary, ways
from yilu.dispatch.promise import NO_TIME, Attained, Promises, attained, promises
from yilu.dispatch.remedies import Remedy, allowed, reason, remedies
from yilu.dispatch.timetable import MODES, Timetable, timetable
from yilu.errors import InputError
from yilu.network import Network
from yilu.network.default_timetable import GENERATED, with_timetable

OperatorOption = Annotated[str | None, typer.Option("--operator", help="企业代码:只走其可用线路 · Code of an operator: only lanes that its items may ride.")]  # fmt: skip
WithoutOption = Annotated[list[str] | None, typer.Option("--without", help="禁用的运输方式,可重复 · A mode that the goods are kept from; may be given several times.")]  # fmt: skip
_DAYS_BEYOND = 3
"""Days laid out after the last one on which anything promised on the first is due."""


def _laid_out(province: str | None, day: str) -> tuple[Timetable, Ends]:
    network = facts(province=province).network
    first = day_of("--day", day) or datetime.now(UTC).astimezone(ZoneInfo(network.time_zone)).date()
    return laid_out(network, first)


def laid_out(network: Network, first: date) -> tuple[Timetable, Ends]:
    """The timetable and the ends of a province from a day on, for as long as its promises run."""
    made = with_timetable(network, first)
    rules = network.promise_rules
    longest = int(np.where(rules.calendar, rules.amount, -(-rules.amount // 24)).max(initial=0))
    return timetable(made, first, min(31, longest + 1 + _DAYS_BEYOND)), ends(made)


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
    of, all_ends = _laid_out(province, day)
    usable = of.usable(operator, _modes(without))
    i, j, accepted = all_ends.row(origin), all_ends.row(destination), of.begins + 60 * _minute(at)
    steps = itinerary(of, all_ends, i, j, accepted, usable)
    level = int(of.network.level_of_pair[all_ends.area[i], all_ends.area[j]])
    due = int(of.network.promise(accepted, all_ends.area[i], all_ends.area[j], level))
    why = reason(steps, due).why if due and (not steps or steps[-1].ends > due) else None
    found = remedies(of, all_ends, i, j, accepted, due, allowed(of.network), usable) if why else []
    others = ways(of, all_ends, i, j, accepted, usable)
    clock = _Clock(of.network)
    if as_json:
        print_json({
            "origin": origin, "destination": destination, "accepted": clock.iso(accepted), "due": clock.iso(due) if due else None,
            "delivered": clock.iso(steps[-1].ends) if steps else None, "kept": bool(due and not why), "reason": why,
            "generated": _is_generated(of.network), "steps": [_step(of.network, s, clock) for s in steps],
            "remedies": [_remedy(of.network, r, clock) for r in found],
            "choices": [{
                "delivered": clock.iso(w.delivered), "yuan": w.yuan, "carbon_g": w.carbon_g, "modes": _ridden(of, usable, w), "lanes": [str(of.network.lanes.code[k]) for k in _lanes(of, usable, w)],
            } for w in others],
        })  # fmt: skip
    else:
        _show_route(of, all_ends, (i, j), steps, due, found, clock)
        _show_ways(of, usable, others, clock)
    if why or not steps:
        raise typer.Exit(1)


def promise(
    day: Annotated[str, typer.Option("--day", help="收寄日,缺省今日 · Day of acceptance; today by default.")] = "",
    operator: OperatorOption = None,
    without: WithoutOption = None,
    worst: Annotated[
        int, typer.Option("--worst", min=0, max=1000, help="列出最差的若干对 · How many of the worst pairs are listed.")
    ] = 10,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:
    """时刻表能否兑现时限承诺:达成率、最差区域对及原因与改法 · Can the timetable keep the promises: shares, the worst pairs, why, and what would help."""
    of, all_ends = _laid_out(province, day)
    usable = of.usable(operator, _modes(without))
    found = promises(of, all_ends, usable)
    levels = [
        (int(i), str(c)) for i, c in zip(of.network.service_levels.id, of.network.service_levels.code, strict=True)
    ]
    by_level = {code: attained(found, found.level == level) for level, code in levels}
    clock, limits = _Clock(of.network), allowed(of.network)
    broken = []
    for i, j, h in worst_pairs(found, worst):
        accepted, due = of.begins + 3600 * found.hours[h], int(found.due[i, j, h])
        steps = itinerary(of, all_ends, i, j, accepted, usable)
        broken.append(_Broken(i, j, accepted, due, steps, remedies(of, all_ends, i, j, accepted, due, limits, usable)))
    if as_json:
        print_json({
            "day": of.first.isoformat(), "generated": _is_generated(of.network), "levels": {c: _attained(a) for c, a in by_level.items()},
            "all": _attained(attained(found)), "worst": [_broken(of.network, all_ends, b, clock) for b in broken],
        })  # fmt: skip
    else:
        _show_promise(of, all_ends, by_level, attained(found), broken, clock)


@dataclass(frozen=True)
class _Broken:
    """A pair (rows of ends) whose promise is broken for an acceptance: what is due, the steps of the earliest journey, what would help."""

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


def _broken(network: Network, all_ends: Ends, b: _Broken, clock: _Clock) -> dict[str, Any]:
    areas = network.areas.code_of_id
    return {
        "origin": areas[int(all_ends.area[b.origin])], "destination": areas[int(all_ends.area[b.destination])], "accepted": clock.iso(b.accepted), "due": clock.iso(b.due),
        "delivered": clock.iso(b.steps[-1].ends) if b.steps else None, "late_minutes": b.late, "reason": reason(b.steps, b.due).why,
        "remedies": [_remedy(network, r, clock) for r in b.remedies],
    }  # fmt: skip


def _show_promise(
    of: Timetable, all_ends: Ends, by_level: dict[str, Attained], whole: Attained, broken: list[_Broken], clock: _Clock
) -> None:
    zh, network = facts().settings.language == "zh", of.network
    levels = network.service_levels
    heads = (
        ["时限产品", "区域对", "全时段达成的对", "按件达成率"]
        if zh
        else ["service level", "pairs", "pairs kept at all hours", "share of items kept"]
    )
    rows = [(levels.name_of_id[levels.index_of_code[c]][0 if zh else 1], *_cells(a)) for c, a in by_level.items()]
    print_table(f"{of.first}", heads, [*rows, ("全部" if zh else "all", *_cells(whole))])
    heads = (
        ["收寄", "投递", "收寄时刻", "迟(分钟)", "原因", "改法"]
        if zh
        else ["from", "to", "accepted", "late by (min)", "reason", "what would help"]
    )
    print_table("最差的区域对" if zh else "Worst pairs", heads, [
        (_area(network, all_ends, b.origin, zh), _area(network, all_ends, b.destination, zh), clock.time(b.accepted), "–" if b.late is None else b.late,
         title("reason", reason(b.steps, b.due).why, zh), "; ".join(_in_words(network, r, clock, zh) for r in b.remedies[:2]) or "–")
        for b in broken
    ])  # fmt: skip
    _say_generated(network, zh)


def worst_pairs(of: Promises, most: int) -> list[tuple[int, int, int]]:
    """(origin, destination, hour) of the broken promises that come latest, each pair once; what never comes first of all, and of those that are equally late the largest flow."""
    broken = of.promised & ~of.kept
    slack = np.where(of.slack_minutes == NO_TIME, -(1 << 40), of.slack_minutes)
    slack = np.where(broken, slack, 1 << 40)
    hour = slack.argmin(axis=2)
    least = np.take_along_axis(slack, hour[..., None], axis=2)[..., 0]
    order = np.lexsort((-of.weight.ravel(), least.ravel()))[:most]
    rows = [(int(k // len(of.ends)), int(k % len(of.ends))) for k in order]
    return [(i, j, int(hour[i, j])) for i, j in rows if broken[i, j].any()]


class _Clock:
    """The province's clock, for people."""

    def __init__(self, network: Network) -> None:
        self._zone = ZoneInfo(network.time_zone)

    def iso(self, at: int) -> str:
        return datetime.fromtimestamp(at, self._zone).isoformat()

    def time(self, at: int) -> str:
        return f"{datetime.fromtimestamp(at, self._zone):%m-%d %H:%M}"


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


def _is_generated(network: Network) -> bool:
    return bool((network.lanes.source == GENERATED).any())


def _say_generated(network: Network, zh: bool) -> None:
    if _is_generated(network):
        say(
            "时刻表由规则生成(假设),并非企业实际班次"
            if zh
            else "The timetable is generated by rules (assumed), no carrier's own"
        )


def _area(network: Network, all_ends: Ends, end: int, zh: bool) -> str:
    return network.areas.name_of_id[int(all_ends.area[end])][0 if zh else 1]


def _facility(network: Network, facility: int, zh: bool) -> str:
    return network.facilities.name_of_id[facility][0 if zh else 1]


def _attained(a: Attained) -> dict[str, Any]:
    return {name: None if value != value else value for name, value in asdict(a).items()}


def _share(value: float) -> str:
    return percent(None if value != value else value)


def _cells(a: Attained) -> tuple[int, str, str]:
    return a.pairs, _share(a.pairs_kept), _share(a.volume_kept)


def _step(network: Network, s: Step, clock: _Clock) -> dict[str, Any]:
    lanes = network.lanes
    ride = (
        {"lane": str(lanes.code[s.lane]), "mode": str(lanes.mode[s.lane]), "to": str(lanes.target_facility[s.lane])}
        if s.kind == RIDE
        else {}
    )
    return {"kind": s.kind, "facility": network.facilities.code_of_id[s.facility], "begins": clock.iso(s.begins), "ends": clock.iso(s.ends), "minutes": s.minutes, **ride}  # fmt: skip


def _remedy(network: Network, r: Remedy, clock: _Clock) -> dict[str, Any]:
    return {
        "change": r.change, "minutes": r.minutes, "yuan_a_day": r.yuan, "facility": network.facilities.code_of_id[r.facility],
        "lane": str(network.lanes.code[r.lane]) if r.lane >= 0 else None, "at": clock.iso(r.at),
    }  # fmt: skip


def _in_words(network: Network, r: Remedy, clock: _Clock, zh: bool) -> str:
    where = str(network.lanes.code[r.lane]) if r.lane >= 0 else _facility(network, r.facility, zh)
    size = f"{r.minutes} min" if r.minutes else clock.time(r.at)
    cost = f", ¥{r.yuan:,.0f}" if r.yuan else ""
    return f"{title('change', r.change, zh)} {where} ({size}{cost})"


def _show_route(
    of: Timetable,
    all_ends: Ends,
    pair: tuple[int, int],
    steps: list[Step],
    due: int,
    found: list[Remedy],
    clock: _Clock,
) -> None:
    zh = facts().settings.language == "zh"
    network = of.network
    heads = (
        ("环节", "设施", "方式", "始", "止", "分钟")
        if zh
        else ("step", "facility", "mode", "begins", "ends", "minutes")
    )
    rows = [
        (title("step", s.kind, zh), _facility(network, s.facility, zh), title("mode", str(network.lanes.mode[s.lane]), zh) if s.kind == RIDE else "",
         clock.time(s.begins), clock.time(s.ends), s.minutes)
        for s in steps
    ]  # fmt: skip
    print_table(" → ".join(_area(network, all_ends, end, zh) for end in pair), heads, rows)
    if not steps:
        say("无法送达:时刻表内没有可用的路线" if zh else "It never arrives: no way within the timetable")
    elif not due:
        say("这一区域对没有时限承诺" if zh else "Nothing is promised for this pair")
    else:
        slack = (due - steps[-1].ends) // 60
        told = (f"承诺 {clock.time(due)},余 {slack} 分钟" if zh else f"due {clock.time(due)}, {slack} minutes to spare") if slack >= 0 else (
            f"承诺 {clock.time(due)},迟 {-slack} 分钟" if zh else f"due {clock.time(due)}, {-slack} minutes late"
        )  # fmt: skip
        say(told)
    for r in found:
        say("· " + _in_words(network, r, clock, zh))
    _say_generated(network, zh)


def _lanes(of: Timetable, usable: Connections, way: Way) -> list[int]:
    return [int(of.lane[usable.row[c]]) for c in way.rides]


def _ridden(of: Timetable, usable: Connections, way: Way) -> list[str]:
    """Modes of a way, in order, each run of one once."""
    modes = [str(of.network.lanes.mode[k]) for k in _lanes(of, usable, way)]
    return [m for n, m in enumerate(modes) if not n or m != modes[n - 1]]


def _show_ways(of: Timetable, usable: Connections, found: list[Way], clock: _Clock) -> None:
    zh = facts().settings.language == "zh"
    heads = ("送达", "元/件", "克 CO₂e/件", "方式") if zh else ("delivered", "yuan an item", "g CO2e an item", "by")
    rows = [(clock.time(w.delivered), round(w.yuan, 1), w.carbon_g, " → ".join(title("mode", m, zh) for m in _ridden(of, usable, w))) for w in found]  # fmt: skip
    if len(rows) > 1:
        print_table(
            "时间、费用、碳排放互不占优的走法" if zh else "Ways that none beats in time, cost and carbon", heads, rows
        )


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(route)
    app.command()(promise)
