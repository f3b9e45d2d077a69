"""Names of ids, in the language of who asks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from yilu.items.kinds import BY_ID
from yilu.items.schema import ITEM_CLASSES, SENDER_KINDS
from yilu.network import Network


class Names:
    """Names of the areas, facilities, operators and service levels of a province, and its local time."""

    def __init__(self, network: Network, zh: bool) -> None:
        self.zh = zh
        self.area = _by_id(network.areas, zh)
        self.facility = _by_id(network.facilities, zh)
        self.operator = _by_id(network.operators, zh)
        self.level = _by_id(network.service_levels, zh)
        self._zone = ZoneInfo(network.time_zone)

    def time(self, when: datetime | int | None) -> str | None:
        """Local time as text; none for 0 and None."""
        if not when:
            return None
        at = datetime.fromtimestamp(when, self._zone) if isinstance(when, int) else when.astimezone(self._zone)
        return at.isoformat(sep=" ", timespec="seconds")

    def kind(self, number: int) -> str:
        """Name of a kind of event."""
        kind = BY_ID.get(number)
        return "?" if kind is None else kind.zh if self.zh else kind.en

    def named(self, table: pa.Table) -> pa.Table:
        """``table`` with names in the place of ids, days and hours."""
        read: dict[str, Any] = {
            "area": self.area.get, "origin": self.area.get, "destination": self.area.get, "facility": self.facility.get,
            "operator": self.operator.get, "level": self.level.get, "kind": self.kind,
            "day": lambda d: (date(1970, 1, 1) + timedelta(days=d)).isoformat(),
            "hour": lambda h: self.time(datetime.fromtimestamp(3600 * h, UTC)),
            "item_class": {v: k for k, v in ITEM_CLASSES.items()}.get, "sender_kind": {v: k for k, v in SENDER_KINDS.items()}.get,
        }  # fmt: skip
        for i, name in enumerate(table.schema.names):
            if name in read:
                texts = [None if v is None else read[name](v) or "?" for v in table.column(name).to_pylist()]
                table = table.set_column(i, name, pa.array(texts, pa.string()))
        return table


def _by_id(table: Any, zh: bool) -> dict[int, str]:
    names = table.name_zh if zh else table.name_en
    return {int(i): str(n) or str(c) for i, n, c in zip(table.id, names, table.code, strict=True)}
