"""The API under ``/api/v1``: all that pages show, as JSON; records; events taken in. Made from what pages and records declare."""
