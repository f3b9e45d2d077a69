"""What moves? Scan events in; the state, clock, history and daily cubes of every item out (寄件事实)."""

import hashlib
from pathlib import Path

import numba


def _kernel_cache() -> None:
    """Give compiled kernels a cache named by the sources they were made of.

    numba notices a change of the file a kernel stands in, but not of a constant that it takes from another file.
    """
    from platformdirs import user_cache_path

    digest = hashlib.blake2b(digest_size=8)
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(source.read_bytes())
    if not numba.config.CACHE_DIR:
        numba.config.CACHE_DIR = str(user_cache_path("yilu") / "kernels" / digest.hexdigest())


_kernel_cache()
