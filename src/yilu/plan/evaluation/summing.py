"""Verdicts summed up by section, with the weights they were given; and how far programmes and tasks are, by the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from yilu.documents.model import Text
from yilu.plan.evaluation.judging import Judged
from yilu.plan.evaluation.rules import VERDICTS, Rules
from yilu.plan.model import Plan, Programme, Task


@dataclass(frozen=True)
class Sum:
    """Targets of one section (empty: all): ``counts`` by verdict; ``weight`` of all, ``measured`` of those with a verdict; ``score``: their weighted points, None where none has one."""

    section: str
    counts: dict[str, int]
    weight: float
    measured: float
    score: float | None

    @property
    def targets(self) -> int:
        """How many."""
        return sum(self.counts.values())


def summed(judged: Iterable[Judged], rules: Rules) -> tuple[Sum, ...]:
    """The whole first, then each section in the plan's order."""
    held = tuple(judged)
    sections = dict.fromkeys(j.promise.section for j in held)
    return (_sum("", held, rules), *(_sum(s, [j for j in held if j.promise.section == s], rules) for s in sections))


def _sum(section: str, held: Iterable[Judged], rules: Rules) -> Sum:
    counts = dict.fromkeys(VERDICTS, 0)
    weight = measured = points = 0.0
    for j in held:
        own = rules.weights[j.promise.rank]
        counts[j.verdict] += 1
        weight += own
        if j.verdict != "unmeasurable":
            measured += own
            points += own * rules.points[j.verdict]
    return Sum(section, counts, weight, measured, points / measured if measured else None)


@dataclass(frozen=True)
class Ledger:
    """Tasks of a section or programme: how many, how many with progress, done, begun; ``share``: mean of those with progress, per cent, None where none has any."""

    id: str
    tasks: int
    told: int
    done: int
    share: float | None


@dataclass(frozen=True)
class Work:
    """A major programme: its tasks, its quantities with their verdicts, its own verdict and why.

    ``expected``: the share of its tasks that even progress would have reached by then, per cent (A).
    """

    programme: Programme
    ledger: Ledger
    expected: float
    projects: tuple[Judged, ...]
    verdict: str
    reason: Text


def ledgers(plan: Plan, within: Iterable[str]) -> tuple[Ledger, ...]:
    """Tasks by section, as far as the sections are asked for."""
    wanted = set(within)
    sections = dict.fromkeys(t.section for t in plan.tasks if t.section in wanted)
    return tuple(_ledger(s, [t for t in plan.tasks if t.section == s]) for s in sections)


def works(plan: Plan, projects: Iterable[Judged], within: Iterable[str], year: int, rules: Rules) -> tuple[Work, ...]:
    """Programmes of the sections asked for."""
    wanted, held = set(within), tuple(projects)
    out = []
    for programme in plan.programmes:
        if programme.section not in wanted:
            continue
        rows = {f"projects:{p.code}" for p in programme.projects}
        own = tuple(j for j in held if j.promise.row in rows)
        tasks = _ledger(programme.code, [t for t in plan.tasks if t.programme == programme.code])
        years = programme.due - plan.baseline_year
        expected = 100.0 if years <= 0 else min(100.0, max(0.0, 100.0 * (year - plan.baseline_year) / years))
        out.append(Work(programme, tasks, expected, own, *_verdict(tasks, expected, own, rules)))
    return tuple(out)


def _verdict(tasks: Ledger, expected: float, projects: tuple[Judged, ...], rules: Rules) -> tuple[str, Text]:
    """By the mean share of its tasks, where enough of them have progress; else none."""
    told = tasks.told / tasks.tasks if tasks.tasks else 0.0
    if tasks.share is None or told < rules.reading["least_told"]:
        known = sum(j.verdict != "unmeasurable" for j in projects)
        return "unmeasurable", Text(
            f"{tasks.tasks}项任务中{tasks.told}项有进展记录,{len(projects)}项工程量中{known}项可衡量",
            f"{tasks.told} of {tasks.tasks} tasks have progress, {known} of {len(projects)} quantities can be measured",
        )
    if tasks.share >= 100 > expected:
        return "ahead", Text("各项任务已全部完成", "all tasks are done")
    short = 100 * (expected - tasks.share) / expected if expected else 0.0
    return rules.verdict("count", short), Text(
        f"任务平均完成{tasks.share:.0f}%,按年均匀推进应为{expected:.0f}%",
        f"tasks are {tasks.share:.0f} % done on average, even progress would be {expected:.0f} %",
    )


def _ledger(id: str, tasks: list[Task]) -> Ledger:
    told = [t.progress[-1].share for t in tasks if t.progress]
    done = sum(share >= 100 for share in told)
    return Ledger(id, len(tasks), len(told), done, float(sum(told) / len(told)) if told else None)
