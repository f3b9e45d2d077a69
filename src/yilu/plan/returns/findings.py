"""What can be found of a return: ``findings.csv``, and a finding with where it stands and what was expected."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from yilu.documents.model import Text


@dataclass(frozen=True)
class Reason:
    """Why something was found. ``kind``: unsound (the file is refused), query (to be asked about), reminder (of what is due)."""

    code: str
    kind: str
    words: Text
    ask: Text


def _reasons() -> dict[str, Reason]:
    text = (files("yilu.plan.returns") / "findings.csv").read_text(encoding="utf-8")
    return {
        r["code"]: Reason(r["code"], r["kind"], Text(r["zh"], r["en"]), Text(r["ask_zh"], r["ask_en"]))
        for r in csv.DictReader(text.splitlines())
    }


REASONS: dict[str, Reason] = _reasons()


NOTHING = Text("", "")


@dataclass(frozen=True)
class Finding:
    """One finding: a code of ``REASONS``, whose it is (codes; empty where nobody can tell), and where it stands.

    ``file`` is empty where the thing found is that there is none; ``row`` counted from 1 without the header. ``detail``: what makes it one.
    """

    code: str
    enterprise: str
    series: str
    period: str
    file: str
    row: int | None
    column: str | None
    value: str | None
    expected: Text
    detail: Text = NOTHING

    @property
    def reason(self) -> Reason:
        """Why it was found."""
        return REASONS[self.code]

    def record(self) -> dict[str, Any]:
        """The finding as a machine reads it."""
        return {
            "code": self.code, "kind": self.reason.kind, "enterprise": self.enterprise, "series": self.series, "period": self.period,
            "file": self.file, "row": self.row, "column": self.column, "value": self.value,
            "expected": {"zh": self.expected.zh, "en": self.expected.en}, "detail": {"zh": self.detail.zh, "en": self.detail.en},
        }  # fmt: skip
