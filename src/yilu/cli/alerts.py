"""``yilu alerts``: what needs a person now, and the evidence for it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from yilu.cli.facts import facts, progress_bar
from yilu.cli.output import Json, print_json, print_line, print_table, say
from yilu.cli.status import ProvinceOption, StoreOption
from yilu.errors import YiluError
from yilu.items.names import Names
from yilu.run.facts import Facts
from yilu.run.found import Found, find, record
from yilu.supervision.alerts import LIVES, Alert
from yilu.supervision.rules.declared import SEVERITIES

_SHOWN = 40


def alerts(
    alert: Annotated[str, typer.Argument(help="预警编号;给出时列其证据 · Id of an alert, to see its evidence.")] = "",
    rule: Annotated[str, typer.Option(help="规则 · Only of this rule.")] = "",
    operator: Annotated[str, typer.Option(help="企业代码 · Only of this operator.")] = "",
    whole: Annotated[
        bool, typer.Option("--all", help="含已解除、被抑制与静默的 · Also resolved, inhibited and silenced ones.")
    ] = False,
    store: StoreOption = None,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:
    """需要处置的预警及其证据 · Alerts that need a person, and their evidence."""
    opened = facts(store, province)
    found = watched(opened, shown=not as_json)
    chosen = _chosen(opened, found, alert, rule, operator, whole)
    if as_json:
        document: dict[str, Any] = {
            "commit": found.commit,
            "complete_to": found.complete_to,
            "silent_feeds": [{"feed": name, "latest": latest} for name, latest in found.silent.items()],
            "alerts": [record(opened, found, i, evidence=bool(alert)) for i in chosen],
        }
        print_json(document)
    elif alert:
        _show_one(opened, found, chosen[0])
    else:
        show(opened, found, chosen)


def watched(opened: Facts, shown: bool) -> Found:
    """The alerts of a store; a progress bar tells of the judging."""
    with progress_bar(shown) as bar:
        task = bar.add_task("判定" if opened.settings.language == "zh" else "judging")
        return find(opened, lambda done, of: bar.update(task, completed=done, total=of))


def _chosen(opened: Facts, found: Found, alert: str, rule: str, operator: str, whole: bool) -> list[int]:
    """Indices of the alerts asked for. Raises YiluError where what is named is unknown."""
    zh_step, step = "yilu alerts --all 列出全部", "yilu alerts --all lists all"
    if alert:
        chosen = [i for i, a in enumerate(found.alerts) if a.id == alert]
        if not chosen:
            raise YiluError(
                f"no alert {alert}", zh=f"没有预警 {alert}", next_step=step, next_step_zh=zh_step, exit_code=3
            )
        return chosen
    if rule and rule not in found.catalogue.rules:
        raise YiluError(
            f"no rule {rule}", zh=f"没有规则 {rule}", next_step=f"one of {', '.join(found.catalogue.rules)}"
        )
    number = opened.network.operators.index_of_code.get(operator, 0) if operator else 0
    if operator and not number:
        raise YiluError(f"no operator {operator}", zh=f"没有企业 {operator}", next_step="yilu network show operators")
    return [
        i
        for i, a in enumerate(found.alerts)
        if rule in ("", a.rule) and number in (0, a.operator) and (whole or (a.told and a.life != "resolved"))
    ]


def _row(found: Found, names: Names, a: Alert) -> tuple[object, ...]:
    zh, rule = names.zh, found.catalogue.rules[a.rule]
    quiet = [found.catalogue.rules[r].zh if zh else r for r in a.inhibited_by] + ([a.silenced] if a.silenced else [])
    quiet += [f"{name} {'已中断' if zh else 'is silent'}" for name in a.silent_feeds]
    life = LIVES[a.life][0] if zh else a.life
    tighter = [p.zh if zh else p.en for p in found.catalogue.protected if p.id in a.protected]
    called = rule.zh if zh else rule.en
    return (
        SEVERITIES[a.severity][0 if zh else 1], f"{called} ({', '.join(tighter)})" if tighter else called, names.operator.get(a.operator, "?") if a.operator else "–", names.facility.get(a.place, "–"),
        a.items or "–", names.time(a.last), f"{life} ({', '.join(quiet)})" if quiet else life, a.id,
    )  # fmt: skip


def show(opened: Facts, found: Found, chosen: list[int], most: int = _SHOWN) -> None:
    """Print the chosen alerts as a table, the first ``most`` of them."""
    zh = opened.settings.language == "zh"
    names = Names(opened.network, zh)
    quiet = sum(not a.told for a in found.alerts)
    over = sum(a.told and a.life == "resolved" for a in found.alerts)
    odd = sum(found.alerts[i].unusual for i in chosen)
    many = len(chosen) - odd
    counted = (f"预警 {many:,}" if zh else f"Alerts {many:,}") + (
        (f",另关注 {odd:,}" if zh else f", unusual {odd:,}") if odd else ""
    )
    print_table(
        f"{counted} · 完整至 {names.time(found.complete_to)}" if zh else f"{counted} · complete up to {names.time(found.complete_to)}",
        ("级别", "规则", "企业", "场所", "件数", "最近", "状态", "编号") if zh else ("severity", "rule", "operator", "facility", "items", "latest", "life", "id"),
        [_row(found, names, found.alerts[i]) for i in chosen[:most]],
    )  # fmt: skip
    if found.silent:
        each = ("、" if zh else ", ").join(f"{name} ({names.time(latest)})" for name, latest in found.silent.items())
        say(f"已中断的数据源(最近事件),不计入完整时点:{each}" if zh else f"feeds that have fallen silent (latest event), not waited for: {each}")  # fmt: skip
    if len(chosen) > most:
        say(f"另有 {len(chosen) - most:,} 条:yilu alerts --json" if zh else f"{len(chosen) - most:,} more: yilu alerts --json")  # fmt: skip
    if quiet or over:
        say(f"未列:被抑制或静默 {quiet:,},已解除 {over:,}(yilu alerts --all)" if zh else f"not listed: {quiet:,} inhibited or silenced, {over:,} resolved (yilu alerts --all)")  # fmt: skip
    if chosen:
        say(f"证据:yilu alerts {found.alerts[chosen[0]].id}" if zh else f"evidence: yilu alerts {found.alerts[chosen[0]].id}")  # fmt: skip


def _show_one(opened: Facts, found: Found, i: int) -> None:
    zh = opened.settings.language == "zh"
    names = Names(opened.network, zh)
    a = found.alerts[i]
    rule = found.catalogue.rules[a.rule]
    show(opened, found, [i])
    print_line(f"{rule.means_zh if zh else rule.means_en}")
    print_line(f"{'依据' if zh else 'stands on'}: {rule.stands_on[0 if zh else 1]}")
    rows = found.evidence[found.of == i]
    print_table(
        "证据" if zh else "Evidence",
        ("寄件假名", "起", "止") if zh else ("item", "from", "until"),
        [
            (f"{int(r['key']):016x}" if r["key"] else "–", names.time(int(r["at"])), names.time(int(r["until"])))
            for r in rows[:_SHOWN]
        ],
    )
    say("轨迹:yilu item 假名" if zh else "history: yilu item PSEUDONYM")


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(alerts)
