"""Values of indicators over a period, by whatever is asked for: from items, or from daily counts where no items come.

Which rows make them: ``parts``. Each value says what it stands on, and how far it may be off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np

from yilu.indicators import aggregates, quality
from yilu.indicators.cells import opened
from yilu.indicators.declared import catalogue
from yilu.indicators.heads import heads_of
from yilu.indicators.parts import ACCEPTED, ALL, DELIVERED, HEADS, MEANS, QUANTILES, RATIOS, SUMS, Part
from yilu.indicators.periods import EPOCH, SORTS, Period
from yilu.indicators.withholding import Purpose, withheld
from yilu.items.reading import Snapshot
from yilu.network import Network

GROUPS: tuple[str, ...] = ("operator", "area", "region", "level", *SORTS)
"""By what values can be asked for; areas are cities."""
BASES: dict[str, tuple[str, str]] = {
    "items": ("寄件事件", "items"),
    "aggregates": ("日报", "daily counts"),
    "both": ("事件与日报", "items and daily counts"),
}
"""What a value stands on."""
BIN_ERROR = 0.01
"""Times from bins lie within 1 %."""
_WITHOUT_LEVELS = ("checked", "staged", "times_whole")

Row = dict[str, Any]


@dataclass(frozen=True)
class Scope:
    """Which cells count: ids of cities, operators, service levels; empty means all. Service levels narrow neither checks nor stages, which have none."""

    areas: tuple[int, ...] = ()
    operators: tuple[int, ...] = ()
    levels: tuple[int, ...] = ()


EVERYWHERE = Scope()
SUPERVISION = Purpose()


def values(
    snapshot: Snapshot,
    network: Network,
    ids: Sequence[str],
    period: Period,
    scope: Scope = EVERYWHERE,
    by: tuple[str, ...] = (),
    purpose: Purpose = SUPERVISION,
) -> list[Row]:
    """Values of indicators in a period: for each ``indicator`` and group ``numerator``, ``denominator`` (None of a sum) and ``value``.

    ``value`` is None where the denominator is 0 or unknown. ``basis`` of BASES, None of nothing; ``error``: a share by which the value may be off, None
    where daily counts could be held against no items; ``left_out``: items that daily counts tell of and this value doesn't. ``withheld``: too few firms.
    What was promised for days that items don't tell whole yet is not due: of items, ratios of what is due count days before the latest
    event's. Raises KeyError for an unknown indicator, ValueError for an unknown group or purpose.
    """
    for group in by:
        if group not in GROUPS:
            raise ValueError(f"{group}: one of {', '.join(GROUPS)} is expected")
    found: list[Row] = []
    with opened(snapshot, network, purpose.name) as connection:
        asked = _asked(connection, snapshot, network, period, scope, by)
        for name in ids:
            rows = [{"indicator": name, **row} for row in _rows(connection, name, asked, network)]
            found += withheld(rows, purpose, by, bool(scope.areas))
    return found


def compared(snapshot: Snapshot, network: Network, period: Period, purpose: Purpose = SUPERVISION) -> list[Row]:
    """Items beside daily counts of the operators and days of which both came; ``percent``: how much more these are."""
    with opened(snapshot, network, purpose.name) as connection:
        return aggregates.compared(connection, *period.days)


def latest_day(snapshot: Snapshot, network: Network, purpose: Purpose = SUPERVISION) -> int:
    """The latest local day, since 1970, that items or daily counts tell of; 0 where nothing does."""
    days = aggregates.days_of(snapshot, purpose.name)
    events = int(network.local_day(snapshot.as_of)) if snapshot.as_of else 0
    return max(events, int(days.max(initial=0)))


@dataclass(frozen=True)
class _Asked:
    """What was asked for. ``known``: local day of the latest event; ``end``: UTC second at which the period ends; ``days``: how many of its days are known; ``spread``: of daily counts about items."""

    period: Period
    scope: Scope
    by: tuple[str, ...]
    known: int
    end: int
    days: int
    spread: float | None
    reported: bool


@dataclass(frozen=True)
class _Sum:
    """A part of one group: its amount, how much of it daily counts tell, how many firms stand behind it."""

    amount: float = 0
    reported: float = 0
    firms: int = 0
    group: Row = field(default_factory=dict)


def _asked(
    connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, network: Network, period: Period, scope: Scope, by: tuple[str, ...]
) -> _Asked:  # fmt: skip
    [bounds] = connection.sql("SELECT min(day), max(day) FROM (SELECT day FROM told UNION ALL SELECT day FROM reported)").fetchall()  # fmt: skip
    first, last = period.days
    known = int(network.local_day(snapshot.as_of)) if snapshot.as_of else 0
    days = min(last, max(bounds[1], known)) - max(first, bounds[0]) + 1 if bounds[0] is not None else 0
    [[reported]] = connection.sql("SELECT count(*) FROM reported").fetchall()
    spread = aggregates.spread(aggregates.compared(connection, first, last)) if reported else None
    end = network.local_time.midnight(str(np.datetime64(last + 1, "D")))
    return _Asked(period, scope, by, known, end, max(1, days), spread, reported > 0)


def _rows(connection: duckdb.DuckDBPyConnection, name: str, asked: _Asked, network: Network) -> list[Row]:
    if name in QUANTILES:
        part, share = QUANTILES[name]
        rows = _quantile(connection, part, share, asked)
    elif name in MEANS:
        part = MEANS[name]
        rows = _mean(connection, part, asked)
    elif name in SUMS:
        part = SUMS[name]
        rows = [_row(s, None, asked) for s in _sums(connection, part, asked).values()]
    elif name in HEADS:
        part = HEADS[name]
        rows = [_row(s, heads_of(network, s.group, asked.scope.areas), asked) for s in _sums(connection, part, asked).values()]  # fmt: skip
    elif name in RATIOS:
        part = RATIOS[name][0]
        above, below = (_sums(connection, p, asked) for p in RATIOS[name])
        rows = [
            _row(above.get(key, _Sum(group=dict(zip(asked.by, key, strict=True)))), below.get(key, _Sum()), asked)
            for key in sorted({*above, *below})
        ]
    elif name == quality.SCORE:
        part = RATIOS["data_timeliness"][0]
        rows = _scored(connection, asked, network)
    else:
        raise KeyError(name)
    return _with_left_out(connection, part, rows, asked) if asked.reported else [{**row, "left_out": 0} for row in rows]


def _scored(connection: duckdb.DuckDBPyConnection, asked: _Asked, network: Network) -> list[Row]:
    """The score of feeds, which stands on their events alone."""
    rows_of = {n: _rows(connection, n, asked, network) for n in quality.WEIGHTS}
    days_told = {key: s.amount for key, s in _sums(connection, Part("feed_days"), asked).items()}
    firms = {tuple(row[g] for g in asked.by): row["firms"] for row in rows_of["data_timeliness"]}
    days = min(asked.period.days[1], asked.known) - asked.period.days[0] + 1
    return [
        {**row, "basis": "items", "error": 0.0, "firms": firms[tuple(row[g] for g in asked.by)]}
        for row in quality.score(rows_of, asked.by, days_told, days)
    ]


def _row(top: _Sum, bottom: _Sum | float | None, asked: _Asked) -> Row:
    """A value with what it stands on; ``bottom``: a sum, the population, or nothing."""
    below = bottom.amount if isinstance(bottom, _Sum) else bottom
    of = bottom if isinstance(bottom, _Sum) and bottom.amount else top
    share = min(1.0, max(0.0, of.reported / of.amount)) if of.amount else 0.0
    value = top.amount if bottom is None else top.amount / below if below else None
    basis = None if not of.amount and not of.firms else "items" if not share else "aggregates" if share == 1 else "both"
    error = 0.0 if not share else None if asked.spread is None else round(share * asked.spread, 6)
    return {
        **top.group, "numerator": top.amount, "denominator": below, "value": value, "basis": basis, "error": error, "firms": of.firms,
    }  # fmt: skip


def _sums(connection: duckdb.DuckDBPyConnection, part: Part, asked: _Asked) -> dict[tuple[Any, ...], _Sum]:
    """A part's sums by group."""
    if part.at_end and any(g in SORTS for g in asked.by):
        return {}  # a stock at the end of a period has no days
    select = "".join(f"{_group(g)} AS {g}, " for g in asked.by)
    keys = f"GROUP BY {', '.join(asked.by)} ORDER BY {', '.join(asked.by)}" if asked.by else ""
    sql = f"""
        SELECT {select} coalesce(sum({part.amount}), 0)::BIGINT, coalesce(sum({part.amount}) FILTER (source = 2), 0)::BIGINT,
            count(DISTINCT operator) FILTER (n <> 0) FROM {part.view} WHERE {_chosen(part, asked)} {keys}
    """
    days = asked.days if part.per_day else 1
    found = {}
    for row in connection.sql(sql).fetchall():
        amount, reported, firms = row[-3:]
        whole = (amount / days, reported / days) if part.per_day else (amount, reported)
        found[row[:-3]] = _Sum(*whole, firms, dict(zip(asked.by, row[:-3], strict=True)))
    return found


