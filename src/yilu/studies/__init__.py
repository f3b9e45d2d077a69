"""Questions that join rooms: what a disruption does to items on their way, and what to do about it."""
