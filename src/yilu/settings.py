"""What is set, and where from?

``SETTINGS`` declares each setting once: its type, default, unit, bounds and what it is for in two languages. ``load`` takes the
value from the environment (``YILU_NAME``), else from a TOML file, else the default, and keeps with each value where it came
from. ``yilu settings`` prints that and ``docs/reference/settings.md`` is made of it. Nothing else in yilu reads the environment for a value.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platformdirs import user_config_path

from yilu.errors import SettingsError, YiluError

Value = str | int | Path


@dataclass(frozen=True)
class Setting:
    """One setting. ``type``: path, text, choice, int or size; ``least``/``most`` bound an int (inclusive); ``choices`` a choice."""

    name: str
    type: str
    default: Value
    unit: str
    zh: str
    en: str
    least: int = 0
    most: int = 2**62
    choices: tuple[str, ...] = ()
    power_of_two: bool = False
    secret: str = ""
    """A pattern of the part that is shown to nobody."""

    @property
    def env(self) -> str:
        """The environment variable that sets it."""
        return "YILU_" + self.name.upper()

    @property
    def expected(self) -> str:
        """What may be given, in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.type == "int":
            kind = "a power of two" if self.power_of_two else "a whole number"
            return f"{kind} from {self.least} to {self.most}" + (f" ({self.unit})" if self.unit else "")
        return "a path" if self.type == "path" else "text that is not empty"


def _days(name: str, default: int, zh: str, en: str) -> Setting:
    return Setting(name, "int", default, "days", zh, en, 0, 36_500)


