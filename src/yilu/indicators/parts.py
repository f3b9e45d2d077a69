"""What makes each indicator: sums, ratios of sums, sums a head, means and quantiles over the views of ``cells``.

The catalogue says the same in words.
"""

from __future__ import annotations

from dataclasses import dataclass

from yilu.items.cubes import BASES, HOW, MEASURES, STAGES, STATUSES
from yilu.items.schema import ITEM_CLASSES, SENDER_KINDS
from yilu.network.rules import CHECKS

ACCEPTED, DUE, ON_TIME, DELIVERED, LATE, ENDED, GONE_LATE, GONE = (
    MEASURES[n][0] for n in ("accepted", "due", "on_time", "delivered", "late", "ended", "gone_late", "gone")
)
_DONE, _PENDING = STATUSES["done"][0], STATUSES["pending"][0]
_72_HOURS_S = 72 * 3600
MARKETS: dict[str, tuple[str, str]] = {
    "same_city": ("同城", "same city"),
    "intercity": ("异地", "intercity"),
    "beyond": ("国际及港澳台", "international, Hong Kong, Macao and Taiwan"),
    "unknown": ("未知", "unknown"),
}
"""Markets by the ends of an item: within a city, between cities of the mainland, or across customs."""


@dataclass(frozen=True)
class Part:
    """A sum: of ``amount`` over the rows of a view that ``where`` chooses.

    ``per_day``: over the days of the period that are known; ``at_end``: of all time up to its end; ``whole_days``: what items tell of a
    day counts only when that day is over; ``items_only``: what daily counts can't tell, or tell one side of only.
    """

    view: str
    where: str = "TRUE"
    amount: str = "n"
    per_day: bool = False
    at_end: bool = False
    whole_days: bool = False
    items_only: bool = False


def _is(*measures: int) -> str:
    return f"measure IN ({', '.join(map(str, measures))})"


def _sent(*measures: int, also: str = "TRUE") -> Part:
    return Part("sent", f"{_is(*measures)} AND {also}", whole_days=bool({*measures} & {DUE, ON_TIME}))


def _received(*measures: int, also: str = "TRUE", per_day: bool = False) -> Part:
    whole = bool({*measures} & {DUE, ON_TIME})
    return Part("received", f"{_is(*measures)} AND {also}", per_day=per_day, whole_days=whole)


def _by_promise(also: str) -> tuple[Part, Part]:
    return _sent(ON_TIME, also=also), _sent(DUE, also=also)


def _check(name: str) -> tuple[Part, Part]:
    number = CHECKS.index(name)
    return Part("checked", f'"check" = {number} AND status = {_DONE}', items_only=True), Part("checked", f'"check" = {number} AND status <> {_PENDING}', items_only=True)  # fmt: skip


def _ended(view: str, *how: str, amount: str = "n") -> Part:
    return Part(view, f"how IN ({', '.join(str(HOW[h][0]) for h in how)})", amount, items_only=True)


_INSPECT, _IDENTIFY = CHECKS.index("inspect"), CHECKS.index("identify")
_FILED = SENDER_KINDS["contract"]
_BY_AGREEMENT = f"""CASE WHEN sender_kind = {_FILED} AND "check" = {_INSPECT} THEN n WHEN sender_kind = {_FILED} AND "check" = {_IDENTIFY} THEN -n ELSE 0 END"""
_KNOWN_SENDER = Part("checked", "TRUE", f'CASE WHEN "check" = {_IDENTIFY} AND status = {_DONE} THEN n ELSE 0 END + {_BY_AGREEMENT}', items_only=True)  # fmt: skip
_ANY_SENDER = Part("checked", "TRUE", f'CASE WHEN "check" = {_IDENTIFY} AND status <> {_PENDING} THEN n ELSE 0 END + {_BY_AGREEMENT}', items_only=True)  # fmt: skip

_OUT = ("addressee", "proxy", "locker", "station")
_ALL_ENDS = (*_OUT, "returned", "lost", "destroyed", "cancelled")
_IN_FLIGHT = f"CASE WHEN measure = {ACCEPTED} THEN n WHEN measure IN ({DELIVERED}, {ENDED}) THEN -n ELSE 0 END"
_OVERDUE = (
    f"CASE WHEN measure = {DUE} THEN n WHEN measure IN ({ON_TIME}, {LATE}, {GONE_LATE}, {GONE}) THEN -n ELSE 0 END"
)
_A_DAY = _received(DELIVERED, also="stocked", per_day=True)

