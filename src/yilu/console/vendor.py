"""Browser libraries: which files of the npm packages the console serves, and copying them to ``static/vendor``, which git ignores; and outlines of areas that provinces take from there.

    python -m yilu.console.vendor node_modules

Without them the console says what is missing; nothing else of yilu needs them. The wheel's build reads this file before yilu is installed: at its head only
the standard library is imported.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

FILES: dict[str, str] = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler.min.js",
    "echarts/dist/echarts.esm.min.mjs": "echarts.mjs",
    "maplibre-gl/dist/maplibre-gl.mjs": "maplibre-gl.mjs",
    "maplibre-gl/dist/maplibre-gl-worker.mjs": "maplibre-gl-worker.mjs",
    "maplibre-gl/dist/maplibre-gl-shared.mjs": "maplibre-gl-shared.mjs",
    "maplibre-gl/dist/maplibre-gl.css": "maplibre-gl.css",
    "pmtiles/dist/pmtiles.js": "pmtiles.js",
}
"""File of a package: its name in ``static/vendor``."""
FOLDER = Path(__file__).parent / "static" / "vendor"
PROVINCES = Path(__file__).parents[1] / "provinces"


def missing() -> list[str]:
    """Names of the libraries that are not there."""
    return [name for name in FILES.values() if not (FOLDER / name).is_file()]


def copy(packages: Path) -> None:
    """Copy the files out of ``packages`` (an npm folder ``node_modules``), each whole or not at all, and keep the outlines provinces take from there."""
    from yilu.console.overview import outlines

    FOLDER.mkdir(parents=True, exist_ok=True)
    for source, name in FILES.items():
        making = FOLDER / f".{name}"
        shutil.copyfile(packages / source, making)
        making.replace(FOLDER / name)
    outlines.keep(packages, PROVINCES)


if __name__ == "__main__":
    copy(Path(sys.argv[1]))