SETTINGS: tuple[Setting, ...] = (
    Setting("store", "path", Path("yilu-store"), "", "事实库所在文件夹", "Folder of the store of facts."),
    Setting(
        "key_file", "path", user_config_path("yilu") / "key", "",
        "假名密钥文件,不得放在事实库内", "File of the key of pseudonyms; outside the store, readable by its owner alone.",
    ),
    Setting("province", "text", "guangdong", "", "省份:随软件提供的名称或文件夹", "Province: a name that yilu ships, or a folder."),
    Setting("spool", "path", Path("yilu-spool"), "", "投递文件夹:交给写入进程的文件与接口收到的批次", "Spool folder: files for the running writer, and the batches that the API took."),
    Setting("returns", "path", Path("yilu-returns"), "", "已接收企业报表所在文件夹", "Folder of the returns of enterprises that were accepted; apart from the store."),
    Setting("records", "path", Path("yilu-records"), "", "记录库所在文件夹(控制台)", "Folder of the console's records, and of the secret that signs its sessions."),
    Setting(
        "database_url", "text", "sqlite", "", "记录库:sqlite 或 postgresql://…", "Where records are kept: sqlite (in `records`), or postgresql://user:password@host:port/name.",
        secret=r"(?<=[^/:]:)[^/].*(?=@)|(?<=password=)[^&]+",
    ),
    Setting("heads", "path", Path("yilu-heads"), "", "审计树头导出文件夹", "Folder to which signed heads of the audit record are written; best on another machine's disk."),
    Setting("hosts", "text", "127.0.0.1,localhost", "", "控制台可用的主机名", "Names under which the console may be asked for, with commas."),
    Setting("https", "choice", "off", "", "控制台是否只经 HTTPS", "Whether the console is reached by HTTPS only: cookies and headers follow.", choices=("off", "on")),
    Setting("session_minutes", "int", 480, "minutes", "登录有效时长", "Time without a request after which one must log in again.", 1, 10_080),
    Setting("live_clients", "int", 500, "clients", "每个进程的实时连接上限", "Browsers that a process of the console keeps up to date at once; more are told to come again.", 1, 100_000),
    Setting(
        "base_map", "text", "none", "", "地图底图:none 或本站栅格瓦片地址,如 /tiles/{z}/{x}/{y}.png",
        "Ground of the map: none, or where raster tiles are on the console's own host, as /tiles/{z}/{x}/{y}.png.",
    ),
    Setting("login_failures", "int", 5, "failures", "登录失败几次后须等待", "Failed logins in a row, to an account, after which each further one makes wait longer; ten times as many from an address.", 1, 1000),
    Setting("login_wait_minutes", "int", 5, "minutes", "登录等待上限", "Longest time that one must wait after failed logins.", 0, 1440),
    Setting("vault", "path", Path("yilu-vault"), "", "已封存单号所在文件夹", "Folder of the sealed waybill numbers of flagged items; apart from the store."),
    Setting(
        "vault_key_file", "path", user_config_path("yilu") / "vault-key", "",
        "封存密钥文件,不得放在事实库内", "File of the key of sealed numbers; outside the store, readable by its owner alone.",
    ),
    Setting("vault_cipher", "choice", "aes-siv", "", "封存算法", "Cipher of sealed numbers.", choices=("aes-siv", "sm4-gcm")),
    Setting("vault_hours", "int", 72, "hours", "还原申请有效期", "Time from a request to open a sealed number until it expires, opened or not.", 1, 720),
    Setting(
        "metrics", "text", "loopback", "", "谁可读 /metrics:loopback 为仅本机,或访问令牌", "Who may read /metrics: loopback for this machine alone, or a token that is sent as a bearer's.",
        secret=r"^(?!loopback$).+",
    ),
    Setting("intake_kb", "int", 16_384, "KB", "接口一批的最大长度", "Largest batch of events that the API takes.", 64, 262_144),
    Setting("intake_rows", "int", 100_000, "rows", "接口一批的最多行数", "Rows of a batch of events that the API takes, at most.", 1, 1_000_000),
    Setting("waiting_mb", "int", 2048, "MB", "待写入批次的上限", "Batches that wait for the writer, at most; beyond it the API asks to come again later.", 1, 4_000_000),
    Setting("language", "choice", "zh", "", "界面语言", "Language of what is shown.", choices=("zh", "en")),
    Setting(
        "hash", "choice", "siphash", "", "单号假名算法", "Keyed hash that makes pseudonyms; fixed when a store is made.",
        choices=("siphash", "sm3"),
    ),
    Setting(
        "buckets", "int", 32, "buckets", "状态分桶数,建库时确定", "Parts a store's states are kept in; fixed when a store is made.",
        1, 4096, power_of_two=True,
    ),
    Setting("chunk_rows", "int", 1_048_576, "rows", "每批读入行数", "Rows read at a time, at most.", 1, 2**27),
    Setting("commit_rows", "int", 6_000_000, "rows", "每次提交行数", "Rows gathered into one commit, at most.", 1, 2**31),
    Setting(
        "at_once_rows", "int", 1_000_000, "rows", "迟到事件即时重算的日志上限",
        "Log up to which events that come behind what their items had are folded in their own commit; beyond it they wait.", 0, 2**40,
    ),
    Setting(
        "settle_percent", "int", 100, "%", "迟到事件合并重算的周期",
        "Events that wait are folded together when so many per cent of the log's rows have come since the last time.", 0, 10_000,
    ),
    Setting(
        "remembered_rows", "int", 100_000_000, "rows", "持续运行时内存中的日志行数",
        "Logged events that a running writer holds in memory too, so that late ones are folded at once; some 70 bytes each.", 0, 2**40,
    ),
    Setting("memory_mb", "int", 12_000, "MB", "内存上限", "Memory that states and queries may hold.", 256, 4_000_000),
    Setting("threads", "int", 2, "threads", "线程数", "Threads for reading and queries.", 1, 1024),
    Setting(
        "clock_ahead_minutes", "int", 10, "minutes", "容许的时钟超前",
        "How far an event may lie ahead of its recording before it is quarantined.", 0, 1440,
    ),
    Setting(
        "allowed_lateness_minutes", "int", 780, "minutes", "容许的迟报时间",
        "How late a feed may tell of an event; what is known of the time before its latest event less this is taken as complete.", 0, 44_640,
    ),
    Setting(
        "least_firms", "int", 3, "firms", "统计按地区公布时的最少企业数",
        "In statistics by area, what stands on fewer firms is withheld.", 1, 100,
    ),
    _days("reuse_days", 90, "同号再次收寄视为新件的间隔", "An acceptance later than this after the same number's previous one begins a new item."),
    _days("container_days", 3, "容器扫描惠及内件的期限", "How long a scan of a container reaches the items last put into it."),
    _days("closing_days", 3, "结束后多久封存", "Time after its end that an item is closed."),
    _days("stale_days", 30, "无扫描多久视为失联", "Time without a scan after which an open item is closed as stale."),
    _days("correction_days", 30, "更正期限", "How long after closing a late event is still taken in."),
    _days("retain_log_days", 90, "事件日志保存期", "How long events are kept."),
    _days("retain_closed_days", 365, "已封存寄件保存期", "How long closed items are kept."),
    _days("retain_quarantine_days", 90, "隔离行保存期", "How long quarantined rows are kept."),
    _days("retain_tokens_days", 3, "寄件人标记哈希保存期(当日数据完整之后)", "How long keyed hashes of senders' tokens are kept once their day is complete."),
    _days("retain_counts_days", 1825, "日报保存期", "How long daily counts are kept; whole months go."),
    _days("retain_devices_days", 90, "设备状态保存期", "How long device status is kept."),
    _days("retain_receipts_days", 730, "回执保存期", "How long receipts of what was reported are kept."),
    _days("retain_registers_days", 1825, "备案与许可旧版本保存期", "How long a version of a register's row is kept once a later one stands."),
    Setting(
        "max_line_bytes", "int", 1 << 20, "bytes", "单行最大长度", "Longest line of a text file; a longer one is quarantined.",
        1024, 1 << 30,
    ),
    Setting(
        "max_document_bytes", "int", 64 << 20, "bytes", "单个文档最大长度", "Largest EPCIS document; a larger one is refused whole.",
        1024, 1 << 34,
    ),
    Setting(
        "impossible_km", "int", 100, "km", "不可能行程:最小距离", "Two scans nearer than this are never an impossible journey.",
        0, 40_000,
    ),
    Setting(
        "impossible_m_s", "int", 300, "m/s", "不可能行程:速度", "Speed between two scans above which the journey is impossible.",
        1, 10_000,
    ),
)  # fmt: skip

