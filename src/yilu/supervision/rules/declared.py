"""Rules as they are declared, and a province's thresholds for them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from yilu.items.schema import ITEM_CLASSES, SENDER_KINDS
from yilu.network import toml_file
from yilu.network.toml_file import wrong

INPUTS = ("items", "time", "cells")
UNUSUAL = 0
"""Severity of what is worth a look and no violation: it inhibits nothing, nothing inhibits it, and no province makes more of it."""
SEVERITIES: dict[int, tuple[str, str]] = {
    UNUSUAL: ("关注", "unusual"),
    1: ("提示", "notice"),
    2: ("一般", "minor"),
    3: ("较重", "serious"),
    4: ("严重", "grave"),
}
"""By number: Chinese and English name."""


GROUPS = ("operator", "place")
"""What evidence of a rule may be grouped by, beside the local day."""

TIGHTENED: tuple[str, ...] = (
    "backfill_hours", "stalled_hours", "stalled_abroad_hours", "late_hours", "after_minutes", "backlog_hours", "backlog_least", "off_least",
)  # fmt: skip
"""Thresholds that a protected period may tighten, for the items that it binds. Of all of them less is stricter."""
OF_COUNTS: tuple[str, ...] = ("sender_token", "zero_report_missing")
"""Rules that look at no item's life although they are not of ``cells``: no period binds what they say."""
SIDES = ("accepted", "destination")
MOST_PROTECTED = 32
"""Protected periods of a province at the most: evidence says by a bit each which of them bind its item."""


@dataclass(frozen=True)
class Threshold:
    """A threshold of rules: its value, default, unit, and bounds (inclusive)."""

    name: str
    value: int
    default: int
    unit: str
    least: int
    most: int
    zh: str
    en: str


@dataclass(frozen=True)
class Rule:
    """One rule. ``number``: its place in the catalogue, from 1 on; ``input``: ``items`` that were touched, ``time`` that passed, or ``cells`` of cubes.

    ``stands_on``: law and plan (Chinese, English); ``resolves``: whether what it says can end by itself; ``inhibits``: rules that keep quiet of what it has said;
    ``group_by``: what, beside the local day, parts its evidence into alerts.
    """

    number: int
    id: str
    zh: str
    en: str
    input: str
    severity: int
    stands_on: tuple[str, str]
    resolves: bool
    thresholds: tuple[str, ...]
    inhibits: tuple[str, ...]
    means_zh: str
    means_en: str
    group_by: tuple[str, ...] = GROUPS


@dataclass(frozen=True)
class Protected:
    """A protected period (重要时点) that tightens rules: local days ``first`` to ``last``, of which items are bound that are accepted in them.

    ``area``: a code, with all below it, on ``side`` of the item; ``item_class``, ``sender_kind``, ``operator``: codes; all of them "" for any.
    ``thresholds``, ``severity``: what holds of its items, by name of threshold and by id of rule; stricter than what holds of others.
    """

    id: str
    zh: str
    en: str
    first: date
    last: date
    side: str = SIDES[0]
    area: str = ""
    item_class: str = ""
    sender_kind: str = ""
    operator: str = ""
    thresholds: dict[str, int] = field(default_factory=dict)
    severity: dict[str, int] = field(default_factory=dict)

    def tightens(self, rule: Rule) -> bool:
        """Whether it asks more of its items than a rule asks of others."""
        return rule.id in self.severity or any(name in self.thresholds for name in rule.thresholds)


@dataclass(frozen=True)
class Catalogue:
    """All rules, by id, and all thresholds, by name; ``off``: ids of rules that the province doesn't apply; ``protected``: periods that tighten some."""

    rules: dict[str, Rule]
    thresholds: dict[str, Threshold]
    off: frozenset[str] = frozenset()
    protected: tuple[Protected, ...] = ()

    def __getitem__(self, threshold: str) -> int:
        """The value of a threshold, outside protected periods."""
        return self.thresholds[threshold].value

    def each(self, threshold: str) -> list[int]:
        """Every value that a threshold has in or outside any protected period, the strictest first."""
        return sorted(
            {self[threshold], *(p.thresholds[threshold] for p in self.protected if threshold in p.thresholds)}
        )

    def strictest(self, threshold: str) -> int:
        """The strictest value that a threshold has for any item."""
        return self.each(threshold)[0]

    def number(self, rule: str) -> int:
        """The number of a rule."""
        return self.rules[rule].number


