"""What modes of transport, reasons and changes are called on pages."""

from __future__ import annotations

from yilu.console.pages.naming import Pair

_NAMES: dict[str, dict[str, Pair]] = {
    "mode": {
        "road": ("公路", "Road"), "high_speed_rail": ("高铁", "High-speed rail"), "rail": ("铁路", "Rail"), "belly": ("客机腹舱", "Belly"), "freighter": ("全货机", "Freighter"),
        "ferry": ("轮渡", "Ferry"), "sea": ("海运", "Sea"),
    },
    "reason": {
        "collection": ("候揽收", "Waiting for collection"), "departure": ("候车", "No departure before"), "sorting": ("候分拣波次", "Waiting for the sort wave"),
        "delivery": ("候投递", "Waiting for delivery"), "distance": ("路程太长", "Too far"), "no_way": ("无路线", "No way"),
    },
    "change": {
        "accept_earlier": ("收寄截止提前", "Acceptance ends earlier"), "hold": ("一班车延后", "One departure waits"), "wave": ("加一个分拣波次", "One sort wave more"),
        "departure": ("加一班车", "One departure more"), "due_later": ("承诺时刻延后", "Due later"),
    },
}  # fmt: skip


def said_of(group: str, code: str) -> Pair:
    """The names of a code of a group (mode, reason, change); the code itself where nobody named it."""
    return _NAMES[group].get(code, (code, code))
