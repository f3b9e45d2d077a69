"""Days on the timetable: items move by departures with room, wait in queues, are sorted in waves; what then comes of promises and plans?"""
