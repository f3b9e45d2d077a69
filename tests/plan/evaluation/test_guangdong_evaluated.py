"""Guangdong's plan evaluated on the official figures, held against what is worked out of the csv by other means."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.plan.evaluation.made_evaluations import by_code, cut_after, guangdong
from yilu.network import folder_of
from yilu.plan.evaluation import evaluate
from yilu.plan.evaluation.recording import record
from yilu.plan.prospects import prospects


def levels(series: str) -> dict[int, float]:
    """Levels of whole years of the province, straight from the file, an estimate only where nothing was reported."""
    out: dict[int, float] = {}
    with (folder_of("guangdong") / "statistics.csv").open(encoding="utf-8") as handle:
        rows = [r for r in csv.DictReader(handle) if r["series"] == series and r["area"] == "440000" and r["measure"] == "level"]  # fmt: skip
    for status in ("estimated", "reported"):
        out |= {int(r["period"]): float(r["value"]) for r in rows if r["status"] == status and len(r["period"]) == 4}
    return out


def promised(code: str) -> float:
    """A target's figure, straight from the file."""
    with (Path(str(folder_of("guangdong"))) / "plan" / "targets.csv").open(encoding="utf-8") as handle:
        return next(float(r["target"]) for r in csv.DictReader(handle) if r["code"] == code)


@pytest.mark.parametrize(
    ("code", "series", "said", "verdict"),
    [
        ("mail_express_volume", "delivery_volume", 94, "behind"),
        ("express_volume", "express_volume", 96, "nearly"),
        ("sector_revenue", "sector_revenue", 76, "hard"),
        ("express_revenue", "express_revenue", 70, "hard"),
    ],
)
def test_final_evaluation_of_2025(code: str, series: str, said: int, verdict: str) -> None:
    """Each share of the target is the file's figure over the file's target, and rounds to what was published of it."""
    j = by_code(evaluate(guangdong(), "final", 2025))[code]
    assert j.completion == pytest.approx(100 * levels(series)[2025] / promised(code), rel=1e-12)
    assert round(j.completion or 0) == said
    assert (j.verdict, j.actual and j.actual.year) == (verdict, 2025)
    assert j.gap == pytest.approx(levels(series)[2025] - promised(code))


def integrated(v0: float, p0: float, v1: float, p1: float, steps: int = 200_000) -> tuple[float, float]:
    """Parts of volume and of price in the change of their product, as integrals of R d ln v and R d ln p along even growth: LMDI by its meaning, not its formula."""
    t = (np.arange(steps) + 0.5) / steps
    revenue = v0 * (v1 / v0) ** t * p0 * (p1 / p0) ** t
    return float(np.mean(revenue) * np.log(v1 / v0)), float(np.mean(revenue) * np.log(p1 / p0))


def test_why_express_revenue_is_short() -> None:
    """Revenue per item fell from 9.88 to 6.53 yuan; the parts are those of an integral, add up exactly, and price weighs most, also against the target."""
    [cause] = [c for c in evaluate(guangdong(), "final", 2025).causes if c.row == "targets:express_revenue"]
    v, r = levels("express_volume"), levels("express_revenue")
    assert [(p.year, round(p.value, 2)) for p in cause.prices] == [(2020, 9.88), (2021, 8.33), (2022, 8.33), (2024, 7.15), (2025, 6.53)]  # fmt: skip
    volume, price = integrated(v[2020], r[2020] / v[2020], v[2025], r[2025] / v[2025])
    assert cause.change.parts == pytest.approx({"volume": volume, "mix": 0, "price": price, "other": 0}, rel=1e-8)
    assert sum(cause.change.parts.values()) == pytest.approx(r[2025] - r[2020], abs=1e-9)
    assert cause.shortfall is not None
    tv, tr = promised("express_volume"), promised("express_revenue")
    volume, price = integrated(tv, tr / tv, v[2025], r[2025] / v[2025])
    assert cause.shortfall.parts == pytest.approx({"volume": volume, "mix": 0, "price": price, "other": 0}, rel=1e-8)
    assert sum(cause.shortfall.parts.values()) == pytest.approx(r[2025] - tr, abs=1e-9)
    assert cause.main == "price" and price < 5 * volume < 0
    assert sum(s.change for s in cause.steps) == pytest.approx(cause.change.change)


