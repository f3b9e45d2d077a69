"""What an address asks of hub designs: which hubs, for whose demand, within what time, what a late item means; and how long each search may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import OFFICE
from yilu.console.pages.asking import AddressError, is_whole
from yilu.console.pages.naming import Pair
from yilu.console.pages.page import Ask, Page, Text
from yilu.console.pages.showing import BEING_MADE
from yilu.network import Network
from yilu.network.province import LEVELS
from yilu.studies.hub_scenarios import scenarios
from yilu.studies.hubs import clusters, stated

SEES = OFFICE
"""A design is of the whole province and made of its folder alone, so nothing of it is narrowed by area; a folder's rates may be carriers' contracts, so carriers don't see it."""
MOST_HUBS = 12
DEFAULT_S, MOST_S = 10, 60
"""Seconds of one search."""
SECONDS = (5, 10, 30, 60)
"""Those that the form offers."""
HOURS = ("", "6", "8", "10", "12")
PENALTY_YUAN = 1.0
PLAN, SITES, TIERED, NONE = "plan", "sites", "tiers", "none"
LATE: dict[str, Text] = {
    "": _("只比费用"),
    "hard": _("时限须全部满足"),
    "penalty": _("超时每件计费一元"),
    "volume": _("超时件数最少"),
}
Row = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """One design that is asked for. ``system``: a number of hubs, or ``plan``, ``sites``, ``tiers``, each of the last also with a cluster as one (``plan:CLUSTER``); ``demand``: code of a scenario, "" for the
    province's own; ``within``: hours from unit to unit, "" for the service levels' promises; ``late``: of ``LATE``."""

    system: str
    demand: str = ""
    within: str = ""
    late: str = ""

    @property
    def is_tiered(self) -> bool:
        """Whether its hubs have tiers."""
        return self.system.partition(":")[0] in (PLAN, TIERED)

    @property
    def is_of_cost(self) -> bool:
        """Whether the least cost is looked for, with or without fines; else the least late volume."""
        return self.late != "volume"


def systems(network: Network) -> dict[str, Pair]:
    """Which hubs can be asked for, by code: what the plan states, then free sites."""
    found: dict[str, Pair] = {}
    if (network.facilities.kind == "hub").any():
        for cluster in ("", *clusters(network)):
            tiers = " + ".join(str(n) for n in stated(network, cluster).counts if n)
            beside, with_it = (f"({cluster} 合一)", f" ({cluster} as one)") if cluster else ("", "")
            code = f":{cluster}" if cluster else ""
            found[PLAN + code] = (f"规划的城市与层级 {tiers}{beside}", f"The plan's cities and tiers {tiers}{with_it}")
            if not cluster:
                found[SITES] = ("规划的城市,不分层", "The plan's cities, no tiers")
            found[TIERED + code] = (f"自由选址,层级 {tiers}{beside}", f"Free sites, tiers {tiers}{with_it}")
    places = np.isin(network.area_level, (LEVELS["county"], LEVELS["city"])) & network.area_inside
    most = min(MOST_HUBS, int(places.sum()))
    for p in range(1, most + 1):
        found[str(p)] = (f"自由选址 {p} 处,不分层", f"{p} free sites, no tiers" if p > 1 else "1 free site, no tiers")
    return found


def demands(network: Network) -> dict[str, Pair]:
    """Whose demand: the province's own, then scenarios."""
    return {"": ("本省现行需求", "The province's demand"), **{s.code: (s.zh, s.en) for s in scenarios(network)}}


def known(value: str, key: str, choices: Any) -> str:
    """A value that is one of the choices. Raises AddressError naming the key for another one."""
    if value not in choices:
        said = ", ".join(c for c in choices if c)
        raise AddressError(key, value, f"one of {said}", f"{said} 之一")
    return value


def question_of(ask: Ask, before: str = "") -> Question:
    """The design that the address asks for; ``before``: of its names, ``other_`` for the one beside. Raises AddressError for what there isn't."""
    f, network = ask.filter, ask.seen.network
    offered = systems(network)
    own, beside = (PLAN, TIERED) if PLAN in offered else (next(reversed(offered)), NONE)
    given = {n: getattr(f, before + n) for n in ("system", "demand", "within", "late")}
    known(system := given["system"] or (beside if before else own), before + "system", {**offered, NONE: 1} if before else offered)  # fmt: skip
    known(given["demand"], before + "demand", demands(network))
    known(given["within"], before + "within", HOURS)
    known(given["late"], before + "late", LATE)
    return Question(system, given["demand"], given["within"], given["late"])


def seconds_of(ask: Ask) -> int:
    """How long one search may take. Raises AddressError for what is too long."""
    text = ask.filter.seconds or str(DEFAULT_S)
    if not is_whole(text, 1, MOST_S, digits=3):
        raise AddressError("seconds", text, f"a whole number from 1 to {MOST_S}", f"1 至 {MOST_S} 的整数")
    return int(text)


def number_of(network: Network, q: Question) -> int:
    """How many hubs a design has."""
    if q.system.isdigit():
        return int(q.system)
    return len(stated(network, q.system.partition(":")[2]).tiers)


def name_of(ask: Ask, q: Question) -> Pair:
    """A design as it is called: which hubs, and whatever differs from the ordinary."""
    network = ask.seen.network
    parts = [systems(network)[q.system]]
    if q.demand:
        parts.append(demands(network)[q.demand])
    if q.within:
        parts.append((f"{q.within} 小时", f"{q.within} h"))
    if q.late:
        parts.append((str(LATE[q.late]), str(LATE[q.late])))
    return " · ".join(p[0] for p in parts), " · ".join(p[1] for p in parts)


def shared(ask: Ask, seconds: int) -> Row:
    """What the forms of all pages offer."""
    network = ask.seen.network
    return {
        "seconds": seconds, "_systems": list(systems(network).items()), "_demands": list(demands(network).items()), "_late": list(LATE.items()),
        "_hours": [(h, (f"{h} 小时", f"{h} h") if h else _("各时限产品的承诺")) for h in HOURS], "_seconds": [(str(s), s) for s in sorted({*SECONDS, seconds})],
    }  # fmt: skip


def being_made(page: Page, done: int, of: int) -> Page:
    """The same page while some of its designs are being worked out: it says how many there are, and looks again by itself."""
    more = {**page.more, "calculating": True, "made": done, "of": of}
    return Page(page.template, page.title, page.tables, page.charts, more, BEING_MADE)
