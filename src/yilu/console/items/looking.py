"""Looking at single items: the list behind a figure, looking one up, and its history. Each look is on record, with its reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import ITEMS
from yilu.console.audit.recording import has_recorded, recorded
from yilu.console.items import figures
from yilu.console.items.asked import Asked, asked_of
from yilu.console.items.pages import frame_of
from yilu.console.items.telling import event_rows, journey_tables, list_rows, timeline
from yilu.console.pages.asking import AddressError
from yilu.console.pages.naming import Pair, names_of
from yilu.console.pages.page import Ask, Column, Page, Table
from yilu.console.pages.showing import Done, deed, screen
from yilu.console.seen import LOOKED_AT
from yilu.items.history import History
from yilu.items.listing import MEASURES, OF_CHECKS, Place

KIND, LOOK, LIST = LOOKED_AT, "items.look", "items.list"
"""How looks stand in the audit: its kind, one item looked at, a list."""
REASON_MOST = 500
HOLDS_MINUTES = 30
"""How long a reason that was given for an item holds (A): then it is asked for again."""
_PSEUDONYM = re.compile(r"[0-9a-fA-F]{16}")
_NUMBER_MOST = 64


@screen("items.list", ITEMS, "items/list")
def listing(ask: Ask) -> Page:
    """The items behind one figure, a page at a time."""
    if not ask.filter.measure:
        raise AddressError("measure", "", "the figure whose items are meant", "要列出哪一项数字的寄件")
    asked = asked_of(ask)
    wanted = asked.wanted(ask.filter.measure)
    found = ask.seen.listed(wanted, place_of(ask.filter.after))
    rows = list_rows(ask, found.items) if found is not None else []
    with transaction.atomic():
        recorded(ask, LIST, KIND, ask.filter.query(after="")[:128], after={"rows": len(rows)})
    columns = (
        Column("item", _("寄件假名"), "text", "item_at"), Column("operator", _("企业")), Column("origin", _("寄出地")), Column("destination", _("寄达地")),
        Column("accepted", _("收寄"), "time"), Column("promise", _("承诺"), "time"), Column("last_kind", _("最近环节")), Column("last_place", _("最近地点")), Column("last_at", _("最近时间"), "time"),
        Column("outcome", _("寄件结果")),
    )  # fmt: skip
    table = Table("list", _("寄件清单"), columns, rows, _("到此没有符合的寄件;若尚未查完,请继续查找。"))
    whole = found is None or found.next is None
    more = {
        **frame_of(ask, asked, ask.filter.by), "measure": measure_name(ask.filter.measure), "chosen": chosen(ask), "figure": figure_of(ask, asked),
        "whole": whole, "first_page": not ask.filter.after, "searched": found.searched if found else 0, "buckets": found.buckets if found else 0,
        "next_at": "" if whole or found is None or found.next is None else "?" + ask.filter.query(after=f"{found.next.key:016x}.{found.next.start:016x}"),
        "minutes": HOLDS_MINUTES,
    }  # fmt: skip
    return Page("items/list", _("寄件清单"), (table,), more=more)


def chosen(ask: Ask) -> list[Pair]:
    """What a list is narrowed to, by name: area, or pair of areas, operator, service level."""
    of, names = ask.seen.network, names_of(ask.seen.network)
    tables = {"area": of.areas, "operator": of.operators, "level": of.service_levels}

    def named(table: str, code: str) -> Pair:
        return names.of(table, tables[table].index_of_code[code])

    asked = ask.filter
    ends = [named("area", code) for code in (asked.area, asked.to) if code]
    told = [(" → ".join(zh for zh, _en in ends), " → ".join(en for _zh, en in ends))] if ends else []
    return [
        *told,
        *(named(table, code) for table, code in (("operator", asked.operator), ("level", asked.level)) if code),
    ]


def place_of(text: str) -> Place | None:
    """Where a list goes on. Raises AddressError for what no list says."""
    if not text:
        return None
    parts = text.split(".")
    if len(parts) != 2 or not all(_PSEUDONYM.fullmatch(p) for p in parts):
        raise AddressError("after", text, "a place that the page before gives", "上一页给出的位置")
    return Place(int(parts[0], 16), int(parts[1], 16))


def measure_name(measure: str) -> Any:
    """A measure's name."""
    if measure in OF_CHECKS:
        check, _dot, status = measure.partition(".")
        return f"{figures.CHECK_NAMES[check]} · {figures.STATUS_NAMES[status]}"
    if measure in figures.WAY_NAMES:
        return figures.WAY_NAMES[measure]
    return _("逾期投递") if measure == "late" else figures.catalogue_name(measure)


