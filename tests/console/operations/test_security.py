"""What a browser or somebody with one can't do: act without the page's token, frame a page, leave the folders, send too much; and how it is set up for the open."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.console.conftest import PASSWORD
from yilu.console.accounts.models import User
from yilu.console.pages.showing import DEEDS


def test_the_check_before_deployment_is_clean(tmp_path: Path) -> None:
    """`django check --deploy` with https on finds nothing, warnings included."""
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "yilu.console.configuration", "YILU_HTTPS": "on", "YILU_HOSTS": "yilu.example.org", "YILU_RECORDS": str(tmp_path), "YILU_STORE": str(tmp_path / "s"),
        "YILU_KEY_FILE": str(tmp_path / "k"),
    }  # fmt: skip
    ran = subprocess.run([sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "INFO"], env=env, capture_output=True, text=True, timeout=120, check=False)  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "no issues (0 silenced)" in ran.stdout


def test_no_deed_without_the_pages_token(made: Callable[..., object]) -> None:
    """Every deed, log-in, log-out and the own password refuse a request that doesn't carry the token of a page (CSRF)."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(made("ann", "administrator"))  # type: ignore[arg-type]
    addresses = ["/login/", "/logout/", "/password/", "/language/", *(f"/{d.route.replace('<int:pk>', '1')}/" for d in DEEDS.values() if "<" not in d.route.replace("<int:pk>", ""))]  # fmt: skip
    assert len(addresses) > 10
    assert {a: client.post(a, {"username": "ann", "password": PASSWORD}).status_code for a in addresses} == dict.fromkeys(addresses, 403)  # fmt: skip
    assert User.objects.count() == 1


def test_what_every_answer_says_to_the_browser(logged_in: Callable[..., Client], client: Client) -> None:
    """No framing, no guessing of types, no scripts but the console's own, nothing kept in caches; the session's cookie is out of reach of scripts and other sites."""
    for answer in (logged_in("ann", "duty").get("/"), client.get("/login/"), client.get("/nothing/"), client.get("/healthz")):  # fmt: skip
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        policy = answer.headers["Content-Security-Policy"]
        assert (
            "frame-ancestors 'none'" in policy
            and "unsafe-inline'" not in policy.split("style-src-attr")[0]
            and "default-src 'none'" in policy
        )
        assert "no-store" in answer.headers["Cache-Control"]
    client.post("/login/", {"username": "ann", "password": PASSWORD})
    cookie = client.cookies["sessionid"]
    assert (bool(cookie["httponly"]), cookie["samesite"]) == (True, "Strict")


def test_a_login_gives_another_session(made: Callable[..., object], client: Client) -> None:
    """A session that somebody had before logging in is not the one afterwards (fixation)."""
    made("ann", "duty")
    client.get("/login/")
    before = client.session.session_key
    client.post("/login/", {"username": "ann", "password": PASSWORD})
    assert client.session.session_key not in (None, before)


@pytest.mark.parametrize(
    "path",
    [
        "../settings.py",
        "..%2f..%2fsettings.py",
        "%2e%2e/%2e%2e/configuration.py",
        "yilu/../../configuration.py",
        "//etc/passwd",
        "..\\settings.py",
    ],
)
def test_static_files_end_at_their_folder(client: Client, db: None, path: str) -> None:
    """No address of a static file leads to another file."""
    answer = client.get(f"/static/{path}")
    assert answer.status_code in (302, 404)
    assert b"SECRET_KEY" not in b"".join(answer) and b"root:" not in b"".join(answer)


def test_other_hosts_are_not_answered(client: Client, db: None) -> None:
    """A request for a host that isn't the console's is refused, so no link is made up with it."""
    assert client.get("/login/", headers={"Host": "evil.example"}).status_code == 400


def test_too_much_is_refused(logged_in: Callable[..., Client]) -> None:
    """A form of more fields, more bytes or more files than any page sends is refused, and nobody is made by it."""
    admin = logged_in("root", "administrator")
    at = "/records/users/add/"
    assert admin.post(at, {f"f{i}": "x" for i in range(300)}).status_code == 400
    assert admin.generic("POST", at, b"username=" + b"x" * (2 << 20), "application/x-www-form-urlencoded").status_code == 400  # fmt: skip
    files = {f"f{i}": SimpleUploadedFile("../../x", b"x") for i in range(6)}
    assert admin.post(at, files).status_code == 400
    broken = io.BytesIO(b"--no boundary")
    assert admin.generic("POST", at, broken.read(), "multipart/form-data; boundary=xx").status_code in (400, 422)
    assert User.objects.count() == 1
