"""The table of addresses. What is public stands here by name; all else passes the gate."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from yilu.console.accounts import logging_in, passwords
from yilu.console.alerts import deeds as alert_deeds  # noqa: F401 - declares its deeds and screens
from yilu.console.audit import pages as audit_pages  # noqa: F401 - declares its screens
from yilu.console.command import advising, handing_over  # noqa: F401 - declare their deeds and screens
from yilu.console.command import deeds as command_deeds  # noqa: F401 - declares its deeds and screens
from yilu.console.feeds import pages as feeds  # noqa: F401 - declares its screens
from yilu.console.hubs import comparing, number, robust  # noqa: F401 - declare their screens
from yilu.console.items import looking  # noqa: F401 - declares its screens
from yilu.console.items import pages as items  # noqa: F401 - declares its screens
from yilu.console.journeys import departures, disruption, in_flight, promise_map, reach  # noqa: F401 - declare their screens
from yilu.console.live import stream
from yilu.console.network import pages as network  # noqa: F401 - declares its screens
from yilu.console.operations import probes
from yilu.console.overview import pages as overview  # noqa: F401 - declares its screens
from yilu.console.overview import serving
from yilu.console.pages import (
    files,
    finding,  # noqa: F401 - declares its screen
)
from yilu.console.pages.showing import urls
from yilu.console.plan import downloads, judging, ledgers  # noqa: F401 - declare their screens and files
from yilu.console.plan import pages as plan  # noqa: F401 - declares its screens
from yilu.console.protected import deeds as protected_deeds  # noqa: F401 - declares its deeds and screens
from yilu.console.records import accounts  # noqa: F401 - declares its screens
from yilu.console.system import pages as system_pages  # noqa: F401 - declares its screens
from yilu.console.vault import pages as vault_pages  # noqa: F401 - declares its screens

from yilu.console.api import urls as interface  # isort: skip - made of all that is declared above

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("metrics", probes.measures, name="metrics"),
    path("login/", logging_in.log_in, name="login"),
    path("logout/", logging_in.log_out, name="logout"),
    path("map/outlines.json", serving.outlines, name="outlines"),
    path("live", stream.live, name="live"),
    path("password/", passwords.own_password, name="password"),
    path("language/", logging_in.choose_language, name="language"),
    *urls(),
    *files.urls(),
    *interface.urlpatterns,
]
handler403 = "yilu.console.pages.refusals.forbidden"
handler404 = "yilu.console.pages.refusals.unknown"
handler500 = "yilu.console.pages.refusals.failed"
