"""Rules of an evaluation as data: bounds of verdicts, weights, points, proposals: ``rules.toml`` here, with what ``evaluation.toml`` of a plan folder sets otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from yilu.documents.model import Text
from yilu.network.toml_file import parsed, table, wrong

FILE = "evaluation.toml"
VERDICTS: dict[str, tuple[str, str]] = {
    "ahead": ("提前完成", "ahead"),
    "expected": ("达到预期", "as expected"),
    "nearly": ("基本达到", "nearly"),
    "behind": ("滞后", "behind"),
    "hard": ("难以完成", "hard to reach"),
    "unmeasurable": ("无法评价", "not measurable"),
}
"""Verdicts, the better first; in a final evaluation the fifth is of what was missed by far."""
MEASURED = tuple(VERDICTS)[:-1]
CAUSES = ("price", "volume", "mix", "none")
LACKS = ("register", "statistic", "indicator", "not_yet", "baseline", "progress")
_KINDS = ("volume", "count", "rate", "share", "points")
_NUMBERS: dict[str, tuple[str, ...]] = {
    "nearly": _KINDS,
    "behind": _KINDS,
    "chance": ("expected", "nearly", "behind"),
    "weights": ("binding", "expected", "unstated"),
    "points": MEASURED,
    "reading": ("nearly_all", "least_days", "least_told", "revised_percent"),
}
_MOST: dict[str, float] = {"chance": 1.0, "least_days": 1.0, "least_told": 1.0, "nearly_all": 100.0, "share": 100.0}
_WORDS = ("grade", "source_zh", "source_en")
_GRADES = ("A", "B", "C", "D", "X", "M", "S")
_PROPOSAL = {"id": str, "verdicts": list, "causes": list, "lacks": list, "zh": str, "en": str}


@dataclass(frozen=True)
class Proposal:
    """What is proposed where a target has one of ``verdicts`` and of ``causes``, or where one of ``lacks`` hinders it; {names} in its words are the targets."""

    id: str
    verdicts: tuple[str, ...]
    causes: tuple[str, ...]
    lacks: tuple[str, ...]
    words: Text


@dataclass(frozen=True)
class Bounds:
    """One table of numbers: ``grade`` and ``source``: where they are from (S: an assumption)."""

    numbers: dict[str, float]
    grade: str
    source: Text

    def __getitem__(self, name: str) -> float:
        return self.numbers[name]


@dataclass(frozen=True)
class Rules:
    """All rules; ``set_here``: tables and keys that the plan folder sets itself."""

    nearly: Bounds
    behind: Bounds
    chance: Bounds
    weights: Bounds
    points: Bounds
    reading: Bounds
    proposals: tuple[Proposal, ...]
    set_here: tuple[str, ...] = ()

    @property
    def tables(self) -> dict[str, Bounds]:
        """The tables of numbers by name."""
        return {name: getattr(self, name) for name in _NUMBERS}

    def verdict(self, kind: str, short: float) -> str:
        """The verdict of a figure that is ``short`` of what is wanted: per cent, or points of shares and scores; met already where it is 0."""
        if short <= 0:
            return "expected"
        return "nearly" if short <= self.nearly[kind] else "behind" if short <= self.behind[kind] else "hard"

    def of_chance(self, chance: float) -> str:
        """The verdict of a chance to meet the target."""
        return next((v for v in ("expected", "nearly", "behind") if chance >= self.chance[v]), "hard")


def rules_of(folder: Path | None = None) -> Rules:
    """The rules of a plan folder. Raises InputError naming file, key, value and what was expected."""
    raw = parsed((files("yilu.plan.evaluation") / "rules.toml").read_text(encoding="utf-8"), "rules.toml")
    path = None if folder is None else folder / FILE
    own = parsed(path.read_text(encoding="utf-8"), FILE) if path is not None and path.is_file() else {}
    for key in own:
        if key not in (*_NUMBERS, "proposal"):
            raise wrong(FILE, key, None, "one of " + ", ".join((*_NUMBERS, "proposal")))
    made = {name: _bounds(name, table(raw, name, "rules.toml"), table(own, name, FILE)) for name in _NUMBERS}
    _ordered(made)
    given = own.get("proposal", raw["proposal"])
    if not isinstance(given, list):
        raise wrong(FILE, "proposal", given, "[[proposal]] tables")
    set_here = tuple(f"{name}.{key}" for name in _NUMBERS for key in own.get(name, {}) if key not in _WORDS)
    return Rules(**made, proposals=tuple(_proposal(i, p) for i, p in enumerate(given, 1)), set_here=set_here)


def _bounds(name: str, ours: dict[str, Any], own: dict[str, Any]) -> Bounds:
    for key, value in own.items():
        if key in _WORDS:
            if not isinstance(value, str) or (key == "grade" and value not in _GRADES):
                raise wrong(FILE, f"{name}, {key}", value, "one of " + ", ".join(_GRADES) if key == "grade" else "text")
        elif key not in _NUMBERS[name]:
            raise wrong(FILE, f"{name}, {key}", value, "one of " + ", ".join((*_NUMBERS[name], *_WORDS)))
        else:
            most = _MOST.get(key, _MOST.get(name, 1e9))
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
                raise wrong(FILE, f"{name}, {key}", value, f"a number from 0 to {most:g}")
    held = ours | own
    return Bounds(
        {k: float(held[k]) for k in _NUMBERS[name]}, held["grade"], Text(held["source_zh"], held["source_en"])
    )


def _ordered(made: dict[str, Bounds]) -> None:
    """What is nearly lies within what is behind; chances fall from verdict to verdict; some weight is above 0."""
    for kind in _KINDS:
        if made["nearly"][kind] > made["behind"][kind]:
            raise wrong(FILE, f"nearly, {kind}", made["nearly"][kind], f"no more than behind, {kind}")
    for better, worse in (("expected", "nearly"), ("nearly", "behind")):
        if made["chance"][better] < made["chance"][worse]:
            raise wrong(FILE, f"chance, {better}", made["chance"][better], f"no less than chance, {worse}")
    if not any(made["weights"].numbers.values()):
        raise wrong(FILE, "weights", 0, "one above 0")


def _proposal(i: int, given: Any) -> Proposal:
    key = f"proposal {i}"
    if not isinstance(given, dict):
        raise wrong(FILE, key, given, "a table of " + ", ".join(_PROPOSAL))
    for name, value in given.items():
        if name not in _PROPOSAL or not isinstance(value, _PROPOSAL[name]):
            expected = "text" if _PROPOSAL.get(name) is str else "a list"
            raise wrong(
                FILE, f"{key}, {name}", value, expected if name in _PROPOSAL else "one of " + ", ".join(_PROPOSAL)
            )
    for name in ("id", "zh", "en"):
        if not given.get(name):
            raise wrong(FILE, f"{key}, {name}", None, "text")
    for name, known in (("verdicts", MEASURED), ("causes", CAUSES), ("lacks", LACKS)):
        if bad := [v for v in given.get(name, []) if v not in known]:
            raise wrong(FILE, f"{key}, {name}", bad[0], "one of " + ", ".join(known))
    if bool(given.get("verdicts")) == bool(given.get("lacks")):
        raise wrong(FILE, key, given["id"], "either verdicts (with causes) or lacks")
    causes = tuple(given.get("causes", CAUSES))
    return Proposal(given["id"], tuple(given.get("verdicts", ())), causes, tuple(given.get("lacks", ())), Text(given["zh"], given["en"]))  # fmt: skip
