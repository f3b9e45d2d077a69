"""What the README quotes: each benchmark runs yilu and its peers on the same work in one run."""
