"""How far is the plan, and why? (规划评估) Verdicts on every promise with all they stand on: yearly, in the middle, at the end."""

from yilu.plan.evaluation.evaluating import Evaluation, evaluate
from yilu.plan.evaluation.evidence import Measured, Observed, Sources
from yilu.plan.evaluation.judging import KINDS, Judged
from yilu.plan.evaluation.promises import Promise, row_numbers
from yilu.plan.evaluation.rules import VERDICTS, Rules, rules_of

__all__ = [
    "KINDS", "VERDICTS", "Evaluation", "Judged", "Measured", "Observed", "Promise", "Rules", "Sources", "evaluate", "row_numbers", "rules_of",
]  # fmt: skip
