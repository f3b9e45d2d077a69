"""Guards in the database itself: triggers by which entries and heads of the audit can be added and nothing else, whoever is connected.

Who owns the database can take them away: they keep mistakes and lesser rights out. What an owner does is found by ``verifying``.
"""

from __future__ import annotations

from typing import Any

TABLES = ("console_entry", "console_head")
_SAID = "the audit record is append-only"
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION yilu_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{_SAID}'; END $$
"""


def install(connection: Any) -> None:
    """Put the guards where they are not. ``connection``: Django's, to SQLite or PostgreSQL."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_FUNCTION)
        for table in TABLES:
            for statement in _statements(connection.vendor, table):
                cursor.execute(statement)


def _statements(vendor: str, table: str) -> list[str]:
    if vendor == "postgresql":
        return [
            f"CREATE OR REPLACE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION yilu_append_only()"
        ]
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_kept_{event.lower()} BEFORE {event} ON {table} BEGIN SELECT RAISE(ABORT, '{_SAID}'); END"
        for event in ("UPDATE", "DELETE")
    ]


def remove(connection: Any) -> None:
    """Take the guards away, for what must be able to: a restoring, or tests that empty their tables."""
    with connection.cursor() as cursor:
        for table in TABLES:
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_kept ON {table}")
            else:
                for event in ("update", "delete"):
                    cursor.execute(f"DROP TRIGGER IF EXISTS {table}_kept_{event}")


def installed(connection: Any) -> bool:
    """Whether all guards are there."""
    catalogue = "pg_trigger" if connection.vendor == "postgresql" else "sqlite_master"
    column = "tgname" if connection.vendor == "postgresql" else "name"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {catalogue} WHERE {column} LIKE %s", ["console_%_kept%"])
        found = {str(row[0]) for row in cursor.fetchall()}
    return all(any(name.startswith(f"{table}_kept") for name in found) for table in TABLES)
