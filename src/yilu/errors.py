"""Errors that a user can act on: each says what is wrong and what to do next.

Exit codes are declared here once; ``docs/reference/exit-codes.md`` is held equal by a test.
"""

from __future__ import annotations

EXIT_CODES: dict[int, tuple[str, str, str]] = {
    0: ("done", "完成", "What was asked is done."),
    1: (
        "found",
        "有发现",
        "Done, and something was found that someone must look at, as with a check of a province folder or a dry run.",
    ),
    2: ("usage", "用法或设置有误", "The command, an option or a setting is wrong. Nothing was read or written."),
    3: ("input", "输入有误", "What was to be read is missing, broken or refused. Nothing of the refused part is kept."),
    4: (
        "store",
        "存储有误",
        "The store is locked, damaged, read-only, full, or belongs to another key or declaration.",
    ),
    5: ("interrupted", "中断", "Stopped before the end. Give the same command again: it goes on where it was."),
    6: ("fault", "程序错误", "A fault of yilu itself; the lines printed before it belong into the report."),
}
"""Exit code of a command: short name, Chinese name, what it means."""


def should_be(zh: str) -> str:
    """What is expected, in Chinese: with a blank before what doesn't begin in Chinese."""
    return f"应为{' ' if zh[:1].isascii() else ''}{zh}"


class YiluError(Exception):
    """An error with a next step and an exit code.

    ``message``: what is wrong, one sentence; ``zh``: the same in Chinese, or empty. ``next_step``: what the user can do, or empty;
    ``next_step_zh``: the same in Chinese, or empty.
    None may hold a waybill number or anything of a person.
    """

    exit_code = 2

    def __init__(
        self, message: str, *, next_step: str = "", exit_code: int | None = None, zh: str = "", next_step_zh: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.zh = zh
        self.next_step = next_step
        self.next_step_zh = next_step_zh
        if exit_code is not None:
            self.exit_code = exit_code

    def record(self) -> dict[str, object]:
        """The error as a machine reads it: ``error``, ``message``, ``next_step``, ``exit_code``."""
        return {
            "error": type(self).__name__,
            "message": self.message,
            "next_step": self.next_step,
            "exit_code": self.exit_code,
        }


class SettingsError(YiluError):
    """A setting is unknown or has a value that cannot be.

    ``key``: name of the setting; ``value``: what was given; ``expected``: what may be given; ``source``: where it was given.
    """

    exit_code = 2

    def __init__(self, key: str, value: object, expected: str, source: str) -> None:
        super().__init__(
            f"setting {key} = {value!r} (from {source}): expected {expected}",
            next_step=f"Correct {key} there; `yilu settings` shows every setting, its value and where it is from.",
            zh=f"设置 {key} = {value!r}(来自 {source})不符合要求",
        )
        self.key = key
        self.value = value
        self.expected = expected
        self.source = source


class InputError(YiluError):
    """Something that was read is not as it must be.

    ``file``: as the user named it; ``row``: counted from 1 without the header, or None; ``column``: its name, or None;
    ``value``: only of columns that hold nothing of a person (kind, time, place, weight), or None; ``expected``: what would be right;
    ``expected_zh``, ``next_step_zh``: the same in Chinese, or empty.
    """

    exit_code = 3

    def __init__(
        self,
        file: str,
        expected: str,
        *,
        row: int | None = None,
        column: str | None = None,
        value: object = None,
        next_step: str = "",
        expected_zh: str = "",
        next_step_zh: str = "",
    ) -> None:
        where, zh = [file], [file]
        if row is not None:
            where.append(f"row {row}")
            zh.append(f"第 {row} 行")
        if column is not None:
            where.append(f"column {column}")
            zh.append(f"{column} 列")
        got = "" if value is None else f"got {value!r}, "
        wrong_zh = f",{should_be(expected_zh)}" if expected_zh else " 不符合要求"
        got_zh = wrong_zh[1:] if value is None else f"取值 {value!r}{wrong_zh}"
        super().__init__(
            f"{', '.join(where)}: {got}expected {expected}",
            next_step=next_step,
            zh=f"{','.join(zh)}:{got_zh}",
            next_step_zh=next_step_zh,
        )
        self.file = file
        self.row = row
        self.column = column
        self.value = value
        self.expected = expected

    def record(self) -> dict[str, object]:
        """As of every error, with ``file``, ``row``, ``column``, ``value`` and ``expected``."""
        return super().record() | {
            "file": self.file,
            "row": self.row,
            "column": self.column,
            "value": None if self.value is None else str(self.value),
            "expected": self.expected,
        }


class StoreError(YiluError):
    """The store is locked, damaged, read-only, full, or belongs to another key or declaration."""

    exit_code = 4


class Interrupted(YiluError):
    """Stopped by the user or the system before the end; the same command goes on where it was."""

    exit_code = 5
