"""Kinds of scan event: one number that is both the kind's identity and its rank within a second.

The number orders events of one item that carry the same second (an acceptance stands before a delivery), so that
``time | kind | place`` in one 64-bit word sorts an item's life. Numbers are append-only; gaps leave room. The table is
``kinds.csv``; names follow GS1 EPCIS, UPU EMSEVT and 邮政业 terms.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Kind:
    """One kind of scan event (id 1..255; ``container`` says whether such a scan of a container reaches its members)."""

    id: int
    code: str
    zh: str
    en: str
    stage: str
    container: bool
    description: str


def _read() -> tuple[Kind, ...]:
    lines = (files("yilu.items") / "kinds.csv").read_text(encoding="utf-8").splitlines()
    return tuple(
        Kind(int(r["id"]), r["code"], r["zh"], r["en"], r["stage"], r["container"] == "yes", r["description"])
        for r in csv.DictReader(lines)
    )


KINDS: tuple[Kind, ...] = _read()
BY_CODE: dict[str, Kind] = {kind.code: kind for kind in KINDS}
BY_ID: dict[int, Kind] = {kind.id: kind for kind in KINDS}

ACCEPT = BY_CODE["accept"].id
IDENTIFY = BY_CODE["identify"].id
INSPECT = BY_CODE["inspect"].id
SCREEN = BY_CODE["screen"].id
PIECE = BY_CODE["piece"].id
RELABEL = BY_CODE["relabel"].id
BAG = BY_CODE["bag"].id
DEPART = BY_CODE["depart"].id
ARRIVE = BY_CODE["arrive"].id
UNBAG = BY_CODE["unbag"].id
ATTEMPT = BY_CODE["attempt"].id
REDIRECT = BY_CODE["redirect"].id
LOCKER = BY_CODE["locker"].id
STATION = BY_CODE["station"].id
DELIVER = BY_CODE["deliver"].id
RETURN = BY_CODE["return"].id
LOST = BY_CODE["lost"].id
DESTROY = BY_CODE["destroy"].id
CANCEL = BY_CODE["cancel"].id
VOID = BY_CODE["void"].id
VOID_DEPART = BY_CODE["void_depart"].id
OTHER = BY_CODE["other"].id
DAMAGE = BY_CODE["damage"].id
EXPORT_CUSTOMS = BY_CODE["export_customs"].id
IMPORT_CUSTOMS = BY_CODE["import_customs"].id
