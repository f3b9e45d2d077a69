"""``yilu status``: what the store holds and what is true of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from yilu.cli.facts import Facts, facts
from yilu.cli.output import Json, print_json, print_table
from yilu.items import answers

StoreOption = Annotated[Path | None, typer.Option("--store", help="事实库 · Store, instead of the setting.")]
ProvinceOption = Annotated[str | None, typer.Option("--province", help="省份 · Province, instead of the setting.")]


def status(store: StoreOption = None, province: ProvinceOption = None, as_json: Json = False) -> None:
    """事实库概况 · What the store holds and what is true of it."""
    opened = facts(store, province)
    found = summary(opened)
    if as_json:
        print_json(found)
    else:
        show(opened, found)


def summary(opened: Facts) -> dict[str, Any]:
    """The store's account, its clocks in both directions, transit time, and the three checks, as of its latest event."""
    snapshot = opened.read()
    as_of = 3600 * (-(-snapshot.as_of // 3600))
    return {
        **answers.overview(snapshot),
        "as_of_hour": as_of,
        "origin": answers.on_time(snapshot, as_of, "origin", inside(opened)).to_pylist()[0],
        "destination": answers.on_time(snapshot, as_of, "destination", inside(opened)).to_pylist()[0],
        "transit": answers.transit(snapshot).to_pylist(),
        "checks": answers.checks(snapshot).to_pylist(),
    }


def inside(opened: Facts) -> answers.Narrow:
    """The areas of the province itself."""
    return answers.Narrow(areas=tuple(int(i) for i in opened.network.area_inside.nonzero()[0]))


def show(opened: Facts, found: dict[str, Any]) -> None:
    """Print a summary as tables."""
    zh = opened.settings.language == "zh"
    zone = ZoneInfo(opened.network.time_zone)
    when = datetime.fromtimestamp(found["as_of"], zone).strftime("%Y-%m-%d %H:%M:%S") if found["as_of"] else "-"
    counts = found["counts"]
    title = f"{found['province']} · {'截至' if zh else 'as of'} {when} · {'提交' if zh else 'commit'} {found['commit']}"
    account = [
        (
            "行 = 采用 + 隔离" if zh else "rows = used + quarantined",
            f"{counts['rows']:,} = {counts['used']:,} + {counts['quarantined']:,}",
        ),
        (
            "事件 = 接受 + 重复 + 冲突 + 拒收" if zh else "events = accepted + repeated + conflicting + refused",
            f"{counts['made']:,} = {counts['accepted']:,} + {counts['repeated']:,} + {counts['conflicting']:,} + {counts['refused']:,}",
        ),
        ("容器与关联传达" if zh else "reached through containers and links", f"{counts['derived']:,}"),
        (
            "未映射 / 未知地点" if zh else "unmapped / unknown place",
            f"{counts['unmapped']:,} / {counts['unknown_place']:,}",
        ),
        ("日志" if zh else "log", f"{found['log_rows']:,} · {found['log_bytes'] / 1e6:,.1f} MB"),
    ]
    print_table(title, ("账目" if zh else "account", ""), account)
    both = (found["origin"], found["destination"])
    rows = [(label if zh else name, *(side[name] for side in both)) for name, label in _CLOCK_ZH.items()]
    rows.append(("准时率" if zh else "on-time rate", *(percent(side["on_time_rate"]) for side in both)))
    print_table(
        "时限" if zh else "Clocks",
        ("", "收寄(省为寄出地)" if zh else "origin here", "投递(省为寄达地)" if zh else "destination here"),
        rows,
    )
    for t in found["transit"]:
        line = [(t["items"], *(round(t[f"p{q}_hours"], 1) for q in (50, 80, 95)))]
        print_table(
            "全程时限(小时)" if zh else "Transit time, hours",
            ("签收件" if zh else "delivered", "P50", "P80", "P95"),
            line,
        )
    heads = (
        ("制度", "应做", "已做", "未到期", "缺失", "补录", "率")
        if zh
        else ("check", "owed", "done", "pending", "missing", "after", "rate")
    )
    rows = [
        (
            _CHECK_ZH[c["check"]] if zh else c["check"],
            *(c[n] for n in ("owed", "done", "pending", "missing", "after")),
            percent(c["rate"]),
        )
        for c in found["checks"]
    ]
    print_table(
        "三项制度(口径:省内收寄;率 = 已做 ÷ 已到期应做)"
        if zh
        else "Three checks (accepted here; rate = done ÷ owed and due)",
        heads,
        rows,
    )


def percent(rate: float | None) -> str:
    """A share in per cent, a dash where there is none."""
    return "–" if rate is None else f"{100 * rate:.2f} %"


_CLOCK_ZH: dict[str, str] = {
    "accepted": "收寄", "unaccepted": "其中无收寄记录", "delivered": "签收", "ended": "退回、丢失等", "in_flight": "在途", "due": "到期",
    "on_time": "准时", "late": "逾期签收", "overdue": "逾期在途",
}  # fmt: skip
_CHECK_ZH: dict[str, str] = {"inspect": "收寄验视", "identify": "实名收寄", "screen": "过机安检"}


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(status)
