"""System (系统): health and versions, accounts, roles, regions, settings, audit. For administrators and auditors; nothing here is of items."""

from __future__ import annotations

import platform
import sqlite3
from collections import Counter
from importlib import metadata
from typing import Any

import django
from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yilu import __version__
from yilu.console.access.roles import ADMINISTRATOR, AUDITOR, RIGHTS, ROLES
from yilu.console.accounts.models import User
from yilu.console.naming import named
from yilu.console.operations import health
from yilu.console.pages.naming import Pair
from yilu.console.pages.page import Ask, Column, Page, Table
from yilu.console.pages.showing import DEEDS, SCREENS, screen
from yilu.items.fields import DECLARATION
from yilu.network import Network
from yilu.settings import SETTINGS

SYSTEM = frozenset({ADMINISTRATOR, AUDITOR})
TABS = (
    ("system", _("运行")), ("users", _("账号管理")), ("system.roles", _("角色权限")), ("system.regions", _("地区名录")), ("system.settings", _("设置")), ("audit", _("审计")),
)  # fmt: skip
"""Pages of the system, in the order of its menu."""
LEVELS: dict[str, Pair] = {
    "country": ("国家", "country"), "province": ("省", "province"), "region": ("区域", "region"), "city": ("地市", "city"), "county": ("区县", "county unit"),
    "abroad": ("境外", "abroad"),
}  # fmt: skip
_UNITS = {
    "minutes": "分钟", "hours": "小时", "days": "天", "rows": "行", "bytes": "字节", "firms": "家", "failures": "次", "clients": "个", "buckets": "个", "threads": "个",
}  # fmt: skip
"""Units of settings in Chinese, as far as they are no signs."""
_FROM = {"default": "默认值", "command line": "命令行", "environment": "环境变量", "file": "文件"}


def tabs(ask: Ask) -> list[tuple[str, Any, str]]:
    """The menu of the system as (page, title, address), as far as the role opens it."""
    return [(n, title, reverse(n)) for n, title in TABS if n in SCREENS and ask.scope.role.id in SCREENS[n].roles]


@screen("system", SYSTEM)
def system(ask: Ask) -> Page:
    """Whether all is well, and which versions it runs on."""
    checks = Table(
        "health", _("运行状况"), (Column("name", _("项目")), Column("state", _("状况")), Column("found", _("说明"))),
        [{"name": c.name, "state": ("✓ 正常", "✓ well") if c.ok else ("✗ 须处理", "✗ to do"), "found": c.found} for c in health.checks()],
    )  # fmt: skip
    versions = Table(
        "versions", _("版本"), (Column("part", _("组件")), Column("version", _("版本号"))),
        [{"part": part, "version": version} for part, version in _versions()],
    )  # fmt: skip
    return Page("system/page", _("系统"), (checks, versions), more={"_tabs": tabs(ask)})


def _versions() -> list[tuple[str | Pair, str]]:
    parts = ("uvicorn", "duckdb", "pyarrow", "numpy", "numba", "cryptography")
    database = sqlite3.sqlite_version
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            database = cursor.fetchone()[0]
    return [
        ("yilu", __version__), (("数据声明", "declaration"), DECLARATION), ("python", platform.python_version()), (("机器", "machine"), platform.machine()), ("django", django.get_version()),
        (connection.vendor, str(database)), *((p, metadata.version(p)) for p in parts),
    ]  # fmt: skip


