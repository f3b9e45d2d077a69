"""``yilu demo``: everything at once: a synthetic province that goes on in real time, the writer of facts, and the console."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date as Date
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from yilu import network as networks
from yilu.cli import walk_through
from yilu.cli.days import local_today
from yilu.cli.output import print_line, print_table, say
from yilu.console import ready
from yilu.errors import YiluError
from yilu.network import Network
from yilu.run.processes import Part, Together
from yilu.settings import Settings, load
from yilu.twin.flow import Told, flow, lasting
from yilu.twin.plan import FULL_DAY, DayPlan
from yilu.twin.scenario import read
from yilu.twin.truth_file import write_registers

_PAST_DAYS = 2
"""Whole days before the one on which it begins: items are under way, delivered and late by then (A)."""
_DAYS = 60
"""Days that a demonstration lasts."""
_PORTS = 50
_FEED = "twin"
_WAIT_S = 180.0


def demo(
    folder: Annotated[Path, typer.Option(help="演示文件夹 · Folder of the demonstration.")] = Path("yilu-demo"),
    scale: Annotated[float, typer.Option(help="规模,1 为全省一天 · Scale; 1 is a whole day of the province.")] = 0.001,
    once: Annotated[
        bool, typer.Option("--once", help="只演示命令行:合成一天、读入、列出事实 · Only a day on the terminal, taken in and told.")
    ] = False,
    port: Annotated[int, typer.Option(help="控制台端口,被占用则取其后空闲者 · Port of the console, or the next free one.", min=1, max=65_535)] = 8000,
    new_passwords: Annotated[
        bool, typer.Option("--new-passwords", help="给演示账号换新密码并列出 · Give the accounts new passwords, and show them.")
    ] = False,
    seconds: Annotated[float, typer.Option(help="运行多少秒,0 为不限 · Run so long; 0: until it is stopped.", min=0)] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="同 --once,以 JSON 输出 · As --once, as JSON.")] = False,
) -> None:  # fmt: skip
    """演示:实时流动的一天、读入、预警与控制台 · A day that flows in real time, taken in, watched, and shown in the console."""
    if once or as_json:
        walk_through.walk(folder, scale, as_json)
        return
    begun = time.monotonic()
    live = (folder / "live").resolve()
    env = _environment(live)
    os.environ.update(env)
    settings = load()
    zh = settings.language == "zh"
    network = networks.load(settings.province)
    plan = _plan(live, network, scale)
    with _asked_to_end() as stop, _ended(Together(live / "logs", env)) as parts:
        spool = _spool(live, plan)
        address = _web(parts, _free(port))
        writer = _writer(parts, spool, settings)
        _show_accounts(network, new_passwords, zh)
        _wait_for(address, parts, stop)
        print_line(f"{'控制台' if zh else 'The console'}: {address}")
        _say_start(plan, writer, live, time.monotonic() - begun, zh)
        told = _flowing(plan, spool / _FEED, live / "told", stop, parts, zh)
        deadline = threading.Timer(seconds, stop.set) if seconds else None
        if deadline:
            deadline.daemon = True
            deadline.start()
        parts.watch(stop)
        told.join()
        say("正在结束;再次运行即从此处继续" if zh else "Ending; the same command goes on from here.")


def _environment(live: Path) -> dict[str, str]:
    """The demonstration's own places, whatever is set otherwise; it is reached from this machine alone."""
    return {
        "YILU_STORE": str(live / "store"), "YILU_KEY_FILE": str(live / "key"), "YILU_RECORDS": str(live / "records"), "YILU_DATABASE_URL": "sqlite",
        "YILU_HEADS": str(live / "heads"), "YILU_VAULT": str(live / "vault"), "YILU_VAULT_KEY_FILE": str(live / "vault-key"), "YILU_SPOOL": str(live / "spool"),
        "YILU_HOSTS": "127.0.0.1,localhost", "YILU_HTTPS": "off", "DJANGO_SETTINGS_MODULE": "yilu.console.configuration",
    }  # fmt: skip


def _plan(live: Path, network: Network, scale: float) -> DayPlan:
    """The days that flow: begun two days ago, or where the folder says that they did. Raises YiluError for days that are over."""
    file = live / "plan.json"
    today = local_today(network)
    if file.exists():
        kept = json.loads(file.read_text(encoding="utf-8"))
    else:
        live.mkdir(parents=True, exist_ok=True)
        kept = {
            "first": (today - timedelta(days=_PAST_DAYS)).isoformat(),
            "items": max(1, round(scale * FULL_DAY)),
        }
        file.write_text(json.dumps(kept), encoding="utf-8")
    first = Date.fromisoformat(kept["first"])
    if today >= first + timedelta(days=_DAYS):
        raise YiluError(
            f"the demonstration in {live.parent} was of {_DAYS} days from {first} on, which are over", zh=f"{live.parent} 中的演示自 {first} 起 {_DAYS} 天,已经结束",
            next_step=f"remove {live}, and give the command again", next_step_zh=f"删除 {live} 后重新运行",
        )  # fmt: skip
    scenario = lasting(read(Path(str(network.folder)) / walk_through.FAULTS, network), _DAYS)
    return DayPlan(network, first, kept["items"], days=_DAYS, scenario=scenario, slice_minutes=60)


