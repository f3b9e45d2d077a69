"""Files of feeds beside scan events over HTTP: the files of ``yilu feed``, safe when acknowledged, each once, bounded, and nobody's but the sender's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.console.feeds.batches import post
from tests.console.texts import HAN
from yilu.cli.run import _registers
from yilu.items import feeds
from yilu.run import registers

pytestmark = pytest.mark.django_db
Of = Callable[..., Any]
_CSV = "text/csv"
_HEAD = "operator,customer,valid_from,status\n"


def agreements(n: int, operator: str = "ZTO", more: str = "") -> bytes:
    """A file of agreements of an operator with ``n`` senders."""
    rows = "".join(f"{operator},{i:032x},2026-01-01,active\n" for i in range(1, n + 1))
    return (_HEAD + rows + more).encode()


def written(ground: Any) -> int:
    """Let a writer take the files that wait. Returns the commit it came to."""
    with ground.facts.write() as store:
        _registers(ground.facts, store, ground.spool, False)
        return int(store.at.commit)


def held(ground: Any, kind: str) -> int:
    """Rows of a kind that the store holds."""
    return int(feeds.load(ground.facts.read(), kind).num_rows)


def waiting(ground: Any) -> list[Any]:
    """Files that wait for the writer."""
    return sorted((ground.spool / registers.REGISTERS).glob("*/*"))


def test_a_file_is_acknowledged_written_and_proved(client_of: Of, key_of: Of, ground: Any) -> None:
    """202 with an account of rows and what is wrong with those that can't be used; the writer takes it, the receipt names the commit, and the file verifies while another doesn't."""
    client, key = client_of(""), key_of("ZTO")
    body = agreements(3, more="ZTO,not-a-hash,2026-01-01,active\n")
    answer = post(client, body, key, "/api/v1/files/sender_agreements", _CSV)
    told = answer.json()
    assert (answer.status_code, told["feed"], told["rows"], told["used"], told["quarantined"]) == (202, "sender_agreements", 4, 3, 1)  # fmt: skip
    assert [(p["file"], p["row"], p["column"], p["reason"]) for p in told["problems"]] == [("sender_agreements.csv", 4, "customer", "bad_value")]  # fmt: skip
    assert "32 or 64" in told["problems"][0]["expected"] and told["problems"][0]["next_step"]
    assert len(waiting(ground)) == 1, "acknowledged before it was on the disk"
    assert client.get(answer["Location"], HTTP_AUTHORIZATION=f"Bearer {key}").json()["state"] == "waiting"
    commit = written(ground)
    assert waiting(ground) == [] and held(ground, "sender_agreements") == 3
    known = client.get(answer["Location"], HTTP_AUTHORIZATION=f"Bearer {key}").json()
    assert (known["state"], known["commit"]) == ("committed", commit)
    at = answer["Location"] + "/verify"
    assert post(client, body, key, at, _CSV).json() == {"same": True}
    assert post(client, agreements(3), key, at, _CSV).json() == {"same": False}
    assert client.get(answer["Location"], HTTP_AUTHORIZATION=f"Bearer {key_of('YTO')}").status_code == 404


def test_nobody_reports_for_another(client_of: Of, key_of: Of, ground: Any) -> None:
    """A file with another carrier's row, or with what only the administration says, is refused whole and says where; kinds that aren't a carrier's, and roles that send nothing, are refused."""
    client, key = client_of(""), key_of("ZTO")
    body = agreements(2, more=f"\nYTO,{7:032x},2026-01-01,active\n")
    answer = post(client, body, key, "/api/v1/files/sender_agreements", _CSV)
    told = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json") and told["next_step"]
    assert told["errors"] == [{"file": "sender_agreements.csv", "row": 4, "column": "operator", "value": "YTO", "expected": "ZTO", "expected_zh": "ZTO"}]  # fmt: skip
    counts = b"operator,day,direction,basis,purpose,accepted\nZTO,2026-06-01,outbound,operator,supervision,5\nZTO,2026-06-01,outbound,%s,supervision,5\n"
    said = {basis: post(client, counts % basis.encode(), key, "/api/v1/files/daily_aggregates", _CSV) for basis in ("headquarters", "platform")}  # fmt: skip
    assert said["headquarters"].status_code == 202
    assert said["platform"].status_code == 422
    assert [(e["row"], e["column"], e["value"]) for e in said["platform"].json()["errors"]] == [(2, "basis", "platform")]  # fmt: skip
    for kind, status in (("outlet_filings", 403), ("device_status", 403), ("silences", 404), ("nothing", 404)):
        assert post(client, body, key, f"/api/v1/files/{kind}", _CSV).status_code == status, kind
    assert len(waiting(ground)) == 1, "only the one that was acknowledged"


