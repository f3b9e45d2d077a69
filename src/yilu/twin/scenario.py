"""A scenario: which faults a synthetic province has, where, when and how many."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from datetime import date as Date
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from yilu.errors import InputError
from yilu.items.kinds import KINDS
from yilu.network import Network
from yilu.network.toml_file import parsed, whole, wrong
from yilu.twin import faults, feed_faults
from yilu.twin.closing import cut_off

_KIND = {kind.code: kind.id for kind in KINDS}


class Planted(NamedTuple):
    """A kind of fault: what is done (``faults``), to which check, for how long by default and at the most (0: it takes no time), whether it
    needs a place, another place, a crossing, or an operator (and then takes all of its scans)."""

    action: int
    check: str = ""
    default_s: int = 0
    most_s: int = 0
    at_facility: bool = False
    elsewhere: bool = False
    crossing: bool = False
    of_operator: bool = False


_H = 3600
FAULTS: dict[str, Planted] = {
    **{f"{name}_missing": Planted(faults.OMIT, check) for check, name in faults.CHECKS},
    **{f"{name}_backfilled": Planted(faults.RECORD_LATE, check, 30 * _H, 120 * _H) for check, name in faults.CHECKS},
    **{f"{name}_after": Planted(faults.CHECK_LATE, check) for check, name in faults.CHECKS},
    "screening_off": Planted(faults.OMIT, "screen", at_facility=True),
    "stalled": Planted(faults.WAIT, "", 120 * _H, 480 * _H),
    "backlog": Planted(faults.WAIT, "", 40 * _H, 480 * _H, at_facility=True),
    "late": Planted(faults.WAIT, "", 300 * _H, 480 * _H),
    "impossible_travel": Planted(faults.INVENT, "", 600, 24 * _H, elsewhere=True),
    "false_signing": Planted(faults.SIGN),
    "scan_after_delivery": Planted(faults.TOUCH, "", 5 * _H, 240 * _H),
    "unfiled_outlet": Planted(faults.UNFILED, at_facility=True),
    "closed_crossing": Planted(faults.CLOSE, crossing=True),
    "outlet_fading": Planted(faults.FADE, at_facility=True),
    "sender_token": Planted(feed_faults.SENDER, at_facility=True),
    "silent_feed": Planted(feed_faults.SILENT, of_operator=True),
    "duplicates": Planted(feed_faults.TWICE, "", 1800, 24 * _H),
    "late_record": Planted(feed_faults.LATE, "", 18 * _H, 120 * _H),
    "disorder": Planted(feed_faults.SHAKEN, "", 10 * _H, 24 * _H),
    "clock_ahead": Planted(feed_faults.AHEAD, "", _H, 24 * _H),
    "unknown_place": Planted(feed_faults.NOWHERE),
    "unmapped": Planted(feed_faults.UNMAP),
}
"""Kinds of fault by name."""


@dataclass(frozen=True)
class Fault:
    """One fault: its kind, local time of the scans at which it begins, share of the items that come to that scan, where, and how long in seconds.

    ``first``, ``until``: ``2025-06-03T08:00``, or ``+1 08:00`` for that clock time one day after the plan's first.
    ``operator``, ``facility``, ``to``: codes, empty for any; ``crossing``: code of the one that is closed. Of an outlet that fades ``share`` is what it loses from day to day.
    """

    kind: str
    first: str
    until: str
    share: float
    operator: str = ""
    facility: str = ""
    to: str = ""
    seconds: int = 0
    crossing: str = ""


@dataclass(frozen=True)
class Scenario:
    """Faults to plant, in order; empty: a clean province."""

    zh: str = ""
    en: str = ""
    faults: tuple[Fault, ...] = ()

    @property
    def most_days(self) -> int:
        """Days by which a life can become longer: it may meet one fault that moves it and one that records it late, and closures."""
        moves = [f.seconds for f in self.faults]
        closures = [f for f in self.faults if FAULTS[f.kind].crossing]
        closed = sum(length_s(f) + 86400 for f in closures)
        return -(-(2 * max(moves, default=0) + closed) // 86400)

    def unfiled(self, network: Network) -> tuple[int, ...]:
        """Facilities (ids) whose filings are missing."""
        at = _ids(network.facilities)
        return tuple(at[f.facility] for f in self.faults if f.kind == "unfiled_outlet")

    def closures(self, network: Network, date: Date) -> tuple[tuple[str, int, int], ...]:
        """(crossing, from, until) of crossings that are closed, UTC seconds, in a plan that begins on ``date``."""
        closed = [f for f in self.faults if FAULTS[f.kind].crossing]
        return tuple((f.crossing, _utc(f.first, network, date), _utc(f.until, network, date)) for f in closed)

    def cuts(self, network: Network, date: Date) -> NDArray[np.bool_]:
        """For each fault the pairs of facilities (F, F) by id that it parts: those with no way but over a crossing that it closes."""
        size = len(network.facility_area)
        out = np.zeros((len(self.faults), size, size), np.bool_)
        for row, f in zip(out, self.faults, strict=True):
            if FAULTS[f.kind].crossing:
                day = _moment(f.first, date)
                row[:] = cut_off(network, _crossings(network)[f.crossing], day.date() if day else date)
        return out

    def fading(self, network: Network) -> NDArray[np.int64]:
        """Facilities (ids) that accept less from day to day."""
        at = _ids(network.facilities)
        return np.array([at[f.facility] for f in self.faults if f.kind == "outlet_fading"], np.int64)

    def screened_at(self, network: Network) -> NDArray[np.int64]:
        """Processing sites (ids) where screenings are left out: there it matters which hours have any."""
        if not any(FAULTS[f.kind].check == "screen" for f in self.faults):
            return np.empty(0, np.int64)
        return np.flatnonzero(network.facility_processing)

    def compiled(self, network: Network, date: Date) -> NDArray[np.int64]:
        """The faults as kernels take them, shape (faults, ``faults.COLUMNS``), in a plan that begins on ``date``."""
        table = np.zeros((len(self.faults), faults.COLUMNS), np.int64)
        operators, facilities = _ids(network.operators), _ids(network.facilities)
        for row, f in zip(table, self.faults, strict=True):
            planted = FAULTS[f.kind]
            row[:] = (
                planted.action, _KIND.get(planted.check, 0), operators.get(f.operator, 0), facilities.get(f.facility, 0),
                _utc(f.first, network, date), _utc(f.until, network, date), round(f.share * 2**32), f.seconds, facilities.get(f.to, 0),
            )  # fmt: skip
        return table

    def as_record(self) -> list[dict[str, Any]]:
        """The faults as plain values, to tell one scenario from another."""
        return [asdict(f) for f in self.faults]


CLEAN = Scenario()

_KEYS: dict[str, type] = {
    "kind": str, "from": str, "until": str, "share": object, "operator": str, "facility": str, "to": str, "minutes": int,
    "crossing": str,
}  # fmt: skip
_SINCE = re.compile(r"\+(\d{1,4}) (\d\d):(\d\d)")
_SOME_DAY = Date(2025, 6, 3)
_OPTIONAL = ("share", "operator", "facility", "to", "minutes", "crossing")


def read(path: Path, network: Network) -> Scenario:
    """The scenario in a TOML file for ``network``. Raises InputError naming file, key, value and what was expected."""
    file = path.name
    try:
        raw = parsed(path.read_text(encoding="utf-8"), file)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(file, "a readable file of UTF-8 text", next_step="Name the scenario's file.") from error
    head = whole(raw, "(file)", file, {"zh": str, "en": str, "fault": list})
    if len(head["fault"]) > faults.MOST_FAULTS:
        raise wrong(file, "fault", len(head["fault"]), f"at most {faults.MOST_FAULTS} faults")
    return Scenario(
        head["zh"], head["en"], tuple(_fault(f, f"fault {n}", file, network) for n, f in enumerate(head["fault"], 1))
    )


def _fault(given: Any, key: str, file: str, network: Network) -> Fault:
    raw = whole(given, key, file, _KEYS, _OPTIONAL)
    kind = raw["kind"]
    if kind not in FAULTS:
        raise wrong(file, f"{key}, kind", kind, f"one of {', '.join(FAULTS)}")
    planted = FAULTS[kind]
    _known(raw, "operator", _ids(network.operators), planted.of_operator, key, file)
    _known(raw, "facility", _ids(network.facilities), planted.at_facility, key, file)
    _known(raw, "to", _ids(network.facilities), planted.elsewhere, key, file)
    for name in (*(() if planted.elsewhere else ("to",)), *(("share", "facility") if planted.of_operator else ())):
        _never(raw, name, key, file)
    _crossed(raw, planted, key, file, network)
    first, until = (_moment(raw[name], _SOME_DAY) for name in ("from", "until"))
    for name, moment in (("from", first), ("until", until)):
        if moment is None:
            raise wrong(file, f"{key}, {name}", raw[name], "a local time such as 2025-06-03T08:00, or +1 08:00")
    if raw["from"].startswith("+") != raw["until"].startswith("+") or not (first and until and first < until):
        raise wrong(file, f"{key}, until", raw["until"], "a time later than from, said in the same way")
    share = raw.get("share", 1.0)
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        raise wrong(file, f"{key}, share", share, "a number above 0, at most 1")
    seconds = 60 * raw["minutes"] if "minutes" in raw else planted.default_s
    if not (0 < seconds <= planted.most_s if planted.most_s else "minutes" not in raw):
        most = f"1 to {planted.most_s // 60}" if planted.most_s else f"no such key for {kind}"
        raise wrong(file, f"{key}, minutes", raw["minutes"], most)
    return Fault(
        kind, raw["from"], raw["until"], float(share), raw.get("operator", ""), raw.get("facility", ""), raw.get("to", ""), seconds,
        raw.get("crossing", ""),
    )  # fmt: skip


def _known(raw: dict[str, Any], name: str, ids: dict[str, int], needed: bool, key: str, file: str) -> None:
    if name not in raw:
        if needed:
            raise wrong(file, f"{key}, {name}", None, f"a code: {raw['kind']} needs it")
        return
    if raw[name] not in ids:
        raise wrong(file, f"{key}, {name}", raw[name], "a code of the province")


def _crossed(raw: dict[str, Any], planted: Planted, key: str, file: str, network: Network) -> None:
    """Refuse a crossing where there is none to close, one that the province doesn't have, and one that can be gone around."""
    if not planted.crossing:
        return _never(raw, "crossing", key, file)
    for name in ("share", "operator", "facility"):
        _never(raw, name, key, file, ": it is closed to all")
    known, crossing = _crossings(network), raw.get("crossing")
    if crossing not in known:
        raise wrong(file, f"{key}, crossing", crossing, f"one of {', '.join(known)}")
    if not cut_off(network, known[crossing], _SOME_DAY).any():
        raise wrong(file, f"{key}, crossing", crossing, "a crossing that some places can't be reached without")


