"""``./do bench hubs``: plans and proofs for hub-location instances, beside published values and what HiGHS alone does.

Each instance is one ``solve`` that gives plan and proof; five seeds say how long the published value takes. ``--instance FILE --p N`` takes any file
of the AP format, ``--only TEXT`` the instances with that in their names. Published times were measured on other machines: their ratio says no more than that.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.hub_instances import Instance, ap, cab, folder, made, read_ap
from benchmarks.hub_milp import milp
from benchmarks.machine import run, say
from yilu.design.hubs import HubPlan, HubProblem, MultiplePlan, solve, solve_multiple
from yilu.design.stop import Progress, after, at_gap, either

_SEEDS = 5
_MARKS = (10, 30, 60, 120, 300)
_LARGE = 100
"""From so many nodes on the published value takes long enough to be timed."""


def compile_seconds() -> float:
    """Seconds until everything is compiled, or read from where it was kept: a small problem of each kind of kernel."""
    begun = time.perf_counter()
    solve(made(12, 3, 0).problem, either(after(60), at_gap(1e-9)))
    return time.perf_counter() - begun


def measured(
    instance: Instance, seconds: float, seed: int = 0, planner: Callable[..., HubPlan | MultiplePlan] = solve
) -> dict[str, Any]:
    """Plan and proof within ``seconds``."""
    begun = time.perf_counter()
    reached, gaps = 0.0, dict[int, float]()
    best = float("inf")

    def report(progress: Progress) -> None:
        nonlocal reached, best
        passed = time.perf_counter() - begun
        if progress.cost < best:
            reached, best = passed, progress.cost
        for mark in _MARKS:
            if passed <= mark:
                gaps[mark] = 100 * progress.gap

    plan = planner(instance.problem, after(seconds), seed, report)
    took = time.perf_counter() - begun
    return {
        "cost": plan.cost, "published": instance.published,
        "over_published_percent": None if instance.published is None else 100 * (plan.cost / instance.published - 1),
        "gap_certified": 100 * plan.gap, "seconds": took, "cost_seconds": reached, "nodes": plan.nodes,
        "published_seconds": instance.published_seconds,
        "ratio_published_time": None if instance.published_seconds is None or not plan.is_proven else instance.published_seconds / took,
        **{f"gap_{mark}s": gaps[mark] for mark in _MARKS if mark in gaps},
    }  # fmt: skip


def value_seconds(instance: Instance, limit: float) -> dict[str, Any]:
    """Median and worst of the seconds that five seeds take to the published value; how many reach it within ``limit``."""
    took, wanted = [], (instance.published or 0.0) * (1 + 1e-6)
    for seed in range(_SEEDS):
        begun, reached = time.perf_counter(), [limit]

        def report(progress: Progress, begun: float = begun, reached: list[float] = reached) -> None:
            if progress.cost <= wanted and reached == [limit]:
                reached[0] = time.perf_counter() - begun

        solve(instance.problem, either(after(limit), lambda progress: progress.cost <= wanted), seed, report)
        took.append(reached[0])
    return {
        "value_seconds_median": statistics.median(took), "value_seconds_worst": max(took),
        "value_reached_of_5": sum(t < limit for t in took),
    }  # fmt: skip


Row = tuple[Instance, float, Callable[..., HubPlan | MultiplePlan]]


def instances(quick: bool) -> list[Row]:
    """(instance, seconds for its proof, planner), the families of the literature one after the other."""
    if folder() is None:
        say("the shared data are not there: made instances stand for the published ones")
        return [(made(25, 3, 1), 10.0, solve), (made(50, 5, 1), 10.0, solve)]
    if quick:
        return [(ap(25, 3), 10.0, solve), (ap(50, 5), 10.0, solve)]
    rows: list[Row] = [(ap(n, p), 10.0, solve) for n in (25, 50, 10, 20, 40) for p in (2, 3, 4, 5)]
    rows += [(cab(p, alpha), 10.0, solve) for p in (2, 3, 4) for alpha in (0.2, 0.4, 0.6, 0.8, 1.0)]
    rows += [(ap(100, p), 120.0, solve) for p in (5, 10, 15, 20)]
    rows += [(ap(200, p), 600.0 if p < 15 else 120.0, solve) for p in (5, 10, 15, 20)]
    rows += [(ap(100, None, letters, "USAHLP"), 60.0, solve) for letters in ("lt", "tt")]
    four = ("ll", "lt", "tl", "tt")
    rows += [(ap(n, None, letters, "CSAHLP"), 300.0, solve) for n in (10, 20, 25, 40, 50, 100) for letters in four]
    rows += [(ap(n, p, kind="UMApHMP"), 60.0, solve_multiple) for n in (25, 50) for p in (2, 3, 4, 5)]
    rows += [(ap(100, p, kind="UMApHMP"), 60.0, solve_multiple) for p in (5, 10, 15, 20)]
    rows += [(ap(200, p, kind="UMApHMP"), 120.0, solve_multiple) for p in (2, 3, 10, 15, 20)]
    return rows


def measure(
    quick: bool, instance: str | None = None, p: str | None = None, seconds: str | None = None, only: str | None = None
) -> dict[str, Any]:
    """All instances; quick: one of 25 nodes and one of 50; ``instance``: one file; ``only``: those whose names hold this text."""
    compiling = compile_seconds()
    out: dict[str, Any] = {"compile_seconds": compiling}
    if instance is not None:
        return out | _of_file(Path(instance), None if p is None else int(p), float(seconds or 120), compiling)
    for one, limit, planner in instances(quick):
        if only is not None and only not in one.name:
            continue
        found = measured(one, float(seconds or limit), planner=planner) | {"compile_seconds": compiling}
        if one.published is not None and not quick and planner is solve and len(one.problem.flow) >= _LARGE:
            found |= value_seconds(one, 60.0)
        say(f"{one.name}: {found}")
        out[one.name] = found
    for n in () if only else (8,) if quick else (10, 20, 25):
        out[f"HiGHS alone, {n} nodes"] = peer(made(n, 3, n).problem, 10.0 if quick else 120.0)
    return out


def _of_file(file: Path, p: int | None, seconds: float, compiling: float) -> dict[str, Any]:
    """A file of the AP format: ``p`` hubs, or, without it, as many as pay by the fixed costs that the file holds."""
    one = Instance(f"{file.name} p={p}", read_ap(file, p, costs=p is None))
    return {one.name: measured(one, seconds) | {"compile_seconds": compiling}}


def peer(problem: HubProblem, seconds: float) -> dict[str, Any]:
    """The same problem by HiGHS alone, and by yilu."""
    begun = time.perf_counter()
    plan = solve(problem, after(seconds))
    ours = time.perf_counter() - begun
    cost, bound, theirs = milp(problem, seconds)
    say(
        f"HiGHS alone, {len(problem.flow)} nodes: {theirs:.1f} s, gap {100 * (cost - bound) / cost:.3f} %; yilu {ours:.2f} s"
    )
    return {
        "cost": cost, "yilu_cost": plan.cost, "gap_certified": 100 * (cost - bound) / cost, "yilu_gap_certified": 100 * plan.gap,
        "seconds": theirs, "yilu_seconds": ours, "ratio": theirs / ours,
    }  # fmt: skip


if __name__ == "__main__":
    run(measure, "Hub location: plans and proofs.", ("instance", "p", "seconds", "only"))
