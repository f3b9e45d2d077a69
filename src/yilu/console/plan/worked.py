"""What pages of the plan stand on, worked out of the province's files and held until these change: it takes seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from yilu.console.pages.asking import AddressError
from yilu.console.pages.page import Ask
from yilu.console.seen import Seen
from yilu.network import Problem
from yilu.plan import Finding, Plan, check, folder_of, load
from yilu.plan import statistics as official
from yilu.plan.draft import AMBITIONS, Draft, draft
from yilu.plan.evaluation import KINDS, Evaluation, asking
from yilu.plan.prospects import Prospects, areas_of, prospects, years_known
from yilu.plan.statistics import Statistics

T = TypeVar("T")
HELD_S = 900.0


@dataclass(frozen=True)
class Papers:
    """The plan and the statistics of the province. ``stamp``: changes with any of their files."""

    folder: Path
    stamp: tuple[tuple[str, int], ...]
    plan: Plan
    statistics: Statistics
    area: str
    nation: str
    known: int


def papers(seen: Seen) -> Papers | None:
    """The plan of the province, None where it has none. Raises InputError where its tables have a fault."""
    folder = folder_of(seen.network.folder)
    if not folder.is_dir():
        return None
    files = [*folder.iterdir(), *(p for p in seen.network.folder.iterdir() if p.is_file())]
    stamp = tuple(sorted((str(p), p.stat().st_mtime_ns) for p in files))

    def read() -> Papers:
        plan, held = load(folder), official.load(str(seen.network.folder))
        area, nation = areas_of(seen.network)
        return Papers(folder, stamp, plan, held, area, nation, max(years_known(held, area), default=plan.baseline_year))

    return seen.worked_out(("plan", stamp), read, HELD_S)


def of(seen: Seen, held: Papers, key: tuple[object, ...], make: Callable[[], T]) -> T:
    """What was worked out of the papers under a key."""
    return seen.worked_out((*key, held.stamp), make, HELD_S)


def year_asked(ask: Ask, held: Papers, least: int, most: int) -> int | None:
    """The year that the address names, None where it names none. Raises AddressError outside of the bounds."""
    text = ask.filter.year
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) == 4 and least <= int(text) <= most):
        raise AddressError("year", text, f"a year from {least} to {most}", f"{least} 至 {most} 的年份")
    return int(text)


def expected(seen: Seen, held: Papers, as_of: int) -> Prospects:
    """Prospects of all targets that count, as known at the end of a year."""
    return of(
        seen, held, ("prospects", as_of),
        lambda: prospects(held.plan, held.statistics, held.area, held.nation, as_of, held.plan.to_year),
    )  # fmt: skip


def evaluation(
    seen: Seen, held: Papers, kind: str, year: int | None, section: str = ""
) -> tuple[Evaluation, list[Problem]]:
    """An evaluation on official statistics and registers."""
    return of(
        seen, held, ("evaluation", kind, year, section),
        lambda: asking.evaluated(seen.network, held.folder, kind, year, section),
    )  # fmt: skip


def kind_asked(ask: Ask) -> str:
    """The kind of evaluation that the address names."""
    kind = ask.filter.kind or "yearly"
    if kind not in KINDS:
        raise AddressError("kind", kind, f"one of {', '.join(KINDS)}", f"{'、'.join(KINDS)} 之一")
    return kind


def findings(seen: Seen, held: Papers) -> list[Finding]:
    """Whether the plan's figures agree."""
    return of(seen, held, ("findings",), lambda: check(held.plan))


CHOICES: tuple[str, ...] = tuple(a.code for a in AMBITIONS)
"""Which proposal becomes the target of a draft."""


def drafted(seen: Seen, held: Papers, since: int, choose: str) -> Draft:
    """The next plan, as long as this one."""
    to = since + held.plan.to_year - held.plan.baseline_year
    return of(
        seen, held, ("draft", since, choose),
        lambda: draft(held.plan, held.statistics, held.area, held.nation, since, to, AMBITIONS, choose),
    )  # fmt: skip