RULE_FILE = "rules.toml"


def rule_file(province: Path) -> Path:
    """Where a province folder sets its thresholds; the file may be missing."""
    return province / RULE_FILE


@lru_cache(maxsize=1)
def declared() -> Catalogue:
    """The rules as yilu declares them, thresholds at their defaults."""
    text = (files("yilu.supervision.rules") / "catalogue.toml").read_text(encoding="utf-8")
    return parsed(text, "catalogue.toml")


def parsed(text: str, file: str) -> Catalogue:
    """A catalogue from its text. Raises InputError naming ``file``, the key and what was expected."""
    raw = toml_file.parsed(text, file)
    thresholds = {
        name: _threshold(name, given, file) for name, given in toml_file.table(raw, "thresholds", file).items()
    }
    rules: dict[str, Rule] = {}
    for number, given in enumerate(raw.get("rule", ()), 1):
        rule = _rule(number, given, file)
        if rule.id in rules:
            raise wrong(file, f"rule {rule.id}", rule.id, "an id that no other rule has")
        for name in rule.thresholds:
            if name not in thresholds:
                raise wrong(file, f"rule {rule.id}, thresholds", name, f"one of {', '.join(thresholds)}")
        rules[rule.id] = rule
    for rule in rules.values():
        for other in rule.inhibits:
            if other not in rules:
                raise wrong(file, f"rule {rule.id}, inhibits", other, "the id of a rule")
            if UNUSUAL in (rule.severity, rules[other].severity):
                raise wrong(
                    file,
                    f"rule {rule.id}, inhibits",
                    other,
                    "rules that are violations: what is unusual inhibits nothing, and nothing inhibits it",
                )
    return Catalogue(rules, thresholds)


def for_province(folder: Path | None) -> Catalogue:
    """The rules with what a province's ``rules.toml`` sets: ``[thresholds]``, ``[severity]`` by rule, a list ``off`` of rules, and protected periods.

    Raises InputError: file, key, value, and what was expected.
    """
    catalogue = declared()
    path = rule_file(folder) if folder else None
    if path is None or not path.is_file():
        return catalogue
    file, raw = path.name, toml_file.parsed(path.read_text(encoding="utf-8"), path.name)
    for key in raw:
        if key not in ("thresholds", "severity", "off", "protected"):
            raise wrong(file, key, None, "thresholds, severity, off or protected")
    thresholds = dict(catalogue.thresholds)
    for name, value in toml_file.table(raw, "thresholds", file).items():
        if name not in thresholds:
            raise wrong(file, f"thresholds.{name}", value, f"one of {', '.join(thresholds)}")
        thresholds[name] = replace(thresholds[name], value=_bounded(value, thresholds[name], file))
    rules = dict(catalogue.rules)
    for rule, severity in toml_file.table(raw, "severity", file).items():
        if rule not in rules:
            raise wrong(file, f"severity.{rule}", severity, "the id of a rule")
        if not _violation(severity):
            raise wrong(file, f"severity.{rule}", severity, "a number from 1 to 4")
        if rules[rule].severity == UNUSUAL:
            raise wrong(file, f"severity.{rule}", severity, "no severity for what is unusual: it is no violation")
        rules[rule] = replace(rules[rule], severity=severity)
    off = raw.get("off", [])
    for rule in off if isinstance(off, list) else [off]:
        if rule not in rules:
            raise wrong(file, "off", rule, "a list of ids of rules")
    return _protected(raw.get("protected", []), Catalogue(rules, thresholds, frozenset(off)), file)


_PROTECTED: dict[str, type] = {
    "id": str, "zh": str, "en": str, "first": date, "last": date, "side": str, "area": str, "item_class": str, "sender_kind": str, "operator": str,
    "thresholds": dict, "severity": dict,
}  # fmt: skip
_SAYS_ALL = ("id", "zh", "en", "first", "last")
_CHOICES = {
    "side": SIDES,
    "item_class": tuple(c for c, n in ITEM_CLASSES.items() if n < ITEM_CLASSES["container"]),
    "sender_kind": tuple(SENDER_KINDS),
}


