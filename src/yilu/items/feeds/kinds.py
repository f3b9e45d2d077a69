"""Kinds of feed beside scan events: what columns each has is declared once, in ``schema/KIND.csv``.

Reading, checking, the Arrow schema, what makes two rows the same, and the reference page all come from it.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

import pyarrow as pa

ARROW: dict[str, pa.DataType] = {
    "operator": pa.uint16(),
    "facility": pa.uint32(),
    "day": pa.date32(),
    "instant": pa.uint32(),
    "count": pa.int64(),
    "choice": pa.string(),
    "text": pa.string(),
    "hash": pa.string(),
    "credit_code": pa.string(),
    "crossing": pa.string(),
    "rule": pa.string(),
    "area": pa.string(),
}
"""How a type is held: operators and facilities as ids (0: none), instants as Unix seconds UTC; null: not reported."""

EXPECTED: dict[str, tuple[str, str]] = {
    "operator": ("企业代码", "a code of operators"),
    "facility": ("场所代码", "a code of facilities"),
    "day": ("YYYY-MM-DD 形式的日期", "a day as YYYY-MM-DD"),
    "instant": ("YYYY-MM-DDThh:mm:ss 加 Z 或 +08:00 等时差的时间", "a time as YYYY-MM-DDThh:mm:ss with Z or an offset such as +08:00"),
    "count": ("0 至 999999999999 的整数", "a whole number from 0 to 999999999999"),
    "text": ("由数字、字母与 - / ( ) 组成的编号,至多 64 位,不得只是名称,也不得是电话或证件号码", "a number of digits, letters and - / ( ) at most 64 long, no mere name, and neither a telephone nor an identity number"),
    "hash": ("散列的 32 或 64 位十六进制数,不得是标识本身", "32 or 64 hexadecimal digits of a hash, never the identifier itself"),
    "crossing": ("通道代码", "a code of crossings"),
    "rule": ("规则编号", "the id of a rule"),
    "area": ("地区代码", "a code of areas"),
    "credit_code": ("18 位统一社会信用代码,校验位正确", "a unified social credit code of 18 characters with its check character"),
}  # fmt: skip
"""What a value of a type must be, in Chinese and English."""


@dataclass(frozen=True)
class Attribute:
    """One column: name, type, unit, default (text), whether required, whether part of what a row is known by, choices."""

    name: str
    type: str
    unit: str
    default: str
    required: bool
    identity: bool
    choices: tuple[str, ...]
    description_zh: str
    description_en: str

    @property
    def expected(self) -> tuple[str, str]:
        """What a value must be, in Chinese and English."""
        if not self.choices:
            return EXPECTED[self.type]
        return f"{'、'.join(self.choices)} 之一", f"one of {', '.join(self.choices)}"


@dataclass(frozen=True)
class Kind:
    """One kind of feed. ``dated``: the identity column that tells the day of a row, empty for a register, which has none.

    ``period``: how rows are kept together, by day or month (``D`` or ``M``, as numpy writes them); a register is kept as one.
    """

    name: str
    zh: str
    en: str
    dated: str
    period: Literal["", "D", "M"]
    attributes: tuple[Attribute, ...]

    @property
    def register(self) -> bool:
        """Whether it is a mirror of a register, whose states are compared by ``differences``."""
        return not self.dated

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of its rows, the kind in its metadata."""
        fields = [pa.field(a.name, ARROW[a.type]) for a in self.attributes]
        return pa.schema(fields, metadata={"yilu.kind": self.name})

    @property
    def identity(self) -> tuple[str, ...]:
        """Columns that a row is known by."""
        return tuple(a.name for a in self.attributes if a.identity)


def _attributes(name: str) -> tuple[Attribute, ...]:
    text = (files("yilu.items.feeds") / "schema" / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(
        Attribute(
            r["attribute"], r["type"], r["unit"], r["default"], r["required"] == "yes", r["identity"] == "yes",
            tuple(r["choices"].split("|")) if r["choices"] else (), r["description_zh"], r["description_en"],
        )
        for r in csv.DictReader(text.splitlines())
    )  # fmt: skip


_NAMES: tuple[tuple[str, str, str, str, Literal["", "D", "M"]], ...] = (
    ("daily_aggregates", "日报", "Counts per operator, facility and day, where item events don't come.", "day", "M"),
    ("device_status", "设备状态", "What X-ray machines and cameras tell of themselves, bound to no item.", "at", "D"),
    ("outlet_filings", "末端网点备案", "The register of filed end outlets.", "", ""),
    ("sender_agreements", "协议客户备案", "The register of customers who send under an agreement, by hash.", "", ""),
    ("licences", "快递业务经营许可", "The register of express licences.", "", ""),
    ("crossing_closures", "通道关闭", "Bridges and ferries that are closed, from when to when.", "", ""),
    ("silences", "预警静默", "What nobody is to be told of for a while; evidence is kept all the same.", "", ""),
    (
        "protected_periods",
        "重要时点",
        "Periods of protection and major events: what they ask for beside the ordinary.",
        "",
        "",
    ),
    (
        "zero_reports",
        "零报告",
        "The daily reports that operators owe in a protected period, as they were received.",
        "",
        "",
    ),
)

KINDS: dict[str, Kind] = {
    name: Kind(name, zh, en, dated, period, _attributes(name)) for name, zh, en, dated, period in _NAMES
}


def kind_of(table: pa.Table) -> Kind:
    """The kind of a table that ``read``, ``merge`` or ``load`` gave. Raises ValueError for any other table."""
    name = (table.schema.metadata or {}).get(b"yilu.kind", b"").decode()
    if name not in KINDS:
        raise ValueError("a table of a feed is expected, with its kind in the schema's metadata")
    return KINDS[name]
