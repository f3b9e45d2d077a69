"""Events over HTTP: acknowledged when safe, each batch once, bounded, of one operator, and proved by a receipt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.console.feeds.batches import lines, post, rows
from tests.console.texts import HAN

pytestmark = pytest.mark.django_db


def test_a_batch_is_acknowledged_written_and_proved(
    client_of: Callable[..., Any], key_of: Callable[[str], str], ground: Any
) -> None:
    """202 with an account of its rows; after the writer's commit the receipt names it, and the same body verifies while another doesn't."""
    client, key = client_of(""), key_of("ZTO")
    body = lines([*rows(20), *rows(1, 50, at="yesterday"), *rows(1, 60, operator="YTO"), *rows(1, 70, kind="qujian")])
    answer = post(client, body, key)
    told = answer.json()
    assert (answer.status_code, told["rows"], told["used"], told["state"], told["commit"]) == (
        202,
        23,
        21,
        "waiting",
        0,
    )
    assert told["reasons"] == {"bad_time": 1, "other_operator": 1} and told["unmapped"] == {"qujian": 1}
    assert list((ground.spool / "received").glob("*.batch")), "acknowledged before it was on the disk"
    commit = ground.written()
    at = answer["Location"]
    known = client.get(at, HTTP_AUTHORIZATION=f"Bearer {key}").json()
    assert known["state"] == "committed" and 0 < known["commit"] <= commit
    assert ground.facts.read().at.counts.accepted == 21
    assert post(client, body, key, at + "/verify").json() == {"same": True}
    assert post(client, body + b"\n", key, at + "/verify").json() == {"same": False}
    other = client.get(at, HTTP_AUTHORIZATION=f"Bearer {key_of('YTO')}")
    assert other.status_code == 404, "a receipt of another operator"


def test_what_is_refused_and_how(client_of: Callable[..., Any], key_of: Callable[[str], str], ground: Any) -> None:
    """Every refusal has its status, is a problem document, says the next step, and keeps nothing."""
    from yilu.console.feeds.models import MachineKey

    client, key, body = client_of(""), key_of("ZTO"), lines(rows(2))
    most = ground.facts.settings.intake_rows
    revoked = key_of("ZTO")
    MachineKey.objects.filter(prefix=revoked[:11]).exclude(digest__isnull=True).order_by("-pk").first()
    MachineKey.objects.filter(pk=MachineKey.objects.order_by("-pk").first().pk).update(revoked_at="2026-01-01T00:00Z")
    cases = {
        401: [post(client, body, "yk_nobody"), post(client, body, revoked), client.post("/api/v1/events", body, content_type="application/x-ndjson"), client_of("carrier").post("/api/v1/events", body, content_type="application/x-ndjson")],
        405: [client.get("/api/v1/events", HTTP_AUTHORIZATION=f"Bearer {key}")],
        415: [post(client, body, key, kind="application/json"), post(client, body, key, content_encoding="gzip"), post(client, body, key, content_encoding="zstd, br")],
        413: [post(client, b"{}\n" * (most + 3), key)],
        400: [post(client, "行".encode("utf-16"), key), post(client, b"ARROW1", key, kind="application/vnd.apache.arrow.stream"), post(client, body, key, idempotency_key="a b")],
        422: [post(client, body, key, "/api/v1/events?dry_run=perhaps")],
    }  # fmt: skip
    for status, answers in cases.items():
        for number, answer in enumerate(answers):
            assert answer.status_code == status, (status, number, answer.content)
            assert answer["Content-Type"] == "application/problem+json" and answer.json()["status"] == status
            assert answer.json()["title"] and HAN.search(answer.json()["detail_zh"])
    assert not list((ground.spool / "received").glob("*")) if (ground.spool / "received").exists() else True


def test_a_body_longer_than_the_limit_is_not_read(
    client_of: Callable[..., Any], key_of: Callable[[str], str], ground: Any
) -> None:
    """Neither with the length it states nor with one it doesn't state."""
    from yilu.console.feeds.taking import receiving

    receiving().facts = replace(ground.facts, settings=replace(ground.facts.settings, intake_kb=64))
    receiving().facts.__dict__["network"] = ground.facts.network
    client, key = client_of(""), key_of("ZTO")
    assert post(client, bytes((64 << 10) + 1), key).status_code == 413
    bare = client.generic("POST", "/api/v1/events", lines(rows(1)), content_type="application/x-ndjson", HTTP_AUTHORIZATION=f"Bearer {key}", CONTENT_LENGTH="")  # fmt: skip
    assert bare.status_code == 411


def test_an_idempotency_key_gives_the_first_receipt(
    client_of: Callable[..., Any], key_of: Callable[[str], str], ground: Any
) -> None:
    """The same batch under the same key is taken once; another batch under it is refused; another machine may use the same text."""
    client, key = client_of(""), key_of("ZTO")
    first = post(client, lines(rows(5)), key, idempotency_key="day-1")
    again = post(client, lines(rows(5)), key, idempotency_key="day-1")
    assert (again.status_code, again["Idempotent-Replayed"], again.json()["receipt"]) == (202, "true", first.json()["receipt"])  # fmt: skip
    assert len(list((ground.spool / "received").glob("*.batch"))) == 1
    other = post(client, lines(rows(6)), key, idempotency_key="day-1")
    assert other.status_code == 422 and other["Content-Type"] == "application/problem+json"
    assert post(client, lines(rows(6)), key_of("ZTO"), idempotency_key="day-1").status_code == 202