def _protected(given: Any, catalogue: Catalogue, file: str) -> Catalogue:
    """The catalogue with the periods ``[[protected]]``. That their areas and operators are the province's is seen where they are bound (``protected``)."""
    if not isinstance(given, list) or len(given) > MOST_PROTECTED:
        raise wrong(file, "protected", given if not isinstance(given, list) else len(given), f"tables [[protected]], {MOST_PROTECTED} at the most")  # fmt: skip
    found: dict[str, Protected] = {}
    for number, one in enumerate(given, 1):
        key = f"protected {one.get('id', number) if isinstance(one, dict) else number}"
        whole = toml_file.whole(one, key, file, _PROTECTED, optional=set(_PROTECTED) - set(_SAYS_ALL))
        period = Protected(**whole)
        if not period.id or period.id in found:
            raise wrong(file, f"{key}, id", period.id, "an id that no other period has")
        if period.last < period.first:
            raise wrong(file, f"{key}, last", str(period.last), f"a day from {period.first} on")
        for name, choices in _CHOICES.items():
            if name in whole and whole[name] not in choices:
                raise wrong(file, f"{key}, {name}", whole[name], f"one of {', '.join(choices)}")
        if not period.thresholds and not period.severity:
            raise wrong(file, key, None, "something that it tightens: thresholds or severity")
        for name, value in period.thresholds.items():
            _check_tighter(f"{key}, thresholds.{name}", name, value, catalogue, file)
        for rule, severity in period.severity.items():
            _check_graver(f"{key}, severity.{rule}", rule, severity, catalogue, file)
        found[period.id] = period
    return replace(catalogue, protected=tuple(found.values()))


def _check_tighter(key: str, name: str, value: Any, catalogue: Catalogue, file: str) -> None:
    if name not in TIGHTENED:
        raise wrong(file, key, value, f"one of the thresholds of items: {', '.join(TIGHTENED)}")
    least, now = catalogue.thresholds[name].least, catalogue[name]
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < now:
        unit = catalogue.thresholds[name].unit
        raise wrong(file, key, value, f"a whole number from {least} on and under {now}, which holds outside the period ({unit})")  # fmt: skip


def _check_graver(key: str, rule: str, severity: Any, catalogue: Catalogue, file: str) -> None:
    of_items = [r.id for r in catalogue.rules.values() if r.input != "cells" and r.id not in OF_COUNTS]
    if rule not in of_items:
        raise wrong(file, key, severity, f"the id of a rule that looks at items: {', '.join(of_items)}")
    now = catalogue.rules[rule].severity
    if not _violation(severity) or severity <= now:
        raise wrong(file, key, severity, f"a number from 1 to {max(SEVERITIES)}, above {now}, which holds outside the period")  # fmt: skip


def _threshold(name: str, given: Any, file: str) -> Threshold:
    wanted = {"default": int, "unit": str, "least": int, "most": int, "zh": str, "en": str}
    whole = toml_file.whole(given, f"thresholds.{name}", file, wanted)
    found = Threshold(name=name, value=whole["default"], **whole)
    return replace(found, value=_bounded(whole["default"], found, file))


def _bounded(value: Any, threshold: Threshold, file: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not threshold.least <= value <= threshold.most:
        expected = f"a whole number from {threshold.least} to {threshold.most} ({threshold.unit})"
        raise wrong(file, f"thresholds.{threshold.name}", value, expected)
    return value


def _violation(severity: object) -> bool:
    return severity in SEVERITIES and severity != UNUSUAL


_KEYS: dict[str, type] = {
    "id": str, "zh": str, "en": str, "input": str, "severity": int, "stands_on": str, "resolves": bool, "thresholds": list, "inhibits": list, "group_by": list,
    "means_zh": str, "means_en": str,
}  # fmt: skip


def _rule(number: int, given: Any, file: str) -> Rule:
    key = f"rule {given.get('id', number) if isinstance(given, dict) else number}"
    said = toml_file.whole(given, key, file, _KEYS, optional=("inhibits", "group_by"))
    whole = {"inhibits": [], "group_by": list(GROUPS), **said}
    if whole["input"] not in INPUTS:
        raise wrong(file, f"{key}, input", whole["input"], f"one of {', '.join(INPUTS)}")
    if whole["severity"] not in SEVERITIES:
        raise wrong(file, f"{key}, severity", whole["severity"], "a number from 0 to 4")
    for name in whole["group_by"]:
        if name not in GROUPS:
            raise wrong(file, f"{key}, group_by", name, f"among {', '.join(GROUPS)}")
    lists = {name: tuple(whole[name]) for name in ("thresholds", "inhibits", "group_by")}
    return Rule(number=number, **{**whole, **lists, "stands_on": toml_file.in_both(whole["stands_on"])})
