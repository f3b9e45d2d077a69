"""The outlines of areas, as the map fetches them: apart from the page, since they are large and stay the same."""

from __future__ import annotations

import hashlib
import json

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.urls import reverse
from django.views.decorators.http import require_GET

from yilu.console.access.gate import opens, scope_in
from yilu.console.access.roles import EVERYBODY, SCREENS
from yilu.console.overview.outlines import joined, there
from yilu.console.pages.asking import AddressError
from yilu.console.pages.showing import refusal
from yilu.network import Network

LEVELS = {"city": "cities", "county": "counties"}
_held: dict[tuple[str, str], tuple[bytes, str]] = {}


@opens(EVERYBODY | SCREENS)
@require_GET
def outlines(request: HttpRequest) -> HttpResponse:
    """GeoJSON of a level of areas. A province's areas are public: it holds nothing that a scope could narrow."""
    network, level = scope_in(request).network, request.GET.get("level", "city")
    if level not in LEVELS:
        return refusal(request, AddressError("level", level, "city or county", "city 或 county"), "json")
    body, tag = _body(network, level)
    headers = {"ETag": tag, "Cache-Control": "private, max-age=3600"}
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers=headers)
    return HttpResponse(body, content_type="application/geo+json", headers=headers)


def address(network: Network, level: str) -> str:
    """Where the outlines of a level are, "" where the province has none."""
    return f"{reverse('outlines')}?level={level}" if there(network, level) else ""


def _body(network: Network, level: str) -> tuple[bytes, str]:
    """The answer and its tag, made once for each folder."""
    key = (str(network.folder), level)
    if key not in _held:
        found = joined(network, level) or {"type": "FeatureCollection", "features": []}
        body = json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()
        _held[key] = body, f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    return _held[key]