def test_repeats_without_a_key_do_no_harm(
    client_of: Callable[..., Any], key_of: Callable[[str], str], ground: Any
) -> None:
    """A sender who never heard the answer sends again: two receipts, the facts once."""
    client, key = client_of(""), key_of("ZTO")
    assert [post(client, lines(rows(5)), key).status_code for _ in range(2)] == [202, 202]
    ground.written()
    counts = ground.facts.read().at.counts
    assert (counts.rows, counts.accepted, counts.repeated) == (5, 5, 0)


def test_back_pressure(client_of: Callable[..., Any], key_of: Callable[[str], str], ground: Any) -> None:
    """Where more waits than a setting allows, 429 says when to come again, and no receipt is left behind."""
    from yilu.console.feeds.models import Receipt

    client, key = client_of(""), key_of("ZTO")
    folder = ground.spool / "received"
    folder.mkdir(parents=True)
    with (folder / "waits.batch").open("wb") as file:
        file.truncate(ground.facts.settings.waiting_mb << 20)
    answer = post(client, lines(rows(1)), key, idempotency_key="later")
    assert answer.status_code == 429 and int(answer["Retry-After"]) > 0
    assert not Receipt.objects.exists()
    (folder / "waits.batch").unlink()
    import time

    time.sleep(0.3)
    assert post(client, lines(rows(1)), key, idempotency_key="later").status_code == 202


def test_a_dry_run_keeps_nothing(client_of: Callable[..., Any], key_of: Callable[[str], str], ground: Any) -> None:
    """It reports row by row, with reasons in both languages, and leaves neither a file nor a receipt."""
    from yilu.console.feeds.models import Receipt

    answer = post(client_of(""), lines([*rows(3), *rows(1, 9, at="x")]), key_of("ZTO"), "/api/v1/events?dry_run=1")
    told = answer.json()
    assert answer.status_code == 200
    assert (told["rows"], told["used"], told["by_reason"], told["by_kind"]) == (4, 3, {"bad_time": 1}, {"accept": 3})
    assert told["problems"][0]["row"] == 4 and told["problems"][0]["zh"] and told["problems"][0]["next_step"]
    assert not Receipt.objects.exists() and not (ground.spool / "received").exists()


def test_a_key_is_shown_once_and_nothing_of_it_is_kept(client_of: Callable[..., Any], ground: Any) -> None:
    """Made by the carrier for itself, in the audit without the key; revoked, it opens nothing; another carrier's page is not there."""
    from yilu.console.audit.models import Entry
    from yilu.console.feeds.models import MachineKey

    client = client_of("carrier")
    page = client.post("/feeds/ZTO/keys/make/", {"name": "sorting", "reason": "machines report"})
    text = page.content.decode().split("<code>")[1].split("</code>")[0]
    assert text.startswith("yk_") and page.status_code == 200
    assert text not in client.get("/feeds/ZTO/keys/").content.decode()
    key = MachineKey.objects.get()
    assert text not in str(vars(key)) and key.operator == "ZTO"
    entry = Entry.objects.get(what="keys.make")
    assert text not in str(vars(entry)) and key.digest not in str(entry.after)
    assert post(client_of(""), lines(rows(1)), text).status_code == 202
    key.refresh_from_db()
    assert key.last_used is not None
    assert client.post(f"/feeds/ZTO/keys/{key.pk}/revoke/", {"reason": "lost"}).status_code == 302
    assert post(client_of(""), lines(rows(1)), text).status_code == 401
    assert client.post("/feeds/YTO/keys/make/", {"name": "x", "reason": "y"}).status_code == 404
    assert client_of("city").get("/feeds/ZTO/keys/").status_code == 404
    assert client.post("/feeds/ZTO/keys/make/", {"name": "x", "feed": "YTO", "reason": "y"}).status_code == 400


def test_records_that_are_locked_put_the_sender_off(
    client_of: Callable[..., Any], key_of: Callable[[str], str], ground: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with when to come again, not a fault; the batch that was handed over meanwhile is told once all the same."""
    from django.db import OperationalError

    from yilu.console.feeds.models import Receipt

    client, key = client_of(""), key_of("ZTO")
    with monkeypatch.context() as locked:

        def busy(self: Any, **how: Any) -> None:
            raise OperationalError("database is locked")

        locked.setattr(Receipt, "save", busy)
        answer = post(client, lines(rows(5)), key, idempotency_key="busy")
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json") and int(
        answer["Retry-After"]
    ) > 0
    assert post(client, lines(rows(5)), key, idempotency_key="busy").status_code == 202
    ground.written()
    assert (ground.facts.read().at.counts.rows, ground.facts.read().at.counts.accepted) == (5, 5)
