"""The one place where rows are narrowed to what a user may see.

``narrow(scope, rows)`` gives the part of ``rows`` that ``scope`` covers. Whoever shows anything, page, endpoint, export or stream, passes it through here; for records, how a
model is narrowed is declared once beside the model (``by_scope``), and a model without a declaration is shown to nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import Q, QuerySet
from numpy.typing import NDArray

from yilu.console.access.roles import ITEMS
from yilu.console.access.scope import NOTHING, Scope
from yilu.dispatch.promise import Promises
from yilu.dispatch.timetable import Timetable
from yilu.indicators.values import Scope as Cells
from yilu.items.answers import Narrow
from yilu.items.history import History
from yilu.items.listing import MEASURES, Wanted
from yilu.network.tables import Lanes
from yilu.run.found import Found
from yilu.studies.in_flight import Open

Ids = tuple[int, ...]


@dataclass(frozen=True)
class LaneRows:
    """Some lanes of a timetable: their ``rows`` (n,) in its table."""

    lanes: Lanes
    rows: NDArray[np.int64]


_MODELS: dict[type, Callable[[Scope], Q]] = {}


def met(asked: Ids, allowed: Ids) -> Ids:
    """Ids asked for (empty: all) that are allowed (empty: all); ``NOTHING`` where none is."""
    if not asked:
        return allowed
    if not allowed:
        return asked
    return tuple(i for i in asked if i in set(allowed)) or NOTHING


@singledispatch
def narrow(rows: Any, scope: Scope) -> Any:
    """The part of ``rows`` that is in ``scope``. Raises TypeError for what nobody said how to narrow."""
    raise TypeError(f"nobody said how {type(rows).__name__} is narrowed to a user's scope")


@narrow.register
def _(rows: Narrow, scope: Scope) -> Narrow:
    return replace(rows, areas=met(rows.areas, scope.area_ids), operators=met(rows.operators, scope.operator_ids))


@narrow.register
def _(rows: Cells, scope: Scope) -> Cells:
    return replace(rows, areas=met(rows.areas, scope.area_ids), operators=met(rows.operators, scope.operator_ids))


@narrow.register
def _(rows: Found, scope: Scope) -> Found:
    """Alerts of a city are those at its facilities; what speaks of no place is for the province and the operator itself. They serve supervision.

    Feeds bear the names of firms: who sees no firm by name is told of no feed.
    """
    kept = [i for i, a in enumerate(rows.alerts) if scope.role.supervision and _sees(scope, a.operator, a.place)]
    number = np.full(len(rows.alerts) + 1, -1, np.int64)
    number[kept] = np.arange(len(kept))
    of = number[rows.of]
    mine = of >= 0
    silent = rows.silent if scope.everywhere and not scope.operator_ids and scope.role.brands else {}
    alerts = [rows.alerts[i] for i in kept]
    if not scope.role.brands:
        alerts = [replace(a, silent_feeds=()) for a in alerts]
    return replace(rows, alerts=alerts, evidence=rows.evidence[mine], of=of[mine], silent=silent)


def _sees(scope: Scope, operator: int, place: int) -> bool:
    if scope.operator_ids and operator not in scope.operator_ids:
        return False
    known = place if place < len(scope.at_facility) else 0
    if scope.is_carrier and not known:
        return True
    return bool(scope.at_facility[known])


@narrow.register
def _(rows: pa.Table, scope: Scope) -> pa.Table:
    """Tables of answers: by the columns ``operator``, ``facility``, and ``area`` or the ends of a pair of areas, of which one must be in scope."""
    names = set(rows.schema.names)
    keep = np.ones(len(rows), np.bool_)
    if scope.operator_ids:
        keep &= np.isin(_ids(rows, "operator"), scope.operator_ids) if "operator" in names else False
    if not scope.everywhere:
        inside = [scope.in_area[_ids(rows, n)] for n in ("area", "origin", "destination") if n in names]
        if "facility" in names:
            place = _ids(rows, "facility")
            inside.append(scope.at_facility[np.where(place < len(scope.at_facility), place, 0)])
        keep &= np.logical_or.reduce(inside) if inside else False
    return rows.filter(pa.array(keep))


def _ids(rows: pa.Table, name: str) -> NDArray[np.int64]:
    return rows.column(name).to_numpy(zero_copy_only=False).astype(np.int64)


@narrow.register
def _(rows: Wanted, scope: Scope) -> Wanted:
    """Items of a figure in scope: the end by which the measure counts lies in it. Of roles that look at no items, none."""
    end = "origins" if MEASURES[rows.measure] == "origin" else "destinations"
    operators = met(rows.operators, scope.operator_ids) if scope.role.id in ITEMS else NOTHING
    narrowed: dict[str, Any] = {end: met(getattr(rows, end), scope.area_ids), "operators": operators}
    return replace(rows, **narrowed)


@narrow.register
def _(rows: Open, scope: Scope) -> Open:
    """Items on their way that begin or end in scope, of its own operator. A study of them tells of no others, since it is given none. Of roles that look at no items, none."""
    mine = np.full(len(rows.kind), scope.role.id in ITEMS)
    if scope.operator_ids:
        mine &= np.isin(rows.operator, scope.operator_ids)
    if not scope.everywhere:
        mine &= scope.in_area[rows.origin] | scope.in_area[rows.destination]
    return rows.only(mine)


_OF_OTHERS = ("key", "at", "kind", "place", "operator", "journey", "counts")
"""What one sees of a scan, at a place of one's own, of an item that neither comes from here nor goes here; all else tells of others."""


