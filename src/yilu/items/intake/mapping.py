"""A mapping says how one feed's files are read: a small TOML file, checked when it is read.

``docs/reference/mapping.md`` describes every key. ``Mapping.read("yilu")`` is the built-in mapping of yilu's own layout.
"""

from __future__ import annotations

import codecs
import hashlib
import tomllib
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, NoReturn

from yilu.errors import should_be
from yilu.items import codes
from yilu.items.intake.chunk import MappingError
from yilu.items.intake.times import EXPECTED, EXPECTED_ZH, ISO, TimeFormatError, compile_format
from yilu.items.kinds import BY_CODE

FORMATS: tuple[str, ...] = ("parquet", "csv", "jsonl", "epcis")
EVENT_COLUMNS: tuple[str, ...] = (
    "operator", "waybill", "kind", "at", "facility", "recorded_at", "event_id", "voids", "piece", "parent", "container", "item_class",
    "sender_kind", "service_level", "origin", "destination", "promise", "weight_g", "outcome", "sender_token",
)  # fmt: skip
"""Columns an event can be given; the first four are required."""
REQUIRED: tuple[str, ...] = EVENT_COLUMNS[:4]
VALUED: tuple[str, ...] = (
    "operator", "kind", "facility", "item_class", "sender_kind", "service_level", "origin", "destination", "outcome",
)  # fmt: skip
"""Columns of codes: a table ``[values.COLUMN]`` may translate the source's codes."""
TIME_UNITS: dict[str, int] = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
WEIGHT_UNITS: dict[str, float] = {"g": 1.0, "kg": 1000.0, "mg": 0.001}
CONFIDENTIAL_CLASSES: tuple[str, ...] = ("confidential", "机要")
_A_KIND, _A_KIND_ZH = "a kind of kinds.csv", "kinds.csv 中的环节"


@dataclass(frozen=True)
class From:
    """Where an event column comes from: a source ``column``, or else the constant ``value``."""

    column: str = ""
    value: str = ""
    optional: bool = False


@dataclass(frozen=True)
class Condition:
    """When an event block applies to a row: ``column`` is present (``equals`` empty), or holds one of ``equals``."""

    column: str
    equals: tuple[str, ...] = ()
    absent: bool = False


@dataclass(frozen=True)
class EventRule:
    """One event that a row can make: its conditions (all must hold) and its columns."""

    when: tuple[Condition, ...]
    columns: dict[str, From]


@dataclass(frozen=True)
class Mapping:
    """How a feed's files become events; see ``docs/reference/mapping.md`` for each key."""

    name: str
    rules: tuple[EventRule, ...]
    format: str = ""
    files: str = "*"
    time_zone: str = ""
    time_formats: tuple[str, ...] = (ISO,)
    time_unit: str = "s"
    weight_unit: str = "g"
    encoding: str = "utf-8"
    delimiter: str = ","
    quoted_newlines: bool = False
    column_names: tuple[str, ...] = ()
    code_table: str = ""
    check_s10: bool = True
    sql: str = ""
    confidential: tuple[Condition, ...] = ()
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    locations: dict[str, str] = field(default_factory=dict)
    vocabulary: dict[str, str] = field(default_factory=dict)
    number_prefixes: tuple[str, ...] = ()

    @classmethod
    def read(cls, source: Path | str) -> Mapping:
        """The mapping in a TOML file, or the built-in one of that name. Raises MappingError (file, key, value, expectation)."""
        built_in = files("yilu.items.intake") / "mappings" / f"{source}.toml"
        if isinstance(source, str) and "/" not in source and built_in.is_file():
            return parse(built_in.read_text(encoding="utf-8"), f"{source}.toml")
        path = Path(source)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            reason_zh = error.strerror if isinstance(error, OSError) else "不是 UTF-8 文本"
            raise MappingError(
                f"mapping {path.name} can't be read: {reason}",
                next_step="give the path of a TOML file",
                zh=f"映射 {path.name} 无法读取:{reason_zh}",
                next_step_zh="给出一个 TOML 文件的路径",
            ) from error
        return parse(text, path.name)

    @property
    def digest(self) -> str:
        """A hash of what the mapping says (comments apart) and of the version of its code table, 16 hex digits."""
        version = codes.table(self.code_table).version if self.code_table else ""
        parts = [
            f"{name}={_plain(getattr(self, name))}" for name in sorted(self.__dataclass_fields__) if name != "name"
        ]
        return hashlib.blake2b("\n".join([*parts, version]).encode(), digest_size=8).hexdigest()

    def source_columns(self) -> dict[str, bool]:
        """Source columns that are read; True for those a source must have."""
        wanted: dict[str, bool] = {}
        for condition in (*self.confidential, *(c for rule in self.rules for c in rule.when)):
            wanted[condition.column] = True
        for rule in self.rules:
            for spec in rule.columns.values():
                if spec.column:
                    wanted[spec.column] = wanted.get(spec.column, False) or not spec.optional
        return wanted

    def coded_columns(self) -> set[str]:
        """Source columns of codes: those that conditions and tables of values ask about."""
        conditions = {c.column for c in (*self.confidential, *(c for rule in self.rules for c in rule.when))}
        return conditions | {rule.columns[n].column for rule in self.rules for n in VALUED if n in rule.columns}


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{k!r}:{_plain(v)}" for k, v in sorted(value.items())) + "}"
    if isinstance(value, EventRule):
        return f"{_plain(value.columns)}{value.when!r}"
    return "(" + ",".join(map(_plain, value)) + ")" if isinstance(value, tuple) else repr(value)