def figure_of(ask: Ask, asked: Asked) -> int | None:
    """The figure that a list stands behind, where one of the page of items is it; None for a pair of cities."""
    measure = ask.filter.measure
    if ask.filter.to:
        rows = ask.seen.daily("origin", asked.narrow, ("destination",))
        ids = set(asked.wanted("accepted").destinations)
        return sum(r["accepted"] for r in rows.to_pylist() if r["destination"] in ids) if rows is not None else None
    if measure in OF_CHECKS:
        check, _dot, status = measure.partition(".")
        found = ask.seen.checks(asked.narrow, ())
        return next((r[status] for r in found.to_pylist() if r["check"] == check), 0) if found is not None else None
    if measure in figures.WAY_NAMES:
        found = ask.seen.ends(MEASURES[measure], asked.narrow)
        return next((r["items"] for r in found.to_pylist() if r["how"] == measure), 0) if found is not None else None
    if measure == "late":
        found = ask.seen.daily("origin", asked.narrow, ())
        return int(found.to_pylist()[0]["late"]) if found is not None and len(found) else None
    values = ask.seen.indicators([measure], asked.period, asked.cells)
    return int(values[0]["value"] or 0) if values else None


def _operator_of(ask: Ask, found: History | None) -> str:
    """The code of an item's operator, so that it can tell who looked at its data; "" where that isn't known."""
    known = found.states.column("operator").to_pylist() if found is not None else []
    return ask.seen.network.operators.code_of_id.get(known[-1], "") if known and known[-1] else ""


@deed("items.look", ITEMS, "items/look")
def look(ask: Ask) -> Done | Page:
    """Look one item up, by pseudonym, or by waybill number and operator; says why, and goes to its history."""
    form = ask.form
    reason, number = form.get("reason", "").strip()[:REASON_MOST], form.get("number", "").strip()
    operator = form.get("operator", "").strip()
    if not reason:
        return refused(ask, _("请写明查询理由。"), form)
    if not number or len(number) > _NUMBER_MOST:
        return refused(ask, _("请填写运单号,或 16 位十六进制假名。"), form)
    if operator and number.casefold() in reason.casefold():
        return refused(ask, _("理由里请不要写运单号。"), {})
    if operator:
        if operator not in ask.seen.network.operators.index_of_code:
            return refused(ask, _("没有这个企业;请从列表中选择。"), form)
        key, _second = ask.seen.key_of(number, operator)
    elif _PSEUDONYM.fullmatch(number):
        key = int(number, 16)
    else:
        return refused(ask, _("填写运单号时请选择企业;假名应为 16 位十六进制数。"), form)
    found = ask.seen.item(key)
    with transaction.atomic():
        recorded(
            ask, LOOK, KIND, f"{key:016x}", after={"operator": operator or _operator_of(ask, found)}, reason=reason
        )
    if found is None:
        return refused(ask, _("您的范围内没有这一件;请核对单号与企业,“数据”页可看数据读到何时。"), form, 404)
    return Done("items.one", {"key": f"{key:016x}"})


def refused(ask: Ask, why: Any, form: Mapping[str, str], status: int = 422) -> Page:
    """The form of looking up again, with what is wrong; the number is not shown again."""
    return Page("items/look", _("查询寄件"), more={**look_up(ask), "wrong": why, "reason": form.get("reason", "")[:REASON_MOST]}, status=status)  # fmt: skip


def look_up(ask: Ask) -> dict[str, Any]:
    """What the form of looking up shows."""
    asked = asked_of(ask)
    return {"_operators": frame_of(ask, asked, "")["_operators"], "minutes": HOLDS_MINUTES}


@screen("items.find", ITEMS, "items/find")
def find(ask: Ask) -> Page:
    """The form of looking an item up."""
    return Page("items/look", _("查询寄件"), more={**look_up(ask), "wrong": "", "reason": ""})


@screen("items.one", ITEMS, "items/one/<str:key>")
def one(ask: Ask) -> Page:
    """One item's history; its reason is asked for first, where none was given of late."""
    text = ask.given["key"]
    if not _PSEUDONYM.fullmatch(text):
        raise Http404
    if not reason_given(ask, text.lower()):
        more = {**look_up(ask), "_key": text.lower(), "wrong": "", "reason": ""}
        return Page("items/look", _("查询寄件"), more=more)
    found = ask.seen.item(int(text, 16))
    if found is None:
        raise Http404
    chart = timeline(ask, found)
    history = Table(
        "events", _("轨迹"),
        (
            Column("at", _("时间"), "second"), Column("kind", _("扫描环节")), Column("place", _("地点"), "text", "place_at"), Column("operator", _("企业")), Column("journey", _("件次"), "count"),
            Column("container", _("容器")), Column("via", _("经由容器或原单"), "text", "via_at"), Column("recorded_at", _("记录时间"), "second"), Column("told", _("说明")),
        ),
        event_rows(ask, found), _("事件日志已过保存期或未保留;状态仍在。"),
    )  # fmt: skip
    more = {"_key": text.lower(), "parts": found.parts, "journeys": len(found.states)}
    return Page("items/one", _("寄件轨迹"), (*journey_tables(ask, found), history), (chart,), more)


def reason_given(ask: Ask, key: str) -> bool:
    """Whether the user said of late why to look at this item."""
    since = datetime.now(UTC) - timedelta(minutes=HOLDS_MINUTES)
    return has_recorded(ask, LOOK, KIND, key, since)
