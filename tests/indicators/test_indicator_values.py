"""Indicators against DuckDB, which counts the same from the event files and knows nothing of cubes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.indicators.event_world import World
from yilu.indicators import Period, Scope, catalogue, values
from yilu.indicators.parts import ALL, HEADS, MEANS, QUANTILES, RATIOS, SUMS
from yilu.indicators.periods import SORTS
from yilu.indicators.quality import SCORE, WEIGHTS
from yilu.indicators.values import EVERYWHERE
from yilu.network.demand import populations

PERIOD = Period(date(2025, 6, 3), date(2025, 6, 6))
_END = 1749225600
"""The period's end, 7 June 2025 00:00 +08:00."""


def asked(world: World, name: str, scope: Scope = EVERYWHERE, by: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Values of one indicator."""
    return values(world.snapshot, world.network, [name], PERIOD, scope, by)


def _on(moment: str) -> str:
    return f"((({moment}) + 28800) // 86400 BETWEEN 20242 AND 20245)"


def _accepted(also: str = "TRUE") -> str:
    return f"SELECT count(*) FROM items WHERE here AND {_on('accepted')} AND {also}"


def _delivered(also: str = "TRUE", what: str = "count(*)") -> str:
    return f"SELECT {what} FROM items WHERE to_here AND {_on('delivered')} AND {also}"


def _due(also: str = "TRUE", side: str = "here") -> str:
    return f"SELECT count(*) FROM items WHERE {side} AND {_on('due_at')} AND (due_at + 28800) // 86400 < {{known}} AND {also}"


def _ended(also: str = "how IS NOT NULL", side: str = "here", what: str = "count(*)") -> str:
    return f"SELECT {what} FROM items WHERE {side} AND {_on('ended_at')} AND {also}"


def _check(name: str, also: str = "TRUE") -> str:
    left = f"CASE WHEN {name}_at_site THEN left_processing_at ELSE left_at END"
    return f"SELECT count(*) FROM items WHERE here AND owes_{name} AND {_on('accepted')} AND " + also.format(
        done=f"coalesce({name} <= coalesce({left}, {name}), FALSE)", pending=f"({name} IS NULL AND {left} IS NULL)"
    )


_CHECKED = ("inspect", "identify", "screen")
_DONE, _OWED = ([_check(n, c) for n in _CHECKED] for c in ("{done}", "NOT {pending}"))
_FILED = _check("inspect", "sender_kind = 'contract'")
_LATE = "delivered <= due_at"
VOLUMES: dict[str, str] = {
    "accepted": _accepted(),
    **{f"accepted_{m}": _accepted(f"market = '{m}'") for m in ("same_city", "intercity", "beyond")},
    "letters_accepted": _accepted("item_class = 'letter'"),
    "parcels_accepted": _accepted("item_class = 'parcel'"),
    "express_accepted": _accepted("item_class = 'express'"),
    "delivered": _delivered(),
    **{f"delivered_{m}": _delivered(f"market = '{m}'") for m in ("same_city", "intercity", "beyond")},
    "due": _due(),
    "on_time": _due(_LATE),
    "in_flight": f"SELECT count(*) FROM items WHERE here AND accepted < {_END} AND NOT coalesce(ended_at < {_END}, FALSE)",
    "overdue": f"SELECT count(*) FROM items WHERE to_here AND due_at < {_END} AND NOT coalesce(ended_at < {_END}, FALSE)",
    **dict(zip(("inspected", "identified", "screened"), _DONE, strict=True)),
    **{how: _ended(f"how = '{how}'") for how in ("returned", "lost", "destroyed", "cancelled")},
}  # fmt: skip
_AT_DOOR = "delivered IS NOT NULL"
SHARES: dict[str, tuple[str, str]] = {
    "beyond_share": (VOLUMES["accepted_beyond"], VOLUMES["accepted"]),
    "on_time_rate": (_due(_LATE), _due()),
    "on_time_rate_same_city": (_due(f"market = 'same_city' AND {_LATE}"), _due("market = 'same_city'")),
    "on_time_rate_stated": (_due(f"stated IS NOT NULL AND {_LATE}"), _due("stated IS NOT NULL")),
    "on_time_rate_derived": (_due(f"stated IS NULL AND {_LATE}"), _due("stated IS NULL")),
    "on_time_rate_received": (_due(_LATE, "to_here"), _due(side="to_here")),
    **{n: (done, owed) for n, done, owed in zip(("inspection_rate", "identification_rate", "screening_rate"), _DONE, _OWED, strict=True)},
    "checks_rate": (" + ".join(f"({q})" for q in _DONE), " + ".join(f"({q})" for q in _OWED)),
    "combined_identification_rate": (f"({_DONE[1]}) + ({_FILED})", f"({_OWED[1]}) + ({_FILED})"),
    "delivered_rate": (_ended(_AT_DOOR, "to_here"), _ended(side="to_here")),
    "not_delivered_rate": (_ended("delivered IS NULL"), _ended()),
    "return_rate": (_ended("how = 'returned'"), _ended()),
    "loss_rate": (_ended("how = 'lost'"), _ended()),
    **{f"{how}_share": (_delivered(f"how = '{how}'"), _delivered()) for how in ("locker", "station", "proxy")},
    "transfers_per_item": (_ended(_AT_DOOR, what="sum(least(hops, 15))"), _ended(_AT_DOOR)),
    "attempts_per_item": (_delivered(what="sum(least(attempts, 3) + 1)"), _delivered()),
    "first_attempt_rate": (_delivered("attempts = 0"), _delivered()),
    "days_in_flight": (f"SELECT count(*) FROM items WHERE to_here AND accepted < {_END} AND NOT coalesce(ended_at < {_END}, FALSE)", f"({_delivered()}) / 4"),
    "days_overdue": (VOLUMES["overdue"], f"({_delivered()}) / 4"),
}  # fmt: skip
_SENT, _RECEIVED = f"here AND {_on('delivered')}", f"to_here AND {_on('delivered')}"
_INTERCITY = f"{_SENT} AND market = 'intercity'"
TIMES: dict[str, tuple[str, str]] = {
    "transit_median": ("delivered - accepted", _SENT),
    "transit_p95": ("delivered - accepted", _SENT),
    "transit_median_intercity": ("delivered - accepted", _INTERCITY),
    "transit_mean_intercity": ("delivered - accepted", _INTERCITY),
    "transit_median_received": ("delivered - accepted", _RECEIVED),
    "transit_p95_received": ("delivered - accepted", _RECEIVED),
    **{
        f"stage_{stage}_{sort}": (f"{until} - {since}", f"{_INTERCITY} AND {until} IS NOT NULL AND {since} IS NOT NULL")
        for stage, since, until in (
            ("origin", "accepted", "handled"), ("transport", "handled", "reached"), ("destination", "reached", "toured"),
            ("delivery", "toured", "delivered"),
        )
        for sort in ("mean", "median")
    },
}  # fmt: skip
"""Exact seconds, and of which items."""


def counted(world: World, query: str) -> Any:
    """What DuckDB counts: a query, or a sum of queries."""
    known = int(world.network.local_day(world.snapshot.as_of))
    return world.one((query if query.startswith("SELECT") else f"SELECT {query}").replace("{known}", str(known)))


@pytest.mark.parametrize("name", VOLUMES)
def test_volumes(world: World, name: str) -> None:
    """Sums are what SQL counts in the files: by day of acceptance, promise, delivery or end, by end, market, class and check."""
    [row] = asked(world, name)
    assert row["value"] == counted(world, VOLUMES[name])
    assert (row["denominator"], row["basis"], row["left_out"]) == (None, "items" if row["firms"] else None, 0)


@pytest.mark.parametrize("name", SHARES)
def test_shares(world: World, name: str) -> None:
    """Numerators and denominators are what SQL counts in the files."""
    [row] = asked(world, name)
    above, below = (counted(world, query) for query in SHARES[name])
    assert (row["numerator"], row["denominator"]) == (above, pytest.approx(below))
    assert row["value"] == pytest.approx(above / below)


@pytest.mark.parametrize("name", TIMES)
def test_times(world: World, name: str) -> None:
    """Means and quantiles of hours lie within 1 % of those of the exact times; boundaries of stages are whole minutes from acceptance."""
    seconds, which = TIMES[name]
    share = QUANTILES[name][1] if name in QUANTILES else 0.0
    how = f"quantile_disc({seconds}, {share})" if share else f"avg({seconds})"
    [found] = asked(world, name)
    exact = counted(world, f"SELECT {how} FROM items WHERE {which}")
    assert found["denominator"] == counted(world, f"SELECT count(*) FROM items WHERE {which}") > 0
    assert 3600 * found["value"] == pytest.approx(exact, rel=0.0105)


def test_stages_add_up_to_the_whole_transit(world: World) -> None:
    """Time in single stages and time that no scan divides are all of the intercity transit time, and the single ones as much as SQL finds."""
    [told], [whole] = asked(world, "stages_told"), asked(world, "transit_mean_intercity")
    assert told["denominator"] / 3600 == pytest.approx(whole["numerator"], rel=0.01)
    parts = (("accepted", "handled"), ("handled", "reached"), ("reached", "toured"), ("toured", "delivered"))
    single = " + ".join(f"coalesce({until} - {since}, 0)" for since, until in parts)
    exact = counted(world, f"SELECT sum({single}) FROM items WHERE {_INTERCITY}")
    assert told["numerator"] == pytest.approx(exact, rel=0.01)


def test_the_72_hour_rate(world: World) -> None:
    """The numerator lies within what a bin of time holds, the denominator is exact."""
    [found] = asked(world, "rate_72h")
    within = [counted(world, f"SELECT count(*) FROM items WHERE {_INTERCITY} AND delivered - accepted <= {72 * 3600 * f}") for f in (0.99, 1.01)]  # fmt: skip
    assert within[0] <= found["numerator"] <= within[1]
    assert found["denominator"] == counted(world, f"SELECT count(*) FROM items WHERE {_INTERCITY}")


@pytest.mark.parametrize("name", HEADS)
def test_a_head(world: World, name: str) -> None:
    """Items over inhabitants: of the province its stated figure, of a city its own, of a region its cities'."""
    network = world.network
    people = populations(network.areas, network.figures)
    [whole] = asked(world, name)
    assert whole["denominator"] == pytest.approx(10_000 * people["440000"])
    assert whole["numerator"] == counted(world, VOLUMES["accepted" if "items" in name else "express_accepted"])
    cities = asked(world, name, by=("area",))
    assert {network.areas.code_of_id[r["area"]]: r["denominator"] for r in cities}["440300"] == 17_560_100
    assert sum(r["denominator"] for r in asked(world, name, by=("region",))) == pytest.approx(whole["denominator"])
    shenzhen = Scope(areas=(int(network.areas.index_of_code["440300"]),))
    assert asked(world, name, shenzhen)[0]["denominator"] == 17_560_100


@pytest.mark.parametrize("by", [("operator",), ("area",), ("region",), ("level",), ("operator", "area"), ("day",), ("month",)])  # fmt: skip
def test_parts_add_up_to_the_whole(world: World, by: tuple[str, ...]) -> None:
    """Over operators, cities, regions, levels, and days where it has days: numerators and denominators add up to those of the whole."""
    names = [*SUMS, *RATIOS]
    wholes = {row["indicator"]: row for row in values(world.snapshot, world.network, names, PERIOD)}
    parts: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for row in values(world.snapshot, world.network, names, PERIOD, by=by):
        parts[row["indicator"]].append(row)
    for name in names:
        if by[0] in SORTS and name.startswith(("in_flight", "overdue", "days")):
            continue  # a stock at the end of a period has no days
        assert sum(p["numerator"] for p in parts[name]) == wholes[name]["numerator"], name
        assert sum(p["denominator"] or 0 for p in parts[name]) == pytest.approx(wholes[name]["denominator"] or 0), name


def test_ends_are_deliveries_and_other_ends(world: World) -> None:
    """The cube of ends counts just the items that the cube of flow counts as delivered or ended, on both sides."""
    [rate] = asked(world, "delivered_rate")
    assert rate["numerator"] == asked(world, "delivered")[0]["value"]
    whole = sum(asked(world, how)[0]["value"] for how in ("returned", "lost", "destroyed", "cancelled"))
    assert asked(world, "not_delivered_rate")[0]["numerator"] == whole > 0


def test_scope_narrows(world: World) -> None:
    """One city and two operators: what a query narrowed alike counts."""
    operators = {str(c): int(i) for c, i in zip(world.network.operators.code, world.network.operators.id, strict=True)}
    city = int(world.network.areas.index_of_code["440100"])
    scope = Scope(areas=(city,), operators=(operators["ZTO"], operators["SF"]))
    [found] = asked(world, "accepted", scope)
    expected = counted(world, _accepted(f"from_city = {city} AND operator IN ('ZTO', 'SF')"))
    assert found["value"] == expected > 0


def test_days_before_and_after_what_is_known_do_not_thin_a_daily_mean(world: World) -> None:
    """Deliveries a day are those of the days that the store knows, however long the period is."""
    month = Period(date(2025, 6, 1), date(2025, 6, 30))
    [found] = values(world.snapshot, world.network, ["days_in_flight"], month)
    known = int(world.network.local_day(world.snapshot.as_of)) - 20242 + 1
    assert found["denominator"] == pytest.approx(counted(world, "SELECT count(delivered) FROM items WHERE to_here") / known)  # fmt: skip


def test_who_asks_at_once_gets_what_each_gets_alone(world: World) -> None:
    """A commit's cells are laid out once and lent to one question at a time: threads that ask together mix nothing up."""
    names = [*SUMS, *RATIOS][:8]
    alone = [asked(replace(world, snapshot=replace(world.snapshot)), n) for n in names]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda n: asked(world, n), names)) == alone


def test_the_catalogue_and_the_values_are_of_the_same_indicators() -> None:
    """No indicator without a value, no value without words, and none that DuckDB doesn't hold; those of data quality: test_quality_indicators."""
    assert set(catalogue()) == ALL
    assert {*VOLUMES, *SHARES, *TIMES, *HEADS, "stages_told", "rate_72h"} == ALL - {*WEIGHTS, SCORE}
    assert {*MEANS, *QUANTILES} == set(TIMES)


def test_what_is_unknown_is_refused(world: World) -> None:
    """An indicator or a group that there isn't is an error, not an empty answer."""
    with pytest.raises(KeyError):
        asked(world, "happiness")
    with pytest.raises(ValueError, match="weather"):
        asked(world, "accepted", by=("weather",))
