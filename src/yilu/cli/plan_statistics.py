"""``yilu plan statistics``: official figures by year, growth as published beside growth as computed, gaps, and every fault of the tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

import typer

from yilu.cli.facts import facts
from yilu.cli.output import Json, print_json, print_line, print_problems, print_table
from yilu.cli.status import ProvinceOption
from yilu.cli.titles import title
from yilu.errors import YiluError
from yilu.network import Network, Problem
from yilu.plan import statistics as official
from yilu.plan.growth import VERDICTS
from yilu.plan.statistics import Statistics
from yilu.settings import load as settings


def statistics(
    series: Annotated[str, typer.Option(help="只看此指标 · This series alone.")] = "",
    area: Annotated[str, typer.Option(help="只看此区域,如 440000、CN · This area alone, as 440000 or CN.")] = "",
    first: Annotated[int, typer.Option(min=1949, help="起始年 · First year.")] = 2015,
    last: Annotated[int, typer.Option(min=1949, help="末年 · Last year.")] = 2025,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:
    """官方统计:逐年数值、增速、缺口与表格问题(有问题退出码 1) · Official figures by year, growth, gaps, and faults of the tables (exit code 1)."""
    set_ = settings()
    network = facts(province=province).network
    held, problems = official.read(network.folder, network.areas.index_of_code)
    _known("--series", series, held.series)
    _known("--area", area, network.areas.index_of_code)

    def asked(of_series: str, of_area: str) -> bool:
        return series in ("", of_series) and area in ("", of_area)

    if as_json:
        print_json(_record(held, asked, first, last) | {"problems": [p.record() for p in problems]})
    else:
        _shown(held, network, asked, first, last, problems, set_.language)
    if problems:
        raise typer.Exit(1)


def _known(option: str, given: str, codes: Any) -> None:
    if given and given not in codes:
        raise YiluError(
            f"{option} {given}: not there",
            zh=f"{option} {given}:没有此代码",
            next_step="one of " + ", ".join(list(codes)[:40]),
        )


def _levels(held: Statistics, asked: Callable[[str, str], bool], first: int, last: int) -> list[dict[str, Any]]:
    """Levels by year of what was asked for, one record each."""
    keys = dict.fromkeys((s.series, s.area) for s in held.rows if s.measure == "level" and s.period.kind == "year")
    out = []
    for of_series, of_area in (key for key in keys if asked(*key)):
        y = held.yearly(of_series, of_area)
        for i, year in enumerate(y.years.tolist()):
            if first <= year <= last:
                out.append({
                    "series": of_series, "area": of_area, "year": year, "value": float(y.values[i]), "unit": y.unit, "step": float(y.steps[i]),
                    "status": y.statuses[i], "grade": y.grades[i], "row": y.rows[i], "source": y.sources[i], "basis": y.bases[i] or y.basis,
                })  # fmt: skip
    return out


def _record(held: Statistics, asked: Callable[[str, str], bool], first: int, last: int) -> dict[str, Any]:
    growths = [asdict(g) | {"period": g.period.text} for g in held.growths() if asked(g.series, g.area)]
    gaps = [asdict(g) for g in held.gaps(first, last) if asked(g.series, g.area)]
    return {"levels": _levels(held, asked, first, last), "growth": growths, "gaps": gaps}


def _shown(
    held: Statistics,
    network: Network,
    asked: Callable[[str, str], bool],
    first: int,
    last: int,
    problems: list[Problem],
    language: str,
) -> None:
    zh = language == "zh"
    areas, names = network.areas, {c: s.name_zh if zh else s.name_en for c, s in held.series.items()}
    places = {
        str(c): str(z if zh else e) or str(c) for c, z, e in zip(areas.code, areas.name_zh, areas.name_en, strict=True)
    }
    levels = [
        (names[r["series"]], places[r["area"]], str(r["year"]), f"{r['value']:,.10g}", r["unit"], title("status", r["status"], zh), r["grade"], r["row"])
        for r in _levels(held, asked, first, last)
    ]  # fmt: skip
    heads: tuple[str, ...] = (
        ("指标", "区域", "年份", "数值", "单位", "性质", "等级", "行")
        if zh
        else ("series", "area", "year", "value", "unit", "status", "grade", "row")
    )
    print_table("逐年数值 · by year", heads, levels)
    growth = [
        (
            names[g.series],
            places[g.area],
            g.period.text,
            _percent(g.published),
            _percent(g.recomputed),
            VERDICTS[g.verdict][0 if zh else 1],
        )
        for g in held.growths()
        if asked(g.series, g.area)
    ]
    growth_heads = (
        ("指标", "区域", "时期", "公布增速", "按绝对数", "比较")
        if zh
        else ("series", "area", "period", "published", "from levels", "compared")
    )
    print_table("同比增速 · growth", growth_heads, growth)
    gaps = [
        (names[g.series], places[g.area], ", ".join(map(str, g.years)))
        for g in held.gaps(first, last)
        if asked(g.series, g.area)
    ]
    print_table(
        "缺口 · gaps", ("指标", "区域", "无数值的年份") if zh else ("series", "area", "years without a figure"), gaps
    )
    if problems:
        print_problems(problems)
    else:
        print_line("没有问题 · no faults")


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} %"
