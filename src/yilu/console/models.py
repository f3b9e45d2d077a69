"""All records, for Django to find."""

from yilu.console.accounts.models import Attempt, User
from yilu.console.alerts.models import Handling, HandlingStep
from yilu.console.audit.models import Entry, Head
from yilu.console.command.models import (
    Advice,
    FirmDuty,
    HandOver,
    Incident,
    IncidentReport,
    IncidentStep,
    IncidentTask,
    Means,
)
from yilu.console.feeds.models import CodeMapping, MachineKey, Outage, Receipt
from yilu.console.registers.models import Line, Silence, ZeroReport
from yilu.console.vault.models import Opening

__all__ = [
    "Advice",
    "Attempt",
    "CodeMapping",
    "Entry",
    "FirmDuty",
    "HandOver",
    "Handling",
    "HandlingStep",
    "Head",
    "Incident",
    "IncidentReport",
    "IncidentStep",
    "IncidentTask",
    "Line",
    "MachineKey",
    "Means",
    "Opening",
    "Outage",
    "Receipt",
    "Silence",
    "User",
    "ZeroReport",
]
