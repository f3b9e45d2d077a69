"""What the next plan may promise: for each indicator a baseline, the band of its forecast, and three values with the growth and the chance that each implies.

A proposal is the value that is met with a given chance by the forecast's own distribution, rounded as plans round; the chance beside it is that of the rounded value. No chance enters: the same data give the same draft.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from importlib.resources import files

from yilu.documents.model import Text, joined
from yilu.errors import InputError, YiluError
from yilu.plan.draft.rounding import on, places, significant, telling, together
from yilu.plan.forecast import COMPARATORS
from yilu.plan.forecast.backtest import ENOUGH_TIMES
from yilu.plan.forecast.kinds import kind_of
from yilu.plan.forecast.trajectory import UPWARD
from yilu.plan.model import Basis, Plan, Proposal, Unproposed
from yilu.plan.prospects import Figure, Prospect, prospects, years_known
from yilu.plan.statistics import Series, Statistics


@dataclass(frozen=True)
class Ambition:
    """How bold a proposal is (ambitions.csv). ``chance``: of reaching it, 0 to 1."""

    code: str
    zh: str
    en: str
    chance: float


def _ambitions() -> tuple[Ambition, ...]:
    text = (files("yilu.plan.draft") / "ambitions.csv").read_text(encoding="utf-8")
    return tuple(
        Ambition(r["code"], r["zh"], r["en"], float(r["chance"]) / 100) for r in csv.DictReader(text.splitlines())
    )


AMBITIONS = _ambitions()
"""From cautious to ambitious, with the chances that stand where nobody sets others (A)."""


@dataclass(frozen=True)
class Drafted:
    """One indicator with proposals, in the order of `AMBITIONS`. ``comparator``: how its target is meant."""

    prospect: Prospect
    comparator: str
    baseline: Figure
    basis: Basis
    proposals: tuple[Proposal, ...]

    @property
    def chosen(self) -> Proposal:
        """The proposal that becomes the target."""
        return next(p for p in self.proposals if p.chosen)


@dataclass(frozen=True)
class Draft:
    """The next plan: ``since`` its baseline year, ``to`` its last; ``drafted`` indicators and ``gaps``, in the order of ``before``, the plan that it follows."""

    before: Plan
    since: int
    to: int
    area: str
    ambitions: tuple[Ambition, ...]
    choose: str
    drafted: tuple[Drafted, ...]
    gaps: tuple[Unproposed, ...]
    known: tuple[Prospect, ...]


def ambitions_of(chances: str) -> tuple[Ambition, ...]:
    """`AMBITIONS` with other chances, as ``80,50,20`` in per cent. YiluError (usage): not three falling numbers between 0 and 100."""
    try:
        given = [float(c) / 100 for c in chances.split(",")]
    except ValueError:
        given = []
    if len(given) != len(AMBITIONS) or sorted(set(given), reverse=True) != given or not 0 < given[-1] <= given[0] < 1:
        raise YiluError(
            f"--chances {chances}: three falling numbers between 0 and 100 expected", zh=f"--chances {chances}:应为 0 至 100 之间由大到小的三个数",
            next_step="as 80,50,20", next_step_zh="如 80,50,20",
        )  # fmt: skip
    return tuple(replace(a, chance=c) for a, c in zip(AMBITIONS, given, strict=True))


def draft(
    before: Plan, held: Statistics, area: str, nation: str, since: int, to: int,
    ambitions: Sequence[Ambition] = AMBITIONS, choose: str = "even",
) -> Draft:  # fmt: skip
    """The plan from the year after ``since`` to ``to`` for the indicators of the plan ``before``, by what was known at the end of ``since``.

    YiluError (usage): ``to`` not after ``since``. InputError: no official figure of ``since`` measures any of the indicators.
    """
    if to <= since:
        raise YiluError(
            f"--to {to} is not after --from {since}", zh=f"--to {to} 不晚于 --from {since}",
            next_step=f"--from is the baseline year, --to the last year of the next plan: give one after {since}.",
            next_step_zh="--from 为基期年份,--to 为新规划末年,应晚于基期",
        )  # fmt: skip
    found = prospects(before, held, area, nation, since, to)
    if not any(f.year == since for p in found.each for f in p.figures):
        reach = max(years_known(held, area), default=None)
        known = f"there are figures up to {reach}" if reach else "there are none at all"
        raise InputError(
            "statistics.csv", f"a level of {since} in {area} for a series that measures a target", column="period", value=since,
            next_step=f"{known[0].upper()}{known[1:]}: enter those of {since}, or name another year with --from.",
        )  # fmt: skip
    raised = _values([p for p in found.each if p.forecast is not None and p.last], held, to, ambitions)
    drafted = tuple(
        _drafted(p, raised[p.target.code], area, to, ambitions, choose) for p in found.each if p.target.code in raised
    )
    gaps = tuple(_gap(p) for p in found.each if p.target.code not in raised)
    return Draft(before, since, to, area, tuple(ambitions), choose, drafted, gaps, found.each)


@dataclass(frozen=True)
class _Values:
    """Rounded values of one indicator by ambition, and what is to be said of each."""

    comparator: str
    values: list[Decimal]
    step: Decimal
    notes: list[Text | None]


def _values(able: list[Prospect], held: Statistics, to: int, ambitions: Sequence[Ambition]) -> dict[str, _Values]:
    """Values by code of the target: parts first, so that no whole promises less than its part."""
    found: dict[str, _Values] = {}
    of_series: dict[str, Prospect] = {}
    for p in sorted(able, key=lambda p: _depth(p.series, held.series)):
        made = _own(p, held.series[p.series], to, ambitions)
        for part in held.series[p.series].parts:
            other = of_series.get(part)
            if other is not None and made.comparator in UPWARD:
                made = _at_least_its_part(p, made, other, found[other.target.code])
        found[p.target.code] = made
        of_series.setdefault(p.series, p)
    return found


def _own(p: Prospect, declared: Series, to: int, ambitions: Sequence[Ambition]) -> _Values:
    """The values that the forecast of the indicator itself gives."""
    comparator = p.target.comparator
    if comparator not in COMPARATORS:
        comparator = "at_most" if declared.better == "less" else "at_least"
    exact = [telling(p.reached(to, a.chance, comparator)) for a in ambitions]
    likely = lambda value: p.likely(to, value, comparator)  # noqa: E731
    values, step = together(exact, [likely] * len(exact), places(p.target.unit), kind_of(p.kind).log)
    return _Values(comparator, values, step, [None] * len(values))


def _at_least_its_part(whole: Prospect, made: _Values, part: Prospect, of_part: _Values) -> _Values:
    """Values of a whole that are not below those of its part and what it had beside the part in the last year that both have."""
    common = {f.year: f.value for f in part.figures}
    shared = [f for f in whole.figures if f.year in common]
    by = Decimal(repr(whole.factor)) / Decimal(repr(part.factor))
    beside = max(shared[-1].value - common[shared[-1].year] * by, Decimal(0)) if shared else Decimal(0)
    values, notes = [], []
    for value, least, note in zip(made.values, of_part.values, made.notes, strict=True):
        needed = least * by + beside
        if value >= needed:
            values.append(value)
            notes.append(note)
        else:
            values.append(on(needed, made.step, up=True))
            zh, en = part.target.zh, part.target.en
            notes.append(
                Text(
                    f"自身预测低于其分项“{zh}”的提案,按分项加其余 {beside} 提高",
                    f"raised to its part “{en}” and the {beside} beside it, which its own forecast falls short of",
                )
            )
    return replace(made, values=values, notes=notes)


def _depth(code: str, series: Mapping[str, Series], within: tuple[str, ...] = ()) -> int:
    """0 without parts, else one more than the deepest part; parts that run in a circle end it."""
    parts = series[code].parts if code in series and code not in within else ()
    return 1 + max((_depth(c, series, (*within, code)) for c in parts), default=-1)


def _drafted(p: Prospect, made: _Values, area: str, to: int, ambitions: Sequence[Ambition], choose: str) -> Drafted:
    last, f = p.figures[-1], p.forecast
    assert f is not None
    unit = p.target.unit
    bands = {b: significant(telling(p.at(b, to) or 0.0)) for b in ("low95", "low80", "middle", "high80", "high95")}
    basis = Basis(
        target=p.target.code, series=p.series, area=area, row=last.row, year=last.year, value=last.value, unit=unit,
        status=last.status, grade=last.grade, source=last.source, method=f.method, **bands,
        figures=f.figures, errors=f.cases or None, error_years=f.error_times or None,
    )  # fmt: skip
    upward = made.comparator in UPWARD
    doubt = _doubt(f.error_times)
    proposals = []
    for ambition, value, note in zip(ambitions, made.values, made.notes, strict=True):
        behind = value < last.value if upward else value > last.value
        notes = [
            n for n in (note, Text("不及基期值", "behind the baseline") if behind else None, doubt) if n is not None
        ]
        said = joined(notes, "；")
        proposals.append(
            Proposal(
                target=p.target.code, ambition=ambition.code, value=value, unit=unit, growth=growth(p.kind, last, value, to),
                growth_as="per_year" if kind_of(p.kind).geometric else "increment_per_year",
                chance=_percent(p.likely(to, float(value), made.comparator)), chosen=ambition.code == choose,
                note_zh=said.zh, note_en=said.en,
            )
        )  # fmt: skip
    return Drafted(p, made.comparator, last, basis, tuple(proposals))


def _doubt(error_years: int) -> Text | None:
    """What is to be said of chances that rest on next to nothing."""
    if error_years >= ENOUGH_TIMES:
        return None
    if not error_years:
        return Text("概率仅凭假定误差,不足为凭", "the chance rests on an assumed error alone: no ground to stand on")
    return Text("概率只凭一年的误差,不足为凭", "the chance rests on the errors of one year: no ground to stand on")


def growth(kind: str, baseline: Figure, value: Decimal, to: int) -> Decimal:
    """What a value adds a year since the baseline: per cent with one place where growth is equal, else units with three digits."""
    years = to - baseline.year
    if kind_of(kind).geometric:
        rate = 100 * ((float(value) / float(baseline.value)) ** (1 / years) - 1)
        return Decimal(repr(rate)).quantize(Decimal("0.1"))
    return significant(float(value - baseline.value) / years, 3)


def _percent(share: float) -> Decimal:
    return Decimal(repr(100 * share)).quantize(Decimal("0.1"))


def _gap(p: Prospect) -> Unproposed:
    t, last = p.target, p.last
    why = p.why or Text("没有可用的预测", "no forecast can be made")
    needed = p.needed or Text("该指标各年数值,至少两年", "its figures by year, two years at least")
    return Unproposed(
        code=t.code, zh=t.zh, en=t.en, unit=t.unit, year=last.year if last else None, value=last.value if last else None,
        measured_by=t.measured_by, why_zh=why.zh, why_en=why.en, needed_zh=needed.zh, needed_en=needed.en or needed.zh, section="3",
    )  # fmt: skip
