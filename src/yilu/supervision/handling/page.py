"""The reference page of handling, made from the declarations: what may be done about an alert and by whom, clocks, reports, special plans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from yilu.supervision.handling.acting import ROLES
from yilu.supervision.handling.advice import STAGES
from yilu.supervision.handling.incidents import REPORTS
from yilu.supervision.handling.of_alerts import DEEDS, STATES
from yilu.supervision.handling.plans import COLOURS, LEVELS, PLAN_FILE, RESPONSES, handbook


def reference_page() -> str:
    """The page as Markdown."""
    book = handbook()
    deeds = [
        (f"`{name}`", f"{d.zh} · {d.en}", ", ".join(STATES[s][1] for s in STATES if s in d.states), STATES[d.to][1] if d.to else "stays",
         ", ".join(ROLES[r][1] for r in ROLES if r in d.roles), d.says[1] if d.says else "–")
        for name, d in DEEDS.items()
    ]  # fmt: skip
    clocks = [
        (f"`{c.id}`", f"{c.zh} · {c.en}", c.whose, c.minutes, c.grade, " · ".join(c.source))
        for c in book.clocks.values()
    ]
    reports = [
        (f"{REPORTS[kind][0]} · {REPORTS[kind][1]}", "; ".join(f"{c.zh} · {c.en}" for c in contents))
        for kind, contents in book.reports.items()
    ]
    plans = [
        (f"`{p.id}`", f"{p.zh} · {p.en}", "yes" if p.network_blockage else "no", "; ".join(f"{a.zh} · {a.en} ({a.owner_zh}, {a.minutes})" for a in p.asks), " · ".join(p.source))
        for p in book.plans.values()
    ]  # fmt: skip
    triggers = [(t.zh, t.en, t.grade, " · ".join(t.source)) for t in book.triggers]
    fields = [
        ("事件级别 · event level", "; ".join(f"{zh} · {en}" for zh, en in LEVELS.values())),
        ("响应级别 · response level", "; ".join(f"{zh} · {en}" for zh, en in RESPONSES.values())),
        ("预警颜色 · warning colour", "; ".join(f"{zh} · {en}" for zh, en in COLOURS.values())),
    ]
    return f"""# Handling 处置

What people do about alerts and incidents ([how it works](../explain/handling.md)). Clocks, contents of reports and plans are data: a province replaces them by name, and adds plans, in `{PLAN_FILE}`
of its folder, written as below. Grades as in [province folders](network.md): C copy of an agency's text, S assumption, to be replaced by the province's own plan.

## An alert in hand 预警处置
{_table(("deed", "what", "from", "to", "by", "must be written"), deeds)}
Taking over what another has in hand says why.

## Three fields of an incident 三项等级
{_table(("field", "may be"), fields)}
## Clocks 时限
Minutes from when the officer knew (`officer`), from the report before (`follow_up`), from the end of handling (`final`), or from the blockage (`firm`).

{_table(("clock", "what", "whose", "minutes", "grade", "stands on"), clocks)}
## Contents of reports 报告内容
{_table(("report", "holds"), reports)}
## When one must report 报告情形
{_table(("情形", "case", "grade", "stands on"), triggers)}
## Special plans 专项预案
Each thing that is asked for becomes a task: what (of whom, minutes).

{_table(("plan", "for", "starts the firm's clock", "asks for", "stands on"), plans)}
## Stages of advice 调度建议环节
{", ".join(f"{zh} · {en}" for zh, en in STAGES.values())}
"""


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(str(v).replace("|", "\\|") for v in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
