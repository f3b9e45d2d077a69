"""Where should hubs be, and whom does each serve? Hub location with single and multiple allocation: plans with a proven bound."""

from yilu.design.hubs.certificate import certificate
from yilu.design.hubs.evaluation import Evaluated, Plan, evaluated
from yilu.design.hubs.loss import Losses, losses
from yilu.design.hubs.multiple import MultiplePlan, solve_multiple
from yilu.design.hubs.problem import Congestion, Deadlines, HubError, HubProblem, classical
from yilu.design.hubs.robust import RobustPlan, RobustProblem, solve_robust, with_mean_flow
from yilu.design.hubs.solve import HubPlan, solve
from yilu.design.hubs.stages import StagedPlan, StagedProblem, solve_stages

__all__ = [
    "Congestion",
    "Deadlines",
    "Evaluated",
    "HubError",
    "HubPlan",
    "HubProblem",
    "Losses",
    "MultiplePlan",
    "Plan",
    "RobustPlan",
    "RobustProblem",
    "StagedPlan",
    "StagedProblem",
    "certificate",
    "classical",
    "evaluated",
    "losses",
    "solve",
    "solve_multiple",
    "solve_robust",
    "solve_stages",
    "with_mean_flow",
]
