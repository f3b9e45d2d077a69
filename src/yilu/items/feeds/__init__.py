"""Feeds beside scan events: daily counts, device status, mirrors of registers (其他数据)."""

from yilu.items.feeds.changes import DIFFERENCES, differences, merge
from yilu.items.feeds.kinds import KINDS, Kind
from yilu.items.feeds.reading import QUARANTINE, FeedRows, read
from yilu.items.feeds.retaining import Periods, retain
from yilu.items.feeds.storing import load, overview, quarantine, store_rows, versions

__all__ = [
    "DIFFERENCES",
    "KINDS",
    "QUARANTINE",
    "FeedRows",
    "Kind",
    "Periods",
    "differences",
    "load",
    "merge",
    "overview",
    "quarantine",
    "read",
    "retain",
    "store_rows",
    "versions",
]
