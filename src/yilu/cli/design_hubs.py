"""``yilu design hubs``: where hubs should be, or what the plan's hubs cost, with what is proven of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from yilu.cli.days import day_of, local_today
from yilu.cli.output import Json, errors, print_json, print_table, say
from yilu.cli.titles import percent
from yilu.design.hubs import certificate
from yilu.design.location.certificate import Certificate
from yilu.design.matrices import HubMatrices, matrices, within
from yilu.design.stop import Progress, after, at_gap, either
from yilu.errors import YiluError
from yilu.network import load
from yilu.settings import load as settings
from yilu.studies.hub_files import hub_rows, write
from yilu.studies.hubs import Design, Measured, as_planned, best, measured, stated

_MOST_HUBS, _MOST_SECONDS, _GAP = 200, 86_400.0, 1e-6


class Late(StrEnum):
    """What a promise is to the design."""

    hard = "hard"
    volume = "volume"
    penalty = "penalty"


def hubs(
    folder: Annotated[str | None, typer.Argument(help="省份文件夹或随附省份名 · A province folder, or the name of a shipped one.")] = None,
    p: Annotated[int | None, typer.Option("--p", min=1, max=_MOST_HUBS, help="枢纽个数 · How many hubs.")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="规划的枢纽体系:城市与层级照规划,县区由模型选 · The plan's system: its cities and tiers, the model picks the county unit.")] = False,
    deadlines: Annotated[Late | None, typer.Option("--deadlines", help="时限:hard 必须全部满足,volume 使超时件数最少,penalty 每件超时计费 · Promises: all kept, least late volume, or a price for a late item.")] = None,
    penalty: Annotated[float, typer.Option("--penalty", min=0, max=1e6, help="每件超时的费用(元) · Yuan a late item, with penalty.")] = 1.0,
    hours: Annotated[float | None, typer.Option("--hours", min=0.1, max=240, help="以一个时限(小时,县区到县区)代替各时限产品 · One time from unit to unit instead of the service levels.")] = None,
    within_province: Annotated[bool, typer.Option("--within-province", help="只计省内件 · Only what stays in the province.")] = False,
    day: Annotated[str, typer.Option("--day", help="按哪一日开通的通道,缺省今日 · Whose open crossings count; today by default.")] = "",
    seconds: Annotated[float, typer.Option("--seconds", min=1, max=_MOST_SECONDS, help="计算时间 · How long to search and prove.")] = 60.0,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1, help="随机种子 · Seed of the search.")] = 0,
    certify: Annotated[bool, typer.Option("--certify", help="留存证明,并以另一套算法重算费用与下界 · Keep a proof, and recompute cost and bound by other means.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="写入的文件夹:表、GeoJSON、图、改了枢纽的省份文件夹 · Folder to write: tables, GeoJSON, a map, a province folder with these hubs.")] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """枢纽选址:给定个数,或规划的体系;附已证明的下界 · Where hubs should be, for a number of them or the plan's system, with a proven bound."""
    if (p is None) == (not plan):
        raise YiluError(
            "give either --p or --plan",
            zh="--p 与 --plan 须给出其一",
            next_step="--p 6, or --plan for the plan's system",
        )
    network = load(folder if folder is not None else str(settings().province))
    m = matrices(network, day_of("--day", day) or local_today(network), with_outside=not within_province)
    m = m if hours is None else within(m, hours)
    if p is not None and p > len(m.unit):
        raise YiluError(
            f"--p {p}: the province has {len(m.unit)} county units",
            zh=f"--p {p}:该省只有 {len(m.unit)} 个县级单元",
            next_step="ask for fewer hubs",
        )
    if out is not None and out.exists() and not out.is_dir():
        raise YiluError(
            f"{out} is no folder", zh=f"{out} 不是文件夹", next_step="give another folder with --out", exit_code=3
        )
    zh = settings().language == "zh"
    found = _with_progress(
        lambda report: _found(m, p, deadlines, penalty, after(seconds), seed, report, certify),
        shown=not as_json,
        zh=zh,
        volume=deadlines == Late.volume,
    )
    does = measured(m, found)
    recomputed = certificate(found.asked, found.plan) if certify else None
    if recomputed is not None and recomputed.faults:
        raise YiluError(
            "the certificate refuses the plan: " + "; ".join(recomputed.faults),
            zh="重算与所报不符:" + "; ".join(recomputed.faults),
            next_step="Nothing was written. Please report this with the province folder and the command.",
            next_step_zh="未写入任何文件;请附省份文件夹与命令报告此问题",
        )
    summary = _summary(m, found, does, deadlines, recomputed)
    written = write(m, found, summary, out, "zh" if zh else "en") if out is not None else []
    if as_json:
        print_json(summary | {"files": [str(path) for path in written]})
        return
    _show(m, found, does, zh, deadlines, recomputed)
    if out is not None:
        say(f"已写入 {out}" if zh else f"written to {out}")


