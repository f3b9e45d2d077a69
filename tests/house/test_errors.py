"""Errors that people meet where data comes in: each says what is wrong and the next step in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from yilu.errors import InputError

ROOMS = Path(__file__).parents[2] / "src" / "yilu"
ERRORS: dict[str, set[str]] = {
    "YiluError": {"zh", "next_step", "next_step_zh"},
    "SourceError": {"zh", "next_step", "next_step_zh"},
    "MappingError": {"zh", "next_step", "next_step_zh"},
    "StoreError": {"zh", "next_step", "next_step_zh"},
    "VaultError": {"zh", "next_step", "next_step_zh"},
    "InputError": {"expected_zh", "next_step", "next_step_zh"},
}
"""What each kind of error is given beside its English."""


def lacking(source: str) -> Iterator[tuple[int, str, set[str]]]:
    """(line, error, what it isn't given) of each error that code makes in one language."""
    for node in ast.walk(ast.parse(source)):
        name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        if isinstance(node, ast.Call) and name in ERRORS:
            left_out = ERRORS[name] - {k.arg for k in node.keywords if k.arg}
            if left_out:
                yield node.lineno, name, left_out


@pytest.mark.parametrize("room", ["items", "run", "console"])
def test_every_error_where_data_comes_in_is_said_in_both_languages(room: str) -> None:
    """No error of the rooms that read what others send, and show it, is made without its Chinese and its next step in Chinese."""
    found = {p.relative_to(ROOMS).as_posix(): list(lacking(p.read_text(encoding="utf-8"))) for p in (ROOMS / room).rglob("*.py")}  # fmt: skip
    assert len(found) > 10 and {file: wrong for file, wrong in found.items() if wrong} == {}


def test_what_counts_as_lacking() -> None:
    """An error without its Chinese is found with its line; one that has all is not, nor is another call."""
    whole = "SourceError('a', next_step='b', zh='c', next_step_zh='d')\nprint('x')\n"
    assert list(lacking(whole)) == []
    assert list(lacking(whole + "raise InputError('f', 'x', next_step='b', next_step_zh='d')")) == [(3, "InputError", {"expected_zh"})]  # fmt: skip


def test_an_input_error_says_the_same_in_chinese() -> None:
    """File, row, column, value and what is expected stand in the Chinese too; without a Chinese expectation it says that it doesn't fit."""
    said = InputError("a.csv", "a day", row=3, column="day", value="x", expected_zh="日期", next_step_zh="改正")
    assert (said.zh, said.next_step_zh) == ("a.csv,第 3 行,day 列:取值 'x',应为日期", "改正")
    assert InputError("a.csv", "a header", expected_zh="表头").zh == "a.csv:应为表头"
    assert InputError("a.csv", "a day", value="x").zh == "a.csv:取值 'x' 不符合要求"
    assert InputError("a.csv", "a header").zh == "a.csv:不符合要求"
