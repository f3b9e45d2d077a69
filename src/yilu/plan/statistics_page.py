"""The reference page of statistics and returns, made from their schemas: docs/reference/statistics.md."""

from __future__ import annotations

from yilu.network.page import columns_lines
from yilu.network.schema import declared
from yilu.plan.growth import VERDICTS
from yilu.plan.returns.findings import REASONS
from yilu.plan.units import units

_TABLES: tuple[tuple[str, str, str], ...] = (
    ("series", "指标", "Series of the province folder: what each is, its unit, basis, direction and purpose. May be missing."),
    (
        "statistics", "统计数据",
        "Official figures of the province folder, one row a figure. The same figure (series, area, days of the period, measure, status, basis) stands once; given twice with "
        "different values both rows are named and neither is taken. A year without a row is a gap: nothing fills it. May be missing.",
    ),
    ("reporting", "报送义务", "Who owes which return, in the province folder. May be missing: then nothing is ever missing or late for want of a return."),
    ("returns", "企业报表", "A file of returns as an enterprise sends it: one row a figure."),
)  # fmt: skip
_HEAD = """# Statistics and returns 统计与报表

Official statistics and returns of enterprises: tables, units, and what is said of them. [How to check and keep returns](../how-to/returns.md). Grades are those of the
[province folder](network.md#grades-可信等级).

**Period.** `2021` a year, `2021H1` a half, `2021Q3` a quarter, `2021-07` a month, `2021-11-11` a day, `2022-01..2022-05` from the first month to the end of the last (1—5月累计),
`2023-04-29..2023-05-03` days. A figure is of the whole of its period.

**How final.** Of one year, a `reported` figure stands before an `estimated` one; what was only `expected` is never a figure of the past.

**Last place.** A printed figure lies within half of its last place (`step`): 60.1 from 60.05 to 60.15.
"""
_KINDS = {"unsound": "the file is not kept", "query": "asked about", "reminder": "told, and kept"}


def reference_page() -> str:
    """The page as Markdown."""
    parts = [_HEAD]
    for name, zh, text in _TABLES:
        parts += [f"## {name}.csv {zh}\n\n{text}\n", *columns_lines(declared("yilu.plan", name)), ""]
    parts += [
        "## Growth 同比增速\n",
        "Growth as it was published stands beside what levels give, and is never overwritten by it. Levels give a range, by their last places.\n",
        "| verdict | meaning |", "|---|---|", *(f"| `{code}` | {zh} · {en} |" for code, (zh, en) in VERDICTS.items()), "",
        "## Findings of returns 报表核查\n",
        "| code | what is found | what is asked | what becomes of it |", "|---|---|---|---|",
        *(f"| `{r.code}` | {r.words.zh} · {r.words.en} | {r.ask.zh} · {r.ask.en} | {_KINDS[r.kind]} |" for r in REASONS.values()), "",
        "## Units 计量单位\n", "Figures convert where what is measured is the same: value × factor.\n", "| unit | English | measures | factor |", "|---|---|---|---|",
        *(f"| {u.code} | {u.en} | {u.dimension} | {u.factor} |" for u in units().values()),
    ]  # fmt: skip
    return "\n".join(parts) + "\n"
