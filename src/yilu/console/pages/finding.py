"""Finding by typing: pages, areas, facilities, alerts, and whatever else a subject declares a finder for. The palette of every page asks here.

@finder
def cases(ask: Ask, text: str) -> Iterator[Hit]: ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import EVERYBODY
from yilu.console.overview import alerts
from yilu.console.pages.frame import MENU
from yilu.console.pages.page import Ask, Column, Page, Table, Text
from yilu.console.pages.showing import SCREENS, address_of, screen
from yilu.console.pages.writing import said
from yilu.console.records.resource import RESOURCES

EACH = 8
"""Hits of one kind at the most."""


@dataclass(frozen=True)
class Hit:
    """One thing that was found: what kind it is, its name, what is said beside it, where it is."""

    kind: Text
    name: Text
    address: str
    beside: Text = ""


Finder = Callable[[Ask, str], Iterable[Hit]]
FINDERS: list[Finder] = []


def finder(find: Finder) -> Finder:
    """Declare a finder: it gives what in scope fits a text in lower case, "" for what one would look for first."""
    FINDERS.append(find)
    return find


def fits(text: str, *names: Text) -> bool:
    """Whether one of the names, in either language, holds the text."""
    return any(text in str(part).lower() for n in names for part in (n if isinstance(n, tuple) else (n,)))


@screen("find", EVERYBODY)
def find(ask: Ask) -> Page:
    """What fits ``q``."""
    text = ask.filter.q.strip().lower()
    hits = [h for each in FINDERS for h in islice(each(ask, text), EACH)]
    rows = [{"kind": h.kind, "name": h.name, "beside": h.beside, "address": h.address} for h in hits]
    columns = (
        Column("kind", _("类别")),
        Column("name", _("名称"), "text", "address"),
        Column("beside", _("说明")),
        Column("address", _("地址")),
    )
    return Page(
        "find",
        _("查找"),
        (Table("found", _("结果"), columns, rows, _("没有找到。可输入页面、地市、场所或预警的名称或代码。")),),
    )


@finder
def pages(ask: Ask, text: str) -> Iterator[Hit]:
    """Pages of the menu and lists of records that the role opens."""
    titles: dict[str, Text] = {p.page: p.title for p in MENU} | {name: r.title for name, r in RESOURCES.items()}
    for name, title in titles.items():
        if name in SCREENS and ask.scope.role.id in SCREENS[name].roles and fits(text, said(title), name):
            yield Hit(_("页面"), title, reverse(name))


@finder
def areas(ask: Ask, text: str) -> Iterator[Hit]:
    """Cities and county units in scope."""
    table, scope = ask.seen.network.areas, ask.scope
    for i, code, level in zip(table.id, table.code, table.level, strict=True):
        name = table.name_of_id[int(i)]
        if (
            level in ("city", "county")
            and scope.in_area[int(i)]
            and table.inside[i == table.id][0]
            and fits(text, name, str(code))
        ):
            yield Hit(_("地区"), name, f"{reverse('overview')}?area={code}", str(code))


@finder
def facilities(ask: Ask, text: str) -> Iterator[Hit]:
    """Facilities in scope; nothing before something is typed."""
    table, scope, network = ask.seen.network.facilities, ask.scope, ask.seen.network
    for i, code, area in zip(table.id, table.code, table.area, strict=True):
        name = table.name_of_id[int(i)]
        if (
            text
            and scope.at_facility[int(i)]
            and network.area_inside[network.facility_area[int(i)]]
            and fits(text, name, str(code))
        ):
            at = address_of("network.one", scope, code=str(code)) or f"{reverse('overview')}?area={area}"
            yield Hit(_("场所"), name, at, str(code))


@finder
def firing(ask: Ask, text: str) -> Iterator[Hit]:
    """Alerts in scope that are not over."""
    if not text:
        return
    for row in alerts.rows(ask.seen, alerts.told(ask.seen)):
        if fits(text, row["rule"], row["facility"], row["operator"], row["id"]):
            beside = " · ".join(said(row[n]) for n in ("facility", "operator") if row[n])
            yield Hit(_("预警"), row["rule"], row["address"] or reverse("overview") + "#table-alerts", beside)
