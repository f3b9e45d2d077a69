"""Values of indicators from cubes: each is a sum, a ratio of two sums, or a quantile, over a period, by whatever is asked for.

Which cells make numerator and denominator is said once, in ``SUMS``, ``RATIOS`` and ``QUANTILES``; the catalogue says the same in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from yilu.indicators import quality
from yilu.indicators.cells import opened
from yilu.indicators.declared import catalogue
from yilu.indicators.periods import SORTS, Period
from yilu.items.cubes import MEASURES, STATUSES
from yilu.items.reading import Snapshot
from yilu.items.schema import ITEM_CLASSES
from yilu.network import Network
from yilu.network.rules import CHECKS

_ACCEPTED, _DUE, _ON_TIME, _DELIVERED, _ENDED = (
    MEASURES[n][0] for n in ("accepted", "due", "on_time", "delivered", "ended")
)
_DONE, _PENDING = STATUSES["done"][0], STATUSES["pending"][0]
_EXPRESS = ITEM_CLASSES["express"]
_72_HOURS_S = 72 * 3600


@dataclass(frozen=True)
class Part:
    """A sum: of ``amount`` over the rows of a view that ``where`` chooses; ``per_day``: over the days of the period; ``at_end``: of all time up to its end."""

    view: str
    where: str = "TRUE"
    amount: str = "n"
    per_day: bool = False
    at_end: bool = False


def _check(name: str) -> tuple[Part, Part]:
    number = CHECKS.index(name)
    return Part("checked", f'"check" = {number} AND status = {_DONE}'), Part("checked", f'"check" = {number} AND status <> {_PENDING}')  # fmt: skip


_IN_FLIGHT = f"CASE WHEN measure = {_ACCEPTED} THEN n WHEN measure IN ({_DELIVERED}, {_ENDED}) THEN -n ELSE 0 END"
SUMS: dict[str, Part] = {
    "accepted": Part("sent", f"measure = {_ACCEPTED}"),
    "accepted_same_city": Part("sent", f"measure = {_ACCEPTED} AND market = 'same_city'"),
    "accepted_intercity": Part("sent", f"measure = {_ACCEPTED} AND market = 'intercity'"),
    "accepted_beyond": Part("sent", f"measure = {_ACCEPTED} AND market = 'beyond'"),
    "express_accepted": Part("sent", f"measure = {_ACCEPTED} AND item_class = {_EXPRESS}"),
    "delivered": Part("received", f"measure = {_DELIVERED}"),
    "in_flight": Part("flying", "side = 1", _IN_FLIGHT, at_end=True),
}
RATIOS: dict[str, tuple[Part, Part]] = {
    "beyond_share": (Part("sent", f"measure = {_ACCEPTED} AND market = 'beyond'"), Part("sent", f"measure = {_ACCEPTED}")),
    "on_time_rate": (Part("sent", f"measure = {_ON_TIME}"), Part("sent", f"measure = {_DUE}")),
    "on_time_rate_received": (Part("received", f"measure = {_ON_TIME}"), Part("received", f"measure = {_DUE}")),
    "rate_72h": (Part("times", f"market = 'intercity' AND seconds <= {_72_HOURS_S}"), Part("times", "market = 'intercity'")),
    "inspection_rate": _check("inspect"),
    "identification_rate": _check("identify"),
    "screening_rate": _check("screen"),
    "checks_rate": (Part("checked", f"status = {_DONE}"), Part("checked", f"status <> {_PENDING}")),
    "not_delivered_rate": (
        Part("sent", f"measure = {_ENDED}"), Part("sent", f"measure IN ({_DELIVERED}, {_ENDED})"),
    ),
    "days_in_flight": (Part("flying", "side = 2", _IN_FLIGHT, at_end=True), Part("received", f"measure = {_DELIVERED}", per_day=True)),
    **quality.ratios(Part),
}  # fmt: skip
QUANTILES: dict[str, tuple[str, float]] = {
    "transit_median": ("TRUE", 0.5),
    "transit_p95": ("TRUE", 0.95),
    "transit_median_intercity": ("market = 'intercity'", 0.5),
}
"""Of hours from acceptance to delivery: which rows, and which share lies below."""

GROUPS: tuple[str, ...] = ("operator", "area", "region", "level", *SORTS)
"""By what values can be asked for; areas are cities."""


@dataclass(frozen=True)
class Scope:
    """Which cells count: ids of cities, operators, service levels; empty means all. Service levels don't narrow checks, which have none."""

    areas: tuple[int, ...] = ()
    operators: tuple[int, ...] = ()
    levels: tuple[int, ...] = ()


EVERYWHERE = Scope()


def values(
    snapshot: Snapshot,
    network: Network,
    ids: Sequence[str],
    period: Period,
    scope: Scope = EVERYWHERE,
    by: tuple[str, ...] = (),
) -> list[dict[str, Any]]:
    """Values of indicators in a period: for each ``indicator`` and group ``numerator``, ``denominator`` (None of a sum) and ``value``.

    ``value`` is None where the denominator is 0. What was promised for days that the store does not know whole yet is not due: ratios of
    what is due count days before the latest event's. Raises KeyError for an unknown indicator, ValueError for an unknown group.
    """
    for group in by:
        if group not in GROUPS:
            raise ValueError(f"{group}: one of {', '.join(GROUPS)} is expected")
    found: list[dict[str, Any]] = []
    with opened(snapshot, network) as connection:
        known = int(network.local_day(snapshot.as_of))
        for name in ids:
            asked = _Asked(period, scope, by, known, network.local_time.midnight((period.last).isoformat()) + 86400)
            found += [{"indicator": name, **row} for row in _rows(connection, name, asked)]
    return found


