"""``yilu indicators``: how well, by whatever is asked for, beside the period before and the year before."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

import numpy as np
import typer

from yilu.cli.facts import facts
from yilu.cli.output import Json, print_json, print_table, say
from yilu.cli.status import ProvinceOption, StoreOption
from yilu.cli.titles import percent
from yilu.errors import YiluError
from yilu.indicators import Period, Purpose, Scope, catalogue, compared, latest_day, period_of, values
from yilu.indicators.declared import UNITS
from yilu.indicators.periods import SORTS, before, year_before
from yilu.indicators.values import BASES, GROUPS
from yilu.items.names import Names
from yilu.run.facts import Facts

Sort = StrEnum("Sort", list(SORTS))  # type: ignore[misc]
"""Sorts of periods, as typer takes them."""
_MONTH = Sort("month")
For = StrEnum("For", ["supervision", "statistics"])
"""Purposes, as typer takes them."""
_SUPERVISION = For("supervision")
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
    purpose: Annotated[
        For,
        typer.Option(
            help="用途;统计用日报不得用于监管 · What for: daily counts given for this purpose count where no items come."
        ),
    ] = _SUPERVISION,
    counts: Annotated[
        bool,
        typer.Option(
            "--counts", help="事件与日报对照 · Items beside daily counts, where both came, instead of indicators."
        ),
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
    what_for = Purpose(purpose.value, opened.settings.least_firms)
    latest = date(1970, 1, 1) + _days(latest_day(snapshot, network, what_for))
    asked = _period(period.value, day, until, latest)
    scope = Scope(
        _ids(network.areas, area, "area"),
        _ids(network.operators, operator, "operator"),
        _ids(network.service_levels, level, "level"),
    )
    if counts:
        show_counts(opened, asked, compared(snapshot, network, asked, what_for), as_json)
        return
    chosen = [name for name in chosen if catalogue()[name].serves(what_for.name)]
    now = values(snapshot, network, chosen, asked, scope, groups, what_for)
    others: dict[str, list[Row]] = {}
    if compare:
        for name, other in (("before", before(period.value, asked)), ("year_before", year_before(asked))):
            others[name] = values(snapshot, network, chosen, other, scope, groups, what_for)
    rows = _beside(now, others, groups)
    if as_json:
        print_json({
            "commit": snapshot.at.commit, "from": asked.first, "to": asked.last, "basis": "monitoring", "purpose": what_for.name,
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
    mixed = any(r["basis"] not in ("items", None) or r["withheld"] for r in rows)
    columns = [
        "指标" if zh else "indicator",
        *(heads[g][0 if zh else 1] for g in groups),
        *(("值", "单位", "分子", "分母") if zh else ("value", "unit", "numerator", "denominator")),
    ]
    columns += (["依据"] if zh else ["stands on"]) if mixed else []
    columns += ["上期", "上年同期"] if zh and compare else ["before", "year before"] if compare else []
    print_table(title, columns, [
        (
            known[r["indicator"]].zh if zh else known[r["indicator"]].en,
            *((called[g].get(r[g], "–") or "–") if g in called else r[g] for g in groups),
            _figure(r["indicator"], r["value"]), UNITS[known[r["indicator"]].unit][0 if zh else 1] if known[r["indicator"]].unit != "share" else "",
            _part(r["numerator"]), _part(r["denominator"]), *([_stands_on(r, zh)] if mixed else []), *(_figure(r["indicator"], r[m]) for m in more),
        )
        for r in rows
    ])  # fmt: skip
    if len({r["indicator"] for r in rows}) == 1 and rows:
        one = known[rows[0]["indicator"]]
        source_zh, source_en = one.source
        say(f"口径:{one.basis_zh}。来源:{source_zh}" if zh else f"Basis: {one.basis_en}. Source: {source_en}")


def _part(amount: float | None) -> object:
    """A numerator or denominator as it is shown."""
    return round(amount, 1) if isinstance(amount, float) and amount % 1 else amount if amount is None else int(amount)


def _stands_on(row: Row, zh: bool) -> str:
    """What a value stands on, or why it isn't shown."""
    if row["withheld"]:
        return "企业过少,不公布" if zh else "withheld: too few firms"
    said = BASES[row["basis"]][0 if zh else 1] if row["basis"] else "–"
    if row["left_out"]:
        said += f"(未含日报 {row['left_out']:.0f} 件)" if zh else f" (without {row['left_out']:.0f} of daily counts)"
    return said


def show_counts(opened: Facts, asked: Period, rows: list[Row], as_json: bool) -> None:
    """Print items beside daily counts, where both came."""
    zh = opened.settings.language == "zh"
    if as_json:
        print_json({"from": asked.first, "to": asked.last, "compared": [_coded(opened, row) for row in rows]})
        return
    names = Names(opened.network, zh)
    title = f"事件与日报对照 {asked.first} 至 {asked.last}" if zh else f"Items beside daily counts, {asked.first} to {asked.last}"  # fmt: skip
    heads = ("企业", "日期", "方向", "计量", "事件", "日报", "差异%") if zh else ("operator", "day", "direction", "measure", "items", "daily counts", "more by %")  # fmt: skip
    print_table(title, list(heads), [
        (names.operator.get(r["operator"], "–"), r["day"], r["direction"], r["measure"], r["items"], r["aggregates"], round(r["percent"], 2))
        for r in rows
    ])  # fmt: skip


def _figure(name: str, value: float | None) -> object:
    if value is None:
        return "–"
    if catalogue()[name].unit == "share":
        return percent(float(value))
    if catalogue()[name].unit == "per_100k":
        return round(100_000 * value, 2)
    return round(value, 1 if value >= 1 else 2) if isinstance(value, float) else value


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(indicators)
