"""How arrays are handed to kernels that read them only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def to_read(array: NDArray) -> NDArray:
    """The array in one piece and not to be written, however it came: to a kernel that is another type, and each is compiled anew."""
    seen = np.ascontiguousarray(array).view()
    seen.flags.writeable = False
    return seen
