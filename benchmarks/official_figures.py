"""``./do bench official_figures``: the twin beside the official figures that are known, and the page that shows them.

``--write`` makes docs/explain/official-figures.md again; a test holds that it is what a fresh day gives. A figure with ``off`` must come out within so much.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import run
from yilu.cli.ingest import ingest_into
from yilu.indicators import Period, values
from yilu.network import Network
from yilu.run.facts import Facts
from yilu.settings import load
from yilu.twin.plan import FULL_DAY, DayPlan
from yilu.twin.write import write_day

DAY = date(2025, 6, 3)
ITEMS = 40_000
PAGE = Path(__file__).parents[1] / "docs" / "explain" / "official-figures.md"

NOTICE_2021 = "广东省邮政管理局2021年全年运行通报(转载)"
CONFERENCE_2025 = "全省工作会议数字(转载),2025年"
PLAN = '广东省邮政业发展"十四五"规划'
TEST_2023 = "国家邮政局2023年三季度时限测试通告(转载),全国50城"


@dataclass(frozen=True)
class Figure:
    """An official figure: value (None: only direction or none published), what it is of, grade, source; ``off``: the stated error, None where it is not held; what the twin assumes."""

    id: str
    zh: str
    en: str
    official: float | None
    unit: str
    of: str
    grade: str
    source: str
    off: float | None
    assumed: str


FIGURES: tuple[Figure, ...] = (
    Figure("a_day", "日均业务量(比例1)", "items a day at scale 1", 468 / 3.65, "million", "Guangdong, 2025, mail and express", "C", CONFERENCE_2025, 15.0, "the plan's target of 50 billion, over 365 days; inbound items are among the twin's"),
    Figure("same_city", "同城占比", "same city, of accepted", 100 * 38.9 / 294.5, "%", "Guangdong, 2021, express", "C", NOTICE_2021, 1.0, "mail is as express"),
    Figure("intercity", "异地占比", "intercity, of accepted", 100 * 244.0 / 294.5, "%", "Guangdong, 2021, express", "C", NOTICE_2021, 1.0, "the same"),
    Figure("beyond", "国际及港澳台占比", "across customs, of accepted", 100 * 11.6 / 294.5, "%", "Guangdong, 2021, express", "C", NOTICE_2021, 0.6, "the same; the plan's 5.3 % of 2020 has mail above and express below the line"),
    Figure("region_44-PRD", "珠三角占比", "Pearl River Delta, of accepted", 76.4, "%", "Guangdong, 2021, express", "C", NOTICE_2021, 1.0, "–"),
    Figure("region_44-E", "粤东占比", "east, of accepted", 21.8, "%", "Guangdong, 2021, express", "C", NOTICE_2021, 1.0, "–"),
    Figure("region_44-W", "粤西占比", "west, of accepted", 1.2, "%", "Guangdong, 2021, express", "C", NOTICE_2021, 0.4, "–"),
    Figure("region_44-N", "粤北占比", "north, of accepted", 0.6, "%", "Guangdong, 2021, express", "C", NOTICE_2021, 0.3, "–"),
    Figure("mail", "邮件占比", "mail, of all items", 100 * 8 / 468, "%", "Guangdong, 2025: 468 all, 460 express", "C", CONFERENCE_2025, 0.4, "1.0 % letters, 0.7 % parcels (A)"),
    Figure("balance", "收投比", "accepted per delivered", 1.75, "items", "Guangdong, 29 April to 3 May 2023", "B", "2023年劳动节假期揽收3.87亿件、投递2.21亿件(报道)", 0.12, "a holiday week stands for the year (S)"),
    Figure("mean_hours", "全程时限(异地)", "whole transit, intercity, mean", 54.24, "h", "nation, 2023 third quarter, sample of 50 cities", "C", TEST_2023, None, "all waiting times and speeds (A)"),
    Figure("rate_72h", "72小时准时率", "within 72 h, intercity", 83.75, "%", "nation, 2023 third quarter, sample of 50 cities", "C", TEST_2023, None, "the same; the official clock's start and stop stand in no text"),
    Figure("origin_hours", "寄出地处理时限", "stage: origin", None, "h", "no figure found", "–", "–", None, "waiting times (A)"),
    Figure("transport_hours", "运输时限", "stage: transport", None, "h", "no figure found", "–", "–", None, "speeds, gateways (A)"),
    Figure("destination_hours", "寄达地处理时限", "stage: destination", None, "h", "no figure found", "–", "–", None, "waiting times, tours (A)"),
    Figure("delivery_hours", "投递时限", "stage: delivery", None, "h", "no figure found", "–", "–", None, "tours (A)"),
    Figure("locker", "箱递率", "through lockers, of delivered", 10.0, "%", "Guangdong, 2020", "A", PLAN, None, "20 % (A), since cells were to triple by 2025"),
    Figure("identified", "综合实名收寄率", "identification, combined", 99.66, "%", "Guangdong, 2020", "A", PLAN, None, "nothing is left out unless `--missing-checks` or a fault says so"),
    Figure("on_time", "承诺时限达标率", "on time by promise", None, "%", "none published for a province", "–", "–", None, "promise rules of the province (A)"),
)  # fmt: skip
"""Grades: A primary text, B press or report with its source named, C copy of a notice, X worked out, S assumption."""


@dataclass(frozen=True)
class Found:
    """What a day of the twin gives: figures by id; share of the items accepted by city, as it came out and as demand has it, in per cent."""

    figures: dict[str, float]
    cities: dict[str, tuple[float, float]]


def found(items: int = ITEMS, seed: int = 1) -> Found:
    """One day of the twin, through files and facts, as indicators see it."""
    with tempfile.TemporaryDirectory(prefix="yilu-official-") as folder:
        root = Path(folder)
        facts = Facts(load(store=root / "store", key_file=root / "key", buckets=8))
        write_day(DayPlan(facts.network, DAY, items, seed=seed), root / "events")
        ingest_into(facts, str(root / "events"), "yilu", "", shown=False)
        return _measured(facts)


_IDS = ("accepted", "accepted_same_city", "accepted_intercity", "accepted_beyond", "letters_accepted", "parcels_accepted", "delivered", "transit_mean_intercity",
        "rate_72h", "stage_origin_mean", "stage_transport_mean", "stage_destination_mean", "stage_delivery_mean", "locker_share", "combined_identification_rate", "on_time_rate")  # fmt: skip


def _measured(facts: Facts) -> Found:
    snapshot, network = facts.read(), facts.network
    period = Period(DAY - timedelta(days=1), DAY + timedelta(days=40))
    v = {r["indicator"]: r["value"] for r in values(snapshot, network, _IDS, period)}
    whole = v["accepted"]
    by = {g: values(snapshot, network, ["accepted"], period, by=(g,)) for g in ("area", "region")}
    code = network.areas.code_of_id
    regions = {f"region_{code[r['region']]}": 100 * r["value"] / whole for r in by["region"]}
    meant = demand_of(network)
    cities = dict.fromkeys(meant, 0.0) | {code[r["area"]]: 100 * r["value"] / whole for r in by["area"]}
    figures = {
        "a_day": FULL_DAY / 1e6,
        **{m: 100 * v[f"accepted_{m}"] / whole for m in ("same_city", "intercity", "beyond")},
        **regions,
        "mail": 100 * (v["letters_accepted"] + v["parcels_accepted"]) / whole,
        "balance": whole / v["delivered"],
        "mean_hours": v["transit_mean_intercity"],
        **{f"{s}_hours": v[f"stage_{s}_mean"] for s in ("origin", "transport", "destination", "delivery")},
        "rate_72h": 100 * v["rate_72h"],
        "locker": 100 * v["locker_share"],
        "identified": 100 * v["combined_identification_rate"],
        "on_time": 100 * v["on_time_rate"],
    }
    return Found(figures, {c: (cities[c], meant[c]) for c in meant})


def demand_of(network: Network) -> dict[str, float]:
    """Share of each city in the items accepted in the province, in per cent, as demand has it."""
    inside = network.area_inside[network.demand.origin]
    share = np.bincount(network.demand.origin[inside], network.demand.share[inside])
    code = network.areas.code_of_id
    cities = np.flatnonzero((network.areas.level == "city") & network.areas.inside)
    ids = [int(network.areas.id[i]) for i in cities]
    return {code[i]: 100 * float(share[i]) / float(share.sum()) for i in ids if i < len(share)}


def page(found: Found, network: Network) -> str:
    """The page docs/explain/official-figures.md."""
    rows = [
        f"| {f.zh} · {f.en} | {_n(f.official)} {f.unit if f.official is not None else ''} | {f.of} | {f.grade} | {f.source} | {_n(found.figures[f.id])} {f.unit} | "
        f"{'± ' + f'{f.off:g} {f.unit}, held' if f.off is not None else 'not held'} | {f.assumed} |"
        for f in FIGURES
    ]  # fmt: skip
    names = {str(c): f"{zh} · {en}" for c, zh, en in zip(network.areas.code, network.areas.name_zh, network.areas.name_en, strict=True)}  # fmt: skip
    stated = {str(s): float(v) for m, s, v in zip(network.figures.measure, network.figures.subject, network.figures.value, strict=True) if m == "city_share"}  # fmt: skip
    cities = [f"| {names[c]} | {_n(stated[c]) + ' (X)' if c in stated else '–'} | {meant:.2f} | {got:.2f} |" for c, (got, meant) in found.cities.items()]  # fmt: skip
    return f"""# The twin beside the official figures 合成日与官方数字