class _Reader:
    """Reads checked values out of one TOML table; every error names file, key, value and expectation."""

    def __init__(self, raw: dict[str, Any], file: str, prefix: str = "") -> None:
        self.raw, self.file, self.prefix = raw, file, prefix

    def fail(self, key: str, value: object, expected: str, zh: str) -> NoReturn:
        found = repr("nothing" if value is None else str(value)[:60])
        found_zh = "未填写" if value is None else f"现为 {found}"
        raise MappingError(
            f"mapping {self.file}, key {self.prefix}{key}: {found} stands there, {expected} is expected",
            next_step="correct the mapping; docs/reference/mapping.md lists every key",
            zh=f"映射 {self.file},键 {self.prefix}{key}:{found_zh},{should_be(zh)}",
            next_step_zh="改正映射;docs/reference/mapping.md 列出全部键",
        )

    def only(self, known: tuple[str, ...]) -> None:
        for key in self.raw:
            if key not in known:
                self.fail(key, key, f"one of the keys {', '.join(known)}", f"以下键之一:{'、'.join(known)}")

    def text(self, key: str, default: str = "", allowed: tuple[str, ...] = ()) -> str:
        value = self.raw.get(key, default)
        if not isinstance(value, str):
            self.fail(key, value, "text", "文本")
        if allowed and key in self.raw and value not in allowed:
            self.fail(key, value, " or ".join(allowed), " 或 ".join(allowed))
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self.raw.get(key, default)
        if not isinstance(value, bool):
            self.fail(key, value, "true or false", "true 或 false")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.raw.get(key, [])
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            self.fail(key, value, "a list of texts", "文本的列表")
        return tuple(value)

    def table(self, key: str) -> dict[str, Any]:
        value = self.raw.get(key, {})
        if not isinstance(value, dict):
            self.fail(key, value, "a table", "表")
        return value

    def text_table(self, key: str) -> dict[str, str]:
        value = self.table(key)
        for k, v in value.items():
            if not isinstance(v, str):
                self.fail(f"{key}.{k}", v, "text", "文本")
        return dict(value)

    def inner(self, key: str, value: object) -> _Reader:
        if not isinstance(value, dict):
            self.fail(key, value, "a table", "表")
        return _Reader(value, self.file, f"{self.prefix}{key}.")


_KEYS = (
    "name", "format", "files", "operator", "time_zone", "time_formats", "time_unit", "weight_unit", "encoding", "delimiter",
    "quoted_newlines", "column_names", "code_table", "check_s10", "sql", "confidential", "columns", "values", "event", "epcis",
)  # fmt: skip


