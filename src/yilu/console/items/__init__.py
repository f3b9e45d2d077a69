"""Items (寄递): figures of what moves, the list behind any of them, and one item's history."""
