"""Where records lie: SQLite in a folder, or a PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from yilu.errors import SettingsError

SQLITE = "sqlite"


def database(url: str, folder: Path) -> dict[str, Any]:
    """Django's entry for ``url``: ``sqlite`` (a file in ``folder``) or ``postgresql://user:password@host:port/name?option=value``.

    Raises SettingsError, without the password, for anything else.
    """
    if url == SQLITE:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": folder / "records.sqlite3",
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"},
        }  # fmt: skip
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        told = f"{parts.scheme}://…" if parts.scheme else "…"
        raise SettingsError(
            "database_url", told, "sqlite, or postgresql://user:password@host:port/name", "the settings"
        )
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }
