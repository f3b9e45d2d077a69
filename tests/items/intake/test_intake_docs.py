"""The pages of intake say everything that intake can say."""

from __future__ import annotations

import re
from pathlib import Path

from yilu.items.intake import QUARANTINE
from yilu.items.intake.mapping import EVENT_COLUMNS, Mapping, parse
from yilu.items.intake.reasons import REASONS

DOCS = Path(__file__).parents[3] / "docs"


def test_every_reason_is_explained() -> None:
    """Each reason of quarantine stands on the page of intake with both texts and its next step."""
    page = (DOCS / "how-to" / "ingest.md").read_text(encoding="utf-8")
    for reason in REASONS:
        assert f"| `{reason.code}` | {reason.zh} | {reason.en} | {reason.next_step} |" in page


def test_every_column_of_the_quarantine_is_explained() -> None:
    """Each column that a quarantined row has stands in the page's part on the quarantine, before the table of reasons."""
    page = (DOCS / "how-to" / "ingest.md").read_text(encoding="utf-8")
    part = page.split("## Quarantine 隔离")[1].split("| reason |")[0]
    assert [name for name in QUARANTINE.names if f"`{name}`" not in part] == []


def test_every_key_and_column_is_explained() -> None:
    """Each key of a mapping and each column of an event stands on the page of mappings."""
    page = (DOCS / "reference" / "mapping.md").read_text(encoding="utf-8")
    for key in set(Mapping.__dataclass_fields__) - {"rules"}:
        assert f"| `{key}` |" in page, key
    for column in EVENT_COLUMNS:
        assert f"`{column}`" in page, column


def test_every_example_is_a_mapping() -> None:
    """Each TOML block of the page is a mapping that is read without an error."""
    page = (DOCS / "reference" / "mapping.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert len(blocks) >= 3
    for block in blocks:
        assert parse(block, "mapping.md").rules
