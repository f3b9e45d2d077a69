"""Proposals, as the rules declare them: which follow from verdicts, causes and what is lacking. Nothing is proposed that no rule says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from yilu.documents.model import Text, both, joined
from yilu.plan.evaluation.judging import Judged
from yilu.plan.evaluation.rules import Rules
from yilu.plan.evaluation.summing import Ledger

_MOST_NAMED = 6
"""Targets that a proposal names one by one."""


@dataclass(frozen=True)
class Proposed:
    """A proposal: which rule, the rows of the promises it is about, its words."""

    rule: str
    rows: tuple[str, ...]
    words: Text


def proposals(
    judged: tuple[Judged, ...], main: Mapping[str, str], tasks: tuple[Ledger, ...], rules: Rules
) -> tuple[Proposed, ...]:
    """Proposals in the order of the rules. ``main``: what weighs most, by the row of a promise."""
    out = []
    for rule in rules.proposals:
        about = [
            j
            for j in judged
            if (j.verdict in rule.verdicts and main.get(j.promise.row, "none") in rule.causes)
            or (j.verdict == "unmeasurable" and j.lacks in rule.lacks)
        ]
        silent = "progress" in rule.lacks and any(t.tasks for t in tasks) and not any(t.told for t in tasks)
        if about or silent:
            rows = tuple(j.promise.row for j in about)
            words = Text(*(t.replace("{names}", n) for t, n in zip((rule.words.zh, rule.words.en), _names(about), strict=True)))  # fmt: skip
            out.append(Proposed(rule.id, rows, words))
    return tuple(out)


def _names(about: list[Judged]) -> tuple[str, str]:
    named = joined((j.promise.name for j in about[:_MOST_NAMED]), "、", ", ")
    if len(about) > _MOST_NAMED:
        named = both("{n}等{k}项", "{n} and {m} more", n=named, k=str(len(about)), m=str(len(about) - _MOST_NAMED))
    return named.zh, named.en
