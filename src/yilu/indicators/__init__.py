"""How well (指标): a catalogue of indicators, and their values from items, or from daily counts where no items come."""

from yilu.indicators.declared import Indicator, catalogue
from yilu.indicators.parts import MARKETS
from yilu.indicators.periods import Period, period_of
from yilu.indicators.values import Scope, compared, latest_day, values
from yilu.indicators.withholding import Purpose

__all__ = [
    "MARKETS",
    "Indicator",
    "Period",
    "Purpose",
    "Scope",
    "catalogue",
    "compared",
    "latest_day",
    "period_of",
    "values",
]
