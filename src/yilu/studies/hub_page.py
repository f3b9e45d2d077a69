"""The figures of a hub study as a page: ``python -m yilu.studies.hub_page --seconds 60 > docs/explain/hub-study-figures.md``.

Each section is printed as soon as it is worked out, so that a run that is ended keeps what it has.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date

from yilu.design.matrices import HubMatrices, matrices, within
from yilu.design.stop import Stop, after, at_gap, either
from yilu.network import load
from yilu.studies.hub_scenarios import of_scenario, scenarios
from yilu.studies.hubs import (
    Design,
    System,
    as_planned,
    best,
    best_system,
    cities,
    clusters,
    measured,
    stated,
    swaps,
    with_hubs,
)

_DAY = date(2025, 12, 31)
_MOST_HUBS = 12
_HOURS = (6.0, 8.0, 10.0, 12.0)


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(str(x) for x in row) + " |" for row in rows]) + "\n"


def _names(m: HubMatrices, areas: Iterable[int]) -> str:
    return "、".join(m.network.areas.name_of_id[int(a)][0] for a in areas)


def _units(m: HubMatrices, d: Design) -> str:
    return "、".join(m.network.areas.name_of_id[int(m.unit[h])][0] for h in d.hubs)


def _money(yuan: float) -> str:
    return f"{yuan / 1e4:,.1f}"


def _gap(m: HubMatrices, d: Design) -> str:
    """The gap of all cost, and that of the cost that hubs can change."""
    if not d.plan.gap < 1:
        return "–"
    return f"{100 * d.plan.gap:.2f} % ({100 * (d.plan.cost - d.plan.bound) / (d.plan.cost - m.floor):.1f} %)"


def _line(m: HubMatrices, name: str, d: Design) -> tuple[object, ...]:
    x = measured(m, d)
    return name, len(d.hubs), _money(x.cost_yuan), _money(max(d.plan.bound, 0)), _gap(m, d), f"{x.hours:.2f}", f"{100 * x.in_time:.2f} %", f"{x.carbon_kg / 1e3:,.0f}", _units(m, d)  # fmt: skip


_HEADS = (
    "system",
    "hubs",
    "cost, 10,000 yuan a day",
    "bound",
    "gap",
    "hours",
    "in time",
    "t CO2e a day",
    "county units",
)


def sections(m: HubMatrices, seconds: float, seed: int, most: int = _MOST_HUBS) -> Iterator[str]:
    """The page's sections after its head, one by one."""

    def stop() -> Stop:
        return either(after(seconds), at_gap(1e-4))

    system = stated(m.network)
    plan = as_planned(m, system, stop(), seed)
    yield "## The plan's system\n\n" + _table(_HEADS, [_line(m, "the plan's cities, best county units", plan)])
    yield from _changes(m, plan)
    number = len(system.tiers)
    free = best(m, number, stop(), seed)
    same = with_hubs(m, Design(plan.hubs, ("",) * number, plan.allocation, plan.asked, plan.plan), stop(), seed)
    yield f"## {number} hubs without tiers\n\n" + _table(
        _HEADS, [_line(m, "the plan's sites", same), _line(m, "best found", free)]
    )
    yield from _scenarios(m, free, same, stop, seed)
    rows = [_line(m, f"p = {p}", best(m, p, stop(), seed)) for p in range(1, most + 1)]
    yield "## The best sites by number\n\n" + _table(_HEADS, rows)
    rows = [
        _line(
            m, "best found, tiers " + " + ".join(map(str, system.counts)), best_system(m, system.counts, stop(), seed)
        )
    ]
    for cluster in clusters(m.network):
        one = stated(m.network, cluster)
        rows.append(_line(m, f"{cluster} as one", as_planned(m, one, stop(), seed)))
        rows.append(
            _line(m, "best found, tiers " + " + ".join(map(str, one.counts)), best_system(m, one.counts, stop(), seed))
        )
    yield "## Systems of tiers\n\n" + _table(_HEADS, rows)
    yield _promises(m, system, plan, stop, seed)


