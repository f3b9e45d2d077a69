"""``yilu item``: one item's states and history, by waybill number or pseudonym."""

from __future__ import annotations

import re
from typing import Annotated, Any

import pyarrow as pa
import typer

from yilu.cli.facts import facts
from yilu.cli.output import Json, print_json, print_table, say
from yilu.cli.status import ProvinceOption, StoreOption
from yilu.cli.titles import title
from yilu.errors import YiluError
from yilu.items import answers
from yilu.items.clock import OUTCOME_NAMES
from yilu.items.cubes import CHECKS, STATUSES
from yilu.items.fields import FLAGS
from yilu.items.keys import hash128
from yilu.items.names import Names
from yilu.run.facts import Facts

_PSEUDONYM = re.compile(r"[0-9a-fA-F]{16}")


def item(
    number: Annotated[
        str, typer.Argument(help="运单号或 16 位十六进制假名 · Waybill number, or the pseudonym (16 hex digits).")
    ],
    operator: Annotated[
        str, typer.Option(help="企业代码;给出运单号时必填 · Operator's code; needed with a waybill number.")
    ] = "",
    store: StoreOption = None,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:
    """一件寄件的状态与轨迹 · One item's states and history."""
    opened = facts(store, province)
    key = key_of(opened, number, operator)
    found = history(opened, key)
    if not found["journeys"]:
        raise no_such_item()
    if as_json:
        print_json(found)
    else:
        show(opened, found)


def no_such_item() -> YiluError:
    """What is said of an item that the store doesn't know."""
    return YiluError(
        "the store knows no such item",
        zh="库中没有这一件",
        next_step="check number and operator; `yilu status` shows up to when events are in",
        next_step_zh="核对单号与企业代码;yilu status 查看数据读到何时",
        exit_code=3,
    )


def key_of(opened: Facts, number: str, operator: str) -> int:
    """The item key of a waybill number of ``operator``, or of a pseudonym."""
    if not operator:
        if not _PSEUDONYM.fullmatch(number):
            raise YiluError(
                "16 hexadecimal digits, or a waybill number with --operator, are expected",
                zh="应为 16 位十六进制假名,或运单号加 --operator",
                next_step="Add --operator CODE; `yilu network show operators` lists the codes.",
                next_step_zh="加上 --operator 企业代码;yilu network show operators 列出代码",
                exit_code=3,
            )
        return int(number, 16)
    ids = opened.network.operators.index_of_code
    if operator not in ids:
        raise YiluError(
            "--operator: the code of an operator is expected",
            zh="--operator:没有这个企业代码",
            next_step="`yilu network show operators` lists the codes.",
            next_step_zh="yilu network show operators 列出企业代码",
            exit_code=3,
        )
    return int(hash128(pa.array([number]), ids[operator], opened.key)[0][0])


def history(opened: Facts, key: int) -> dict[str, Any]:
    """States (one per journey) and events of an item, codes written out."""
    snapshot = opened.read()
    states, events = answers.item(snapshot, key)
    names = Names(opened.network, opened.settings.language == "zh")
    return {
        "key": f"{key:016x}",
        "commit": snapshot.at.commit,
        "journeys": [_journey(row, names) for row in states.to_pylist()],
        "events": [_event(row, names, snapshot.at.codes) for row in events.to_pylist()],
    }


def _journey(row: dict[str, Any], names: Names) -> dict[str, Any]:
    statuses = {number: (zh if names.zh else name) for name, (number, zh, _) in STATUSES.items()} | {
        0: "无此义务" if names.zh else "not owed"
    }
    flags = [zh if names.zh else name for name, (bit, _, zh, _) in FLAGS.items() if row["flags"] & bit]
    outcome = OUTCOME_NAMES[row["outcome"]]
    return {
        "operator": names.operator.get(row["operator"], "?"), "origin": names.area.get(row["origin"], "?"),
        "destination": names.area.get(row["destination"], "?"), "service_level": names.level.get(row["service_level"]),
        "accepted": names.time(row["start_at"]) if row["accepted_known"] else None, "promise": names.time(row["promise_at"]),
        "outcome": outcome[1] if names.zh else outcome[0], "outcome_at": names.time(row["outcome_at"]),
        "on_time": None if row["promise_at"] is None or row["outcome"] != 1 else row["outcome_at"] <= row["promise_at"],
        **{check: statuses[row[f"{check}_status"]] for check in CHECKS},
        "attempts": row["attempts"], "hops": row["hops"], "flags": flags,
    }  # fmt: skip


def _event(row: dict[str, Any], names: Names, codes: tuple[str, ...]) -> dict[str, Any]:
    code = codes[row["code"]] if row["code"] < len(codes) else ""
    return {
        "at": names.time(row["at"]), "kind": names.kind(row["kind"]) + (f" ({code})" if code else ""),
        "place": names.facility.get(row["place"], "未知地点" if names.zh else "unknown place"), "via": f"{row['via']:016x}" if row["via"] else "",
        "recorded_at": names.time(row["recorded_at"]),
    }  # fmt: skip


def show(opened: Facts, found: dict[str, Any]) -> None:
    """Print one item."""
    zh = opened.settings.language == "zh"
    several = len(found["journeys"]) > 1
    for n, journey in enumerate(found["journeys"], 1):
        part = (f" 第 {n} 次使用" if zh else f", use {n} of the number") if several else ""
        rows = [(title("field", k, zh), _told(k, v, zh)) for k, v in journey.items() if v not in (None, [], "")]
        print_table(f"{'寄件' if zh else 'Item'} {found['key']}{part}", ("", ""), rows)
    heads = (
        ["时间", "环节", "地点", "经由容器或原单"]
        if zh
        else ["time", "event", "place", "through container or earlier number"]
    )
    cells = [[e["at"], e["kind"], e["place"], e["via"]] for e in found["events"]]
    if not any(c[3] for c in cells):
        heads, cells = heads[:3], [c[:3] for c in cells]
    print_table("轨迹" if zh else "History", heads, cells)
    if not cells:
        say(
            "事件日志已过保存期或未保留;状态仍在。"
            if zh
            else "The events are past their period; the state is still there."
        )


def _told(name: str, value: object, zh: bool) -> str:
    """A value of a journey in words."""
    if name == "on_time":
        return ("是" if value else "否,已逾期") if zh else ("yes" if value else "no, late")
    return ", ".join(value) if isinstance(value, list) else str(value)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(item)
