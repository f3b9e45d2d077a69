"""The page of the network: hubs by tier, facilities with their throughput, lanes as observed flows, crossings, service levels and promises."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import CARRIER, OFFICE
from yilu.console.items.asked import Asked, area_ids, asked_of
from yilu.console.items.figures import listed_pairs, pair_rows
from yilu.console.network import facility  # noqa: F401 - declares its screen
from yilu.console.overview import serving
from yilu.console.overview.map import TIERS
from yilu.console.pages.naming import listed, names_of
from yilu.console.pages.page import Ask, Column, Page, Table
from yilu.console.pages.showing import screen
from yilu.network import FACILITY_KINDS, Network

SEES = OFFICE | {CARRIER}
STATUSES: dict[str, Promise] = {"existing": _("已有"), "planned": _("规划中")}
_CLOCKS: dict[str, Promise] = {"elapsed": _("小时(自收寄)"), "calendar": _("日(到期钟点)")}
_WAYS: dict[str, Promise] = {"bridge": _("桥"), "tunnel": _("隧道"), "ferry": _("渡轮"), "land": _("陆路")}
_ROWS, _LANES = 50, 60

Row = dict[str, Any]


@screen("network", SEES)
def network(ask: Ask) -> Page:
    """What is there, and what moves between."""
    asked = asked_of(ask)
    rows, pairs = facility_rows(ask, asked), [] if ask.seen.for_statistics else pair_rows(ask, asked)
    first, shown = (ask.filter.page - 1) * _ROWS, [r for r in rows if r["tier"]]
    tables = (
        hubs(shown), facilities(rows[first : first + _ROWS], len(rows)), *([] if ask.seen.for_statistics else [lanes(listed_pairs(ask, asked, pairs[:_LANES]), len(pairs))]), crossings(ask.seen.network),
        levels(ask.seen.network), promises(ask.seen.network),
    )  # fmt: skip
    on_map = drawn(ask.seen.network, rows, pairs)
    more = {
        "first": asked.period.first, "last": asked.period.last, "pages": max(1, -(-len(rows) // _ROWS)), "count": len(rows), "kind": ask.filter.kind, "_kinds": [(k.code, (k.zh, k.en)) for k in FACILITY_KINDS.values()],
        "map": on_map, "greatest": max((f["items"] for f in on_map["flows"]), default=None), "_tiers": tuple(TIERS.items()),
    }  # fmt: skip
    return Page("network/network", _("网络"), tables, more=more)


def facility_rows(ask: Ask, asked: Asked) -> list[Row]:
    """Facilities of the area that is asked for, by their events of the days asked for, the most first."""
    of, names, chosen = ask.seen.network, names_of(ask.seen.network), set(area_ids(ask.seen.network, ask.filter.area))
    events = throughput(ask, asked)
    q = ask.filter.q.casefold()
    rows = []
    f = of.facilities
    for i, code, kind, tier, status, grade in zip(f.id, f.code, f.kind, f.tier, f.status, f.place_grade, strict=True):
        area, name = int(of.facility_area[i]), names.of("facility", i)
        if (chosen and area not in chosen) or (ask.filter.kind and kind != ask.filter.kind):
            continue
        if q and not any(q in text.casefold() for text in (str(code), *name)):
            continue
        rows.append({
            "code": str(code), "name": name, "address": reverse("network.one", kwargs={"code": str(code)}), "kind": kind_of(str(kind)), "tier": str(tier), "tier_name": TIERS.get(str(tier), ("", "")),
            "area": names.of("area", area), "status": STATUSES.get(str(status), str(status)), "grade": str(grade), "events": events.get(int(i)), "state": str(status), "processing": bool(of.facility_processing[i]),
            "lon": float(of.facility_lon[i]), "lat": float(of.facility_lat[i]), "id": int(i),
        })  # fmt: skip
    return sorted(rows, key=lambda r: (-(r["events"] or 0), r["code"]))


def kind_of(code: str) -> tuple[str, str]:
    """A kind of facility by name."""
    kind = FACILITY_KINDS[code]
    return kind.zh, kind.en


def throughput(ask: Ask, asked: Asked) -> dict[int, int]:
    """Events of the days asked for by facility in scope."""
    by = ("facility", "operator") if ask.scope.operator_ids else ("facility",)
    found = ask.seen.scans(by, hours=asked.hours)
    sums: dict[int, int] = {}
    for row in found.to_pylist() if found is not None else ():
        sums[row["facility"]] = sums.get(row["facility"], 0) + row["events"]
    return sums


_FACILITY_COLUMNS = (
    Column("name", _("场所"), "text", "address"), Column("code", _("代码")), Column("kind", _("类型")), Column("tier_name", _("层级")), Column("area", _("地区")),
    Column("status", _("状态")), Column("events", _("期内扫描"), "count"), Column("grade", _("位置可信等级"), "grade"),
)  # fmt: skip


def hubs(rows: list[Row]) -> Table:
    """Hubs, by tier."""
    order = list(TIERS)
    ranked = sorted(
        rows, key=lambda r: (order.index(r["tier"]) if r["tier"] in order else len(order), -(r["events"] or 0))
    )
    return Table(
        "hubs", _("枢纽"), _FACILITY_COLUMNS, ranked, _("所选地区没有枢纽。清空筛选,或在省份文件夹 facilities.csv 的 tier 列写明。")
    )  # fmt: skip


def facilities(rows: list[Row], count: int) -> Table:
    """Facilities, a page of them."""
    return Table(
        "facilities", _("全部场所"), _FACILITY_COLUMNS, rows, _("没有符合的场所;换一个名称、类型或地区。"), max(0, count - len(rows))
    )  # fmt: skip


def lanes(shown: list[Row], all_of: int) -> Table:
    """Lanes as they were used: items accepted by pair of cities, the first of ``all_of``. A carrier sees its own; its lanes are its secret."""
    columns = (
        Column("origin", _("寄出地")), Column("destination", _("寄达地")), Column("accepted", _("收寄"), "count", "accepted_at"), Column("due", _("到期"), "count"), Column("on_time_rate", _("准时率"), "percent"),
    )  # fmt: skip
    return Table(
        "lanes", _("线路(期内实际流量,按收寄日)"), columns, shown, _("所选日期内没有流量。"), all_of - len(shown)
    )  # fmt: skip


def crossings(of: Network) -> Table:
    """Ways over water."""
    c = of.crossings
    rows = [
        {
            "name": (str(zh), str(en)), "kind": _WAYS.get(str(kind), str(kind)), "length": float(km), "extra": float(h), "since": str(since), "until": str(until), "grade": str(grade),
        }
        for zh, en, kind, km, h, since, until, grade in zip(c.name_zh, c.name_en, c.kind, c.length_km, c.extra_hours, c.valid_from, c.valid_to, c.grade, strict=True)
    ]  # fmt: skip
    columns = (
        Column("name", _("通道")), Column("kind", _("类型")), Column("length", _("长度(公里)"), "number"), Column("extra", _("另加小时"), "hours"), Column("since", _("开通"), "day"), Column("until", _("停止通行"), "day"), Column("grade", _("可信等级"), "grade"),
    )  # fmt: skip
    return Table("crossings", _("跨水通道"), columns, rows, _("本省没有登记跨水通道。"))


def levels(of: Network) -> Table:
    """Service levels and the pairs of areas that each is the default of."""
    s = of.service_levels
    rows = [
        {"code": str(code), "name": (str(zh), str(en)), "scopes": _scopes(str(scopes)), "grade": str(grade)}
        for code, zh, en, scopes, grade in zip(s.code, s.name_zh, s.name_en, s.scopes, s.grade, strict=True)
    ]
    columns = (Column("code", _("代码")), Column("name", _("时限产品")), Column("scopes", _("默认适用")), Column("grade", _("可信等级"), "grade"))  # fmt: skip
    return Table("levels", _("各时限产品"), columns, rows, _("本省没有时限产品。"))


_SCOPES: dict[str, tuple[str, str]] = {
    "same_city": ("同城", "same city"), "cluster": ("同一城市群", "one cluster of cities"), "province": ("省内", "within the province"), "key_cities": ("重点城市之间", "between key cities"),
    "country": ("国内", "domestic"), "abroad": ("国际及港澳台", "across customs"),
}  # fmt: skip


def _scopes(text: str) -> tuple[str, str]:
    return listed(_SCOPES.get(s, (s, s)) for s in text.split(";") if s)


def promises(of: Network) -> Table:
    """Rules of derived promises, the newest of each level last."""
    p, s = of.promises, of.service_levels
    named = {str(code): (str(zh), str(en)) for code, zh, en in zip(s.code, s.name_zh, s.name_en, strict=True)}
    rows = [
        {"level": str(level), "level_name": named.get(str(level), str(level)), "since": str(since), "clock": _CLOCKS[str(clock)], "amount": int(n), "due": _clock(int(due)), "cut_off": _clock(int(cut)), "grade": str(grade)}
        for level, since, clock, n, due, cut, grade in zip(p.service_level, p.valid_from, p.clock, p.amount, p.due_time, p.cut_off, p.grade, strict=True)
    ]  # fmt: skip
    columns = (
        Column("level_name", _("时限产品")), Column("since", _("自何日收寄"), "day"), Column("clock", _("计时")), Column("amount", _("数量"), "count"), Column("due", _("到期钟点")), Column("cut_off", _("截单钟点")), Column("grade", _("可信等级"), "grade"),
    )  # fmt: skip
    return Table("promises", _("推算承诺的规则"), columns, rows, _("本省没有推算承诺的规则。"))


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def drawn(of: Network, rows: Iterable[Row], pairs: list[Row]) -> dict[str, Any]:
    """What ``map.js`` draws: hubs and processing sites as marks, the busiest lanes as arcs, longitudes and latitudes in degrees, within the outlines of cities."""
    inside = [r for r in rows if of.area_inside[of.facility_area[r["id"]]]]
    hubs = [
        {"code": r["code"], "name": r["name"], "kind": r["kind"], "tier": r["tier"], "tier_name": _tier(r["tier"]), "state": STATUSES.get(r["state"], r["state"]), "planned": r["state"] == "planned", "lon": r["lon"], "lat": r["lat"]}
        for r in inside if r["tier"] or r["processing"]
    ]  # fmt: skip
    flows: list[Row] = []
    for r in pairs:
        a, b = r["ids"]
        if a != b and of.area_inside[a] and of.area_inside[b] and len(flows) < _LANES:
            flows.append({"from": r["origin"], "to": r["destination"], "items": r["accepted"], "line": [[float(of.area_lon[i]), float(of.area_lat[i])] for i in (a, b)]})  # fmt: skip
    return {"level": "city", "classes": [], "areas": [], "alerts": [], "outlines": "", "around": serving.address(of, "city"), "base": "", "hubs": hubs, "flows": flows, "box": list(of.bbox) if of.bbox else None}  # fmt: skip


def _tier(code: str) -> Any:
    return TIERS.get(code, ("", ""))
