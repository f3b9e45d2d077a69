"""Taking a batch: judged, handed to the writer, then receipted, so that no receipt speaks of what isn't there. Who was cut off before the receipt sends again: that does no harm."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from django.db import IntegrityError, transaction

from yilu.console.facts import newest
from yilu.console.feeds.models import MachineKey, Receipt
from yilu.items.feeds import KINDS
from yilu.items.intake import Chunk
from yilu.run import registers
from yilu.run.received import commit_of, refused
from yilu.run.receiving import Receiving, Sender, reasons_of

WAITING, COMMITTED, SET_ASIDE = "waiting", "committed", "refused"
_MOST_CODES = 200
_FORGET_S = 3600.0
_forgot = float("-inf")


class Different(Exception):
    """The idempotency key stands for another batch already."""


@lru_cache(maxsize=1)
def receiving() -> Receiving:
    """The door of this process."""
    return Receiving(newest().facts)


def number() -> str:
    """A new number of a receipt: numbers sort by the time they were made (milliseconds), and can't be guessed."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(8)}"


@dataclass(frozen=True)
class Batch:
    """What was sent: by whom, in which form, under which idempotency key ("": none)."""

    body: bytes
    form: str
    sender: Sender
    key: MachineKey | None = None
    user: str = ""
    idempotency: str = ""


def earlier(batch: Batch) -> Receipt | None:
    """The receipt of the batch that bore the same idempotency key. Raises Different where that was another batch."""
    return same_as_before(batch.key, batch.user, batch.idempotency, batch.sender.feed, batch.body)


def same_as_before(key: MachineKey | None, user: str, idempotency: str, feed: str, body: bytes) -> Receipt | None:
    """The receipt of what the machine or user sent under this idempotency key, None without one. Raises Different where it was of another feed, or other bytes."""
    if not idempotency:
        return None
    found: Receipt | None = Receipt.objects.filter(key=key, user=user, idempotency=idempotency).first()
    if found is not None and (found.feed, found.content) != (feed, receiving().digest_of(body)):
        raise Different
    return found


def taken(batch: Batch) -> tuple[Receipt, bool]:
    """(the receipt of a batch, whether it was taken before under its idempotency key). When this returns, the batch is on the disk for the writer.

    Raises SourceError, MappingError, Full, StoreError, Different: then nothing of it is kept.
    """
    if (before := earlier(batch)) is not None:
        return before, True
    forget_old()
    name = number()
    chunk = receiving().judge(batch.body, batch.form, batch.sender, name)
    receiving().hand_over(chunk, batch.sender, name)  # before the records are locked: the disk may take its time
    return saved(receipt_of(chunk, batch, name), lambda: earlier(batch))


def saved(receipt: Receipt, before: Callable[[], Receipt | None]) -> tuple[Receipt, bool]:
    """(the receipt, kept; or that of ``before``, and that it is): what is the same may come twice at once."""
    try:
        with transaction.atomic():
            receipt.save(force_insert=True)
    except IntegrityError:
        first = before()
        if first is None:
            raise
        return first, True
    return receipt, False


def forget_old() -> None:
    """Remove receipts past their period, once an hour."""
    global _forgot
    if time.monotonic() - _forgot > _FORGET_S:
        _forgot = time.monotonic()
        kept = timedelta(days=receiving().receipts_kept_days)
        Receipt.objects.filter(at__lt=datetime.now(UTC) - kept).delete()


def receipt_of(chunk: Chunk, batch: Batch, name: str) -> Receipt:
    """The receipt of a judged batch, not saved."""
    return Receipt(
        number=name, operator=batch.sender.operator, feed=batch.sender.feed, key=batch.key, user=batch.user, idempotency=batch.idempotency or None,
        content=receiving().digest_of(batch.body), size=len(batch.body), rows=chunk.rows, used=chunk.used, quarantined=chunk.quarantine.num_rows,
        reasons=reasons_of(chunk), unmapped=dict(list(chunk.unmapped.items())[:_MOST_CODES]), at=datetime.now(UTC),
    )  # fmt: skip


def state_of(receipt: Receipt) -> str:
    """Where a batch is; the commit that took it is kept with its receipt once it is known."""
    if receipt.commit is None:
        spool = receiving().spool
        if commit := commit_of(spool, receipt.number, receipt.at):
            receipt.commit = commit
            Receipt.objects.filter(pk=receipt.pk).update(commit=commit)
        elif (
            registers.refused(spool, receipt.feed, receipt.number)
            if receipt.feed in KINDS
            else refused(spool, receipt.number)
        ):
            return SET_ASIDE
    return WAITING if receipt.commit is None else COMMITTED
