"""The figures of a hub study as a page, and the text that quotes them.

``python -m yilu.studies.hub_page --seconds 600 --out docs/explain`` works out section by section; after each the page ``hub-study-figures.md`` is written anew,
with that section in place of an older one, and the part of ``hub-study.md`` that quotes it. ``--only promises`` does one section; what an ended run
has done stays. Without ``--out`` the page is printed as it comes.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from yilu.design.hub_rates import TIERS
from yilu.design.matrices import HubMatrices, matrices, within
from yilu.design.stop import Stop, after, at_gap, either
from yilu.network import load
from yilu.studies.hub_scenarios import of_scenario, scenarios
from yilu.studies.hub_text import FIGURES, HEAD, read, write, written
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
_NO_BOUND = "–"
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


@dataclass(frozen=True)
class Study:
    """A province's matrices ``m``, how long each search may take, and the designs that more than one section looks at."""

    m: HubMatrices
    seconds: float
    seed: int = 0
    most: int = _MOST_HUBS

    @property
    def stop(self) -> Stop:
        """A fresh rule for one search."""
        return either(after(self.seconds), at_gap(1e-4))

    @cached_property
    def system(self) -> System:
        """The plan's hubs."""
        return stated(self.m.network)

    @cached_property
    def plan(self) -> Design:
        """The plan's cities and tiers, the best county unit in each."""
        return as_planned(self.m, self.system, self.stop, self.seed)

    @cached_property
    def free(self) -> Design:
        """As many hubs as the plan has, without tiers, on any county unit."""
        return best(self.m, len(self.system.tiers), self.stop, self.seed)

    @cached_property
    def same(self) -> Design:
        """The plan's county units as hubs without tiers."""
        plain = Design(self.plan.hubs, ("",) * len(self.plan.hubs), self.plan.allocation, self.plan.asked, self.plan.plan)  # fmt: skip
        return with_hubs(self.m, plain, self.stop, self.seed)

    def share(self, yuan: float) -> str:
        """Yuan in per cent of the cost that hubs can change, that of the best design without tiers less what no hub changes."""
        return f"{100 * yuan / (self.free.plan.cost - self.m.floor):.1f} %"


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(str(x) for x in row) + " |" for row in rows]) + "\n"


def _names(m: HubMatrices, areas: Iterable[int]) -> str:
    return "、".join(m.network.areas.name_of_id[int(a)][0] for a in areas)


def _units(m: HubMatrices, d: Design) -> str:
    """Names of county units, by tier where hubs have one."""
    tiers = [t for t in ("", *TIERS) if t in d.tier]
    of = [(t, [int(m.unit[h]) for h, its in zip(d.hubs, d.tier, strict=True) if its == t]) for t in tiers]
    return "; ".join(f"{t}: {_names(m, units)}" if t else _names(m, units) for t, units in of)


def _money(yuan: float) -> str:
    return f"{yuan / 1e4:,.1f}"


def _bound(d: Design) -> str:
    return _money(d.plan.bound) if d.plan.bound > 0 else _NO_BOUND


def _gap(m: HubMatrices, d: Design) -> str:
    """The gap of all cost, and that of the cost that hubs can change."""
    if not d.plan.gap < 1:
        return _NO_BOUND
    return f"{100 * d.plan.gap:.2f} % ({100 * (d.plan.cost - d.plan.bound) / (d.plan.cost - m.floor):.1f} %)"


def _line(m: HubMatrices, name: str, d: Design) -> tuple[object, ...]:
    x = measured(m, d)
    return name, len(d.hubs), _money(x.cost_yuan), _bound(d), _gap(m, d), f"{x.hours:.2f}", f"{100 * x.in_time:.2f} %", f"{x.carbon_kg / 1e3:,.0f}", _units(m, d)  # fmt: skip


def _day_itself(s: Study) -> str:
    m = s.m
    return _table(
        ("what", "value"),
        [
            ("county units", len(m.unit)),
            ("items a day that pass a hub, hundred million", f"{m.items_a_day / 1e8:.2f}"),
            ("of them within the province", f"{m.flow.sum() / 1e8:.2f}"),
            ("cost that no hub changes, 10,000 yuan a day", _money(m.floor)),
        ],
    )


def _of_plan(s: Study) -> str:
    return _table(_HEADS, [_line(s.m, "the plan's cities, best county units", s.plan)])


