"""The overview's page: figures, map, throughput, alerts, and the plan's main targets."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import EVERYBODY, SCREENS
from yilu.console.overview import alerts, headline, map, plan, serving
from yilu.console.pages.asking import AddressError
from yilu.console.pages.drawing import Drawn, chart
from yilu.console.pages.page import Ask, Chart, Column, Page
from yilu.console.pages.showing import screen
from yilu.supervision.rules.declared import SEVERITIES


@screen("overview", EVERYBODY | SCREENS, route="")
def overview(ask: Ask) -> Page:
    """The province at a glance."""
    choices = map.choices(ask)
    if ask.filter.indicator and ask.filter.indicator not in dict(choices):
        raise AddressError("indicator", ask.filter.indicator, "an indicator that your role sees", "您的角色可见的指标")
    told, on_map, each = headline.figures(ask.here), map.shown(ask), plan.targets(ask.seen)
    listed = alerts.table(ask.here) if ask.scope.role.supervision else None
    drawn = (t for t in map.tables(on_map) if ask.scope.role.supervision or t.name not in map.OF_SUPERVISION)
    tables = (headline.table(told), *([listed] if listed else []), *drawn, plan.table(each))
    first, last = map.period_of(ask)
    more: dict[str, Any] = {
        "_figures": told, "_alerts": listed, "_map": map.for_script(on_map, ask.seen, serving.address(ask.seen.network, on_map.level), serving.address(ask.seen.network, "city")), "_choices": choices,
        "_classes": map.classes(on_map), "_measure": on_map.measure, "_tiers": tuple(map.TIERS.items()), "_severities": [(n, SEVERITIES[n]) for n in sorted(SEVERITIES) if n],
        "_greatest": max((f["items"] for f in on_map.flows), default=None), "_chosen": ask.filter.indicator or map.DEFAULT, "_tables": tables, "first": first, "last": last, "level": on_map.level,
        "_wall": f"?{urlencode({**dict(parse_qsl(ask.filter.query())), 'kiosk': ''})}", "_live": f"{reverse('live')}?{ask.filter.query()}", "_alerts_at": alerts.all_at(ask),
    }  # fmt: skip
    return Page("overview/overview", _("总览"), tables, (throughput(ask), *plan.charts(each)), more)


def throughput(ask: Ask) -> Chart:
    """Events by hour."""
    hours = headline.throughput(ask.here)
    return chart(
        "throughput", _("每小时操作量"), Column("hour", _("时间"), "time"), [h for h, _n in hours], (Drawn("events", _("操作量"), [n for _h, n in hours]),),
        "short", 200, _("您的范围内没有逐时操作量。") if ask.seen.commit else _("还没有数据。先用 yilu ingest 读入数据,或启动 yilu run。"),
    )  # fmt: skip
