"""An item's history as far as a scope reaches: held against plain sentences of who sees what, over generated histories."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yilu.console.access.narrowing import narrow
from yilu.console.access.roles import ROLES
from yilu.console.access.scope import NOTHING, Scope
from yilu.items.history import History
from yilu.items.listing import MEASURES, Wanted

AREAS, PLACES, OPERATORS = 6, 8, 3
AREA_OF = np.array([0, 1, 2, 3, 4, 5, 1, 2])
"""The area of each place; 0 unknown."""
SECRETS = ("container", "destination", "weight_g", "event_id", "via", "parent", "origin")
"""What a scan states of an item; nobody's who sees the scan alone."""
LOOK_AT_ITEMS = {"duty", "monitor", "supervisor", "carrier"}

Row = dict[str, Any]


class Made(Scope):
    """A scope over six areas without a province."""

    def __init__(self, role: str, areas: frozenset[int], operator: int) -> None:
        made = {
            "role": ROLES[role], "areas": tuple(map(str, sorted(areas))), "operator": str(operator) if operator else "", "user": 1, "name": "somebody",
            "rights": frozenset(), "network": SimpleNamespace(),
        }  # fmt: skip
        for name, value in made.items():
            object.__setattr__(self, name, value)
        inside = np.isin(np.arange(AREAS), list(areas)) if areas else np.ones(AREAS, np.bool_)
        at_facility = inside[AREA_OF]
        at_facility[0] = not areas
        ids = (operator,) if operator else NOTHING if role == "carrier" else ()
        for name, value in {
            "in_area": inside, "at_facility": at_facility, "operator_ids": ids, "area_ids": tuple(np.flatnonzero(inside).tolist()) if areas else (),
        }.items():  # fmt: skip
            self.__dict__[name] = value


@st.composite
def scopes(draw: st.DrawFn) -> Made:
    """Any role with any areas; a carrier with its operator, or with none that is known."""
    role = draw(st.sampled_from(sorted(ROLES)))
    areas = draw(st.frozensets(st.integers(1, AREAS - 1), max_size=2))
    return Made(role, areas, draw(st.integers(0, OPERATORS - 1)) if role == "carrier" else 0)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Up to three journeys of one number, with events at known and unknown places."""
    journeys = draw(st.integers(0, 3))
    states = [
        {"number": n, "operator": draw(st.integers(0, OPERATORS - 1)), "origin": draw(st.integers(0, AREAS - 1)), "destination": draw(st.integers(0, AREAS - 1))}
        for n in range(journeys)
    ]  # fmt: skip
    count = draw(st.integers(0, 8))
    events = [
        {
            "key": 7, "at": n, "kind": 8, "place": draw(st.integers(0, PLACES + 1)), "operator": draw(st.integers(0, OPERATORS - 1)), "journey": draw(st.integers(0, max(0, journeys - 1))),
            "counts": draw(st.booleans()), **dict.fromkeys(SECRETS, 9),
        }
        for n in range(count)
    ]  # fmt: skip
    names = pa.schema([(n, pa.int64()) for n in ("number", "operator", "origin", "destination")])
    of_events = pa.schema([(n, pa.bool_() if n == "counts" else pa.uint64()) for n in ("key", "at", "kind", "place", "operator", "journey", "counts", *SECRETS)])  # fmt: skip
    return History(7, pa.Table.from_pylist(states, names), pa.Table.from_pylist(events, of_events), ())


def seen(found: History, scope: Made) -> tuple[list[Row], list[Row]]:
    """Who sees what, in sentences."""
    if scope.role.id not in LOOK_AT_ITEMS:
        return [], []
    everywhere, operator = not scope.areas, int(scope.operator or 0)
    inside = {int(a) for a in scope.areas}
    is_mine = {}
    is_whole = {}
    for s in found.states.to_pylist():
        is_mine[s["number"]] = not scope.is_carrier or (operator != 0 and s["operator"] == operator)
        touches = everywhere or s["origin"] in inside or s["destination"] in inside
        is_whole[s["number"]] = is_mine[s["number"]] and touches
    states = [s for s in found.states.to_pylist() if is_whole[s["number"]]]
    events = []
    for e in found.events.to_pylist():
        here = e["place"] < PLACES and (everywhere or (e["place"] > 0 and AREA_OF[e["place"]] in inside))
        if e["place"] >= PLACES:
            here = everywhere
        if is_whole.get(e["journey"], everywhere and not scope.is_carrier):
            events.append(e)
        elif here and is_mine.get(e["journey"], not scope.is_carrier):
            events.append({**e, **dict.fromkeys(SECRETS, 0)})
    return states, events


@settings(max_examples=150)
@given(histories(), scopes())
def test_who_sees_what_of_an_item(found: History, scope: Made) -> None:
    """A carrier sees its own items; a city those that come from or go to it, and of others the scans at its own places and nothing that they state; who looks at no items, nothing."""
    mine = narrow(found, scope)
    states, events = seen(found, scope)
    assert mine.states.to_pylist() == states
    assert mine.events.to_pylist() == events


@given(histories(), scopes())
def test_what_is_left_out_is_said(found: History, scope: Made) -> None:
    """Who sees a part is told that it is one; who sees all is not."""
    mine = narrow(found, scope)
    if scope.role.id in LOOK_AT_ITEMS:
        less = (
            mine.states.to_pylist() != found.states.to_pylist() or mine.events.to_pylist() != found.events.to_pylist()
        )
        assert mine.parts == less


@pytest.mark.parametrize("measure", sorted(MEASURES))
@settings(max_examples=20)
@given(scope=scopes(), chosen=st.lists(st.integers(1, AREAS - 1), max_size=2).map(tuple))
def test_a_list_reaches_no_further_than_the_scope(measure: str, scope: Made, chosen: tuple[int, ...]) -> None:
    """The end that a figure counts by lies in scope, the operator is the carrier's own, and who looks at no items gets a list of none."""
    end = "origins" if MEASURES[measure] == "origin" else "destinations"
    mine = narrow(Wanted(measure, **{end: chosen}), scope)
    got = set(getattr(mine, end)) or set(range(AREAS))
    allowed = {int(a) for a in scope.areas} or set(range(AREAS))
    asked = set(chosen) or set(range(AREAS))
    assert got - set(NOTHING) == (asked & allowed if asked & allowed else set())
    if scope.role.id not in LOOK_AT_ITEMS:
        assert mine.operators == NOTHING
    elif scope.is_carrier:
        assert mine.operators == ((int(scope.operator),) if scope.operator else NOTHING)
    else:
        assert mine.operators == ()
