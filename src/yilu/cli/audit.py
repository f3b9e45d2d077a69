"""``yilu audit``: signed heads of the audit record, and whether it is what it was."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from yilu.cli.facts import progress_bar
from yilu.cli.output import Json, print_json, print_table, say
from yilu.console import ready
from yilu.settings import load

app = typer.Typer(name="audit", help="审计记录 · The audit record.", no_args_is_help=True)


@app.command()
def head(as_json: Json = False) -> None:
    """签署并导出树头 · Sign the head of all entries so far and write it to `heads`."""
    ready.records()
    from yilu.console.audit import heads, stored

    s = load()
    made = stored.sign_new(s.records, s.heads)
    last, _ = stored.latest()
    key = heads.public_of(heads.signing_key(s.records))
    if as_json:
        told = {"size": last.size, "root": last.root, "at": last.at} if last else None
        print_json({"new": len(made), "head": told, "key": key, "folder": s.heads})
        return
    zh = s.language == "zh"
    if last is None:
        say("尚无审计记录" if zh else "nothing is in the audit record yet")
        return
    print_table(
        "最近树头" if zh else "Newest head",
        ("条数", "根散列", "签署时间", "公钥") if zh else ("entries", "root", "signed at", "public key"),
        [(last.size, last.root, _time(last.at), key)],
    )
    say("下一步:把该文件夹另存到别处;验证:yilu audit verify" if zh else "Next: keep the folder elsewhere too; `yilu audit verify` holds the record against it")  # fmt: skip


@app.command()
def verify(
    upto: Annotated[
        Path | None,
        typer.Argument(
            metavar="HEAD", help="树头文件;默认取导出文件夹中全部 · A head's file; all of `heads`, if not given."
        ),
    ] = None,
    key: Annotated[
        str, typer.Option(help="签署者公钥,十六进制 · Public key that must have signed, in hex; any, if not given.")
    ] = "",
    as_json: Json = False,
) -> None:
    """重算全部散列并与树头核对,指出首条有误记录 · Work out all hashes again, hold them against the heads, name the first bad entry."""
    ready.records()
    from yilu.console.audit import heads, stored
    from yilu.console.audit.models import Entry
    from yilu.console.audit.verifying import FINDINGS

    s = load()
    zh = s.language == "zh"
    with progress_bar(not as_json) as bar:
        task = bar.add_task("核对" if zh else "verifying", total=Entry.objects.count())
        verdict = stored.verified(s.heads, upto, key or None, lambda n: bar.update(task, completed=n))
    found = verdict.found
    if as_json:
        print_json({**vars(verdict), "found": vars(found) if found else None})
    else:
        titles = ("条数", "树头", "受树头覆盖", "根散列") if zh else ("entries", "heads", "covered by a head", "root")
        print_table("核对" if zh else "Verified", titles, [(verdict.entries, verdict.heads, verdict.covered, verdict.root)])  # fmt: skip
        if found:
            at = f"{found.first}" if found.first == found.last else f"{found.first}–{found.last}"
            said = FINDINGS[found.kind]
            say(f"✗ 第 {at} 条{said[0]}" if zh else f"✗ entry {at} {said[1]}")
            say("下一步:与备份比对(yilu audit export),查明何人改动" if zh else "Next: compare with a backup (`yilu audit export`) and find out who did it")  # fmt: skip
        elif not verdict.heads:
            say("没有树头:只核对了记录自身,截去末尾看不出来。运行 yilu audit head" if zh else "No head: entries were held against themselves alone, an end cut off isn't seen. Run: yilu audit head")  # fmt: skip
        elif len({heads.read(p).key for p in heads.exported(s.heads)}) > 1 and not key:
            say("树头由多把密钥签署,用 --key 指定" if zh else "The heads were signed by more than one key: name yours with --key")  # fmt: skip
    if found:
        raise typer.Exit(1)


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="文件:每行一条 JSON · File: one entry of JSON a line.")],
    since: Annotated[int, typer.Option(help="从第几条起 · First entry.", min=0)] = 0,
    as_json: Json = False,
) -> None:
    """导出审计记录,每行即被散列的文本 · Write the entries out; a line is the very text that is hashed."""
    ready.records()
    from yilu.console.audit import stored
    from yilu.items.disk import Disk

    n = 0
    with Disk(out.parent).create(out.name) as file:
        for entry in stored.kept(since):
            file.write(entry.told.encode() + b"\n")
            n += 1
    if as_json:
        print_json({"entries": n, "file": out})
    else:
        say(f"{n} 条 → {out}" if load().language == "zh" else f"{n} entries → {out}")


@app.command()
def proof(
    number: Annotated[int, typer.Argument(help="第几条 · Number of the entry.", min=0)], as_json: Json = False
) -> None:
    """给出一条记录的审计路径与一致性证明 · Show that an entry is in the record: its audit path, and that the record only grew."""
    ready.records()
    from yilu.console.audit import stored

    found = stored.proof_of(number, load().heads)
    if as_json:
        print_json(found)
        return
    print_table("", ("", ""), [(k, v if isinstance(v, str | int) else "\n".join(map(str, _lines(v)))) for k, v in found.items()])  # fmt: skip


def _lines(value: object) -> list[object]:
    if isinstance(value, dict):
        return [f"{k}: {v}" for k, v in value.items()]
    return list(value) if isinstance(value, list) else [value]


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")


def migrate(as_json: Json = False) -> None:
    """建立或升级记录库 · Make the console's records, or bring them to this version."""
    ready.records(migrated=False)
    applied = ready.migrate()
    if as_json:
        print_json({"applied": applied})
        return
    zh = load().language == "zh"
    say(*applied, ("记录库已是最新" if zh else "The records are of this version") if not applied else "✓")


def register(program: typer.Typer) -> None:
    """Add the command that makes the records, and the group of commands, to ``program``."""
    program.command()(migrate)
    program.add_typer(app, name="audit")
