"""Items in words: rows of a list, journeys, events in order, and the picture of when it was where."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yilu.console.items.figures import CHECK_NAMES
from yilu.console.pages.naming import kind, names_of
from yilu.console.pages.page import Ask, Chart, Column, Table
from yilu.console.pages.writing import said
from yilu.items.clock import DELIVERED, OUTCOME_NAMES
from yilu.items.cubes import CHECKS, STATUSES
from yilu.items.fields import FLAGS
from yilu.items.history import History

_STATUS: dict[int, tuple[str, str]] = {0: ("无此义务", "not owed")} | {number: (zh, name) for name, (number, zh, _) in STATUSES.items()}  # fmt: skip
_OUTCOMES: dict[int, tuple[str, str]] = {
    0: ("在途", "on its way"), 1: ("已签收", "delivered"), 2: ("退回", "returned"), 3: ("丢失", "lost"), 4: ("终止", "stopped"),
}  # fmt: skip
assert set(_OUTCOMES) == set(OUTCOME_NAMES)

Row = dict[str, Any]


def address(key: int) -> str:
    """Where an item's history is."""
    return reverse("items.one", kwargs={"key": f"{key:016x}"})


def list_rows(ask: Ask, items: pa.Table) -> list[Row]:
    """States as rows of a list."""
    names = names_of(ask.seen.network)
    return [
        {
            "item": f"{r['key']:016x}", "item_at": address(r["key"]), "operator": names.of("operator", r["operator"]), "origin": names.of("area", r["origin"]),
            "destination": names.of("area", r["destination"]), "accepted": r["start_at"] if r["accepted_known"] else None, "promise": r["promise_at"],
            "last_kind": kind(r["last_kind"]), "last_place": names.of("facility", r["last_place"]), "last_at": r["last_at"], "outcome": _OUTCOMES[r["outcome"]],
        }
        for r in items.to_pylist()
    ]  # fmt: skip


def journey_tables(ask: Ask, found: History) -> tuple[Table, ...]:
    """What is known of each journey, a table each."""
    columns = (Column("what", _("项目")), Column("value", _("详情"), "told"))
    several = len(found.states) > 1
    return tuple(
        Table(f"journey{n}" if several else "journey", _("第 %(n)s 次使用") % {"n": n} if several else _("状态"), columns, _journey(ask, row))
        for n, row in enumerate(found.states.to_pylist(), 1)
    )  # fmt: skip


def _journey(ask: Ask, r: Row) -> list[Row]:
    names = names_of(ask.seen.network)
    promise, end = r["promise_at"], r["outcome_at"]
    on_time = None if promise is None or r["outcome"] != DELIVERED else end <= promise
    flags = [(zh, name) for name, (bit, _k, zh, _d) in FLAGS.items() if r["flags"] & bit]
    told: list[tuple[Any, Any]] = [
        (_("企业"), names.of("operator", r["operator"])), (_("寄出地"), names.of("area", r["origin"])), (_("寄达地"), names.of("area", r["destination"])),
        (_("时限产品"), names.of("level", r["service_level"]) if r["service_level"] else ("未报,按两地推定", "not stated: that of its two ends")),
        (_("收寄时间"), r["start_at"] if r["accepted_known"] else ("无收寄记录", "no acceptance known")), (_("承诺时间"), promise), (_("寄件结果"), _OUTCOMES[r["outcome"]]), (_("结果时间"), end),
        (_("准时"), None if on_time is None else ("是", "yes") if on_time else ("否,已逾期", "no, late")),
        *((CHECK_NAMES[c], _STATUS[r[f"{c}_status"]]) for c in CHECKS), (_("投递失败次数"), str(r["attempts"])), (_("中转次数"), str(r["hops"])),
        (_("标志"), "、".join(map(said, flags))),
    ]  # fmt: skip
    return [{"what": what, "value": value} for what, value in told if value not in (None, "")]


def event_rows(ask: Ask, found: History) -> list[Row]:
    """Events in order."""
    names, rows = names_of(ask.seen.network), []
    for e in found.events.to_pylist():
        code = found.codes[e["code"]] if 0 < e["code"] < len(found.codes) else ""
        rows.append({
            "at": e["at"], "kind": kind(e["kind"]) if not code else tuple(f"{n} ({code})" for n in kind(e["kind"])), "place": names.of("facility", e["place"]),
            "place_at": reverse("network.one", kwargs={"code": names.code("facility", e["place"])}) if names.code("facility", e["place"]) else "",
            "operator": names.of("operator", e["operator"]) if e["operator"] else "", "journey": e["journey"] + 1,
            "container": f"{e['container']:016x}" if e["container"] else "", "via": f"{e['via']:016x}" if e["via"] else "",
            "via_at": address(e["via"]) if e["via"] else "", "recorded_at": e["recorded_at"], "told": "" if e["counts"] else _("不计入(撤销、被撤销或待合并)"),
        })  # fmt: skip
    return rows


def timeline(ask: Ask, found: History) -> Chart:
    """When it was where: a stay for each run of scans at one place, by day and hour, without a map."""
    names, k = names_of(ask.seen.network), 0 if ask.zh else 1
    stays: list[Row] = []
    for e in found.events.to_pylist():
        if not e["counts"]:
            continue
        if not stays or stays[-1]["place_id"] != e["place"] or stays[-1]["journey"] != e["journey"] + 1:
            stays.append({"place_id": e["place"], "place": names.of("facility", e["place"]), "journey": e["journey"] + 1, "since": e["at"], "scans": 0})  # fmt: skip
        stays[-1] |= {"until": e["at"], "scans": stays[-1]["scans"] + 1, "kind": kind(e["kind"])}
    for row in stays:
        row["hours"] = (row["until"] - row["since"]) / 3600
    columns = (
        Column("place", _("地点")), Column("since", _("首次扫描"), "time"), Column("until", _("末次扫描"), "time"), Column("hours", _("小时"), "hours"), Column("scans", _("扫描"), "count"), Column("kind", _("末次环节")),
    )  # fmt: skip
    table = Table("stays", _("停留"), columns, stays, _("没有计入的扫描。"))
    places = list(dict.fromkeys(r["place"][k] for r in stays))
    option = {
        "tooltip": {"trigger": "item"}, "grid": {"containLabel": True, "left": 4, "right": 24, "bottom": 4, "top": 8}, "xAxis": {"type": "time"}, "yAxis": {"type": "category", "inverse": True, "data": places},
        "series": [{"type": "line", "step": False, "symbolSize": 8, "name": str(_("扫描")), "data": [[1000 * t, r["place"][k]] for r in stays for t in (r["since"], r["until"])]}],
    }  # fmt: skip
    return Chart("stays", _("时间线"), option, table, max(180, 34 * len(places) + 80))
