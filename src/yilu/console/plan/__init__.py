"""The plan (规划): targets with their paths and forecasts, ledgers, contradictions, evaluation, and the next plan's draft."""
