"""Addresses of the API. Import it after all pages and records are declared: it is made of them."""

from __future__ import annotations

from yilu.console.api import document, files, intake, of_pages, of_records
from yilu.console.api.interface import urls

for _part in (intake, files, document, of_records, of_pages):
    _part.declare()

urlpatterns = urls()
