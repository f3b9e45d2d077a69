"""The next plan, as far as figures can write it: baselines, what may be expected, and proposals with the chance to reach them."""

from yilu.plan.draft.folder import Written, edited, write
from yilu.plan.draft.proposing import AMBITIONS, Ambition, Draft, Drafted, ambitions_of, draft

__all__ = ["AMBITIONS", "Ambition", "Draft", "Drafted", "Written", "ambitions_of", "draft", "edited", "write"]
