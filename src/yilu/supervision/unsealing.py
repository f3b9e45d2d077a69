"""May a sealed waybill number be opened (授权还原)? A request as a value, and what may be done with it.

One request is for one item of one case. Who asks states a purpose; two others, each with the right to, approve, neither of them the one who asked; then who asked opens it, once, before
it expires. One refusal ends it. Every step gives a new value or says why it can't be taken; who keeps and audits them is the console's matter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from yilu.errors import YiluError

APPROVERS = 2
"""As ``items.vault.Grant`` asks."""


class State(StrEnum):
    """Where a request stands."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    OPENED = "opened"


STATES: dict[State, tuple[str, str]] = {
    State.WAITING: ("待审批", "waiting for approval"),
    State.APPROVED: ("已批准", "approved"),
    State.REFUSED: ("已拒绝", "refused"),
    State.WITHDRAWN: ("已撤回", "withdrawn"),
    State.EXPIRED: ("已过期", "expired"),
    State.OPENED: ("已还原", "opened"),
}
"""States in both languages."""


class NotAllowed(YiluError):
    """A step that can't be taken, and why."""

    exit_code = 3


@dataclass(frozen=True)
class Request:
    """A request. ``by``, ``approved``, ``refused``: accounts; ``asked``, ``until``, ``opened``: UTC seconds, ``opened`` 0 while it wasn't."""

    by: str
    asked: int
    until: int
    approved: tuple[str, ...] = ()
    refused: str = ""
    withdrawn: bool = False
    opened: int = 0

    def state(self, now: int) -> State:
        """Where it stands at a moment. What was opened, refused or withdrawn stays so; all else expires."""
        if self.opened:
            return State.OPENED
        if self.refused:
            return State.REFUSED
        if self.withdrawn:
            return State.WITHDRAWN
        if now >= self.until:
            return State.EXPIRED
        return State.APPROVED if len(self.approved) >= APPROVERS else State.WAITING

    def approve(self, who: str, approves: bool, now: int) -> Request:
        """Approved by one more. ``approves``: whether that account has the right to. Raises NotAllowed."""
        self._judged_by(who, approves, now)
        return replace(self, approved=(*self.approved, who))

    def refuse(self, who: str, approves: bool, now: int) -> Request:
        """Refused, which ends it. Raises NotAllowed."""
        self._judged_by(who, approves, now)
        return replace(self, refused=who)

    def withdraw(self, who: str, now: int) -> Request:
        """Taken back by who asked. Raises NotAllowed."""
        self._own(who)
        if self.state(now) not in (State.WAITING, State.APPROVED):
            raise self._past(now)
        return replace(self, withdrawn=True)

    def open(self, who: str, now: int) -> Request:
        """Opened by who asked, this once. Raises NotAllowed."""
        self._own(who)
        if self.state(now) is not State.APPROVED:
            raise self._past(now)
        return replace(self, opened=now)

    def _own(self, who: str) -> None:
        if who != self.by:
            raise NotAllowed(
                "only who asked may do that", zh="只有申请人可以操作", next_step="make a request of your own", next_step_zh="另行申请"
            )  # fmt: skip

    def _judged_by(self, who: str, approves: bool, now: int) -> None:
        if self.state(now) is not State.WAITING:
            raise self._past(now)
        if not approves:
            raise NotAllowed("this account has no right to approve", zh="该账号没有审批权", next_step="ask an approver", next_step_zh="请审批人办理")  # fmt: skip
        if who == self.by:
            raise NotAllowed("nobody approves the own request", zh="申请人不得审批自己的申请", next_step="ask another approver", next_step_zh="请其他审批人办理")  # fmt: skip
        if who in self.approved:
            raise NotAllowed("this account has approved already", zh="该账号已审批过", next_step="a second person must approve", next_step_zh="须另一人审批")  # fmt: skip

    def _past(self, now: int) -> NotAllowed:
        zh, en = STATES[self.state(now)]
        return NotAllowed(f"the request is {en}", zh=f"申请{zh}", next_step="make a new request, if the number is still needed", next_step_zh="如仍需要,另行申请")  # fmt: skip
