"""Pages of feeds: upload with its report first, own mapping, receipts, quarantine, look-ups; each of one's own operator."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.console.feeds.batches import lines, post, rows

pytestmark = pytest.mark.django_db
PAGES = ("", "upload/", "receipts/", "quarantine/", "mapping/", "keys/", "looks/")


def _file(body: bytes, name: str = "events.jsonl") -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, body)


def _checked(page: Any) -> str:
    return re.search(r'name="checked" value="([^"]+)"', page.content.decode())[1]  # type: ignore[index]


def test_an_upload_is_reported_first_and_handed_over_when_confirmed(client_of: Callable[..., Any], ground: Any) -> None:
    """The report names rows and reasons; nothing is handed over before; what was sent never touches the disk; the receipt is the carrier's."""
    from yilu.console.audit.models import Entry
    from yilu.console.feeds.models import Receipt

    client = client_of("carrier")
    page = client.post("/feeds/ZTO/upload/check/", {"file": _file(lines([*rows(4), *rows(1, 9, at="never")]))})
    text = page.content.decode()
    assert page.status_code == 200 and "时间无法识别" in text
    assert not Receipt.objects.exists() and not (ground.spool / "received").exists()
    [waits] = (ground.spool / "checked").glob("*.batch")
    assert b"7300000" not in waits.read_bytes()
    assert client_of("firm").post("/feeds/YTO/upload/confirm/", {"checked": _checked(page)}).status_code == 404
    assert client.post("/feeds/ZTO/upload/confirm/", {"checked": _checked(page) + "x"}).status_code == 422
    done = client.post("/feeds/ZTO/upload/confirm/", {"checked": _checked(page)})
    receipt = Receipt.objects.get()
    assert done["Location"] == f"/feed-receipts/{receipt.number}/" and (receipt.rows, receipt.used) == (5, 4)
    assert Entry.objects.filter(what="feeds.upload", subject=receipt.number).exists()
    assert client.post("/feeds/ZTO/upload/confirm/", {"checked": _checked(page)}).status_code == 422, (
        "handed over twice"
    )
    ground.written()
    shown = client.get(f"/feed-receipts/{receipt.number}/").content.decode()
    assert receipt.content in shown and "已提交" in shown
    assert ground.facts.read().at.counts.accepted == 4
    assert client_of("firm").get(f"/feed-receipts/{receipt.number}/").status_code == 404


@pytest.mark.parametrize(
    ("body", "name"),
    [(b"\xff\xfe{", "a.jsonl"), (b"", "a.exe"), (b"nonsense", "a.arrow"), (b"a,b\n1,2\n", "a.csv"), (b"PAR1", "../../etc/passwd")],
)  # fmt: skip
def test_a_broken_file_is_refused_with_the_next_step(
    client_of: Callable[..., Any], ground: Any, body: bytes, name: str
) -> None:
    """The form comes again, says what is wrong and what to do; nothing is kept."""
    page = client_of("carrier").post("/feeds/ZTO/upload/check/", {"file": _file(body, name)})
    assert page.status_code == 422 and 'role="alert"' in page.content.decode()
    assert not list(ground.spool.rglob("*.batch"))


def test_what_is_wrong_with_a_file_is_said_in_chinese_by_its_own_name(
    client_of: Callable[..., Any], ground: Any
) -> None:
    """Who sent it knows neither the receipt's number nor English."""
    for body, name, word in ((b"a,b\n1,2\n", "a.csv", "缺少列"), (b"nonsense", "b.arrow", "被截断或已损坏")):
        page = client_of("carrier").post("/feeds/ZTO/upload/check/", {"file": _file(body, name)})
        wrong = page.context["page"].more["wrong"]
        assert wrong.startswith(name) and word in wrong and "ZTO/" not in wrong


