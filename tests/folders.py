"""Where the open data and the oracles lie; for tests and measurements alike."""

from __future__ import annotations

import os
from pathlib import Path


def shared_folder() -> Path:
    """BLOCKWISE_SHARED, else `shared` beside the project."""
    return Path(os.environ.get("BLOCKWISE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
