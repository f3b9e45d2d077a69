"""yilu 驿路: software that runs a province's postal plan."""

__version__ = "0.1.0"