BY_NAME: dict[str, Setting] = {s.name: s for s in SETTINGS}
FILE_NAME = "yilu.toml"
FILE_ENV = "YILU_SETTINGS"
OTHER_ENV: dict[str, str] = {
    FILE_ENV: "Path of the settings file, instead of yilu.toml in the current folder.",
    "YILU_UV": "The uv that ./do uses, instead of one on PATH or its own.",
    "YILU_VENV": "The environment that ./do makes and uses, instead of .venv.",
    "YILU_PYTHON": "The Python that ./do makes the environment with, instead of one that uv finds.",
    "YILU_NPM": "The npm that ./do fetches the console's browser libraries with, instead of the machine's or that of a wheel.",
    "YILU_CHROMIUM": "The browser that tests and screenshots drive, instead of chromium, chromium-browser or google-chrome on PATH, or the one that playwright fetched.",
    "YILU_EXAMPLES": "How many generated lives the property tests try.",
    "YILU_SHARED_DATA": "Folder of the large real inputs that some tests read, instead of ../shared/data.",
}
"""Variables that are no settings of yilu itself."""


@dataclass(frozen=True)
class Settings:
    """The value of each setting as an attribute; ``sources[name]`` tells where it came from."""

    store: Path
    key_file: Path
    province: str
    spool: Path
    returns: Path
    records: Path
    database_url: str
    heads: Path
    hosts: str
    https: str
    session_minutes: int
    live_clients: int
    base_map: str
    login_failures: int
    login_wait_minutes: int
    vault: Path
    vault_key_file: Path
    vault_cipher: str
    vault_hours: int
    metrics: str
    intake_kb: int
    intake_rows: int
    waiting_mb: int
    language: str
    hash: str
    buckets: int
    chunk_rows: int
    commit_rows: int
    at_once_rows: int
    settle_percent: int
    remembered_rows: int
    memory_mb: int
    threads: int
    clock_ahead_minutes: int
    allowed_lateness_minutes: int
    least_firms: int
    reuse_days: int
    container_days: int
    closing_days: int
    stale_days: int
    correction_days: int
    retain_log_days: int
    retain_closed_days: int
    retain_quarantine_days: int
    retain_tokens_days: int
    retain_counts_days: int
    retain_devices_days: int
    retain_receipts_days: int
    retain_registers_days: int
    max_line_bytes: int
    max_document_bytes: int
    impossible_km: int
    impossible_m_s: int
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    def value(self, name: str) -> Value:
        """The value of the setting called ``name``."""
        found: Value = getattr(self, BY_NAME[name].name)
        return found

    def shown(self, name: str) -> Value:
        """The value as it may be shown: a password or token in it is hidden."""
        value, secret = self.value(name), BY_NAME[name].secret
        return re.sub(secret, "…", str(value)) if secret else value


