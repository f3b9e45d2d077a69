"""An evaluation as a machine reads it: codes, figures as they are, words in both languages."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from yilu.documents.model import Text
from yilu.plan.decomposition import Explained
from yilu.plan.evaluation.causes import Cause
from yilu.plan.evaluation.evaluating import Evaluation
from yilu.plan.evaluation.evidence import Measured
from yilu.plan.evaluation.judging import Judged

_FIGURES = ("completion", "gap", "path", "path_gap", "path_ratio", "way", "grown", "promised", "needed")


def record(e: Evaluation) -> dict[str, Any]:
    """All of it but the rows themselves, which references name."""
    return {
        "kind": e.kind, "year": e.year, "section": e.section, "plan": e.known.plan.name, "area": e.known.area,
        "targets": [judged(j) for j in e.targets],
        "sums": [asdict(s) for s in e.sums],
        "weights": e.known.rules.weights.numbers,
        "points": e.known.rules.points.numbers,
        "tasks": [asdict(t) for t in e.tasks],
        "programmes": [
            {
                "programme": w.programme.code, "zh": w.programme.zh, "en": w.programme.en, "verdict": w.verdict, **_words("reason", w.reason), "expected": w.expected,
                "ledger": asdict(w.ledger), "projects": [judged(j) for j in w.projects],
            }
            for w in e.works
        ],
        "causes": [_cause(c) for c in e.causes],
        "growth": [asdict(g) | {"period": g.period.text} for g in e.growths],
        "proposals": [{"rule": p.rule, "rows": list(p.rows), **_words("words", p.words)} for p in e.proposals],
        "without_forecast": {k: list(v) for k, v in e.without_forecast.items()},
    }  # fmt: skip


def judged(j: Judged) -> dict[str, Any]:
    """One promise with its verdict."""
    p = j.promise
    return {
        "row": p.row, "zh": p.name.zh, "en": p.name.en, "section": p.section, "unit": p.unit, "kind": p.kind, "verdict": j.verdict,
        "baseline_year": p.baseline_year, "baseline": p.baseline, "due": p.due, "target": p.wanted, "target_to": p.most, "comparator": p.comparator,
        "actual": None if j.actual is None else _measured(j.actual), "history": [_measured(m) for m in j.history],
        **{name: getattr(j, name) for name in _FIGURES},
        "forecast": None if j.ahead is None else asdict(j.ahead), "by_path": j.by_path, "by_chance": j.by_chance,
        "reasons_zh": [r.zh for r in j.reasons], "reasons_en": [r.en for r in j.reasons], "lacks": j.lacks, **_words("needed_to_judge", j.lacking), "refs": list(j.refs),
    }  # fmt: skip


def _measured(m: Measured) -> dict[str, Any]:
    return {
        "year": m.year, "value": m.value, "unit": m.unit, "grade": m.grade, "status": m.status, "official": m.official, "judged": m.judged, **_words("basis", m.basis),
        "refs": list(m.refs),
    }  # fmt: skip


def _cause(c: Cause) -> dict[str, Any]:
    return {
        "row": c.row, "revenue": c.revenue.code, "volume": c.volume.code, "price": c.price.code, "main": c.main, "change": _explained(c.change),
        "shortfall": None if c.shortfall is None else _explained(c.shortfall), "steps": [_explained(s) for s in c.steps],
        "prices": [{"year": p.year, "value": p.value, "refs": list(p.refs)} for p in c.prices], "promised_price": c.promised_price, "refs": list(c.refs),
    }  # fmt: skip


def _explained(x: Explained) -> dict[str, Any]:
    return {
        "since": x.since,
        "until": x.until,
        "before": x.before,
        "after": x.after,
        "change": x.change,
        "parts": x.parts,
    }


def _words(name: str, words: Text | None) -> dict[str, str]:
    return {f"{name}_zh": words.zh if words else "", f"{name}_en": words.en if words else ""}