@narrow.register
def _(rows: History, scope: Scope) -> History:
    """Of an item's journeys a carrier sees its own; a city those that begin or end in it whole, and of others the scans at its own facilities, without what these state."""
    states, events = rows.states, rows.events
    if scope.role.id not in ITEMS:
        return replace(rows, states=states.slice(0, 0), events=events.slice(0, 0), parts=False)
    mine = np.ones(len(states), np.bool_)
    if scope.operator_ids:
        mine &= np.isin(_ids(states, "operator"), scope.operator_ids)
    here = scope.in_area[_ids(states, "origin")] | scope.in_area[_ids(states, "destination")]
    here |= scope.everywhere
    number, journey = _ids(states, "number"), _ids(events, "journey")
    whole = np.isin(journey, number[mine & here]) | (not len(states) and scope.everywhere and not scope.operator_ids)
    place = _ids(events, "place")
    scanned = scope.at_facility[np.where(place < len(scope.at_facility), place, 0)]
    of_mine = np.isin(journey, number[mine]) if scope.operator_ids else np.ones(len(events), np.bool_)
    part = ~whole & scanned & of_mine
    for name in events.schema.names:
        if name not in _OF_OTHERS and part.any():
            column = events.column(name)
            blank = pa.scalar(0, column.type)
            events = events.set_column(
                events.schema.get_field_index(name), name, pc.if_else(pa.array(part), blank, column)
            )
    kept = whole | part
    return replace(
        rows, states=states.filter(pa.array(mine & here)), events=events.filter(pa.array(kept)),
        parts=bool(part.any()) or not bool(kept.all()) or not bool((mine & here).all()),
    )  # fmt: skip


@narrow.register
def _(rows: Timetable, scope: Scope) -> Timetable:
    """A carrier rides what its items may; all others look at the whole, of which pages name what ``LaneRows`` lets them."""
    if not scope.operator_ids:
        return rows
    if scope.operator_ids == NOTHING:
        return replace(rows, connections=rows.connections.only(np.zeros(len(rows.connections), np.bool_)))
    return rows.usable(scope.operator)


@narrow.register
def _(rows: Promises, scope: Scope) -> Promises:
    """Promises of pairs of which one end is in scope; of others nothing is said."""
    inside = scope.in_area[rows.ends.area]
    return rows if scope.everywhere else rows.only(inside[:, None] | inside[None, :])


@narrow.register
def _(rows: LaneRows, scope: Scope) -> LaneRows:
    """A carrier's lanes are its secret: others see everybody's and their own. A city sees those that depart from or arrive at its facilities."""
    of, places = rows.lanes, scope.network.facilities.index_of_code
    keep = np.ones(len(rows.rows), np.bool_)
    if scope.operator_ids:
        keep &= np.isin(of.operator[rows.rows], ["*", scope.operator])
    if not scope.everywhere:
        ends = (of.source_facility[rows.rows], of.target_facility[rows.rows])
        keep &= np.logical_or.reduce([scope.at_facility[[places.get(str(c), 0) for c in codes]] for codes in ends])
    return replace(rows, rows=rows.rows[keep])


@narrow.register
def _(rows: QuerySet, scope: Scope) -> QuerySet:
    declared = _MODELS.get(rows.model)
    if declared is None:
        raise TypeError(f"{rows.model.__name__} has no declaration of its scope")
    return rows.filter(declared(scope))


def by_scope(declared: Callable[[Scope], Q]) -> Callable[[type], type]:
    """Declare, on a model, which of its rows a scope covers."""

    def on(model: type) -> type:
        _MODELS[model] = declared
        return model

    return on


def in_area_and_operator(scope: Scope) -> Q:
    """Rows with ``area`` (a code) and ``operator`` (a code, "" for none): the ordinary declaration."""
    chosen = Q()
    if not scope.everywhere:
        codes = [code for code, i in scope.network.areas.index_of_code.items() if i and scope.in_area[i]]
        chosen &= Q(area__in=codes)
    if scope.is_carrier or scope.operator:
        chosen &= Q(operator=scope.operator) & ~Q(operator="")
    return chosen


def whole_province_staff(scope: Scope) -> Q:
    """Rows that no carrier and no city may see."""
    return Q() if scope.everywhere and not scope.is_carrier and not scope.operator else Q(pk__in=[])


NO_ROWS = Q(pk__in=[])
