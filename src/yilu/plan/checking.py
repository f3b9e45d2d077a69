"""Do a plan's figures agree with one another? Arithmetic and consistency from the rows alone: the code knows no quantity of any plan."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, groupby

from yilu.plan.figures import Statement, into, statements, unit_name
from yilu.plan.model import Plan
from yilu.plan.relations import of_relations, of_targets
from yilu.plan.verdicts import VERDICTS, Finding, same_basis, unlike

_UPWARDS = ("at_least", "above")
_DOWNWARDS = ("at_most", "below")


def check(plan: Plan) -> list[Finding]:
    """Every check that the rows allow: contradictions first, then what can't be told, then what agrees."""
    held = statements(plan)
    found = [
        *of_targets(plan, held),
        *of_relations(plan, held),
        *_same(held),
        *_advances(held),
        *_practices(held),
    ]
    order = list(VERDICTS)
    return sorted(found, key=lambda f: order.index(f.verdict))


def _of_quantities(held: dict[str, Statement]) -> Iterator[tuple[str, list[Statement]]]:
    named = sorted((s for s in held.values() if s.quantity), key=lambda s: s.quantity)
    for quantity, group in groupby(named, key=lambda s: s.quantity):
        yield quantity, list(group)


def _same(held: dict[str, Statement]) -> Iterator[Finding]:
    """Rows that speak of one quantity in one year say the same of it."""
    for quantity, group in _of_quantities(held):
        for one, other in combinations([s for s in group if s.role != "reference"], 2):
            if one.year == other.year and (one.role == "promise") == (other.role == "promise"):
                yield _compared(quantity, one, other)


def _compared(quantity: str, one: Statement, other: Statement) -> Finding:
    factor = into(other, one.unit)
    equal = one.value == other.value
    computed, unit, allowed = other.figure, other.unit, ""
    if factor is None:
        verdict = "undecidable"
        zh = f"单位“{one.unit}”与“{other.unit}”不能换算" + (";数字相同" if equal else "")
        en = f"units “{unit_name(one.unit, False)}” and “{unit_name(other.unit, False)}” can't be converted"
        en += "; the numbers are equal" if equal else ""
    else:
        # Two promises are compared by the figures they name: that both are open upwards tells nothing.
        promises = one.role == "promise"
        mine = one.printed if promises else one.allowed
        theirs = (other.printed if promises else other.allowed).times(factor)
        allowed = theirs.text
        if not same_basis(one, other):
            verdict, (zh, en) = "undecidable", unlike(one, other)
        elif mine.meets(theirs):
            verdict, zh, en = "agrees", "在舍入允许的范围之内", "within what rounding allows"
        else:
            verdict = "contradicts"
            zh, en = "同一年、同一数量,数值不同", "one quantity, one year, different figures"
    return Finding(
        "same", verdict, quantity, one.zh, one.en, zh, en, (one.place, other.place), one.figure, one.unit, computed, unit, allowed
    )  # fmt: skip


def _advances(held: dict[str, Statement]) -> Iterator[Finding]:
    """A promise that asks no more than what the document says is reached already."""
    for quantity, group in _of_quantities(held):
        for promise in (s for s in group if s.role == "promise"):
            for fact in (s for s in group if s.role == "fact" and s.year < promise.year):
                found = _advance(quantity, promise, fact)
                if found is not None:
                    yield found


def _advance(quantity: str, promise: Statement, fact: Statement) -> Finding | None:
    factor = into(fact, promise.unit)
    sign = 1 if promise.comparator in _UPWARDS else -1 if promise.comparator in _DOWNWARDS else 0
    if factor is None or not sign:
        return None
    gain = sign * (float(promise.value) - float(fact.value) * factor)
    if gain > 0:
        return None
    if not same_basis(promise, fact):
        verdict, (zh, en) = "undecidable", unlike(promise, fact)
    elif gain == 0:
        verdict, zh, en = (
            "agrees",
            "目标与已达到的水平相同,没有提高",
            "the promise is what is reached already: no advance",
        )
    else:
        verdict, zh, en = (
            "contradicts",
            "目标低于文中所说已达到的水平",
            "the promise is less than what is said to be reached",
        )
    return Finding(
        "advance", verdict, quantity, promise.zh, promise.en, zh, en, (promise.place, fact.place), promise.figure, promise.unit,
        fact.figure, fact.unit,
    )  # fmt: skip


def _practices(held: dict[str, Statement]) -> Iterator[Finding]:
    """A figure is printed in the unit in which others publish it; if not, a slip of the unit can't be ruled out."""
    for quantity, group in _of_quantities(held):
        for practice in (s for s in group if s.role == "reference"):
            for one in (s for s in group if s.role in ("baseline", "fact") and s.unit != practice.unit):
                factor = into(one, practice.unit)
                if factor is None:
                    continue
                times = f"{max(factor, 1 / factor):g}"
                yield Finding(
                    "practice", "undecidable", quantity, one.zh, one.en,
                    f"惯用单位为“{practice.unit}”,与所印单位相差 {times} 倍;是否误写,文中无从判断",
                    f"the usual unit is “{unit_name(practice.unit, False)}”, {times} times away; "
                    "the document doesn't tell whether the unit is a slip",
                    (one.place, practice.place), one.figure, one.unit, f"{float(one.value) * factor:.4g}", practice.unit,
                )  # fmt: skip
