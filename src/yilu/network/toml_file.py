"""Settings that people write in TOML: read with errors that name file, key, value and what was expected."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from yilu.errors import InputError


def parsed(text: str, file: str) -> dict[str, Any]:
    """The document. Raises InputError where it is no TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            file,
            f"TOML ({error})",
            next_step="Correct the file at that line.",
            expected_zh=f"TOML({error})",
            next_step_zh="改正文件中的该行",
        ) from error


def wrong(file: str, key: str, value: object, expected: str) -> InputError:
    """The error of a key whose value can't be."""
    return InputError(
        file,
        expected,
        column=key,
        value=value,
        next_step=f"Correct {key} in {file}.",
        next_step_zh=f"改正 {file} 中的 {key}",
    )


def table(raw: Mapping[str, Any], key: str, file: str) -> dict[str, Any]:
    """The table ``key``, empty where there is none. Raises InputError where it is something else."""
    found = raw.get(key, {})
    if not isinstance(found, dict):
        raise wrong(file, key, found, "a table")
    return found


def whole(
    given: Any, key: str, file: str, wanted: Mapping[str, type], optional: Collection[str] = ()
) -> dict[str, Any]:
    """A table that has all keys of ``wanted``, of these types, and no others. Raises InputError naming the first that is wrong."""
    if not isinstance(given, dict):
        raise wrong(file, key, given, f"a table of {', '.join(wanted)}")
    for name in given:
        if name not in wanted:
            raise wrong(file, f"{key}, {name}", None, f"one of {', '.join(wanted)}")
    for name, type_ in wanted.items():
        if name not in given:
            if name in optional:
                continue
            raise wrong(file, f"{key}, {name}", None, "a value")
        value = given[name]
        if not isinstance(value, type_) or isinstance(value, _NO_LESS.get(type_, ())):
            raise wrong(file, f"{key}, {name}", value, _NAMES[type_])
    return given


def in_both(text: str) -> tuple[str, str]:
    """A text that a file gives in both languages, ``中文 · English``, as a pair; one that a province gives in one language stands for both."""
    zh, _, en = text.partition(" · ")
    return zh, en or zh


_NAMES: dict[type, str] = {
    int: "a whole number", float: "a number", str: "text", bool: "true or false", list: "a list", dict: "a table", date: "a day, as 2025-11-09 without quotes",
}  # fmt: skip
_NO_LESS: dict[type, type] = {int: bool, date: datetime}
"""What Python takes as one of these types, and nobody means."""
