"""The reference page of a province folder, made from the schemas: ``python -m yilu.network.page > docs/reference/network.md``."""

from __future__ import annotations

import sys

from yilu.network.facility_kinds import FACILITY_KINDS
from yilu.network.reading import DATUMS
from yilu.network.schema import GRADES, REQUIRED, TABLES, Attribute, attributes

_TITLES: dict[str, tuple[str, str]] = {
    "areas": (
        "区域",
        "Areas of the province, the places that items go to or come from outside it, and how they lie in one another.",
    ),
    "facilities": ("设施", "Places that scans name. What a place is for stands in its kind."),
    "operators": (
        "企业",
        "Postal enterprises, express firms, on-demand platforms, in four layers: brand, enterprise, branch, outlet.",
    ),
    "service_levels": ("时限产品", "Products by their time, and the pairs of areas for which each is the default."),
    "promise_rules": (
        "承诺规则",
        "How the derived promise follows from acceptance; the newest rule that had begun at acceptance holds.",
    ),
    "obligations": (
        "检查义务",
        "Which of the three checks is owed. Of the rows that fit an item the **last** decides.",
    ),
    "crossings": ("跨水通道", "Bridges, tunnels and ferries over barriers, with the days on which they were open."),
    "barriers": ("水域", "Lines in water that roads don't cross, point by point."),
    "figures": ("数字", "Figures that demand is built from ([method](../explain/demand.md))."),
    "demand": (
        "需求",
        "Shares by origin and destination, where a province states them itself; figures are then not used.",
    ),
    "calendar": (
        "日历",
        "How many items a day has against an ordinary one. Of the rows without weekdays that hold on a day the **last** decides, of those with weekdays too; "
        "the two are multiplied, unless the first stands alone.",
    ),
}
_HEAD = """# The province folder 省份文件夹

A province is a folder of CSV files (UTF-8, a header, commas) and one `province.toml`. `yilu network check FOLDER` names every fault with
file, row, column, value and reason; `yilu network show` prints what is there. Columns that are not required may be left out, cells may be
empty: then the default holds. Columns and files not named here are faults. [How to make a province](../how-to/province.md).

Ids are numbers that never change and are never used again: facts in a store hold them. New rows take new ids; rows of what is gone stay.

## province.toml

| key | type | required | what for |
|---|---|---|---|
| `name` | text | yes | 代号 · Short name of the province. |
| `name_zh`, `name_en` | text | no | 名称 · Names; by default `name`. |
| `code` | text | yes | 本省区域代码 · Code of the province in `areas.csv`. |
| `time_zone` | text | yes | 时区 · IANA time zone; local days and hours are of this zone. |
| `circuity` | number, 1 to 3 | no (1.2) | 道路里程与大圆距离之比 · Length of roads over great circle. |
| `datum` | one of {datums} | no (`mixed`) | 坐标基准,仅供说明 · What longitudes and latitudes refer to. It is told, not converted: GCJ-02 lies about 0.5 km off. |
| `bbox` | [west, south, east, north], degrees | no | 本省范围 · A box that all areas and facilities of the province lie in; `check` names those outside. |
| `map` | table | no | 地图范围 · Where outlines of areas come from, see below. |

## [map] 地图范围

Outlines of cities and county units for maps, as GeoJSON. Without them areas are points. Nothing is computed from them.

| key | what for |
|---|---|
| `cities`, `counties` | 文件 · File of the province folder, or `npm:PACKAGE/PATH` for a file of a package that `package.json` names, which is copied when browser libraries are set up. |
| `property`, `column` | 对应关系 · Property of an outline, and the column of `areas.csv` (`code`, `name_zh` or `name_en`) that holds the same; both are `code` by default. |
| `approval` | 审图号 · Map-approval number. Without it the map says that it is for development only. |
| `source` | 来源 · Whose outlines they are, and their licence. |
"""


def reference_page() -> str:
    """The page as Markdown."""
    parts = [
        _HEAD.replace("{datums}", ", ".join(f"`{d}`" for d in DATUMS)),
        "## Grades 可信等级\n\n| grade | meaning |\n|---|---|",
    ]
    parts += [f"| {grade} | {zh} · {en} |" for grade, (zh, en) in GRADES.items()]
    for name in TABLES:
        zh, text = _TITLES[name]
        needed = "Required." if name in REQUIRED else "May be missing."
        parts += [
            f"\n## {name}.csv {zh}\n\n{text} {needed}\n",
            *columns_lines(attributes(name)),
        ]
    parts += [
        "\n## Kinds of facility 设施种类\n",
        "| id | code | name | processing site 处理场所 |",
        "|---|---|---|---|",
    ]
    parts += [
        f"| {k.id} | `{k.code}` | {k.zh} · {k.en} | {'yes' if k.processing else 'no'} |"
        for k in FACILITY_KINDS.values()
    ]
    return "\n".join(parts) + "\n"


def columns_lines(columns: tuple[Attribute, ...]) -> list[str]:
    """The columns of a table as a Markdown table, line by line."""
    head = ["| column | type | unit | default | required | what for |", "|---|---|---|---|---|---|"]
    return [*head, *(_line(a) for a in columns)]


def _line(a: Attribute) -> str:
    default = f"`{a.default}`" if a.default else ""
    required = "yes" if a.required else "no"
    return f"| `{a.name}` | {_type(a)} | {a.unit} | {default} | {required} | {a.description_zh} · {a.description_en} |"


def _type(a: Attribute) -> str:
    words = a.type
    if a.references:
        words += f" to `{a.references}`"
    if a.choices:
        words += (" or " if a.references else ": ") + ", ".join(f"`{c}`" for c in a.choices)
    if a.least and a.most:
        words += f", {a.least} to {a.most}"
    elif a.least:
        words += f", {a.least} or more"
    return words.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(reference_page())
