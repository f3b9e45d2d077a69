"""A draft as its document and its tables: each row quotes the line of the document that says it, each number of the document is in the list of coverage."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from yilu.network import Network
from yilu.plan.covering import NUMBER, plain
from yilu.plan.draft.proposing import Draft, Drafted
from yilu.plan.forecast.kinds import kind_of
from yilu.plan.model import Target
from yilu.plan.prospects import Figure, Prospect
from yilu.plan.tables import CLASSES, columns

DOCUMENT = "outline.md"
"""The draft's own document, whose words its tables quote."""
_LONGEST = 400
_STATUS = {"reported": "通报数", "estimated": "预计数"}
_SIGNS = {"above": ">", "at_least": "≥", "below": "<", "at_most": "≤"}


@dataclass(frozen=True)
class Line:
    """One line of the document in a section: what its numbers are (coverage.csv), and the rows that hold them."""

    section: str
    text: str
    holds: str
    rows: tuple[str, ...] = ()


def files_of(draft: Draft, network: Network) -> dict[str, bytes]:
    """Every file of the plan folder by name, the document among them."""
    lines = list(_lines(draft, network))
    document = "\n".join(line.text for line in lines) + "\n"
    tables: dict[str, Iterable[Mapping[str, Any]]] = {
        "targets": [_target(d, n, draft) for n, d in enumerate(draft.drafted, 1)],
        "current_state": [_fact(p) for p in draft.known if p.figures],
        "coverage": _coverage(lines),
        "proposals": [vars(p) for d in draft.drafted for p in d.proposals],
        "bases": [vars(d.basis) for d in draft.drafted],
        "gaps": [vars(g) for g in draft.gaps],
    }
    made = {f"{name}.csv": _csv(name, rows) for name, rows in tables.items()}
    return {"plan.toml": _head(draft, network).encode(), DOCUMENT: document.encode()} | made


def names(draft: Draft, network: Network) -> tuple[str, str]:
    """What the draft is called, in Chinese and English."""
    first = draft.since + 1
    return (
        f"{network.name_zh}邮政业发展规划({first}—{draft.to}年)草案",
        f"Draft postal plan of {network.name_en} for {first} to {draft.to}",
    )


def _head(draft: Draft, network: Network) -> str:
    """``plan.toml``; what it quotes are the headings of the document."""
    zh, en = names(draft, network)
    sections = [
        ("cover", "封面", "Cover", zh), ("1", "发展现状", "Present state", "一、发展现状"), ("2", "发展目标", "Goals", "二、发展目标"),
        ("T1", "表1 发展指标", "Table 1, indicators", f"表1：{draft.since + 1}—{draft.to}年"), ("3", "数据缺口", "Indicators without data", "三、数据缺口"),
    ]  # fmt: skip
    head: dict[str, str | int] = {
        "name": f"{network.name}-{draft.since + 1}-{draft.to}", "name_zh": zh, "name_en": en, "from_year": draft.since + 1, "to_year": draft.to,
        "baseline_year": draft.since, "published": "draft",
        "source": f"yilu plan draft --from {draft.since} --to {draft.to}: {network.name}, statistics.csv; {draft.before.name}",
    }  # fmt: skip
    parts = [f"{key} = {_toml(value)}" for key, value in head.items()]
    for id, of_zh, of_en, begins in sections:
        parts += [
            "",
            "[[section]]",
            f"id = {_toml(id)}",
            f"zh = {_toml(of_zh)}",
            f"en = {_toml(of_en)}",
            f"begins = {_toml(begins)}",
        ]
    return "\n".join(parts) + "\n"


def _toml(value: str | int) -> str:
    if isinstance(value, int):
        return str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _lines(draft: Draft, network: Network) -> Iterable[Line]:
    zh, en = names(draft, network)
    first = draft.since + 1
    yield Line("cover", f"# {zh}", "period")
    yield Line("cover", en, "period")
    yield Line("1", "## 一、发展现状 Present state", "ordinal")
    yield Line("1", f"截至{draft.since}年的官方统计数值。", "date")
    for p in draft.known:
        if p.figures:
            yield Line("1", f"- {_said_of(p)} {p.target.en}", "row", (f"current_state:{_fact_code(p)}",))
    yield Line("2", "## 二、发展目标 Goals", "ordinal")
    yield Line("2", f"到{draft.to}年的主要指标见下表。", "date")
    yield Line("T1", f"### 表1：{first}—{draft.to}年主要指标 Main indicators", "period")
    yield Line("T1", f"| 序号 | 指标 | 单位 | 基期 | {draft.to}年 | 年均增速或[累计增量] | Indicator |", "date")
    yield Line("T1", "|---|---|---|---|---|---|---|", "word")
    for number, d in enumerate(draft.drafted, 1):
        row = f"| {_row(d, number, draft)} | {d.prospect.target.en} |"
        yield Line("T1", row, "row", (f"targets:{d.prospect.target.code}",))
    yield Line("3", "## 三、数据缺口 Indicators without data", "ordinal")
    for g in draft.gaps:
        yield Line("3", f"- {g.zh} {g.en}：{g.why_zh}；需{g.needed_zh}", "word")


