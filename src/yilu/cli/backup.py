"""``yilu backup`` and ``yilu restore``: the console's records in one file, and back."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

from yilu.cli.output import Json, print_json, print_table, say
from yilu.console import ready
from yilu.settings import load


def backup(
    file: Annotated[Path, typer.Argument(help="备份文件,不得已存在 · File to write; it must not be there yet.")],
    keys: Annotated[
        bool,
        typer.Option("--keys", help="连同会话与审计签名密钥 · With the keys of sessions and of the audit's heads."),
    ] = False,
    facts: Annotated[
        Path | None,
        typer.Option(
            help="另把事实库最新一次提交复制到此文件夹 · Copy the newest commit of the facts into this folder besides."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """备份记录库与审计树头(运行中亦可) · Back up the records and the audit's heads, also while the console runs."""
    ready.records()
    from yilu.console.operations import backup as files

    s = load()
    _recorded("records.backup", file)
    rows = files.backup(file, s.records, s.heads, keys)
    zh = s.language == "zh"
    _shown(rows, file, as_json, zh)
    if not as_json:
        say(
            "事实不在其中:另行复制事实库文件夹与假名密钥"
            if zh
            else "Facts are not in it: copy the store's folder and its key file apart"
        )
    if keys:
        say("此文件含密钥:谁拿到它都能伪造会话与树头,须加密另存" if zh else "This file holds keys: who has it can forge sessions and heads. Keep it encrypted, apart")  # fmt: skip


def restore(file: Annotated[Path, typer.Argument(help="备份文件 · Backup to take.")], as_json: Json = False) -> None:
    """恢复到空的记录库(可由 SQLite 转到 PostgreSQL) · Take a backup into empty records; also from SQLite to PostgreSQL."""
    ready.records(migrated=False)
    ready.migrate()
    from yilu.console.operations import backup as files

    s = load()
    rows = files.restore(file, s.records, s.heads)
    _recorded("records.restore", file)
    _shown(rows, file, as_json, s.language == "zh")
    if not as_json:
        say("下一步:yilu audit verify" if s.language == "zh" else "Next: yilu audit verify")


def _recorded(what: str, file: Path) -> None:
    from django.db import transaction

    from yilu.console.audit.recording import added

    with transaction.atomic():
        added(f"terminal:{getpass.getuser()}", "", what, "records", file.name)


def _shown(rows: dict[str, int], file: Path, as_json: bool, zh: bool, commit: int | None = None) -> None:
    if as_json:
        print_json({"file": file, "rows": rows, "commit": commit})
    else:
        print_table(str(file), ("表", "行数") if zh else ("table", "rows"), list(rows.items()))


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(backup)
    app.command()(restore)
