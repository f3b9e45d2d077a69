"""Scope: nobody is told of what isn't theirs, at any address. The addresses are Django's own table, so a new one is looked at without being named here."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import models, transaction
from django.http import HttpResponse
from django.urls import path

from tests.console.addresses import PUBLIC, Address, addresses, body, undeclared
from tests.console.planting import (
    AREA,
    FACILITY,
    OPERATOR,
    Marks,
    declared_models,
    of_carrier,
    of_city,
    planted,
    words_of,
)
from yilu.console import urls as table
from yilu.console.access.gate import PUBLIC as TO_ANYBODY
from yilu.console.access.gate import Access, opens
from yilu.console.access.roles import CARRIER, DUTY, EVERYBODY
from yilu.console.facts import newest
from yilu.console.seen import scope_of, seen_by

FOR_ALL = set[str]()
"""Models of which everybody may see every record, by name."""
_ENDED = (301, 302, 400, 401, 403, 404, 405, 422)


@pytest.fixture
def records(users: dict[str, Any]) -> list[models.Model]:
    """A record of every model, of Guangzhou and YTO."""
    return [planted(model) for model in declared_models()]


@pytest.fixture(params=["city", "carrier"])
def somebody(
    request: pytest.FixtureRequest, made_store: Path, users: dict[str, Any], records: list[models.Model]
) -> tuple[str, Marks]:
    """An officer of Shenzhen, or a user of ZTO, and what must not be said to either."""
    facts = of_city("440300") if request.param == "city" else of_carrier("ZTO")
    scope = scope_of(users[request.param])
    out = [r for r in records if not seen_by(scope).records(type(r)).filter(pk=r.pk).exists()]
    words = tuple(w for r in out for w in words_of(r))
    return request.param, Marks(facts.words + words, {**facts.named, "int": sorted({str(r.pk) for r in out})})


def asked_for(address: Address, named: dict[str, list[str]]) -> Iterator[str]:
    """Paths of an address: as it is, or with each value that names something out of scope."""
    if not address.parameters:
        yield address.filled({})
        return
    for converter in set(address.parameters.values()):
        for value in named.get(converter, []):
            yield address.filled({c: v[0] for c, v in named.items() if v} | {converter: value})


def told(client: Any, marks: Marks, found: list[Address]) -> Iterator[tuple[str, list[str]]]:
    """Where a user is told of what isn't theirs: address and words, one after the other."""
    queries = ("", f"?area={AREA}", f"?operator={OPERATOR}", "?q=outside", "?page=2")
    for address in found:
        # a page in HTML says what its JSON says, and the interface is made of the same pages: of these the first filter does
        whole = address.name.endswith(".json")
        if address.access is None:
            continue
        for at in filter(None, asked_for(address, marks.named)):
            for query in (queries if whole else queries[:2]) if not address.parameters else queries[:1]:
                answer = client.get(at + query)
                # the interface's document is the same for everybody, and speaks of the method that an operator is called like
                told_of = address.route.removeprefix("api/v1/")
                method = ("POST",) if told_of.startswith(("api-docs", "openapi")) else ()
                asked = (AREA, OPERATOR, FACILITY, *method, *at.strip("/").split("/"))
                said = marks.said_in(body(answer), asked=asked)
                if said:
                    yield at + query, said[:5]
                if whole and query in queries[:2] and answer.status_code == 200 and "json" in answer["Content-Type"]:
                    yield from _tables(client, marks, at, query, answer)


def _tables(client: Any, marks: Marks, at: str, query: str, answer: Any) -> Iterator[tuple[str, list[str]]]:
    """The same of each of a page's tables as CSV."""
    for name in answer.json().get("tables", {}):
        csv = f"{at.removesuffix('json')}csv{query}{'&' if query else '?'}table={name}"
        if said := marks.said_in(body(client.get(csv)), asked=(AREA, OPERATOR)):
            yield csv, said[:5]


def test_every_address_says_who_may_open_it() -> None:
    """An address without access, or one open to anybody that is not on the list, fails here before anybody opens it."""
    found = addresses()
    assert len(found) > 10 and undeclared(found) == []


def test_nobody_is_told_of_what_is_not_theirs(somebody: tuple[str, Marks], client_of: Callable[[str], Any]) -> None:
    """Every page, endpoint, export and stream, with every filter and every name of something out of scope, says nothing of it."""
    name, marks = somebody
    assert dict(told(client_of(name), marks, addresses())) == {}


def test_what_is_out_of_scope_would_be_said_to_who_may_see_it(
    client_of: Callable[[str], Any], records: list[models.Model]
) -> None:
    """The words that are looked for do occur in answers: to the province's own officers and its administrator."""
    words = {w for r in records for w in words_of(r)}
    marks = replace(of_carrier("ZTO"), words=(*of_carrier("ZTO").words, *words))
    assert any(told(client_of(DUTY), marks, addresses())) and any(told(client_of("administrator"), marks, addresses()))


