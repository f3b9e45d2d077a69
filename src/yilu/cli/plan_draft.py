"""``yilu plan draft``: the next plan as a folder, with baselines, forecast bands and three proposals for each indicator."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from yilu.cli.facts import facts
from yilu.cli.output import Json, print_json, print_line, print_table, say
from yilu.cli.plan_forecast import PlanFolder
from yilu.cli.status import ProvinceOption
from yilu.cli.titles import title
from yilu.plan import folder_of, load
from yilu.plan import statistics as official
from yilu.plan.draft import AMBITIONS, Draft, Drafted, Written, ambitions_of, draft, write
from yilu.plan.figures import unit_name
from yilu.plan.forecast import NAMES
from yilu.plan.prospects import areas_of
from yilu.settings import load as settings

_CHANCES = ",".join(f"{100 * a.chance:g}" for a in AMBITIONS)


class Choose(StrEnum):
    """Which proposal becomes the target."""

    cautious = "cautious"
    even = "even"
    ambitious = "ambitious"


def command(
    since: Annotated[int, typer.Option("--from", min=1949, max=2100, help="基期年份 · Year of the baseline.")],
    to: Annotated[int, typer.Option(min=1949, max=2100, help="新规划末年 · Last year of the next plan.")],
    out: Annotated[Path, typer.Option(help="写入的规划文件夹 · Plan folder to write.")],
    choose: Annotated[Choose, typer.Option(help="写入目标的一档 · Which proposal becomes the target.")] = Choose.even,
    chances: Annotated[
        str,
        typer.Option(help="三档的实现概率(%),稳妥、均衡、积极 · Chances of cautious, even and ambitious, in per cent."),
    ] = _CHANCES,
    replace: Annotated[
        bool, typer.Option("--replace", help="替换被人改过的草案 · Replace a draft that was edited.")
    ] = False,
    province: ProvinceOption = None,
    plan: PlanFolder = None,
    as_json: Json = False,
) -> None:
    """起草下一期规划:基期、预测区间、三档提案及概率,写成规划文件夹 · Draft the next plan: baselines, bands, proposals with their chances, as a plan folder."""
    ambitions = ambitions_of(chances)
    network = facts(province=province).network
    before = load(folder_of(plan if plan is not None else network.folder))
    area, nation = areas_of(network)
    made = draft(before, official.load(str(network.folder)), area, nation, since, to, ambitions, choose.value)
    written = write(made, network, out, replace)
    if as_json:
        print_json(_record(made, written))
        return
    _print(made, settings().language == "zh")
    print_line(str(out))
    if settings().language == "zh":
        say(f"`yilu plan check {out}` 检查,`yilu plan forecast --plan {out}` 看改动后的概率")
    else:
        say(f"`yilu plan check {out}` checks it, `yilu plan forecast --plan {out}` tells the chances after an edit")


def _record(made: Draft, written: Written) -> dict[str, Any]:
    """The draft as a machine reads it; decimals as text, as they are written."""
    return {
        "folder": written.folder, "files": list(written.files), "replaced": written.replaced, "from": made.since, "to": made.to, "area": made.area,
        "choose": made.choose, "chances": {a.code: a.chance for a in made.ambitions},
        "indicators": [
            {"code": d.prospect.target.code, "comparator": d.comparator, "basis": asdict(d.basis), "proposals": [asdict(p) for p in d.proposals]}
            for d in made.drafted
        ],
        "gaps": [asdict(g) for g in made.gaps],
    }  # fmt: skip


def _print(made: Draft, zh: bool) -> None:
    columns = ["name", "unit", "baseline", "band80", *(a.code for a in made.ambitions), "method"]
    heading = f"{made.since + 1}–{made.to}: {title('draft', 'proposals', zh)}"
    print_table(heading, [title("draft", c, zh) for c in columns], [_cells(d, zh) for d in made.drafted])
    notes: dict[tuple[str, str], list[str]] = {}
    for d in made.drafted:
        for p in d.proposals:
            if note := p.note_zh if zh else p.note_en:
                name = d.prospect.target.zh if zh else d.prospect.target.en
                notes.setdefault((name, note), []).append(title("draft", p.ambition, zh))
    if notes:
        rows = [(name, ("、" if zh else ", ").join(ambitions), note) for (name, note), ambitions in notes.items()]
        print_table(title("draft", "notes", zh), [title("draft", c, zh) for c in ("name", "ambition", "note")], rows)
    gaps = [(g.zh, g.why_zh, g.needed_zh) if zh else (g.en, g.why_en, g.needed_en) for g in made.gaps]
    if gaps:
        heading = f"{title('draft', 'gaps', zh)}: {len(gaps)}"
        print_table(heading, [title("draft", c, zh) for c in ("name", "why", "needed")], gaps)


def _cells(d: Drafted, zh: bool) -> tuple[object, ...]:
    """One indicator: each proposal with its growth a year and its chance."""
    t, b = d.prospect.target, d.basis
    return (
        t.zh if zh else t.en, unit_name(t.unit, zh), f"{b.value} ({b.year}, {b.grade})", f"{b.low80} – {b.high80}",
        *(f"{p.value}, {p.growth:+}{' %' if p.growth_as == 'per_year' else ''}, {p.chance} %{' *' if p.chosen else ''}" for p in d.proposals),
        NAMES[b.method][0 if zh else 1],
    )  # fmt: skip
