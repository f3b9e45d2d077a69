"""What ``yilu plan draft`` would have proposed for a year that is known by now, from the figures of each year before it alone: a part of ``./do bench forecast`` and its page."""

from __future__ import annotations

from typing import Any

from yilu.errors import InputError
from yilu.network import load as load_network
from yilu.plan import load as load_plan
from yilu.plan.draft import AMBITIONS, Drafted, draft
from yilu.plan.forecast import NAMES
from yilu.plan.forecast.trajectory import UPWARD
from yilu.plan.prospects import areas_of
from yilu.plan.statistics import Statistics, load

SINCE = (2020, 2021, 2022)
"""Years at whose end a plan to the due year could have been drafted: its baseline, and up to the middle of the plan."""
HEAD = ("at the end of", "target", "figures, last", "method", *(a.en for a in AMBITIONS), "the plan's own", "came", "reached", "rests on")  # fmt: skip


def drafted(province: str, due: int) -> list[dict[str, Any]]:
    """One record for each year, and each indicator with proposals whose outcome is known."""
    plan, held = load_plan(province), load(province)
    area, nation = areas_of(load_network(province))
    rows = []
    for since in SINCE:
        try:
            made = draft(plan, held, area, nation, since, due)
        except InputError:
            continue
        rows += [r for d in made.drafted if (r := _record(d, held, area, since, due))]
    return rows


def _record(d: Drafted, held: Statistics, area: str, since: int, due: int) -> dict[str, Any] | None:
    yearly = held.yearly(d.prospect.series, area)
    came = dict(zip(yearly.years.tolist(), yearly.values.tolist(), strict=True)).get(due)
    if came is None:
        return None
    came *= d.prospect.factor
    up = d.comparator in UPWARD
    return {
        "since": since, "target": d.basis.target, "last": d.baseline.year, "figures": d.basis.figures, "method": d.basis.method,
        "proposals": {p.ambition: {"value": float(p.value), "chance": float(p.chance)} for p in d.proposals},
        "own": None if d.prospect.target.target is None else float(d.prospect.target.target), "came": came,
        "reached": [p.ambition for p in d.proposals if (came >= float(p.value) if up else came <= float(p.value))],
        "errors": d.basis.errors or 0, "error_years": d.basis.error_years or 0,
    }  # fmt: skip


def counted(rows: list[dict[str, Any]]) -> dict[int, dict[str, tuple[int, int]]]:
    """By year and ambition: how many were reached, of how many."""
    return {
        since: {
            a.code: (sum(a.code in r["reached"] for r in rows if r["since"] == since), sum(r["since"] == since for r in rows))
            for a in AMBITIONS
        }
        for since in SINCE
    }  # fmt: skip


def section(province: str, due: int) -> str:
    """The section of the page."""
    rows = drafted(province, due)
    sums = "; ".join(
        f"{since}: " + ", ".join(f"{a.en} {of[a.code][0]} of {of[a.code][1]}" for a in AMBITIONS)
        for since, of in counted(rows).items()
    )
    lines = [HEAD, ["---"] * len(HEAD), *map(_line, rows)]
    return f"""
## Drafted then 当时会提出的目标

What `yilu plan draft --to {due}` would have proposed with the figures to the end of a year alone, held against what came. By their names {", ".join(f"{100 * a.chance:.0f} % of the {a.en} ones" for a in AMBITIONS)} should be reached; of so few
indicators, which share their years and their province, that can be neither shown nor denied. Reached, drafted at the end of {sums}.

{chr(10).join("| " + " | ".join(line) + " |" for line in lines)}

Two figures five years apart carry the growth of their years onwards: so drafts of 2020 and 2021 took the years of fast growth for what would come, as the plan did, and more so. Proposals that rest on an assumed error alone, or on errors of one year, deserve no trust in the number
beside them.
"""


def _line(r: dict[str, Any]) -> list[str]:
    rests = f"{r['errors']} errors in {r['error_years']} years" if r["errors"] else "an assumed error alone"
    return [
        str(r["since"]), f"`{r['target']}`", f"{r['figures']}, {r['last']}", NAMES[r["method"]][1],
        *(f"{p['value']:g} ({p['chance']:.0f} %)" for p in r["proposals"].values()), "–" if r["own"] is None else f"{r['own']:g}", f"{r['came']:g}",
        ", ".join(r["reached"]) or "none", rests,
    ]  # fmt: skip
