"""Live: what a new commit changes, sent to browsers that are looking."""
