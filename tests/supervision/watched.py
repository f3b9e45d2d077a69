"""Registers of the small network, in plain Python and as rules take them: filings, a closed crossing, a protected period."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa

from tests.items.conftest import RULES
from tests.items.small_network import BASE, DAY, HOUR, NET, Net, Obligation
from yilu.items.feeds.kinds import KINDS
from yilu.supervision.rules.declared import Protected
from yilu.supervision.rules.of_crossings import Closure, Parted
from yilu.supervision.rules.of_protection import Protection, protection_of
from yilu.supervision.rules.registers import Filed

_FAR_PLACES, _FAR_AREAS = (3, 5), (3, 5, 6)
_OUTLETS = (1, 3)
_SINCE_1970 = 10957
_FIRST, _LAST = NET.day(BASE) + _SINCE_1970 + 1, NET.day(BASE) + _SINCE_1970 + 2
"""Local days on which outlet 1 had a filing; outlet 3 never had one."""
_EVERYWHERE = tuple(range(len(NET.city)))
_UNDER = {"P": (1, 2), "Q": (4,)}
LINES = (
    # line, measure, side, area, class, sender, latest place, from, until
    ("L1", "identify", "accepted", "P", "", "", "acceptance", BASE - DAY, BASE + 4 * DAY),
    ("L2", "inspect", "destination", "Q", "letter", "", "acceptance", BASE - DAY, BASE + 9 * DAY),
    ("L3", "screen", "accepted", "", "", "", "processing", BASE - DAY, BASE + 9 * DAY),
    ("L4", "screen", "destination", "Q", "", "contract", "acceptance", BASE - DAY, BASE + 9 * DAY),
    ("L5", "closed", "destination", "Q", "express", "", "acceptance", BASE + 20 * HOUR, BASE + 3 * DAY),
)
"""Lines of the register of protected periods. Of two lines of one check the one at acceptance decides: they stand in that order."""
_CLASS, _SENDER = {"": 0, "letter": 1, "parcel": 2, "express": 3}, {"": 0, "casual": 1, "contract": 2}
_MEASURES = ("inspect", "identify", "screen", "closed")


@dataclass(frozen=True)
class Watched:
    """The same in plain Python."""

    extra: Net
    closed: tuple[int, int]

    def lacks(self, place: int, at: int) -> bool:
        """Whether a place needs a filing and has none on the local day of ``at``."""
        return place == 3 or (place == 1 and not _FIRST <= NET.day(at) + _SINCE_1970 <= _LAST)

    def parts(self, place: int, area: int) -> bool:
        """Whether the closed crossing parts a place from an area."""
        return bool(place and area) and (place in _FAR_PLACES) != (area in _FAR_AREAS)


def _obligation(line: tuple) -> Obligation:
    _, measure, side, area, of_class, sender, latest, since, until = line
    within = _UNDER[area] if area else _EVERYWHERE
    ends = (within, _EVERYWHERE) if side == "accepted" else (_EVERYWHERE, within)
    return Obligation(_MEASURES.index(measure), since, until, _CLASS[of_class], _SENDER[sender], *ends, True, latest == "processing")  # fmt: skip


WATCHED = Watched(replace(NET, obligations=tuple(map(_obligation, LINES))), (BASE + 10 * HOUR, BASE + 3 * DAY))


def network() -> Any:
    """What rules need of a network, for the small one."""

    def under(code: str) -> np.ndarray:
        return np.isin(np.arange(len(NET.city)), _UNDER[code])

    return SimpleNamespace(
        local_day=lambda at: np.vectorize(NET.day, otypes=[np.int64])(np.asarray(at)) + _SINCE_1970, area_inside=RULES.inside,
        facility_area=RULES.facility_area, area_beyond_customs=np.array([False] * 6 + [True, True]), time_zone="Europe/Berlin",
        day_factor=lambda day: 1.0, areas=SimpleNamespace(index_of_code={"P": 1, "Q": 4}), under=under,
    )  # fmt: skip


@dataclass(frozen=True)
class Tighter:
    """A protected period that tightens thresholds, in plain Python: UTC seconds, areas on its side, class (0 any)."""

    since: int
    until: int
    at_origin: bool
    areas: tuple[int, ...]
    item_class: int
    thresholds: dict[str, int] = field(default_factory=dict)


def day_of(days: int) -> date:
    """The local day so many days after that of ``BASE``."""
    return date(2000, 1, 1) + timedelta(days=NET.day(BASE) + days)


def begins(day: date) -> int:
    """UTC seconds of the local midnight that begins a day."""
    return int(datetime(day.year, day.month, day.day, tzinfo=NET.zone).timestamp())


LOOSE = {
    "backfill_hours": 40, "stalled_hours": 45, "stalled_abroad_hours": 60, "late_hours": 30, "after_minutes": 120, "backlog_hours": 8,
    "backlog_least": 3, "off_least": 3, "closure_hours": 3, "silent_hours": 2,
}  # fmt: skip
"""Thresholds outside protected periods."""
GAMES = Protected(
    "games", "运动会", "Games", day_of(0), day_of(1), area="P",
    thresholds={"stalled_hours": 30, "backlog_hours": 6, "backlog_least": 2, "off_least": 1, "after_minutes": 60},
)  # fmt: skip
FAIR = Protected(
    "fair", "博览会", "Fair", day_of(1), day_of(3), side="destination", area="Q", item_class="express",
    thresholds={"stalled_hours": 40, "stalled_abroad_hours": 50, "late_hours": 10, "backlog_hours": 5, "backfill_hours": 24},
    severity={"stalled": 3},
)  # fmt: skip
TIGHTER = tuple(
    Tighter(begins(p.first), begins(p.last + timedelta(days=1)), p.side == "accepted", _UNDER[p.area], _CLASS[p.item_class], p.thresholds)
    for p in (GAMES, FAIR)
)  # fmt: skip
"""Two periods that overlap by a day; both begin and end at local midnight. The store marks waits as long as the strictest of all."""


def filed() -> Filed:
    """The register of filings."""
    judged = np.isin(np.arange(len(NET.area)), _OUTLETS)
    one = lambda value: np.array([value], np.int64)  # noqa: E731
    return Filed(network(), one(1), one(_FIRST), one(_LAST), judged)


def parted() -> Parted:
    """The closed crossing."""
    places, areas = np.isin(np.arange(len(NET.area)), _FAR_PLACES), np.isin(np.arange(len(NET.city)), _FAR_AREAS)
    cut = places[:, None] != areas[None, :]
    cut[0, :] = cut[:, 0] = False
    return Parted(Closure(0, *WATCHED.closed), cut, places, areas)


def period(line: tuple, status: str = "declared", operator: int | None = None) -> dict[str, object]:
    """A line as a row of the register."""
    name, measure, side, area, of_class, sender, latest, since, until = line
    return {
        "line": name, "period": "P-2024", "zh": None, "en": None, "protected_from": since, "protected_to": until, "measure": measure,
        "side": side, "area": area or None, "item_class": of_class or None, "sender_kind": sender or None, "latest_place": latest,
        "operator": operator, "status": status,
    }  # fmt: skip


def protection(
    rows: list[dict[str, object]] | None = None, reports: list[dict[str, object]] | None = None
) -> Protection:
    """The protected periods, from rows of the register in any order."""
    lines = [period(line) for line in reversed(LINES)] if rows is None else rows
    tables = (
        pa.Table.from_pylist(given, KINDS[kind].schema)
        for kind, given in (("protected_periods", lines), ("zero_reports", reports or []))
    )
    return protection_of(network(), RULES, *tables)


def utc(text: str) -> int:
    """UTC seconds of an ISO text in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