SUMS: dict[str, Part] = {
    "accepted": _sent(ACCEPTED),
    "accepted_same_city": _sent(ACCEPTED, also="market = 'same_city'"),
    "accepted_intercity": _sent(ACCEPTED, also="market = 'intercity'"),
    "accepted_beyond": _sent(ACCEPTED, also="market = 'beyond'"),
    "letters_accepted": _sent(ACCEPTED, also=f"item_class = {ITEM_CLASSES['letter']}"),
    "parcels_accepted": _sent(ACCEPTED, also=f"item_class = {ITEM_CLASSES['parcel']}"),
    "express_accepted": _sent(ACCEPTED, also=f"item_class = {ITEM_CLASSES['express']}"),
    "delivered": _received(DELIVERED),
    "delivered_same_city": _received(DELIVERED, also="market = 'same_city'"),
    "delivered_intercity": _received(DELIVERED, also="market = 'intercity'"),
    "delivered_beyond": _received(DELIVERED, also="market = 'beyond'"),
    "due": _sent(DUE),
    "on_time": _sent(ON_TIME),
    "in_flight": Part("flying", "side = 1", _IN_FLIGHT, at_end=True),
    "overdue": Part("flying", "side = 2", _OVERDUE, at_end=True, items_only=True),
    **{f"{made}": Part("checked", f'"check" = {CHECKS.index(check)} AND status = {_DONE}') for check, made in (("inspect", "inspected"), ("identify", "identified"), ("screen", "screened"))},
    "returned": Part("ended_sent", f"how = {HOW['returned'][0]}"),
    "lost": Part("ended_sent", f"how = {HOW['lost'][0]}"),
    "destroyed": _ended("ended_sent", "destroyed"),
    "cancelled": _ended("ended_sent", "cancelled"),
}  # fmt: skip
RATIOS: dict[str, tuple[Part, Part]] = {
    "beyond_share": (Part("sent", f"{_is(ACCEPTED)} AND market = 'beyond'", items_only=True), Part("sent", _is(ACCEPTED), items_only=True)),
    "on_time_rate": (_sent(ON_TIME), _sent(DUE)),
    "on_time_rate_same_city": _by_promise("market = 'same_city'"),
    "on_time_rate_stated": _by_promise(f"basis = {BASES['stated'][0]}"),
    "on_time_rate_derived": _by_promise(f"basis = {BASES['derived'][0]}"),
    "on_time_rate_received": (_received(ON_TIME), _received(DUE)),
    "rate_72h": (Part("times", f"market = 'intercity' AND seconds <= {_72_HOURS_S}"), Part("times", "market = 'intercity'")),
    "inspection_rate": _check("inspect"),
    "identification_rate": _check("identify"),
    "combined_identification_rate": (_KNOWN_SENDER, _ANY_SENDER),
    "screening_rate": _check("screen"),
    "checks_rate": (Part("checked", f"status = {_DONE}", items_only=True), Part("checked", f"status <> {_PENDING}", items_only=True)),
    "delivered_rate": (_ended("ended_received", *_OUT), _ended("ended_received", *_ALL_ENDS)),
    "not_delivered_rate": (_ended("ended_sent", "returned", "lost", "destroyed", "cancelled"), _ended("ended_sent", *_ALL_ENDS)),
    "return_rate": (_ended("ended_sent", "returned"), _ended("ended_sent", *_ALL_ENDS)),
    "loss_rate": (_ended("ended_sent", "lost"), _ended("ended_sent", *_ALL_ENDS)),
    "locker_share": (_ended("ended_received", "locker"), _ended("ended_received", *_OUT)),
    "station_share": (_ended("ended_received", "station"), _ended("ended_received", *_OUT)),
    "proxy_share": (_ended("ended_received", "proxy"), _ended("ended_received", *_OUT)),
    "transfers_per_item": (_ended("ended_sent", *_OUT, amount="n * hops"), _ended("ended_sent", *_OUT)),
    "attempts_per_item": (_ended("ended_received", *_OUT, amount="n * (attempts + 1)"), _ended("ended_received", *_OUT)),
    "first_attempt_rate": (
        _ended("ended_received", *_OUT, amount="CASE WHEN attempts = 0 THEN n ELSE 0 END"), _ended("ended_received", *_OUT),
    ),
    "days_in_flight": (Part("flying", "side = 2", _IN_FLIGHT, at_end=True), _A_DAY),
    "days_overdue": (
        Part("flying", "side = 2", _OVERDUE, at_end=True, items_only=True),
        Part("received", _is(DELIVERED), per_day=True, items_only=True),
    ),
    "stages_told": (
        Part("staged", f"market = 'intercity' AND stages IN ({', '.join(str(bit) for bit, _, _ in STAGES.values())})", "n * seconds"),
        Part("times_whole", "market = 'intercity'", "n * seconds"),
    ),
}  # fmt: skip
HEADS: dict[str, Part] = {"items_per_head": SUMS["accepted"], "express_per_head": SUMS["express_accepted"]}
"""Sums over the population of the areas."""


def _stage(name: str) -> str:
    return f"market = 'intercity' AND stages = {STAGES[name][0]}"


MEANS: dict[str, Part] = {
    "transit_mean_intercity": Part("times", "market = 'intercity'"),
    **{f"stage_{name}_mean": Part("staged", _stage(name)) for name in STAGES},
}
"""Mean hours over the rows of a view."""
QUANTILES: dict[str, tuple[Part, float]] = {
    "transit_median": (Part("times"), 0.5),
    "transit_p95": (Part("times"), 0.95),
    "transit_median_intercity": (Part("times", "market = 'intercity'"), 0.5),
    "transit_median_received": (Part("times_received"), 0.5),
    "transit_p95_received": (Part("times_received"), 0.95),
    **{f"stage_{name}_median": (Part("staged", _stage(name)), 0.5) for name in STAGES},
}
"""Of hours: which rows, and which share lies below."""

ALL: frozenset[str] = frozenset({*SUMS, *RATIOS, *HEADS, *MEANS, *QUANTILES})
"""Ids of all indicators that have values."""
