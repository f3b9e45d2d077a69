"""The console as a Django application."""

from __future__ import annotations

from django.apps import AppConfig


class Console(AppConfig):
    """One application: its records are few and belong together."""

    name = "yilu.console"
    label = "console"
    default_auto_field = "django.db.models.BigAutoField"
