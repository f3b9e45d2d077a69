"""Kinds of facility: number, Chinese and English name, and whether such a facility is a processing site (处理场所)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class FacilityKind:
    """One kind of facility (id 1..255, append-only)."""

    id: int
    code: str
    zh: str
    en: str
    processing: bool


def _read() -> dict[str, FacilityKind]:
    text = (files("yilu.network") / "facility_kinds.csv").read_text(encoding="utf-8")
    return {
        r["code"]: FacilityKind(int(r["id"]), r["code"], r["zh"], r["en"], r["processing"] == "yes")
        for r in csv.DictReader(text.splitlines())
    }


FACILITY_KINDS: dict[str, FacilityKind] = _read()
"""By code (``facility_kinds.csv``)."""