def _changes(m: HubMatrices, plan: Design) -> Iterator[str]:
    changed = swaps(m, plan)
    of = dict(changed.contested(m, plan))
    rows = []
    for (j, more), hub, tier, lost in zip(
        changed.elsewhere(m, plan), plan.hubs.tolist(), plan.tier, changed.lost.tolist(), strict=True
    ):
        share = 100 / (plan.plan.cost - m.floor)
        rows.append((
            _names(m, [m.city[hub]]), tier, _names(m, [m.city[j]]), f"{_money(more)} ({share * more:+.3f} %)", f"{_money(lost)} ({share * lost:+.3f} %)", len(of.get(hub, [])),
        ))  # fmt: skip
    yield (
        "## One hub changed\n\nEvery hub given up for the best unit of another city, and lost with its units at the others; below 0 the change saves. "
        "Contested: how many other cities could have the hub for less than 1 % more of the cost that hubs can change; per cents are of that cost.\n\n"
        + _table(
            (
                "hub",
                "tier",
                "best elsewhere",
                "costs more, 10,000 yuan a day",
                "lost, 10,000 yuan a day",
                "contested by",
            ),
            rows,
        )
    )


def _scenarios(m: HubMatrices, free: Design, same: Design, stop: Callable[[], Stop], seed: int) -> Iterator[str]:
    rows, sets = [], [set(cities(m, free))]
    for s in scenarios(m.network):
        other = of_scenario(m.network, s, _DAY)
        found = best(other, len(free.hubs), stop(), seed)
        kept = with_hubs(other, same, stop(), seed)
        sets.append(set(cities(other, found)))
        more = 100 * (kept.plan.cost - found.plan.cost) / (found.plan.cost - other.floor)
        rows.append(
            (
                s.zh,
                s.grade,
                f"{other.items_a_day / 1e8:.2f}",
                _money(found.plan.cost),
                _gap(other, found),
                f"{more:+.2f} %",
                _units(other, found),
            )
        )
    if rows:
        always = set.intersection(*sets)
        yield (
            "## Other days' demand\n\n"
            + _table(
                (
                    "scenario",
                    "grade",
                    "items a day, 亿",
                    "cost",
                    "gap",
                    "the plan's sites cost more by",
                    "county units",
                ),
                rows,
            )
            + f"\nCities with a hub in every one of them and today: {_names(m, sorted(always))}.\n"
        )


def _promises(m: HubMatrices, system: System, plan: Design, stop: Callable[[], Stop], seed: int) -> str:
    rows = []
    for hours in _HOURS:
        tight = within(m, hours)
        row = [f"{hours:g} h", f"{100 * measured(tight, plan).in_time:.2f} %"]
        for mode, fine in (("volume", 0.0), ("penalty", 1.0)):
            d = as_planned(tight, system, stop(), seed, mode, fine)
            x = measured(tight, d)
            row += [f"{100 * x.in_time:.2f} %", _money(x.cost_yuan)]
        rows.append(row)
    heads = (
        "from unit to unit within",
        "cheapest",
        "least late volume",
        "its cost",
        "one yuan a late item",
        "its cost",
    )
    return (
        "## Promises\n\nThe plan's cities; county units and allocation by cost alone, for the least late volume, and with a fine.\n\n"
        + _table(heads, rows)
    )


def main() -> None:
    """Print the page."""
    asked = argparse.ArgumentParser(description="The figures of a hub study.")
    asked.add_argument("--province", default="guangdong")
    asked.add_argument("--seconds", type=float, default=60.0, help="for each search")
    asked.add_argument("--seed", type=int, default=0)
    given = asked.parse_args()
    m = matrices(load(given.province), _DAY)
    print(
        f"# Figures of the hub study 枢纽研究的数字\n\nMade on {date.today()} with `python -m yilu.studies.hub_page --seconds {given.seconds:g} --seed {given.seed}` on {platform.machine()}, "
        f"{os.cpu_count()} cores shared with other work, {platform.python_implementation()} {platform.python_version()}; crossings as on {_DAY}. {m.items_a_day / 1e8:.2f} hundred million items a day pass a hub, "
        f"{m.flow.sum() / 1e8:.2f} of them within the province. {_money(m.floor)} times 10,000 yuan a day of every cost are for what goes outside and can be changed by no hub. What they mean: [the hub study](hub-study.md).\n", flush=True,
    )  # fmt: skip
    for section in sections(m, given.seconds, given.seed):
        print(section, flush=True)


if __name__ == "__main__":
    main()
