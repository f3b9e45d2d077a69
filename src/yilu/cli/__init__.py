"""How do people see and act from a terminal? One module per command; ``app`` ties them together."""
