"""The reference page says what the tables say."""

from __future__ import annotations

from pathlib import Path

import pytest

from yilu.items import codes
from yilu.items.intake.epcis import REASONS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "codes.md"


@pytest.mark.parametrize("table", codes.tables(), ids=lambda t: t.id)
def test_the_page_lists_each_table_as_it_is(table: codes.CodeTable) -> None:
    """Id, version and counts on the page are those of the table."""
    mapped = sum(bool(row.kind) for row in table.rows)
    line = f"| `{table.id}` | {table.title_zh} · {table.title_en} | {table.version} | {len(table.rows)} | {mapped} |"
    assert line in PAGE.read_text(encoding="utf-8")


def test_the_page_names_every_reason_and_every_word_of_cbv() -> None:
    """Each reason of quarantine, each business step with its kind, each disposition."""
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"- {reason}\n" in text for reason in REASONS)
    for name in ("epcis_bizstep", "epcis_disposition"):
        for row in codes.table(name).rows:
            assert (f"| `{row.code}` | `{row.kind}` " if row.kind else f"`{row.code}`") in text