def load(env: Mapping[str, str] | None = None, file: Path | None = None, **given: Value | None) -> Settings:
    """All settings: ``given`` (from the command line; None = not given) over ``env`` over the TOML file over the defaults.

    ``file``: the TOML file; without it the one named by YILU_SETTINGS (it must exist), else ``yilu.toml`` in the current folder if
    there is one. A relative path in the file is relative to the file. Raises ``SettingsError`` (key, value, what was expected).
    """
    environment = os.environ if env is None else env
    named = file or (Path(environment[FILE_ENV]) if environment.get(FILE_ENV) else None)
    in_file = _read(named) if named else _read(Path(FILE_NAME)) if Path(FILE_NAME).is_file() else {}
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    raw: object
    _no_unknown(environment, given)
    for setting in SETTINGS:
        option = given.get(setting.name)
        if option is not None:
            raw, source = option, "command line"
        elif setting.env in environment:
            raw, source = environment[setting.env], f"environment {setting.env}"
        elif setting.name in in_file:
            path, raw = in_file[setting.name]
            source = f"file {path}"
        else:
            raw, source = setting.default, "default"
        values[setting.name] = _value(setting, raw, source)
        sources[setting.name] = source
    return Settings(**values, sources=sources)


def _no_unknown(env: Mapping[str, str], given: Mapping[str, object]) -> None:
    """Refuse a misspelt variable: it would silently do nothing."""
    known = {s.env for s in SETTINGS} | set(OTHER_ENV)
    for name in sorted(env):
        if name.startswith("YILU_") and name not in known:
            raise SettingsError(name.removeprefix("YILU_").lower(), env[name], _names(), f"environment {name}")
    for name in given:
        if name not in BY_NAME:
            raise SettingsError(name, given[name], _names(), "command line")


def _names() -> str:
    return "a setting of " + ", ".join(BY_NAME)


def _read(path: Path) -> dict[str, tuple[Path, object]]:
    """The settings of a TOML file with the path they stand in."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise YiluError(
            f"settings file {path} can't be read: {error.strerror}", next_step=f"Make it, or unset {FILE_ENV}."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise YiluError(f"settings file {path} is no TOML: {error}", next_step="Correct the file.") from error
    found: dict[str, tuple[Path, object]] = {}
    for name, value in table.items():
        if name not in BY_NAME:
            raise SettingsError(name, value, _names(), f"file {path}")
        if BY_NAME[name].type == "path" and isinstance(value, str) and value:
            value = path.parent / value
        found[name] = (path, value)
    return found


def _value(setting: Setting, raw: object, source: str) -> Value:
    """``raw`` as the setting's type, or ``SettingsError``."""
    if setting.type == "int":
        return _int(setting, raw, source)
    if setting.type == "path" and isinstance(raw, Path):
        return raw.expanduser()
    if not isinstance(raw, str) or not raw.strip():
        raise SettingsError(setting.name, raw, setting.expected, source)
    if setting.choices and raw not in setting.choices:
        raise SettingsError(setting.name, raw, setting.expected, source)
    return Path(raw).expanduser() if setting.type == "path" else raw


def _int(setting: Setting, raw: object, source: str) -> int:
    text = raw.strip().replace("_", "") if isinstance(raw, str) else raw
    whole = isinstance(text, int) and not isinstance(text, bool)
    if not whole and not (isinstance(text, str) and text.isascii() and text.isdigit()):
        raise SettingsError(setting.name, raw, setting.expected, source)
    number = int(text)  # type: ignore[call-overload]
    if not setting.least <= number <= setting.most or (setting.power_of_two and number & (number - 1)):
        raise SettingsError(setting.name, raw, setting.expected, source)
    return int(number)
