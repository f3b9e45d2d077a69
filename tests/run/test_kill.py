"""kill -9 at any moment loses no fact and counts nothing twice."""

from __future__ import annotations

from tests.run.killing import kills_change_nothing


def test_twenty_kills_at_random_moments_change_no_fact(tmp_path):
    """Runs of intake killed 20 times at random moments end, once one may finish, with the facts of an undisturbed run."""
    assert kills_change_nothing(tmp_path, kills=20, per_store=5, seed=20251111) == 20