def test_middle_of_the_plan_knows_nothing_later() -> None:
    """As of the end of 2022, figures that reach beyond it can be anything, or gone, and nothing in the whole record changes."""
    then = guangdong()
    told = json.dumps(record(evaluate(then, "mid_term", 2022)), ensure_ascii=False)
    for by in (0.1, 7.0):
        other = replace(then, statistics=cut_after(then.statistics, 2022, by))
        assert json.dumps(record(evaluate(other, "mid_term", 2022)), ensure_ascii=False) == told
    rows = tuple(s for s in then.statistics.rows if s.period.last.year <= 2022)
    gone = replace(then, statistics=replace(then.statistics, rows=rows))
    assert json.dumps(record(evaluate(gone, "mid_term", 2022)), ensure_ascii=False) == told


def test_figures_of_the_time_do_change_it() -> None:
    """The same mutation within the known years is seen: the test above can fail."""
    then = guangdong()
    other = replace(then, statistics=cut_after(then.statistics, 2021, 1.5))
    assert record(evaluate(other, "mid_term", 2022)) != record(evaluate(then, "mid_term", 2022))


def test_middle_of_the_plan_flags_revenue() -> None:
    """With what was known at the end of 2022 express revenue is behind, its chance that of `yilu plan forecast` as of then; express volume is on its path."""
    then = guangdong()
    e = by_code(evaluate(then, "mid_term", 2022))
    revenue, volume = e["express_revenue"], e["express_volume"]
    assert revenue.verdict == "behind" and revenue.ahead is not None and (revenue.ahead.chance or 0) < 0.25
    assert (volume.path_ratio or 0) >= 100 and volume.by_path == "expected"
    counting = tuple(t for t in then.plan.targets if t.counts)
    said = prospects(then.plan, then.statistics, then.area, then.nation, 2022, 2025, counting)
    chances = {p.target.code: p.chance for p in said.each if p.chance is not None}
    assert len(chances) >= 6
    for code, chance in chances.items():
        ahead = e[code].ahead
        assert ahead is not None and ahead.chance == pytest.approx(chance, rel=1e-9), code


def test_final_evaluation_looks_at_the_outcome_alone() -> None:
    """Whatever earlier years of the plan were, verdict and share of the target stay; only "ahead" would need one."""
    then = guangdong()
    rows = tuple(replace(s, value=s.value * 0.5) if s.period.last.year in (2021, 2022, 2024) and s.area == then.area else s for s in then.statistics.rows)  # fmt: skip
    other = replace(then, statistics=replace(then.statistics, rows=rows))
    a, b = (by_code(evaluate(x, "final", 2025)) for x in (then, other))
    assert {c: j.verdict for c, j in a.items()} == {c: j.verdict for c, j in b.items()}
    judged = [c for c, j in a.items() if j.verdict != "unmeasurable"]
    assert len(judged) == 5 and [a[c].completion for c in judged] == [b[c].completion for c in judged]
    assert all(j.ahead is None for j in a.values())


def test_every_target_has_a_verdict_or_what_it_lacks() -> None:
    """38 targets count, none is left out; those without a verdict say why and what would be needed, indicator 14 its baseline."""
    e = evaluate(guangdong(), "final", 2025)
    assert len(e.targets) == 38 and sum(e.sums[0].counts.values()) == 38
    for j in e.targets:
        assert j.reasons and all(r.zh and r.en for r in j.reasons)
        assert (j.verdict == "unmeasurable") == (j.lacking is not None)
    accident = by_code(e)["accident_rate"]
    assert accident.verdict == "unmeasurable" and "基期" in accident.reasons[0].zh and "2020" in (accident.lacking.zh if accident.lacking else "")  # fmt: skip


def test_growth_as_published_is_kept() -> None:
    """Published growth stands as it was printed, beside the computed one, never in its place."""
    growths = {(g.series, g.period.text): g for g in evaluate(guangdong(), "final", 2025).growths}
    assert growths["express_volume", "2024"].published == 19.0 and growths["express_volume", "2024"].recomputed is None
    assert growths["express_revenue", "2025"].published is None
    assert growths["express_revenue", "2025"].recomputed == pytest.approx(100 * (3002 / 3040 - 1))


def test_a_section_has_what_lies_below_it() -> None:
    """Section 4 has its targets and tasks and those of 4.1 to 4.10, and no other; its verdicts are those of the whole."""
    whole, part = (evaluate(guangdong(), "final", 2025, s) for s in ("", "4"))
    assert {j.promise.section for j in part.targets} == {"4.3", "4.7"}
    assert [j.verdict for j in part.targets] == [j.verdict for j in whole.targets if j.promise.section[0] == "4"]
    assert sum(t.tasks for t in part.tasks) == 151 and not part.works and not part.causes
