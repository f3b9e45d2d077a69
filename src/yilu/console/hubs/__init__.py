"""Hub network design: the plan's hubs and the best found, two designs side by side; how many hubs; which are firm, which contested."""
