"""A province without the names of its firms, for a wall that visitors see: 企业A, 企业B and so on stand for them, in the table of firms and in the names of places."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from yilu.network import Network

_LEAST_NAME = 2
"""A name in Chinese shorter than this is no name that could be looked for in others."""
_held: list[tuple[Network, str, Network]] = []
_MOST_HELD = 4


def without_brands(network: Network, secret: str) -> Network:
    """The province whose firms are letters, in an order that only ``secret`` tells, the same as long as that stays. Ids are those of ``network``."""
    for given, by, made in _held:
        if given is network and by == secret:
            return made
    made = _masked(network, secret)
    _held[:] = [*_held[1 - _MOST_HELD :], (network, secret, made)]
    return made


def _masked(network: Network, secret: str) -> Network:
    firms = network.operators
    codes = [str(c) for c in firms.code]
    order = sorted(codes, key=lambda c: hashlib.blake2b(c.encode(), key=secret.encode()[:64]).digest())
    letter = {code: letters(i) for i, code in enumerate(order)}
    masks = [letter[c] for c in codes]
    operators = replace(
        firms,
        code=np.array(masks), name_zh=np.array([f"企业{m}" for m in masks]), name_en=np.array([f"Firm {m}" for m in masks]),
        parent=np.array([letter.get(str(p), "") for p in firms.parent]), credit_code=np.full(len(masks), ""), source=np.full(len(masks), ""),
    )  # fmt: skip
    zh = _pairs(firms.name_zh, operators.name_zh)
    en = _pairs(firms.name_en, operators.name_en)
    places = network.facilities
    facilities = replace(places, name_zh=_without(places.name_zh, zh), name_en=_without(places.name_en, en))
    return replace(network, operators=operators, facilities=facilities)


def _pairs(names: NDArray[np.str_], masks: NDArray[np.str_]) -> list[tuple[str, str]]:
    """Names and what stands for them, the longest first, so that none is left in part."""
    pairs = [(str(n), str(m)) for n, m in zip(names, masks, strict=True) if len(str(n)) >= _LEAST_NAME]
    return sorted(pairs, key=lambda pair: -len(pair[0]))


def _without(texts: NDArray[np.str_], pairs: Sequence[tuple[str, str]]) -> NDArray[np.str_]:
    out = []
    for text in texts.tolist():
        for name, mask in pairs:
            text = text.replace(name, mask)
        out.append(text)
    return np.array(out)


def letters(number: int) -> str:
    """A, B … Z, AA, AB … for 0, 1 …"""
    text, number = "", number + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text
