"""Where should hubs be, and whom does each serve? Hub location with single and multiple allocation: plans with a proven bound."""

from yilu.design.hubs.certificate import certificate
from yilu.design.hubs.multiple import MultiplePlan, solve_multiple
from yilu.design.hubs.problem import Congestion, Deadlines, HubError, HubProblem, classical
from yilu.design.hubs.solve import HubPlan, solve

__all__ = [
    "Congestion",
    "Deadlines",
    "HubError",
    "HubPlan",
    "HubProblem",
    "MultiplePlan",
    "certificate",
    "classical",
    "solve",
    "solve_multiple",
]
