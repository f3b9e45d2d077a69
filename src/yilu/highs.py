"""HiGHS, silent and on one thread, for whatever a planner leaves to an integer programme."""

from __future__ import annotations

import highspy


class QuietHighs(highspy.Highs):
    """A model without output.

    HiGHS greets on standard output while it sets up its callbacks, before anyone can tell it not to; there it would stand in the middle of a JSON answer.
    ``parallel`` is off, since the threads it starts wait by spinning; the option ``threads`` isn't set, since a second model of the process with another number is refused.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.setOptionValue("parallel", "off")

    def enableCallbacks(self) -> None:
        """Called while the model is made."""
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]
