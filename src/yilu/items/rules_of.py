"""A province's settings as the rules of the fold."""

from __future__ import annotations

import numpy as np

from yilu.items.rules import Rules
from yilu.items.schema import ITEM_CLASSES, SENDER_KINDS
from yilu.network import Network

_LEVELS = 16


def rules_of(
    network: Network,
    reuse_days: int = 90,
    impossible_m_s: int = 300,
    impossible_km: int = 100,
    container_days: int = 3,
    waited_hours: int = 96,
    stayed_hours: int = 30,
) -> Rules:
    """The rules of ``network``; ``reuse_days``, ``impossible_m_s``, ``impossible_km`` and ``container_days`` as in the settings of the same name.

    ``waited_hours`` without a scan, or ``stayed_hours`` at a processing site of the province, mark an item as *waited* (``fields.FLAGS``).
    """
    p, o = network.promise_rules, network.obligation_rules
    return Rules(
        facility_area=network.facility_area,
        processing=network.facility_processing,
        longitude=network.facility_lon,
        latitude=network.facility_lat,
        area_city=network.area_city,
        inside=network.area_inside,
        level_of_pair=network.level_of_pair,
        level_first=np.searchsorted(p.level, np.arange(_LEVELS + 1)).astype(np.int64),
        level_from=p.valid_from,
        calendar=p.calendar,
        amount=p.amount,
        due_minute=p.due_minute,
        cut_off_minute=p.cut_off_minute,
        owed_check=o.check,
        owed_from=o.since,
        owed_until=o.until,
        owed_class=np.array([ITEM_CLASSES[str(c)] if c else 0 for c in o.item_class], np.int64),
        owed_sender=np.array([SENDER_KINDS[str(s)] if s else 0 for s in o.sender_kind], np.int64),
        owed_origin=o.origin,
        owed_destination=o.destination,
        owed=o.owed,
        owed_processing=o.processing,
        transitions=network.local_time.transitions,
        offsets=network.local_time.offsets,
        limits=np.array(
            [
                86400 * reuse_days,
                impossible_m_s,
                impossible_km,
                86400 * container_days,
                3600 * waited_hours,
                3600 * stayed_hours,
            ],
            np.int64,
        ),
    )
