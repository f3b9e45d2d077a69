"""The console's records from outside a page: what commands open before they touch them."""

from __future__ import annotations

import os

import django

from yilu.errors import StoreError


def records(migrated: bool = True) -> None:
    """Make the records ready for use in this process. Raises StoreError where there is no database, or it is of another version; ``migrated``: whether that matters."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yilu.console.configuration")
    django.setup()
    if migrated and pending():
        raise StoreError(
            "the records are not there, or of an earlier version", zh="记录库尚未建立,或版本较旧", next_step="run: yilu migrate", next_step_zh="运行 yilu migrate"
        )  # fmt: skip


def pending() -> list[str]:
    """Migrations that are still to be applied. Raises StoreError where the database can't be reached."""
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise StoreError(
            f"the database of the records can't be reached: {type(error).__name__}", zh="无法连接记录库",
            next_step="check database_url and that the server runs", next_step_zh="检查 database_url 及数据库服务",
        ) from error  # fmt: skip
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def migrate() -> list[str]:
    """Bring the records to this version, their guards included; names of the migrations that were applied."""
    from django.core.management import call_command
    from django.db import connection

    from yilu.console.audit.guards import install

    applied = pending()
    call_command("migrate", verbosity=0, interactive=False)
    install(connection)
    return applied
