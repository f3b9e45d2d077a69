"""Records out of a user's scope, of every model there is, with words that occur nowhere else; and what of the facts lies out of it."""

from __future__ import annotations

import itertools
import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import models

from yilu.console.access import narrowing
from yilu.console.facts import newest

AREA, OPERATOR, FACILITY = "440100", "YTO", "SC-440100"
"""Guangzhou and its centre, and YTO: out of scope for an officer of Shenzhen, and for ZTO."""
_SOME_ITEMS = 400
_SERIAL = itertools.count(1)
MAKERS: dict[str, Callable[[], Any]] = {}
"""Models that can't be filled in field by field: name to what makes one."""


def declared_models() -> list[type[models.Model]]:
    """Models that said what a scope covers of them."""
    return list(narrowing._MODELS)


def planted(model: type[models.Model]) -> Any:
    """A record of a model, out of scope, with words of its own in every field of text."""
    if model.__name__ in MAKERS:
        return MAKERS[model.__name__]()
    values = {f.name: _value(model, f) for f in model._meta.concrete_fields if not _left(f)}
    record = model(**values)
    record.save(force_insert=True)
    return record


def _left(f: Any) -> bool:
    return (
        isinstance(f, models.AutoField | models.BigAutoField)
        or getattr(f, "auto_now_add", False)
        or f.name == "password"
    )


_PLACES: dict[str, Any] = {
    "area": AREA, "areas": [AREA], "operator": OPERATOR, "operators": [OPERATOR], "facility": FACILITY, "facilities": [FACILITY],
}  # fmt: skip


def _value(model: type[models.Model], f: Any) -> Any:
    if f.name in _PLACES:
        value = _PLACES[f.name]
        return value if isinstance(f, models.JSONField) or not isinstance(value, list) else value[0]
    if isinstance(f, models.ForeignKey):
        return planted(f.related_model) if not (f.null and f.related_model is model) else None
    if f.choices:
        return f.choices[0][0]
    if isinstance(f, models.CharField | models.TextField):
        which = f"{next(_SERIAL)}-" if f.unique else ""
        return f"outside-{which}{model.__name__.lower()}-{f.name}"[: f.max_length or 200]
    if f.has_default():
        return f.get_default()
    plain: tuple[tuple[type, Any], ...] = (
        (models.DateTimeField, datetime.now(UTC)), (models.DateField, date(2025, 11, 11)), (models.BooleanField, False), (models.IntegerField, 1),
        (models.FloatField, 1.0), (models.DecimalField, Decimal(1)), (models.JSONField, {}), (models.BinaryField, b""), (models.UUIDField, uuid.uuid4()),
    )  # fmt: skip
    return next(value for kind, value in plain if isinstance(f, kind))


def words_of(record: Any) -> list[str]:
    """The words that only this record holds."""
    held = [getattr(record, f.name) for f in record._meta.concrete_fields if not isinstance(f, models.ForeignKey)]
    return [v for v in held if isinstance(v, str) and v.startswith("outside-")]


@dataclass(frozen=True)
class Marks:
    """What must not be said to somebody: words, and values by converter for addresses that name what is out of scope."""

    words: tuple[str, ...]
    named: dict[str, list[str]]

    def said_in(self, text: str, asked: Iterable[str] = ()) -> list[str]:
        """Which of the words a text says, as words of their own; not those that the address itself ``asked`` with."""
        # a search for the bare word first: most aren't there, and it is a hundred times cheaper than one with bounds
        there = sorted((w for w in set(self.words) - set(asked) if w in text), key=len, reverse=True)
        if not there:
            return []
        pattern = "|".join(re.escape(w) if not w.isascii() else rf"(?<![\w-]){re.escape(w)}(?![\w-])" for w in there)
        return sorted({m[0] for m in re.finditer(pattern, text)})


def of_carrier(code: str) -> Marks:
    """What of the facts a carrier's user may not see: the other operators, by code and by both names, their alerts, and items that it never had."""
    network, snapshot, found = newest().facts.network, newest().snapshot, newest().alerts
    assert snapshot is not None and found is not None
    own = network.operators.index_of_code[code]
    others = [
        (str(c), str(zh), str(en))
        for i, c, zh, en, layer in zip(*(getattr(network.operators, n) for n in ("id", "code", "name_zh", "name_en", "layer")), strict=True)
        if int(i) != own and layer == "brand"
    ]  # fmt: skip
    alerts = [a.id for a in found.alerts if a.operator != own]
    items = _items(lambda rows: rows["operator"] != own)
    assert alerts and items
    words = [w for o in others for w in o] + alerts + items
    return Marks(tuple(words), {"str": [OPERATOR, alerts[0], items[0]], "slug": [OPERATOR], "path": [OPERATOR]})


def of_city(code: str) -> Marks:
    """What of the facts an officer of a city may not see: alerts elsewhere, and items that neither came from there nor go there."""
    network, found = newest().facts.network, newest().alerts
    assert found is not None
    areas = network.areas
    inside = {int(i) for i, c in zip(areas.id, areas.code, strict=True) if str(c).startswith(code[:4])}
    place = {int(i): int(network.facility_area[int(i)]) in inside for i in network.facilities.id}
    alerts = [a.id for a in found.alerts if not place.get(a.place, False)]
    told = {
        f"{int(k):016x}"
        for k, a in zip(found.evidence["key"], found.of, strict=True)
        if place.get(found.alerts[a].place, False)
    }
    elsewhere = _items(
        lambda rows: ~np.isin(rows["origin"], list(inside)) & ~np.isin(rows["destination"], list(inside))
    )
    elsewhere = [
        key for key in elsewhere if key not in told
    ]  # what passes through and is evidence there is the city's matter
    assert alerts and elsewhere
    return Marks(
        tuple(alerts + elsewhere), {"str": [AREA, FACILITY, alerts[0], elsewhere[0]], "slug": [AREA], "path": [AREA]}
    )


def _items(chosen: Callable[[Any], Any]) -> list[str]:
    """Pseudonyms of some items, as they are written."""
    snapshot = newest().snapshot
    assert snapshot is not None
    rows = snapshot.rows(0)
    return [f"{int(k):016x}" for k in rows["key"][chosen(rows)][:_SOME_ITEMS]]
