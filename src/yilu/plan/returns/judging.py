"""What is to be asked about returns: missing and late ones, units mistaken, implausible changes, sums, quarters, unit prices.

One cause is told once. What looks like a mistaken unit is told first and counts as corrected afterwards; a figure that was found implausible takes no part in the checks
that follow, nor in the past that later ones are held against.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from yilu.documents.model import Text
from yilu.plan.period import Period, period
from yilu.plan.returns import past, wording
from yilu.plan.returns.findings import NOTHING, Finding
from yilu.plan.returns.forms import EVERY, Form, Forms, periods
from yilu.plan.returns.reading import Cell, Key
from yilu.plan.statistics import Series

Place = tuple[str, str]
"""Series and period of one enterprise's figure."""


@dataclass
class Desk:
    """One enterprise's figures under examination. ``known``: by series and period, in the unit of the series, what was accepted and what is new; a value that
    counts as corrected stands here corrected. ``slack``: by how much rounding may have moved a new figure, half its last place. ``new``: those that are examined. ``doubtful``: those with a finding that corrects nothing."""

    enterprise: str
    forms: Forms
    series: Mapping[str, Series]
    new: dict[Place, Cell]
    known: dict[Place, float]
    when: dict[str, Period]
    slack: dict[Place, float]
    doubtful: set[Place] = field(default_factory=set)
    corrected: set[Place] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def find(self, code: str, at: Place, expected: Text, detail: Text) -> None:
        """Tell of a new figure, which is doubtful from now on."""
        self.findings.append(_finding(code, self.new[at], expected, detail))
        self.doubtful.add(at)

    def mistaken(self, at: Place, power: int, detail: Text) -> None:
        """Tell that a new figure looks 10^power times too large (too small where negative); it counts as corrected from now on."""
        cell = self.new[at]
        self.known[at] = cell.value / 10.0**power
        self.slack[at] /= 10.0**power
        self.corrected.add(at)
        self.findings.append(
            _finding(
                "factor",
                cell,
                wording.as_given(cell, self.known[at], self.series),
                wording.factor_detail(power, detail),
            )
        )

    def sound(self, at: Place) -> bool:
        """Whether it is known and not doubtful."""
        return at in self.known and at not in self.doubtful


def judged(
    cells: Iterable[Cell],
    accepted: Mapping[Key, float],
    forms: Forms,
    series: Mapping[str, Series],
    received: date,
    as_of: date,
) -> list[Finding]:
    """Findings of new figures, in the order of enterprises; ``accepted``: values in the unit of the series that stand already.

    ``received``: the day on which the new ones came; ``as_of``: the day before which a return must have been due to be missing.
    """
    held = list(cells)
    out = [*_missing(held, accepted, forms, as_of), *_late(held, accepted, forms, received)]
    stands: dict[str, dict[Place, float]] = {}
    for (enterprise, code, p), value in accepted.items():
        stands.setdefault(enterprise, {})[code, p] = value
    new: dict[str, list[Cell]] = {}
    for cell in held:
        new.setdefault(cell.enterprise, []).append(cell)
    for enterprise, of in new.items():
        out += _of_enterprise(enterprise, of, stands.get(enterprise, {}), forms, series)
    order = {enterprise: i for i, enterprise in enumerate(dict.fromkeys(f.enterprise for f in out))}
    return sorted(out, key=lambda f: (order[f.enterprise], f.file, f.row or 0))


def _of_enterprise(
    enterprise: str, new: list[Cell], accepted: dict[Place, float], forms: Forms, series: Mapping[str, Series]
) -> list[Finding]:
    placed = {(c.series, c.period.text): c for c in new}
    when = {p: period(p) for p in {p for _, p in (*accepted, *placed)}}
    desk = Desk(
        enterprise,
        forms,
        series,
        placed,
        {**accepted, **{at: c.value for at, c in placed.items()}},
        when,
        {at: c.step / 2 for at, c in placed.items()},
    )
    _incomplete(desk)
    for form in forms.forms.values():
        _factors(desk, form)
        _sums(desk, form, told=False)
    _quarters(desk, told=False)
    for form in forms.forms.values():
        _changes(desk, form)
        _sums(desk, form, told=True)
    _quarters(desk, told=True)
    for form in forms.forms.values():
        _prices(desk, form)
    changed = [c for at, c in placed.items() if at in accepted and accepted[at] != c.value]
    return desk.findings + [
        _finding("differs", c, wording.as_given(c, accepted[c.series, c.period.text], series)) for c in changed
    ]


