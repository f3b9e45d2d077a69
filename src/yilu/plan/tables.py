"""The tables of a plan folder: which there are, their schemas, their classes."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

from yilu.network.reading import Row
from yilu.network.schema import Attribute, declared
from yilu.plan import model

CLASSES: dict[str, type] = {
    "targets": model.Target, "current_state": model.Fact, "programmes": model.Programme, "projects": model.Project,
    "tasks": model.Task, "progress": model.Progress, "coverage": model.Coverage, "relations": model.Relation,
    "references": model.Reference, "outcomes": model.Outcome, "proposals": model.Proposal, "bases": model.Basis, "gaps": model.Unproposed,
}  # fmt: skip
"""The class of each table, in the order of the reference page."""

REQUIRED = ("targets",)
"""Tables that every plan has; the others may be missing and are empty then."""

CODED = ("targets", "current_state", "programmes", "projects", "tasks", "references")
"""Tables whose rows others may name as TABLE:CODE."""


@cache
def columns(table: str) -> tuple[Attribute, ...]:
    """The columns of ``table`` as its schema declares them."""
    return declared("yilu.plan", table)


T = TypeVar("T")


def built(table: str, row: Row, kind: type[T]) -> T:
    """A sound row as its class."""
    return kind(**{a.name: _value(a, row.values[a.name]) for a in columns(table)})


def _value(attribute: Attribute, value: Any) -> Any:
    match attribute.type:
        case "decimal":
            return Decimal(value) if value else None
        case "int":
            return value or None
        case "list":
            return tuple(filter(None, str(value).split(";")))
        case _:
            return value


def names(kind: type) -> set[str]:
    """The columns of a class: its fields that no other table fills."""
    return {f.name for f in fields(kind)} - {"projects", "progress"}
