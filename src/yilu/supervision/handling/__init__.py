"""What people do about what the rules say: the life of an alert in their hands, incidents, clocks of reports, advice, papers (处置).

Plain functions over frozen values: each takes what is, who acts and when, and gives what is then, or raises ``HandlingError`` with the next step.
"""
