"""What should change? Hubs, stations, lockers: where they belong, at what cost, and how far from the best that can be."""
