"""What stops or slows, as an address names it: facilities, areas, modes and lanes for some hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import numpy as np
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yilu.console.access.narrowing import LaneRows
from yilu.console.journeys.asked import minute_of, written
from yilu.console.journeys.words import said_of
from yilu.console.pages.asking import AddressError, is_whole
from yilu.console.pages.naming import Pair, names_of
from yilu.console.pages.page import Ask, Column, Table, Text
from yilu.dispatch.closures import SCOPES, Closure
from yilu.dispatch.timetable import MODES
from yilu.network import FACILITY_KINDS, Network

MOST = 20
_MOST_OF_INCIDENT = 10
LASTS, MOST_HOURS = 24, 168
MOST_LATER = 1440
Row = dict[str, Any]


@dataclass(frozen=True)
class Stopping:
    """What stops (scope, code), from a local ``begins`` (minute of the day of acceptance) on, for ``lasts`` hours. ``later`` above 0: nothing stops, but rides come that many minutes later."""

    what: tuple[tuple[str, str], ...]
    begins: int
    lasts: int
    later: int = 0

    def closures(self, midnight: int) -> tuple[Closure, ...]:
        """The same from a midnight on (UTC seconds)."""
        since = midnight + 60 * self.begins
        return tuple(
            Closure(scope, code, since, since + 3600 * self.lasts, later=self.later) for scope, code in self.what
        )

    @property
    def address(self) -> str:
        """As ``closed`` of an address holds it."""
        return ",".join(f"{scope}:{code}" for scope, code in self.what)


def stopping_of(ask: Ask) -> Stopping:
    """What the address says stops. Raises AddressError for what isn't there, too much of it, and a time that can't be."""
    f, network = ask.filter, ask.seen.network
    known = {"facility": network.facilities.index_of_code, "area": network.areas.index_of_code, "mode": dict.fromkeys(MODES, 1)}  # fmt: skip
    what: dict[tuple[str, str], None] = {}
    for key, text in (("closed", f.closed), ("add", f.add)):
        for one in filter(None, text.split(",")):
            scope, _colon, code = one.strip().partition(":")
            # whether a lane is there is known once the timetable is laid out
            if scope not in SCOPES or not code or (scope != "lane" and code not in known[scope]):
                raise AddressError(key, one, "facility:CODE, area:CODE, lane:CODE or mode:NAME, parted by commas", "facility:代码、area:代码、lane:代码或 mode:名称,以逗号隔开")  # fmt: skip
            what[scope, code] = None
    if len(what) > MOST:
        raise AddressError("closed", f"{len(what)}", f"at most {MOST} closures", f"至多 {MOST} 项中断")
    lasts, later = f.lasts or str(LASTS), f.later or "0"
    if not is_whole(lasts, 1, MOST_HOURS):
        raise AddressError("lasts", lasts, f"a whole number of hours from 1 to {MOST_HOURS}", f"1 至 {MOST_HOURS} 的整数小时")  # fmt: skip
    if not is_whole(later, 0, MOST_LATER):
        raise AddressError("later", later, f"a whole number of minutes from 0 to {MOST_LATER}", f"0 至 {MOST_LATER} 的整数分钟")  # fmt: skip
    return Stopping(tuple(what), minute_of("begins", f.begins) if f.begins else 0, int(lasts), int(later))


def lanes_named(ask: Ask, stopping: Stopping, lanes: LaneRows) -> None:
    """Raises AddressError for a lane that isn't there, or may not be named to who asks."""
    mine = set(lanes.lanes.code[lanes.rows].tolist())
    for scope, code in stopping.what:
        if scope == "lane" and code not in mine:
            raise AddressError(
                "closed", f"lane:{code}", "a lane of the timetable in your scope", "您的范围内时刻表的线路"
            )


def rows_of(ask: Ask, stopping: Stopping) -> list[Row]:
    """What stops, each with the address of the same page without it."""
    rows = []
    for n, (scope, code) in enumerate(stopping.what):
        left = replace(stopping, what=stopping.what[:n] + stopping.what[n + 1 :])
        rows.append({"scope": SCOPE_NAMES[scope], "code": code, "name": _name(ask, scope, code), "without": f"?{ask.filter.query(closed=left.address, add='', page=1)}"})  # fmt: skip
    return rows


def stops(ask: Ask, stopping: Stopping, stopped: Sequence[int], counted: Text) -> Table:
    """What stops, with so many departures each; ``counted``: what these are called where they don't run."""
    counted = _("晚到班次") if stopping.later else counted
    rows = [{**row, "departures": n} for row, n in zip(rows_of(ask, stopping), stopped, strict=True)]
    columns = (Column("scope", _("类别")), Column("name", _("名称")), Column("code", _("代码")), Column("departures", counted, "count"))  # fmt: skip
    return Table(
        "stops", _("中断了什么"), columns, rows, _("还没有选择中断。在上方选一个场所、地市或运输方式,再点“推演”。")
    )


SCOPE_NAMES: dict[str, Pair] = {"facility": ("场所", "facility"), "area": ("地区", "area"), "mode": ("运输方式", "mode"), "lane": ("线路", "lane")}  # fmt: skip


def _name(ask: Ask, scope: str, code: str) -> Pair:
    network, names = ask.seen.network, names_of(ask.seen.network)
    if scope == "facility":
        return names.of("facility", network.facilities.index_of_code[code])
    if scope == "area":
        return names.of("area", network.areas.index_of_code[code])
    return said_of("mode", code) if scope == "mode" else (code, code)


def offered(ask: Ask) -> list[tuple[Pair, list[tuple[str, Pair]]]]:
    """What the form offers to stop: processing sites, cities, modes."""
    network, names = ask.seen.network, names_of(ask.seen.network)
    f = network.facilities
    sites = [int(i) for i in f.id[np.isin(f.kind, [k for k, kind in FACILITY_KINDS.items() if kind.processing])]]
    cities = [int(i) for i, level in zip(network.areas.id, network.areas.level, strict=True) if level == "city" and network.area_inside[i]]  # fmt: skip
    return [
        (("处理场所", "Processing sites"), [(f"facility:{names.code('facility', i)}", names.of("facility", i)) for i in sites]),
        (("地市", "Cities"), [(f"area:{names.code('area', i)}", names.of("area", i)) for i in cities]),
        (("运输方式", "Modes"), [(f"mode:{m}", said_of("mode", m)) for m in MODES]),
    ]  # fmt: skip


def what_if(network: Network, facilities: Sequence[str], area: str, page: str = "journeys.disruption") -> str:
    """Where one looks, on a page, at what is left when facilities (codes, the most touched first) stop, or the area where none is named; of a whole province nothing is chosen."""
    known = [c for c in facilities if c in network.facilities.index_of_code][:_MOST_OF_INCIDENT]
    level = dict(zip(network.areas.code.tolist(), network.areas.level.tolist(), strict=True)).get(area, "")
    what = [("facility", c) for c in known] or ([("area", area)] if level in ("city", "county") else [])
    return f"{reverse(page)}?{urlencode({'closed': Stopping(tuple(what), 0, LASTS).address})}"


def shown(stopping: Stopping) -> Row:
    """What the form stands at."""
    return {
        "closed": stopping.address,
        "begins": written(stopping.begins),
        "lasts": stopping.lasts,
        "later": stopping.later,
        "most_later": MOST_LATER,
    }
