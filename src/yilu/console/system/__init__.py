"""The system's own pages: is it well, who opens what, which regions, which settings."""
