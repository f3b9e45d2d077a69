"""What is said of a finding, in both languages: values in the unit in which they were given."""

from __future__ import annotations

from collections.abc import Mapping

from yilu.documents.model import Text
from yilu.plan.returns.forms import Form
from yilu.plan.returns.past import Expected
from yilu.plan.returns.reading import Cell
from yilu.plan.statistics import Series
from yilu.plan.units import converted, units


def number(value: float) -> str:
    """A number with five digits that count, without an exponent, thousands apart."""
    places = max(0, 4 - len(f"{abs(value):.0f}")) if abs(value) >= 1 else 4
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def as_given(cell: Cell, value: float, series: Mapping[str, Series]) -> Text:
    """A value of the unit of the series, in the unit of the cell."""
    text = number(converted(value, series[cell.series].unit, cell.unit))
    return Text(f"{text}{cell.unit}", f"{text} {units()[cell.unit].en}")


def between(expected: Expected, cell: Cell, series: Mapping[str, Series]) -> Text:
    """The range in which a value would be plausible."""
    low, high = (as_given(cell, v, series) for v in (expected.least, expected.most))
    return Text(f"{low.zh}至{high.zh}", f"{low.en} to {high.en}")


def by_past(expected: Expected, cell: Cell, series: Mapping[str, Series]) -> Text:
    """Why a unit seems mistaken: the past."""
    usual = as_given(cell, expected.value, series)
    return Text(f"按以往推算约为{usual.zh}", f"its past lets expect about {usual.en}")


_HEALED = {"sum": Text("换算后合计与分项之和相符", "then total and parts agree"), "quarter": Text("换算后季报与各月之和相符", "then quarter and months agree")}  # fmt: skip


def by_sum(code: str) -> Text:
    """Why a unit seems mistaken: a sum that then holds."""
    return _HEALED[code]


def factor_words(power: int) -> Text:
    """A power of ten as a multiple."""
    times = f"{10 ** abs(power):,}"
    if power > 0:
        return Text(f"约为实际值的 {times} 倍", f"about {times} times too large")
    return Text(f"约为实际值的 1/{times}", f"about {times} times too small")


def factor_detail(power: int, why: Text) -> Text:
    """What seems mistaken, and why."""
    what = factor_words(power)
    return Text(f"{what.zh};{why.zh}", f"{what.en}; {why.en}")


def change(expected: Expected, value: float) -> Text:
    """How far a value lies from what was expected."""
    ratio = value / expected.value
    percent = f"{100 * abs(ratio - 1):,.0f}"
    return Text(
        f"比按以往推算的{'高' if ratio > 1 else '低'} {percent}%",
        f"{percent} % {'above' if ratio > 1 else 'below'} what its past lets expect",
    )


def parts(values: list[float]) -> Text:
    """By how much a total (the first) is more than its parts."""
    held = sum(values[1:])
    percent = f"{100 * (values[0] / held - 1):+.2f}%".replace("-", "−") if held else "–"
    return Text(f"相差 {percent}", f"by {percent}")


def price(value: float, of: Series) -> Text:
    """A unit price that was found."""
    return Text(f"{of.name_zh}为 {number(value)} {of.unit}", f"{of.name_en}: {number(value)} {units()[of.unit].en}")


def price_between(usual: Expected, least: float, most: float, of: Series) -> Text:
    """Where a unit price would be plausible."""
    low, high = number(max(least, usual.least)), number(min(most, usual.most))
    return Text(f"{of.name_zh} {low}至{high} {of.unit}", f"{of.name_en} from {low} to {high} {units()[of.unit].en}")


def due(form: Form, day: str) -> Text:
    """By when a return is due."""
    return Text(f"{form.words.zh}应于 {day} 前(含当日)报送", f"{form.words.en}, due by {day}")


def named(series: Series) -> Text:
    """A series by name."""
    return Text(series.name_zh, series.name_en)


def in_ratio(above: float, below: float, of: Series, series: Mapping[str, Series]) -> float:
    """A ratio of two values in the units of their series, in its own plain unit."""
    up, down = units()[series[of.numerator].unit].factor, units()[series[of.denominator].unit].factor
    return above / below * float(up / down) / float(units()[of.unit].factor)
