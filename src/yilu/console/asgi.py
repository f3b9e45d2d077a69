"""The console as an ASGI application, as uvicorn serves it."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

from yilu.console.access.bodies import Bounded, most_bytes
from yilu.settings import load

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yilu.console.configuration")
application = Bounded(get_asgi_application(), most_bytes(load()))