def test_own_codes_are_mapped_published_and_hold(
    client_of: Callable[..., Any], key_of: Callable[[str], str], ground: Any
) -> None:
    """Codes that nobody mapped stand on the page; mapped, versioned with their reason, they hold from the next batch on."""
    import time

    from yilu.console.audit.models import Entry
    from yilu.console.feeds.models import CodeMapping

    client, key = client_of("carrier"), key_of("ZTO")
    body = lines(rows(2, kind='揽 "收"\\'))
    code = next(iter(post(client_of(""), body, key).json()["unmapped"]))
    assert "2" in client.get("/feeds/ZTO/mapping/").content.decode()
    form = {"part": "codes", "code-1": "揽收A", "kind-1": "accept", "code-2": "x", "kind-2": "", "reason": "our codes"}
    assert client.post("/feeds/ZTO/mapping/publish/", form).status_code == 302
    time.sleep(0.3)
    assert post(client_of(""), lines(rows(2, 10, kind="揽收A")), key).json()["unmapped"] == {}
    made = CodeMapping.objects.get()
    assert (made.version, made.reason, Entry.objects.get(what="feeds.mapping").reason) == (1, "our codes", "our codes")
    assert (ground.spool / "ZTO" / "mapping.toml").read_text(encoding="utf-8") == made.text
    assert code


@pytest.mark.parametrize(
    "text",
    [
        "name = 3", 'name = "x"\nsql = "SELECT 1"\n[columns]\noperator="o"\nwaybill="w"\nkind="k"\nat="t"\n', "[[[", "",
        'name = "x"\n[columns]\noperator="o"\nwaybill="w"\nkind="k"\nat="t"\n[values.operator]\na = "nobody"\n',
    ],
)  # fmt: skip
def test_a_mapping_that_can_not_be_is_not_published(client_of: Callable[..., Any], ground: Any, text: str) -> None:
    """What is wrong is said, what was written stays in the form, nothing is published; a SELECT of its own choice no operator may write."""
    from yilu.console.feeds.models import CodeMapping

    page = client_of("carrier").post("/feeds/ZTO/mapping/publish/", {"text": text, "reason": "try"})
    assert page.status_code == 422 and 'role="alert"' in page.content.decode()
    assert not CodeMapping.objects.exists() and not (ground.spool / "ZTO").exists()


def test_codes_of_any_text_come_back_from_the_mapping() -> None:
    """Quotes, signs that TOML gives a meaning to, and line ends in a code stay what they are."""
    import tomllib

    from yilu.console.feeds.mapping_pages import with_codes

    codes = {
        'a"b': "accept",
        "c\\d": "arrive",
        "e\nf": "depart",
        "[values.kind]": "deliver",
        "揽收": "accept",
        "x = y # z": "attempt",
        "\x7f": "sort",
    }
    first = with_codes(
        'name = "x"\n[columns]\nat = "t"\n[values.kind]\nold = "sort"\n[values.operator]\nq = "r"\n', codes
    )
    told = tomllib.loads(first)
    assert (
        told["values"]["kind"] == codes and told["values"]["operator"] == {"q": "r"} and told["columns"] == {"at": "t"}
    )
    assert tomllib.loads(with_codes(first, {}))["values"] == {"operator": {"q": "r"}}


def test_quarantined_rows_are_shown_to_their_operator_alone(
    client_of: Callable[..., Any], key_of: Callable[[str], str], ground: Any
) -> None:
    """With row, reason and what may be shown; nothing of a person; another operator's are not among them."""
    bad = lines([*rows(2), *rows(1, 5, at="王小明 13800138000"), {"x": "secret name"}])
    number = post(client_of(""), bad, key_of("ZTO")).json()["receipt"]
    assert post(client_of(""), lines(rows(3, operator="YTO", at="?")), key_of("YTO")).status_code == 202
    ground.written()
    told = client_of("carrier").get("/feeds/ZTO/quarantine.json").json()["tables"]["quarantine"]
    assert sorted(r["row"] for r in told) == [3, 4] and {r["receipt"] for r in told} == {number[:12]}
    page = client_of("carrier").get("/feeds/ZTO/quarantine/").content.decode()
    assert "13800138000" not in page and "王小明" not in page and "secret" not in page
    assert len(client_of("duty").get("/feeds/YTO/quarantine.json").json()["tables"]["quarantine"]) == 3
    chosen = client_of("duty").get("/feeds/ZTO/quarantine.json?q=bad_time").json()["tables"]["quarantine"]
    assert [r["row"] for r in chosen] == [3]


