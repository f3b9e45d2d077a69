"""``yilu status``: what the store holds, what is true of it, and what someone should look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from yilu.cli.facts import facts
from yilu.cli.output import Json, print_json, print_table
from yilu.cli.titles import percent, title
from yilu.items import answers, feeds
from yilu.items.names import Names
from yilu.run.facts import Facts

StoreOption = Annotated[Path | None, typer.Option("--store", help="事实库 · Store, instead of the setting.")]
ProvinceOption = Annotated[str | None, typer.Option("--province", help="省份 · Province, instead of the setting.")]

_CODES_SHOWN = 5
_CLOCKS = ("accepted", "unaccepted", "delivered", "ended", "in_flight", "due", "on_time", "late", "overdue")


def status(store: StoreOption = None, province: ProvinceOption = None, as_json: Json = False) -> None:
    """事实库概况与需要关注的事项 · What the store holds, what is true of it, and what to look at."""
    opened = facts(store, province)
    found = summary(opened)
    if as_json:
        print_json(found)
    else:
        show(opened, found)


def summary(opened: Facts) -> dict[str, Any]:
    """The store's account, its feeds, its clocks in both directions, transit time, and the three checks, as of its latest event."""
    snapshot = opened.read()
    as_of = 3600 * (-(-snapshot.as_of // 3600))
    complete = snapshot.watermarks(60 * opened.settings.allowed_lateness_minutes)
    return {
        **answers.overview(snapshot),
        "as_of_hour": as_of,
        "events": [
            {"feed": feed, "latest": latest, "complete_to": complete[feed], "received": snapshot.at.received.get(feed, 0)}
            for feed, latest in snapshot.at.watermarks.items()
        ],
        "feeds": feeds.overview(snapshot),
        "quarantine": answers.quarantined(snapshot),
        "erasures_waiting": sum(1 for e in snapshot.at.erased if not e.applied),
        "origin": answers.on_time(snapshot, as_of, "origin", inside(opened)).to_pylist()[0],
        "destination": answers.on_time(snapshot, as_of, "destination", inside(opened)).to_pylist()[0],
        "transit": answers.transit(snapshot).to_pylist(),
        "checks": answers.checks(snapshot).to_pylist(),
    }  # fmt: skip


def inside(opened: Facts) -> answers.Narrow:
    """The areas of the province itself."""
    return answers.Narrow(areas=tuple(int(i) for i in opened.network.area_inside.nonzero()[0]))


def to_look_at(found: dict[str, Any], zh: bool) -> list[tuple[str, int, str]]:
    """What someone should look at: what it is, how many, and the next step; nothing where all is well."""
    codes = ", ".join(found["unmapped_codes"][:_CODES_SHOWN])
    missing = sum(c["missing"] for c in found["checks"])
    held_back = sum(f["quarantined"] for f in found["feeds"])
    rows = [
        ("省内收寄逾期未签收", "accepted here, overdue and undelivered", found["origin"]["overdue"],
         "yilu ask on-time --by operator", "yilu ask on-time --by operator"),
        ("省内投递逾期未签收", "delivered here, overdue and undelivered", found["destination"]["overdue"],
         "yilu ask on-time --direction destination --by operator", "yilu ask on-time --direction destination --by operator"),
        ("检查缺失", "checks missing", missing, "yilu ask checks --by operator", "yilu ask checks --by operator"),
        ("隔离行", "quarantined rows", sum(found["quarantine"].values()),
         f"{_reasons(found['quarantine'])};yilu ingest FILE --dry-run 逐行查看", f"{_reasons(found['quarantine'])}; yilu ingest FILE --dry-run shows each"),
        ("未映射代码的事件", "events with an unmapped code", found["counts"]["unmapped"], f"在映射中补充:{codes}", f"add to the mapping: {codes}"),
        ("未知地点的事件", "events at an unknown place", found["counts"]["unknown_place"],
         "在省份文件夹补充场所;yilu ingest FILE --dry-run 列出代码", "add the facility to the province folder; yilu ingest FILE --dry-run lists the codes"),
        ("其他数据隔离行", "quarantined rows of other feeds", held_back, "由报送方更正后重新 yilu feed", "have them corrected, then yilu feed again"),
        ("待清除的已删除寄件", "erased items not yet taken out", found["erasures_waiting"], "yilu retain", "yilu retain"),
    ]  # fmt: skip
    return [(zh_name if zh else name, n, zh_step if zh else step) for zh_name, name, n, zh_step, step in rows if n]


def _reasons(counts: dict[str, int]) -> str:
    return ", ".join(f"{code} {n:,}" for code, n in list(counts.items())[:_CODES_SHOWN])


def show(opened: Facts, found: dict[str, Any]) -> None:
    """Print a summary as tables: first what to look at, then the figures."""
    zh = opened.settings.language == "zh"
    names = Names(opened.network, zh)
    province = opened.network.name_zh if zh else opened.network.name_en
    heading = f"{province} · {'截至' if zh else 'as of'} {names.time(found['as_of']) or '–'} · {'提交' if zh else 'commit'} {found['commit']}"
    look = to_look_at(found, zh)
    if look:
        print_table(
            f"{heading} · {'需要关注' if zh else 'to look at'}",
            ("事项", "数量", "下一步") if zh else ("what", "count", "next"),
            look,
        )
    else:
        print_table(f"{heading} · {'没有需要关注的事项' if zh else 'nothing to look at'}", (), [])
    both = (found["origin"], found["destination"])
    clocks: list[tuple[object, ...]] = [(title("column", name, zh), *(side[name] for side in both)) for name in _CLOCKS]
    clocks.append((title("column", "on_time_rate", zh), *(percent(side["on_time_rate"]) for side in both)))
    print_table(
        "时限" if zh else "Clocks", ("", *(title("direction", d, zh) for d in ("origin", "destination"))), clocks
    )
    shares = [(t["items"], *(round(t[f"p{q}_hours"], 1) for q in (50, 80, 95))) for t in found["transit"]]
    print_table(
        "全程时限(小时)" if zh else "Transit time, hours",
        ("签收件" if zh else "delivered", "50 %", "80 %", "95 %"),
        shares,
    )
    columns = ("check", "owed", "done", "pending", "missing", "after", "rate")
    print_table(
        "三项制度(省内收寄;率 = 已做 ÷ 已到期应做)"
        if zh
        else "Three checks (accepted here; rate = done ÷ owed and due)",
        [title("column", c, zh) for c in columns],
        [(title("check", c["check"], zh), *(c[n] for n in columns[1:-1]), percent(c["rate"])) for c in found["checks"]],
    )
    _show_feeds(found, names)
    _show_account(found, zh)


def _show_feeds(found: dict[str, Any], names: Names) -> None:
    """Feeds of scan events with how far each is complete, and the feeds beside them."""
    zh = names.zh
    print_table(
        "数据源" if zh else "Feeds of scan events",
        ("数据源", "最近事件", "完整至", "最近接收") if zh else ("feed", "latest event", "complete up to", "last received"),
        [(e["feed"], names.time(e["latest"]), names.time(e["complete_to"]), names.time(e["received"])) for e in found["events"]],
    )  # fmt: skip
    if found["feeds"]:
        print_table(
            "其他数据" if zh else "Other feeds",
            ("种类", "行(含旧版本)", "文件", "隔离行") if zh else ("kind", "rows, all versions", "files", "quarantined rows"),
            [(feeds.KINDS[f["kind"]].zh if zh else f["kind"], f["versions"], f["files"], f["quarantined"]) for f in found["feeds"]],
        )  # fmt: skip


def _show_account(found: dict[str, Any], zh: bool) -> None:
    """The account of rows and events, and what the store weighs."""
    n = found["counts"]
    log = found["log_bytes"] / 1e6
    rows = [
        ("行 = 采用 + 隔离" if zh else "rows = used + quarantined", f"{n['rows']:,} = {n['used']:,} + {n['quarantined']:,}"),
        ("事件 = 接受 + 重复 + 冲突 + 拒收" if zh else "events = accepted + repeated + conflicting + refused",
         f"{n['made']:,} = {n['accepted']:,} + {n['repeated']:,} + {n['conflicting']:,} + {n['refused']:,}"),
        (title("count", "derived", zh), f"{n['derived']:,}"),
        (title("count", "waiting", zh), f"{found['waiting']:,}"),
        ("日志" if zh else "log", f"{found['log_rows']:,} {'条' if zh else 'events'}, {log:,.1f} MB"),
    ]  # fmt: skip
    print_table("账目" if zh else "Account", ("", ""), rows)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(status)