def _finding(code: str, cell: Cell, expected: Text, detail: Text = NOTHING) -> Finding:
    return Finding(
        code,
        cell.enterprise,
        cell.series,
        cell.period.text,
        cell.file,
        cell.row,
        "value",
        f"{cell.text} {cell.unit}",
        expected,
        detail,
    )


def _missing(cells: list[Cell], accepted: Mapping[Key, float], forms: Forms, as_of: date) -> Iterable[Finding]:
    there = {(c.enterprise, c.period.text) for c in cells} | {(e, p) for e, _, p in accepted}
    for owed in forms.owed:
        form = forms.forms[owed.form]
        for of in periods(form, owed, as_of):
            if (owed.enterprise, of.text) not in there:
                due = form.due(of).isoformat()
                yield Finding("missing", owed.enterprise, "", of.text, "", None, None, None, wording.due(form, due))


def _late(cells: list[Cell], accepted: Mapping[Key, float], forms: Forms, received: date) -> Iterable[Finding]:
    """Returns that came after their due day; a correction of one that was there is not late."""
    before = {(e, p) for e, _, p in accepted}
    firsts: dict[tuple[str, str], Cell] = {}
    for cell in cells:
        firsts.setdefault((cell.enterprise, cell.period.text), cell)
    for key, cell in firsts.items():
        form = forms.of(cell.period)
        if form and key not in before and received > form.due(cell.period):
            expected = wording.due(form, form.due(cell.period).isoformat())
            yield Finding(
                "late",
                cell.enterprise,
                "",
                cell.period.text,
                cell.file,
                cell.row,
                "period",
                received.isoformat(),
                expected,
            )


def _incomplete(desk: Desk) -> None:
    """Series of a form that a return doesn't have, though it has others; one finding each, at the return's first row."""
    firsts: dict[str, Cell] = {}
    for (_, p), cell in desk.new.items():
        firsts.setdefault(p, cell)
    for p, cell in firsts.items():
        form = desk.forms.of(cell.period)
        for code in form.series if form else ():
            if (code, p) not in desk.known:
                expected = wording.named(desk.series[code])
                desk.findings.append(
                    Finding("incomplete", desk.enterprise, code, p, cell.file, cell.row, "series", None, expected)
                )


def _places(desk: Desk, form: Form) -> list[Place]:
    """New figures of a form, by time and then as the form has them."""
    found = [at for at in desk.new if desk.when[at[1]].kind == form.every and at[0] in form.series]
    return sorted(found, key=lambda at: (desk.when[at[1]].first, form.series.index(at[0])))


