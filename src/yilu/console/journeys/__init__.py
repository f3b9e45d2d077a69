"""Time-definite routes: what the timetable can promise, how far an item comes in how long, what departs, and what is left when something stops."""
