"""The verdict on one promise, and what it stands on. Final: the outcome alone. Mid-term: the path and the chance, whichever says worse. Yearly: the year's path."""

from __future__ import annotations

import math
from dataclasses import dataclass

from yilu.documents.model import Text, both, joined
from yilu.plan.evaluation.evidence import STATUSES, Measured
from yilu.plan.evaluation.promises import Promise
from yilu.plan.evaluation.rules import MEASURED, VERDICTS, Rules
from yilu.plan.figures import ABOUT
from yilu.plan.forecast import COMPARATORS, Forecast, Standing, Trajectory, chance, standing

KINDS: dict[str, tuple[str, str]] = {
    "yearly": ("年度监测", "yearly monitoring"),
    "mid_term": ("中期评估", "mid-term evaluation"),
    "final": ("总结评估", "final evaluation"),
}
"""Kinds of evaluation."""


@dataclass(frozen=True)
class Ahead:
    """What is to be expected of a promise's due year, in its unit: median, ends of the 80 and 95 % intervals, chance to meet it, and what the forecast stands on."""

    year: int
    middle: float
    low80: float
    high80: float
    low95: float
    high95: float
    chance: float | None
    method: str
    figures: int
    cases: int
    error_years: int


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A promise with its verdict (VERDICTS). Figures in its unit; None: can't be told.

    ``actual``: the figure that the verdict stands on, or the latest there is where there is none; ``completion``: share of the target, in per cent (of what falls, target over figure); ``gap``: figure less target; ``path``: where the
    plan's path was in that year, ``path_gap``, ``path_ratio`` against it; ``way``: share of the way from baseline to target; ``grown``, ``promised``: growth a year since the baseline, per cent; ``needed``: per cent or units that each year left must add.
    ``lacks``: what hinders measuring it, a key of ``rules.LACKS``; ``by_path``, ``by_chance``: the two verdicts of a mid-term evaluation.
    """

    promise: Promise
    verdict: str
    actual: Measured | None
    history: tuple[Measured, ...]
    completion: float | None = None
    gap: float | None = None
    path: float | None = None
    path_gap: float | None = None
    path_ratio: float | None = None
    way: float | None = None
    grown: float | None = None
    promised: float | None = None
    needed: float | None = None
    ahead: Ahead | None = None
    by_path: str = ""
    by_chance: str = ""
    reasons: tuple[Text, ...] = ()
    lacks: str = ""
    lacking: Text | None = None

    @property
    def refs(self) -> tuple[str, ...]:
        """Rows that its figures are from: its own, then those of the figure."""
        return (self.promise.ref, *(self.actual.refs if self.actual else ()))


def judge(
    p: Promise, found: tuple[Measured, ...], hindrance: Text | None, kind: str, year: int, forecast: Forecast | None, by: float, rules: Rules
) -> Judged:  # fmt: skip
    """The verdict of an evaluation of ``kind`` as of the end of ``year``. ``found``: figures up to it; ``by``: units of the promise that one of the forecast's series is."""
    usable = tuple(m for m in found if m.judged)
    latest = found[-1] if found else None
    if p.wanted is None or p.hindrance is not None:
        return _unmeasured(p, latest, found, p.hindrance or Text("没有目标值", "no figure to reach"))
    at = _used(p, usable, kind, year)
    if isinstance(at, Text):
        none = at if usable else _NONE.get(p.way.partition(":")[0], at)
        return _unmeasured(
            p, latest, found, none if hindrance is None else joined((hindrance, *((at,) if usable else ())))
        )
    line, why = _path(p)
    stands = _standing(line, p, at)
    ahead = None if kind == "final" or at.year >= p.due else _ahead(p, line, forecast, by)
    if kind == "final" or at.year == p.due:
        verdict, reasons, parts = *_final(p, at, usable, rules), ("", "")
    else:
        made = _under_way(p, at, stands, ahead, kind, rules)
        if isinstance(made, Text):
            return _unmeasured(p, at, found, made, "baseline" if p.baseline is None else "")
        verdict, reasons, parts = made
    said = [*reasons, *([] if p.note is None else [p.note]), *([] if why is None or kind == "final" else [why]), *_doubts(p, at, usable)]  # fmt: skip
    return Judged(
        promise=p, verdict=verdict, actual=at, history=found, completion=completion(p, at.value), gap=at.value - p.wanted, path=None if stands is None else _known(stands.expected), path_gap=None if stands is None else _known(stands.gap),
        path_ratio=None if stands is None else _known(100 * stands.ratio), way=_way(p, at.value), grown=_growth(p, at.value, at.year), promised=_growth(p, p.wanted, p.due),
        needed=None if stands is None or at.year >= p.due else _known(stands.needed * (100 if p.kind == "volume" else 1)), ahead=ahead,
        by_path=parts[0], by_chance=parts[1], reasons=tuple(said),
    )  # fmt: skip


