"""Protected periods (重要时点): the calendar, what is asked for, and the daily zero reports."""