def parse(text: str, file: str) -> Mapping:
    """The mapping that ``text`` (TOML) describes; ``file`` stands in errors."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(
            f"mapping {file} is no TOML: {error}",
            next_step="correct the mapping",
            zh=f"映射 {file} 不是 TOML:{error}",
            next_step_zh="改正映射",
        ) from error
    reader = _Reader(raw, file)
    reader.only(_KEYS)
    name = reader.text("name")
    if not name:
        reader.fail("name", "", "a name", "名称")
    epcis = reader.inner("epcis", reader.table("epcis"))
    epcis.only(("locations", "vocabulary", "number_prefixes"))
    mapping = Mapping(
        name=name,
        format=reader.text("format", allowed=FORMATS),
        files=reader.text("files", "*"),
        time_zone=_checked(
            reader, "time_zone", "", _zone, "a time zone such as Asia/Shanghai", "时区,如 Asia/Shanghai"
        ),
        time_formats=_time_formats(reader),
        time_unit=reader.text("time_unit", "s", tuple(TIME_UNITS)),
        weight_unit=reader.text("weight_unit", "g", tuple(WEIGHT_UNITS)),
        encoding=_checked(
            reader,
            "encoding",
            "utf-8",
            _encoding,
            "utf-8, gb18030, gbk, gb2312 or latin-1",
            "utf-8、gb18030、gbk、gb2312 或 latin-1",
        ),
        delimiter=_checked(reader, "delimiter", ",", _delimiter, "one ASCII character", "一个 ASCII 字符"),
        quoted_newlines=reader.flag("quoted_newlines", False),
        column_names=reader.texts("column_names"),
        code_table=_checked(
            reader,
            "code_table",
            "",
            _code_table,
            f"one of {', '.join(t.id for t in codes.tables())}",
            f"{'、'.join(t.id for t in codes.tables())} 之一",
        ),
        check_s10=reader.flag("check_s10", True),
        sql=reader.text("sql"),
        confidential=_conditions(reader, "confidential", raw.get("confidential", [])),
        values=_values(reader),
        locations=epcis.text_table("locations"),
        vocabulary=_kinds(epcis, "vocabulary", epcis.text_table("vocabulary")),
        number_prefixes=epcis.texts("number_prefixes"),
        rules=_rules(reader),
    )
    if mapping.sql and mapping.format not in ("", "parquet", "csv", "jsonl"):
        reader.fail("format", mapping.format, "no other reader beside sql", "空缺:用 sql 时不另用读取方式")
    return mapping


def _checked(reader: _Reader, key: str, default: str, check: Callable[[str], object], expected: str, zh: str) -> str:
    value = reader.text(key, default)
    if key in reader.raw:
        try:
            check(value)
        except (ValueError, LookupError, OSError):
            reader.fail(key, value, expected, zh)
    return value


def _zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValueError(name)


def _encoding(name: str) -> None:
    # Line ends and delimiters must be single bytes that stand for nothing else.
    if codecs.lookup(name).name not in ("utf-8", "gb18030", "gbk", "gb2312", "ascii", "iso8859-1"):
        raise ValueError(name)


def _delimiter(text: str) -> None:
    if len(text) != 1 or not text.isascii() or text in '"\r\n\\':
        raise ValueError(text)


def _code_table(name: str) -> None:
    if name:
        codes.table(name)


def _time_formats(reader: _Reader) -> tuple[str, ...]:
    formats = reader.texts("time_formats") or (ISO,)
    for text in formats:
        try:
            compile_format(text)
        except TimeFormatError:
            reader.fail("time_formats", text, EXPECTED, EXPECTED_ZH)
    return formats


def _values(reader: _Reader) -> dict[str, dict[str, str]]:
    raw = reader.inner("values", reader.table("values"))
    raw.only(VALUED)
    values = {name: raw.text_table(name) for name in raw.raw}
    _kinds(raw, "kind", values.get("kind", {}))
    return values


def _kinds(reader: _Reader, key: str, of: dict[str, str]) -> dict[str, str]:
    for source, kind in of.items():
        if kind not in BY_CODE:
            reader.fail(f"{key}.{source}", kind, _A_KIND, _A_KIND_ZH)
    return of


def _rules(reader: _Reader) -> tuple[EventRule, ...]:
    shared = _columns(reader.inner("columns", reader.table("columns")))
    operator = reader.text("operator")
    if operator:
        if "operator" in shared:
            reader.fail(
                "operator", operator, "a constant operator or a column of it, not both,", "固定企业或企业列,二者取一"
            )
        shared["operator"] = From(value=operator)
    blocks = reader.raw.get("event", [{}])
    if not isinstance(blocks, list) or not blocks:
        reader.fail("event", blocks, "one block [[event]] or more", "一个或多个 [[event]]")
    rules = []
    for number, block in enumerate(blocks, 1):
        inner = reader.inner(f"event {number}", block)
        columns = {**shared, **_columns(inner)}
        # An EPCIS document names its own columns; of a feed of it only the operator is asked for.
        if reader.raw.get("format") != "epcis":
            for name in REQUIRED:
                if name not in columns:
                    inner.fail(name, None, "a source column or a constant", "来源列或固定值")
        kind = columns.get("kind", From())
        if kind.value and kind.value not in BY_CODE:
            inner.fail("kind", kind.value, _A_KIND, _A_KIND_ZH)
        if "waybill" in columns and not columns["waybill"].column:
            inner.fail("waybill", columns["waybill"].value, "a source column", "来源列")
        rules.append(EventRule(_conditions(inner, "when", block.get("when", [])), columns))
    return tuple(rules)


def _columns(reader: _Reader) -> dict[str, From]:
    event = reader.prefix.startswith("event")
    reader.only((*EVENT_COLUMNS, "when") if event else EVENT_COLUMNS)
    columns = {}
    for name, spec in reader.raw.items():
        if name == "when":
            continue
        if isinstance(spec, str) and spec:
            columns[name] = From(column=spec)
            continue
        inner = reader.inner(name, spec)
        inner.only(("column", "value", "optional"))
        made = From(inner.text("column"), inner.text("value"), inner.flag("optional", False))
        if bool(made.column) == bool(made.value):
            reader.fail(name, spec, "either a column or a value", "column 或 value,二者取一")
        columns[name] = made
    return columns


def _conditions(reader: _Reader, key: str, raw: object) -> tuple[Condition, ...]:
    blocks = raw if isinstance(raw, list) else [raw]
    made = []
    for block in blocks:
        inner = reader.inner(key, block)
        inner.only(("column", "equals", "absent"))
        column = inner.text("column")
        if not column:
            inner.fail("column", None, "a source column", "来源列")
        equals = inner.texts("equals")
        if key == "confidential" and not equals:
            inner.fail("equals", None, "the values that mark confidential mail", "标明机要邮件的取值")
        made.append(Condition(column, equals, inner.flag("absent", False)))
    return tuple(made)