def _mean(connection: duckdb.DuckDBPyConnection, part: Part, asked: _Asked) -> list[Row]:
    """Mean hours; the numerator is hours, the denominator items."""
    items = _sums(connection, part, asked)
    seconds = _sums(connection, Part(part.view, part.where, "n * seconds"), asked)
    found = []
    for key, below in items.items():
        if below.amount:
            hours = seconds[key].amount / 3600
            found.append({**_row(below, None, asked), "numerator": hours, "denominator": below.amount, "value": hours / below.amount, "error": BIN_ERROR})  # fmt: skip
    return found


def _quantile(connection: duckdb.DuckDBPyConnection, part: Part, share: float, asked: _Asked) -> list[Row]:
    """Hours below which a share of the items stayed; the denominator is the items."""
    names = "".join(f"{_group(g)} AS {g}, " for g in asked.by)
    keys = f"PARTITION BY {', '.join(asked.by)}" if asked.by else ""
    group = f"GROUP BY {', '.join(asked.by)} ORDER BY {', '.join(asked.by)}" if asked.by else ""
    columns = "".join(f"{g}, " for g in asked.by)
    sql = f"""
        WITH held AS (
            SELECT {names} seconds, sum(n) AS n FROM {part.view} WHERE {_chosen(part, asked)} GROUP BY {columns} seconds
        ), ranked AS (SELECT *, sum(n) OVER ({keys} ORDER BY seconds) AS upto, sum(n) OVER ({keys}) AS total FROM held)
        SELECT {columns} min(seconds) FILTER (upto >= {share} * total) / 3600 FROM ranked {group}
    """
    hours = {row[:-1]: row[-1] for row in connection.sql(sql).fetchall()}
    return [
        {**_row(s, None, asked), "numerator": None, "denominator": s.amount, "value": hours[key], "error": BIN_ERROR}
        for key, s in _sums(connection, part, asked).items()
        if s.amount
    ]


