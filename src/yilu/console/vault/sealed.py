"""Sealed rows, found by item and case in the vault's files."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from yilu.items.vault import SEALED, SealedRow


def found(folder: Path, key_first: int, case: str = "") -> list[SealedRow]:
    """The rows of an item (the first half of its key) in all files of ``folder``, the newest last; of one ``case``, if given. None where there is no vault."""
    files = sorted(str(p) for p in folder.rglob("*.parquet")) if folder.is_dir() else []
    if not files:
        return []
    wanted = pc.field("key_first") == pa.scalar(key_first, SEALED.field("key_first").type)
    table = ds.dataset(files, schema=SEALED, format="parquet").to_table(filter=wanted & (pc.field("case") == case) if case else wanted)  # fmt: skip
    return sorted((SealedRow(**row) for row in table.to_pylist()), key=lambda r: r.sealed_on)
