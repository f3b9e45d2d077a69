"""The printed part of ``yilu demo``: a Guangdong day at 1:1,000, taken in, and what is true of it."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from yilu.cli import alerts, feed, indicators, ingest, item, plan_evaluate, report, simulate, status, verify
from yilu.cli.facts import progress_bar
from yilu.cli.output import print_json, say
from yilu.indicators import Period, catalogue, values
from yilu.items.clock import OPEN
from yilu.plan.evaluation.recording import record
from yilu.run.facts import Facts
from yilu.run.found import find
from yilu.run.found import record as recorded
from yilu.settings import load
from yilu.twin.plan import FULL_DAY, DayPlan
from yilu.twin.scenario import read
from yilu.twin.truth_file import FOLDER, REGISTERS, witness_of
from yilu.twin.write import write_day

_DAY = date(2025, 11, 11)
FAULTS = "faults.toml"
"""Scenario in the province's folder: what a demonstration's days do wrong, so that there is something to look at."""
_ALERTS = 10
_REPORT = 1
"""The daily report is made of the morning so many days after the demonstration's day: its shift holds what was planted in that day."""


def walk(folder: Path, scale: float, as_json: bool) -> None:
    """Make a day in ``folder``, take it in, and print what is true of it."""
    begun = time.monotonic()
    opened = Facts(load(store=folder / "store", key_file=folder / "key"))
    zh = opened.settings.language == "zh"
    scenario = read(Path(str(opened.network.folder)) / FAULTS, opened.network)
    plan = DayPlan(opened.network, _DAY, max(1, round(scale * FULL_DAY)), scenario=scenario)
    say(f"① 合成 {_DAY} 全省 {plan.items:,} 件的一天" if zh else f"① A synthetic day of {plan.items:,} items, {_DAY}")
    witness = witness_of(plan, simulate.standard_of(plan, opened.settings))
    written = write_day(plan, folder / "events", witness=witness)
    simulate.witnessed(plan, folder / "events", opened.settings, witness)
    truth = folder / "events" / FOLDER
    say(
        f"   {written.events:,} 条扫描事件 → {folder}/events"
        if zh
        else f"   {written.events:,} scan events → {folder}/events"
    )
    say(
        "② 读入并形成事实(首次运行需编译计算核,约一分钟)"
        if zh
        else "② Taking them in (the first run compiles its kernels, about a minute)"
    )
    with progress_bar(not as_json):
        taken = ingest.ingest_into(opened, str(folder / "events"), "yilu", "", shown=False)
    for register_ in REGISTERS:
        if (truth / f"{register_}.csv").exists():
            feed.take(opened, register_, truth / f"{register_}.csv")
    found = status.summary(opened)
    watched = find(opened)
    agreed = verify.compared(opened, watched, truth / "truth.parquet")
    measured = values(opened.read(), opened.network, list(catalogue()), Period(_DAY, _DAY + timedelta(days=6)))
    key = _example(opened)
    history = item.history(opened, key)
    daily = report.figures(opened, _DAY + timedelta(days=_REPORT))
    judged, _ = plan_evaluate.evaluated(opened.network, None, "final", None, "", "", opened, twin=True)
    papers = report.written(opened, daily, folder / "reports")
    if as_json:
        print_json(
            {
                "items": plan.items,
                "events": written.events,
                "taken": vars(taken.counts),
                "status": found,
                "item": history,
                "indicators": measured,
                "alerts": [recorded(opened, watched, i) for i in range(len(watched.alerts))],
                "truth": [asdict(r) for r in agreed],
                "plan": record(judged),
                "reports": papers,
            }
        )
        return
    say("③ 所知事实" if zh else "③ What is true of it")
    status.show(opened, found)
    say("④ 其中一件的轨迹" if zh else "④ The history of one item")
    item.show(opened, history)
    say("⑤ 这一周的指标" if zh else "⑤ Indicators of its week")
    indicators.show(opened, Period(_DAY, _DAY + timedelta(days=6)), measured, (), compare=False)
    say(
        "⑥ 规划目标完成情况(官方统计;孪生当日测得的只列出,不据以评价)"
        if zh
        else "⑥ The plan's targets (official statistics; what the twin's day measures is shown, not judged)"
    )
    plan_evaluate.show(judged, zh)
    say(
        "⑦ 需要处置的预警(合成时植入了各类故障)"
        if zh
        else "⑦ Alerts that need a person (faults of every kind were planted in the day)"
    )
    alerts.show(opened, watched, [i for i, a in enumerate(watched.alerts) if a.told], _ALERTS)
    say("⑧ 逐件核对:预警与植入的故障" if zh else "⑧ Item by item: alerts against what was planted")
    verify.show(opened, agreed)
    say("⑨ 值班日报(Word 与 HTML)" if zh else "⑨ The duty officer's daily report, in Word and HTML")
    for path in papers:
        say(f"   {path}")
    seconds = time.monotonic() - begun
    say(f"用时 {seconds:.0f} 秒。接着可试:" if zh else f"{seconds:.0f} s. Try next:")
    where = f"YILU_STORE={folder}/store YILU_KEY_FILE={folder}/key"
    for line in (
        f"{where} ./do ask on-time --by operator",
        f"{where} ./do ask checks --by operator",
        f"{where} ./do alerts",
        f"{where} ./do indicators on_time_rate --by operator",
        f"{where} ./do report daily",
        "./do plan evaluate",
        f"{where} ./do item {key:016x}",
        "./do network show areas",
        f"./do simulate {folder}/more --scale 0.01",
    ):
        say(f"   {line}")


def _example(opened: Facts) -> int:
    """The key of an item with an eventful life: delivered after a failed attempt, if there is one."""
    snapshot = opened.read()
    best: tuple[Any, int] = ((-1,), 0)
    for b in range(min(4, snapshot.at.buckets)):
        rows = snapshot.rows(b)
        rows = rows[(rows["delivered_last"] > 0) & ((rows["start"] >> np.uint64(63)) == OPEN)]
        if len(rows):
            order = np.lexsort((rows["key"], rows["hops"], rows["attempts"]))
            row = rows[order[-1]]
            best = max(best, ((int(row["attempts"]), int(row["hops"])), int(row["key"])))
    return best[1]
