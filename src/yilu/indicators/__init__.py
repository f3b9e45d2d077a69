"""How well (指标): a catalogue of indicators, and their values from cubes or from aggregates."""

from yilu.indicators.declared import Indicator, catalogue
from yilu.indicators.periods import Period, period_of
from yilu.indicators.values import Scope, values

__all__ = ["Indicator", "Period", "Scope", "catalogue", "period_of", "values"]
