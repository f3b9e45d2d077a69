"""Alerts in short, as the overview lists them and the live stream tells of them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from yilu.console.overview.headline import WAIT_S
from yilu.console.pages.page import Ask, Column, Table
from yilu.console.pages.showing import address_of
from yilu.console.seen import Seen
from yilu.run.found import Found
from yilu.supervision.alerts import Alert
from yilu.supervision.rules.declared import SEVERITIES

MOST = 12
COLUMNS = (
    Column("severity_name", _("级别")), Column("rule", _("规则"), "text", "address"), Column("operator", _("企业")), Column("facility", _("场所")), Column("items", _("件数"), "count"),
    Column("last", _("最近"), "time"),
)  # fmt: skip


def told(seen: Seen) -> list[Alert]:
    """Alerts in scope that people are told of and that are not over, the gravest and latest first."""
    return _told(seen.alerts(WAIT_S))


def _told(found: Found | None) -> list[Alert]:
    return [a for a in (found.alerts if found else ()) if a.told and a.life != "resolved" and not a.unusual]


def rows(seen: Seen, alerts: list[Alert]) -> list[dict[str, Any]]:
    """Alerts as rows of ``COLUMNS``."""
    network, rules = seen.network, seen.rules.rules
    return [
        {
            "id": a.id, "severity": a.severity, "severity_name": SEVERITIES[a.severity], "rule": (rules[a.rule].zh, rules[a.rule].en), "items": a.items, "last": a.last,
            "operator": network.operators.name_of_id.get(a.operator, ""), "facility": network.facilities.name_of_id.get(a.place, ""), "address": address_of("alerts.one", seen.scope, alert=a.id),
        }
        for a in alerts
    ]  # fmt: skip


def all_at(ask: Ask) -> str:
    """Where all of them are listed, "" where the role of who asks doesn't open it."""
    at, query = address_of("alerts", ask.scope), ask.filter.query()
    return f"{at}?{query}" if at and query else at


def table(seen: Seen) -> Table:
    """The first of them."""
    found = seen.alerts(WAIT_S)
    all_told = _told(found)
    if not seen.commit:
        empty = _("还没有数据。先用 yilu ingest 读入数据,或启动 yilu run。")
    else:
        empty = _("正在判定预警,稍后自动显示。") if found is None else _("目前没有预警。")
    return Table("alerts", _("预警"), COLUMNS, rows(seen, all_told[:MOST]), empty, max(0, len(all_told) - MOST))
