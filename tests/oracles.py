"""Where other people's answers lie, for the tests of the mathematics."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.folders import shared_folder


def oracle(name: str) -> Path:
    """A folder or file of the oracles (`oracle("rates")`); in CI its absence is a failure, elsewhere a reason to skip.

    Looked for in BLOCKWISE_ORACLES, else in `oracles` of the shared folder.
    """
    given = os.environ.get("BLOCKWISE_ORACLES")
    path = (Path(given) if given else shared_folder() / "oracles") / name
    if not path.exists():
        reason = f"no oracle at {path}: set BLOCKWISE_ORACLES, or BLOCKWISE_SHARED to the folder that holds oracles/"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path
