"""Command (指挥): incidents, their clocks, tasks, reports, advice to firms, and the hand-over between shifts."""
