"""``yilu indicators``: how well, by whatever is asked for, beside the period before and the year before."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

import numpy as np
import typer

from yilu.cli.facts import Facts, facts
from yilu.cli.names import Names
from yilu.cli.output import Json, print_json, print_table, say
from yilu.cli.status import ProvinceOption, StoreOption
from yilu.cli.titles import percent
from yilu.errors import YiluError
from yilu.indicators import Period, Scope, catalogue, period_of, values
from yilu.indicators.declared import UNITS
from yilu.indicators.periods import SORTS, before, year_before
from yilu.indicators.values import GROUPS

Sort = StrEnum("Sort", list(SORTS))  # type: ignore[misc]
"""Sorts of periods, as typer takes them."""
_MONTH = Sort("month")
Row = dict[str, Any]


def indicators(
    names: Annotated[list[str] | None, typer.Argument(help="指标;空为全部 · Ids of indicators; none: all.")] = None,
    period: Annotated[Sort, typer.Option(help="周期 · Sort of period.")] = _MONTH,
    day: Annotated[
        str,
        typer.Option(
            help="周期内任一日,空为最近事件之日 · A local day of the period; empty: that of the latest event."
        ),
    ] = "",
    until: Annotated[
        str, typer.Option(help="自 --day 起至此日 · From --day to this day instead of a whole period.")
    ] = "",
    by: Annotated[str, typer.Option(help=f"分组,逗号分隔 · Groups, by commas: {', '.join(GROUPS)}.")] = "",
    area: Annotated[str, typer.Option(help="城市代码 · Codes of cities, by commas.")] = "",
    operator: Annotated[str, typer.Option(help="企业代码 · Codes of operators, by commas.")] = "",
    level: Annotated[str, typer.Option(help="时限产品代码 · Codes of service levels, by commas.")] = "",
    compare: Annotated[
        bool, typer.Option(help="并列上期与上年同期 · Beside the period before and the year before.")
    ] = False,
    store: StoreOption = None,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:
    """指标值及其口径 · Values of indicators, with what they are made of."""
    opened = facts(store, province)
    chosen, groups = _chosen(names or []), tuple(g for g in by.split(",") if g)
    for group in groups:
        if group not in GROUPS:
            raise YiluError(f"--by {group}: one of {', '.join(GROUPS)} is expected", zh=f"没有分组 {group}")
    snapshot, network = opened.read(), opened.network
    latest = date(1970, 1, 1) + _days(int(network.local_day(snapshot.as_of)))
    asked = _period(period.value, day, until, latest)
    scope = Scope(
        _ids(network.areas, area, "area"),
        _ids(network.operators, operator, "operator"),
        _ids(network.service_levels, level, "level"),
    )
    now = values(snapshot, network, chosen, asked, scope, groups)
    others: dict[str, list[Row]] = {}
    if compare:
        for name, other in (("before", before(period.value, asked)), ("year_before", year_before(asked))):
            others[name] = values(snapshot, network, chosen, other, scope, groups)
    rows = _beside(now, others, groups)
    if as_json:
        print_json({
            "commit": snapshot.at.commit, "from": asked.first, "to": asked.last, "basis": "monitoring",
            "as_of": snapshot.as_of, "values": [_coded(opened, row) for row in rows],
        })  # fmt: skip
        return
    show(opened, asked, rows, groups, compare)


def _days(n: int) -> Any:
    return np.timedelta64(n, "D").astype(object)


def _chosen(names: list[str]) -> list[str]:
    known = catalogue()
    for name in names:
        if name not in known:
            raise YiluError(f"no indicator {name}", zh=f"没有指标 {name}", next_step=f"one of {', '.join(known)}")
    return names or list(known)


def _period(sort: str, day: str, until: str, latest: date) -> Period:
    try:
        first = date.fromisoformat(day) if day else latest
        return Period(first, date.fromisoformat(until)) if until else period_of(sort, first)
    except ValueError as error:
        raise YiluError(
            f"--day, --until: {error}", zh="--day、--until 应为先后两个日期", next_step="give days as 2025-06-03"
        ) from error


def _ids(table: Any, codes: str, option: str) -> tuple[int, ...]:
    found = []
    for code in filter(None, codes.split(",")):
        if code not in table.index_of_code:
            raise YiluError(
                f"--{option} {code}: no such code",
                zh=f"--{option} {code}:没有此代码",
                next_step="yilu network show lists the codes",
            )
        found.append(table.index_of_code[code])
    return tuple(found)


def _beside(now: list[Row], others: dict[str, list[Row]], groups: tuple[str, ...]) -> list[Row]:
    """Rows with the values of other periods; groups that are periods themselves have no other."""

    def key(row: Row) -> tuple[Any, ...]:
        return (row["indicator"], *(row[g] for g in groups if g not in SORTS))

    for name, rows in others.items():
        value = {key(r): r["value"] for r in rows}
        comparable = not any(g in SORTS for g in groups)
        now = [{**r, name: value.get(key(r)) if comparable else None} for r in now]
    return now


def _coded(opened: Facts, row: Row) -> Row:
    """A row with codes in the place of ids."""
    network = opened.network
    tables = {
        "operator": network.operators,
        "area": network.areas,
        "region": network.areas,
        "level": network.service_levels,
    }
    return {k: tables[k].code_of_id.get(v, "") if k in tables else v for k, v in row.items()}  # type: ignore[attr-defined]


def show(opened: Facts, asked: Period, rows: list[Row], groups: tuple[str, ...], compare: bool) -> None:
    """Print values as a table."""
    zh = opened.settings.language == "zh"
    names, known = Names(opened.network, zh), catalogue()
    called = {"operator": names.operator, "area": names.area, "region": names.area, "level": names.level}
    heads = {
        "operator": ("企业", "operator"),
        "area": ("城市", "city"),
        "region": ("区域", "region"),
        "level": ("时限产品", "service level"),
        **SORTS,
    }
    more = ("before", "year_before") if compare else ()
    title = (
        f"指标 {asked.first} 至 {asked.last}(监测口径)"
        if zh
        else f"Indicators {asked.first} to {asked.last} (monitoring basis)"
    )
    columns = [
        "指标" if zh else "indicator",
        *(heads[g][0 if zh else 1] for g in groups),
        *(("值", "单位", "分子", "分母") if zh else ("value", "unit", "numerator", "denominator")),
    ]
    columns += ["上期", "上年同期"] if zh and compare else ["before", "year before"] if compare else []
    print_table(title, columns, [
        (
            known[r["indicator"]].zh if zh else known[r["indicator"]].en,
            *((called[g].get(r[g], "–") or "–") if g in called else r[g] for g in groups),
            _figure(r["indicator"], r["value"]), UNITS[known[r["indicator"]].unit][0 if zh else 1] if known[r["indicator"]].unit != "share" else "",
            r["numerator"], r["denominator"], *(_figure(r["indicator"], r[m]) for m in more),
        )
        for r in rows
    ])  # fmt: skip
    if len({r["indicator"] for r in rows}) == 1 and rows:
        one = known[rows[0]["indicator"]]
        say(f"口径:{one.basis_zh}。来源:{one.source}" if zh else f"Basis: {one.basis_en}. Source: {one.source}")


def _figure(name: str, value: float | None) -> object:
    if value is None:
        return "–"
    if catalogue()[name].unit == "share":
        return percent(float(value))
    return round(value, 1 if value >= 1 else 2) if isinstance(value, float) else value


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(indicators)