def _said_of(p: Prospect) -> str:
    """The present state of an indicator."""
    f = p.figures[-1]
    return f"{p.target.zh}：{f.year}年{f.value}{p.target.unit}({_STATUS[f.status]}，{f.grade}级)"


def _row(d: Drafted, number: int, draft: Draft) -> str:
    """The line of the table of indicators; a baseline of another year than the draft's says so."""
    t = d.prospect.target
    means, added = _growth(d)
    shown = f"{added}%" if means == "per_year" else f"[{added}]"
    baseline = str(d.baseline.value) + (f"({d.baseline.year}年)" if d.baseline.year != draft.since else "")
    return f"{number} | {t.zh} | {t.unit} | {baseline} | {_SIGNS[d.comparator]}{d.chosen.value} | {shown}"


def _growth(d: Drafted) -> tuple[str, Decimal]:
    """What the target prints beside it: growth a year of volumes, the increment in all of the rest."""
    if kind_of(d.prospect.kind).geometric:
        return "per_year", d.chosen.growth
    return "increment", d.chosen.value - d.baseline.value


def _target(d: Drafted, number: int, draft: Draft) -> dict[str, Any]:
    t: Target = d.prospect.target
    means, added = _growth(d)
    return vars(t) | {
        "baseline_year": d.baseline.year, "baseline": d.baseline.value, "target_year": draft.to, "target": d.chosen.value, "target_to": None,
        "comparator": d.comparator, "growth": added, "growth_as": means, "growth_comparator": "equals", "section": "T1", "item": str(number),
        "quote": _row(d, number, draft), "same_as": "",
    }  # fmt: skip


def _fact_code(p: Prospect) -> str:
    return f"{p.target.code}_{p.figures[-1].year}"


def _fact(p: Prospect) -> dict[str, Any]:
    t = p.target
    f: Figure = p.figures[-1]
    return {
        "code": _fact_code(p), "zh": t.zh, "en": t.en, "quantity": t.quantity, "unit": t.unit, "basis_zh": t.basis_zh, "basis_en": t.basis_en,
        "year": f.year, "value": f.value, "comparator": "equals", "section": "1", "quote": _said_of(p),
    }  # fmt: skip


def _coverage(lines: list[Line]) -> list[dict[str, Any]]:
    """Each line with a number, in pieces where it is long, each once for its section, and how often the section has its words."""
    texts: dict[str, str] = {}
    for line in lines:
        texts[line.section] = texts.get(line.section, "") + plain(line.text)
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for line, words in ((each, piece) for each in lines for piece in pieces(plain(each.text))):
        if NUMBER.search(words) is None:
            continue
        text = texts[line.section]
        times = sum(text.startswith(words, at) for at in range(len(text)))
        rows.setdefault(
            (line.section, words),
            {"section": line.section, "quote": words, "times": times, "holds": line.holds, "rows": line.rows},
        )
    return list(rows.values())


def pieces(words: str, most: int = _LONGEST) -> list[str]:
    """Words in pieces that a cell can hold; no number is cut."""
    out = []
    while len(words) > most:
        across = next((n.start() for n in NUMBER.finditer(words) if n.start() < most < n.end()), most)
        at = across or most
        out.append(words[:at])
        words = words[at:]
    return [*out, words]


def _csv(table: str, rows: Iterable[Mapping[str, Any]]) -> bytes:
    """A table with all columns of its schema, in their order."""
    assert table in CLASSES
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    named = [a.name for a in columns(table)]
    writer.writerow(named)
    writer.writerows([_cell(row.get(name)) for name in named] for row in rows)
    return out.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ";".join(value)
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
