"""Who may see what: roles, the scope of a user, the one function that narrows rows, and the gate every request passes."""
