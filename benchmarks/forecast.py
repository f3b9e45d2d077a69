"""``./do bench forecast``: how good forecasts of the official series would have been, by rolling origin, and how they would have spoken in the middle of the plan.

``--write`` makes docs/explain/back-test.md again, without it the page is printed, or with ``--json`` its figures. All of them come from the province's statistics and the targets of its plan; ``--quick`` is the same work, which
takes seconds.
"""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.forecast_drafts import drafted, section
from benchmarks.machine import run
from yilu.network import load as load_network
from yilu.plan import load as load_plan
from yilu.plan.forecast import NAMES, Forecast, Judged, Problem, Result, Series, Trajectory, chance, met, solve
from yilu.plan.forecast.of_statistics import cut, name_of, of_statistics, paths_of
from yilu.plan.statistics import load

PROVINCE = "guangdong"
MIDDLE, DUE = 2022, 2025
PAGE = Path(__file__).parents[1] / "docs" / "explain" / "back-test.md"


def areas() -> tuple[str, str]:
    """Codes of the province and of the nation it lies in."""
    known = load_network(PROVINCE).areas
    inside = [i for i in range(len(known.code)) if known.level[i] == "province" and known.inside[i]]
    return str(known.code[inside[0]]), str(known.parent[inside[0]])


def every() -> tuple[tuple[Series, ...], dict[tuple[str, str], Trajectory]]:
    """All yearly series of the province's statistics, and the targets by series and area."""
    held, (province, nation) = load(PROVINCE), areas()
    paths, _ = paths_of(load_plan(PROVINCE), held, province)
    return of_statistics(held, nation, paths), paths


def middle(whole: tuple[Series, ...], paths: dict[tuple[str, str], Trajectory]) -> list[dict[str, Any]]:
    """What a mid-term evaluation, with data to the end of ``MIDDLE`` alone, would have said of each target due in ``DUE``, and what came."""
    then = solve(Problem(cut(whole, MIDDLE), DUE))
    now = {s.id: s for s in whole}
    rows = []
    for (code, area), path in paths.items():
        f = then.forecasts.get(name_of(code, area))
        s = now.get(name_of(code, area))
        if f is None or s is None or s.last != DUE:
            continue
        less = (
            [solve(Problem(cut(w, MIDDLE), DUE)).forecasts[s.id] for w in _less(whole, s.id)] if f.figures > 2 else []
        )
        rows.append(
            {
                **_said(f, code, path, float(s.values[-1])),
                "one_less": sorted(float(g.middle[DUE - int(g.times[0])]) for g in less),
            }
        )
    return rows


def _less(whole: tuple[Series, ...], id: str) -> list[tuple[Series, ...]]:
    """All series, once for each figure of one of them that was known in ``MIDDLE``, without it."""
    s = next(s for s in whole if s.id == id)
    return [
        tuple(
            replace(o, times=np.delete(o.times, i), values=np.delete(o.values, i)) if o.id == id else o for o in whole
        )
        for i in np.flatnonzero(s.times <= MIDDLE)
    ]


def _said(f: Forecast, code: str, path: Trajectory, came: float) -> dict[str, Any]:
    at, likely = DUE - int(f.times[0]), chance(f, DUE, path.target, path.comparator)
    return {
        "series": code, "figures": f.figures, "last": int(f.times[0]) - 1, "method": f.method, "target": path.target,
        "middle": float(f.middle[at]), "low80": float(f.low80[at]), "high80": float(f.high80[at]), "low95": float(f.low95[at]), "high95": float(f.high95[at]),
        "chance": likely, "at_risk": likely < 0.5, "came": came, "met": met(path, came), "inside80": bool(f.low80[at] <= came <= f.high80[at]),
        "off": came / float(f.middle[at]) - 1, "errors": f.cases, "error_years": f.error_times,
    }  # fmt: skip


def measure(quick: bool) -> dict[str, Any]:
    """The back-test and the middle of the plan, as plain figures."""
    whole, paths = every()
    result = solve(Problem(whole, DUE))
    return {
        "series": len(whole),
        "mid_term": middle(whole, paths),
        "drafts": drafted(PROVINCE, DUE),
        "groups": [
            {"kind": j.kind, "period": j.period, "series": len(j.ids), "scores": [asdict(s) for s in j.scores], "coverage": [asdict(c) for c in j.coverage]}
            for j in result.judged if j.scores
        ],
    }  # fmt: skip


