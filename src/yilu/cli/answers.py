"""``yilu ask``: on-time, transit time, checks, dwell, scans, by area, operator, service level, day."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import typer

from yilu.cli.facts import facts
from yilu.cli.output import Json, print_json, print_line, print_table, say
from yilu.cli.status import ProvinceOption, StoreOption
from yilu.cli.titles import figure, title
from yilu.errors import YiluError
from yilu.items import answers
from yilu.items.names import Names
from yilu.run.facts import Facts

_TAKES: dict[str, tuple[str, ...]] = {
    "on-time": ("direction", "area", "operator", "as-of"),
    "daily": ("direction", "area", "operator"),
    "transit": ("area", "operator"),
    "checks": ("area", "operator"),
    "dwell": (),
    "scans": (),
}
"""Options by which each question can be narrowed."""

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
        Direction | None,
        typer.Option(help="origin 收寄(默认),destination 投递 · Which end the area is; origin, if not given."),
    ] = None,
    area: Annotated[str, typer.Option(help="地区代码,含下级 · Area code, with all below it.")] = "",
    operator: Annotated[str, typer.Option(help="企业代码 · Operator's code.")] = "",
    as_of: Annotated[str, typer.Option(help="截至时刻(本地,取整到小时) · As of, local time, cut to the hour.")] = "",
    store: StoreOption = None,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:
    """查询事实:每个数字附口径与截至时刻 · Ask the facts; each figure says what it is made of and as of when."""
    opened = facts(store, province)
    groups = _groups(question, by)
    _refuse_unused(question, {"direction": direction is not None, "area": area, "operator": operator, "as-of": as_of})
    end = (direction or Direction.origin).value
    snapshot = opened.read()
    moment = _moment(opened, as_of, snapshot.as_of) if question is Question.on_time else snapshot.as_of
    narrow = answers.Narrow(areas=_areas(opened, area, question), operators=_operators(opened, operator))
    found = _answer(question, snapshot, moment, end, narrow, groups)
    names = Names(opened.network, opened.settings.language == "zh")
    rows = names.named(found).to_pylist()
    if as_json:
        print_json(
            {
                "question": question.value,
                "as_of": moment,
                "direction": end,
                "commit": snapshot.at.commit,
                "rows": rows,
            }
        )
        return
    show(
        question.value,
        found.schema.names,
        rows,
        moment,
        end if "direction" in _TAKES[question.value] else "",
        names,
        snapshot.at.commit,
    )


def show(
    question: str,
    columns: list[str],
    rows: list[dict[str, Any]],
    moment: int,
    direction: str,
    names: Names,
    commit: int,
) -> None:
    """Print an answer: what was asked and as of when, the figures, and what they are made of."""
    zh = names.zh
    heading = [
        title("question", question, zh),
        *([title("direction", direction, zh)] if direction else []),
        f"{'截至' if zh else 'as of'} {names.time(moment) or '–'}",
        f"{'提交' if zh else 'commit'} {commit}",
    ]
    print_table(
        " · ".join(heading),
        [title("column", name, zh) for name in columns],
        [tuple(figure(name, value, zh) for name, value in row.items()) for row in rows],
    )
    print_line(f"{'口径' if zh else 'Basis'}:{'' if zh else ' '}{title('basis', question, zh)}")
    if not rows:
        say(
            "没有符合条件的数据;yilu status 查看库中已有的数据"
            if zh
            else "Nothing fits; `yilu status` shows what the store holds."
        )


def _groups(question: Question, by: str) -> tuple[str, ...]:
    """The groups that ``--by`` names, each known to the question."""
    found = tuple(g.strip() for g in by.split(",") if g.strip())
    for group in found:
        if group not in _GROUPS[question.value]:
            known = ", ".join(_GROUPS[question.value])
            raise YiluError(
                f"{question.value} has no group {group}", zh=f"{question.value} 不能按 {group} 分组",
                next_step=f"groups: {known}", next_step_zh=f"可用分组:{known}",
            )  # fmt: skip
    return found


def _refuse_unused(question: Question, given: dict[str, object]) -> None:
    """Refuse an option that would silently not narrow the question."""
    takes = _TAKES[question.value]
    for name, value in given.items():
        if value and name not in takes:
            known = ", ".join(f"--{t}" for t in takes) or "–"
            raise YiluError(
                f"{question.value} is not narrowed by --{name}", zh=f"{question.value} 不能用 --{name} 限定",
                next_step=f"options of this question: {known}; or group with --by", next_step_zh=f"可用选项:{known};或用 --by 分组",
            )  # fmt: skip


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
        raise _refused(
            "--as-of: a time such as 2025-11-11T20:00 is expected", "--as-of:应为时间,如 2025-11-11T20:00",
            "give day and hour, local time", "写明日期与小时(当地时间)",
        ) from error  # fmt: skip
    zoned = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(opened.network.time_zone))
    return int(zoned.timestamp()) // 3600 * 3600


def _areas(opened: Facts, code: str, question: Question) -> tuple[int, ...]:
    """Ids of the area and all below it; all of the province, where the question is of areas and none is named."""
    network = opened.network
    if not code:
        return tuple(int(i) for i in network.area_inside.nonzero()[0]) if question is Question.on_time else ()
    if code not in network.areas.index_of_code:
        raise _refused(
            "--area: the code of an area is expected", "--area:没有这个地区代码",
            "`yilu network show areas` lists the codes", "yilu network show areas 列出地区代码",
        )  # fmt: skip
    top = network.areas.index_of_code[code]
    found = []
    for i in range(len(network.area_parent)):
        at, steps = i, 0
        while at and at != top and steps < 8:
            at, steps = int(network.area_parent[at]), steps + 1
        if at == top:
            found.append(i)
    return tuple(found)


def _refused(message: str, zh: str, step: str, step_zh: str) -> YiluError:
    return YiluError(message, zh=zh, next_step=step, next_step_zh=step_zh)


def _operators(opened: Facts, code: str) -> tuple[int, ...]:
    ids = opened.network.operators.index_of_code
    if code and code not in ids:
        raise _refused(
            "--operator: the code of an operator is expected", "--operator:没有这个企业代码",
            "`yilu network show operators` lists the codes", "yilu network show operators 列出企业代码",
        )  # fmt: skip
    return (ids[code],) if code else ()


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(ask)
