"""``yilu ask``: on-time, transit time, checks, dwell, scans, by area, operator, service level, day."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import typer

from yilu.cli.facts import Facts, facts
from yilu.cli.names import Names
from yilu.cli.output import Json, print_json, print_table
from yilu.cli.status import ProvinceOption, StoreOption
from yilu.errors import InputError, YiluError
from yilu.items import answers

_GROUPS: dict[str, tuple[str, ...]] = {
    "on-time": ("operator", "area", "level"),
    "daily": ("day", "operator", "origin", "destination", "level"),
    "transit": ("day", "operator", "origin", "destination", "level"),
    "checks": ("day", "operator", "area", "item_class", "sender_kind"),
    "dwell": ("day", "facility", "operator"),
    "scans": ("hour", "facility", "kind", "operator"),
}


class Question(StrEnum):
    """What can be asked."""

    on_time = "on-time"
    daily = "daily"
    transit = "transit"
    checks = "checks"
    dwell = "dwell"
    scans = "scans"


class Direction(StrEnum):
    """Which end of an item the area is."""

    origin = "origin"
    destination = "destination"


def ask(
    question: Annotated[
        Question, typer.Argument(help="问题:准时、逐日、全程时限、三项制度、停留、操作量 · What to ask.")
    ],
    by: Annotated[
        str, typer.Option(help="分组,逗号分隔 · Groups, parted by commas: operator, area, level, day, facility, kind…")
    ] = "",
    direction: Annotated[
        Direction, typer.Option(help="origin 收寄,destination 投递 · Which end the area is.")
    ] = Direction.origin,
    area: Annotated[str, typer.Option(help="地区代码,含下级 · Area code, with all below it.")] = "",
    operator: Annotated[str, typer.Option(help="企业代码 · Operator's code.")] = "",
    as_of: Annotated[str, typer.Option(help="截至时刻(本地,取整到小时) · As of, local time, cut to the hour.")] = "",
    store: StoreOption = None,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:
    """查询事实:每个数字附口径与截至时刻 · Ask the facts; each figure says what it is made of and as of when."""
    opened = facts(store, province)
    groups = tuple(g.strip() for g in by.split(",") if g.strip())
    for group in groups:
        if group not in _GROUPS[question.value]:
            raise YiluError(
                f"{question.value} has no group {group}", next_step="groups: " + ", ".join(_GROUPS[question.value])
            )
    snapshot = opened.read()
    moment = _moment(opened, as_of, snapshot.as_of)
    narrow = answers.Narrow(areas=_areas(opened, area, question), operators=_operators(opened, operator))
    found = _answer(question, snapshot, moment, direction.value, narrow, groups)
    rows = Names(opened.network, opened.settings.language == "zh").named(found).to_pylist()
    if as_json:
        print_json(
            {
                "question": question.value,
                "as_of": moment,
                "direction": direction.value,
                "commit": snapshot.at.commit,
                "rows": rows,
            }
        )
        return
    local = datetime.fromtimestamp(moment, ZoneInfo(opened.network.time_zone)).strftime("%Y-%m-%d %H:%M")
    zh = opened.settings.language == "zh"
    title = f"{question.value} · {'截至' if zh else 'as of'} {local} · {direction.value} · {'提交' if zh else 'commit'} {snapshot.at.commit}"
    print_table(title, found.schema.names, [tuple(r.values()) for r in rows])


def _answer(
    question: Question, snapshot: Any, moment: int, direction: str, narrow: answers.Narrow, by: tuple[str, ...]
) -> pa.Table:
    if question is Question.on_time:
        return answers.on_time(snapshot, moment, direction, narrow, by)
    if question is Question.daily:
        return answers.daily(snapshot, direction, narrow, by or ("day",))
    if question is Question.transit:
        return answers.transit(snapshot, narrow, by)
    if question is Question.checks:
        return answers.checks(snapshot, narrow, by)
    if question is Question.dwell:
        return answers.dwell(snapshot, by=by or ("facility",))
    return answers.scans(snapshot, by or ("kind",))


def _moment(opened: Facts, text: str, latest: int) -> int:
    if not text:
        return 3600 * -(-latest // 3600)
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError("ask", "a time such as 2025-11-11T20:00", column="as-of", value=text[:40]) from error
    zoned = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(opened.network.time_zone))
    return int(zoned.timestamp()) // 3600 * 3600


def _areas(opened: Facts, code: str, question: Question) -> tuple[int, ...]:
    """Ids of the area and all below it; all of the province, where the question is of areas and none is named."""
    network = opened.network
    if not code:
        return tuple(int(i) for i in network.area_inside.nonzero()[0]) if question is Question.on_time else ()
    if code not in network.areas.index_of_code:
        raise InputError("ask", "the code of an area (yilu network show areas)", column="area", value=code[:20])
    top = network.areas.index_of_code[code]
    found = []
    for i in range(len(network.area_parent)):
        at, steps = i, 0
        while at and at != top and steps < 8:
            at, steps = int(network.area_parent[at]), steps + 1
        if at == top:
            found.append(i)
    return tuple(found)


def _operators(opened: Facts, code: str) -> tuple[int, ...]:
    ids = opened.network.operators.index_of_code
    if code and code not in ids:
        raise InputError(
            "ask", "the code of an operator (yilu network show operators)", column="operator", value=code[:20]
        )
    return (ids[code],) if code else ()


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(ask)
