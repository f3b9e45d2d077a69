"""Schemathesis over the OpenAPI document, and bytes of any kind at the intake: no 500, no answer that the document doesn't describe."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.django_db
_EXAMPLES = 6
_BOUNDS = settings(max_examples=_EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)  # fmt: skip


def test_schemathesis_finds_no_breach(
    client_of: Callable[..., Any],
    key_of: Callable[[str], str],
    ground: Any,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """Every operation, with what the document allows and with what it doesn't: each answer has a status, a type and a schema that the document states, and none is 500."""
    import schemathesis
    from django.core.signals import request_finished, request_started
    from django.core.wsgi import get_wsgi_application
    from django.db import close_old_connections
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    from tests.console.feeds.batches import lines, post, rows
    from yilu.console.api import asking

    monkeypatch.setattr(asking, "_token_fits", lambda _: True)  # the token of a session is tested by itself
    bearer = {"Authorization": f"Bearer {key_of('ZTO')}"}
    assert post(client_of(""), lines(rows(5)), bearer["Authorization"].split()[1]).status_code == 202
    ground.written()
    sessions = {r: {"Cookie": f"sessionid={client_of(r).cookies['sessionid'].value}"} for r in ("administrator", "duty")}  # fmt: skip
    # a test's connection is not closed behind it, as between requests of a server
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
        request.addfinalizer(partial(signal.connect, close_old_connections))
    document = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application(), headers=bearer)
    checks = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
    tried = set()
    for found in document.get_all_operations():
        operation = found.ok()
        roles = operation.definition.raw["x-roles"]
        who = bearer if "carrier" in roles else sessions["administrator" if "administrator" in roles else "duty"]
        for mode in schemathesis.GenerationMode:
            one = _one(operation, mode, who, checks, tried)
            try:
                one()
            except schemathesis.errors.SchemathesisError as error:
                if "cannot be generated" not in str(error) and "negat" not in str(error).lower():
                    raise
            except Exception as error:
                if type(error).__name__ not in ("Unsatisfiable", "SkipTest", "Skipped"):
                    raise
    assert len(tried) > 20


def _one(
    operation: Any, mode: Any, headers: dict[str, str], checks: list[Any], tried: set[tuple[str, str]]
) -> Callable[[], None]:
    """The test of one operation in one way."""

    @_BOUNDS
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: Any) -> None:
        case.validate_response(case.call(headers=headers), checks=checks)
        tried.add((case.operation.method, case.operation.path))

    return one  # type: ignore[no-any-return]


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_no_bytes_bring_the_intake_down(
    client_of: Callable[..., Any], key_of: Callable[[str], str], ground: Any, data: st.DataObject
) -> None:
    """Random bytes, batches cut off or changed, giant lines, other encodings, packed bodies: an account that adds up, or a problem; never 500, never a number on the disk."""
    from tests.console.feeds.batches import lines, post, rows

    global _KEY
    _KEY = _KEY or key_of("ZTO")
    good = lines(rows(5))
    kind = data.draw(st.sampled_from(("application/x-ndjson", "application/vnd.apache.arrow.stream", "text/csv")))
    headers: dict[str, str] = {}
    body = data.draw(
        st.one_of(
            st.binary(max_size=300),
            st.integers(0, len(good)).map(lambda n: good[:n]),
            st.sampled_from([good.decode().encode(e) for e in ("utf-16", "utf-32")]),
            st.sampled_from([b'{"waybill":"' + b"7" * (1 << 21) + b'"}\n', b"{" * 100_000, b"[" * 100_000 + b"\n", b"\n" * 1000, b"\0" * 1000, b'{"operator":"ZTO"' * 5000]),
            st.lists(st.tuples(st.integers(0, len(good) - 1), st.integers(0, 255)), max_size=6).map(lambda c: _changed(good, c)),
        )
    )  # fmt: skip
    if data.draw(st.integers(0, 9)) == 0:
        body, headers = gzip.compress(b"\n" * 10_000_000), {"content_encoding": data.draw(st.sampled_from(("gzip", "deflate", "br", "GZIP, identity")))}  # fmt: skip
    answer = post(client_of(""), body, _KEY, kind=kind, **headers)
    assert answer.status_code in (202, 400, 413, 415), answer.content
    if headers:
        assert answer.status_code == 415
    if answer.status_code == 202:
        told = answer.json()
        assert told["rows"] == told["used"] + told["quarantined"]
    else:
        assert answer["Content-Type"] == "application/problem+json" and answer.json()["next_step"]
    for file in (ground.spool / "received").glob("*") if (ground.spool / "received").exists() else ():
        assert b"7300000" not in file.read_bytes()


_KEY = ""


def _changed(good: bytes, changes: list[tuple[int, int]]) -> bytes:
    out = bytearray(good)
    for at, value in changes:
        out[at] = value
    return bytes(out)
