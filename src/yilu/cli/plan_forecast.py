"""``yilu plan forecast``: where each target stands, where its series is going, how likely it is met, and what that rests on."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console

from yilu.cli import strips
from yilu.cli.facts import facts
from yilu.cli.output import Json, print_json, print_line, print_table, say
from yilu.cli.plan_show import Section
from yilu.cli.status import ProvinceOption
from yilu.cli.titles import title
from yilu.errors import YiluError
from yilu.plan import Plan, Target, folder_of, load
from yilu.plan import statistics as official
from yilu.plan.figures import unit_name
from yilu.plan.forecast import NAMES
from yilu.plan.model import known_section, within
from yilu.plan.prospects import Prospect, Prospects, areas_of, prospects, years_known
from yilu.settings import load as settings

_BANDS = ("middle", "low80", "high80", "low95", "high95")
_STRIP, _CHART = 28, 48
_ROOM_ALL, _ROOM_ONE = 140, 120
"""Signs a line must have for the picture of every target, and for both intervals beside that of one."""
_BESIDE, _BESIDE_NARROW = 82, 60
"""Signs that all columns but the picture take, with both intervals and with one."""
_AT_RISK = 0.5

PlanFolder = Annotated[
    str | None, typer.Option("--plan", help="规划文件夹;默认为该省的 · Plan folder; by default that of the province.")
]


def forecast(
    target: Annotated[str, typer.Argument(help="目标代码;空为全部 · Code of a target; none: all.")] = "",
    section: Section = "",
    as_of: Annotated[
        int | None,
        typer.Option(min=1949, max=2100, help="截至年份:其后的数值一概不用 · Year: no figure of a later one enters."),
    ] = None,
    to: Annotated[
        int | None,
        typer.Option(min=1949, max=2100, help="预测到哪一年;默认为规划末年 · Last year; by default that of the plan."),
    ] = None,
    province: ProvinceOption = None,
    plan: PlanFolder = None,
    as_json: Json = False,
) -> None:
    """预测目标能否实现:轨迹、现状、区间、概率、方法与依据 · Forecast targets: path, standing, intervals, chance, method and what it rests on."""
    network = facts(province=province).network
    promised = load(folder_of(plan if plan is not None else network.folder))
    held = official.load(str(network.folder))
    area, nation = areas_of(network)
    known = as_of if as_of is not None else max(years_known(held, area), default=promised.baseline_year)
    until = to if to is not None else promised.to_year
    if to is not None and to < known:
        raise YiluError(
            f"--to {to} lies before the last year that is known, {known}", zh=f"--to {to} 早于已知的最后一年 {known}",
            next_step=f"Give a year from {known} on, or an earlier --as-of.", next_step_zh=f"给 {known} 及以后的年份,或更早的 --as-of",
        )  # fmt: skip
    found = prospects(promised, held, area, nation, known, until, _asked(promised, target, section))
    if as_json:
        print_json(record(found))
        return
    zh = settings().language == "zh"
    with_forecast = [p for p in found.each if p.figures and (p.forecast or p.met is not None)]
    if target and with_forecast:
        _one(with_forecast[0], found, zh)
    elif with_forecast:
        _all(with_forecast, found, zh)
    if with_forecast:
        _rests(with_forecast, zh)
        say(_legend(zh))
    _without([p for p in found.each if p not in with_forecast], zh)


def _asked(plan: Plan, target: str, section: str) -> tuple[Target, ...]:
    """The targets asked for: one by code, or all that count of a section."""
    counting = tuple(t for t in plan.targets if t.counts)
    if target:
        named = {t.code: t for t in plan.targets}
        if target not in named:
            raise YiluError(
                f"the plan has no target {target}", zh=f"规划没有目标“{target}”",
                next_step="one of " + ", ".join(t.code for t in counting), next_step_zh="`yilu plan show --part targets` 列出全部",
            )  # fmt: skip
        return (named[target],)
    known_section(plan, section)
    return tuple(t for t in counting if within(t.section, section))


def record(found: Prospects) -> dict[str, Any]:
    """All of it as a machine reads it: figures in the unit of the target, years as they are."""
    return {
        "as_of": found.as_of, "to": found.to, "area": found.area, "targets": [_record(p) for p in found.each],
        "back_test": [
            {"kind": j.kind, "period": j.period, "scores": [asdict(s) for s in j.scores], "coverage": [asdict(c) for c in j.coverage]}
            for j in found.judged if j.scores
        ],
    }  # fmt: skip


def _record(p: Prospect) -> dict[str, Any]:
    t, f = p.target, p.forecast
    return {
        "code": t.code, "zh": t.zh, "en": t.en, "unit": t.unit, "section": t.section, "series": p.series or None, "kind": p.kind or None,
        "baseline_year": t.baseline_year, "baseline": _text(t.baseline), "due": t.target_year, "target": _text(t.target), "comparator": t.comparator,
        "figures": [{"year": x.year, "value": str(x.value), "status": x.status, "grade": x.grade, "row": x.row, "source": x.source} for x in p.figures],
        "path": None if p.path is None else {str(y): v for y in range(p.path.since, p.path.due + 1) if (v := p.expected(y)) is not None},
        "growth": None if p.path is None else p.path.growth * (1 if p.kind == "volume" else p.factor),
        "standing": None if p.standing is None else asdict(p.standing) | {
            k: getattr(p.standing, k) * p.factor for k in ("expected", "gap")
        } | {"needed": p.standing.needed * (1 if p.kind == "volume" else p.factor)},
        "forecast": None if f is None else {
            "years": f.times.tolist(), **{b: [p.at(b, y) for y in f.times.tolist()] for b in _BANDS}, "method": f.method,
            "others": {m: (v * p.factor).tolist() for m, v in f.others.items()},
            "why": {"errors_over_first": f.compared, "cases": f.compared_cases, "years": f.compared_times},
            "rests_on": {"figures": f.figures, "errors": f.cases, "years": f.error_times, "degrees": f.degrees},
        },
        "chance": p.chance, "at_risk": None if p.chance is None else p.chance < _AT_RISK, "met": p.met,
        "why": None if p.why is None else asdict(p.why), "needed": None if p.needed is None else asdict(p.needed),
    }  # fmt: skip


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _room() -> int:
    """How many signs a line may have: the terminal's, or as many as are needed in a file or a pipe."""
    console = Console()
    return console.width if console.is_terminal else _ROOM_ALL


