"""The one writer of facts: feeds in, commit by commit."""
