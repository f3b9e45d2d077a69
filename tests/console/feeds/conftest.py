"""Django over a store and a spool of each test's own, a writer that takes what was handed over, users, and machine keys."""

from __future__ import annotations

import atexit
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

_PLACE = tempfile.TemporaryDirectory(prefix="yilu-feeds-")
atexit.register(_PLACE.cleanup)


def _configure() -> None:
    """Django's settings, unless another part of the console's tests has made them."""
    if "DJANGO_SETTINGS_MODULE" in os.environ:
        return
    own = {
        "YILU_STORE": f"{_PLACE.name}/store", "YILU_KEY_FILE": f"{_PLACE.name}/key", "YILU_RECORDS": f"{_PLACE.name}/records",
        "YILU_HOSTS": "127.0.0.1,localhost,testserver", "DJANGO_SETTINGS_MODULE": "yilu.console.configuration",
    }  # fmt: skip
    os.environ.update(own)
    import django

    django.setup()
    from yilu.console.facts import newest

    newest()


_configure()


@dataclass(frozen=True)
class Ground:
    """Facts of a test's own, and the folder of their spool."""

    facts: Any
    spool: Path

    def written(self) -> int:
        """Let a writer take what waits. Returns the commit it came to."""
        from yilu.console.facts import newest
        from yilu.run.received import Received

        with self.facts.write() as store:
            inlet = Received(self.spool, lambda _: None)
            while found := inlet.take(store.at, 0.0, 10**6):
                store.commit(found)
                inlet.taken(store.at)
            inlet.taken(store.at)
            commit = int(store.at.commit)
        newest()._held.clear()
        return commit


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """Facts in a folder of the test's own, which the console shows and takes batches for."""
    from yilu.console.facts import newest
    from yilu.console.feeds.taking import receiving
    from yilu.run.facts import Facts

    shown = newest()
    before = shown.facts
    own = Facts(replace(before.settings, store=tmp_path / "store", key_file=tmp_path / "key", spool=tmp_path / "spool", buckets=4))  # fmt: skip
    own.__dict__["network"] = before.network
    shown.facts = own
    shown._held.clear()
    receiving.cache_clear()
    yield Ground(own, tmp_path / "spool")
    shown.facts = before
    shown._held.clear()
    receiving.cache_clear()


@pytest.fixture
def users(db: None, ground: Ground) -> dict[str, Any]:
    """Users by name: duty, administrator, auditor, statistician, city (Shenzhen), carrier (ZTO), firm (YTO)."""
    from yilu.console.accounts.models import User

    wanted: dict[str, dict[str, Any]] = {
        **{r: {"role": r} for r in ("duty", "administrator", "auditor", "statistician")}, "city": {"role": "duty", "areas": ["440300"]},
        "carrier": {"role": "carrier", "operator": "ZTO"}, "firm": {"role": "carrier", "operator": "YTO"},
    }  # fmt: skip
    return {n: User.objects.create(username=n, password="!", **more) for n, more in wanted.items()}


@pytest.fixture
def client_of(users: dict[str, Any]) -> Callable[..., Any]:
    """A client of a user, logged in; "" for a visitor whom nobody knows."""
    from django.test import Client

    def of(name: str, **how: Any) -> Any:
        client = Client(**how)
        if name:
            client.force_login(users[name])
        return client

    return of


@pytest.fixture
def key_of(users: dict[str, Any]) -> Callable[[str], str]:
    """A machine key of an operator, made as the page makes it."""
    from yilu.console.feeds.keys import digest_of
    from yilu.console.feeds.models import MachineKey

    def of(operator: str) -> str:
        text = f"yk_{operator}-{MachineKey.objects.count()}-made-for-a-test"
        MachineKey.objects.create(operator=operator, feed=operator, name="test", prefix=text[:11], digest=digest_of(text), made_by="test")  # fmt: skip
        return text

    return of