def _all(rows: list[Prospect], found: Prospects, zh: bool) -> None:
    """Every target on a line."""
    cells = []
    for p in rows:
        year = max(found.to, p.target.target_year)
        last, bands = p.last, {b: p.at(b, year) for b in _BANDS}
        value = None if last is None else float(last.value)
        goal = None if p.target.target is None else float(p.target.target)
        ends = strips.scale([value, goal, bands["low80"], bands["high80"], bands["middle"]])
        cells.append((
            p.target.zh if zh else p.target.en, unit_name(p.target.unit, zh), f"{_sign(p.target)}{p.target.target} ({p.target.target_year})",
            f"{last.value} ({last.year})" if last else None, _percent(p.standing.ratio if p.standing else None),
            f"{figure(bands['middle'])} ({year})" if bands["middle"] is not None else None, _range(bands["low80"], bands["high80"]), _outcome(p, zh),
            strips.strip(
                _STRIP, ends, [(strips.WIDE, bands["low95"], bands["high95"]), (strips.NARROW, bands["low80"], bands["high80"])],
                [(strips.PROMISED, goal), (strips.FIGURE, value), (strips.MIDDLE, bands["middle"])],
            ),
        ))  # fmt: skip
    columns = ("name", "unit", "target", "last", "to_path", "forecast", "band80", "chance", "picture")
    kept = columns if _room() >= _ROOM_ALL else columns[:-1]
    print_table(_heading(found, zh), [title("forecast", c, zh) for c in kept], [row[: len(kept)] for row in cells])


