"""What enterprises report, by when, and how it is checked: ``returns.toml`` and ``reporting.csv`` of a province folder."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from yilu.documents.model import Text
from yilu.errors import InputError
from yilu.network.reading import read_table
from yilu.network.schema import declared
from yilu.network.toml_file import parsed, table, whole, wrong
from yilu.plan.period import Period, period

FILE = "returns.toml"
EVERY = {"month": 1, "quarter": 3}
"""How often a return is sent: months of its period."""
_FORM = {"zh": str, "en": str, "every": str, "due_days": int, "series": list}
_CHECKS = {
    "history": int, "least_history": int, "most_deviations": float, "least_spread": float, "powers": list, "factor_within": float,
    "sum_within": float,
}  # fmt: skip
_LETTER = {"reply_days": int, "issuer_zh": str, "issuer_en": str, "basis_zh": str, "basis_en": str}


@dataclass(frozen=True)
class Form:
    """One return: its name, how often (a key of ``EVERY``), days after the period's end by which it is due, its series."""

    name: str
    words: Text
    every: str
    due_days: int
    series: tuple[str, ...]

    def due(self, of: Period) -> date:
        """The last day on which the return of a period is not late."""
        return of.last + timedelta(days=self.due_days)


@dataclass(frozen=True)
class Checks:
    """Thresholds of the checks, assumptions of the province (returns.toml says each)."""

    history: int
    least_history: int
    most_deviations: float
    least_spread: float
    powers: tuple[int, ...]
    factor_within: float
    sum_within: float


@dataclass(frozen=True)
class Owed:
    """Who owes which return of the periods that begin from a day on, until before another (None: no end)."""

    enterprise: str
    form: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class Forms:
    """All of it. ``prices``: by the code of a ratio of two series, least and most possible value in its unit."""

    forms: dict[str, Form]
    checks: Checks
    prices: dict[str, tuple[float, float]]
    owed: tuple[Owed, ...]
    reply_days: int
    issuer: Text
    basis: Text

    def of(self, when: Period) -> Form | None:
        """The return that a period belongs to."""
        return next((f for f in self.forms.values() if f.every == when.kind), None)


def forms_of(folder: Path, series: Collection[str], enterprises: Collection[str]) -> Forms:
    """The forms of a province folder. Raises InputError for the first fault; ``series``, ``enterprises``: codes that may be named."""
    path = folder / FILE
    if not path.is_file():
        raise InputError(
            FILE, "a file in the province folder", next_step=f"Write {FILE} as docs/how-to/returns.md tells."
        )
    raw = parsed(path.read_text(encoding="utf-8"), FILE)
    for key in raw:
        if key not in ("forms", "checks", "prices", "letter"):
            raise wrong(FILE, key, None, "one of forms, checks, prices, letter")
    forms = {name: _form(name, given, series) for name, given in table(raw, "forms", FILE).items()}
    letter = whole(table(raw, "letter", FILE), "letter", FILE, _LETTER)
    return Forms(
        forms, _checks(table(raw, "checks", FILE)), {c: _price(c, p, series) for c, p in table(raw, "prices", FILE).items()},
        _owed(folder, forms, enterprises), letter["reply_days"], Text(letter["issuer_zh"], letter["issuer_en"]),
        Text(letter["basis_zh"], letter["basis_en"]),
    )  # fmt: skip


def _form(name: str, given: Any, series: Collection[str]) -> Form:
    key = f"forms.{name}"
    held = whole(given, key, FILE, _FORM)
    if held["every"] not in EVERY:
        raise wrong(FILE, f"{key}, every", held["every"], "one of " + ", ".join(EVERY))
    if held["due_days"] < 0:
        raise wrong(FILE, f"{key}, due_days", held["due_days"], "0 or more")
    for code in held["series"]:
        if code not in series:
            raise wrong(FILE, f"{key}, series", code, "a code of series.csv")
    return Form(name, Text(held["zh"], held["en"]), held["every"], held["due_days"], tuple(held["series"]))


def _checks(given: dict[str, Any]) -> Checks:
    plain = {k: float(v) if _CHECKS.get(k) is float and type(v) is int else v for k, v in given.items()}
    held = whole(plain, "checks", FILE, _CHECKS)
    for name, value in held.items():
        numbers = value if isinstance(value, list) else [value]
        if not all(isinstance(n, int | float) and n > 0 for n in numbers) or not numbers:
            raise wrong(FILE, f"checks, {name}", value, "more than 0")
    return Checks(**{**held, "powers": tuple(held["powers"])})


def _price(code: str, given: Any, series: Collection[str]) -> tuple[float, float]:
    if code not in series:
        raise wrong(FILE, f"prices, {code}", None, "a code of series.csv")
    match given:
        case [int() | float() as least, int() | float() as most] if 0 < least < most:
            return float(least), float(most)
    raise wrong(FILE, f"prices, {code}", given, "[least, most], both more than 0")


def _owed(folder: Path, forms: Collection[str], enterprises: Collection[str]) -> tuple[Owed, ...]:
    rows, _, problems = read_table(folder, "reporting", declared("yilu.plan", "reporting"), False)
    for p in problems:
        raise InputError(
            p.file, p.expected, row=p.row, column=p.column, value=p.value, next_step=f"{p.reason}: correct {p.file}."
        )
    out = []
    for row in rows:
        v = {name: str(value) for name, value in row.values.items()}
        for column, known, table_ in (("enterprise", enterprises, "operators.csv"), ("form", forms, FILE)):
            if v[column] not in known:
                raise InputError("reporting.csv", f"a name of {table_}", row=row.number, column=column, value=v[column], next_step="Correct the row.")  # fmt: skip
        until = date.fromisoformat(v["valid_to"]) if v["valid_to"] else None
        out.append(Owed(v["enterprise"], v["form"], date.fromisoformat(v["valid_from"]), until))
    return tuple(out)


def periods(form: Form, owed: Owed, as_of: date) -> list[Period]:
    """Periods that an enterprise owes a return of, whose due day lies before ``as_of``."""
    step = EVERY[form.every]
    out: list[Period] = []
    at = owed.valid_from.year * 12 + owed.valid_from.month - 1
    at += -at % step if owed.valid_from.day == 1 else step - at % step
    while True:
        year, month = divmod(at, 12)
        of = period(f"{year}-{month + 1:02}" if step == 1 else f"{year}Q{month // 3 + 1}")
        if form.due(of) >= as_of or (owed.valid_to is not None and of.first >= owed.valid_to):
            return out
        out.append(of)
        at += step
