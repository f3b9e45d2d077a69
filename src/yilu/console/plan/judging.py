"""The evaluation of the plan on screen, and the next plan's draft: sections with their scores, verdicts, causes, proposals, downloads."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import EVERYBODY
from yilu.console.pages.asking import AddressError
from yilu.console.pages.page import Ask, Column, Page, Table
from yilu.console.pages.showing import screen
from yilu.console.plan import worked
from yilu.console.plan.pages import NO_PLAN, about, unit
from yilu.documents.model import both
from yilu.plan.decomposition import PARTS
from yilu.plan.draft import AMBITIONS, Draft, Drafted
from yilu.plan.evaluation import KINDS, VERDICTS, Evaluation, Judged
from yilu.plan.evaluation.report.words import measured, target
from yilu.plan.forecast import NAMES
from yilu.plan.model import Plan

Row = dict[str, Any]
FORMS = ("docx", "html")
_LANGUAGES = {"zh": _("中文"), "en": _("英文")}


@screen("plan.evaluation", EVERYBODY, "plan/evaluation")
def evaluation(ask: Ask) -> Page:
    """Yearly, mid-term or final evaluation, as the address says."""
    held, kind = worked.papers(ask.seen), worked.kind_asked(ask)
    if held is None:
        return Page("plan/plan", _("评价"), (Table("sections", _("评价"), (), [], NO_PLAN),), more=about(ask, None))
    year = worked.year_asked(ask, held, held.plan.from_year, held.plan.to_year)
    found, problems = worked.evaluation(ask.seen, held, kind, year, ask.filter.section)
    tables = (sections(found), targets(found), tasks(found), programmes(found), causes(found), proposals(found))
    more = {
        **about(ask, held), "kind": kind, "_kinds": list(KINDS.items()), "year": found.year, "known": held.plan.to_year, "faults": len(problems), "_downloads": downloads(ask, found),
        "note": _("依据官方统计与名录,截至所选年份年底;其后的数值一概不用。运行数据不足全年的不据以评价。"),
    }  # fmt: skip
    return Page("plan/plan", (f"{KINDS[kind][0]}({found.year} 年)", f"{KINDS[kind][1].capitalize()} ({found.year})"), tables, more=more)  # fmt: skip


def downloads(ask: Ask, found: Evaluation) -> list[tuple[str, str]]:
    """Addresses of the report in each form and language."""
    query = ask.filter.query(page=1, kind="", year="")
    out = []
    for language, name in _LANGUAGES.items():
        for form, of in zip(FORMS, ("Word", "HTML"), strict=True):
            at = reverse(
                "plan.report", kwargs={"kind": found.kind, "year": found.year, "language": language, "form": form}
            )
            out.append((f"{at}?{query}" if query else at, f"{of} · {name}"))
    return out


def sections(found: Evaluation) -> Table:
    """Scores by section, the whole first."""
    rows = [
        {
            "section": (_section(found.known.plan, s.section) if s.section else _("全部")), **s.counts, "score": s.score, "targets": s.targets, "judged": s.measured / s.weight if s.weight else None,
        }
        for s in found.sums
    ]  # fmt: skip
    columns = (
        Column("section", _("章节")), Column("targets", _("目标数"), "count"), *(Column(v, names, "count") for v, names in VERDICTS.items()), Column("score", _("得分"), "number"), Column("judged", _("可评权重"), "percent"),
    )  # fmt: skip
    return Table("sections", _("各节得分(权重与分值见规则)"), columns, rows, _("没有目标。"))


def _section(plan: Plan, id: str) -> tuple[str, str]:
    s = plan.section(id)
    return f"{s.id} {s.zh}", f"{s.id} {s.en}"


def targets(found: Evaluation) -> Table:
    """Verdicts on targets."""
    columns = (
        Column("section", _("章节")), Column("name", _("目标"), "text", "address"), Column("unit", _("单位")), Column("promised", _("目标值")), Column("actual", _("完成值")), Column("year", _("年份")), Column("completion", _("完成率"), "percent"),
        Column("path_ratio", _("为路径的"), "percent"), Column("chance", _("概率"), "percent"), Column("verdict", _("评价")), Column("grade", _("可信等级"), "grade"), Column("rows", _("依据的行")), Column("why", _("理由")),
    )  # fmt: skip
    return Table("targets", _("目标评价"), columns, [judged_row(j) for j in found.targets], _("该节没有目标。"))


def judged_row(j: Judged) -> Row:
    """A verdict on a line."""
    p, m = j.promise, j.actual
    why = (*j.reasons, *((both("需要{n}", "needed: {n}", n=j.lacking),) if j.lacking else ()))
    said, code = target(p), p.row.partition(":")[2]
    return {
        "section": p.section, "name": (p.name.zh, p.name.en), "address": reverse("plan.target", kwargs={"code": code}), "unit": unit(m.unit if m is not None and m.unit != p.unit else p.unit),
        "promised": (said.zh, said.en), "actual": measured(m), "year": m.year if m else None, "completion": None if j.completion is None else j.completion / 100, "path_ratio": None if j.path_ratio is None else j.path_ratio / 100,
        "chance": j.ahead.chance if j.ahead else None, "verdict": VERDICTS[j.verdict], "grade": m.grade if m else "", "rows": " ".join(j.refs),
        "why": ("；".join(r.zh for r in why), "; ".join(r.en for r in why)),
    }  # fmt: skip


def tasks(found: Evaluation) -> Table:
    """How far tasks are, by section."""
    rows = [
        {"section": _section(found.known.plan, t.id), "tasks": t.tasks, "told": t.told, "done": t.done, "share": None if t.share is None else t.share / 100}
        for t in found.tasks
    ]  # fmt: skip
    columns = (
        Column("section", _("章节")), Column("tasks", _("任务数"), "count"), Column("told", _("已报进展"), "count"), Column("done", _("已完成"), "count"), Column("share", _("平均进展(已报的)"), "percent"),
    )  # fmt: skip
    return Table("tasks", _("任务进展"), columns, rows, _("该节没有任务。"))


def programmes(found: Evaluation) -> Table:
    """Major programmes with their verdicts."""
    rows = [
        {
            "name": (w.programme.zh, w.programme.en), "lead": w.programme.lead, "due": w.programme.due, "tasks": w.ledger.tasks, "share": None if w.ledger.share is None else w.ledger.share / 100, "expected": w.expected / 100,
            "projects": len(w.projects), "verdict": VERDICTS[w.verdict], "why": (w.reason.zh, w.reason.en),
        }
        for w in found.works
    ]  # fmt: skip
    columns = (
        Column("name", _("工程")), Column("lead", _("牵头单位")), Column("due", _("完成年份")), Column("tasks", _("任务数"), "count"), Column("share", _("平均进展(已报的)"), "percent"), Column("expected", _("均匀推进应为(假设)"), "percent"),
        Column("projects", _("工程量"), "count"), Column("verdict", _("评价")), Column("why", _("理由")),
    )  # fmt: skip
    return Table("programmes", _("重大工程"), columns, rows, _("该节没有重大工程。"))


def causes(found: Evaluation) -> Table:
    """Why a revenue is short: the exact sum of volume, mix and revenue per item."""
    rows = [
        {
            "name": (c.revenue.name_zh, c.revenue.name_en), "unit": unit(c.revenue.unit), "main": PARTS.get(c.main, (c.main, c.main)), **(c.shortfall or c.change).parts, "first": f"{c.prices[0].value:.2f} ({c.prices[0].year})", "last": f"{c.prices[-1].value:.2f} ({c.prices[-1].year})",
        }
        for c in found.causes
    ]  # fmt: skip
    columns = (
        Column("name", _("收入")), Column("unit", _("单位")), Column("main", _("主因")), *(Column(k, names, "number") for k, names in PARTS.items()), Column("first", _("每件收入(元):先")), Column("last", _("后")),
    )  # fmt: skip
    return Table("causes", _("收入缺口的构成"), columns, rows, _("没有可分解的收入目标。"))


def proposals(found: Evaluation) -> Table:
    """What the rules propose."""
    names = {j.promise.row: j.promise.name for j in found.targets}

    def about(rows: tuple[str, ...]) -> tuple[str, str]:
        each = [names[r] for r in rows if r in names]
        return "、".join(n.zh for n in each), "; ".join(n.en for n in each)

    rows = [{"words": (p.words.zh, p.words.en), "about": about(p.rows), "rule": p.rule, "rows": " ".join(p.rows)} for p in found.proposals]  # fmt: skip
    return Table("proposals", _("对策建议(按规则)"), (Column("words", _("建议")), Column("about", _("涉及的目标"))), rows, _("没有规则提出建议。"))  # fmt: skip


@screen("plan.draft", EVERYBODY, "plan/draft")
def draft(ask: Ask) -> Page:
    """The next plan: baselines, bands, and proposals with the chance of each."""
    held = worked.papers(ask.seen)
    if held is None:
        return Page(
            "plan/plan", _("下一期规划草案"), (Table("drafted", _("提案"), (), [], NO_PLAN),), more=about(ask, None)
        )
    choose = choice(ask.filter.kind)
    since = worked.year_asked(ask, held, held.plan.baseline_year, held.known) or held.known
    made = worked.drafted(ask.seen, held, since, choose)
    at = reverse("plan.draft.zip", kwargs={"year": since, "choose": choose})
    more = {
        **about(ask, held), "kind": choose, "_kinds": [(a.code, (a.zh, a.en)) for a in AMBITIONS], "year": since, "known": held.known, "_downloads": [(at, _("规划文件夹(ZIP)"))],
        "note": _("各档为按预测自身分布以给定概率可达到的值,再按规划习惯取整;概率为取整后的。下载的文件夹可用 yilu plan check 检查后修改。"),
    }  # fmt: skip
    return Page("plan/plan", (f"{made.since + 1}—{made.to} 年规划草案", f"Draft plan {made.since + 1}–{made.to}"), (drafted(made), gaps(made)), more=more)  # fmt: skip


def choice(text: str) -> str:
    """The proposal that becomes the target. Raises AddressError for another."""
    chosen = text or "even"
    if chosen not in worked.CHOICES:
        raise AddressError("kind", chosen, f"one of {', '.join(worked.CHOICES)}", f"{'、'.join(worked.CHOICES)} 之一")
    return chosen


def drafted(made: Draft) -> Table:
    """Indicators with their proposals."""
    columns = (
        Column("name", _("监测指标")), Column("unit", _("单位")), Column("baseline", _("基期(年份、等级)")), Column("band", _("80% 区间")), *(Column(a.code, (a.zh, a.en)) for a in made.ambitions), Column("method", _("方法")),
    )  # fmt: skip
    title = _("目标提案(值、年均增速或增量、实现概率;* 为写入目标的)")
    return Table("drafted", title, columns, [_proposed(d) for d in made.drafted], _("没有可提案的指标。"))


def _proposed(d: Drafted) -> Row:
    t, b = d.prospect.target, d.basis
    return {
        "name": (t.zh, t.en), "unit": unit(t.unit), "baseline": f"{b.value:,} ({b.year}, {b.grade})", "band": f"{b.low80:,} – {b.high80:,}", "method": NAMES[b.method],
        **{p.ambition: f"{p.value:,}, {p.growth:+,}{' %' if p.growth_as == 'per_year' else ''}, {p.chance} %{' *' if p.chosen else ''}" for p in d.proposals},
    }  # fmt: skip


def gaps(made: Draft) -> Table:
    """Indicators without a proposal."""
    rows = [
        {"name": (g.zh, g.en), "why": (g.why_zh, g.why_en), "needed": (g.needed_zh, g.needed_en)} for g in made.gaps
    ]
    return Table("gaps", _("没有提案的指标(数据缺口)"), (Column("name", _("监测指标")), Column("why", _("原因")), Column("needed", _("尚需"))), rows, _("每个指标都有提案。"))  # fmt: skip
