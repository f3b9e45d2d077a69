"""What a text in both languages must be: Chinese, and English that says as much."""

from __future__ import annotations

import re

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_ARTICLE = re.compile(r"第([一二三四五六七八九十百]+)[条款]")
_DIGITS = "零一二三四五六七八九"


def assert_both(pair: tuple[str, str]) -> None:
    """Chinese stands first, and English without any Chinese beside it."""
    zh, en = pair
    assert _CHINESE.search(zh), pair
    assert en and not _CHINESE.search(en), pair


def assert_same_numbers(pair: tuple[str, str]) -> None:
    """Every figure and every number of an article of the Chinese stands in the English too; what is assumed is so in both."""
    zh, en = pair
    wanted = {*re.findall(r"[0-9]+", zh), *(str(number(n)) for n in _ARTICLE.findall(zh))}
    assert wanted <= set(re.findall(r"[0-9]+", en)), pair
    assert ("假设" in zh) == ("assumption" in en), pair
    assert ("待核" in zh) == ("to be checked" in en), pair


def number(chinese: str) -> int:
    """A number up to 99 in Chinese figures."""
    tens, ten, ones = chinese.rpartition("十")
    return (10 * (_DIGITS.index(tens) if tens else 1) if ten else 0) + (_DIGITS.index(ones) if ones else 0)
