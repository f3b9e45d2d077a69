"""Small plan folders, written for tests: a sound one of a province that isn't Guangdong, to be bent as a test needs."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

Rows = Sequence[Mapping[str, object]]

TOML = """name = "elsewhere"
name_zh = "某省规划"
name_en = "Plan of a province"
from_year = 2021
to_year = 2025
baseline_year = 2020
published = "2021-05"
source = "made up"
[[section]]
id = "1"
zh = "现状"
en = "State"
begins = "一、现状"
[[section]]
id = "2"
zh = "目标"
en = "Goals"
begins = "二、目标"
"""

LETTERS: dict[str, object] = {
    "code": "letters", "zh": "信件量", "en": "Letters", "unit": "万件", "baseline_year": 2020, "baseline": "100", "target_year": 2025,
    "target": "161", "comparator": "at_least", "growth": "10.0", "growth_as": "per_year", "section": "2", "quote": "信件100万件至161万件",
    "measured_by": "register:letters",
}  # fmt: skip
OFFICES: dict[str, object] = {
    "code": "offices", "zh": "局所", "en": "Offices", "unit": "个", "target_year": 2025, "target": "40", "comparator": "at_least",
    "section": "2", "quote": "局所40个", "measured_by": "register:offices",
}  # fmt: skip
FACT: dict[str, object] = {
    "code": "letters_now", "zh": "信件量", "en": "Letters", "unit": "件", "year": 2020, "value": "1000000", "section": "1",
    "quote": "信件1000000件",
}  # fmt: skip


def write_plan(folder: Path, toml: str = TOML, **tables: Rows) -> Path:
    """A sound folder with the only table that every plan has, and ``tables`` in its place or beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plan.toml").write_text(toml, encoding="utf-8")
    for name, rows in ({"targets": (LETTERS, OFFICES)} | tables).items():
        columns = list(dict.fromkeys(c for row in rows for c in row))
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
    return folder
