"""Which way do a day's items go? A day's flows laid onto the timetable within the room of departures and sort waves, with a proven bound."""
