"""What every page has around it: where one can go, who one is, whose part of the province one sees, as of when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yilu.console.access.scope import Scope
from yilu.console.pages.showing import SCREENS


@dataclass(frozen=True)
class Place:
    """A place of the menu: the name of its page; ``also``: other pages, or their first parts, that one comes to from it."""

    page: str
    title: Promise
    also: tuple[str, ...] = ()

    def holds(self, page: str) -> bool:
        """Whether a page is this place or lies below it."""
        return page.partition(".")[0] in (self.page, *self.also)


MENU: tuple[Place, ...] = (
    Place("overview", _("总览")),
    Place("plan", _("规划")),
    Place("items", _("寄递")),
    Place("network", _("网络")),
    Place("journeys", _("时限路线")),
    Place("hubs", _("枢纽设计")),
    Place("alerts", _("预警"), ("silences",)),
    Place("command", _("指挥"), ("handover", "advice")),
    Place("protected", _("重要时点")),
    Place("feeds", _("数据"), ("outages", "api")),
    Place("vault", _("授权还原")),
    Place("system", _("系统"), ("users", "audit")),
)
"""Each is shown to those whose role opens it."""


def frame(request: HttpRequest) -> dict[str, Any]:
    """The frame's part of a page's context; nothing for who isn't known."""
    scope: Scope | None = getattr(request, "user_scope", None)
    if scope is None:
        return {"nonce": getattr(request, "nonce", "")}
    menu = [p for p in MENU if p.page in SCREENS and scope.role.id in SCREENS[p.page].roles]
    match = request.resolver_match
    here = next((p.page for p in menu if match and p.holds(match.url_name or "")), "")
    network = scope.network
    held = [(k, v) for k, v in request.GET.items() if k != "page"]
    return {
        "nonce": request.nonce, "scope": scope, "menu": menu, "here": here, "cities": cities(scope), "held": held, "province": (network.name_zh, network.name_en),  # type: ignore[attr-defined]
    }  # fmt: skip


def cities(scope: Scope) -> list[tuple[str, tuple[str, str]]]:
    """The cities in scope as (code, name in both languages), for the region switch."""
    areas = scope.network.areas
    return [
        (str(code), (str(zh), str(en)))
        for i, code, zh, en, level in zip(areas.id, areas.code, areas.name_zh, areas.name_en, areas.level, strict=True)
        if level == "city" and scope.in_area[int(i)]
    ]
