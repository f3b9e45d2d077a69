"""stub"""

from __future__ import annotations

from dataclasses import dataclass

from yilu.plan.model import Plan


@dataclass(frozen=True)
class Finding:
    kind: str


def check(plan: Plan) -> list[Finding]:
    return []
