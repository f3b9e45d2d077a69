"""``yilu resilience``: what a network can't lose: facilities, lanes and crossings ranked by what their loss costs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import numpy as np
import typer

from yilu.cli.facts import facts, progress_bar
from yilu.cli.output import Json, print_json, print_line, print_table, say
from yilu.cli.status import ProvinceOption, StoreOption
from yilu.cli.titles import title
from yilu.cli.underway import generated, laid_out_around, moment_of, on_their_way, refuse_unknown
from yilu.dispatch.closures import Closure
from yilu.documents.saving import save
from yilu.errors import InputError
from yilu.network import FACILITY_KINDS
from yilu.studies.advice import Said
from yilu.studies.around import MOST_HOURS
from yilu.studies.disruption import Undisturbed, undisturbed
from yilu.studies.resilience import (
    LEAST_LOAD,
    MOST_LOAD,
    Cost,
    Loss,
    costs,
    crossings_of,
    facilities_of,
    lanes_of,
    loaded,
    pairs,
)

_MOST_DURATIONS = 4
_FIGURES = tuple(f.name for f in fields(Cost) if f.name not in ("losses", "hours"))
_COLUMNS = ("rank", "kind", "code", "zh", "en", "hours", *_FIGURES)
_OF_PAIRS = (
    "rank",
    "kind",
    "code",
    "zh",
    "en",
    "other_kind",
    "other_code",
    "other_zh",
    "other_en",
    "hours",
    *_FIGURES,
    "beyond_single",
)


def resilience(
    begins: Annotated[str, typer.Option("--from", help="开始时刻(当地),如 2025-11-11T20:00;空为事实截至时刻或此刻 · Local time at which losses begin; empty: as of the facts, or now.")] = "",
    hours: Annotated[list[float] | None, typer.Option("--hours", min=0.25, max=MOST_HOURS, help="持续小时数,可重复;缺省 1 与 24 · For how many hours; may be given several times; 1 and 24 by default.")] = None,
    kind: Annotated[list[str] | None, typer.Option("--kind", help="只看这些种类的设施,可重复,缺省全部 · Only facilities of this kind; may be given several times; all by default.")] = None,
    lanes: Annotated[int, typer.Option("--lanes", min=0, max=1000, help="最繁忙的若干条线路 · How many of the busiest lanes.")] = 100,
    pair: Annotated[int, typer.Option("--pairs", min=0, max=400, help="抽样的两处同时失效的对数 · How many pairs of losses are sampled.")] = 0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="抽样种子 · Seed of the sample.")] = 1,
    load: Annotated[float, typer.Option("--load", min=LEAST_LOAD, max=MOST_LOAD, help="件量为平日的倍数;旺季峰值日 1.5 至 1.9 · Items as a multiple of the mean day's; peak days: 1.5 to 1.9.")] = 1.0,
    expected: Annotated[bool, typer.Option("--expected", help="不读事实,按需求推算在途件 · Items expected from demand, instead of facts.")] = False,
    operator: Annotated[str | None, typer.Option("--operator", help="企业代码:只看其件 · Code of an operator: its items alone.")] = None,
    top: Annotated[int, typer.Option("--top", min=1, max=1000, help="列出前若干名 · How many of the worst are listed.")] = 20,
    out: Annotated[Path | None, typer.Option("--out", help="写入 resilience.csv 与 pairs.csv 的文件夹 · Folder for resilience.csv and pairs.csv.")] = None,
    store: StoreOption = None,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """韧性排序:各设施、线路、通道失效一小时与一日的代价,可抽样两处同时失效 · Facilities, lanes and crossings ranked by what their loss costs for an hour and a day, with and without new ways; pairs by sampling."""
    opened = facts(store, province)
    zh, lasting = opened.settings.language == "zh", sorted(set(hours or (1.0, 24.0)))
    if len(lasting) > _MOST_DURATIONS:
        raise InputError(
            "--hours", f"{_MOST_DURATIONS} durations at most", value=str(len(lasting)), next_step="give fewer"
        )
    kinds = _kinds(kind or [])
    refuse_unknown(opened, expected, operator)
    start = moment_of(opened, begins, expected)
    start = start if expected else max(start, opened.read().as_of)
    end = start + round(3600 * max(lasting))
    with progress_bar(not as_json) as bar:
        names = ("读在途件", "单处失效", "两处失效") if zh else ("items in flight", "single losses", "pairs of losses")
        tasks = [bar.add_task(name, total=1) for name in names]

        def step(task: int) -> Callable[[int, int], None]:
            return lambda done, of: bar.update(tasks[task], completed=done, total=of)

        of = laid_out_around(opened, start, end, expected)
        underway = loaded(on_their_way(opened, of, end, expected, operator, step(0)), load)
        usual = undisturbed(of, underway, int(of.minute(start)))
        singles = [*_facilities(usual, kinds), *crossings_of(usual), *lanes_of(usual, lanes, int(of.minute(end)))]
        found = costs(usual, [(one,) for one in singles], lasting, step(1))
        drawn = costs(usual, pairs(found, pair, seed), lasting[-1:], step(2))
    said = Said(of.network, order=False)
    rows = [_row(n // len(lasting) + 1, c, said) for n, c in enumerate(found)]
    alone = {(c.losses[0], c.hours): c.broken_new_ways for c in found}
    beyond = [c.broken_new_ways - sum(alone[loss, c.hours] for loss in c.losses) for c in drawn]
    both = [
        _row(n + 1, c, said) | {"beyond_single": more} for n, (c, more) in enumerate(zip(drawn, beyond, strict=True))
    ]
    files = [_saved(out, "resilience.csv", _COLUMNS, rows)] if out else []
    files += [_saved(out, "pairs.csv", _OF_PAIRS, both)] if out and both else []
    if as_json:
        at = datetime.fromtimestamp(int(of.at(usual.moment)), ZoneInfo(of.network.time_zone)).isoformat()
        print_json({
            "begins": at, "hours": lasting, "load": load, "seed": seed, "expected": underway.expected, "generated": generated(of.network), "unplaced": underway.unplaced,
            "losses": rows, "pairs": both, "files": files,
        })  # fmt: skip
        return
    _show(rows, both, lasting, top, zh)
    for path in files:
        print_line(str(path))
    if underway.expected:
        say("在途件按需求推算(假设),并非实际件" if zh else "Items are expected from demand (assumed), no real ones")
    if generated(of.network):
        say(
            "时刻表由规则生成(假设),并非企业实际班次"
            if zh
            else "The timetable is generated by rules (assumed), no carrier's own"
        )


def _kinds(given: list[str]) -> list[int]:
    """Ids of kinds of facilities; all where none is given."""
    for code in given:
        if code not in FACILITY_KINDS:
            raise InputError(
                "--kind", "one of " + ", ".join(FACILITY_KINDS), value=code, next_step="name a kind of facility"
            )
    return [FACILITY_KINDS[code].id for code in given or FACILITY_KINDS]


def _facilities(usual: Undisturbed, kinds: list[int]) -> list[Loss]:
    network = usual.timetable.network
    wanted = np.isin(network.facility_kind, kinds)
    return [loss for loss in facilities_of(usual) if wanted[network.facilities.index_of_code[loss.code]]]


def _named(loss: Loss, said: Said) -> tuple[str, str]:
    """A loss's names in Chinese and in English."""
    if loss.kind == "crossing":
        crossings = said.network.crossings
        row = int(np.argmax(crossings.code == loss.code))
        return str(crossings.name_zh[row]), str(crossings.name_en[row]) or loss.code
    found = said.scope(Closure(loss.kind, loss.code, 0, 1))
    return found.zh, found.en


