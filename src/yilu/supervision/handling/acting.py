"""Who acts, what each role may do, and how a deed is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from yilu.errors import YiluError

DUTY, MONITOR, SUPERVISOR, CARRIER = "duty", "monitor", "supervisor", "carrier"
"""Roles that act: the duty officer, the safety centre's monitor, the supervisor, a carrier's user."""
ROLES: dict[str, tuple[str, str]] = {
    DUTY: ("值班员", "duty officer"),
    MONITOR: ("安全中心监测员", "monitor of the safety centre"),
    SUPERVISOR: ("监管员", "supervisor"),
    CARRIER: ("企业用户", "carrier's user"),
}


@dataclass(frozen=True)
class Actor:
    """Who does something: the name of an account, its role, the operator of a carrier's user ("" for the administration), the areas of a city's officer (none: the province's)."""

    name: str
    role: str
    operator: str = ""
    areas: tuple[str, ...] = ()


class HandlingError(YiluError):
    """A deed that can't be done: what stands against it, and the next step, in both languages."""

    exit_code = 3

    def __init__(self, message: str, zh: str, next_step: str, next_step_zh: str) -> None:
        super().__init__(message, zh=zh, next_step=next_step, next_step_zh=next_step_zh)


def must_be(actor: Actor, roles: frozenset[str], zh: str, en: str) -> None:
    """Refuse whom a deed isn't for; ``zh``, ``en``: what it is called."""
    if actor.role in roles:
        return
    told = [ROLES[r] for r in ROLES if r in roles]
    raise HandlingError(
        f"{en}: not for {actor.role}", f"{zh}:当前角色不能办理",
        f"ask one of: {', '.join(t[1] for t in told)}", f"请由{'、'.join(t[0] for t in told)}办理",
    )  # fmt: skip


def must_say(text: str, zh: str, en: str) -> str:
    """The text, without space around it. Raises HandlingError where nothing is said; ``zh``, ``en``: what is asked for."""
    said = text.strip()
    if not said:
        raise HandlingError(f"{en} is missing", f"未填写{zh}", f"write {en}", f"请填写{zh}")
    return said


def one_of(value: str, known: Mapping[str, object], zh: str, en: str) -> str:
    """A value that is known. Raises HandlingError for any other."""
    if value not in known:
        listed = ", ".join(map(str, known))
        raise HandlingError(f"{en} {value[:40]!r} is not known", f"{zh}“{value[:40]}”不存在", f"choose one of: {listed}", f"请从下列中选择:{listed}")  # fmt: skip
    return value