def _one(p: Prospect, found: Prospects, zh: bool) -> None:
    """One target, a line for each year."""
    t, known = p.target, {f.year: f for f in p.figures}
    first = min([*known, *([p.path.since] if p.path and p.path.baseline is not None else [])])
    last = max(found.to, t.target_year, *known)
    years = range(first, last + 1)
    bands = {y: {b: p.at(b, y) for b in _BANDS} for y in years}
    path = {y: p.expected(y) for y in years}
    shown = [
        *(float(f.value) for f in p.figures),
        *path.values(),
        *(b for y in years for b in (bands[y]["low80"], bands[y]["high80"])),
    ]
    ends = strips.scale([0.0, *shown] if p.kind == "volume" else shown)
    roomy = _room() >= _ROOM_ONE
    width = min(_CHART, max(_room() - (_BESIDE if roomy else _BESIDE_NARROW), _STRIP // 2))
    cells = [
        (
            str(y), str(known[y].value) if y in known else None, figure(path[y]), figure(bands[y]["middle"]),
            _range(bands[y]["low80"], bands[y]["high80"]), _range(bands[y]["low95"], bands[y]["high95"]),
            strips.strip(
                width, ends, [(strips.WIDE, bands[y]["low95"], bands[y]["high95"]), (strips.NARROW, bands[y]["low80"], bands[y]["high80"])],
                [(strips.PROMISED, path[y]), (strips.FIGURE, float(known[y].value) if y in known else None), (strips.MIDDLE, bands[y]["middle"])],
            ),
        )
        for y in years
    ]  # fmt: skip
    name = f"{t.zh if zh else t.en} ({unit_name(t.unit, zh)})"
    columns = ("year", "published", "path", "forecast", "band80", "band95", "picture")
    kept = [i for i, c in enumerate(columns) if roomy or c != "band95"]
    heads = [title("forecast", columns[i], zh) for i in kept]
    print_table(f"{name} — {_heading(found, zh)}", heads, [[row[i] for i in kept] for row in cells])
    goal = f"{title('forecast', 'target', zh)} {_sign(t)}{t.target} ({t.target_year})"
    print_line(f"{goal}: {_outcome(p, zh)}")
    if p.standing is not None and p.standing.needed == p.standing.needed:
        needed = f"{100 * p.standing.needed:+.1f} %" if p.kind == "volume" else f"{p.standing.needed * p.factor:+.3g}"
        print_line(f"{title('forecast', 'still_needed', zh)}: {needed}")


def _rests(rows: list[Prospect], zh: bool) -> None:
    """Method, why it was chosen, and how little it rests on."""
    cells = [
        (
            p.target.zh if zh else p.target.en, NAMES[p.forecast.method][0 if zh else 1], _why(p, zh), p.forecast.figures,
            _errors(p, zh), "/".join(dict.fromkeys(f.grade for f in p.figures)),
            title("status", p.figures[-1].status, zh),
        )
        for p in rows if p.forecast is not None
    ]  # fmt: skip
    if cells:
        columns = ("name", "method", "chosen_since", "figures", "rests_on", "grade", "last_status")
        print_table(title("forecast", "basis", zh), [title("forecast", c, zh) for c in columns], cells)


def _why(p: Prospect, zh: bool) -> str:
    """Why a method was taken: errors of those compared, over those of the first."""
    f = p.forecast
    if f is None or not f.compared:
        return title("forecast", "too_few_errors", zh)
    said = ", ".join(f"{NAMES[m][0 if zh else 1]} {r:.2f}" for m, r in f.compared.items())
    return f"{said} ({f.compared_cases} {title('forecast', 'cases', zh)} / {f.compared_times} {title('forecast', 'years', zh)})"


def _errors(p: Prospect, zh: bool) -> str:
    f = p.forecast
    if f is None or not f.cases:
        return title("forecast", "assumed_alone", zh)
    return f"{f.cases} {title('forecast', 'errors', zh)} / {f.error_times} {title('forecast', 'years', zh)}"


def _without(rows: list[Prospect], zh: bool) -> None:
    """Targets that nothing can be forecast of, why, and what would be needed."""
    cells = [
        (
            p.target.section, p.target.zh if zh else p.target.en,
            f"{p.last.value} ({p.last.year})" if p.last else None,
            "" if p.why is None else p.why.zh if zh else p.why.en, "" if p.needed is None else p.needed.zh if zh else p.needed.en,
        )
        for p in rows
    ]  # fmt: skip
    if cells:
        columns = ("section", "name", "last", "why", "needed")
        print_table(
            f"{title('forecast', 'without', zh)}: {len(cells)}", [title("forecast", c, zh) for c in columns], cells
        )


def _heading(found: Prospects, zh: bool) -> str:
    return f"截至 {found.as_of} 年的数据" if zh else f"as known at the end of {found.as_of}"


def _legend(zh: bool) -> str:
    marks = (
        f"{strips.FIGURE} {{}}  {strips.PROMISED} {{}}  {strips.MIDDLE} {{}}  {strips.NARROW} 80 %  {strips.WIDE} 95 %"
    )
    return marks.format("公布", "轨迹或目标", "预测") if zh else marks.format("published", "path or target", "forecast")


def _outcome(p: Prospect, zh: bool) -> str:
    """Whether it is met, else how likely it will be."""
    if p.met is not None:
        return title("forecast", "met" if p.met else "missed", zh)
    return _percent(p.chance) or ""


def _sign(t: Target) -> str:
    return {"above": ">", "at_least": "≥", "below": "<", "at_most": "≤", "about": "≈"}.get(t.comparator, "")


def _percent(share: float | None) -> str | None:
    """A share in whole per cent; never certain."""
    if share is None or share != share:
        return None
    return "<1 %" if 0 < share < 0.01 else ">99 %" if 0.99 < share < 1 else f"{100 * share:.0f} %"


def figure(value: float | None) -> str | None:
    """A figure that is forecast, with four digits: more would be made up."""
    if value is None:
        return None
    return f"{float(f'{value:.4g}'):.0f}" if 1000 <= abs(value) < 1e15 else f"{value:.4g}"


def _range(low: float | None, high: float | None) -> str | None:
    return None if low is None or high is None else f"{figure(low)} – {figure(high)}"