def test_an_office_sends_registers(client_of: Of, ground: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An officer of the province may, with the token of the session; one of a city, and other roles, may not."""
    from yilu.console.api import asking

    body = b"filing,operator,status\nF-1,ZTO,filed\nF-2,YTO,filed\n"
    at = "/api/v1/files/outlet_filings"
    bare = client_of("duty", enforce_csrf_checks=True).post(at, body, content_type=_CSV)
    assert bare.status_code == 403 and "CSRF" in bare.json()["detail"]
    monkeypatch.setattr(asking, "_token_fits", lambda _: True)
    answer = client_of("duty").post(at, body, content_type=_CSV, HTTP_IDEMPOTENCY_KEY="june")
    assert answer.status_code == 202, answer.content
    again = client_of("duty").post(at, body, content_type=_CSV, HTTP_IDEMPOTENCY_KEY="june")
    assert (again["Idempotent-Replayed"], again.json()["receipt"]) == ("true", answer.json()["receipt"])
    assert {w: client_of(w).post(at, body, content_type=_CSV).status_code for w in ("city", "auditor", "statistician", "carrier", "")} == {
        "city": 403, "auditor": 403, "statistician": 403, "carrier": 403, "": 401,
    }  # fmt: skip
    written(ground)
    assert held(ground, "outlet_filings") == 2
    assert client_of("carrier").get(answer["Location"]).status_code == 404, "an office's receipt"


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"operator,customer\nZTO,x\n", 400, "valid_from"),
        (b"operator,customer,valid_from,status,phone\nZTO,x,2026-01-01,active,13800000000\n", 400, "column phone"),
        ("行".encode("utf-16"), 400, "UTF-8"),
        (b"\n", 400, "header"),
        (_HEAD.encode(), 422, "no row"),
        (_HEAD.encode() + b"ZTO,%032x,2026-13-45,active\n" % 5, 422, "no row"),
    ],
)
def test_a_broken_file_is_refused_whole(
    client_of: Of, key_of: Of, ground: Any, body: bytes, status: int, says: str
) -> None:
    """What can't be read, has a column of persons, or holds no row that can be used: a problem that says where, what was expected and what to do, and nothing is kept."""
    from yilu.console.feeds.models import Receipt

    answer = post(client_of(""), body, key_of("ZTO"), "/api/v1/files/sender_agreements", _CSV)
    told = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), told
    assert "sender_agreements.csv" in told["detail"] and says in told["detail"] and told["next_step"]
    assert "sender_agreements.csv" in told["detail_zh"] and HAN.search(told["detail_zh"]) and HAN.search(told["next_step_zh"])  # fmt: skip
    assert "13800000000" not in answer.content.decode()
    assert waiting(ground) == [] and not Receipt.objects.exists()
    if b"2026-13-45" in body:
        [wrong] = told["errors"]
        assert (wrong["row"], wrong["column"], wrong["value"]) == (1, "valid_from", "2026-13-45") and wrong["expected"]


def test_the_same_file_under_its_key_is_taken_once(client_of: Of, key_of: Of, ground: Any) -> None:
    """Sent again it gives the first receipt; other bytes, or another kind, under that key are refused; without a key there are two receipts and the rows once."""
    client, key, at = client_of(""), key_of("ZTO"), "/api/v1/files/sender_agreements"
    first, again = (post(client, agreements(2), key, at, _CSV, idempotency_key="a") for _ in range(2))
    assert (again.status_code, again["Idempotent-Replayed"], again.json()["receipt"]) == (202, "true", first.json()["receipt"])  # fmt: skip
    assert len(waiting(ground)) == 1
    assert post(client, agreements(3), key, at, _CSV, idempotency_key="a").status_code == 422
    assert post(client, agreements(2), key, "/api/v1/files/daily_aggregates", _CSV, idempotency_key="a").status_code == 422  # fmt: skip
    assert [post(client, agreements(2), key, at, _CSV).status_code for _ in range(2)] == [202, 202]
    written(ground)
    assert held(ground, "sender_agreements") == 2


def test_too_much_is_refused_or_put_off(client_of: Of, key_of: Of, ground: Any) -> None:
    """Too many bytes or rows: 413. More waiting than a setting allows, files beside batches: 429 with when to come again. Packed, or of another form: 415. Nothing is kept of any."""
    from yilu.console.feeds.taking import receiving

    client, key, at = client_of(""), key_of("ZTO"), "/api/v1/files/sender_agreements"
    receiving().facts = replace(ground.facts, settings=replace(ground.facts.settings, intake_kb=64, intake_rows=5))
    receiving().facts.__dict__["network"] = ground.facts.network
    assert post(client, b"x" * ((64 << 10) + 1), key, at, _CSV).status_code == 413
    assert post(client, agreements(6), key, at, _CSV).status_code == 413
    assert post(client, agreements(2), key, at, _CSV, content_encoding="gzip").status_code == 415
    assert post(client, agreements(2), key, at, "application/vnd.apache.parquet").status_code == 415
    assert waiting(ground) == []
    folder = ground.spool / registers.REGISTERS / "licences"
    folder.mkdir(parents=True)
    with (folder / "waits.csv").open("wb") as file:
        file.truncate(ground.facts.settings.waiting_mb << 20)
    receiving()._looked = float("-inf")
    answer = post(client, agreements(2), key, at, _CSV)
    assert answer.status_code == 429 and int(answer["Retry-After"]) > 0


def test_a_dry_run_of_a_file_keeps_nothing(client_of: Of, key_of: Of, ground: Any) -> None:
    """It says what would become of it."""
    at = "/api/v1/files/sender_agreements?dry_run=1"
    answer = post(client_of(""), agreements(2, more="ZTO,x,2026-01-01,active\n"), key_of("ZTO"), at, _CSV)
    assert answer.status_code == 200 and answer.json()["counts"] == {"rows": 3, "used": 2, "quarantined": 1}
    assert answer.json()["problems"][0]["row"] == 3 and waiting(ground) == []


def test_a_file_that_the_writer_sets_aside_is_told(client_of: Of, key_of: Of, ground: Any) -> None:
    """One that was damaged on the disk after it was acknowledged: its receipt says refused."""
    client, key = client_of(""), key_of("ZTO")
    answer = post(client, agreements(2), key, "/api/v1/files/sender_agreements", _CSV)
    waiting(ground)[0].write_bytes(b"damaged\n")
    written(ground)
    assert client.get(answer["Location"], HTTP_AUTHORIZATION=f"Bearer {key}").json()["state"] == "refused"
