"""The page of the plan, and the page of one of its targets down to the rows behind it."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import EVERYBODY
from yilu.console.items.asked import asked_of
from yilu.console.items.figures import catalogue_name
from yilu.console.pages.page import Ask, Chart, Column, Page, Table
from yilu.console.pages.showing import screen
from yilu.console.pages.writing import FORMS
from yilu.console.plan import worked
from yilu.console.plan.worked import Papers
from yilu.indicators import catalogue
from yilu.plan.evaluation import VERDICTS, Judged
from yilu.plan.figures import statements, unit_name
from yilu.plan.forecast import NAMES
from yilu.plan.model import Target, known_section, within
from yilu.plan.prospects import Prospect
from yilu.plan.relations import growth_of

NO_PLAN = _("本省没有规划文件夹。按文档《如何建立规划》在省份文件夹下建立 plan 文件夹。")
KINDS = {"unstated": _("未注明"), "expected": _("预期性"), "binding": _("约束性"), "outlook": _("展望")}
WAYS = {"indicator": _("监测指标"), "statistic": _("统计"), "register": _("名录"), "not_yet": _("尚不能测算")}
MEASURES = {
    "level": _("水平"),
    "growth_published": _("公布增速"),
    "average_growth_published": _("公布年均增速"),
    "share": _("占比"),
}
STATUSES = {"reported": _("通报数"), "estimated": _("预计数"), "expected": _("预期")}

Row = dict[str, Any]


@screen("plan", EVERYBODY)
def plan(ask: Ask) -> Page:
    """Targets: where each stands and what is to be expected."""
    held = worked.papers(ask.seen)
    if held is None:
        return Page(
            "plan/plan", _("规划"), (Table("targets", _("目标一览"), _COLUMNS, [], NO_PLAN),), more=about(ask, None)
        )
    known_section(held.plan, ask.filter.section)
    year = worked.year_asked(ask, held, held.plan.baseline_year, held.known) or held.known
    found = worked.expected(ask.seen, held, year)
    judged = verdicts(ask, held, year)
    rows = [
        target_row(held, p, judged.get(f"targets:{p.target.code}"))
        for p in found.each
        if within(p.target.section, ask.filter.section)
    ]
    table = Table("targets", _("目标一览"), _COLUMNS, rows, _("该节没有数字目标。换一节,或看全部。"))
    return Page("plan/plan", (held.plan.zh, held.plan.en), (table,), more={**about(ask, held), "year": year, "known": held.known})  # fmt: skip


_COLUMNS = (
    Column("section", _("章节")), Column("name", _("目标"), "text", "address"), Column("unit", _("单位")), Column("baseline", _("基期")), Column("promised", _("目标值")), Column("due", _("年份")),
    Column("actual", _("最新值"), "digits"), Column("year", _("其年份")), Column("path", _("当年路径"), "digits"), Column("ratio", _("为路径的"), "percent"), Column("middle", _("预测中值"), "digits"),
    Column("low80", _("80% 下限"), "digits"), Column("high80", _("80% 上限"), "digits"), Column("chance", _("实现概率")), Column("verdict", _("评价")), Column("measured_by", _("测算依据")),
)  # fmt: skip


def about(ask: Ask, held: Papers | None) -> Row:
    """What every page of the plan has beside: sections to choose, where else one can go."""
    sections = (
        []
        if held is None
        else [(s.id, (f"{s.id} {s.zh}", f"{s.id} {s.en}")) for s in held.plan.sections if not s.apart]
    )
    return {"_sections": sections, "section": ask.filter.section, "_plan": held is not None}


def verdicts(ask: Ask, held: Papers, year: int) -> dict[str, Judged]:
    """Verdicts of the year's monitoring, by row; none before the plan's first year."""
    if not held.plan.from_year <= year <= held.plan.to_year:
        return {}
    found, _problems = worked.evaluation(ask.seen, held, "yearly", year)
    return {j.promise.row: j for j in found.targets}


def target_row(held: Papers, p: Prospect, judged: Judged | None) -> Row:
    """One target on a line."""
    t, last, due = p.target, p.last, p.target.target_year
    said = statements(held.plan).get(f"targets:{t.code}")
    promised = (said.said(True), said.said(False)) if said else (str(t.target or "–"), str(t.target or "–"))
    return {
        "code": t.code, "section": t.section, "name": (t.zh, t.en), "address": reverse("plan.target", kwargs={"code": t.code}), "unit": unit(t.unit),
        "baseline": "" if t.baseline is None else f"{t.baseline:,} ({t.baseline_year})", "promised": promised, "due": due, "actual": float(last.value) if last else None, "year": last.year if last else None,
        "path": p.expected(last.year) if last else None, "ratio": p.standing.ratio if p.standing else None, "middle": p.at("middle", due), "low80": p.at("low80", due), "high80": p.at("high80", due),
        "chance": outcome(p), "chance_value": p.chance, "met": p.met, "verdict": VERDICTS[judged.verdict] if judged else "", "kind": KINDS.get(t.kind, t.kind), "measured_by": measured(held, t.measured_by),
    }  # fmt: skip


def unit(name: str) -> tuple[str, str]:
    """A unit in both languages."""
    return unit_name(name, True), unit_name(name, False)


def outcome(p: Prospect) -> Any:
    """Whether a target is met, else how likely it is to be; never certain."""
    if p.met is not None:
        return _("已达到") if p.met else _("未达到")
    if p.chance is None:
        return (p.why and (p.why.zh, p.why.en)) or ""
    return "<1 %" if p.chance < 0.01 else ">99 %" if p.chance > 0.99 else f"{100 * p.chance:.0f} %"


def measured(held: Papers, way: str) -> Any:
    """How a promise is measured: by which indicator or statistic; a register is that of the promise itself."""
    kind, _colon, what = way.partition(":")
    if kind == "indicator" and (named := catalogue().get(what)) is not None:
        return f"指标:{named.zh}", f"Indicator: {named.en}"
    if kind == "statistic" and (series := held.statistics.series.get(what)) is not None:
        return f"统计:{series.name_zh}", f"Statistic: {series.name_en}"
    return WAYS.get(kind, kind)


@screen("plan.target", EVERYBODY, "plan/targets/<str:code>")
def target(ask: Ask) -> Page:
    """One target: path, figures, forecast, what it rests on, and the rows of the statistics behind it."""
    held = worked.papers(ask.seen)
    named = {} if held is None else {t.code: t for t in held.plan.targets}
    if held is None or ask.given["code"] not in named:
        raise Http404
    t = named[ask.given["code"]]
    year = worked.year_asked(ask, held, held.plan.baseline_year, held.known) or held.known
    p = next((p for p in worked.expected(ask.seen, held, year).each if p.target.code == t.code), Prospect(target=t))
    judged = verdicts(ask, held, year).get(f"targets:{t.code}")
    charts = (way(ask, p, held),) if p.figures or p.path else ()
    tables = (
        *([now(ask, t)] if t.measured_by.startswith("indicator:") else []),
        reasons(judged, p),
        rests(p),
        rows_behind(held, p),
    )
    fields = _fields(held, t, p, judged)
    return Page("plan/target", (t.zh, t.en), tables, charts, {**about(ask, held), "fields": fields, "year": year, "known": held.known, "code": t.code})  # fmt: skip


def _fields(held: Papers, t: Target, p: Prospect, judged: Judged | None) -> list[tuple[Any, Any]]:
    row, growth = target_row(held, p, judged), growth_of(t)
    declared = held.statistics.series.get(p.series)
    needed = p.needed or None
    told: list[tuple[Any, Any]] = [
        (_("目标值"), row["promised"]), (_("完成年份"), str(t.target_year)), (_("基期"), row["baseline"]), (_("增速或增量"), (growth.said(True), growth.said(False)) if growth else ""),
        (_("属性"), row["kind"]), (_("章节"), _section(held, t.section)), (_("原文"), t.quote), (_("口径"), (t.basis_zh, t.basis_en or t.basis_zh)),
        (_("负责单位"), t.responsible), (_("测算依据"), row["measured_by"]), (_("统计口径"), (declared.basis_zh, declared.basis_en) if declared else ""),
        (_("最新值"), f"{FORMS['digits'](row['actual'])} ({row['year']})" if row["year"] else ""), (_("实现概率"), row["chance"]), (_("年度评价"), row["verdict"]),
        (_("尚缺"), (needed.zh, needed.en) if needed else (t.needed_zh, t.needed_en or t.needed_zh)),
    ]  # fmt: skip
    return [(title, value) for title, value in told if value not in ("", ("", ""), None)]


def _section(held: Papers, id: str) -> tuple[str, str]:
    s = held.plan.section(id)
    return f"{s.id} {s.zh}", f"{s.id} {s.en}"


def way(ask: Ask, p: Prospect, held: Papers) -> Chart:
    """Figures, path and forecast by year, in the unit of the target."""
    known = {f.year: f for f in p.figures}
    since = p.path.since if p.path and p.path.baseline is not None else min(known, default=held.plan.baseline_year)
    years = (
        list(range(min([since, *known]), max(p.target.target_year, *known, held.plan.to_year) + 1))
        if known
        else list(range(since, p.target.target_year + 1))
    )
    rows = [
        {
            "year": str(y), "published": float(known[y].value) if y in known else None, "grade": known[y].grade if y in known else "", "path": p.expected(y),
            **{band: p.at(band, y) for band in ("middle", "low80", "high80", "low95", "high95")},
        }
        for y in years
    ]  # fmt: skip
    series = (
        ("published", _("公布值")),
        ("path", _("规划路径")),
        ("middle", _("预测中值")),
        ("low80", _("80% 下限")),
        ("high80", _("80% 上限")),
    )
    more = (
        Column("low95", _("95% 下限"), "digits"),
        Column("high95", _("95% 上限"), "digits"),
        Column("grade", _("可信等级"), "grade"),
    )
    table = Table(
        "way",
        _("逐年"),
        (Column("year", _("年份")), *(Column(n, t, "digits") for n, t in series), *more),
        rows,
        _("没有数值。"),
    )
    looks: dict[str, Row] = {
        "published": {"type": "line", "symbolSize": 8, "lineStyle": {"width": 2}}, "path": {"type": "line", "symbol": "none", "lineStyle": {"type": "dashed"}},
        "middle": {"type": "line", "symbol": "diamond", "symbolSize": 7}, "low80": {"type": "line", "symbol": "none", "lineStyle": {"type": "dotted", "width": 1}}, "high80": {"type": "line", "symbol": "none", "lineStyle": {"type": "dotted", "width": 1}},
    }  # fmt: skip
    option = {
        "form": "digits", "tooltip": {"trigger": "axis"}, "legend": {"top": 0, "left": 0}, "grid": {"containLabel": True, "left": 4, "right": 12, "bottom": 4, "top": 40},
        "xAxis": {"type": "category", "data": [str(y) for y in years]}, "yAxis": {"type": "value", "scale": p.kind != "volume"},
        "series": [{"name": str(t), "connectNulls": True, "data": [r[n] for r in rows], **looks[n]} for n, t in series if any(r[n] is not None for r in rows)],
    }  # fmt: skip
    zh, en = unit(p.target.unit)
    return Chart(
        "way", (f"路径、公布值与预测({zh})", f"Path, published figures and forecast ({en})"), option, table, 320
    )


def now(ask: Ask, t: Target) -> Table:
    """What events tell of the indicator that measures a target, over the days asked for; it is no figure of a year."""
    id = t.measured_by.partition(":")[2]
    asked = asked_of(ask)
    known = id in catalogue()
    rows = [
        {"name": catalogue_name(id), "value": v["value"], "since": asked.period.first.isoformat(), "until": asked.period.last.isoformat(), "basis": (catalogue()[id].basis_zh, catalogue()[id].basis_en)}
        for v in (ask.seen.indicators([id], asked.period, asked.cells) if known else ())
    ]  # fmt: skip
    form = "percent" if known and catalogue()[id].unit == "share" else "number"
    columns = (
        Column("name", _("监测指标")),
        Column("value", _("数值"), form),
        Column("since", _("起")),
        Column("until", _("止")),
        Column("basis", _("口径")),
    )
    return Table("now", _("运行数据(不是全年数值,不据以评价)"), columns, rows, _("事实库中还没有可算此指标的事件。"))


def reasons(judged: Judged | None, p: Prospect) -> Table:
    """What the verdict stands on, or why there is none."""
    said = [r for r in (*(judged.reasons if judged else ()), *((p.why,) if p.why else ())) if r]
    rows = [{"reason": (r.zh, r.en)} for r in dict.fromkeys(said)]
    refs = " ".join(judged.refs) if judged else ""
    return Table(
        "reasons",
        _("评价依据"),
        (Column("reason", _("理由")),),
        [*rows, *([{"reason": (f"依据的行:{refs}", f"rows: {refs}")}] if refs else [])],
        _("规划期内尚无评价。"),
    )


def rests(p: Prospect) -> Table:
    """Method of the forecast, why it was taken, and how little it rests on."""
    f = p.forecast
    rows: list[Row] = []
    if f is not None:
        rows = [
            {"what": _("方法"), "value": NAMES[f.method]}, {"what": _("本指标数值个数"), "value": str(f.figures)}, {"what": _("区间所依据的误差"), "value": (f"{f.cases} 个,{f.error_times} 年", f"{f.cases} in {f.error_times} years")},
            {"what": _("方法比较(误差比)"), "value": "、".join(f"{NAMES[m][0]} {r:.2f}" for m, r in f.compared.items()) or "–"},
        ]  # fmt: skip
    return Table(
        "rests", _("预测依据"), (Column("what", _("项目")), Column("value", _("详情"), "told")), rows, _("没有预测。")
    )


def rows_behind(held: Papers, p: Prospect) -> Table:
    """Rows of statistics.csv of the series and area that measure a target."""
    rows = [
        {
            "row": s.row, "period": s.period.text, "measure": MEASURES.get(s.measure, s.measure), "value": f"{s.value:,.10g}", "unit": unit(s.unit), "status": STATUSES.get(s.status, s.status), "grade": s.grade,
            "source": s.source, "basis": s.basis, "note": s.note,
        }
        for s in held.statistics.rows if p.series and s.series == p.series and s.area == held.area
    ]  # fmt: skip
    columns = (
        Column("row", _("行号"), "count"), Column("period", _("时期")), Column("measure", _("量")), Column("value", _("数值")), Column("unit", _("单位")), Column("status", _("性质")), Column("grade", _("可信等级"), "grade"),
        Column("source", _("来源")), Column("basis", _("口径")), Column("note", _("说明")),
    )  # fmt: skip
    declared = held.statistics.series.get(p.series)
    title = (f"统计数据:{declared.name_zh}", f"Statistics: {declared.name_en}") if declared else _("统计数据")
    return Table("rows", title, columns, sorted(rows, key=lambda r: r["period"]), _("没有官方统计衡量此目标。"))
