"""Where should stations stand? The p-median problem and capacitated facility location, each plan with a bound that anyone can recompute."""

from yilu.design.location.certificate import Certificate, certificate
from yilu.design.location.plans import LocationPlan, MedianPlan, Node, Proof
from yilu.design.location.problems import (
    Infeasible,
    LocationProblem,
    MedianProblem,
    location_problem,
    median_problem,
)
from yilu.design.location.solving import solve

__all__ = [
    "Certificate", "Infeasible", "LocationPlan", "LocationProblem", "MedianPlan", "MedianProblem", "Node", "Proof",
    "certificate", "location_problem", "median_problem", "solve",
]  # fmt: skip