_VOLUMES = {"received": ("received", DELIVERED), "ended_received": ("received", DELIVERED), "times_received": ("received", DELIVERED)}  # fmt: skip


def _with_left_out(connection: duckdb.DuckDBPyConnection, part: Part, rows: list[Row], asked: _Asked) -> list[Row]:
    """Rows with the items of daily counts that are in none of their sums: all of a value that stands on items alone."""
    view, measure = _VOLUMES.get(part.view, ("sent", ACCEPTED))
    wide = _Asked(
        asked.period, Scope(asked.scope.areas, asked.scope.operators), tuple(g for g in asked.by if g != "level"),
        asked.known, asked.end, asked.days, asked.spread, asked.reported,
    )  # fmt: skip
    told = _sums(connection, Part(view, f"measure = {measure} AND source = 2"), wide)
    return [
        {**row, "left_out": told.get(tuple(row.get(g) for g in wide.by), _Sum()).amount if row["basis"] in ("items", None) else 0}
        for row in rows
    ]  # fmt: skip


def _group(name: str) -> str:
    if name not in SORTS:
        return name
    return f"strftime(date_trunc('{name}', DATE '{EPOCH}' + day), '%Y-%m-%d')"


def _chosen(part: Part, asked: _Asked) -> str:
    """The condition under which a row of the part's view counts."""
    tests = [f"({part.where})"]
    if part.items_only:
        tests.append("source = 1")
    if part.at_end:
        tests.append(f"hour < {asked.end // 3600}")
    else:
        first, last = asked.period.days
        tests.append(f"day BETWEEN {first} AND {last}")
    if part.whole_days:
        tests.append(f"(source = 2 OR day < {asked.known})")
    levels = () if part.view in _WITHOUT_LEVELS else asked.scope.levels
    for column, ids in (("area", asked.scope.areas), ("operator", asked.scope.operators), ("level", levels)):
        if ids:
            tests.append(f"{column} IN ({', '.join(str(int(i)) for i in ids)})")
    return " AND ".join(tests)


def known() -> set[str]:
    """Ids of all indicators that have values here."""
    return set(ALL) & set(catalogue())
