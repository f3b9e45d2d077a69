"""Alerts (预警): the live list, one alert with its evidence, what people do about it, and silences."""