def _spool(live: Path, plan: DayPlan) -> Path:
    """The folder that the writer takes files from; at the first start with the registers that belong to what is planted."""
    spool = live / "spool"
    if not spool.exists():
        for file in write_registers(plan, live):
            folder = spool / "registers" / file.stem
            folder.mkdir(parents=True)
            file.replace(folder / file.name)
    (spool / _FEED).mkdir(parents=True, exist_ok=True)
    return spool


def _free(port: int) -> int:
    """The first free port from ``port`` on. Raises YiluError where none of some is."""
    for candidate in range(port, min(port + _PORTS, 65_536)):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return candidate
    raise YiluError(f"no port from {port} on is free", zh=f"自 {port} 起没有空闲端口", next_step="give another one with --port", next_step_zh="用 --port 另指定")  # fmt: skip


def _web(parts: Together, port: int) -> str:
    """Start the console. Returns its address."""
    ready.records(migrated=False)
    ready.migrate()
    parts.start(
        Part(
            "web", "控制台", "the console",
            ("uvicorn", "yilu.console.asgi:application", "--host", "127.0.0.1", "--port", str(port), "--timeout-graceful-shutdown", "3", "--no-access-log", "--lifespan", "off"), 15.0,
            "look at the lines above; another port is given with --port", "查看日志;可用 --port 另指定端口",
        )
    )  # fmt: skip
    return f"http://127.0.0.1:{port}/"


def _writer(parts: Together, spool: Path, settings: Settings) -> Part:
    part = Part(
        "writer", "事实写入进程", "the writer of facts", ("yilu.cli.app", "run", "--spool", str(spool)), 30.0,
        f"look at the lines above; remove {settings.store.parent} to begin anew", f"查看日志;删除 {settings.store.parent} 可重新开始",
    )  # fmt: skip
    parts.start(part)
    return part


def _show_accounts(network: Network, afresh: bool, zh: bool) -> None:
    from yilu.console.access.roles import ROLES
    from yilu.console.demonstration import accounts

    made = accounts(network, afresh)
    if not any(a.password for a in made):
        say("演示账号与此前相同;--new-passwords 换新密码" if zh else "The accounts are those of before; --new-passwords gives them new passwords.")  # fmt: skip
        return
    heads = ("账号", "密码", "角色", "范围") if zh else ("account", "password", "role", "scope")
    from django.utils import translation

    with translation.override("zh-hans" if zh else "en"):
        rows = [(a.name, a.password or "–", str(ROLES[a.role].name), a.operator or a.area or "–") for a in made]
    title = "演示账号(密码只显示这一次)" if zh else "Accounts (the passwords are shown this once)"
    print_table(title, heads, rows)
    sys.stdout.flush()


def _wait_for(address: str, parts: Together, stop: threading.Event) -> None:
    """Wait until the console answers. Raises YiluError where it has ended, or takes too long."""
    until = time.monotonic() + _WAIT_S
    while not stop.wait(0.1):
        if (error := parts.failed()) is not None:
            raise error
        try:
            with urllib.request.urlopen(f"{address}login/", timeout=5):
                return
        except OSError:
            if time.monotonic() > until:
                raise YiluError(
                    f"the console does not answer at {address}", zh=f"控制台在 {address} 没有应答", next_step=f"look into {parts.logs}", next_step_zh=f"查看 {parts.logs}", exit_code=6,
                ) from None  # fmt: skip


def _say_start(plan: DayPlan, writer: Part, live: Path, seconds: float, zh: bool) -> None:
    rate = 9.5 * plan.items / 86_400
    if zh:
        say(
            f"用时 {seconds:.1f} 秒。自 {plan.date} 起每日 {plan.items:,} 件,平均每秒 {rate:.0f} 条扫描事件;首次运行需编译计算核,数据约一两分钟后出现"
        )
        say(f"数据与日志在 {live};按 Ctrl-C 结束,再次运行继续")
    else:
        say(
            f"{seconds:.1f} s. {plan.items:,} items a day from {plan.date} on, {rate:.0f} scan events a second on average; a first run compiles its kernels, and shows data after a minute or two"
        )
        say(f"Data and logs are in {live}; Ctrl-C ends all, and the same command goes on.")


def _flowing(
    plan: DayPlan, folder: Path, mark: Path, stop: threading.Event, parts: Together, zh: bool
) -> threading.Thread:
    """Let the days flow in a thread of their own; what goes wrong there ends all."""
    caught_up = False

    def told(piece: Told) -> None:
        nonlocal caught_up
        if piece.live and not caught_up:
            caught_up = True
            say("已追上当前时间,实时流动" if zh else "Come up with the clock: it flows in real time.")

    def run() -> None:
        try:
            flow(plan, folder, mark, stop, told=told)
        except Exception as error:
            parts.fault = YiluError(
                f"the synthetic province has stopped: {error}", zh=f"合成数据已停止:{error}", next_step="free disk space, and give the command again", next_step_zh="腾出磁盘空间后重新运行", exit_code=6,
            )  # fmt: skip

    thread = threading.Thread(target=run, name="flow", daemon=True)
    thread.start()
    return thread


@contextmanager
def _asked_to_end() -> Iterator[threading.Event]:
    """Set once the process is asked to end."""
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {n: signal.signal(n, end) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _ended(parts: Together) -> Iterator[Together]:
    try:
        yield parts
    finally:
        parts.end()


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(demo)