def _crossings(network: Network) -> dict[str, int]:
    return {str(code): i for i, code in enumerate(network.crossings.code)}


def length_s(fault: Fault) -> int:
    """How long a fault lasts, in seconds."""
    first, until = (_moment(text, _SOME_DAY) for text in (fault.first, fault.until))
    return int((until - first).total_seconds()) if first and until else 0


def moved(fault: Fault, days: int) -> Fault:
    """A fault whose times count from the plan's first day, so many days later."""
    first, until = (_SINCE.sub(lambda m: f"+{int(m[1]) + days} {m[2]}:{m[3]}", t) for t in (fault.first, fault.until))
    return replace(fault, first=first, until=until)


def _never(raw: dict[str, Any], name: str, key: str, file: str, why: str = "") -> None:
    if name in raw:
        raise wrong(file, f"{key}, {name}", raw[name], f"no such key for {raw['kind']}{why}")


def _ids(table: Any) -> dict[str, int]:
    return {str(code): int(i) for code, i in zip(table.code, table.id, strict=True)}


def _moment(text: str, first: Date) -> datetime | None:
    if since := _SINCE.fullmatch(text):
        days, hour, minute = map(int, since.groups())
        if hour > 23 or minute > 59:
            return None
        return datetime.combine(first + timedelta(days), time(hour, minute))
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is None else None


def _utc(text: str, network: Network, first: Date) -> int:
    moment = _moment(text, first)
    assert moment is not None  # checked when it was read
    return round(moment.replace(tzinfo=ZoneInfo(network.time_zone)).timestamp())