def page() -> str:
    """The page docs/explain/back-test.md."""
    whole, paths = every()
    result = solve(Problem(whole, DUE))
    return f"""# How good the forecasts would have been 回测

Made by `./do bench forecast --write`; a test holds that this page is what the code gives on the statistics of the province. What the words mean: [forecasts](forecast.md).

## In the middle of the plan 中期

With figures to the end of {MIDDLE} alone: what the forecast for {DUE} would have said of the plan's targets that official statistics measure, and what came. *At risk*: the chance to meet the target was below a half. Every interval rests on as few errors as the last column
says, so that the assumed spread weighs as much as they do. An outcome inside of so wide an interval tells little of the forecast: *off*, outcome over forecast less 1, tells more.
*With one figure less*: the forecasts that come out when any one figure of the series is left out.

{table(HEAD_MIDDLE, [row_of(r) for r in middle(whole, paths)])}

{missing(whole, paths)}
## Reading the tables

*To drift*, *to the plan's path*, *to the plan's growth*: how large errors are against those of the other, below 1 is better; only cases that both have count. The plan's path is what the plan had foreseen for the year; its growth is laid on the last figure known. Cases overlap and share their years: they are far fewer pieces of
knowledge than their number. *Bias*: mean error on the scale, below 0 where forecasts were too high. *Taken*: cases in which the method was the one chosen at the origin. *Half width* of the 80 % interval on the scale: 0.25 is about a quarter up or a fifth down.
{"".join(group(j) for j in result.judged if j.scores)}{silent(result)}{section(PROVINCE, DUE)}"""


HEAD_MIDDLE = ("series", "figures, last", "method", "target", "forecast", "80 %", "95 %", "chance", "at risk", "came", "in 80 %", "off", "with one figure less", "rests on")  # fmt: skip


def row_of(r: dict[str, Any]) -> list[str]:
    """One line of the table of the mid-term."""
    return [
        f"`{r['series']}`", f"{r['figures']}, {r['last']}", NAMES[r["method"]][1], f"{r['target']:g}", f"{r['middle']:.1f}",
        f"{r['low80']:.0f} to {r['high80']:.0f}", f"{r['low95']:.0f} to {r['high95']:.0f}", f"{100 * r['chance']:.0f} %", _yes(r["at_risk"]),
        f"{r['came']:g} ({'met' if r['met'] else 'missed'})", _yes(r["inside80"]), f"{100 * r['off']:+.1f} %", f"{r['one_less'][0]:.0f} to {r['one_less'][-1]:.0f}" if r["one_less"] else "–", f"{r['errors']} errors in {r['error_years']} years",
    ]  # fmt: skip


def missing(whole: tuple[Series, ...], paths: dict[tuple[str, str], Trajectory]) -> str:
    """Which targets the table can't speak of, since there were not two figures by then or none of the due year."""
    shown = {r["series"] for r in middle(whole, paths)}
    absent = [f"`{code}`" for code, _ in paths if code not in shown]
    return (
        f"Nothing can be said of {', '.join(absent)}: fewer than two figures by {MIDDLE}, or none of {DUE}.\n"
        if absent
        else ""
    )


def group(j: Judged) -> str:
    """Two tables of one kind: errors as ratios, and coverage."""
    errors = [
        [NAMES[s.method][1], f"{s.cases} in {s.times} years, {s.series} series", _n(s.to_drift), _n(s.to_path), _n(s.to_growth), str(s.plan_cases), _n(s.mase), f"{s.bias:+.3f}", str(s.taken)]
        for s in j.scores
    ]  # fmt: skip
    held = [
        [NAMES[c.method][1], "all" if c.horizon == 0 else str(c.horizon), f"{c.cases} in {c.times} years", f"{100 * c.inside80:.0f} %", f"{100 * c.inside95:.0f} %", f"{c.width80:.3f}"]
        for c in j.coverage if c.method in ("chosen", "damped", "drift")
    ]  # fmt: skip
    return f"""
## Kind: {j.kind}, {len(j.ids)} series

{table(("method", "cases", "to drift", "to the plan's path", "to the plan's growth", "cases with a plan", "MASE", "bias", "taken"), errors)}

{table(("intervals of", "years ahead", "cases", "80 % held", "95 % held", "half width"), held)}
"""


def silent(result: Result) -> str:
    """Kinds whose series are too short for a single case."""
    kinds = [f"{j.kind} ({len(j.ids)} series)" for j in result.judged if not j.scores]
    return (
        f"\nToo short for a single case: {', '.join(kinds)}. Their intervals are the assumed spread alone.\n"
        if kinds
        else ""
    )


def table(head: tuple[str, ...], rows: list[list[str]]) -> str:
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _n(value: float) -> str:
    return "–" if value != value else f"{value:.2f}"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    elif "--json" not in sys.argv and "--help" not in sys.argv:
        print(page())
    else:
        run(measure, "Back-test of forecasts on the official series.")