def _found(m: HubMatrices, p: int | None, late: Late | None, penalty: float, time_up: Callable[[Progress], bool], seed: int, report: Callable[[Progress], None], proof: bool) -> Design:  # fmt: skip
    stop, mode = either(time_up, at_gap(_GAP)), str(late or "")
    if p is not None:
        return best(m, p, stop, seed, mode, penalty, report, proof)
    return as_planned(m, stated(m.network), stop, seed, mode, penalty, report, proof)


def _with_progress(work: Callable[[Callable[[Progress], None]], Design], shown: bool, zh: bool, volume: bool) -> Design:
    """Do the work under a line that tells cost, bound and gap, where someone looks."""
    console = errors()
    if not (shown and console.is_terminal):
        return work(lambda progress: None)
    cost, bound, gap = (
        ("超时件/日" if volume else "元/日", "下界", "差距")
        if zh
        else ("late items/day" if volume else "yuan/day", "bound", "gap")
    )
    with console.status("…") as line:
        return work(
            lambda s: line.update(
                f"{s.cost:,.0f} {cost} · {bound} {max(s.bound, 0):,.0f} · {gap} {percent(s.gap if s.gap < 1 else None)}"
            )
        )


def _summary(m: HubMatrices, found: Design, does: Measured, late: Late | None, recomputed: Certificate | None) -> dict[str, Any]:  # fmt: skip
    gap = found.plan.gap
    return {
        "province": m.network.name, "hubs": hub_rows(m, found), "value": found.plan.cost, "value_is": "late items a day" if late == Late.volume else "yuan a day",
        "bound": max(found.plan.bound, 0.0), "gap": gap if gap < 1 else None, "proven": found.plan.is_proven, "deadlines": str(late) if late else None,
        "certificate": None if recomputed is None else {"value": recomputed.cost, "bound": recomputed.bound, "parts": len(found.plan.proof)},
        "measured": asdict(does) | {"cost_yuan": does.cost_yuan, "in_time": does.in_time if does.in_time == does.in_time else None},
        "rates": {f"{table}.{name}": asdict(rate) for (table, name), rate in m.rates.of.items()},
    }  # fmt: skip


def _show(m: HubMatrices, found: Design, does: Measured, zh: bool, late: Late | None, recomputed: Certificate | None) -> None:  # fmt: skip
    heads = (
        ("枢纽", "所在市", "层级", "县级单元", "件/日")
        if zh
        else ("hub", "city", "tier", "county units", "items a day")
    )
    name = "name_zh" if zh else "name_en"
    city = "city_zh" if zh else "city_en"
    rows = [(r[name], r[city], r["tier"] or "–", r["units"], r["items_a_day"]) for r in hub_rows(m, found)]
    print_table(m.network.name_zh if zh else m.network.name_en, heads, rows)
    gap = found.plan.gap
    value = "超时件/日" if late == Late.volume else "费用(含罚,元/日)" if late == Late.penalty else "费用(元/日)"
    value_en = (
        "late items a day"
        if late == Late.volume
        else "cost with fines (yuan a day)"
        if late == Late.penalty
        else "cost (yuan a day)"
    )
    print_table("", ("项目", "数值") if zh else ("what", "value"), [
        (value if zh else value_en, f"{found.plan.cost:,.0f}"),
        ("已证明的下界" if zh else "proven bound", f"{max(found.plan.bound, 0):,.0f}"),
        ("差距" if zh else "gap", percent(gap if gap < 1 else None)),
        *([] if recomputed is None else [("重算的下界" if zh else "bound recomputed", f"{recomputed.bound:,.0f}")]),
        ("元/件" if zh else "yuan an item", f"{does.cost_yuan / does.items:.3f}"),
        ("省内件平均小时" if zh else "mean hours within the province", f"{does.hours:.2f}"),
        ("按件达成率" if zh else "share of promised items in time", percent(does.in_time if does.in_time == does.in_time else None)),
        ("千克 CO₂e/件" if zh else "kg CO2e an item", f"{does.carbon_kg / does.items:.4f}"),
    ])  # fmt: skip
    say(
        "费率与需求多为假设(S),见 explain/hub-study;可在省份文件夹的 hub_rates.toml 中替换"
        if zh
        else "Rates and demand are mostly assumed (S): explain/hub-study; replace them in hub_rates.toml of the province folder"
    )