@screen("system.roles", SYSTEM, "system/roles")
def roles(ask: Ask) -> Page:
    """Who opens what, as the pages themselves declare it."""
    of = Counter(ask.seen.records(User).filter(is_active=True).values_list("role", flat=True))
    meanings = Table(
        "roles", _("角色权限"),
        (Column("role", _("角色")), Column("means", _("职责")), Column("supervision", _("监管数据")), Column("statistics", _("统计专用数据")), Column("brands", _("企业名称")),
         Column("accounts", _("启用账号"), "count")),
        [
            {"role": r.name, "means": r.means, "supervision": _mark(r.supervision), "statistics": _mark(r.statistics), "brands": _mark(r.brands), "accounts": of[r.id]}
            for r in ROLES.values()
        ],
    )  # fmt: skip
    columns = (Column("name", _("名称")), Column("route", _("地址")), *(Column(r.id, r.name) for r in ROLES.values()))
    opened = [{"name": s.name, "route": f"/{s.route}", **_marks(s.roles)} for s in SCREENS.values()]
    done = [{"name": d.name, "route": f"/{d.route}/", **_marks(d.roles)} for d in DEEDS.values()]
    by_name = sorted(opened, key=lambda row: str(row["name"])), sorted(done, key=lambda row: str(row["name"]))
    tables = meanings, Table("pages", _("谁能打开哪一页"), columns, by_name[0]), Table("deeds", _("谁能办理哪一项"), columns, by_name[1])  # fmt: skip
    return Page("system/page", _("角色权限"), tables, more={"_tabs": tabs(ask), "rights": {k: str(v) for k, v in RIGHTS.items()}})  # fmt: skip


def _mark(yes: bool) -> str:
    return "✓" if yes else "–"


def _marks(allowed: frozenset[str]) -> dict[str, str]:
    return {r: _mark(r in allowed) for r in ROLES}


@screen("system.regions", SYSTEM, "system/regions")
def regions(ask: Ask) -> Page:
    """Areas of the province, with facilities in them and accounts that are for them."""
    network, names = ask.seen.network, named()
    areas = network.areas
    facilities = _with_those_below(network)
    accounts = Counter(code for held in ask.seen.records(User).filter(is_active=True).values_list("areas", flat=True) for code in held)  # fmt: skip
    rows = [
        {
            "code": str(code), "name": (str(zh), str(en)), "level": LEVELS[str(level)], "above": names.of_area(str(parent)), "facilities": facilities[str(code)],
            "accounts": accounts[str(code)],
        }
        for i, code, zh, en, level, parent in zip(areas.id, areas.code, areas.name_zh, areas.name_en, areas.level, areas.parent, strict=True)
        if i
    ]  # fmt: skip
    columns = (
        Column("code", _("代码")), Column("name", _("名称")), Column("level", _("层级")), Column("above", _("上级")), Column("facilities", _("场所数(含下级)"), "count"),
        Column("accounts", _("账号数"), "count"),
    )  # fmt: skip
    return Page(
        "system/page", _("地区名录"), (Table("regions", _("地区名录"), columns, rows),), more={"_tabs": tabs(ask)}
    )


def _with_those_below(network: Network) -> Counter[str]:
    """How many facilities lie in each area, by its code."""
    areas = network.areas
    above = {str(code): str(parent) for code, parent in zip(areas.code, areas.parent, strict=True)}
    found: Counter[str] = Counter()
    for area in network.facility_area[1:]:
        code = areas.code_of_id.get(int(area), "")
        while code:
            found[code] += 1
            code = above.get(code, "")
    return found


@screen("system.settings", SYSTEM, "system/settings")
def settings(ask: Ask) -> Page:
    """Every setting with its value and where that is from; passwords and tokens are hidden."""
    now = ask.seen.settings
    rows = [
        {"name": s.name, "value": str(now.shown(s.name)), "unit": (_UNITS.get(s.unit, s.unit), s.unit) if s.unit else "", "source": _source(now.sources[s.name]), "means": (s.zh, s.en), "env": s.env}
        for s in SETTINGS
    ]  # fmt: skip
    columns = (
        Column("name", _("设置项")), Column("value", _("值")), Column("unit", _("单位")), Column("source", _("来源")), Column("means", _("说明")), Column("env", _("环境变量")),
    )  # fmt: skip
    return Page("system/page", _("设置"), (Table("settings", _("设置"), columns, rows),), more={"_tabs": tabs(ask)})


def _source(told: str) -> Pair:
    """Where a value is from, as the settings tell it."""
    kind, space, which = (told, "", "") if told in _FROM else told.partition(" ")
    return f"{_FROM[kind]}{space}{which}", told
