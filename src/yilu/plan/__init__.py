"""How far is the plan? (规划) What it promises, what official statistics say, and what is to be expected."""

from yilu.plan.checking import check
from yilu.plan.folder import folder_of, load, read
from yilu.plan.model import Fact, Plan, Programme, Progress, Project, Reference, Section, Target, Task
from yilu.plan.verdicts import KINDS, VERDICTS, Finding

__all__ = [
    "KINDS", "VERDICTS", "Fact", "Finding", "Plan", "Programme", "Progress", "Project", "Reference", "Section",
    "Target", "Task", "check", "folder_of", "load", "read",
]  # fmt: skip