def shortfall(p: Promise, value: float, wanted: float) -> float:
    """By how much a figure is short of what is wanted: points of shares and scores, else per cent of what is wanted; 0 or less where it isn't."""
    if p.comparator in ("at_most", "below"):
        off = value - wanted
    elif p.comparator == "about":
        off = abs(value - wanted) - ABOUT * abs(wanted)
    elif p.comparator == "equals":
        off = abs(value - wanted)
    else:
        off = wanted - value
    if off == 0 and p.comparator in ("above", "below"):
        return math.ulp(1.0)
    if p.kind in ("share", "points") or off <= 0:
        return off
    return 100 * off / abs(wanted) if wanted else math.inf


def completion(p: Promise, value: float) -> float | None:
    """Share of the target, per cent; of what is to fall, target over figure. None where a 0 leaves none."""
    assert p.wanted is not None
    top, bottom = (value, p.wanted) if p.upward else (p.wanted, value)
    return 100 * top / bottom if bottom else None


def _used(p: Promise, usable: tuple[Measured, ...], kind: str, year: int) -> Measured | Text:
    """The figure that the verdict stands on: of the due year, of the year, or for a mid-term evaluation the latest of the plan's time."""
    wanted = p.due if kind == "final" else year
    if kind == "final" and p.due > year:
        return Text(f"{p.due}年才到期", f"not due before {p.due}")
    if kind == "mid_term":
        held = [m for m in usable if m.year > p.since]
        return held[-1] if held else Text(f"没有{p.since}年以后的数值", f"no figure after {p.since}")
    held = [m for m in usable if m.year == wanted]
    return held[0] if held else Text(f"没有{wanted}年的数值", f"no figure of {wanted}")


def _final(p: Promise, at: Measured, usable: tuple[Measured, ...], rules: Rules) -> tuple[str, tuple[Text, ...]]:
    assert p.wanted is not None
    short = shortfall(p, at.value, p.wanted)
    if short > 0:
        return rules.verdict(p.kind, short), (_short(p, short, Text("目标", "the target")),)
    early = [m for m in usable if m.year < p.due and shortfall(p, m.value, p.wanted) <= 0]
    if early:
        return "ahead", (Text(f"{early[0].year}年已达到目标", f"the target was met in {early[0].year} already"),)
    return "expected", (Text("达到目标", "the target is met"),)


def _under_way(
    p: Promise, at: Measured, stands: Standing | None, ahead: Ahead | None, kind: str, rules: Rules
) -> tuple[str, tuple[Text, ...], tuple[str, str]] | Text:
    """Before the due year: verdict, reasons, and what path and chance say each; or why none can be given."""
    assert p.wanted is not None
    if shortfall(p, at.value, p.wanted) <= 0:
        return (
            "ahead",
            (Text(f"{at.year}年已达到{p.due}年的目标", f"met the target of {p.due} in {at.year} already"),),
            ("", ""),
        )
    by_path, reasons = "", []
    if stands is not None and not math.isnan(stands.expected):
        short = shortfall(p, at.value, stands.expected)
        by_path = rules.verdict(p.kind, short)
        there = Text(f"{at.year}年的进度要求", f"the path in {at.year}")
        reasons.append(_short(p, short, there) if short > 0 else both("不低于{t}" if p.upward else "不高于{t}", "not worse than {t}", t=there))  # fmt: skip
    likely = None if ahead is None else ahead.chance
    by_chance = "" if likely is None or kind != "mid_term" else rules.of_chance(likely)
    if by_chance and likely is not None:
        reasons.append(Text(f"{p.due}年达到目标的概率为{100 * likely:.0f}%", f"the chance to meet the target in {p.due} is {100 * likely:.0f} %"))  # fmt: skip
    given = [v for v in (by_path, by_chance) if v]
    if not given:
        return Text("规划没有基期值,没有可比的进度" if p.baseline is None else "没有可比的进度", "without a baseline there is no path to compare with")  # fmt: skip
    verdict = max(given, key=MEASURED.index)
    if len(set(given)) == 2:
        path, odds = (Text(*VERDICTS[v]) for v in given)
        reasons.append(both("按进度为“{a}”,按概率为“{b}”,取其低", "by the path {a}, by the chance {b}: the worse stands", a=path, b=odds))  # fmt: skip
    elif kind == "mid_term" and not by_chance:
        reasons.append(Text("数据不足,不能预测,只按进度评价", "too few figures for a forecast: by the path alone"))
    return verdict, tuple(reasons), (by_path, by_chance)


def _path(p: Promise) -> tuple[Trajectory | None, Text | None]:
    """The path from baseline to target, and why there is none."""
    if p.baseline is None or p.baseline_year is None or p.wanted is None:
        return None, Text("规划没有基期值", "the plan gives no baseline")
    comparator = p.comparator if p.comparator in COMPARATORS else "at_least"
    try:
        return Trajectory(p.kind, p.baseline_year, p.baseline, p.due, p.wanted, comparator), None
    except ValueError as error:
        return None, Text("基期与目标之间没有可算的进度", f"no path can be drawn ({error})")