def _row(rank: int, of: Cost, said: Said) -> dict[str, Any]:
    """A cost as a record with codes and names."""
    row: dict[str, Any] = {"rank": rank}
    for prefix, loss in zip(("", "other_"), of.losses, strict=False):
        zh, en = _named(loss, said)
        row |= {f"{prefix}kind": loss.kind, f"{prefix}code": loss.code, f"{prefix}zh": zh, f"{prefix}en": en}
    figures = {name: value for name, value in asdict(of).items() if name in _FIGURES}
    return row | {"hours": of.hours} | {k: round(v, 1) if isinstance(v, float) else v for k, v in figures.items()}


def _saved(out: Path | None, name: str, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> Path:
    """Write a table; its path. UTF-8 with a mark, so that spreadsheets show Chinese."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return save(out or Path(), name, text.getvalue().encode("utf-8-sig"))


def _show(rows: list[dict[str, Any]], both: list[dict[str, Any]], lasting: list[float], top: int, zh: bool) -> None:
    shown = ("affected", "broken_waiting", "broken_new_ways", "stuck_new_ways", "item_hours_new_ways", "yuan_new_ways")
    heads = [title("resilience", name, zh) for name in ("rank", "kind", "loss", "hours", *shown)]
    name = "zh" if zh else "en"

    def cells(row: dict[str, Any], what: str) -> list[object]:
        return [row["rank"], title("resilience", row["kind"], zh), what, f"{row['hours']:g}", row["affected"], *(round(row[n]) for n in shown[1:])]  # fmt: skip

    listed = rows[: top * len(lasting)]
    print_table(
        _headed("失效代价" if zh else "What losses cost", len(listed), len(rows), zh),
        heads,
        [cells(r, r[name]) for r in listed],
    )
    if both:
        print_table(
            _headed("两处同时失效" if zh else "Pairs of losses", min(top, len(both)), len(both), zh), [*heads, title("resilience", "beyond_single", zh)],
            [[*cells(r, f"{r[name]} + {r['other_' + name]}"), r["beyond_single"]] for r in both[:top]],
        )  # fmt: skip


def _headed(heading: str, shown: int, of: int, zh: bool) -> str:
    if shown == of:
        return heading
    return f"{heading}({of} 行中的前 {shown} 行)" if zh else f"{heading} (the first {shown} of {of})"


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(resilience)
