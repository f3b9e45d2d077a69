"""Overview (总览): the province at a glance, on a page, on a wall, and on a map."""
