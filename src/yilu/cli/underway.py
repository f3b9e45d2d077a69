"""What commands on items that are on their way open: the moment, the timetable around it, the items themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from yilu.dispatch.ends import ends
from yilu.dispatch.timetable import Timetable, riding
from yilu.errors import InputError, YiluError
from yilu.network import Network
from yilu.network.default_timetable import GENERATED
from yilu.run.facts import Facts
from yilu.studies.around import DAYS_AHEAD, around_demand, around_facts, near
from yilu.studies.in_flight import Underway, of_facts, of_operator
from yilu.studies.in_flight import expected as expected_items


def moment_of(opened: Facts, text: str, expected: bool) -> int:
    """UTC seconds of a local time; without one of the newest facts, or of now."""
    zone = ZoneInfo(opened.network.time_zone)
    if not text:
        return int(datetime.now(zone).timestamp()) if expected else opened.read().as_of
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())
    except (ValueError, OverflowError) as error:
        raise YiluError(
            f"--from {text}: a local time is expected", zh=f"--from {text}:应为当地时刻", next_step="give it as 2025-11-11T20:00", next_step_zh="写作 2025-11-11T20:00",
        ) from error  # fmt: skip


def laid_out_around(opened: Facts, start: int, end: int, expected: bool) -> Timetable:
    """The timetable from the days before the closure, whose items are still on their way, or from the day of the facts. Raises InputError where facts and closure lie apart."""
    network = opened.network
    if expected:
        return around_demand(network, start, end)
    as_of = opened.read().as_of
    if not near(network, as_of, start, end):
        zone = ZoneInfo(network.time_zone)
        raise InputError(
            "--from", f"a closure that lasts beyond {datetime.fromtimestamp(as_of, zone):%Y-%m-%dT%H:%M}, when the facts end, and begins within {DAYS_AHEAD} days after",
            value=f"{datetime.fromtimestamp(start, zone):%Y-%m-%dT%H:%M}", next_step="give another time, or study expected items: --expected",
        )  # fmt: skip
    return around_facts(network, as_of, start)


def on_their_way(
    opened: Facts, of: Timetable, end: int, expected: bool, operator: str | None, progress: Callable[[int, int], None]
) -> Underway:
    """Items on their way: those of the newest commit, or those expected that are accepted until the day after ``end`` (UTC seconds)."""
    if expected:
        made = expected_items(of, ends(of.network), (opened.network.local_date(end) - of.first).days + 2)
        progress(1, 1)
        return made
    number = opened.network.operators.index_of_code[operator] if operator else 0
    return of_facts(opened.read(), of, ends(of.network), of_operator(number), progress)


def refuse_unknown(opened: Facts, expected: bool, operator: str | None) -> None:
    """Raise before anything is worked out: for an operator with expected items or that isn't one, for a store that isn't there."""
    if expected and operator:
        raise YiluError(
            "--operator can't be asked with --expected: demand doesn't tell operators apart", zh="--operator 不能与 --expected 同用:需求不分企业",
            next_step="leave one of them out", next_step_zh="去掉其中一项",
        )  # fmt: skip
    if not expected:
        opened.read()
    if operator:
        riding(opened.network, operator)


def generated(network: Network) -> bool:
    """Whether lanes were made by rules."""
    return bool(np.any(network.lanes.source == GENERATED))
