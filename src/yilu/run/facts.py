"""What everything on facts opens: settings, province, key, and the store to write or to read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from yilu import network as networks
from yilu.items import feeds
from yilu.items.heap import keep_freed
from yilu.items.keys import Key, load_or_make
from yilu.items.reading import Snapshot
from yilu.items.rules import Rules
from yilu.items.rules_of import rules_of
from yilu.items.store import Limits, Store
from yilu.items.upkeep import Periods
from yilu.settings import Settings
from yilu.supervision.rules.declared import for_province

_DAY_S = 86400


@dataclass(frozen=True)
class Facts:
    """The facts that the settings name."""

    settings: Settings

    @property
    def root(self) -> Path:
        """Folder of the store."""
        return Path(self.settings.store)

    @cached_property
    def network(self) -> networks.Network:
        """The province."""
        return networks.load(self.settings.province)

    @cached_property
    def rules(self) -> Rules:
        """The province's settings as the fold takes them."""
        s, watched = self.settings, for_province(self.network.folder)
        return rules_of(
            self.network, s.reuse_days, s.impossible_m_s, s.impossible_km, s.container_days,
            waited_hours=min(watched.strictest("stalled_hours"), watched.strictest("stalled_abroad_hours")), stayed_hours=watched.strictest("backlog_hours"),
        )  # fmt: skip

    @cached_property
    def key(self) -> Key:
        """The key of pseudonyms, made on first use."""
        return load_or_make(Path(self.settings.key_file), self.root, self.settings.hash)

    @property
    def feed_periods(self) -> feeds.Periods:
        """How long feeds beside scan events are kept."""
        s = self.settings
        return feeds.Periods(
            s.retain_counts_days, s.retain_devices_days, s.retain_registers_days, s.retain_quarantine_days
        )

    @property
    def periods(self) -> Periods:
        """Periods of upkeep."""
        s = self.settings
        return Periods(
            s.closing_days * _DAY_S, s.stale_days * _DAY_S, s.correction_days * _DAY_S, s.retain_log_days, s.retain_closed_days,
            s.retain_quarantine_days, s.retain_tokens_days, for_province(self.network.folder)["token_most"], 60 * s.allowed_lateness_minutes,
        )  # fmt: skip

    def write(self, afresh: bool = False) -> Store:
        """The store, to write."""
        s = self.settings
        keep_freed()
        limits = Limits(s.container_days * _DAY_S, s.memory_mb << 20, threads=s.threads, at_once_rows=s.at_once_rows,
            settle_share=s.settle_percent / 100,
        )  # fmt: skip
        return Store.open(self.root, self.rules, self.key.check, self.network.name, s.buckets, limits, afresh=afresh)

    def read(self) -> Snapshot:
        """The store's newest commit, to read."""
        return Snapshot.open(self.root, self.rules, self.settings.memory_mb, self.settings.threads)
