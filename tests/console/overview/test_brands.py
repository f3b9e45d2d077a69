"""A province without the names of its firms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from yilu import network as networks
from yilu.console.access.brands import letters, without_brands


@pytest.fixture(scope="module")
def guangdong() -> networks.Network:
    """The shipped province."""
    return networks.load("guangdong")


def test_letters_count_on_as_columns_of_a_spreadsheet_do() -> None:
    """A to Z, then AA: no two firms share one."""
    assert [letters(n) for n in (0, 25, 26, 27, 51, 52, 701, 702)] == ["A", "Z", "AA", "AB", "AZ", "BA", "ZZ", "AAA"]


def test_firms_keep_their_ids_and_lose_their_names(guangdong: networks.Network) -> None:
    """Each firm is one letter, in both languages and as code; by its id it is still the same firm."""
    masked = without_brands(guangdong, "secret").operators
    assert masked.id.tolist() == guangdong.operators.id.tolist()
    assert sorted(masked.code.tolist(), key=lambda c: (len(c), c)) == [letters(i) for i in range(len(masked.id))]
    assert all(masked.name_of_id[i] == (f"企业{c}", f"Firm {c}") for i, c in masked.code_of_id.items())
    assert not set(masked.credit_code.tolist()) - {""} and not set(masked.source.tolist()) - {""}


def test_the_order_of_letters_needs_the_secret(guangdong: networks.Network) -> None:
    """With the same secret it stays from process to process; another one gives another order, so that the table of firms tells nothing."""
    by = {s: without_brands(replace(guangdong), s).operators.code.tolist() for s in ("one", "two")}
    assert by["one"] == without_brands(guangdong, "one").operators.code.tolist() != by["two"]


def test_names_of_firms_go_out_of_names_of_places(guangdong: networks.Network) -> None:
    """A place that bears a firm's name bears its letter; the longest name that fits is taken whole."""
    firm = guangdong.operators
    i = int(firm.id[0])
    zh, en = firm.name_of_id[i]
    places = guangdong.facilities
    named = replace(
        places,
        name_zh=np.array([f"{zh}广州站", *places.name_zh[1:].tolist()]),
        name_en=np.array([f"{en} Guangzhou", *places.name_en[1:].tolist()]),
    )
    masked = without_brands(replace(guangdong, facilities=named), "secret")
    mask = masked.operators.name_of_id[i]
    assert masked.facilities.name_of_id[int(places.id[0])] == (f"{mask[0]}广州站", f"{mask[1]} Guangzhou")


@pytest.mark.parametrize("at", ["/", "/index.json", "/index.csv?table=alerts", "/live?once"])
def test_a_visitor_reads_no_name_of_a_firm(
    client_of: Callable[[str], Any], guangdong: networks.Network, at: str
) -> None:
    """Neither names nor codes of firms, nor those of feeds, stand in anything that the wall for visitors is told; letters do where others read names."""
    said = {who: text_of(client_of(who).get(at)) for who in ("visitor", "screen")}
    firms = guangdong.operators
    names = (
        {str(n) for n in (*firms.name_zh, *firms.name_en)}
        | {f">{c}<" for c in firms.code}
        | {f'"{c}"' for c in firms.code}
    )
    assert [n for n in sorted(names) if n in said["visitor"]] == []
    assert any(str(n) in said["screen"] for n in firms.name_zh) and "企业" in said["visitor"]


def text_of(answer: Any) -> str:
    """The text of an answer, of a stream that ends all of it."""
    import asyncio

    if not answer.streaming:
        return str(answer.content.decode())

    async def whole() -> bytes:
        return b"".join([part async for part in answer.streaming_content])

    return asyncio.run(whole()).decode()
