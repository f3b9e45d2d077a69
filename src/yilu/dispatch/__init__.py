"""What do we do today? Routes over the timetable: which journeys an item can make, when it is there, what that costs in money and carbon."""

from yilu.dispatch.connections import NEVER, Connections, connections
from yilu.dispatch.pareto import Choices, choices
from yilu.dispatch.profiles import Profile, profile, profiles
from yilu.dispatch.scan import Latest, Tree, earliest, latest

__all__ = [
    "NEVER", "Choices", "Connections", "Latest", "Profile", "Tree", "choices", "connections", "earliest", "latest", "profile", "profiles",
]  # fmt: skip
