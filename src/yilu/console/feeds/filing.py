"""Files of feeds beside scan events, taken over HTTP: who may send which kind, whose rows they may hold, and their receipts.

A file is judged here as ``yilu feed`` judges it, and handed to the running writer as it was sent. Rows that can't be used are told and quarantined; a row that is not
the sender's to report refuses the file: no carrier tells of another, and none overrides what the administration or the national platform says.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from yilu.console.access.scope import Scope
from yilu.console.feeds.models import MachineKey, Receipt
from yilu.console.feeds.taking import forget_old, number, receiving, same_as_before, saved
from yilu.items.feeds import FeedRows
from yilu.items.feeds.reasons import BY_CODE
from yilu.run.registers import read_body

OF_CARRIERS = ("daily_aggregates", "sender_agreements")
"""Kinds of which a carrier may report its own rows. Device status names no operator, so nobody could tell whose row it is; filings and licences are the administration's word about a carrier."""
OF_OFFICES = (*OF_CARRIERS, "device_status", "outlet_filings", "licences")
"""Kinds that an office of the whole province may send. What people keep as records (closures, silences, protected periods, zero reports) the console publishes itself."""
OWN_BASES = ("operator", "headquarters")
"""Bases of daily counts that a carrier speaks for."""
PROBLEMS_SHOWN = 200


class NotYours(Exception):
    """The file holds rows that are not the sender's to report; ``problems``: the first of them."""

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        super().__init__("rows that are not the sender's to report")
        self.problems = problems


class NothingUsable(NotYours):
    """No row of the file can be used."""


class TooManyRows(Exception):
    """The file has more rows than are taken at once."""


@dataclass(frozen=True)
class Sent:
    """A file as it was sent: its kind, its bytes, its form as an ending (``.csv``), by which machine or user, under which idempotency key ("": none)."""

    kind: str
    body: bytes
    suffix: str
    key: MachineKey | None = None
    user: str = ""
    idempotency: str = ""

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.kind + self.suffix


def kinds_of(scope: Scope) -> tuple[str, ...]:
    """Kinds that who asks may send."""
    if scope.is_carrier:
        return OF_CARRIERS if scope.operator_ids else ()
    return OF_OFFICES if scope.everywhere else ()


def judged(sent: Sent, scope: Scope) -> FeedRows:
    """The rows of a file. Raises InputError where it can't be read at all, TooManyRows, NotYours, NothingUsable."""
    facts = receiving().facts
    found = read_body(facts, sent.kind, sent.name, sent.body)
    if found.counts["rows"] > facts.settings.intake_rows:
        raise TooManyRows
    if foreign := _foreign(found, sent, scope):
        raise NotYours(foreign)
    if not found.counts["used"]:
        raise NothingUsable(problems_of(found))
    return found


def taken(sent: Sent, scope: Scope) -> tuple[Receipt, bool, list[dict[str, Any]]]:
    """(receipt, whether it was taken before under its idempotency key, rows that can't be used). When this returns, the file is on the disk for the writer.

    Raises as ``judged``, and Full, StoreError, Different: then nothing of it is kept.
    """
    if (before := _earlier(sent)) is not None:
        return before, True, []
    forget_old()
    found, name = judged(sent, scope), number()
    receiving().hand_over_file(sent.kind, name, sent.suffix, sent.body)
    receipt = Receipt(
        number=name, operator=scope.operator, feed=sent.kind, key=sent.key, user=sent.user, idempotency=sent.idempotency or None, content=receiving().digest_of(sent.body),
        size=len(sent.body), rows=found.counts["rows"], used=found.counts["used"], quarantined=found.counts["quarantined"],
        reasons=dict(Counter(found.quarantine.column("reason").to_pylist())), unmapped={}, at=datetime.now(UTC),
    )  # fmt: skip
    receipt, again = saved(receipt, lambda: _earlier(sent))
    return receipt, again, [] if again else problems_of(found)


def problems_of(found: FeedRows) -> list[dict[str, Any]]:
    """The first rows that can't be used: where each stands, what is wrong, what was expected, what to do."""
    rows = found.quarantine.slice(0, PROBLEMS_SHOWN).to_pylist()
    return [_told(row) for row in rows]


def _told(row: dict[str, Any]) -> dict[str, Any]:
    reason = BY_CODE[row["reason"]]
    return {**row, "zh": reason.zh, "next_step": reason.next_step, "next_step_zh": reason.next_step_zh}


def _earlier(sent: Sent) -> Receipt | None:
    return same_as_before(sent.key, sent.user, sent.idempotency, sent.kind, sent.body)


def _foreign(found: FeedRows, sent: Sent, scope: Scope) -> list[dict[str, Any]]:
    """The first rows that a carrier may not report; an office may report all."""
    if not scope.is_carrier:
        return []
    (mine,) = scope.operator_ids
    codes = scope.network.operators.code_of_id
    operators = found.table.column("operator").to_numpy()
    wrong = [
        ("operator", operators != mine, [codes.get(int(o), "") for o in operators], (scope.operator, scope.operator))
    ]
    if "basis" in found.table.column_names:
        bases: pa.ChunkedArray = found.table.column("basis")
        told = bases.to_pylist()
        wrong.append(
            (
                "basis",
                ~np.isin(np.array(told, object), OWN_BASES),
                told,
                (" 或 ".join(OWN_BASES), " or ".join(OWN_BASES)),
            )
        )
    return [
        {
            "file": sent.name,
            "row": int(found.numbers[i]),
            "column": column,
            "value": values[i],
            "expected": en,
            "expected_zh": zh,
        }
        for column, is_wrong, values, (zh, en) in wrong
        for i in np.flatnonzero(is_wrong)[:PROBLEMS_SHOWN]
    ]