def test_records_are_narrowed_by_area_and_operator(users: dict[str, Any], records: list[models.Model]) -> None:
    """What a record says of its area or operator keeps it from those of others, whatever its model declares beside."""
    wrong = []
    for record in records:
        names = {f.name for f in type(record)._meta.concrete_fields}
        for who, of in (("city", "area"), ("carrier", "operator")):
            if of in names and type(record).__name__ not in FOR_ALL:
                if seen_by(scope_of(users[who])).records(type(record)).filter(pk=record.pk).exists():
                    wrong.append(f"{type(record).__name__}: {who}")
    assert wrong == []


def test_every_model_of_the_console_says_its_scope() -> None:
    """A model without a declaration is shown to nobody; that it was forgotten is told here."""
    from django.apps import apps

    assert set(apps.get_app_config("console").get_models()) - set(declared_models()) == set()


def test_nothing_out_of_scope_is_done(
    somebody: tuple[str, Marks], client_of: Callable[[str], Any], records: list[models.Model]
) -> None:
    """No deed reaches a record that its doer may not see: the answer is a refusal, and the record stands as it stood."""
    name, marks = somebody
    client, done = client_of(name), []
    before = [(r, type(r)._default_manager.filter(pk=r.pk).values().first()) for r in records]
    for address in addresses():
        if address.access is None or address.access.within or not address.parameters:
            continue
        for at in filter(None, asked_for(address, marks.named)):
            with transaction.atomic():
                answer = client.post(at, {"reason": "outside", "comment": "outside"})
                if answer.status_code not in _ENDED[2:]:
                    done.append(f"{at}: {answer.status_code}")
    after = [type(r)._default_manager.filter(pk=r.pk).values().first() for r, _ in before]
    assert done == [] and after == [b for _, b in before]


def test_a_visitor_is_told_nothing(client_of: Callable[[str], Any], records: list[models.Model]) -> None:
    """Without logging in nothing is opened but what is on the list: neither by reading nor by doing."""
    client, opened = client_of(""), []
    values = {
        "int": [str(r.pk) for r in records][:1],
        "str": [OPERATOR],
        "slug": [OPERATOR],
        "path": [OPERATOR],
        "uuid": ["0" * 32],
    }
    for address in addresses():
        if address.name in PUBLIC:
            continue
        for at in list(filter(None, asked_for(address, values)))[:1]:
            for answer in (client.get(at), client.post(at, {})):
                leads = answer.status_code == 302 and answer["Location"].startswith("/login/")
                if not leads and answer.status_code not in (401, 403, 404, 405, 415):
                    opened.append(f"{at}: {answer.status_code}")
    assert opened == []


def test_region_switch_lists_what_is_in_scope(client_of: Callable[[str], Any]) -> None:
    """An officer of a city chooses among nothing else; the province chooses among all of its cities."""
    assert [c for c, _ in client_of("city").get("/").context["cities"]] == ["440300"]
    assert len(client_of(DUTY).get("/").context["cities"]) > 15


@opens(Access(EVERYBODY))
def _leaky(request: Any) -> HttpResponse:
    """Shows all alerts to whoever may open it."""
    found = newest().alerts
    assert found is not None
    codes = newest().facts.network.operators.code_of_id
    return HttpResponse("\n".join(f"{a.id} {codes.get(a.operator, '')}" for a in found.alerts))


@opens(TO_ANYBODY)
def _open(request: Any) -> HttpResponse:
    """Open to anybody."""
    return HttpResponse("open")


def _unsaid(request: Any) -> HttpResponse:
    """Says not who may open it."""
    return HttpResponse("unsaid")


@pytest.fixture
def with_faults(settings: Any) -> None:
    """The console with three addresses more, each wrong in its way."""
    faulty = types.ModuleType("faulty_urls")
    faulty.urlpatterns = [
        *table.urlpatterns,
        path("leaky/", _leaky, name="leaky"),
        path("open/", _open, name="open"),
        path("unsaid/", _unsaid, name="unsaid"),
    ]  # type: ignore[attr-defined]
    faulty.handler403, faulty.handler404 = table.handler403, table.handler404  # type: ignore[attr-defined]
    settings.ROOT_URLCONF = faulty


def test_addresses_that_are_wrong_are_found(with_faults: None) -> None:
    """The check of the table can fail: for a view that nobody may open by name, and for one that anybody may."""
    assert undeclared(addresses()) == ["open/: open to anybody", "unsaid/: says not who may open it"]


def test_a_leak_is_found(with_faults: None, somebody: tuple[str, Marks], client_of: Callable[[str], Any]) -> None:
    """The check of answers can fail: a view that shows what it has not passed through the narrowing is named."""
    name, marks = somebody
    assert "/leaky/" in dict(told(client_of(name), marks, [a for a in addresses() if a.name == "leaky"]))


def test_what_says_nothing_is_opened_by_nobody(with_faults: None, client_of: Callable[[str], Any]) -> None:
    """A view without access stays shut to every role, the administrator's included."""
    assert {client_of(role).get("/unsaid/").status_code for role in (DUTY, CARRIER, "administrator")} == {403}
