"""What people typed into a form, read field by field: each error names the field and says what is expected; times are the province's local ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from yilu.console.pages.page import Ask, Page
from yilu.console.pages.showing import Done
from yilu.errors import YiluError

Pair = tuple[str, str]


class TypedError(YiluError):
    """A field of a form can't be as it is."""

    exit_code = 3

    def __init__(self, field: Pair, expected: Pair) -> None:
        super().__init__(
            f"{field[1]}: expected {expected[1]}", zh=f"{field[0]}:应为{expected[0]}", next_step="correct it and send again",
            next_step_zh="请改正后重新提交",
        )  # fmt: skip


def text(ask: Ask, name: str, field: Pair, most: int = 500, needed: bool = True) -> str:
    """What stands in a field, without space around it."""
    value = ask.form.get(name, "").strip()
    if needed and not value:
        raise TypedError(field, ("不为空", "something written"))
    if len(value) > most:
        raise TypedError(field, (f"不超过 {most} 字", f"at most {most} characters"))
    return value


def moment(ask: Ask, name: str, field: Pair) -> datetime:
    """A local date and time, as browsers send it (2025-11-11T08:30), as UTC."""
    try:
        at = datetime.fromisoformat(ask.form.get(name, "").strip())
    except ValueError:
        raise TypedError(field, ("日期和时间,如 2025-11-11 08:30", "a date and time as 2025-11-11 08:30")) from None
    zone = ZoneInfo(ask.scope.network.time_zone)
    found = (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    if not 2000 <= found.year < 2100:
        raise TypedError(field, ("2000 年至 2099 年的时间", "a time from 2000 to 2099"))
    return found


def day(ask: Ask, name: str, field: Pair) -> date:
    """A day."""
    try:
        return date.fromisoformat(ask.form.get(name, "").strip())
    except ValueError:
        raise TypedError(field, ("日期,如 2025-11-11", "a day as 2025-11-11")) from None


def whole(ask: Ask, name: str, field: Pair, least: int = 0, most: int = 1_000_000) -> int:
    """A whole number between bounds, which are allowed."""
    value = ask.form.get(name, "").strip()
    if not (value.isascii() and value.isdigit() and len(value) < 12 and least <= int(value) <= most):
        raise TypedError(field, (f"{least} 至 {most} 的整数", f"a whole number from {least} to {most}"))
    return int(value)


def choice(ask: Ask, name: str, field: Pair, known: object, needed: bool = True) -> str:
    """One of the values known; "" where none is needed."""
    value = ask.form.get(name, "").strip()
    if not value and not needed:
        return ""
    if value not in known:  # type: ignore[operator]
        raise TypedError(field, ("列出的选项之一", "one of those listed"))
    return value


def said_again(show: Callable[[Ask], Page]) -> Callable[[Callable[[Ask], Done | Page]], Callable[[Ask], Done | Page]]:
    """A deed that is refused shows ``show`` again, with what is wrong and the next step; nothing of it is kept."""

    def on(do: Callable[[Ask], Done | Page]) -> Callable[[Ask], Done | Page]:
        def tried(ask: Ask) -> Done | Page:
            try:
                return do(ask)
            except YiluError as error:
                page = show(ask)
                wrong = (error.zh or error.message, error.message)
                step = (error.next_step_zh or error.next_step, error.next_step)
                return replace(page, status=422, more={**page.more, "wrong": wrong, "wrong_step": step})

        tried.__name__, tried.__doc__ = do.__name__, do.__doc__
        return tried

    return on
