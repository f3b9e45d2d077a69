"""Where is a figure going, and will it be where it was promised? Trajectories of targets, forecasts of short series, and the back-test they rest on."""

from yilu.plan.forecast.backtest import ROWS, Cases, Coverage, Score
from yilu.plan.forecast.kinds import KINDS, Kind
from yilu.plan.forecast.methods import METHODS, NAMES
from yilu.plan.forecast.series import MONTHLY, YEARLY, Series, series
from yilu.plan.forecast.solving import Forecast, Judged, Problem, Result, chance, reachable, solve
from yilu.plan.forecast.trajectory import COMPARATORS, Standing, Trajectory, met, standing

__all__ = [
    "COMPARATORS", "KINDS", "METHODS", "MONTHLY", "NAMES", "ROWS", "YEARLY",
    "Cases", "Coverage", "Forecast", "Judged", "Kind", "Problem", "Result", "Score", "Series", "Standing", "Trajectory",
    "chance", "met", "reachable", "series", "solve", "standing",
]  # fmt: skip
