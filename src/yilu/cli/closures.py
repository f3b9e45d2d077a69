"""What commands on closures ask: which facilities, lanes, areas or modes stop or slow, from when, for how long."""

from __future__ import annotations

from typing import Annotated

import typer

from yilu.dispatch.closures import Closure, touched
from yilu.dispatch.timetable import Timetable
from yilu.errors import InputError, YiluError
from yilu.network import Network

FacilityOption = Annotated[list[str] | None, typer.Option("--facility", help="停用的设施(含机场)代码,可重复 · Code of a facility, an airport among them; may be given several times.")]  # fmt: skip
LaneOption = Annotated[list[str] | None, typer.Option("--lane", help="停用的线路:起讫设施 A:B 或线路代码,可重复 · A lane: facilities A:B, or its code; may be given several times.")]  # fmt: skip
AreaOption = Annotated[list[str] | None, typer.Option("--area", help="停用的区域代码,可重复 · Code of an area; may be given several times.")]  # fmt: skip
ModeOption = Annotated[list[str] | None, typer.Option("--mode", help="停用的运输方式,可重复 · A mode; may be given several times.")]  # fmt: skip
SlowOption = Annotated[int, typer.Option("--slow", min=0, max=1440, help="不停用而晚到若干分钟;0 为停用 · Rides arrive that many minutes later; 0: nothing runs.")]  # fmt: skip

_MOST_CLOSURES = 64
Named = list[tuple[str, str]]
"""(scope, code) of what is named; of a lane as it was written."""


def named(facility: list[str] | None, lane: list[str] | None, area: list[str] | None, mode: list[str] | None) -> Named:
    """What the options name."""
    given = (("facility", facility), ("lane", lane), ("area", area), ("mode", mode))
    return [(scope, code) for scope, codes in given for code in codes or []]


def closures_of(of: Timetable, what: Named, begins: int, ends_at: int, later: int) -> tuple[Closure, ...]:
    """What is closed. Raises YiluError where nothing is named, InputError for a code that isn't there."""
    codes = [(scope, c) for scope, text in what for c in (_lanes(of.network, text) if scope == "lane" else [text])]
    if not 0 < len(codes) <= _MOST_CLOSURES:
        raise YiluError(
            f"name 1 to {_MOST_CLOSURES} of what stops or slows, got {len(codes)}", zh=f"请指明 1 至 {_MOST_CLOSURES} 处停用或减速的对象,现为 {len(codes)} 处",
            next_step="--facility CODE, --lane A:B, --area CODE or --mode MODE", next_step_zh="用 --facility、--lane、--area 或 --mode",
        )  # fmt: skip
    made = tuple(Closure(scope, code, begins, ends_at, later=later) for scope, code in codes)
    for closure in made:
        touched(of, closure)
    return made


def _lanes(network: Network, text: str) -> list[str]:
    """Codes of the lanes that a text names: one by its code, or all from facility A to facility B."""
    lanes = network.lanes
    if text in lanes.code:
        return [text]
    source, _, target = text.partition(":")
    found = lanes.code[(lanes.source_facility == source) & (lanes.target_facility == target)].tolist()
    if not found:
        raise InputError("--lane", "facilities A:B between which a lane runs, or the code of a lane", value=text, next_step="`yilu network timetable FOLDER` writes lanes.csv, which has them")  # fmt: skip
    return [str(code) for code in found]
