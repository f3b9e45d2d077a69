"""The handbook of emergencies: special plans with what they ask for, clocks, contents of reports; the three gradings of an incident.

Event level, response level and warning colour are three fields: what happened, how far one answers, what one warns of. None follows from another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from yilu.network import toml_file
from yilu.network.schema import GRADES
from yilu.network.toml_file import wrong

LEVELS: dict[int, tuple[str, str]] = {
    1: ("Ⅰ级(特别重大)", "I, extraordinary"),
    2: ("Ⅱ级(重大)", "II, major"),
    3: ("Ⅲ级(较大)", "III, considerable"),
    4: ("Ⅳ级(一般)", "IV, ordinary"),
}
"""Event level (事件级别)."""
RESPONSES: dict[int, tuple[str, str]] = {
    0: ("未启动", "none"),
    1: ("Ⅰ级响应", "I"),
    2: ("Ⅱ级响应", "II"),
    3: ("Ⅲ级响应", "III"),
    4: ("Ⅳ级响应", "IV"),
}
"""Response level (响应级别)."""
COLOURS: dict[str, tuple[str, str]] = {
    "none": ("无", "none"),
    "blue": ("蓝色", "blue"),
    "yellow": ("黄色", "yellow"),
    "orange": ("橙色", "orange"),
    "red": ("红色", "red"),
}
"""Warning colour (预警颜色)."""
OFFICER, FIRM = "officer", "firm"
PLAN_FILE = "emergency.toml"


@dataclass(frozen=True)
class Clock:
    """How long something may take: minutes, whose clock it is (``officer``, ``firm``), on what it stands (Chinese, English)."""

    id: str
    zh: str
    en: str
    whose: str
    minutes: int
    grade: str
    source: tuple[str, str]


@dataclass(frozen=True)
class Content:
    """One thing that a report holds."""

    id: str
    zh: str
    en: str


@dataclass(frozen=True)
class Ask:
    """What a plan asks for: what, of which office, within how many minutes."""

    zh: str
    en: str
    owner_zh: str
    owner_en: str
    minutes: int


@dataclass(frozen=True)
class Plan:
    """A special plan (专项预案). ``network_blockage``: whether it starts the firm's own clock (express market rules, art. 39); ``source``: Chinese, English."""

    id: str
    zh: str
    en: str
    source: tuple[str, str]
    network_blockage: bool
    asks: tuple[Ask, ...]


@dataclass(frozen=True)
class Trigger:
    """What makes an incident to be reported; ``source``: Chinese, English."""

    zh: str
    en: str
    grade: str
    source: tuple[str, str]


@dataclass(frozen=True)
class Handbook:
    """Plans and clocks by id, contents by kind of report, triggers."""

    plans: dict[str, Plan]
    clocks: dict[str, Clock]
    reports: dict[str, tuple[Content, ...]]
    triggers: tuple[Trigger, ...]

    def said(self, text: str) -> tuple[str, str]:
        """A task or an office of a plan in both languages; anything else as it was written."""
        for plan in self.plans.values():
            for ask in plan.asks:
                for zh, en in ((ask.zh, ask.en), (ask.owner_zh, ask.owner_en)):
                    if text == zh:
                        return zh, en
        return text, text


@lru_cache(maxsize=1)
def handbook() -> Handbook:
    """The handbook as yilu ships it."""
    text = (files("yilu.supervision.handling") / "plans.toml").read_text(encoding="utf-8")
    return parsed(text, "plans.toml")


@lru_cache(maxsize=8)
def for_province(folder: Path | None) -> Handbook:
    """The handbook with what a province's ``emergency.toml`` puts in the place of clocks and plans, and adds to them. Raises InputError."""
    path = folder / PLAN_FILE if folder else None
    if path is None or not path.is_file():
        return handbook()
    own, shipped = parsed(path.read_text(encoding="utf-8"), path.name), handbook()
    return replace(
        shipped, plans=shipped.plans | own.plans, clocks=shipped.clocks | own.clocks, reports=shipped.reports | own.reports,
        triggers=own.triggers or shipped.triggers,
    )  # fmt: skip


_CLOCK: dict[str, type] = {"zh": str, "en": str, "whose": str, "minutes": int, "grade": str, "source": str}
_PLAN: dict[str, type] = {"id": str, "zh": str, "en": str, "source": str, "network_blockage": bool, "asks": list}
_REPORT: dict[str, type] = {"zh": str, "en": str, "holds": list}
_TRIGGER: dict[str, type] = {"zh": str, "en": str, "grade": str, "source": str}
_CLOCKS = ("first_voice", "first_written", "follow_up", "final", "firm_report", "firm_notice")


def parsed(text: str, file: str) -> Handbook:
    """A handbook from its text. Raises InputError naming ``file``, the key and what was expected."""
    raw = toml_file.parsed(text, file)
    for key in raw:
        if key not in ("clocks", "reports", "trigger", "plan"):
            raise wrong(file, key, None, "clocks, reports, trigger or plan")
    clocks = {name: _clock(name, given, file) for name, given in toml_file.table(raw, "clocks", file).items()}
    reports = {name: _report(name, given, file) for name, given in toml_file.table(raw, "reports", file).items()}
    triggers = tuple(Trigger(**_sourced(toml_file.whole(t, "trigger", file, _TRIGGER))) for t in raw.get("trigger", ()))
    plans = {p.id: p for p in (_plan(given, file) for given in raw.get("plan", ()))}
    return Handbook(plans, clocks, reports, triggers)


def _clock(name: str, given: Any, file: str) -> Clock:
    if name not in _CLOCKS:
        raise wrong(file, f"clocks.{name}", name, f"one of {', '.join(_CLOCKS)}")
    whole = toml_file.whole(given, f"clocks.{name}", file, _CLOCK)
    if whole["minutes"] < 1:
        raise wrong(file, f"clocks.{name}, minutes", whole["minutes"], "a whole number of minutes, 1 or more")
    if whole["whose"] not in (OFFICER, FIRM):
        raise wrong(file, f"clocks.{name}, whose", whole["whose"], f"{OFFICER} or {FIRM}")
    if whole["grade"] not in GRADES:
        raise wrong(file, f"clocks.{name}, grade", whole["grade"], f"one of {', '.join(GRADES)}")
    return Clock(id=name, **_sourced(whole))


def _report(name: str, given: Any, file: str) -> tuple[Content, ...]:
    if name not in ("first", "follow_up", "final"):
        raise wrong(file, f"reports.{name}", name, "first, follow_up or final")
    held = toml_file.whole(given, f"reports.{name}", file, _REPORT)["holds"]
    for one in held:
        if not (isinstance(one, list) and len(one) == 3 and all(isinstance(text, str) for text in one)):
            raise wrong(file, f"reports.{name}, holds", one, "lists of an id, a Chinese and an English text")
    return tuple(Content(*one) for one in held)


def _plan(given: Any, file: str) -> Plan:
    key = f"plan {given.get('id', '') if isinstance(given, dict) else ''}"
    whole = toml_file.whole(given, key, file, _PLAN)
    for one in whole["asks"]:
        if not (isinstance(one, list) and [type(v) for v in one] == [str, str, str, str, int]):
            raise wrong(
                file,
                f"{key}, asks",
                one,
                "lists of what is asked and of whom, each in Chinese and English, and minutes",
            )
    return Plan(**_sourced({**whole, "asks": tuple(Ask(*one) for one in whole["asks"])}))


def _sourced(whole: dict[str, Any]) -> dict[str, Any]:
    return {**whole, "source": toml_file.in_both(whole["source"])}
