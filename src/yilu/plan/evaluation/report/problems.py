"""The chapter on problems: what is behind, and why a revenue is where it is, as the exact sum of its parts."""

from __future__ import annotations

from yilu.documents import Bars, Block, Column, Heading, Paragraph, Table, Text, Words, both, joined
from yilu.documents.figures import NONE
from yilu.plan.evaluation.causes import Cause
from yilu.plan.evaluation.evaluating import Evaluation
from yilu.plan.evaluation.report import targets
from yilu.plan.evaluation.report.words import cited, in_unit, listed, signed, verdict

_PARTS: dict[str, tuple[Text, Text]] = {
    "volume": (Text("业务量增加", "more items"), Text("业务量不足", "fewer items")),
    "mix": (Text("结构变化", "mix"), Text("结构变化", "mix")),
    "price": (Text("每件收入较高", "more revenue per item"), Text("每件收入下降", "less revenue per item")),
    "other": (Text("其他收入增加", "more revenue without items"), Text("其他收入减少", "less revenue without items")),
}
"""What parts are called, where they add and where they take away."""


def chapter(e: Evaluation) -> list[Block]:
    """What is behind, why revenues are where they are, what can't be judged."""
    blocks: list[Block] = []
    for j in e.targets:
        if j.verdict in ("behind", "hard"):
            why = joined(j.reasons)
            blocks.append(Paragraph(both("{n}:{v}。{w}。{r}", "{n}: {v}. {w}. {r}", n=j.promise.name, v=verdict(j.verdict), w=why, r=cited(j.refs))))  # fmt: skip
    for c in e.causes:
        blocks += _cause(c)
    lacking = [j for j in e.targets if j.verdict == "unmeasurable"]
    if lacking:
        by: dict[str, int] = {}
        for j in lacking:
            by[j.lacks] = by.get(j.lacks, 0) + 1
        ways = joined((both("{w}{n}项", "{w} {n}", w=targets.WAYS[k], n=str(n)) for k, n in by.items()), "、", ", ")
        blocks.append(Paragraph(both("{n}项目标无法评价,按衡量方式分:{w}。", "{n} targets can't be judged; by the way they are measured: {w}.", n=str(len(lacking)), w=ways)))  # fmt: skip
    return blocks or [Paragraph(Text("没有落后的目标。", "No target is behind."))]


def _part(name: str, value: float) -> Text:
    return _PARTS[name][value < 0]


def _change(value: float, unit: Words) -> Text:
    """A change in words: 增加…, an increase of …"""
    zh, en = ("增加", "up by") if value >= 0 else ("减少", "down by")
    return both("{z}{v}{u}", "{e} {v} {u}", z=zh, e=en, v=f"{abs(value):,.1f}", u=unit)


def _sum_of(parts: dict[str, float]) -> Text:
    return joined((both("{p}{v}", "{p} {v}", p=_part(k, v), v=signed(v)) for k, v in parts.items() if v), "、", ", ")


def _cause(c: Cause) -> list[Block]:
    """Why a revenue is where it is: the sentences, the parts as a chart, revenue per item by year."""
    name, unit = Text(c.revenue.name_zh, c.revenue.name_en), in_unit(c.revenue.unit)
    first, last, parts = c.prices[0], c.prices[-1], {k: v for k, v in c.change.parts.items() if v}
    said = both(
        "{n}由{a}年的{x}{u}变为{b}年的{y}{u},{d},其中{e}。{k}由{p}元变为{q}元{r}。", "{n} went from {x} in {a} to {y} {u} in {b}, {d}: {e}. {k} went from {p} to {q} yuan {r}.",
        n=name, a=str(first.year), b=str(last.year), x=f"{c.change.before:,.1f}", y=f"{c.change.after:,.1f}", d=_change(c.change.change, unit), u=unit, e=_sum_of(parts),
        k=Text(c.price.name_zh, c.price.name_en), p=f"{first.value:.2f}", q=f"{last.value:.2f}", r=cited((*first.refs, *last.refs)),
    )  # fmt: skip
    blocks: list[Block] = [Heading(both("{n}的成因", "{n}: why", n=name), 2), Paragraph(said)]
    if c.shortfall is not None:
        less = c.shortfall.change < 0
        blocks.append(Paragraph(both(
            "按规划{b}年应为{w}{u}(每件{p}元),实际{x}{g}{u},其中{e};主要原因是{m}。", "For {b} the plan wanted {w} {u} ({p} yuan an item); it was {g} {u} {x}: {e}; above all {m}.",
            b=str(last.year), w=f"{c.shortfall.before:,.1f}", u=unit, g=f"{abs(c.shortfall.change):,.1f}", p=f"{c.promised_price or 0:.2f}",
            x=Text("少" if less else "多", "less" if less else "more"), e=_sum_of(c.shortfall.parts), m=_part(c.main, c.shortfall.parts[c.main]),
        )))  # fmt: skip
    blocks.append(Bars(
        both("{n}变化的分解,{a}至{b}年", "Change of {n}, {a} to {b}", n=name, a=str(first.year), b=str(last.year)), Text("因素", "part"), unit,
        (*(_part(k, v) for k, v in parts.items()), Text("合计", "In all")), (*parts.values(), c.change.change), said,
        basis=both("对数平均迪氏分解(LMDI),各项之和等于合计;斜线为减少。依据{r}。", "Logarithmic mean Divisia (LMDI): the parts add up to all of it; hatched: less. Rows {r}.", r=listed((*first.refs, *last.refs))),
    ))  # fmt: skip
    blocks.append(Table(
        both("{n}逐年", "{n} by year", n=Text(c.price.name_zh, c.price.name_en)),
        (
            Column(Text("年份", "Year"), wide=0.8), Column(Text("每件收入", "Per item"), Text("元", "yuan"), True), Column(both("业务量贡献", "From items"), unit, True),
            Column(Text("每件收入贡献", "From revenue per item"), unit, True, 1.2), Column(Text("依据", "Rows"), wide=1.2),
        ),
        tuple(
            (str(p.year), f"{p.value:.2f}", *(_steps(c, i)), listed(p.refs)) for i, p in enumerate(c.prices)
        ),
        basis=Text("贡献为与上一有数年份相比;逐年贡献之和与首尾两年直接分解略有不同。", "Parts against the last year with figures before; their sum over years may differ a little from the two ends taken alone."),
    ))  # fmt: skip
    return blocks


def _steps(c: Cause, i: int) -> tuple[str, str]:
    if i == 0:
        return NONE, NONE
    parts = c.steps[i - 1].parts
    return signed(parts["volume"]), signed(parts["price"])
