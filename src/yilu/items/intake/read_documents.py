"""EPCIS documents: one file is one document, refused whole where it is not valid; one event is one row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from yilu.items.intake import epcis, reasons
from yilu.items.intake.blocks import Block
from yilu.items.intake.chunk import Limits, SourceError
from yilu.items.intake.epcis_problems import EpcisRefused
from yilu.items.intake.mapping import EventRule, From, Mapping

_COLUMNS = tuple(name for name in epcis.ROWS.names if name != "row")


def document_mapping(mapping: Mapping) -> Mapping:
    """``mapping`` with the columns that are made of a document, whatever its format was; its constants and the columns' values stay."""
    given = {name: From(column=name, optional=True) for name in _COLUMNS}
    constants = {name: spec for rule in mapping.rules for name, spec in rule.columns.items() if spec.value}
    return replace(mapping, format="epcis", rules=(EventRule((), {**given, **constants}),))


def read_document(
    document: bytes | Path, name: str, mapping: Mapping, limits: Limits, skip: int = 0
) -> Iterator[Block]:
    """The one block of a document, from row ``skip`` on. Raises SourceError with what is not valid."""
    settings = epcis.EpcisSettings(
        locations=mapping.locations, vocabulary=mapping.vocabulary, number_prefixes=mapping.number_prefixes,
        max_document_bytes=limits.max_document_bytes,
    )  # fmt: skip
    try:
        found = epcis.read_epcis(document, settings)
    except EpcisRefused as error:
        raise SourceError(
            f"{name}: {error}",
            next_step="have the sender correct the document; nothing of it was used",
            zh=f"{name}:{error.zh}",
            next_step_zh="请报送方更正文档后重报;其中内容均未采用",
        ) from None
    held = found.quarantine.column("row").to_numpy() + 1
    late = pc.equal(found.quarantine.column("reason"), epcis.OUT_OF_RANGE).to_numpy()
    block = Block(
        table=found.rows.select(list(_COLUMNS)),
        rows=found.rows.column("row").to_numpy() + 1,
        row_to=found.events,
        bad_rows=held,
        bad_why=np.where(late, reasons.TIME_OUT_OF_RANGE, reasons.DOCUMENT_EVENT).astype(np.uint8),
    )
    if skip < found.events:
        yield block.split(skip)[1] if skip else block
