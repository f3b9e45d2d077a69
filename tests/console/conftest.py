"""Django over a small store that all tests of the console read, users of all roles, and a client for each."""

from __future__ import annotations

import atexit
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_PLACE = tempfile.TemporaryDirectory(prefix="yilu-console-")
atexit.register(_PLACE.cleanup)
FOLDER = Path(_PLACE.name)
ENV = {
    "YILU_STORE": str(FOLDER / "made" / "store"), "YILU_KEY_FILE": str(FOLDER / "made" / "key"), "YILU_RECORDS": str(FOLDER / "records"),
    "YILU_HEADS": str(FOLDER / "heads"), "YILU_VAULT": str(FOLDER / "vault"),
    "YILU_VAULT_KEY_FILE": str(FOLDER / "vault_key_file"), "YILU_DATABASE_URL": os.environ.get("YILU_DATABASE_URL", "sqlite"), "YILU_HOSTS": "127.0.0.1,localhost,testserver",
}  # fmt: skip
PASSWORD = "a-long-password-1"


def _configure() -> None:
    """Django's settings follow from yilu's, which are read once: with the tests' own, of which the environment keeps nothing."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("YILU_") and name in ENV}
    os.environ.update(ENV)
    os.environ["DJANGO_SETTINGS_MODULE"] = "yilu.console.configuration"
    import django
    from django.conf import settings

    # A database in a file: threads of one test see each other's rows as processes do, which they don't in memory.
    if ENV["YILU_DATABASE_URL"] == "sqlite":
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(FOLDER / "test.sqlite3")
    # many accounts are made, and Argon2 is slow on purpose
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
    django.setup()
    from yilu.console.facts import newest

    newest()
    for name in ENV:
        del os.environ[name]
    os.environ.update(kept)


_configure()


@pytest.fixture(autouse=True)
def settings_of_the_console(settings_of_nobody: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever reads settings in a test of the console reads its own."""
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for what is worked out behind waits for it, and searches are short and few: a test looks at what a page shows, not at how long it takes, or how good it is."""
    monkeypatch.setattr("yilu.console.behind.WAIT_S", 300.0)
    monkeypatch.setattr("yilu.console.hubs.asked.DEFAULT_S", 1)
    monkeypatch.setattr("yilu.console.hubs.asked.MOST_HUBS", 3)


@pytest.fixture(scope="session")
def made_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the store that the console shows, one for all workers."""
    from tests.console.made_store import made

    base = tmp_path_factory.getbasetemp()
    shared = made((base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "console-store")
    here = FOLDER / "made"
    if not here.is_symlink():
        here.symlink_to(shared)
    return shared


@pytest.fixture(scope="session")
def hashed() -> str:
    """One password's hash for all users: making it is slow on purpose."""
    from django.contrib.auth.hashers import make_password

    return make_password(PASSWORD)


@pytest.fixture
def users(db: None, hashed: str) -> dict[str, Any]:
    """A user of each role by its name, all of the province; and ``city`` (duty officer of Shenzhen), ``firm`` (another carrier, YTO); the carrier is ZTO."""
    from yilu.console.access.roles import CARRIER, DUTY, ROLES
    from yilu.console.accounts.models import User

    wanted = {role: {"role": role} for role in ROLES}
    wanted[CARRIER]["operator"] = "ZTO"
    more: dict[str, dict[str, Any]] = {
        "city": {"role": DUTY, "areas": ["440300"]},
        "firm": {"role": CARRIER, "operator": "YTO"},
    }
    return {
        name: User.objects.create(username=name, password=hashed, **fields)
        for name, fields in {**wanted, **more}.items()
    }


@pytest.fixture
def client_of(users: dict[str, Any], made_store: Path) -> Callable[[str], Any]:
    """A client of the user of that name, logged in; ``"" `` for a visitor whom nobody knows."""
    from django.test import Client

    def of(name: str) -> Any:
        client = Client(REMOTE_ADDR="203.0.113.9")  # an address of documentation: not this machine
        if name:
            client.force_login(users[name])
        return client

    return of


@pytest.fixture
def made(db: None) -> Callable[..., Any]:
    """Makes an account: ``made("ann", "duty", areas=["440100"])``."""
    from yilu.console.accounts.models import User

    return lambda name, role, **more: User.objects.make(name, PASSWORD, role, **more)


@pytest.fixture
def logged_in(made: Callable[..., Any]) -> Callable[..., Any]:
    """A browser of a new account of a role."""
    from django.test import Client

    def of(name: str, role: str, **more: Any) -> Any:
        client = Client()
        client.force_login(made(name, role, **more))
        return client

    return of
