"""The vault in the console: from the request to the number, every step by its own people, in scope, in the audit, and the number nowhere but on one answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from yilu.console.audit.models import Entry
from yilu.console.facts import newest
from yilu.console.seen import Seen
from yilu.console.vault.models import Opening
from yilu.items import vault
from yilu.items.disk import Disk

NUMBER, CASE = "SF1234567890123", "粤邮罚立〔2026〕7号"
FIRST, SECOND = 0x0123456789ABCDEF, 0xFEDCBA9876543210
ASKED = {"item": f"{FIRST:016x}", "case": CASE, "purpose": "禁寄物品溯源"}


@pytest.fixture
def sealed(monkeypatch: pytest.MonkeyPatch) -> Path:
    """A vault with one sealed number, of an item that is in everybody's scope."""
    s = newest().facts.settings
    key = vault.load_or_make(s.vault_key_file, s.store, s.vault_cipher)
    row = vault.seal(NUMBER, 1, (FIRST, SECOND), "prohibited", CASE, date(2026, 3, 1), key)
    for old in s.vault.rglob("*.parquet"):
        old.unlink()
    vault.append([row], Disk(s.vault).put)
    monkeypatch.setattr(Seen, "has_item", lambda self, number: number == FIRST)
    return s.vault


@pytest.fixture
def people(logged_in: Callable[..., Client]) -> dict[str, Client]:
    """One who asks, three with the right to approve, and others."""
    found = {name: logged_in(name, "supervisor", rights=["approver"]) for name in ("ann", "bob", "cat")}
    found["dan"] = logged_in("dan", "duty", rights=["approver"])
    found["eve"] = logged_in("eve", "supervisor")
    found["gz"] = logged_in("gz", "supervisor", areas=["440100"], rights=["approver"])
    found["firm"] = logged_in("firm", "carrier", operator="SF")
    found["aud"] = logged_in("aud", "auditor")
    return found


@pytest.mark.parametrize(("role", "said"), [("supervisor", "在此申请还原其单号"), ("statistician", "在此审批")])
def test_an_empty_list_names_a_step_of_the_reader(logged_in: Callable[..., Client], role: str, said: str) -> None:
    """Who may ask is told to ask; who only approves isn't told to do what the page doesn't offer."""
    shown = logged_in("ida", role).get("/vault/").content.decode()
    assert said in shown and ('action="/vault/ask/"' in shown) == (role == "supervisor")


def did(client: Client, step: str, pk: int, **given: str) -> int:
    """The status of a step."""
    return int(client.post(f"/vault/{pk}/{step}/", given).status_code)


def asked(client: Client) -> int:
    """The number of a new request."""
    assert client.post("/vault/ask/", ASKED).status_code == 302
    return int(Opening.objects.latest("pk").pk)


def test_from_the_request_to_the_number(sealed: Path, people: dict[str, Client]) -> None:
    """Two others approve, the one who asked opens once and sees the number; each step is an entry, and the number is in no record, page or entry."""
    pk = asked(people["ann"])
    assert [did(people["bob"], "approve", pk, reason="ok"), did(people["cat"], "approve", pk, reason="ok")] == [
        302,
        302,
    ]
    answer = people["ann"].post(f"/vault/{pk}/open/")
    assert (
        answer.status_code == 200
        and NUMBER in answer.content.decode()
        and answer.headers["Cache-Control"] == "no-store"
    )
    assert did(people["ann"], "open", pk) == 400
    told = list(Entry.objects.filter(kind="vault").order_by("number").values_list("what", "user"))
    assert told == [
        ("vault.ask", "ann"),
        ("vault.approve", "bob"),
        ("vault.approve", "cat"),
        ("vault.open", "ann"),
        ("vault.unseal", "ann"),
    ]
    assert Entry.objects.get(what="vault.unseal").after["outcome"] == "opened"
    assert NUMBER not in str(list(Entry.objects.values())) + str(list(Opening.objects.values()))
    for who in people:
        for page in ("/vault/", f"/vault/{pk}/", "/vault.json", "/vault.csv", f"/vault/{pk}.json"):
            assert NUMBER not in people[who].get(page).content.decode()


def test_who_may_not_takes_no_step(sealed: Path, people: dict[str, Client]) -> None:
    """The own request, twice the same, no right, a city's approver, a carrier, an auditor: each is turned away, and nothing is approved."""
    pk = asked(people["ann"])
    assert did(people["ann"], "approve", pk) == 400
    assert did(people["bob"], "approve", pk) == 302
    assert did(people["bob"], "approve", pk) == 400
    assert [did(people[who], "approve", pk) for who in ("eve", "gz", "firm", "aud")] == [404, 404, 403, 403]
    assert [did(people[who], "open", pk) for who in ("ann", "bob", "eve")] == [400, 400, 404]
    assert Opening.objects.get(pk=pk).approved == ["bob"]
    assert all("1/2 (bob)" in people["ann"].get(page).content.decode() for page in ("/vault/", f"/vault/{pk}/"))
    assert did(people["dan"], "approve", pk) == 302
    assert [did(people[who], "open", pk) for who in ("bob", "eve", "gz")] == [400, 404, 404]


