"""Rules as they are declared, and a province's thresholds for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

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

    ``stands_on``: law and plan; ``resolves``: whether what it says can end by itself; ``inhibits``: rules that keep quiet of what it has said;
    ``group_by``: what, beside the local day, parts its evidence into alerts.
    """

    number: int
    id: str
    zh: str
    en: str
    input: str
    severity: int
    stands_on: str
    resolves: bool
    thresholds: tuple[str, ...]
    inhibits: tuple[str, ...]
    means_zh: str
    means_en: str
    group_by: tuple[str, ...] = GROUPS


@dataclass(frozen=True)
class Catalogue:
    """All rules, by id, and all thresholds, by name; ``off``: ids of rules that the province doesn't apply."""

    rules: dict[str, Rule]
    thresholds: dict[str, Threshold]
    off: frozenset[str] = frozenset()

    def __getitem__(self, threshold: str) -> int:
        """The value of a threshold."""
        return self.thresholds[threshold].value

    def number(self, rule: str) -> int:
        """The number of a rule."""
        return self.rules[rule].number


def rule_file(province: Path) -> Path:
    """Where a province folder sets its thresholds; the file may be missing."""
    return province / "rules.toml"


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
    """The rules with what a province's ``rules.toml`` sets: ``[thresholds]``, ``[severity]`` by rule, and a list ``off`` of rules.

    Raises InputError: file, key, value, and what was expected.
    """
    catalogue = declared()
    path = rule_file(folder) if folder else None
    if path is None or not path.is_file():
        return catalogue
    file, raw = path.name, toml_file.parsed(path.read_text(encoding="utf-8"), path.name)
    for key in raw:
        if key not in ("thresholds", "severity", "off"):
            raise wrong(file, key, None, "thresholds, severity or off")
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
    return Catalogue(rules, thresholds, frozenset(off))


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
    return Rule(number=number, **{**whole, **lists})
