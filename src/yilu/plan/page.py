"""The reference page of a plan folder, made from the schemas: ``docs/reference/plan.md``."""

from __future__ import annotations

from yilu.network.page import columns_lines
from yilu.plan.covering import REASONS
from yilu.plan.evaluation.rules import CAUSES, LACKS, MEASURED, rules_of
from yilu.plan.figures import ABOUT, FAR
from yilu.plan.tables import CLASSES, REQUIRED, columns
from yilu.plan.verdicts import KINDS, VERDICTS

_TITLES: dict[str, tuple[str, str]] = {
    "targets": ("目标", "Every promise with a figure, or of all there is; and outlooks (展望), which are no promises."),
    "current_state": ("发展现状", "Figures of what was reached when the plan was written, as dated facts."),
    "programmes": ("重大工程", "Major programmes."),
    "projects": ("工程项目", "What each programme builds, cultivates or provides, with quantity, places, land and investment."),
    "tasks": ("任务分解台账", "What the plan says should be done, one row each. Whom the plan doesn't name, the office enters."),
    "progress": ("任务进展", "How far a task was at the end of a quarter, and what shows it."),
    "coverage": ("数字清单", "Where each number of the document is held, or why it is no figure; `--document` walks the document beside it."),
    "relations": ("数量关系", "Which printed figure follows from which others; growth printed beside a target needs no row."),
    "references": ("参照数字", "Figures from elsewhere that the plan's are held against, each with its source."),
    "outcomes": ("完成情况", "What registers say that targets and projects reached, entered by the office: what no statistic and no indicator measures."),
    "proposals": ("目标提案", "Of a drafted plan: three values for each target, with the growth they imply and the chance to reach them."),
    "bases": ("提案依据", "Of a drafted plan: what each target's proposals rest on, the baseline with its source and the forecast with its method."),
    "gaps": ("数据缺口", "Of a drafted plan: indicators that nothing is proposed for, and what would be needed."),
}  # fmt: skip

_HEAD = """# The plan folder 规划文件夹

A plan (规划) is a folder `plan` in the folder of its province: CSV files (UTF-8, a header, commas) and one `plan.toml`. `yilu plan check` names every
fault with file, row, column and value, and goes on with the rows that are sound; `yilu plan show` prints what is there. Columns that are not
required may be left out, cells may be empty. Figures keep the digits that the document prints: what rounding allows follows from them.
[What is in Guangdong's, and what its figures say](../explain/plan.md); [how to make one](../how-to/plan.md).

## plan.toml

| key | type | required | what for |
|---|---|---|---|
| `name` | text | yes | 代号 · Short name of the plan. |
| `name_zh`, `name_en` | text | yes | 名称 · Names. |
| `from_year`, `to_year` | year | yes | 规划期 · First and last year of the plan. |
| `baseline_year` | year | yes | 基期 · The year that targets are counted from. |
| `published` | month, day or draft | yes | 发布时间 · Such as 2021-09; draft (草案) as long as it isn't. |
| `source` | text | yes | 来源 · The document. |
| `section` | [[section]] | no | 章节 · Each with `id`, `zh`, `en`, `begins` (its first words in the document) and `apart` (why its numbers are not looked at). Where any is listed, rows may name no other. |
"""


def reference_page() -> str:
    """The page as Markdown."""
    parts = [_HEAD]
    for name in CLASSES:
        zh, text = _TITLES[name]
        needed = "Required." if name in REQUIRED else "May be missing."
        parts += [
            f"\n## {name}.csv {zh}\n\n{text} {needed}\n",
            *columns_lines(columns(name)),
        ]
    parts += _evaluation()
    parts += ["\n## Checks 核对\n", "| verdict | 判定 |", "|---|---|"]
    parts += [f"| `{code}` | {zh} |" for code, (zh, _) in VERDICTS.items()]
    parts += ["\n| check | 核对 | what is held against what |", "|---|---|---|"]
    parts += [f"| `{code}` | {zh} | {en}: {_MEANS[code]} |" for code, (zh, en) in KINDS.items()]
    parts += [
        f"\n约、左右、近: within {ABOUT:.0%} of the printed figure it agrees, more than {FAR:.0%} away it contradicts, in between it can't be told (A).",
        "\n| gap between document and list | 问题 |",
        "|---|---|",
        *(f"| `{code}`: {en} | {zh} |" for code, (zh, en) in REASONS.items()),
        "\n[Units 计量单位](statistics.md) are those of official statistics.",
    ]
    return "\n".join(parts) + "\n"


_MEANS: dict[str, str] = {
    "growth": "the printed rate, and the rate from the first figure to the last over the years between",
    "change": "the printed change, and the one from the first figure to the last",
    "increment": "the printed increment, and the last figure less the first; of per cent in percentage points",
    "share": "the printed share, and part over whole; parts of unlike basis (口径) can't be told",
    "ratio": "the printed ratio, and one figure over another of another dimension",
    "gap": "the printed gap, and the growth of one less that of another, in percentage points a year",
    "sum": "the printed total, and what the parts add up to, ranges and all",
    "count": "the printed number, and the places that the row names",
    "same": "rows of one quantity and one year, converted into one unit",
    "advance": "a promise, and what is said to be reached already",
    "practice": "the printed unit, and that of a reference row of the same quantity",
}


def _evaluation() -> list[str]:
    """The keys of evaluation.toml with their defaults."""
    rules = rules_of()
    lines = [
        "\n## evaluation.toml 评价规则\n",
        "Rules of [evaluation](../how-to/evaluate.md) that a plan folder sets otherwise. May be missing. Each table also takes `grade`, `source_zh` and `source_en`: where its values are from. `[[proposal]]` tables, where any "
        "stands, replace those of `rules.toml`: `id`, `zh`, `en` (with {names}), and either `verdicts` with `causes` or `lacks`.\n",
        "| table | 表 | key | default | grade | source |",
        "|---|---|---|---|---|---|",
    ]
    for name, bounds in rules.tables.items():
        lines += [
            f"| `{name}` | {_RULES[name]} | `{k}` | {v:g} | {bounds.grade} | {bounds.source.en} |"
            for k, v in bounds.numbers.items()
        ]
    lines += [f"\nverdicts: {_codes(MEASURED)}; causes: {_codes(CAUSES)}; lacks: {_codes(LACKS)}."]
    return lines


def _codes(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{n}`" for n in names)


_RULES: dict[str, str] = {
    "nearly": "差距在此之内为基本达到", "behind": "差距在此之内为滞后", "chance": "中期:各等次的最低概率", "weights": "权重", "points": "各等次得分", "reading": "读法",
}  # fmt: skip
