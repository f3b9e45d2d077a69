"""How far is the plan? (规划) What it promises, what official statistics say, and what is to be expected."""
