"""``yilu item``: one item's states and history, by waybill number or pseudonym."""

from __future__ import annotations

from typing import Annotated, Any

import pyarrow as pa
import typer

from yilu.cli.facts import Facts, facts
from yilu.cli.names import Names
from yilu.cli.output import Json, print_json, print_table
from yilu.cli.status import ProvinceOption, StoreOption
from yilu.errors import InputError
from yilu.items import answers
from yilu.items.clock import OUTCOME_NAMES
from yilu.items.cubes import CHECKS, STATUSES
from yilu.items.fields import FLAGS
from yilu.items.keys import hash128


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
        raise InputError(
            "item", "an item of this store", column="number", next_step="check the number and the operator's code"
        )
    if as_json:
        print_json(found)
    else:
        show(opened, found)


def key_of(opened: Facts, number: str, operator: str) -> int:
    """The item key of a waybill number of ``operator``, or of a pseudonym."""
    if not operator:
        try:
            return int(number, 16)
        except ValueError as error:
            raise InputError(
                "item", "16 hexadecimal digits, or a waybill number with --operator", column="number"
            ) from error
    ids = opened.network.operators.index_of_code
    if operator not in ids:
        raise InputError("item", "the code of an operator (yilu network show operators)", column="operator")
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
        "events": [_event(row, names) for row in events.to_pylist()],
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


def _event(row: dict[str, Any], names: Names) -> dict[str, Any]:
    return {
        "at": names.time(row["at"]), "kind": names.kind(row["kind"]),
        "place": names.facility.get(row["place"], "?"), "via": f"{row['via']:016x}" if row["via"] else "",
        "recorded_at": names.time(row["recorded_at"]),
    }  # fmt: skip


def show(opened: Facts, found: dict[str, Any]) -> None:
    """Print one item."""
    zh = opened.settings.language == "zh"
    for journey in found["journeys"]:
        rows = [
            (_ZH.get(k, k) if zh else k, ", ".join(v) if isinstance(v, list) else v)
            for k, v in journey.items()
            if v not in (None, [], "")
        ]
        print_table(f"{'寄件' if zh else 'Item'} {found['key']}", ("", ""), rows)
    heads = (
        ("时间", "环节", "地点", "经由容器或原单")
        if zh
        else ("time", "event", "place", "through container or earlier number")
    )
    print_table(
        "轨迹" if zh else "History", heads, [(e["at"], e["kind"], e["place"], e["via"]) for e in found["events"]]
    )


_ZH: dict[str, str] = {
    "operator": "企业", "origin": "寄出地", "destination": "寄达地", "service_level": "时限产品", "accepted": "收寄时间", "promise": "承诺时间",
    "outcome": "结果", "outcome_at": "结果时间", "on_time": "准时", "inspect": "收寄验视", "identify": "实名收寄", "screen": "过机安检",
    "attempts": "投递失败次数", "hops": "中转次数", "flags": "标志",
}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(item)
