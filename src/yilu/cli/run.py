"""``yilu run``: the one writer, running: feeds in, facts and evidence out, every second."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from yilu.cli.facts import facts
from yilu.cli.ingest import mapping_of
from yilu.cli.output import Json, print_json_line, say
from yilu.cli.status import ProvinceOption, StoreOption
from yilu.errors import StoreError, YiluError
from yilu.items import feeds
from yilu.items.intake import door_of
from yilu.items.intake.door import Door
from yilu.items.reading import Snapshot
from yilu.items.store import Store
from yilu.run import live
from yilu.run.facts import Facts
from yilu.run.handing import announced
from yilu.run.inlets import MAPPING, Inlet, Refusal, Spool, Stream, set_aside, whole_files
from yilu.run.jetstream import JetStream, Turn
from yilu.run.received import Received, say_taken
from yilu.run.receiving import NO_FEEDS, intake_limits
from yilu.run.registers import REGISTERS, number_of, read, taken_into
from yilu.supervision.rules import declared, judging, kept
from yilu.supervision.rules.judging import Judge
from yilu.supervision.rules.watching import Watch

_SAID_S = 10.0


def run(
    spool: Annotated[
        Path | None,
        typer.Option(help="投递文件夹:每个数据源一个子文件夹 · Spool folder: a folder in it for each feed."),
    ] = None,
    stdin: Annotated[
        bool, typer.Option("--stdin", help="从标准输入读 JSON 行 · Read JSON lines from standard input.")
    ] = False,
    nats: Annotated[str, typer.Option(help="NATS 地址 · Address of a NATS server.")] = "",
    stream: Annotated[str, typer.Option(help="JetStream 流名 · Name of its stream.")] = "yilu",
    mapping: Annotated[str, typer.Option(help="映射 · Mapping, where a feed's folder has none.")] = "yilu",
    feed: Annotated[
        str, typer.Option(help="标准输入与 NATS 的数据源名 · Name of the feed of standard input and NATS.")
    ] = "",
    seconds: Annotated[
        float, typer.Option(help="运行多少秒,0 为不限 · Run so long; 0: until it is stopped.", min=0)
    ] = 0,
    store: StoreOption = None,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:
    """持续读入并预警 · Take feeds in as they come; facts and alerts every second."""
    opened = facts(store, province)
    if not (spool or stdin or nats):
        raise YiluError(
            "nothing to read from", zh="没有数据来源", next_step="Give --spool FOLDER, --stdin or --nats URL.",
            next_step_zh="给出 --spool 文件夹、--stdin 或 --nats 地址", exit_code=2,
        )  # fmt: skip
    zh, s = opened.settings.language == "zh", opened.settings
    with opened.write() as writer:
        writer.settle()
        writer.flush()
        writer.remember(s.remembered_rows)
        inlets = _inlets(opened, writer, spool, stdin, nats, stream, mapping, feed, lambda r: _refused(r, zh))
        lateness_s = 60 * s.allowed_lateness_minutes
        catalogue = declared.for_province(opened.network.folder)

        def judge() -> tuple[Judge, str]:
            snapshot = Snapshot(writer.disk, writer.at, writer.rules)
            return judging.judge_of(snapshot, opened.network, catalogue), kept.judged_by(
                snapshot, catalogue, lateness_s
            )

        def registers() -> tuple[Judge, str] | None:
            places = dict.fromkeys((spool.resolve(), opened.settings.spool.resolve())) if spool else ()
            changed = [_registers(opened, writer, place, zh) for place in places]
            return judge() if any(changed) else None

        watch = Watch(writer, judge()[0], lateness_s)
        until = time.monotonic() + seconds if seconds else float("inf")
        asked = _asked_to_end()
        spools = [i for i in inlets if isinstance(i, Spool)]
        say("运行中;按 Ctrl-C 结束" if zh else "Running; Ctrl-C ends it.")
        with (
            announced(opened.root, spool, lambda: {i.feed: i.door.mapping.digest for i in spools}) as say_again,
            _closing(inlets),
            closing(watch),
        ):
            for one in spools:
                one.remapped = say_again
            live.run(
                writer, inlets, watch, judge()[1], live.Pace(), lambda: asked.is_set() or time.monotonic() >= until, _shown(zh, as_json), registers
            )  # fmt: skip


def _asked_to_end() -> threading.Event:
    """Set once the process is asked to end: the beat is then brought to its end. Asked again, it is interrupted as any command."""
    asked = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    return asked


@contextmanager
def _closing(inlets: list[Inlet]) -> Iterator[None]:
    """Leave what the inlets hold open, however the run ends."""
    try:
        yield
    finally:
        for inlet in inlets:
            inlet.close()


def _inlets(
    opened: Facts, store: Store, spool: Path | None, stdin: bool, nats: str, stream: str, mapping: str, feed: str,
    told: Callable[[Refusal], None],
) -> list[Inlet]:  # fmt: skip
    def door(name: str) -> Door:
        return door_of(mapping_of(name), opened.network, opened.key, intake_limits(opened.settings))

    found: list[Inlet] = []
    if spool:
        own = sorted(p for p in spool.iterdir() if p.is_dir() and p.name not in NO_FEEDS) if spool.is_dir() else []
        for folder in own or [spool / (feed or mapping_of(mapping).name)]:

            def of_folder(folder: Path = folder) -> Door:
                told_here = folder / MAPPING
                return door(str(told_here) if told_here.is_file() else mapping)

            found.append(Spool(folder, folder.name, of_folder(), told, of_folder))
        for place in dict.fromkeys((spool.resolve(), opened.settings.spool.resolve())):
            found.append(Received(place, told))
    name = feed or mapping_of(mapping).name
    if (stdin or nats) and mapping_of(mapping).format not in ("", "jsonl"):
        raise YiluError(
            f"mapping {mapping} reads {mapping_of(mapping).format}; a stream is read as JSON lines",
            zh=f"映射 {mapping} 读取 {mapping_of(mapping).format};流按 JSON 行读取", next_step="Give a mapping of JSON lines.",
            next_step_zh="改用 JSON 行的映射", exit_code=2,
        )  # fmt: skip
    if stdin:
        found.append(Stream(sys.stdin.fileno(), name, door(mapping)))
    if nats:
        zh = opened.settings.language == "zh"
        found.append(
            JetStream(nats, stream, name, door(mapping), store.at.offsets, lambda turn: _turned(stream, turn, zh))
        )
    return found


def _registers(opened: Facts, store: Store, spool: Path, zh: bool) -> bool:
    """Take in the files of other kinds that have come; of those with a receipt it is said which commit took them, before they are removed. Returns whether there were any."""
    changed, folder = False, spool / REGISTERS
    for kind in feeds.KINDS:
        for path in whole_files(folder / kind) if (folder / kind).is_dir() else ():
            try:
                taken_into(store, kind, read(opened, kind, path))
            except StoreError:
                raise  # the disk, not the file
            except (YiluError, OSError) as error:
                _refused(set_aside(path, error), zh)
            else:
                if number := number_of(path):
                    say_taken(spool, datetime.now(UTC), store.at.commit, [number])
                path.unlink()
                changed = True
    return changed


def _refused(refusal: Refusal, zh: bool) -> None:
    error = refusal.error
    say(
        f"✗ {refusal.name}:{error.zh or error.message} → {error.next_step_zh or error.next_step}"
        if zh
        else f"✗ {refusal.name}: {error.message} → {error.next_step}"
    )


def _turned(stream: str, turn: Turn, zh: bool) -> None:
    texts = {
        "away": (
            f"! 流 {stream} 或其 NATS 服务器连接不上:每半秒重试,未读的消息留在流中 → 请查看服务器是否运行、地址与流名是否正确",
            f"! the stream {stream} or its NATS server can't be reached: it is tried twice a second, and what was not read stays in the stream → see that the server runs, and that address and stream are right",
        ),
        "back": (f"· 流 {stream} 已恢复连接", f"· the stream {stream} is read again"),
        "remade": (
            f"! 流 {stream} 已删除重建:自其首条消息读起;旧流中未读的消息已不在 → 请发送方核对,缺的以文件补报",
            f"! the stream {stream} was deleted and made anew: it is read from its first message on; what was not read of the old one is gone → have the sender check, and send what is missing as files",
        ),
    }
    say(texts[turn][0 if zh else 1])


def _shown(zh: bool, as_json: bool) -> Callable[[live.Beat], None]:
    """Tell of the beats: each as a record, or the sum of some seconds as a line."""
    rows, told, since = 0, 0, time.monotonic()

    def show(beat: live.Beat) -> None:
        nonlocal rows, told, since
        if as_json:
            print_json_line(_record(beat))
            return
        rows, told = rows + beat.rows, told + beat.told
        passed = time.monotonic() - since
        if passed >= _SAID_S:
            say(
                f"提交 {beat.commit} · {rows / passed:,.0f} 行/秒 · 复核 {told:,} 件 · 证据 {beat.evidence:,} 条"
                if zh
                else f"commit {beat.commit} · {rows / passed:,.0f} rows/s · {told:,} items looked at · {beat.evidence:,} pieces of evidence"
            )
            rows, told, since = 0, 0, time.monotonic()

    return show


def _record(beat: live.Beat) -> dict[str, Any]:
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(beat).items()}


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(run)
