"""Figures that follow from others: growth and increments beside targets, and what ``relations.csv`` declares."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from yilu.plan.figures import Interval, Place, Statement, into, unit_name, with_unit
from yilu.plan.model import Plan, Relation, Target
from yilu.plan.units import factor
from yilu.plan.verdicts import Finding, judged, same_basis, unlike


def of_targets(plan: Plan, held: dict[str, Statement]) -> Iterator[Finding]:
    """The growth or increment printed beside each target, against its baseline and its figure."""
    for t in plan.targets:
        printed = growth_of(t)
        if printed is None:
            continue
        base, end = held.get(f"targets:{t.code}@baseline"), held.get(f"targets:{t.code}")
        kind = "growth" if t.growth_as == "per_year" else t.growth_as
        if base is None or end is None:
            lacking_zh, lacking_en = ("基期值", "baseline") if base is None else ("目标值", "target")
            why = (f"规划没有印出{lacking_zh}", f"the plan prints no {lacking_en}")
            yield _undecided(kind, t.code, printed, why, (printed.place,))
            continue
        places = (base.place, end.place, printed.place)
        if hindrance := _hindrance(kind, printed, [base, end]):
            yield _undecided(kind, t.code, printed, hindrance, places)
            continue
        point, computed = _between(kind, base, end, as_promised=True)
        # A target of "below 2" with a growth of "below -1.14": both are open the same way, so the figures themselves are compared.
        alike = replace(printed, comparator="equals") if printed.comparator == end.comparator else printed
        verdict, zh, en = judged(alike, computed, point)
        yield _finding(kind, verdict, t.code, t.zh, t.en, printed, point, computed, zh, en, places)


def of_relations(plan: Plan, held: dict[str, Statement]) -> Iterator[Finding]:
    """What each row of ``relations.csv`` declares, as far as its rows have figures."""
    for relation in plan.relations:
        result = held.get(relation.result)
        parts = [held[p] for p in relation.of if p in held]
        if result is None or len(parts) < len(relation.of):
            lacking = [p for p in (relation.result, *relation.of) if p not in held]
            names = "、".join(lacking)
            yield Finding(
                relation.kind, "undecidable", relation.code, relation.code, relation.code,
                f"没有可用的数值:{names}", f"no usable figure: {', '.join(lacking)}", tuple(p.place for p in parts),
            )  # fmt: skip
        else:
            yield _of_relation(relation, result, parts)


def _of_relation(relation: Relation, result: Statement, parts: list[Statement]) -> Finding:
    places = tuple(dict.fromkeys((result.place, *(p.place for p in parts))))
    if hindrance := _hindrance(relation.kind, result, parts):
        return _undecided(relation.kind, relation.code, result, hindrance, places)
    point, computed = _computed(relation.kind, result, parts)
    verdict, zh, en = judged(result, computed, point)
    if relation.kind in ("share", "growth", "change", "increment") and not same_basis(parts[0], parts[1]):
        zh_basis, en_basis = unlike(parts[0], parts[1])
        said_zh, said_en = ("数字对得上", "the figures come out") if verdict == "agrees" else (zh, en)
        verdict, zh, en = "undecidable", f"{said_zh},但{zh_basis}", f"{said_en}, but {en_basis}"
    elif verdict == "contradicts" and not relation.stated:
        verdict, zh, en = "undecidable", f"{zh};此关系规划并未说明", f"{en}; the plan does not state this relation"
    elif verdict == "contradicts" and relation.kind == "growth":
        zh += f";要得到所印增速,起点应为 {_start_for(result, parts[0], parts[1], True)}"
        en += f"; the printed growth would need a start of {_start_for(result, parts[0], parts[1], False)}"
    if relation.note_zh:
        zh, en = f"{zh}({relation.note_zh})", f"{en} ({relation.note_en or relation.note_zh})"
    return _finding(
        relation.kind, verdict, relation.code, result.zh, result.en, result, point, computed, zh, en, places
    )


def _finding(
    kind: str, verdict: str, subject: str, zh: str, en: str, printed: Statement, point: float, computed: Interval,
    why_zh: str, why_en: str, places: tuple[Place, ...],
) -> Finding:  # fmt: skip
    unit = "" if kind == "count" else printed.unit
    figure = computed.text if kind == "sum" and computed.low < computed.high else f"{point:.5g}"
    return Finding(
        kind,
        verdict,
        subject,
        zh,
        en,
        why_zh,
        why_en,
        places,
        printed.figure,
        printed.unit,
        figure,
        unit,
        computed.text,
    )


def _undecided(kind: str, subject: str, printed: Statement, why: tuple[str, str], places: tuple[Place, ...]) -> Finding:
    """What can't be computed, and why, in both languages."""
    return Finding(kind, "undecidable", subject, printed.zh, printed.en, *why, places, printed.figure, printed.unit)