def _expected(desk: Desk, form: Form, at: Place, values: Mapping[Place, float]) -> past.Expected | None:
    """What the past of a figure lets expect; a figure of the form's periods that is doubtful is no past."""
    months, here = EVERY[form.every], desk.when[at[1]]
    line = {
        (here.first.year - w.first.year) * 12 // months + (here.first.month - w.first.month) // months: values[at[0], p]
        for p, w in desk.when.items()
        if w.kind == form.every and w.first < here.first and (at[0], p) in values and (at[0], p) not in desk.doubtful
    }
    return past.expected(line, 12 // months, desk.forms.checks)


def _factors(desk: Desk, form: Form) -> None:
    """Values that lie out of all bounds, and in them once a power of ten is taken away."""
    for at in _places(desk, form):
        value = desk.known[at]
        expected = _expected(desk, form, at, _trusted(desk))
        if expected is None or value <= 0 or expected.plausible(value):
            continue
        power = past.power(value, expected, desk.forms.checks)
        if power:
            desk.mistaken(at, power, wording.by_past(expected, desk.new[at], desk.series))
        else:
            desk.doubtful.add(
                at
            )  # no past for those that follow; told by `_changes`, unless a sum or a quarter explains it
    desk.doubtful -= set(_places(desk, form))


def _trusted(desk: Desk) -> dict[Place, float]:
    return {at: value for at, value in desk.known.items() if at not in desk.doubtful}


def _changes(desk: Desk, form: Form) -> None:
    for at in _places(desk, form):
        if at in desk.doubtful or at in desk.corrected:
            continue
        expected = _expected(desk, form, at, desk.known)
        if expected is not None and not expected.plausible(desk.known[at]):
            desk.find(
                "change",
                at,
                wording.between(expected, desk.new[at], desk.series),
                wording.change(expected, desk.known[at]),
            )


def _sums(desk: Desk, form: Form, told: bool) -> None:
    """Totals against their parts. ``told`` False: only mistaken units that a power of ten of one figure heals."""
    for p in dict.fromkeys(p for _, p in _places(desk, form)):
        for total, parts in ((c, desk.series[c].parts) for c in form.series if desk.series[c].parts):
            if not set(parts) <= set(form.series):
                continue
            places = [(total, p), *((part, p) for part in parts)]
            _balance(desk, places[0], places[1:], "sum", told)


def _quarters(desk: Desk, told: bool) -> None:
    """Quarterly figures against the sum of their three months."""
    for at in list(desk.known):
        of = desk.when[at[1]]
        if of.kind == "quarter":
            months = [f"{of.first.year}-{of.first.month + i:02}" for i in range(3)]
            _balance(desk, at, [(at[0], m) for m in months], "quarter", told)


def _balance(desk: Desk, total: Place, parts: list[Place], code: str, told: bool) -> None:
    """A total against its parts: healed by one power of ten, explained by a doubtful figure, or told at the row of the total (else of the first new part)."""
    places = [total, *parts]
    new = [at for at in places if at in desk.new]
    if not new or any(at not in desk.known for at in places):
        return
    values, slack = [desk.known[at] for at in places], [desk.slack.get(at, 0.0) for at in places]
    within = desk.forms.checks.sum_within
    if _fits(values, slack, within):
        return
    if not told:
        healing = [
            (at, k * sign)
            for at in new
            if at not in desk.corrected and _unknown(desk, at)
            for k in desk.forms.checks.powers
            for sign in (1, -1)
            if desk.known[at] > 0 and _fits(_taken(values, places.index(at), k * sign), _taken(slack, places.index(at), k * sign), within)
        ]  # fmt: skip
        if len(healing) == 1:
            desk.mistaken(*healing[0], wording.by_sum(code))
        return
    if any(at in desk.doubtful for at in places):
        return
    at = total if total in desk.new else new[0]
    owed = (
        sum(values[1:])
        if at == total
        else values[0] - sum(v for q, v in zip(places, values, strict=True) if q not in (total, at))
    )
    desk.find(code, at, wording.as_given(desk.new[at], owed, desk.series), wording.parts(values))


def _unknown(desk: Desk, at: Place) -> bool:
    """Whether no past tells what a figure may be: where one does, it has been asked, and a sum that would be healed by chance proves nothing."""
    form = desk.forms.of(desk.when[at[1]])
    return form is None or _expected(desk, form, at, _trusted(desk)) is None


def _taken(values: list[float], i: int, power: int) -> list[float]:
    """Values with a power of ten taken from one of them."""
    return [v / 10.0**power if n == i else v for n, v in enumerate(values)]


def _fits(values: list[float], slack: list[float], within: float) -> bool:
    """Whether the first is the sum of the others, within a share of the greater of the two or what rounding may have moved."""
    total, parts = values[0], sum(values[1:])
    return abs(total - parts) <= max(within * max(abs(total), abs(parts)), sum(slack))


def _prices(desk: Desk, form: Form) -> None:
    """Ratios of two series of a form, against what is possible and against the enterprise's own past."""
    for code, (least, most) in desk.forms.prices.items():
        of = desk.series[code]
        if not {of.numerator, of.denominator} <= set(form.series):
            continue
        for p in dict.fromkeys(p for _, p in _places(desk, form)):
            above, below = (of.numerator, p), (of.denominator, p)
            at = above if above in desk.new else below
            if at not in desk.new or not desk.sound(above) or not desk.sound(below):
                continue
            price = _ratio(desk, of, p)
            if price is None:
                continue
            ratios = {w.first: r for q, w in desk.when.items() if w.kind == form.every and w.first < desk.when[p].first and desk.sound((of.numerator, q)) and desk.sound((of.denominator, q)) and (r := _ratio(desk, of, q))}  # fmt: skip
            usual = past.level([ratios[d] for d in sorted(ratios)], desk.forms.checks)
            bounds = past.Expected(math.sqrt(least * most), math.log(most / least) / 2) if usual is None else usual
            if not least <= price <= most or not bounds.plausible(price):
                desk.find("price", at, wording.price_between(bounds, least, most, of), wording.price(price, of))


def _ratio(desk: Desk, of: Series, p: str) -> float | None:
    """Numerator over denominator in the unit of the ratio; None where either is not above 0."""
    above, below = desk.known[of.numerator, p], desk.known[of.denominator, p]
    if above <= 0 or below <= 0:
        return None
    return wording.in_ratio(above, below, of, desk.series)
