"""What was promised, is it kept? The plan of a province as data: targets, programmes, tasks, facts, and whether its figures agree."""

from yilu.plan.checking import Finding, check
from yilu.plan.folder import folder_of, load, read
from yilu.plan.model import Fact, Plan, Programme, Progress, Project, Reference, Section, Target, Task

__all__ = [
    "Fact", "Finding", "Plan", "Programme", "Progress", "Project", "Reference", "Section", "Target", "Task",
    "check", "folder_of", "load", "read",
]  # fmt: skip