def _changes(s: Study) -> str:
    m, plan = s.m, s.plan
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
    return (
        "Every hub given up for the best unit of another city, and lost with its units at the others; below 0 the change saves. "
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


def _free(s: Study) -> str:
    saved = s.same.plan.cost - s.free.plan.cost
    whole = 100 * saved / s.same.plan.cost
    return (
        _table(_HEADS, [_line(s.m, "the plan's sites", s.same), _line(s.m, "best found", s.free)])
        + f"\nThe best found costs {_money(saved)} less: {whole:.2f} % of all cost, {s.share(saved)} of what hubs can change.\n"
    )


def _scenarios(s: Study) -> str:
    rows, sets = [], [set(cities(s.m, s.free))]
    for one in scenarios(s.m.network):
        other = of_scenario(s.m.network, one, _DAY)
        found = best(other, len(s.free.hubs), s.stop, s.seed)
        kept = with_hubs(other, s.same, s.stop, s.seed)
        sets.append(set(cities(other, found)))
        more = 100 * (kept.plan.cost - found.plan.cost) / (found.plan.cost - other.floor)
        rows.append((
            one.zh, one.grade, f"{other.items_a_day / 1e8:.2f}", _money(found.plan.cost), _gap(other, found), f"{more:+.2f} %", _units(other, found),
        ))  # fmt: skip
    if not rows:
        return "The province states none.\n"
    return (
        _table(("scenario", "grade", "items a day, hundred million", "cost, 10,000 yuan a day", "gap", "the plan's sites cost more by", "county units"), rows)
        + f"\nCities with a hub in every one of them and today: {_names(s.m, sorted(set.intersection(*sets)))}.\n"
    )  # fmt: skip


def _by_number(s: Study) -> str:
    rows = [_line(s.m, f"p = {p}", best(s.m, p, s.stop, s.seed)) for p in range(1, s.most + 1)]
    return _table(_HEADS, rows)


def _counted(counts: Sequence[int]) -> str:
    return " + ".join(f"{n} {tier}" for n, tier in zip(counts, TIERS, strict=True) if n)


def _systems(s: Study) -> str:
    """The plan's system, as many hubs of each tier placed anywhere, and both again with each cluster counted as one hub."""
    kinds = [("the plan's cities", s.system)]
    kinds += [(f"the plan's cities, {c} one hub in any of its cities", stated(s.m.network, c)) for c in clusters(s.m.network)]  # fmt: skip
    rows, saved = [], []
    for name, system in kinds:
        given = s.plan if system == s.system else as_planned(s.m, system, s.stop, s.seed)
        anywhere = best_system(s.m, system.counts, s.stop, s.seed)
        if given.plan.cost < anywhere.plan.cost:  # the plan's is one of them
            anywhere = replace(given, plan=replace(given.plan, bound=anywhere.plan.bound))
        rows += [_line(s.m, name, given), _line(s.m, f"anywhere: {_counted(system.counts)}", anywhere)]
        less = given.plan.cost - anywhere.plan.cost
        saved.append(f"{name}: placed anywhere it costs {_money(less)} less, {s.share(less)} of what hubs can change.")
    return (
        "Each system with its cities given, then with as many hubs of each tier on any county unit. Only the discount between hubs tells tiers apart here.\n\n"
        + _table(_HEADS, rows) + "\n" + "\n".join(f"- {line}" for line in saved) + "\n"
    )  # fmt: skip


def _promises(s: Study) -> str:
    """The plan's cities under one time from unit to unit: what is in time by cost alone, at most, and with a fine."""
    rows = []
    for hours in _HOURS:
        tight = within(s.m, hours)
        volume = as_planned(tight, s.system, s.stop, s.seed, "volume")
        fined = as_planned(tight, s.system, s.stop, s.seed, "penalty", 1.0)
        most = 1.0 - max(volume.plan.bound, 0.0) / tight.flow.sum()
        alone, least, paid = (measured(tight, d) for d in (s.plan, volume, fined))
        rows.append((
            f"{hours:g} h", f"{100 * alone.in_time:.2f} %", f"{100 * least.in_time:.2f} %", f"{100 * most:.2f} %", f"{100 * paid.in_time:.2f} %",
            f"{_money(alone.cost_yuan)}", f"{_money(least.cost_yuan)}", f"{_money(paid.cost_yuan)}",
        ))  # fmt: skip
    heads = ("from unit to unit within", "in time, by cost alone", "least late volume found", "proven: at most", "with a fine of one yuan a late item", "cost alone, 10,000 yuan a day", "cost of least late volume", "cost with the fine, without it")  # fmt: skip
    return (
        "The plan's cities; county units and allocation by cost alone, for the least late volume whatever that costs, and for cost and a fine. Driving, sorting and docks count; nobody waits for a departure.\n\n"
        + _table(heads, rows)
    )


SECTIONS: dict[str, tuple[str, Callable[[Study], str]]] = {
    "day": ("The day", _day_itself),
    "plan": ("The plan's system", _of_plan),
    "changes": ("One hub changed", _changes),
    "free": ("The same number without tiers", _free),
    "scenarios": ("Other days' demand", _scenarios),
    "number": ("The best sites by number", _by_number),
    "tiers": ("Systems of tiers", _systems),
    "promises": ("Promises", _promises),
}
"""Name on the command line → heading, and what works it out."""


def section(study: Study, name: str) -> str:
    """A section with its heading and how it was made."""
    heading, made = SECTIONS[name]
    told = made(study)
    where = (
        f"{platform.machine()}, {os.cpu_count()} cores, {platform.python_implementation()} {platform.python_version()}"
    )
    province = study.m.network.name
    return (
        f"## {heading}\n\nMade on {date.today()} with `python -m yilu.studies.hub_page --province {province} --seconds {study.seconds:g} --seed {study.seed} --only {name}` on {where}.\n\n"
        + told
    )


def _asked() -> argparse.Namespace:
    asked = argparse.ArgumentParser(description="The figures of a hub study.")
    asked.add_argument("--province", default="guangdong")
    asked.add_argument("--seconds", type=float, default=60.0, help="for each search")
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS), help="sections")
    asked.add_argument(
        "--out", type=Path, help="the folder of hub-study-figures.md and hub-study.md, both brought up to date"
    )
    return asked.parse_args()


def main() -> None:
    """Print the page, or bring page and text in ``--out`` up to date."""
    given = _asked()
    study = Study(matrices(load(given.province), _DAY), given.seconds, given.seed)
    order = [heading for heading, _ in SECTIONS.values()]
    if given.out is None:
        print(HEAD, flush=True)
    for name in given.only:
        told = section(study, name)
        if given.out is None:
            print(told, flush=True)
        else:
            page = given.out / FIGURES
            held = read(page.read_text(encoding="utf-8")) if page.is_file() else {}
            page.write_text(written(held | read(told), order), encoding="utf-8")
            write(given.out)


if __name__ == "__main__":
    main()
