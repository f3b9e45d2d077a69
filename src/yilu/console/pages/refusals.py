"""What is said where a page isn't shown: each says the next step."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The role doesn't open it."""
    return render(request, "console/forbidden.html", status=403)


def unknown(request: HttpRequest, exception: Exception) -> HttpResponse:
    """There is no such page, or nothing of that name in the scope of who asks."""
    return render(request, "console/unknown.html", status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """A fault of yilu itself."""
    return render(request, "console/failed.html", status=500)
