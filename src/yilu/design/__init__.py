"""What should change? Hubs, stations and lockers: planners that take arrays and give plans with a proven bound."""
