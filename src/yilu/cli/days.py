"""Days that a command's options name."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from yilu.errors import YiluError
from yilu.network import Network


def day_of(option: str, text: str) -> date | None:
    """The day that an option gives, None where it is empty. Raises YiluError, naming the option, for anything else."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise YiluError(
            f"{option} {text}: a day is expected", zh=f"{option} {text}:应为日期", next_step="give it as 2025-11-12", next_step_zh="写作 2025-11-12",
        ) from error  # fmt: skip


def local_today(network: Network) -> date:
    """The local day that it is in a province."""
    return datetime.now(ZoneInfo(network.time_zone)).date()
