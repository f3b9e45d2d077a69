"""Feeds (数据): what each operator reports, how good it is, and what the operator itself can do about it."""