@dataclass(frozen=True)
class _Asked:
    """What was asked for: ``known``: local day of the latest event; ``end``: UTC second at which the period ends."""

    period: Period
    scope: Scope
    by: tuple[str, ...]
    known: int
    end: int


def _rows(connection: duckdb.DuckDBPyConnection, name: str, asked: _Asked) -> list[dict[str, Any]]:
    if name in QUANTILES:
        return _quantile(connection, *QUANTILES[name], asked)
    if name in SUMS:
        return [{**r, "numerator": n, "denominator": None, "value": n} for r, n in _sum(connection, SUMS[name], asked)]
    if name == quality.SCORE:
        rows_of = {n: _rows(connection, n, asked) for n in quality.WEIGHTS}
        told = dict(_keyed(_sum(connection, Part("feed_days"), asked)))
        days = min(asked.period.days[1], asked.known) - asked.period.days[0] + 1
        return quality.score(rows_of, asked.by, told, days)
    if name not in RATIOS:
        raise KeyError(name)
    above, below = (dict(_keyed(_sum(connection, part, asked))) for part in RATIOS[name])
    rows = []
    for key in sorted({*above, *below}):
        n, d = above.get(key, 0), below.get(key, 0)
        rows.append(
            {**dict(zip(asked.by, key, strict=True)), "numerator": n, "denominator": d, "value": n / d if d else None}
        )
    return rows


def _keyed(rows: list[tuple[dict[str, Any], float]]) -> list[tuple[tuple[Any, ...], float]]:
    return [(tuple(group.values()), n) for group, n in rows]


def _sum(connection: duckdb.DuckDBPyConnection, part: Part, asked: _Asked) -> list[tuple[dict[str, Any], float]]:
    """A part's sum by group."""
    if part.at_end and any(g in SORTS for g in asked.by):
        return []  # a stock at the end of a period has no days
    select = "".join(f"{_group(g)} AS {g}, " for g in asked.by)
    group = f"GROUP BY {', '.join(asked.by)} ORDER BY {', '.join(asked.by)}" if asked.by else ""
    total = f"sum({part.amount})"
    sql = f"SELECT {select} coalesce({total}, 0)::BIGINT AS v FROM {part.view} WHERE ({part.where}) AND {_when(part, asked)} AND {_where(part.view, asked)} {group}"  # fmt: skip
    days = asked.period.length if part.per_day else 1
    rows = connection.sql(sql).fetchall()
    return [(dict(zip(asked.by, row[:-1], strict=True)), row[-1] / days if part.per_day else row[-1]) for row in rows]


def _quantile(connection: duckdb.DuckDBPyConnection, where: str, share: float, asked: _Asked) -> list[dict[str, Any]]:
    """Hours below which a share of the delivered items stayed; numerator and denominator are the items."""
    part = Part("times", where)
    names = "".join(f"{_group(g)} AS {g}, " for g in asked.by)
    keys = f"PARTITION BY {', '.join(asked.by)}" if asked.by else ""
    group = f"GROUP BY {', '.join(asked.by)} ORDER BY {', '.join(asked.by)}" if asked.by else ""
    columns = "".join(f"{g}, " for g in asked.by)
    sql = f"""
        WITH held AS (
            SELECT {names} seconds, sum(n) AS n FROM times WHERE ({where}) AND {_when(part, asked)} AND {_where("times", asked)} GROUP BY {columns} seconds
        ), ranked AS (SELECT *, sum(n) OVER ({keys} ORDER BY seconds) AS upto, sum(n) OVER ({keys}) AS total FROM held)
        SELECT {columns} sum(n)::BIGINT, min(seconds) FILTER (upto >= {share} * total) / 3600 FROM ranked {group}
    """
    rows = connection.sql(sql).fetchall()
    return [
        {**dict(zip(asked.by, row[:-2], strict=True)), "numerator": None, "denominator": row[-2], "value": row[-1]}
        for row in rows
        if row[-2]
    ]


def _group(name: str) -> str:
    if name not in SORTS:
        return name
    day = "(DATE '1970-01-01' + day)"
    return f"strftime(date_trunc('{name}', {day}), '%Y-%m-%d')"


def _when(part: Part, asked: _Asked) -> str:
    if part.at_end:
        return f"hour < {asked.end // 3600}"
    first, last = asked.period.days
    if f"measure = {_DUE}" in part.where or f"measure = {_ON_TIME}" in part.where:
        last = min(last, asked.known - 1)
    return f"day BETWEEN {first} AND {last}"


def _where(view: str, asked: _Asked) -> str:
    tests = ["TRUE"]
    levels = () if view == "checked" else asked.scope.levels
    for column, ids in (("area", asked.scope.areas), ("operator", asked.scope.operators), ("level", levels)):
        if ids:
            tests.append(f"{column} IN ({', '.join(str(int(i)) for i in ids)})")
    return " AND ".join(tests)


def known() -> set[str]:
    """Ids of all indicators that have values here."""
    return {*SUMS, *RATIOS, *QUANTILES, quality.SCORE} & set(catalogue())