def _hindrance(kind: str, result: Statement, parts: list[Statement]) -> tuple[str, str] | None:
    """Why nothing follows from the parts, in both languages; None where something does."""
    if kind == "gap":
        return _hindrance("growth", result, parts[:2]) or _hindrance("growth", result, parts[2:])
    compared = {
        "growth": parts, "change": parts, "increment": [*parts, result] if result.unit != "个百分点" else parts,
        "share": parts, "sum": [*parts, result],
    }.get(kind, [])  # fmt: skip
    names = list(dict.fromkeys(s.unit for s in compared))
    if any(factor(name, names[0]) is None for name in names):
        return "单位不能换算:" + "、".join(names), "units can't be converted: " + ", ".join(
            unit_name(u, False) for u in names
        )
    if kind == "growth" and parts[1].year <= parts[0].year:
        return "两个数字不是先后两年的", "the two figures are not of an earlier and a later year"
    below = parts[1] if kind in ("share", "ratio") else parts[0]
    if kind in ("growth", "change", "share", "ratio") and below.printed.low <= 0:
        return "除数为零或不大于零", "the figure to divide by is not above zero"
    return None


def growth_of(t: Target) -> Statement | None:
    """The growth printed beside a target, as a statement of its own; None where none is."""
    if t.growth is None:
        return None
    unit = "%/年" if t.growth_as == "per_year" else "%" if t.growth_as == "change" else t.unit
    unit = "个百分点" if t.growth_as == "increment" and unit == "%" else unit
    return Statement(
        f"targets:{t.code}@growth", "promise", "", t.zh, t.en, t.target_year, t.baseline_year, t.growth, None, t.growth_comparator, unit,
        t.basis_zh, t.basis_en, t.section, t.quote, (),
    )  # fmt: skip


def _computed(kind: str, result: Statement, parts: list[Statement]) -> tuple[float, Interval]:
    """What follows from the parts, in the result's unit: of the figures as printed, and what rounding leaves open."""
    match kind:
        case "growth" | "change" | "increment":
            return _between(kind, parts[0], parts[1])
        case "gap":
            mine, my_range = _between("growth", parts[0], parts[1])
            its, its_range = _between("growth", parts[2], parts[3])
            return mine - its, Interval(my_range.low - its_range.high, my_range.high - its_range.low)
        case "share" | "ratio":
            scale = parts[0].plain / parts[1].plain / result.plain
            above, below = parts[0].printed, parts[1].printed
            point = float(parts[0].value) / float(parts[1].value) * scale
            return point, Interval(above.low / below.high, above.high / below.low).times(scale)
        case "sum":
            each = [_whole(p.allowed.times(into(p, result.unit) or 1.0), p) for p in parts]
            computed = Interval(sum(i.low for i in each), sum(i.high for i in each))
            return (computed.low + computed.high) / 2, computed
        case _:
            number = float(len(parts[0].places))
            return number, Interval(number, number)


def _whole(interval: Interval, part: Statement) -> Interval:
    """A number of things is whole: what rounding leaves open beside it is nothing."""
    if part.value == part.value.to_integral_value() and not math.isinf(interval.high) and part.comparator != "about":
        return Interval(math.ceil(interval.low), math.floor(interval.high))
    return interval


def _between(kind: str, start: Statement, end: Statement, as_promised: bool = False) -> tuple[float, Interval]:
    """Growth per year or change in per cent, or increment in the end's unit; ``as_promised``: the end is what is promised, as it is printed."""
    by = into(start, end.unit) or 1.0
    first = start.allowed.times(by)
    last = end.printed if as_promised else end.allowed
    a, b = float(start.value) * by, float(end.value)
    if kind == "increment":
        return b - a, Interval(last.low - first.high, last.high - first.low)
    years = end.year - start.year if kind == "growth" else 1

    def rate(to: float, since: float) -> float:
        return math.inf if since <= 0 else 100 * ((max(to, 0.0) / since) ** (1 / years) - 1)

    return rate(b, a), Interval(rate(last.low, first.high), rate(last.high, first.low))


def _start_for(growth: Statement, start: Statement, end: Statement, zh: bool) -> str:
    """The start from which the end would have grown as printed."""
    needed = float(end.value) / (1 + float(growth.value) / 100) ** (end.year - start.year)
    most = "≤ " if growth.comparator in ("above", "at_least") else ""
    return most + with_unit(f"{needed:.4g}", end.unit, zh)
