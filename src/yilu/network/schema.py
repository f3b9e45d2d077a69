"""The schema of a province folder is data: ``schema/TABLE.csv`` declares each column of ``TABLE.csv`` once.

Reading, checking, defaults and the reference page all come from it.
"""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass
from datetime import date, time
from importlib.resources import files

TABLES: tuple[str, ...] = (
    "areas", "facilities", "operators", "service_levels", "promise_rules", "obligations", "crossings", "barriers", "figures", "demand", "calendar",
    "lanes", "handling", "rounds", "road_times",
)  # fmt: skip
"""Tables of a province folder, in the order of the reference page."""

REQUIRED: tuple[str, ...] = ("areas", "facilities", "operators")
"""Tables that every province has; the others may be missing and are empty then."""

OF_OTHERS: tuple[str, ...] = ("series", "statistics", "reporting")
"""Tables in a province folder that another room declares and reads (``plan``)."""

GRADES: dict[str, tuple[str, str]] = {
    "A": ("官方", "official"),
    "B": ("新闻或论文", "news or paper"),
    "C": ("机构文本的转载", "copy of an agency's text"),
    "D": ("规划本身", "the plan itself"),
    "X": ("推算", "computed"),
    "M": ("凭记忆,待核", "from memory, to be checked"),
    "S": ("假设", "assumption"),
}
"""How far a row can be trusted."""

Value = str | int | float | bool


@dataclass(frozen=True)
class Attribute:
    """One column: name, type, unit, default (text), whether required, bounds (text, may be empty), choices, the table.column it names."""

    name: str
    type: str
    unit: str
    default: str
    required: bool
    least: str
    most: str
    choices: tuple[str, ...]
    references: str
    description_zh: str
    description_en: str

    @property
    def expected(self) -> str:
        """What a value must be, in words."""
        if self.references:
            words = f"a code of {self.references.split('.')[0]}"
            return words + (f" or {' | '.join(self.choices)}" if self.choices else "")
        if self.choices:
            return ("some of " if self.type == "list" else "one of ") + ", ".join(self.choices)
        words = _WORDS[self.type]
        if self.least and self.most:
            return f"{words} from {self.least} to {self.most}"
        return f"{words}, {self.least} or more" if self.least else words


_WORDS = {
    "id": "a whole number", "int": "a whole number", "float": "a number", "decimal": "a number such as 16.1", "text": "text", "yes_no": "yes or no", "list": "values parted by ;",
    "date": "a day such as 2021-01-31", "time": "a time such as 18:00", "times": "times such as 06:00;18:30", "days": "days such as 2021-01-31;2021-02-01", "choice": "a choice", "reference": "a code",
}  # fmt: skip

_ABSENT: dict[str, Value] = {"id": 0, "int": 0, "float": 0.0, "yes_no": False, "time": 0}


def attributes(table: str) -> tuple[Attribute, ...]:
    """The columns of ``table`` as its schema declares them."""
    return _SCHEMAS[table]


def declared(room: str, table: str) -> tuple[Attribute, ...]:
    """The columns that ``schema/TABLE.csv`` of another room's package declares (``yilu.plan``)."""
    text = (files(room) / "schema" / f"{table}.csv").read_text(encoding="utf-8")
    return tuple(
        Attribute(
            r["attribute"], r["type"], r["unit"], r["default"], r["required"] == "yes", r["least"], r["most"],
            tuple(filter(None, r["choices"].split("|"))), r["references"], r["description_zh"], r["description_en"],
        )
        for r in csv.DictReader(text.splitlines())
    )  # fmt: skip


_SCHEMAS: dict[str, tuple[Attribute, ...]] = {table: declared("yilu.network", table) for table in TABLES}


def value(attribute: Attribute, text: str) -> Value:
    """``text`` as the attribute's type: decimals as text with their digits as written, dates as ISO text, times as minutes of the day, lists, days and
    several times (in order) as text parted by semicolons.

    An empty text takes the default. References are only checked against the attribute's choices here. Raises ValueError where the
    text is not what ``attribute.expected`` says.
    """
    text = text.strip() or attribute.default
    if not text:
        if attribute.required:
            raise ValueError("empty")
        return _ABSENT.get(attribute.type, "")
    found = _parsed(attribute, text)
    if attribute.required and found == "":
        raise ValueError(text)
    if isinstance(found, int | float) and not isinstance(found, bool):
        if attribute.least and found < float(attribute.least):
            raise ValueError(text)
        if attribute.most and found > float(attribute.most):
            raise ValueError(text)
    return found


def _parsed(attribute: Attribute, text: str) -> Value:
    match attribute.type:
        case "id" | "int":
            return int(_plain(text))
        case "float":
            number = float(_plain(text))
            if not math.isfinite(number):
                raise ValueError(text)
            return number
        case "decimal":
            if not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", _plain(text)):
                raise ValueError(text)
            return text
        case "yes_no":
            if text not in ("yes", "no"):
                raise ValueError(text)
            return text == "yes"
        case "date":
            return _day(text)
        case "time":
            return 1440 if text == "24:00" else _minute(text)
        case "times":
            return ";".join(f"{m // 60:02}:{m % 60:02}" for m in sorted({_minute(part) for part in _parts(text)}))
        case "days":
            return ";".join(sorted({_day(part) for part in _parts(text)}))
        case "choice":
            if text not in attribute.choices:
                raise ValueError(text)
            return text
        case "list":
            parts = _parts(text)
            if attribute.choices and not set(parts) <= set(attribute.choices):
                raise ValueError(text)
            return ";".join(parts)
        case _:
            if len(text) > 500 or any(ord(c) < 32 for c in text):
                raise ValueError(text)
            return text


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    if not 1970 <= day.year <= 2105:
        raise ValueError(text)
    return day.isoformat()


def _minute(text: str) -> int:
    """Minutes of the day of a local time."""
    at = time.fromisoformat(text)
    if at.second or at.microsecond or at.tzinfo:
        raise ValueError(text)
    return 60 * at.hour + at.minute


def minutes_of(times: str) -> tuple[int, ...]:
    """Minutes of the day of a column of ``times``, in order."""
    return tuple(_minute(part) for part in _parts(times))


def _plain(text: str) -> str:
    """A number as people write it in a table: Python would also read full-width digits and underscores."""
    if not text.isascii() or "_" in text or len(text) > 24:
        raise ValueError(text)
    return text