def path_at(p: Promise, year: int) -> float | None:
    """Where the plan wants a promise in a year: its path, the target itself in the due year; None where nothing says."""
    line, _ = _path(p)
    if line is not None:
        return _known(float(line.at(year)))
    return p.wanted if year == p.due else None


def _standing(line: Trajectory | None, p: Promise, at: Measured) -> Standing | None:
    if line is None or not line.since <= at.year <= line.due or (p.kind == "volume" and at.value <= 0):
        return None
    return standing(line, at.year, at.value)


def _ahead(p: Promise, line: Trajectory | None, f: Forecast | None, by: float) -> Ahead | None:
    if f is None or p.due not in f.times.tolist():
        return None
    i = f.times.tolist().index(p.due)
    likely = None
    if p.comparator in COMPARATORS and p.wanted is not None:
        try:
            likely = chance(f, p.due, p.wanted / by, p.comparator)
        except ValueError:
            likely = None
    middle, low80, high80, low95, high95 = (float(x[i]) * by for x in (f.middle, f.low80, f.high80, f.low95, f.high95))
    return Ahead(p.due, middle, low80, high80, low95, high95, likely, f.method, f.figures, f.cases, f.error_times)


def _way(p: Promise, value: float) -> float | None:
    if p.baseline is None or p.wanted is None or p.wanted == p.baseline:
        return None
    return 100 * (value - p.baseline) / (p.wanted - p.baseline)


def _growth(p: Promise, value: float, year: int) -> float | None:
    """Growth a year since the baseline, per cent, of volumes and counts alone."""
    if p.kind not in ("volume", "count") or not p.baseline or p.baseline_year is None or year <= p.baseline_year or value <= 0:  # fmt: skip
        return None
    return 100 * float((value / p.baseline) ** (1 / (year - p.baseline_year)) - 1)


def _short(p: Promise, short: float, of: Text) -> Text:
    """By how much it is short, in per cent, percentage points (个百分点) or points."""
    zh, en = {"share": ("个百分点", "percentage points"), "points": ("分", "points")}.get(p.kind, ("%", "%"))
    amount = "0" if short < 1e-9 else f"{short:.1f}"
    if p.comparator == "equals":
        return both("与{t}相差{n}{u}", "{n} {v} off {t}", t=of, n=amount, u=zh, v=en)
    return both("{w}{t}{n}{u}", "{n} {v} {x} {t}", w=Text("低于" if p.upward else "高于", ""), x=Text("", "short of" if p.upward else "above"), t=of, n=amount, u=zh, v=en)  # fmt: skip


def _doubts(p: Promise, at: Measured, usable: tuple[Measured, ...]) -> list[Text]:
    """What a reader has to know of the figure: not final, rounded across the target, beyond a range, on a basis that changed on the way."""
    assert p.wanted is not None
    out: list[Text] = []
    if at.status == "estimated":
        out.append(both("所用为{s},不是年报数", "an {s} figure, not that of the closed year", s=STATUSES["estimated"]))
    if at.step and abs(at.value - p.wanted) < at.step / 2:
        out.append(Text("四舍五入的范围跨过目标值", "what was rounded reaches across the target"))
    if p.most is not None and at.value > p.most:
        out.append(Text("超出规划所定的范围", "beyond the range that the plan names"))
    if at.grade in "MS":
        out.append(Text("数据等级低,须核实", "evidence of low grade, to be checked"))
    return out


def _unmeasured(p: Promise, latest: Measured | None, found: tuple[Measured, ...], why: Text, lacks: str = "") -> Judged:  # fmt: skip
    """No verdict: why, and what would be needed. The latest figure stands beside it, if there is one, with its share of the target."""
    way = p.way.partition(":")[0]
    needed = _NEEDED[lacks] if lacks else p.needed or _NEEDED[way]
    if way == "register" and not lacks and not p.needed:
        needed = both("{n}的名录或登记数", "a register of: {n}", n=p.name)
    counts = latest is not None and p.wanted is not None and p.hindrance is None and latest.unit == p.unit and latest.year > p.since  # fmt: skip
    came = latest.value if latest is not None and counts else None
    return Judged(
        promise=p, verdict="unmeasurable", actual=latest, history=found, completion=None if came is None else completion(p, came), gap=None if came is None or p.wanted is None else came - p.wanted, promised=None if p.wanted is None else _growth(p, p.wanted, p.due),
        way=None if came is None else _way(p, came), reasons=(why,), lacks=lacks or way, lacking=needed,
    )  # fmt: skip


_NONE: dict[str, Text] = {
    "register": Text("没有登记数", "nothing is entered in its register"),
    "not_yet": Text("尚无衡量办法", "there is no way yet to measure it"),
}
_NEEDED: dict[str, Text] = {
    "statistic": Text("该年度的官方统计数", "the official figure of the year"),
    "indicator": Text("全年的扫描事件或日报", "scan events or daily counts of the whole year"),
    "register": Text("名录或登记数", "a register"),
    "not_yet": Text("衡量办法", "a way to measure it"),
    "baseline": Text("基期值", "a baseline"),
}


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
