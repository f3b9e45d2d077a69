"""``yilu serve``: the console, served."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import Annotated

import typer

from yilu.cli.output import Json, print_json_line, say
from yilu.console import ready, vendor
from yilu.settings import load

_SILENT_S = 60
"""A process that says nothing for so long is ended and another one begun. One that loads, or compiles kernels, on a machine under load is silent for longer than the five seconds that are usual."""


def serve(
    host: Annotated[str, typer.Option(help="监听地址 · Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="端口 · Port.", min=1, max=65_535)] = 8000,
    workers: Annotated[int, typer.Option(help="进程数 · Processes that answer.", min=1, max=64)] = 1,
    migrate: Annotated[
        bool,
        typer.Option("--migrate", help="先建立或升级记录库 · Make the records, or bring them to this version, first."),
    ] = False,
    proxy: Annotated[
        str,
        typer.Option(
            help="可信代理地址,逗号分隔:以其转告的来访地址为准 · Proxies, by address or network, separated by commas, that are believed about who asks."
        ),
    ] = "127.0.0.1,::1",
    as_json: Json = False,
) -> None:
    """运行控制台 · Serve the console."""
    import uvicorn

    ready.records(migrated=not migrate)
    zh = load().language == "zh"
    if migrate:
        ready.migrate()
    if missing := vendor.missing():
        names = ", ".join(missing)
        say(
            f"缺浏览器库:{names};地图与图表不可用。" if zh else f"Browser libraries are missing: {names}; maps and charts don't show.",
            "下一步:npm ci --ignore-scripts && python -m yilu.console.vendor node_modules" if zh else "Next: npm ci --ignore-scripts && python -m yilu.console.vendor node_modules",
        )  # fmt: skip
    if as_json:
        print_json_line({"host": host, "port": port, "workers": workers})
    else:
        say(f"http://{host}:{port}/")
    measured = _measured(workers)
    try:
        uvicorn.run(
            "yilu.console.asgi:application", host=host, port=port, workers=workers, log_config=None, access_log=False, server_header=False, lifespan="off",
            proxy_headers=True, forwarded_allow_ips=proxy, timeout_graceful_shutdown=5,
            timeout_worker_healthcheck=_SILENT_S,
        )  # fmt: skip
    finally:
        if measured:
            shutil.rmtree(measured, ignore_errors=True)


def _measured(workers: int) -> str:
    """Where several workers put their measures together; the library that keeps them must learn of it before it is loaded."""
    if workers == 1:
        return ""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder = tempfile.mkdtemp(prefix="yilu-measures-")
    return folder


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(serve)