def test_who_looked_at_our_items(client_of: Callable[..., Any], users: dict[str, Any]) -> None:
    """A look-up of an item of the operator stands on its page, with account, time and reason; another operator's doesn't."""
    from datetime import UTC, datetime

    from yilu.console.audit.models import Entry
    from yilu.console.seen import LOOKED_AT

    for number, operator in enumerate(("ZTO", "YTO")):
        Entry.objects.create(number=number, at=datetime.now(UTC), user="duty", address="127.0.0.1", request="r", what="items.look", kind=LOOKED_AT, subject="0" * 15 + str(number), after={"operator": operator}, reason=f"case {operator}", leaf="x")  # fmt: skip
    told = client_of("carrier").get("/feeds/ZTO/looks.json").json()["tables"]["looks"]
    assert [(r["user"], r["reason"]) for r in told] == [("duty", "case ZTO")]


def test_pages_of_a_feed_say_whose_it_is_and_which_one_is_open(client_of: Callable[..., Any], ground: Any) -> None:
    """Each names the operator and marks its own tab; what a carrier alone does, uploading, is offered to a carrier alone."""
    for page in PAGES:
        shown = client_of("duty").get(f"/feeds/ZTO/{page}").content.decode()
        assert "中通快递" in shown, page
        assert f'href="/feeds/ZTO/{page}" aria-current="page"' in shown, page
        assert ("/feeds/ZTO/upload/" in shown) == (page == "upload/"), page
        assert "/feeds/ZTO/upload/" in client_of("carrier").get(f"/feeds/ZTO/{page}").content.decode()


def test_pages_of_another_operator_are_not_there(
    client_of: Callable[..., Any], key_of: Callable[[str], str], ground: Any
) -> None:
    """For a carrier those of other firms; for a city all; an empty province has useful pages; nobody else's role opens them."""
    for page in PAGES:
        assert client_of("carrier").get(f"/feeds/ZTO/{page}").status_code == 200, page
        assert client_of("carrier").get(f"/feeds/YTO/{page}").status_code == 404, page
        assert client_of("city").get(f"/feeds/ZTO/{page}").status_code == 404, page
        assert client_of("statistician").get(f"/feeds/ZTO/{page}").status_code == 403, page
        assert client_of("").get(f"/feeds/ZTO/{page}").status_code == 302, page
    assert client_of("city").get("/feeds/").status_code == 200
    assert client_of("duty").post("/feeds/ZTO/upload/check/", {}).status_code == 403


@pytest.mark.parametrize(("language", "cause", "reason"), [("zh-hans", "停报原因", "理由"), ("en", "Cause of the outage", "Reason")])  # fmt: skip
def test_an_outage_is_typed_in_the_provinces_time(
    client_of: Callable[..., Any], ground: Any, language: str, cause: str, reason: str
) -> None:
    """What a carrier picks is the local time, and stands in the form again as it was picked; its cause and the reason of the change are told apart."""
    from yilu.console.feeds.models import Outage

    client = client_of("carrier")
    client.cookies["language"] = language
    typed = {"feed": "ZTO", "begins": "2026-06-01T08:00", "ends": "2026-06-01T20:00", "why": "move", "reason": "plan"}
    labels = re.findall(r"<label[^>]*>([^<]+)</label>", client.get("/records/outages/new/").content.decode().partition("record-form")[2])  # fmt: skip
    assert labels[-2:] == [cause, reason] and len(set(labels)) == len(labels) == 5
    assert client.post("/records/outages/add/", typed).status_code == 302
    [made] = Outage.objects.all()
    assert made.begins.isoformat() == "2026-06-01T00:00:00+00:00"
    form = client.get(f"/records/outages/{made.pk}/edit/").content.decode()
    assert 'type="datetime-local"' in form and 'value="2026-06-01T08:00"' in form and 'value="2026-06-01T20:00"' in form