def test_refused_withdrawn_and_expired_requests_stay_shut(sealed: Path, people: dict[str, Client]) -> None:
    """One refusal ends a request, so does its taking back, and so does time."""
    first, second, third = asked(people["ann"]), asked(people["ann"]), asked(people["ann"])
    assert did(people["bob"], "refuse", first, reason="no") == 302
    assert did(people["ann"], "withdraw", second) == 302
    for pk in (first, second):
        assert did(people["cat"], "approve", pk) == 400
    for who in ("bob", "cat"):
        assert did(people[who], "approve", third) == 302
    Opening.objects.filter(pk=third).update(until=1)
    assert did(people["ann"], "open", third) == 400
    assert not Entry.objects.filter(what__in=("vault.open", "vault.unseal")).exists()


@pytest.mark.parametrize(
    "wrong",
    [{"item": "f" * 16}, {"item": "x"}, {"case": "another"}, {"case": ""}, {"purpose": ""}, {"purpose": "查 SF1234567890123"}],
)  # fmt: skip
def test_what_can_not_be_asked(sealed: Path, people: dict[str, Client], wrong: dict[str, str]) -> None:
    """An item that wasn't sealed for that case or is out of scope, no purpose, no case, a number in the purpose: refused, and no request is kept."""
    assert people["ann"].post("/vault/ask/", ASKED | wrong).status_code == 400
    assert not Opening.objects.exists()


SEALING = {"number": NUMBER, "operator": "ZTO", "case": CASE, "why": "prohibited"}


def test_a_number_that_is_sealed_is_the_one_that_is_opened(
    sealed: Path, people: dict[str, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has the item at hand seals its number under a case; the audit has its pseudonym alone; opened by the rules of the vault it is the same number."""
    monkeypatch.setattr(Seen, "has_item", lambda self, number: True)
    assert people["ann"].post("/vault/seal/", SEALING).status_code == 302
    entry = Entry.objects.get(what="vault.seal")
    assert entry.user == "ann" and entry.after["case"] == CASE and NUMBER not in str(list(Entry.objects.values()))
    assert not any(NUMBER.encode() in f.read_bytes() for f in sealed.rglob("*.parquet"))
    assert people["ann"].post("/vault/ask/", ASKED | {"item": entry.after["item"][:16]}).status_code == 302
    pk = int(Opening.objects.latest("pk").pk)
    assert [did(people[who], "approve", pk, reason="ok") for who in ("bob", "cat")] == [302, 302]
    assert NUMBER in people["ann"].post(f"/vault/{pk}/open/").content.decode()


@pytest.mark.parametrize(
    "wrong", [{"number": ""}, {"operator": "??"}, {"case": ""}, {"case": f"案{NUMBER}"}, {"why": "else"}, {}]
)
def test_what_can_not_be_sealed(sealed: Path, people: dict[str, Client], wrong: dict[str, str]) -> None:
    """Something missing, the number in the case's, an item that is not in scope (as it stands): refused, and the vault is as it was. Nor do carriers and auditors seal."""
    before = sorted(sealed.rglob("*.parquet"))
    assert people["ann"].post("/vault/seal/", SEALING | wrong).status_code == 400
    assert [people[who].post("/vault/seal/", SEALING).status_code for who in ("firm", "aud")] == [403, 403]
    assert sorted(sealed.rglob("*.parquet")) == before and not Entry.objects.filter(what="vault.seal").exists()


def test_carriers_and_auditors_do_not_ask(sealed: Path, people: dict[str, Client]) -> None:
    """A carrier's user doesn't come near the vault; an auditor sees requests and asks none."""
    asked(people["ann"])
    assert people["firm"].get("/vault/").status_code == 403
    assert people["aud"].post("/vault/ask/", ASKED).status_code == 403
    assert [len(people[who].get("/vault.json").json()["tables"]["vault"]) for who in ("aud", "bob", "eve", "gz")] == [
        1,
        1,
        0,
        0,
    ]


def test_a_row_that_was_tampered_with_is_told_and_audited(sealed: Path, people: dict[str, Client]) -> None:
    """Where the sealed row isn't what was sealed nothing comes out, and the audit says that it was tried."""
    pk = asked(people["ann"])
    for who in ("bob", "cat"):
        did(people[who], "approve", pk)
    s = newest().facts.settings
    (file,) = sealed.rglob("*.parquet")
    (row,) = vault.read(file)
    file.unlink()
    broken = vault.SealedRow(**{**vars(row), "sealed": bytes(len(row.sealed))})
    vault.append([broken], Disk(s.vault).put)
    answer = people["ann"].post(f"/vault/{pk}/open/")
    assert answer.status_code == 400 and NUMBER not in answer.content.decode()
    assert Entry.objects.get(what="vault.unseal").after["outcome"] == "refused: not authentic"


def test_nothing_is_opened_where_the_audit_can_not_be_written(
    sealed: Path, people: dict[str, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the entry fails, the number stays shut: the step and its entry are one transaction, and it comes before the number."""
    from yilu.console.vault import pages

    pk = asked(people["ann"])
    for who in ("bob", "cat"):
        did(people[who], "approve", pk)

    def fails(*given: Any, **named: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(pages, "recorded", fails)
    people["ann"].raise_request_exception = False
    answer = people["ann"].post(f"/vault/{pk}/open/")
    assert answer.status_code == 500 and NUMBER not in answer.content.decode()
    assert Opening.objects.get(pk=pk).opened == 0
