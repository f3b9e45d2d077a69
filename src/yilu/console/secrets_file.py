"""The secret that signs sessions: made once, kept beside the records, readable by its owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from yilu.errors import YiluError

_NAME = "session-secret"


def load_or_make(folder: Path) -> str:
    """The secret of the records in ``folder``. Raises YiluError where others may read it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / _NAME
    try:
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        if file.stat().st_mode & 0o077:
            raise YiluError(
                f"{_NAME} can be read by others",
                zh=f"{_NAME} 可被他人读取",
                next_step=f"chmod 600 {file}",
                next_step_zh=f"运行 chmod 600 {file}",
            ) from None
        return file.read_text(encoding="ascii")
    secret = secrets.token_urlsafe(48)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(secret)
    return secret