What [synthetic days](twin.md) come to, beside every official figure that they can be held against. Made by `./do bench official_figures --write`; a test makes the day again and
holds that this page is what it gives, and that what is *held* lies within the stated error. Day of {DAY.day} June {DAY.year}, {ITEMS:,} items, seed 1, through files, facts and [indicators](../reference/indicators.md).

Grades: A primary text, B press or report that names its source, C copy of a notice, X worked out from others, S and (A) assumption. The addresses stand in `figures.csv` of the province. The stated error has sampling ({ITEMS:,} items) and
what the method of [demand](demand.md) loses in it.

| figure | official | of | grade | source | twin | stated error | what the twin assumes |
|---|---|---|---|---|---|---|---|
{chr(10).join(rows)}

The official 72-hour rate and transit time are a national sample of intercity items between 50 cities; where its clock starts and stops stands in no text. The twin's are of the province's accepted items from acceptance to signature. They can only be near each other, so
they are shown and not held. Stages ([exact meaning](facts.md#stages-of-transit-全程时限分环节)) are means of the items of which scans tell the stage: beyond the province a gateway stands for all, and its destination and delivery are not
told apart, so the four are of different items and don't add up to the whole here.

## Cities 地市

Share of the items accepted in the province, in per cent. Only Jieyang's is published (for 2020); the others share the rest of their region by inhabitants (S). The test holds each city within 0.8 of what demand has for it.

| city | published | demand | twin |
|---|---|---|---|
{chr(10).join(cities)}
"""


def _n(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def measure(quick: bool) -> dict[str, Any]:
    """The twin's figures."""
    return dict(found(ITEMS // 4 if quick else ITEMS).figures)


if __name__ == "__main__":
    if "--write" in sys.argv:
        from yilu.network import load as load_network

        PAGE.write_text(page(found(), load_network("guangdong")), encoding="utf-8")
    else:
        run(measure, "The twin beside official figures.")
